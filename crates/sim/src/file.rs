//! One open file of a simulated process.

use std::fmt;
use std::io;
use std::sync::Arc;

use batpak_platform::{FileBytes, StorageFile, check_mapped_length};

use crate::fault::{EBADF, EFBIG, Fault, Operation, os_error};
use crate::inode::MAX_FILE;
use crate::names::InodeId;
use crate::state::{Shared, lock};

pub(crate) struct SimFile {
    disk: Shared,
    life: u64,
    inode: InodeId,
    writable: bool,
}

impl SimFile {
    pub(crate) fn new(disk: &Shared, life: u64, inode: InodeId, writable: bool) -> Self {
        Self {
            disk: Arc::clone(disk),
            life,
            inode,
            writable,
        }
    }

    fn check_writable(&self) -> io::Result<()> {
        if self.writable {
            Ok(())
        } else {
            Err(os_error(EBADF))
        }
    }
}

impl StorageFile for SimFile {
    fn len(&self) -> io::Result<u64> {
        let mut state = lock(&self.disk);
        state.enter(self.life, Operation::Len)?;
        let len = state.inode(self.inode)?.len();
        u64::try_from(len).map_err(|_| os_error(EFBIG))
    }

    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let mut state = lock(&self.disk);
        let fault = state.enter(self.life, Operation::ReadAt)?;
        let content = state.inode(self.inode)?.content();
        let start = usize::try_from(offset).unwrap_or(usize::MAX);
        let asked = buffer.len().min(content.len().saturating_sub(start));
        let count = fault.map_or(asked, |fault| fault.limit(asked));
        let count = content.read(start, buffer.get_mut(..count).unwrap_or_default());
        state.transferred += count as u64;
        Ok(count)
    }

    fn map(&self, len: u64) -> io::Result<FileBytes> {
        let mut state = lock(&self.disk);
        // No transfer that could be short: a fault that limits one is used up and changes nothing.
        state.enter(self.life, Operation::ReadAt)?;
        let len = check_mapped_length(len)?;
        let content = state.inode(self.inode)?.content();
        if len > content.len() {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let mut bytes = vec![0; len];
        content.read(0, &mut bytes);
        state.transferred += len as u64;
        Ok(FileBytes::from(bytes))
    }

    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<usize> {
        let mut state = lock(&self.disk);
        let fault = state.enter(self.life, Operation::WriteAt)?;
        self.check_writable()?;
        let start = position(offset)?;
        let asked = fault.map_or(bytes.len(), |fault| fault.limit(bytes.len()));
        let end = start.checked_add(asked).filter(|end| *end <= MAX_FILE);
        let end = end.ok_or_else(|| os_error(EFBIG))?;
        if asked > 0 {
            let len = state.inode(self.inode)?.len();
            let count = state.room(len, end, start)? - start;
            state.transferred += count as u64;
            let taken = bytes.get(..count).unwrap_or_default();
            state.inode(self.inode)?.write(start, taken);
            if let Some(error) = failure_after_transfer(fault) {
                return Err(error);
            }
            return Ok(count);
        }
        failure_after_transfer(fault).map_or(Ok(0), Err)
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        let mut state = lock(&self.disk);
        state.enter(self.life, Operation::SetLen)?;
        self.check_writable()?;
        let wanted = position(len)?;
        let before = state.inode(self.inode)?.len();
        // Taken up at once, as by a file system that reserves what it promises.
        state.room(before, wanted, wanted.saturating_sub(1))?;
        state.inode(self.inode)?.set_len(wanted);
        Ok(())
    }

    fn sync_data(&self) -> io::Result<()> {
        let mut state = lock(&self.disk);
        let fault = state.enter(self.life, Operation::SyncData)?;
        let lies = state.sync_lies;
        let inode = state.inode(self.inode)?;
        if let Some(Fault::SyncFailed(aftermath)) = fault {
            inode.fail_sync(aftermath);
            return Fault::Io.refusal().map_or(Ok(()), Err);
        }
        if !lies {
            inode.sync();
        }
        Ok(())
    }
}

impl fmt::Debug for SimFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SimFile")
            .field("inode", &self.inode)
            .field("life", &self.life)
            .finish_non_exhaustive()
    }
}

/// The error that a write reports though it has written.
fn failure_after_transfer(fault: Option<Fault>) -> Option<io::Error> {
    match fault {
        Some(Fault::Partial(_)) => Fault::Io.refusal(),
        _ => None,
    }
}

fn position(offset: u64) -> io::Result<usize> {
    usize::try_from(offset)
        .ok()
        .filter(|offset| *offset <= MAX_FILE)
        .ok_or_else(|| os_error(EFBIG))
}
