//! What a simulated disk consists of, and the gate that every call passes.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use batpak_platform::LockOwner;

use crate::fault::{ENOENT, ENOSPC, Fault, Operation, Schedule, os_error};
use crate::inode::Inode;
use crate::names::{InodeId, Names};
use crate::sectors::{hash_bytes, mix};
use crate::stopped::Stopped;

/// The disk as all of its handles share it.
pub(crate) type Shared = Arc<Mutex<State>>;

#[derive(Clone, Debug, Default)]
pub(crate) struct State {
    pub(crate) inodes: BTreeMap<InodeId, Inode>,
    pub(crate) names: Names,
    next_number: u64,
    /// Which process is running; handles of an earlier one are dead.
    pub(crate) life: u64,
    pub(crate) holder: Option<Holder>,
    pub(crate) capacity: Option<u64>,
    pub(crate) sync_lies: bool,
    pub(crate) faults: Schedule,
    pub(crate) calls: u64,
    pub(crate) mutating_calls: u64,
    /// How many mutating calls are left before the power is cut.
    pub(crate) calls_left: Option<u64>,
    power_cut: bool,
    /// Ordinal of the call that is one too many.
    pub(crate) most_calls: Option<u64>,
    /// The calls so far, when they are recorded.
    pub(crate) trace: Option<Vec<Operation>>,
    /// The disk as it was before each mutating call, when that is recorded.
    pub(crate) points: Option<Vec<State>>,
    /// Bytes read, mapped and written so far.
    pub(crate) transferred: u64,
    /// Hash of the calls so far: which, and how they were answered.
    pub(crate) call_hash: u64,
}

/// The writer that has the directory.
#[derive(Clone, Debug)]
pub(crate) struct Holder {
    pub(crate) token: u64,
    pub(crate) owner: LockOwner,
}

impl State {
    /// Counts a call and tells the fault it has to suffer.
    ///
    /// # Errors
    /// When the call cannot be made at all, or its fault is to do nothing and fail. Faults that
    /// the call itself has to carry out (short transfers, failed syncs) are returned instead.
    pub(crate) fn enter(&mut self, life: u64, operation: Operation) -> io::Result<Option<Fault>> {
        if life != self.life {
            return Err(Stopped::ProcessEnded.into());
        }
        if operation.mutates() && self.calls_left == Some(0) {
            self.power_cut = true;
        }
        if self.power_cut {
            return Err(Stopped::PowerCut.into());
        }
        if operation.mutates() && self.points.is_some() {
            let point = self.at_a_crash_point();
            self.points.get_or_insert_default().push(point);
        }
        if self.most_calls.is_some_and(|most| self.calls >= most) {
            // Code that makes calls without end would go on after an error as well.
            std::panic::resume_unwind(Box::new(Stopped::TooManyCalls));
        }
        self.calls += 1;
        if operation.mutates() {
            self.mutating_calls += 1;
            self.calls_left = self.calls_left.map(|left| left - 1);
        }
        if let Some(trace) = &mut self.trace {
            trace.push(operation);
        }
        let fault = self.faults.next(operation);
        self.call_hash = mix(self.call_hash, operation as u64 + 1);
        match (fault, operation) {
            (Some(Fault::Partial(_)), Operation::WriteAt)
            | (Some(Fault::SyncFailed(_)), Operation::SyncData | Operation::SyncDirectory) => {
                Ok(fault)
            }
            (Some(refusing), _) => refusing.refusal().map_or(Ok(fault), Err),
            (None, _) => Ok(None),
        }
    }

    pub(crate) fn inode(&mut self, id: InodeId) -> io::Result<&mut Inode> {
        self.inodes.get_mut(&id).ok_or_else(|| os_error(ENOENT))
    }

    pub(crate) fn named(&self, name: &str) -> Option<&Inode> {
        self.inodes.get(&self.names.get(name)?)
    }

    pub(crate) fn add_inode(&mut self, inode: Inode) -> InodeId {
        let id = InodeId(self.next_number());
        self.inodes.insert(id, inode);
        id
    }

    /// A number that was never given before: of a file or of a lock.
    pub(crate) fn next_number(&mut self) -> u64 {
        self.next_number += 1;
        self.next_number
    }

    /// How long a file that is now `len` bytes may become, if `wanted` is more than that.
    ///
    /// # Errors
    /// ENOSPC when not a byte can be added, or none beyond `at_least`.
    pub(crate) fn room(&self, len: usize, wanted: usize, at_least: usize) -> io::Result<usize> {
        let Some(free) = self.free() else {
            return Ok(wanted);
        };
        let free = usize::try_from(free).unwrap_or(usize::MAX);
        let end = wanted.min(len.saturating_add(free));
        if wanted > len && end <= at_least {
            return Err(os_error(ENOSPC));
        }
        Ok(end)
    }

    /// Bytes of capacity that no named file takes up; `None` without a limit.
    pub(crate) fn free(&self) -> Option<u64> {
        let used: usize = self
            .names
            .iter()
            .filter_map(|(_, id)| Some(self.inodes.get(&id)?.len()))
            .sum();
        let used = u64::try_from(used).unwrap_or(u64::MAX);
        Some(self.capacity?.saturating_sub(used))
    }

    /// The disk as it is now, without a process.
    pub(crate) fn at_a_crash_point(&self) -> Self {
        let mut state = Self {
            inodes: self.inodes.clone(),
            names: self.names.clone(),
            next_number: self.next_number,
            life: self.life,
            capacity: self.capacity,
            sync_lies: self.sync_lies,
            ..Self::default()
        };
        state.end_process();
        state.drop_unreachable();
        state
    }

    /// A hash of all visible names and bytes.
    pub(crate) fn visible_hash(&self) -> u64 {
        self.names.iter().fold(0, |hash, (name, id)| {
            let content = self.inodes.get(&id).map_or(0, Inode::visible_hash);
            mix(mix(hash, hash_bytes(name.as_bytes())), content)
        })
    }

    /// A hash of everything that later calls and crashes can depend on.
    pub(crate) fn state_hash(&self) -> u64 {
        let number = |id: InodeId| self.inodes.get(&id).map_or(0, Inode::state_hash);
        self.names.state_hash(number)
    }

    pub(crate) fn end_process(&mut self) {
        self.life += 1;
        self.holder = None;
        self.faults = Schedule::default();
        self.calls_left = None;
        self.power_cut = false;
    }

    /// Forgets files without a name, once no handle can reach them.
    pub(crate) fn drop_unreachable(&mut self) {
        let names = &self.names;
        self.inodes.retain(|id, _| names.reach(*id));
    }
}

pub(crate) fn lock(shared: &Shared) -> MutexGuard<'_, State> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}
