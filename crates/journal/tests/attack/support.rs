//! A disk, a journal on it, forged bytes, and a platform whose calls can be held.

use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::Duration;

use batpak_coordinate::{Coordinate, EventKind, Sequence};
use batpak_event::IdempotencyKey;
use batpak_journal::{
    AppendError, Draft, Durability, Journal, Options, ReadError, ScanRequest, Selection, View,
};
use batpak_platform::{
    Access, Clock, DirectoryEntry, Entropy, LockError, LockOwner, Platform, Storage, StorageFile,
    StorageLock,
};
use batpak_segment::identity::{Identity, SlotPair, decode_slot};
use batpak_segment::{FRAME_FIXED, FrameHead, Offset, SEGMENT_HEADER, SegmentHeader};
use batpak_sim::SimDisk;

pub(crate) const FIRST: &str = "000001.fbat";

pub(crate) fn draft(entity: &str, payload: &[u8]) -> Draft<'static> {
    let coordinate = Coordinate::new(entity, "scope").unwrap();
    Draft::new(coordinate, EventKind::DATA, payload.to_vec())
}

pub(crate) fn keyed(key: u128, payload: &[u8]) -> Draft<'static> {
    Draft {
        key: Some(IdempotencyKey::new(key)),
        ..draft("k", payload)
    }
}

pub(crate) fn small(durability: Durability) -> Options {
    Options {
        durability,
        segment_max_bytes: 2048,
        ..Options::default()
    }
}

pub(crate) fn open(platform: &Platform, options: &Options) -> Journal {
    Journal::open(platform, options.clone()).unwrap().0
}

pub(crate) fn append(journal: &Journal, payload: &[u8]) -> Result<(), AppendError> {
    let appended = journal.append(draft("a", payload), Durability::Written);
    appended.map(|_| ())
}

/// What a scan returns, in order.
pub(crate) fn scanned(view: &View, selection: Selection) -> Vec<Result<Vec<u8>, ReadError>> {
    let after = Sequence::NONE;
    let mut scan = view.scan(ScanRequest {
        selection,
        after,
        reverse: false,
    });
    let mut found = Vec::new();
    loop {
        match scan.next_frame() {
            Ok(None) => return found,
            Ok(Some(frame)) => found.push(Ok(frame.payload().to_vec())),
            Err(error) => found.push(Err(error)),
        }
    }
}

pub(crate) fn payloads(view: &View) -> Vec<Vec<u8>> {
    let all = scanned(view, Selection::All).into_iter();
    all.map(Result::unwrap).collect()
}

/// Runs the background step until time alone would not make it do anything new.
pub(crate) fn run_background(disk: &SimDisk) {
    for _ in 0..20 {
        disk.tasks().run_pending();
        disk.clock().advance(Duration::from_secs(2));
        disk.tasks().expire_delays();
    }
}

/// The disk as it is after a killed process appended these payloads at level `Synced`.
pub(crate) fn killed(count: usize) -> SimDisk {
    let disk = SimDisk::new();
    let journal = open(&disk.platform(), &Options::default());
    for _ in 0..count {
        append(&journal, &[5; 100]).unwrap();
    }
    disk.kill();
    drop(journal);
    disk
}

pub(crate) fn header(disk: &SimDisk, name: &str) -> SegmentHeader {
    let bytes = disk.contents(name).unwrap();
    SegmentHeader::decode(bytes.first_chunk().unwrap()).unwrap()
}

/// Offsets of the event frames of a segment, and of its end.
pub(crate) fn frames(disk: &SimDisk, name: &str) -> (Vec<usize>, usize) {
    let bytes = disk.contents(name).unwrap();
    let (mut offsets, mut at) = (Vec::new(), SEGMENT_HEADER);
    while at + FRAME_FIXED <= bytes.len() {
        let length = u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap()) as usize;
        if length == 0 {
            break;
        }
        if bytes[at + 12] == 1 {
            offsets.push(at);
        }
        at += length;
    }
    (offsets, at)
}

/// Changes the fixed part of a frame and makes its checks match again.
pub(crate) fn forge(disk: &SimDisk, at: usize, change: impl FnOnce(&mut FrameHead)) {
    let salt = header(disk, FIRST).salt;
    let mut bytes = disk.contents(FIRST).unwrap();
    let offset = Offset(at as u64);
    let fixed = bytes[at..].first_chunk().unwrap();
    let mut head = FrameHead::decode(fixed, salt, offset).unwrap();
    change(&mut head);
    bytes[at..at + FRAME_FIXED].copy_from_slice(&head.encode(salt, offset));
    disk.put(FIRST, bytes);
}

pub(crate) fn newest_identity(disk: &SimDisk) -> (Identity, SlotPair) {
    let bytes = disk.contents("store.fbatm").unwrap();
    let slots = SlotPair::of_file(bytes.len() as u64).unwrap();
    let (first, second) = slots.split(&bytes).unwrap();
    let identities = [decode_slot(first), decode_slot(second)]
        .into_iter()
        .flatten();
    (
        identities.max_by_key(|found| found.generation).unwrap(),
        slots,
    )
}

// A platform whose calls can be held.

pub(crate) type Hook = Arc<dyn Fn(&str) + Send + Sync>;

pub(crate) fn named<T: Send + 'static>(
    name: &str,
    run: impl FnOnce() -> T + Send + 'static,
) -> thread::JoinHandle<T> {
    let builder = thread::Builder::new().name(name.to_owned());
    builder.spawn(run).unwrap()
}

/// Holds one thread at its first call of a kind until opened.
#[derive(Clone, Default)]
pub(crate) struct Gate(Arc<(Mutex<(bool, bool)>, Condvar)>);

impl Gate {
    pub(crate) fn at(&self, thread: &'static str, call: &'static str) -> Hook {
        let gate = self.clone();
        Arc::new(move |made| {
            if made == call && thread::current().name() == Some(thread) {
                gate.set(|state| state.0 = true);
                gate.until(|state| state.1);
            }
        })
    }

    pub(crate) fn arrived(&self) {
        self.until(|state| state.0);
    }

    pub(crate) fn open(&self) {
        self.set(|state| state.1 = true);
    }

    fn set(&self, change: impl FnOnce(&mut (bool, bool))) {
        change(&mut self.0.0.lock().unwrap());
        self.0.1.notify_all();
    }

    fn until(&self, reached: impl Fn(&(bool, bool)) -> bool) {
        let state = self.0.0.lock().unwrap();
        drop(self.0.1.wait_while(state, |state| !reached(state)).unwrap());
    }
}

pub(crate) fn hooked(disk: &SimDisk, hook: Hook) -> Platform {
    let platform = disk.platform();
    Platform {
        storage: Arc::new(Hooked(platform.storage, Arc::clone(&hook))),
        clock: Arc::new(Hooked(platform.clock, Arc::clone(&hook))),
        entropy: Arc::new(Hooked(platform.entropy, hook)),
        tasks: platform.tasks,
    }
}

pub(crate) struct Hooked<T>(T, Hook);

impl<T> std::fmt::Debug for Hooked<T> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Hooked")
    }
}

impl Clock for Hooked<Arc<dyn Clock>> {
    fn wall_us(&self) -> i64 {
        (self.1)("wall");
        self.0.wall_us()
    }
    fn monotonic_ns(&self) -> u64 {
        (self.1)("monotonic");
        self.0.monotonic_ns()
    }
}

impl Entropy for Hooked<Arc<dyn Entropy>> {
    fn fill(&self, bytes: &mut [u8]) -> std::io::Result<()> {
        (self.1)("fill");
        self.0.fill(bytes)
    }
}

impl Hooked<Arc<dyn Storage>> {
    fn file(&self, file: Arc<dyn StorageFile>) -> Arc<dyn StorageFile> {
        Arc::new(Hooked(file, Arc::clone(&self.1)))
    }
}

impl Storage for Hooked<Arc<dyn Storage>> {
    fn open(&self, name: &str, access: Access) -> std::io::Result<Arc<dyn StorageFile>> {
        (self.1)("open");
        self.0.open(name, access).map(|file| self.file(file))
    }
    fn create(&self, name: &str) -> std::io::Result<Arc<dyn StorageFile>> {
        (self.1)("create");
        self.0.create(name).map(|file| self.file(file))
    }
    fn rename(&self, from: &str, to: &str) -> std::io::Result<()> {
        (self.1)("rename");
        self.0.rename(from, to)
    }
    fn remove(&self, name: &str) -> std::io::Result<()> {
        (self.1)("remove");
        self.0.remove(name)
    }
    fn list(&self) -> std::io::Result<Vec<DirectoryEntry>> {
        (self.1)("list");
        self.0.list()
    }
    fn sync_directory(&self) -> std::io::Result<()> {
        (self.1)("sync_directory");
        self.0.sync_directory()
    }
    fn lock(&self, owner: &LockOwner) -> Result<Box<dyn StorageLock>, LockError> {
        (self.1)("lock");
        self.0.lock(owner)
    }
    fn writer_present(&self) -> std::io::Result<bool> {
        (self.1)("writer_present");
        self.0.writer_present()
    }
    fn free_bytes(&self) -> std::io::Result<Option<u64>> {
        (self.1)("free_bytes");
        self.0.free_bytes()
    }
}

impl StorageFile for Hooked<Arc<dyn StorageFile>> {
    fn len(&self) -> std::io::Result<u64> {
        (self.1)("len");
        self.0.len()
    }
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> std::io::Result<usize> {
        (self.1)("read_at");
        self.0.read_at(buffer, offset)
    }
    fn write_at(&self, bytes: &[u8], offset: u64) -> std::io::Result<usize> {
        // The frames of an event of 1,500 bytes are the only write of this size in the tests.
        let frames = (1500..2048).contains(&bytes.len());
        (self.1)(if frames {
            "write_at frames"
        } else {
            "write_at"
        });
        self.0.write_at(bytes, offset)
    }
    fn set_len(&self, len: u64) -> std::io::Result<()> {
        (self.1)("set_len");
        self.0.set_len(len)
    }
    fn sync_data(&self) -> std::io::Result<()> {
        (self.1)("sync_data");
        self.0.sync_data()
    }
}
