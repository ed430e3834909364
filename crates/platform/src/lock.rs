//! Who holds a directory for writing, and why it could not be taken.

use std::io;

use thiserror::Error;

/// Name of the file that a writer locks and records its facts in.
pub const LOCK_FILE_NAME: &str = ".batpak.lock";

/// Longest host or program name that is recorded or believed, in characters.
const MAX_NAME: usize = 256;

/// Facts about the process that holds a directory, recorded in the lock file to make the refusal
/// of a second writer readable. They inform people; the lock itself decides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LockOwner {
    /// Process id; 0 when it is not known.
    pub process: u32,
    /// Host name; empty when it is not known.
    pub host: String,
    /// When the directory was taken, microseconds since 1970.
    pub since_us: i64,
    /// Name of the program; empty when it is not known.
    pub program: String,
}

impl LockOwner {
    /// The facts of this process, with the time its caller read from the store's clock.
    #[must_use]
    pub fn current(since_us: i64) -> Self {
        let program = std::env::current_exe().ok().and_then(|path| {
            let name = path.file_name()?;
            Some(name.to_string_lossy().into_owned())
        });
        Self {
            process: std::process::id(),
            host: rustix::system::uname()
                .nodename()
                .to_string_lossy()
                .into_owned(),
            since_us,
            program: program.unwrap_or_default(),
        }
    }

    /// The facts as they are recorded: one `key=value` line each, `program` last.
    pub(crate) fn to_lines(&self) -> String {
        format!(
            "process={}\nhost={}\nsince_us={}\nprogram={}\n",
            self.process,
            printable(&self.host),
            self.since_us,
            printable(&self.program),
        )
    }

    /// Reads recorded facts; `None` unless every one of them is there.
    ///
    /// Reading ends at the line of the program: what follows may be left of a longer record.
    pub(crate) fn from_lines(text: &str) -> Option<Self> {
        let mut lines = text.lines();
        let mut value = |key: &str| lines.next()?.strip_prefix(key)?.strip_prefix('=');
        Some(Self {
            process: value("process")?.parse().ok()?,
            host: printable(value("host")?),
            since_us: value("since_us")?.parse().ok()?,
            program: printable(value("program")?),
        })
    }
}

/// Why a directory could not be taken for writing.
#[derive(Debug, Error)]
pub enum LockError {
    /// Another writer has the directory; its facts when the lock file tells them.
    #[error("the directory is locked by another writer")]
    Held(Option<LockOwner>),
    /// The lock could not be tried.
    #[error("the lock cannot be taken: {0}")]
    Io(#[from] io::Error),
}

/// A name without control characters, which would break a line or reach a person's terminal.
fn printable(name: &str) -> String {
    name.chars()
        .filter(|character| !character.is_control())
        .take(MAX_NAME)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::LockOwner;

    fn owner(host: &str, program: &str) -> LockOwner {
        LockOwner {
            process: 42,
            host: host.to_owned(),
            since_us: -7,
            program: program.to_owned(),
        }
    }

    #[test]
    fn facts_read_back_as_recorded_whatever_follows_them() {
        for (host, program) in [("box", "batpak"), ("", ""), ("a=b", "a program = x")] {
            let facts = owner(host, program);
            let lines = facts.to_lines();
            assert_eq!(LockOwner::from_lines(&lines), Some(facts.clone()));
            assert_eq!(LockOwner::from_lines(&(lines + "tail=1\n")), Some(facts));
        }
    }

    #[test]
    fn control_characters_and_endless_names_are_neither_recorded_nor_believed() {
        let facts = owner("ho\nst", &"p\u{1b}".repeat(1000));
        let read = LockOwner::from_lines(&facts.to_lines()).unwrap();
        assert_eq!(read.host, "host");
        assert_eq!(read.program, "p".repeat(256));
        let hostile = "process=1\nhost=\u{1b}[31mred\nsince_us=0\nprogram=x\u{7}\n";
        let read = LockOwner::from_lines(hostile).unwrap();
        assert_eq!(
            (read.host.as_str(), read.program.as_str()),
            ("[31mred", "x")
        );
    }

    #[test]
    fn incomplete_facts_are_none() {
        let whole = owner("box", "batpak").to_lines();
        for cut in 0..whole.find("program=").unwrap() {
            assert_eq!(LockOwner::from_lines(&whole[..cut]), None, "cut at {cut}");
        }
        for text in ["", "process=x\n", "\n\n\n\n", "host=a\nprocess=1\n"] {
            assert_eq!(LockOwner::from_lines(text), None, "{text:?}");
        }
    }

    #[test]
    fn the_facts_of_this_process_name_it() {
        let facts = LockOwner::current(5);
        assert_eq!(facts.process, std::process::id());
        assert_eq!(facts.since_us, 5);
        assert!(!facts.program.is_empty());
    }
}
