//! The storage port over a simulated disk, as one simulated process sees it.

use std::fmt;
use std::io;
use std::sync::Arc;

use batpak_platform::{
    Access, DirectoryEntry, EntryKind, LockError, LockOwner, Storage, StorageFile, StorageLock,
    check_file_name,
};

use crate::fault::{EEXIST, EISDIR, ENOENT, Fault, Operation, os_error};
use crate::file::SimFile;
use crate::inode::Inode;
use crate::state::{Holder, Shared, lock};

/// One process's view of the directory; dead once that process has ended.
pub(crate) struct SimStorage {
    disk: Shared,
    life: u64,
}

impl SimStorage {
    pub(crate) fn new(disk: &Shared) -> Self {
        Self {
            disk: Arc::clone(disk),
            life: lock(disk).life,
        }
    }
}

impl Storage for SimStorage {
    fn open(&self, name: &str, access: Access) -> io::Result<Arc<dyn StorageFile>> {
        let mut state = lock(&self.disk);
        state.enter(self.life, Operation::Open)?;
        check_file_name(name)?;
        let inode = state.names.get(name).ok_or_else(|| os_error(ENOENT))?;
        state.inode(inode)?.evict();
        if state.inode(inode)?.kind != EntryKind::File {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                format!("{name:?} is not a regular file"),
            ));
        }
        let writable = access == Access::ReadWrite;
        Ok(Arc::new(SimFile::new(
            &self.disk, self.life, inode, writable,
        )))
    }

    fn create(&self, name: &str) -> io::Result<Arc<dyn StorageFile>> {
        let mut state = lock(&self.disk);
        state.enter(self.life, Operation::Create)?;
        check_file_name(name)?;
        if state.names.get(name).is_some() {
            return Err(os_error(EEXIST));
        }
        let name: Arc<str> = name.into();
        let inode = state.add_inode(Inode::new(EntryKind::File, Arc::clone(&name)));
        state.names.create(name, inode);
        Ok(Arc::new(SimFile::new(&self.disk, self.life, inode, true)))
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        let mut state = lock(&self.disk);
        state.enter(self.life, Operation::Rename)?;
        check_file_name(from)?;
        check_file_name(to)?;
        let inode = state.names.get(from).ok_or_else(|| os_error(ENOENT))?;
        let replaced = state.named(to).map(|inode| inode.kind);
        if from != to && replaced == Some(EntryKind::Directory) {
            return Err(os_error(EISDIR));
        }
        let to: Arc<str> = to.into();
        state.names.rename(from.into(), Arc::clone(&to))?;
        state.inode(inode)?.label = to;
        Ok(())
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        let mut state = lock(&self.disk);
        state.enter(self.life, Operation::Remove)?;
        check_file_name(name)?;
        if state.named(name).map(|inode| inode.kind) == Some(EntryKind::Directory) {
            return Err(os_error(EISDIR));
        }
        state.names.remove(name.into())
    }

    fn list(&self) -> io::Result<Vec<DirectoryEntry>> {
        let mut state = lock(&self.disk);
        state.enter(self.life, Operation::List)?;
        let entries = state.names.iter().filter_map(|(name, id)| {
            let inode = state.inodes.get(&id)?;
            Some(DirectoryEntry {
                name: name.to_string(),
                kind: inode.kind,
                len: u64::try_from(inode.len()).ok()?,
            })
        });
        Ok(entries.collect())
    }

    fn sync_directory(&self) -> io::Result<()> {
        let mut state = lock(&self.disk);
        let fault = state.enter(self.life, Operation::SyncDirectory)?;
        if let Some(Fault::SyncFailed(aftermath)) = fault {
            state.names.fail_sync(aftermath);
            return Fault::Io.refusal().map_or(Ok(()), Err);
        }
        if !state.sync_lies {
            state.names.sync();
        }
        Ok(())
    }

    fn lock(&self, owner: &LockOwner) -> Result<Box<dyn StorageLock>, LockError> {
        let mut state = lock(&self.disk);
        state.enter(self.life, Operation::Lock)?;
        if let Some(holder) = &state.holder {
            return Err(LockError::Held(Some(holder.owner.clone())));
        }
        let token = state.next_number();
        let owner = owner.clone();
        state.holder = Some(Holder { token, owner });
        Ok(Box::new(SimLock {
            disk: Arc::clone(&self.disk),
            token,
        }))
    }

    fn writer_present(&self) -> io::Result<bool> {
        let mut state = lock(&self.disk);
        state.enter(self.life, Operation::WriterPresent)?;
        Ok(state.holder.is_some())
    }

    fn free_bytes(&self) -> io::Result<Option<u64>> {
        let mut state = lock(&self.disk);
        state.enter(self.life, Operation::FreeBytes)?;
        Ok(state.free())
    }
}

impl fmt::Debug for SimStorage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SimStorage")
            .field("life", &self.life)
            .finish_non_exhaustive()
    }
}

/// The writer's lock; after the end of its process it no longer holds anything.
struct SimLock {
    disk: Shared,
    token: u64,
}

impl StorageLock for SimLock {}

impl Drop for SimLock {
    fn drop(&mut self) {
        let mut state = lock(&self.disk);
        if state.holder.as_ref().map(|holder| holder.token) == Some(self.token) {
            state.holder = None;
        }
    }
}

impl fmt::Debug for SimLock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SimLock")
            .field("token", &self.token)
            .finish_non_exhaustive()
    }
}
