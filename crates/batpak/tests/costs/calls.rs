//! A storage that counts the calls it passes on.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use batpak_platform::{
    Access, DirectoryEntry, FileBytes, InlineTasks, LockError, LockOwner, Platform, RealDirectory,
    Storage, StorageFile, StorageLock,
};

/// Calls so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Calls {
    pub(crate) reads: u64,
    pub(crate) writes: u64,
    pub(crate) syncs: u64,
    /// All others.
    pub(crate) others: u64,
}

#[derive(Debug, Default)]
struct Counters {
    reads: AtomicU64,
    writes: AtomicU64,
    syncs: AtomicU64,
    others: AtomicU64,
}

fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::SeqCst);
}

/// A directory that counts, as a platform without threads.
#[derive(Clone, Debug)]
pub(crate) struct Counting {
    directory: Arc<RealDirectory>,
    counters: Arc<Counters>,
}

impl Counting {
    pub(crate) fn new(directory: RealDirectory) -> Counting {
        Counting {
            directory: Arc::new(directory),
            counters: Arc::default(),
        }
    }

    /// Background steps do not run: what is counted is the caller's.
    pub(crate) fn platform(&self, directory: RealDirectory) -> Platform {
        Platform {
            storage: Arc::new(self.clone()),
            tasks: Arc::new(InlineTasks::new()),
            ..Platform::real(directory)
        }
    }

    pub(crate) fn calls(&self) -> Calls {
        let read = |counter: &AtomicU64| counter.load(Ordering::SeqCst);
        Calls {
            reads: read(&self.counters.reads),
            writes: read(&self.counters.writes),
            syncs: read(&self.counters.syncs),
            others: read(&self.counters.others),
        }
    }

    /// The calls of some work.
    pub(crate) fn calls_of<T>(&self, work: impl FnOnce() -> T) -> (Calls, T) {
        let before = self.calls();
        let result = work();
        let after = self.calls();
        let calls = Calls {
            reads: after.reads - before.reads,
            writes: after.writes - before.writes,
            syncs: after.syncs - before.syncs,
            others: after.others - before.others,
        };
        (calls, result)
    }

    fn file(&self, file: io::Result<Arc<dyn StorageFile>>) -> io::Result<Arc<dyn StorageFile>> {
        count(&self.counters.others);
        let counters = Arc::clone(&self.counters);
        Ok(Arc::new(CountingFile {
            file: file?,
            counters,
        }))
    }

    fn other(&self) -> &RealDirectory {
        count(&self.counters.others);
        &self.directory
    }
}

impl Storage for Counting {
    fn open(&self, name: &str, access: Access) -> io::Result<Arc<dyn StorageFile>> {
        self.file(self.directory.open(name, access))
    }

    fn create(&self, name: &str) -> io::Result<Arc<dyn StorageFile>> {
        self.file(self.directory.create(name))
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        self.other().rename(from, to)
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        self.other().remove(name)
    }

    fn list(&self) -> io::Result<Vec<DirectoryEntry>> {
        self.other().list()
    }

    fn sync_directory(&self) -> io::Result<()> {
        count(&self.counters.syncs);
        self.directory.sync_directory()
    }

    fn lock(&self, owner: &LockOwner) -> Result<Box<dyn StorageLock>, LockError> {
        self.other().lock(owner)
    }

    fn writer_present(&self) -> io::Result<bool> {
        self.other().writer_present()
    }

    fn free_bytes(&self) -> io::Result<Option<u64>> {
        self.other().free_bytes()
    }
}

#[derive(Debug)]
struct CountingFile {
    file: Arc<dyn StorageFile>,
    counters: Arc<Counters>,
}

impl StorageFile for CountingFile {
    fn len(&self) -> io::Result<u64> {
        count(&self.counters.others);
        self.file.len()
    }

    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        count(&self.counters.reads);
        self.file.read_at(buffer, offset)
    }

    fn map(&self, len: u64) -> io::Result<FileBytes> {
        count(&self.counters.others);
        self.file.map(len)
    }

    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<usize> {
        count(&self.counters.writes);
        self.file.write_at(bytes, offset)
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        count(&self.counters.others);
        self.file.set_len(len)
    }

    fn sync_data(&self) -> io::Result<()> {
        count(&self.counters.syncs);
        self.file.sync_data()
    }
}
