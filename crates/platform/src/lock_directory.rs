//! The writer's lock on a real directory: the directory handle decides, the lock file explains.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::Path;
use std::thread;
use std::time::Duration;

use rustix::fs::{FlockOperation, Mode, OFlags};
use rustix::io::{Errno, retry_on_intr};

use crate::directory::RealDirectory;
use crate::file::{RealFile, open_regular};
use crate::lock::{LOCK_FILE_NAME, LockError, LockOwner};
use crate::process_guard::ProcessGuard;
use crate::storage::{StorageFile, StorageLock};
use crate::transfer::write_all_at;

/// How often, and after which pause, a busy directory is tried again. Asking whether a writer is
/// present takes a shared lock for a moment, and must not make a writer fail.
const ATTEMPTS: u32 = 10;
const PAUSE: Duration = Duration::from_millis(5);

/// Most bytes of a lock file that are read for facts.
const MAX_FACTS: usize = 4096;

/// Both locks of a directory, released when dropped.
///
/// A child made by a fork shares both, and its handles keep them when the parent closes its own. So
/// the process that took them releases them by a call, and a child, in which such a call would take
/// them from the parent, only closes its handles.
#[derive(Debug)]
pub(crate) struct RealLock {
    // Declaration order is drop order: the lock that decides goes last.
    facts: RealFile,
    directory: OwnedFd,
    process: ProcessGuard,
}

impl StorageLock for RealLock {}

impl Drop for RealLock {
    fn drop(&mut self) {
        if self.process.is_home() {
            // Facts inform only, and they are stale from here on; failing to cut them is harmless.
            let _ = self.facts.set_len(0);
            // Closing the handles, which comes next, releases what no child shares.
            let _ = try_lock(self.facts.as_fd(), FlockOperation::Unlock);
            let _ = try_lock(self.directory.as_fd(), FlockOperation::Unlock);
        }
    }
}

/// Who holds the directory at `path` for writing now; `None` when nobody does.
///
/// A holder whose facts cannot be read (the lock file was deleted, or the holder is just starting)
/// is reported with process 0 and empty names.
///
/// # Errors
/// What opening the directory, or trying its lock for a moment, says.
pub fn lock_owner(path: &Path) -> io::Result<Option<LockOwner>> {
    let directory = RealDirectory::open(path)?;
    if !writer_present(directory.as_fd())? {
        return Ok(None);
    }
    Ok(Some(read_facts(directory.as_fd()).unwrap_or(LockOwner {
        process: 0,
        host: String::new(),
        since_us: 0,
        program: String::new(),
    })))
}

/// Takes the directory and then its lock file, and records who has it.
pub(crate) fn take_lock(
    directory: BorrowedFd<'_>,
    owner: &LockOwner,
) -> Result<RealLock, LockError> {
    let held = reopen(directory)?;
    if !lock_with_patience(&held)? {
        return Err(LockError::Held(read_facts(directory)));
    }
    // The file is neither cut nor written before it is locked: it may be another writer's.
    let facts = open_regular(
        directory,
        LOCK_FILE_NAME,
        OFlags::RDWR | OFlags::CREATE,
        Mode::RUSR | Mode::WUSR,
    )?;
    if !try_lock(facts.as_fd(), FlockOperation::NonBlockingLockExclusive)? {
        return Err(LockError::Held(read_facts(directory)));
    }
    // A full disk must not keep a writer from opening its store, so facts are best effort.
    let lines = owner.to_lines();
    let _ = write_all_at(&facts, lines.as_bytes(), 0)
        .and_then(|()| facts.set_len(u64::try_from(lines.len()).unwrap_or(0)));
    Ok(RealLock {
        facts,
        directory: held,
        process: ProcessGuard::new(),
    })
}

/// Whether a writer has the directory: whether a shared lock on it is refused.
pub(crate) fn writer_present(directory: BorrowedFd<'_>) -> io::Result<bool> {
    let probe = reopen(directory)?;
    let free = try_lock(probe.as_fd(), FlockOperation::NonBlockingLockShared)?;
    // A child that was forked just now shares the handle, so closing it may not be enough.
    let _ = try_lock(probe.as_fd(), FlockOperation::Unlock);
    Ok(!free)
}

/// A handle of its own on the same directory: locks belong to an open file description, so two
/// opens conflict even within one process.
fn reopen(directory: BorrowedFd<'_>) -> io::Result<OwnedFd> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let handle = retry_on_intr(|| rustix::fs::openat(directory, ".", flags, Mode::empty()))?;
    Ok(handle)
}

fn lock_with_patience(directory: &OwnedFd) -> io::Result<bool> {
    for _ in 1..ATTEMPTS {
        if try_lock(directory.as_fd(), FlockOperation::NonBlockingLockExclusive)? {
            return Ok(true);
        }
        thread::sleep(PAUSE);
    }
    try_lock(directory.as_fd(), FlockOperation::NonBlockingLockExclusive)
}

fn try_lock(handle: BorrowedFd<'_>, operation: FlockOperation) -> io::Result<bool> {
    match retry_on_intr(|| rustix::fs::flock(handle, operation)) {
        Ok(()) => Ok(true),
        Err(Errno::WOULDBLOCK) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// The facts in the lock file, if it is a regular file that holds them.
fn read_facts(directory: BorrowedFd<'_>) -> Option<LockOwner> {
    let file = open_regular(directory, LOCK_FILE_NAME, OFlags::RDONLY, Mode::empty()).ok()?;
    let mut buffer = [0; MAX_FACTS];
    let read = file.read_at(&mut buffer, 0).ok()?;
    LockOwner::from_lines(&String::from_utf8_lossy(buffer.get(..read)?))
}
