//! The directory of the tour's store.

use std::fs;
use std::path::{Path, PathBuf};

use crate::failure::{Exit, Failure, Result};
use crate::store::{Contents, contents};

/// The directory that was asked for, which must be new or empty, or a new temporary one.
pub(super) fn fresh_directory(asked: Option<&Path>) -> Result<PathBuf> {
    let Some(dir) = asked else {
        let created = tempfile::Builder::new()
            .prefix("batpak-tour-")
            .tempdir()
            .map_err(|error| {
                Failure::io("cannot create a directory", &std::env::temp_dir(), &error)
            })?;
        return Ok(created.keep());
    };
    match contents(dir)? {
        Contents::Missing | Contents::Empty => {}
        Contents::Store | Contents::Foreign => {
            return Err(
                Failure::new(Exit::Usage, "not-empty", "the directory is not empty")
                    .with_path(dir)
                    .with_hint("the tour needs a new or an empty directory: --dir DIR"),
            );
        }
    }
    fs::create_dir_all(dir).map_err(|error| Failure::io("cannot create", dir, &error))?;
    fs::canonicalize(dir).map_err(|error| Failure::io("cannot find", dir, &error))
}

/// The file system of `dir` when it is one that keeps files in memory.
pub(super) fn in_memory(dir: &Path) -> Option<String> {
    // There is no such file on other systems than Linux: then nothing is known.
    let mounts = fs::read_to_string("/proc/mounts").ok()?;
    let dir = fs::canonicalize(dir).ok()?;
    let kind = file_system(&mounts, &dir)?;
    matches!(kind, "tmpfs" | "ramfs").then(|| kind.to_owned())
}

/// The kind of the file system whose mount point is the longest prefix of `dir`; of several on
/// the same point the last one covers the others.
fn file_system<'a>(mounts: &'a str, dir: &Path) -> Option<&'a str> {
    mounts
        .lines()
        .filter_map(|line| {
            let mut fields = line.split(' ');
            let point = unescaped(fields.nth(1)?);
            let kind = fields.next()?;
            dir.starts_with(&point).then_some((point.len(), kind))
        })
        .max_by_key(|(length, _)| *length)
        .map(|(_, kind)| kind)
}

/// A mount point with its octal escapes of blanks and backslashes undone.
fn unescaped(point: &str) -> String {
    point
        .replace("\\040", " ")
        .replace("\\011", "\t")
        .replace("\\012", "\n")
        .replace("\\134", "\\")
}

#[cfg(test)]
mod tests {
    use super::file_system;
    use std::path::Path;

    #[test]
    fn the_innermost_and_latest_mount_counts() {
        let mounts = "/dev/vda / ext4 rw 0 0\ntmpfs /tmp tmpfs rw 0 0\n\
                      /dev/vdb /tmp/disk xfs rw 0 0\ntmpfs /a\\040b ramfs rw 0 0\n\
                      /dev/vdc /over ext4 rw 0 0\ntmpfs /over tmpfs rw 0 0\n";
        for (dir, kind) in [
            ("/home/x", "ext4"),
            ("/tmp", "tmpfs"),
            ("/tmp/x", "tmpfs"),
            ("/tmpx", "ext4"),
            ("/tmp/disk/x", "xfs"),
            ("/a b/c", "ramfs"),
            ("/over/x", "tmpfs"),
        ] {
            assert_eq!(file_system(mounts, Path::new(dir)), Some(kind), "{dir}");
        }
        assert_eq!(file_system("broken", Path::new("/")), None);
    }
}
