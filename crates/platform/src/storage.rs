//! The storage port: one directory of files, held by handle.
//!
//! Every byte a store reads or writes passes through [`Storage`] and [`StorageFile`], so that a
//! simulated disk can stand in for the real one and every call can be made to fail. Names are
//! plain file names inside the one directory; a path never crosses this port.

use std::fmt;
use std::io;
use std::sync::Arc;

use crate::lock::{LockError, LockOwner};
use crate::mapping::{self, FileBytes};

/// What a file is opened for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Reading only; nothing about the file changes.
    Read,
    /// Reading and writing in place.
    ReadWrite,
}

/// What kind of object a directory entry names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EntryKind {
    /// A regular file.
    File,
    /// A directory.
    Directory,
    /// Anything else: symbolic link, FIFO, socket, device.
    Other,
}

/// One entry of a directory listing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DirectoryEntry {
    /// File name; entries whose names are not UTF-8 are reported with replacement characters.
    pub name: String,
    /// What the name refers to, without following a symbolic link.
    pub kind: EntryKind,
    /// Length in bytes; 0 for anything but a regular file.
    pub len: u64,
}

/// One directory of files, held open for as long as the value lives.
///
/// # Crash contract
///
/// A name (created, renamed or removed) survives a power cut only after
/// [`sync_directory`](Storage::sync_directory) returns `Ok`; bytes and lengths of a file survive
/// only after [`StorageFile::sync_data`] on that file returns `Ok`. The two are independent.
pub trait Storage: Send + Sync + fmt::Debug {
    /// Opens an existing regular file.
    ///
    /// # Errors
    /// `NotFound` when the name is missing; `InvalidInput` for a symbolic link, directory, FIFO or
    /// device, and for a name that is not a plain file name. For [`Access::ReadWrite`] also for a
    /// file that has more than one name (a hard link), because writing would change what the other
    /// name shows, a backup for example; such a file can be read. Opening never waits.
    fn open(&self, name: &str, access: Access) -> io::Result<Arc<dyn StorageFile>>;

    /// Creates a new empty file for reading and writing, accessible to its owner only.
    ///
    /// # Errors
    /// `AlreadyExists` when anything has the name, a symbolic link included; `InvalidInput` for a
    /// name that is not a plain file name.
    fn create(&self, name: &str) -> io::Result<Arc<dyn StorageFile>>;

    /// Renames a file, replacing `to` atomically when it exists: at every moment, and after a power
    /// cut, `to` names the old file or the new one.
    ///
    /// # Errors
    /// `NotFound` when `from` is missing; `InvalidInput` for names that are not plain file names.
    fn rename(&self, from: &str, to: &str) -> io::Result<()>;

    /// Removes a file's name; open handles stay readable.
    ///
    /// # Errors
    /// `NotFound` when the name is missing; `InvalidInput` for a name that is not a plain one.
    fn remove(&self, name: &str) -> io::Result<()>;

    /// All entries of the directory, sorted by name. Costs one look at each entry.
    ///
    /// # Errors
    /// What reading the directory says; a file removed meanwhile is no error.
    fn list(&self) -> io::Result<Vec<DirectoryEntry>>;

    /// Makes every earlier create, rename and remove in this directory durable.
    ///
    /// # Errors
    /// After a failure nothing is known about the names, and a later success proves nothing about
    /// changes made before the failure.
    fn sync_directory(&self) -> io::Result<()>;

    /// Takes the directory for writing: an exclusive lock on the directory handle, then on the
    /// lock file, in which the owner's facts are recorded. Released when the value is dropped or
    /// the process ends.
    ///
    /// # Errors
    /// [`LockError::Held`] when another writer has it, in this process or another one;
    /// [`LockError::Io`] also when the lock file cannot be [opened](Self::open) for writing.
    fn lock(&self, owner: &LockOwner) -> Result<Box<dyn StorageLock>, LockError>;

    /// Whether a writer holds this directory now. Changes nothing lasting; a real directory is
    /// locked in shared mode for a moment, which [`lock`](Self::lock) waits out.
    ///
    /// # Errors
    /// What trying the lock says.
    fn writer_present(&self) -> io::Result<bool>;

    /// Bytes that can still be written to the file system, when it can tell.
    ///
    /// # Errors
    /// What asking the file system says.
    fn free_bytes(&self) -> io::Result<Option<u64>>;
}

/// Keeps a directory locked for writing until dropped.
pub trait StorageLock: Send + Sync + fmt::Debug {}

/// One open file. Positions are absolute; there is no shared cursor.
pub trait StorageFile: Send + Sync + fmt::Debug {
    /// Current length in bytes.
    ///
    /// # Errors
    /// What asking for the length says.
    fn len(&self) -> io::Result<u64>;

    /// Whether the file holds no byte.
    ///
    /// # Errors
    /// Those of [`len`](Self::len).
    fn is_empty(&self) -> io::Result<bool> {
        Ok(self.len()? == 0)
    }

    /// Reads up to `buffer.len()` bytes at `offset`; 0 means end of file. May be short.
    ///
    /// # Errors
    /// `Interrupted` when nothing was read and the call may be made again.
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize>;

    /// The first `len` bytes, to be read in place; for bytes that are complete and never written again.
    /// The view outlives this handle and the file's name.
    ///
    /// A real file is mapped: nothing is copied, and bytes come from the disk when they are first
    /// touched. When somebody shortens the file afterwards, or the medium fails, that touch can end
    /// the process. This implementation copies into memory, which is right for any file.
    ///
    /// # Errors
    /// `InvalidInput` for 0 and for more than memory can address; `UnexpectedEof` when the file is
    /// shorter now; otherwise what the system says, which cannot map files of every file system.
    fn map(&self, len: u64) -> io::Result<FileBytes> {
        mapping::copy(self, len)
    }

    /// Writes up to `bytes.len()` bytes at `offset`, extending the file if needed. May be short.
    /// A gap between the old end and `offset` reads as zero.
    ///
    /// # Errors
    /// `Interrupted` when nothing was written and the call may be made again; `StorageFull` when
    /// no byte fits. After any other error what `bytes` covers is unspecified.
    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<usize>;

    /// Cuts or extends the file; new bytes read as zero.
    ///
    /// # Errors
    /// What the file system says; the length is then the old one.
    fn set_len(&self, len: u64) -> io::Result<()>;

    /// Makes the file's bytes and length durable.
    ///
    /// # Errors
    /// After a failure nothing is known about what is on the disk, and a later success proves
    /// nothing about earlier writes.
    fn sync_data(&self) -> io::Result<()>;
}

/// Refuses what is not a plain file name inside one directory: the one rule of every storage.
///
/// # Errors
/// `InvalidInput` for the empty name, `.` and `..`, and names with a slash or a zero byte.
pub fn check_file_name(name: &str) -> io::Result<()> {
    if matches!(name, "" | "." | "..") || name.contains(['/', '\0']) {
        return Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            format!("{name:?} is not a plain file name"),
        ));
    }
    Ok(())
}
