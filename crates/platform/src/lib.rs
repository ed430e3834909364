//! The machine under a store: files, locks, sync, clock, randomness and background steps.
//!
//! # Model
//!
//! A store lives in one directory and meets the machine through four ports: [`Storage`] (files,
//! names and the writer's lock of one directory), [`Clock`], [`Entropy`] and [`Tasks`]
//! (background steps). [`Platform`] holds one of each as plain values. Behind every port stand the real
//! machine ([`RealDirectory`], [`SystemClock`], [`SystemEntropy`], [`ThreadTasks`]) and a
//! repeatable stand-in ([`FixedClock`], [`FixedEntropy`], [`InlineTasks`]; the simulated disk is
//! a crate of its own), so that any call can be made to fail and any run can be repeated.
//!
//! Two facts decide whether data survives a power cut, and they are independent: a file's bytes
//! survive after [`StorageFile::sync_data`], its name after [`Storage::sync_directory`].
//!
//! A writer holds an exclusive lock on the directory itself and on the file [`LOCK_FILE_NAME`],
//! which tells people who it is ([`lock_owner`]). Deleting that file lets no second writer in.
//!
//! # What it does not do
//!
//! - Nothing is buffered, retried or repaired behind the caller's back, except that an
//!   interrupted call that has not started its work is made again. Reads and writes may be short;
//!   [`read_exact_at`] and [`write_all_at`] continue them.
//! - Paths end at [`RealDirectory::open`]: names are plain names in one directory, links are not
//!   followed, and what is not a regular file is refused instead of opened.
//! - Locks are advisory. They keep out other writers that ask, also through another path or
//!   from another process, but not programs that write into the directory without asking. On
//!   network file systems they are only as good as that file system.
//!
//! A fork copies what a process holds. [`ProcessGuard`] tells the child from its parent; in a child,
//! dropping a lock or the handle of a step does nothing.
//!
//! # Limits
//!
//! A [mapped](StorageFile::map) file that somebody shortens, and a medium that fails under a mapping, can
//! end the process at the next access; [`FileBytes::read`] copies instead and returns an error. Bytes
//! that are mapped must never be written again.
//!
//! Unix only: Linux is tested, macOS goes through the same code with full syncs. Taking a held
//! lock is tried for about 50 ms before it is refused. Offsets end where the operating system's
//! do, at 2^63 - 1 bytes.
//!
//! # Example
//!
//! A file that is complete under its name, or absent, whatever happens in between:
//!
//! ```
//! use batpak_platform::{Access, RealDirectory, Storage, read_exact_at, write_all_at};
//!
//! # fn main() -> std::io::Result<()> {
//! # let temp = tempfile::tempdir()?;
//! # let path = temp.path().join("store");
//! let directory = RealDirectory::create(&path)?;
//! let file = directory.create("notes.tmp")?;
//! write_all_at(&*file, b"first note", 0)?;
//! file.sync_data()?;
//! directory.rename("notes.tmp", "notes")?;
//! directory.sync_directory()?;
//!
//! let mut read = [0; 10];
//! read_exact_at(&*directory.open("notes", Access::Read)?, &mut read, 0)?;
//! assert_eq!(&read, b"first note");
//! # Ok(())
//! # }
//! ```

#![deny(unsafe_code)]

#[cfg(not(unix))]
compile_error!("batpak runs on Linux and macOS; other operating systems are not supported");

mod clock;
mod create_directory;
mod directory;
mod entropy;
mod evidence;
mod file;
mod inline;
mod lock;
mod lock_directory;
mod mapping;
mod platform;
mod process_guard;
mod storage;
mod tasks;
mod threads;
mod transfer;

pub use clock::{Clock, FixedClock, SystemClock};
pub use directory::{RealDirectory, canonical_path};
pub use entropy::{Entropy, FixedEntropy, SystemEntropy};
pub use evidence::{
    ActiveSegmentReadEvidence, ClockEvidence, LockLeafSymlinkProtection, MmapAdmissionSummary,
    MmapEvidence, ParentDirSyncAdmissionSummary, ParentDirSyncEvidence, StoreLockAdmissionSummary,
    StorePathStatusEvidence,
};
pub use inline::InlineTasks;
pub use lock::{LOCK_FILE_NAME, LockError, LockOwner};
pub use lock_directory::lock_owner;
pub use mapping::{FileBytes, check_mapped_length};
pub use platform::Platform;
pub use process_guard::ProcessGuard;
pub use storage::{
    Access, DirectoryEntry, EntryKind, Storage, StorageFile, StorageLock, check_file_name,
};
pub use tasks::{Next, Parker, Step, TaskHandle, Tasks};
pub use threads::ThreadTasks;
pub use transfer::{is_media_error, read_exact_at, read_up_to_at, write_all_at};
