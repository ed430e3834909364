//! The real directory: the storage port over one directory handle of the operating system.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustix::fs::{AtFlags, Dir, FileType, Mode, OFlags, Stat};
use rustix::io::{Errno, retry_on_intr};

use crate::create_directory::create_directory;
use crate::file::{open_regular, sync_handle};
use crate::lock::{LockError, LockOwner};
use crate::lock_directory::{take_lock, writer_present};
use crate::storage::{
    Access, DirectoryEntry, EntryKind, Storage, StorageFile, StorageLock, check_file_name,
};

/// One directory of the file system, held by handle.
///
/// Every file is reached through the handle, so renaming the directory, or replacing it by
/// another one under the same path, changes nothing for a value that is already open. Errors of
/// the operating system come back as they are, with their kind and number.
#[derive(Debug)]
pub struct RealDirectory {
    handle: OwnedFd,
    path: PathBuf,
}

impl RealDirectory {
    /// Opens an existing directory; creates and changes nothing.
    ///
    /// A symbolic link on the way to the directory is followed: whoever names the path decides
    /// where the store lives. Inside the directory no link is ever followed.
    ///
    /// # Errors
    /// `NotFound` when it is missing, `NotADirectory` when it is something else, otherwise what
    /// the operating system says.
    pub fn open(path: &Path) -> io::Result<Self> {
        Ok(Self {
            handle: open_directory(path)?,
            path: path.to_path_buf(),
        })
    }

    /// Opens a directory, first creating it and every missing directory above it with mode 0700.
    ///
    /// When this returns `Ok`, the names it created survive a power cut: the directory above each
    /// new one has been synced. This also holds when an earlier call was killed halfway.
    ///
    /// # Errors
    /// What creating, opening or syncing says; directories created before the error remain.
    pub fn create(path: &Path) -> io::Result<Self> {
        Ok(Self {
            handle: create_directory(path)?,
            path: path.to_path_buf(),
        })
    }

    /// The path this directory was opened by. Informative: the handle decides what is reached.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}

/// The one path of a directory whatever alias names it; the absolute path as given where nothing is
/// there to resolve.
#[must_use]
pub fn canonical_path(path: &Path) -> PathBuf {
    std::fs::canonicalize(path)
        .or_else(|_| std::path::absolute(path))
        .unwrap_or_else(|_| path.to_path_buf())
}

impl AsFd for RealDirectory {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.handle.as_fd()
    }
}

impl Storage for RealDirectory {
    fn open(&self, name: &str, access: Access) -> io::Result<Arc<dyn StorageFile>> {
        let flags = match access {
            Access::Read => OFlags::RDONLY,
            Access::ReadWrite => OFlags::RDWR,
        };
        let file = open_regular(self.as_fd(), name, flags, Mode::empty())?;
        Ok(Arc::new(file))
    }

    fn create(&self, name: &str) -> io::Result<Arc<dyn StorageFile>> {
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::EXCL;
        let file = open_regular(self.as_fd(), name, flags, Mode::RUSR | Mode::WUSR)?;
        Ok(Arc::new(file))
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        check_file_name(from)?;
        check_file_name(to)?;
        retry_on_intr(|| rustix::fs::renameat(&self.handle, from, &self.handle, to))?;
        Ok(())
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        check_file_name(name)?;
        retry_on_intr(|| rustix::fs::unlinkat(&self.handle, name, AtFlags::empty()))?;
        Ok(())
    }

    fn list(&self) -> io::Result<Vec<DirectoryEntry>> {
        let mut entries = Vec::new();
        for entry in Dir::read_from(&self.handle)? {
            let entry = entry?;
            let name = entry.file_name();
            if matches!(name.to_bytes(), b"." | b"..") {
                continue;
            }
            let stat =
                retry_on_intr(|| rustix::fs::statat(&self.handle, name, AtFlags::SYMLINK_NOFOLLOW));
            match stat {
                Ok(stat) => entries.push(describe(name.to_string_lossy().into_owned(), &stat)),
                // Removed between the listing and the look at it: not there any more.
                Err(Errno::NOENT) => {}
                Err(error) => return Err(error.into()),
            }
        }
        entries.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(entries)
    }

    fn sync_directory(&self) -> io::Result<()> {
        sync_handle(self.as_fd())
    }

    fn lock(&self, owner: &LockOwner) -> Result<Box<dyn StorageLock>, LockError> {
        Ok(Box::new(take_lock(self.as_fd(), owner)?))
    }

    fn writer_present(&self) -> io::Result<bool> {
        writer_present(self.as_fd())
    }

    fn free_bytes(&self) -> io::Result<Option<u64>> {
        let facts = retry_on_intr(|| rustix::fs::fstatvfs(&self.handle))?;
        Ok(Some(facts.f_bavail.saturating_mul(facts.f_frsize)))
    }
}

/// A handle on a directory for reading and syncing it; a link in the last place is followed.
pub(crate) fn open_directory(path: &Path) -> io::Result<OwnedFd> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let handle = retry_on_intr(|| rustix::fs::open(path, flags, Mode::empty()))?;
    Ok(handle)
}

fn describe(name: String, stat: &Stat) -> DirectoryEntry {
    match FileType::from_raw_mode(stat.st_mode) {
        FileType::RegularFile => DirectoryEntry {
            name,
            kind: EntryKind::File,
            len: u64::try_from(stat.st_size).unwrap_or(0),
        },
        FileType::Directory => DirectoryEntry {
            name,
            kind: EntryKind::Directory,
            len: 0,
        },
        _ => DirectoryEntry {
            name,
            kind: EntryKind::Other,
            len: 0,
        },
    }
}
