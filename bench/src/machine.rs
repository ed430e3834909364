//! What the figures were measured on.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::SystemTime;

use serde::{Deserialize, Serialize};

use crate::Result;
use crate::workload::Effort;

/// Facts by name, in the order of the table.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Machine {
    /// Name and value.
    pub(crate) facts: Vec<(String, String)>,
}

/// The lock file that this program was built with: the versions of all peers.
const LOCK: &str = include_str!("../Cargo.lock");
/// Crates whose versions a reader wants to know.
const PEERS: [&str; 8] = [
    "batpak",
    "redb",
    "fjall",
    "heed",
    "lmdb-master-sys",
    "rusqlite",
    "libsqlite3-sys",
    "tephra",
];

/// The facts about a run, this machine and the disk behind `dir`.
pub(crate) fn facts(effort: Effort, dir: &Path) -> Result<Machine> {
    let run = match effort {
        Effort::Quick => "quick",
        Effort::Full => "full",
    };
    let mount = mount(dir);
    let cores = thread::available_parallelism()?.get();
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let memory = first_field("/proc/meminfo", "MemTotal");
    let date = i64::try_from(
        SystemTime::now()
            .duration_since(SystemTime::UNIX_EPOCH)?
            .as_secs(),
    )?;
    let facts = [
        ("run", run.to_owned()),
        ("date", day(date)),
        ("processor", first_field("/proc/cpuinfo", "model name")),
        ("cores", cores.to_string()),
        ("memory", memory),
        ("kernel", kernel.trim().to_owned()),
        ("file system", mount.kind),
        ("mount options", mount.options),
        ("rustc", rustc()),
        ("peers", versions().join(", ")),
    ];
    let facts = facts.map(|(name, value)| (name.to_owned(), value));
    Ok(Machine {
        facts: facts.to_vec(),
    })
}

/// Warns when a directory is kept in memory.
pub(crate) fn warn_of_memory(dir: &Path) {
    if matches!(mount(dir).kind.as_str(), "tmpfs" | "ramfs") {
        let dir = dir.display();
        eprintln!("warning: {dir} is in memory: this shows nothing about a disk; use --dir DIR");
    }
}

#[derive(Debug, Default)]
struct Mount {
    kind: String,
    options: String,
}

/// The mount whose point is the longest prefix of `dir`.
fn mount(dir: &Path) -> Mount {
    let mounts = fs::read_to_string("/proc/mounts").unwrap_or_default();
    let matching = mounts.lines().filter_map(|line| {
        let mut fields = line.split(' ').skip(1);
        let (point, kind, options) = (fields.next()?, fields.next()?, fields.next()?);
        let mount = Mount {
            kind: kind.to_owned(),
            options: options.to_owned(),
        };
        dir.starts_with(point).then_some((point.len(), mount))
    });
    let longest = matching.max_by_key(|(length, _)| *length);
    longest.map(|(_, mount)| mount).unwrap_or_default()
}

fn first_field(file: &str, name: &str) -> String {
    let text = fs::read_to_string(file).unwrap_or_default();
    let value = text.lines().find_map(|line| {
        let (found, value) = line.split_once(':')?;
        (found.trim() == name).then(|| value.trim().to_owned())
    });
    value.unwrap_or_else(|| "unknown".to_owned())
}

fn rustc() -> String {
    let output = Command::new("rustc").arg("--version").output();
    let text = output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    text.unwrap_or_else(|_| "unknown".to_owned())
}

/// Name and version of every peer in the lock file.
fn versions() -> Vec<String> {
    let packages = LOCK.split("[[package]]").filter_map(|package| {
        let value = |key: &str| {
            let mut lines = package.lines();
            let line = lines.find_map(|line| line.strip_prefix(key));
            line.map(|line| line.trim_matches('"').to_owned())
        };
        let (name, version) = (value("name = ")?, value("version = ")?);
        PEERS
            .contains(&name.as_str())
            .then(|| format!("{name} {version}"))
    });
    packages.collect()
}

/// The day of a time in seconds since 1970.
fn day(seconds: i64) -> String {
    // Days are counted from 0000-03-01, so that the leap day is the last of its year.
    let days = seconds.div_euclid(86_400) + 719_468;
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let shifted = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 {
        shifted + 3
    } else {
        shifted - 9
    };
    let year = year + era * 400 + i64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_those_of_the_calendar() {
        assert_eq!(day(0), "1970-01-01");
        assert_eq!(day(951_782_400), "2000-02-29");
        assert_eq!(day(1_709_251_199), "2024-02-29");
        assert_eq!(day(1_709_251_200), "2024-03-01");
        assert_eq!(day(4_107_542_400), "2100-03-01");
    }

    #[test]
    fn every_peer_has_a_version() {
        let versions = versions();
        for peer in PEERS {
            let found = versions.iter().filter(|found| found.starts_with(peer));
            assert!(found.count() >= 1, "{peer} in {versions:?}");
        }
    }
}
