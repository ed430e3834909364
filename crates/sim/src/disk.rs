//! The simulated disk: making one, looking at it, tampering with it, and ordering its faults.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use batpak_platform::{EntryKind, FixedClock, FixedEntropy, InlineTasks, Platform, Storage};

use crate::fault::{Fault, Operation};
use crate::inode::Inode;
use crate::sectors::SECTOR;
use crate::state::{Shared, State, lock};
use crate::storage::SimStorage;

/// The first wall time of a simulated machine: 2023-11-14, 22:13:20 UTC.
const START_US: i64 = 1_700_000_000_000_000;

/// A machine with one directory on one disk, and at most one process at a time using it.
///
/// Clones are handles on the same machine; [`snapshot`](Self::snapshot) makes another one.
#[derive(Clone)]
pub struct SimDisk {
    shared: Shared,
    clock: Arc<FixedClock>,
    entropy: Arc<FixedEntropy>,
    tasks: Arc<Mutex<InlineTasks>>,
}

impl SimDisk {
    /// An empty disk without limits and faults.
    #[must_use]
    pub fn new() -> Self {
        Self {
            shared: Shared::default(),
            clock: Arc::new(FixedClock::new(START_US, 1)),
            entropy: Arc::new(FixedEntropy::new(0)),
            tasks: Arc::default(),
        }
    }

    /// The directory as the process that runs now sees it; dead after the next crash or kill.
    #[must_use]
    pub fn storage(&self) -> Arc<dyn Storage> {
        Arc::new(SimStorage::new(&self.shared))
    }

    /// The world of the process that runs now: this disk, and the clock, randomness and
    /// background steps of this machine. Dead after the next crash or kill.
    #[must_use]
    pub fn platform(&self) -> Platform {
        Platform {
            storage: self.storage(),
            clock: self.clock(),
            entropy: Arc::clone(&self.entropy) as Arc<_>,
            tasks: Arc::new(self.tasks()),
        }
    }

    /// The machine's clock: one microsecond for each reading. It goes on across crashes.
    #[must_use]
    pub fn clock(&self) -> Arc<FixedClock> {
        Arc::clone(&self.clock)
    }

    /// The background steps of the process that runs now, for the driver to run.
    #[must_use]
    pub fn tasks(&self) -> InlineTasks {
        lock_tasks(&self.tasks).clone()
    }

    /// Another machine whose disk, pending changes included, clock and randomness are as they are
    /// here now. No process runs on it, so nothing is locked and no faults are ordered; its
    /// counts start at 0. File contents are shared until one side changes them.
    #[must_use]
    pub fn snapshot(&self) -> Self {
        let state = self.state().at_a_crash_point();
        self.machine(state)
    }

    fn machine(&self, state: State) -> Self {
        Self {
            shared: Arc::new(Mutex::new(state)),
            clock: Arc::new(FixedClock::clone(&self.clock)),
            entropy: Arc::new(FixedEntropy::clone(&self.entropy)),
            tasks: Arc::default(),
        }
    }

    /// This machine with randomness that is a function of `seed`, whatever was drawn before.
    #[must_use]
    pub fn with_seed(self, seed: u64) -> Self {
        Self {
            entropy: Arc::new(FixedEntropy::new(seed)),
            ..self
        }
    }

    /// Calls made so far on any handle, those that failed by a fault included.
    #[must_use]
    pub fn calls(&self) -> u64 {
        self.state().calls
    }

    /// Calls so far that [change](Operation::mutates) what a crash can leave behind.
    #[must_use]
    pub fn mutating_calls(&self) -> u64 {
        self.state().mutating_calls
    }

    /// Starts recording calls, forgetting those recorded before.
    pub fn record_calls(&self) {
        self.state().trace = Some(Vec::new());
    }

    /// The calls since recording was started, in order; recording ends.
    pub fn take_recorded_calls(&self) -> Vec<Operation> {
        self.state().trace.take().unwrap_or_default()
    }

    /// Starts keeping a [`snapshot`](Self::snapshot) from before each mutating call, forgetting those
    /// kept before.
    pub fn record_crash_points(&self) {
        self.state().points = Some(Vec::new());
    }

    /// The machine as it was before each mutating call since recording was started, in order, but
    /// for clock and randomness, which are those of now; recording ends.
    pub fn take_crash_points(&self) -> Vec<Self> {
        let points = self.state().points.take().unwrap_or_default();
        points
            .into_iter()
            .map(|state| self.machine(state))
            .collect()
    }

    /// Bytes read, mapped and written so far.
    #[must_use]
    pub fn transferred_bytes(&self) -> u64 {
        self.state().transferred
    }

    /// A hash of the calls so far, in order.
    #[must_use]
    pub fn call_hash(&self) -> u64 {
        self.state().call_hash
    }

    /// Lets `calls` more mutating calls happen, then cuts the power: the next mutating call, and
    /// every call after it, fails with [`Stopped::PowerCut`](crate::Stopped) and does nothing. The
    /// disk stays as it is then until a crash decides about it.
    pub fn stop_after(&self, calls: u64) {
        self.state().calls_left = Some(calls);
    }

    /// Lets `calls` more calls happen on this machine; the next one panics with
    /// [`Stopped::TooManyCalls`](crate::Stopped), so that code that never comes to an end is seen.
    pub fn limit_calls(&self, calls: u64) {
        let mut state = self.state();
        state.most_calls = Some(state.calls + calls);
    }

    /// Makes one call fail: the one with ordinal [`calls`](Self::calls) + `n`, so 0 is the next.
    pub fn fail_call(&self, n: u64, fault: Fault) {
        self.state().faults.add(None, n, false, fault);
    }

    /// Makes every call fail from the one with ordinal [`calls`](Self::calls) + `n` on.
    pub fn fail_calls_from(&self, n: u64, fault: Fault) {
        self.state().faults.add(None, n, true, fault);
    }

    /// Makes one call of a kind fail, after `n` more of this kind.
    pub fn fail_operation(&self, operation: Operation, n: u64, fault: Fault) {
        self.state().faults.add(Some(operation), n, false, fault);
    }

    /// Makes every call of a kind fail, after `n` more of this kind.
    pub fn fail_operations_from(&self, operation: Operation, n: u64, fault: Fault) {
        self.state().faults.add(Some(operation), n, true, fault);
    }

    /// Forgets all faults that were ordered.
    pub fn clear_faults(&self) {
        self.state().faults = Default::default();
    }

    /// Limits the bytes of all named files together; growing beyond is short, then ENOSPC.
    pub fn set_capacity(&self, bytes: Option<u64>) {
        self.state().capacity = bytes;
    }

    /// Makes every sync succeed without doing anything, as a drive with a lying cache does.
    pub fn lie_about_syncs(&self, lies: bool) {
        self.state().sync_lies = lies;
    }

    /// The visible names, in order.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        let state = self.state();
        state
            .names
            .iter()
            .map(|(name, _)| name.to_string())
            .collect()
    }

    /// The visible bytes of a file.
    #[must_use]
    pub fn contents(&self, name: &str) -> Option<Vec<u8>> {
        Some(self.state().named(name)?.content().to_vec())
    }

    /// The visible length of a file.
    #[must_use]
    pub fn file_len(&self, name: &str) -> Option<usize> {
        Some(self.state().named(name)?.len())
    }

    /// A hash of all visible names and bytes, to tell equal disks. It is kept up to date sector by
    /// sector, so that asking costs nothing in proportion to the bytes.
    #[must_use]
    pub fn fingerprint(&self) -> u64 {
        self.state().visible_hash()
    }

    /// A hash of what is visible, durable and pending, to tell disks that also crash alike.
    #[must_use]
    pub fn state_hash(&self) -> u64 {
        self.state().state_hash()
    }

    /// The cache gives up what failed syncs with [`Aftermath::Evicted`](crate::Aftermath) have left in it.
    pub fn evict(&self) {
        self.state().inodes.values_mut().for_each(Inode::evict);
    }

    /// Puts a file there, durably and not by a call; a file of this name is replaced.
    pub fn put(&self, name: &str, bytes: impl Into<Vec<u8>>) {
        let name: Arc<str> = name.into();
        self.bind(&name, Inode::durable(Arc::clone(&name), &bytes.into()));
    }

    /// Puts something there that may not be a file, durably and not by a call.
    pub fn put_entry(&self, name: &str, kind: EntryKind) {
        let name: Arc<str> = name.into();
        self.bind(&name, Inode::new(kind, Arc::clone(&name)));
    }

    /// Takes a name away, durably and not by a call; false when it is not there.
    pub fn delete(&self, name: &str) -> bool {
        let mut state = self.state();
        let found = state.names.get(name).is_some();
        state.names.settle(&name.into(), None);
        found
    }

    /// Flips the bits of `mask` in one byte of a file, in what is visible and what is durable;
    /// false when there is no such byte. A write of the sector that is still pending stays as it
    /// is, and can undo this in a crash.
    pub fn corrupt(&self, name: &str, offset: usize, mask: u8) -> bool {
        let mut state = self.state();
        let inode = state.names.get(name);
        let inode = inode.and_then(|id| state.inodes.get_mut(&id));
        inode.is_some_and(|inode| inode.corrupt(offset, mask))
    }

    /// What was written to the sector at `from` bytes of a file is in the sector at `to` bytes, visibly
    /// and durably, and the sector at `from` holds zeros; false when the file is shorter.
    pub fn misdirect(&self, name: &str, from: usize, to: usize) -> bool {
        let mut state = self.state();
        let inode = state.names.get(name);
        let inode = inode.and_then(|id| state.inodes.get_mut(&id));
        inode.is_some_and(|inode| inode.misdirect(from / SECTOR, to / SECTOR))
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.shared)
    }

    /// Gives the next process no steps; returns those of the process before it.
    pub(crate) fn replace_tasks(&self) -> InlineTasks {
        std::mem::take(&mut *lock_tasks(&self.tasks))
    }

    fn bind(&self, name: &Arc<str>, inode: Inode) {
        let mut state = self.state();
        let id = state.add_inode(inode);
        state.names.settle(name, Some(id));
    }
}

impl Default for SimDisk {
    fn default() -> Self {
        Self::new()
    }
}

impl std::fmt::Debug for SimDisk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SimDisk")
            .field("names", &self.names())
            .field("calls", &self.calls())
            .finish_non_exhaustive()
    }
}

fn lock_tasks(tasks: &Mutex<InlineTasks>) -> MutexGuard<'_, InlineTasks> {
    tasks.lock().unwrap_or_else(PoisonError::into_inner)
}
