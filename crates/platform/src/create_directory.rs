//! Creating a directory so that its name survives a power cut.

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;

use rustix::fs::{Dir, Mode};
use rustix::io::{Errno, retry_on_intr};

use crate::directory::open_directory;
use crate::file::sync_handle;

/// Opens `path`, creating it and whatever is missing above it; see
/// [`RealDirectory::create`](crate::RealDirectory::create).
///
/// Directories are created from the top, and each parent is synced before anything is created
/// below it. So after a kill halfway at most the deepest existing directory can have a name that
/// is not durable, and that directory is empty: exactly the case synced again here.
pub(crate) fn create_directory(path: &Path) -> io::Result<OwnedFd> {
    match open_directory(path) {
        Ok(handle) => {
            if is_empty(&handle)? {
                sync_existing_name(path)?;
            }
            Ok(handle)
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => create_below_parent(path),
        Err(error) => Err(error),
    }
}

fn create_below_parent(path: &Path) -> io::Result<OwnedFd> {
    let parent = create_directory(parent_of(path)?)?;
    match retry_on_intr(|| rustix::fs::mkdir(path, Mode::RWXU)) {
        // Somebody else creating it at the same moment is as good; the open below decides.
        Ok(()) | Err(Errno::EXIST) => {}
        Err(error) => return Err(error.into()),
    }
    sync_handle(parent.as_fd())?;
    open_directory(path)
}

/// Syncs the name of an empty directory that exists already.
///
/// A parent that cannot be opened or synced for want of permission, or because it is read-only,
/// cannot have been changed by this user a moment ago, so that is no failure.
fn sync_existing_name(path: &Path) -> io::Result<()> {
    let Ok(parent) = parent_of(path) else {
        return Ok(());
    };
    match open_directory(parent).and_then(|handle| sync_handle(handle.as_fd())) {
        Err(error)
            if !matches!(
                error.kind(),
                io::ErrorKind::PermissionDenied
                    | io::ErrorKind::ReadOnlyFilesystem
                    | io::ErrorKind::InvalidInput
            ) =>
        {
            Err(error)
        }
        _ => Ok(()),
    }
}

/// The directory above `path`; a relative path of one part lies in the working directory.
fn parent_of(path: &Path) -> io::Result<&Path> {
    match path.parent() {
        Some(parent) if parent.as_os_str().is_empty() => Ok(Path::new(".")),
        Some(parent) => Ok(parent),
        None => Err(Errno::NOENT.into()),
    }
}

fn is_empty(directory: &OwnedFd) -> io::Result<bool> {
    for entry in Dir::read_from(directory)? {
        if !matches!(entry?.file_name().to_bytes(), b"." | b"..") {
            return Ok(false);
        }
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::{PermissionsExt, symlink};
    use std::path::Path;

    use crate::RealDirectory;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn every_missing_directory_is_created_for_the_owner_only() {
        let temp = tempfile::tempdir().unwrap();
        let deep = temp.path().join("a/b/c");
        let directory = RealDirectory::create(&deep).unwrap();
        assert_eq!(directory.path(), deep);
        for part in ["a", "a/b", "a/b/c"] {
            assert_eq!(mode(&temp.path().join(part)) & 0o077, 0, "{part}");
        }
    }

    #[test]
    fn an_existing_directory_keeps_its_mode_and_its_files() {
        let temp = tempfile::tempdir().unwrap();
        let path = temp.path().join("there");
        fs::create_dir(&path).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        RealDirectory::create(&path).unwrap();
        fs::write(path.join("file"), b"kept").unwrap();
        RealDirectory::create(&path).unwrap();
        assert_eq!(mode(&path), 0o755);
        assert_eq!(fs::read(path.join("file")).unwrap(), b"kept");
    }

    #[test]
    fn what_is_not_a_directory_is_refused_and_left_alone() {
        let temp = tempfile::tempdir().unwrap();
        let file = temp.path().join("file");
        fs::write(&file, b"data").unwrap();
        let dangling = temp.path().join("dangling");
        symlink(temp.path().join("nowhere"), &dangling).unwrap();
        for path in [
            &file,
            &file.join("below"),
            &dangling,
            &dangling.join("below"),
        ] {
            assert!(RealDirectory::create(path).is_err(), "{}", path.display());
        }
        assert!(RealDirectory::create(Path::new("")).is_err());
        assert_eq!(fs::read(&file).unwrap(), b"data");
        assert!(!temp.path().join("nowhere").exists());
    }

    #[test]
    fn opening_creates_nothing() {
        let temp = tempfile::tempdir().unwrap();
        let missing = temp.path().join("missing");
        let error = RealDirectory::open(&missing).unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::NotFound);
        assert!(!missing.exists());
    }
}
