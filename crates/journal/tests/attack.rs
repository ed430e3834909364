//! Attacks on the engine: compound faults, races and hostile bytes.
#![cfg(test)]

use std::sync::mpsc::channel;
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::Duration;

use batpak_coordinate::{Coordinate, EventKind, KindFilter, Selector, Sequence, StreamSequence};
use batpak_event::{Epoch, IdempotencyKey};
use batpak_journal::{
    AppendError, Draft, Durability, Journal, OpenError, Options, ReadError, Reader, ScanRequest,
    Selection, View, verify,
};
use batpak_platform::{
    Access, Clock, DirectoryEntry, EntryKind, LockError, LockOwner, Platform, Storage, StorageFile,
    StorageLock,
};
use batpak_segment::identity::{Identity, SlotPair, decode_slot};
use batpak_segment::{ControlFrame, FRAME_FIXED, FrameHead, Offset, SEGMENT_HEADER, SegmentHeader};
use batpak_sim::{Aftermath, Fault, Operation, SimDisk};

const FIRST: &str = "000001.fbat";

fn draft(entity: &str, payload: &[u8]) -> Draft {
    let coordinate = Coordinate::new(entity, "scope").unwrap();
    Draft::new(coordinate, EventKind::DATA, payload.to_vec())
}

fn keyed(key: u128, payload: &[u8]) -> Draft {
    Draft {
        key: Some(IdempotencyKey::new(key)),
        ..draft("k", payload)
    }
}

fn small(durability: Durability) -> Options {
    Options {
        durability,
        segment_max_bytes: 2048,
        ..Options::default()
    }
}

fn open(platform: &Platform, options: &Options) -> Journal {
    Journal::open(platform, options.clone()).unwrap().0
}

fn append(journal: &Journal, payload: &[u8]) -> Result<(), AppendError> {
    let appended = journal.append(draft("a", payload), Durability::Written);
    appended.map(|_| ())
}

/// What a scan returns, in order.
fn scanned(view: &View, selection: Selection) -> Vec<Result<Vec<u8>, ReadError>> {
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

fn payloads(view: &View) -> Vec<Vec<u8>> {
    let all = scanned(view, Selection::All).into_iter();
    all.map(Result::unwrap).collect()
}

/// Runs the background step until time alone would not make it do anything new.
fn run_background(disk: &SimDisk) {
    for _ in 0..20 {
        disk.tasks().run_pending();
        disk.clock().advance(Duration::from_secs(2));
        disk.tasks().expire_delays();
    }
}

/// The disk as it is after a killed process appended these payloads at level `Synced`.
fn killed(count: usize) -> SimDisk {
    let disk = SimDisk::new();
    let journal = open(&disk.platform(), &Options::default());
    for _ in 0..count {
        append(&journal, &[5; 100]).unwrap();
    }
    disk.kill();
    drop(journal);
    disk
}

fn header(disk: &SimDisk, name: &str) -> SegmentHeader {
    let bytes = disk.contents(name).unwrap();
    SegmentHeader::decode(bytes.first_chunk().unwrap()).unwrap()
}

/// Offsets of the event frames of a segment, and of its end.
fn frames(disk: &SimDisk, name: &str) -> (Vec<usize>, usize) {
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
fn forge(disk: &SimDisk, at: usize, change: impl FnOnce(&mut FrameHead)) {
    let salt = header(disk, FIRST).salt;
    let mut bytes = disk.contents(FIRST).unwrap();
    let offset = Offset(at as u64);
    let fixed = bytes[at..].first_chunk().unwrap();
    let mut head = FrameHead::decode(fixed, salt, offset).unwrap();
    change(&mut head);
    bytes[at..at + FRAME_FIXED].copy_from_slice(&head.encode(salt, offset));
    disk.put(FIRST, bytes);
}

// Compound faults.

#[test]
fn two_failed_writes_around_a_rotation_leave_a_store_that_opens() {
    for first in 0..12 {
        for second in 0..12 {
            let disk = SimDisk::new();
            let journal = open(&disk.platform(), &small(Durability::Synced));
            append(&journal, &[1; 1000]).unwrap();
            disk.fail_operation(Operation::WriteAt, first, Fault::Io);
            disk.fail_operation(Operation::WriteAt, first + second + 1, Fault::Io);
            let mut kept = vec![vec![1; 1000]];
            for number in 2..8 {
                let payload = vec![number; 1000];
                if append(&journal, &payload).is_ok() {
                    kept.push(payload);
                }
            }
            drop(journal);
            disk.crash_keep_nothing();
            let context = format!("writes {first} and {second}");
            let (journal, _) = Journal::open(&disk.platform(), small(Durability::Synced))
                .unwrap_or_else(|error| panic!("{context}: {error}"));
            let found = payloads(journal.view());
            assert!(
                kept.iter().all(|payload| found.contains(payload)),
                "{context}"
            );
        }
    }
}

#[test]
fn a_close_after_a_failed_write_into_a_new_segment_is_clean() {
    for fault in 0..12 {
        let disk = SimDisk::new();
        let journal = open(&disk.platform(), &small(Durability::Synced));
        append(&journal, &[1; 1000]).unwrap();
        disk.fail_operation(Operation::WriteAt, fault, Fault::Io);
        let _failed = append(&journal, &[2; 1000]);
        if journal.close().is_ok() {
            disk.clear_faults();
            let (_, report) = Journal::open(&disk.platform(), small(Durability::Synced)).unwrap();
            assert!(report.clean, "write {fault}");
        }
    }
}

#[test]
fn a_kill_and_then_a_power_cut_during_the_next_open_leave_a_store_that_opens() {
    let options = small(Durability::Synced);
    let script = |disk: &SimDisk| -> usize {
        let Ok((journal, _)) = Journal::open(&disk.platform(), options.clone()) else {
            return 0;
        };
        (0..8)
            .take_while(|_| append(&journal, &[7; 1000]).is_ok())
            .count()
    };
    let whole = SimDisk::new();
    assert_eq!(script(&whole), 8);
    for stop in whole.mutating_calls() / 2..whole.mutating_calls() {
        let disk = SimDisk::new();
        disk.stop_after(stop);
        let acknowledged = script(&disk);
        disk.kill();
        for recovery_stop in 0.. {
            let mut done = false;
            for seed in 0..8 {
                let world = disk.snapshot();
                world.stop_after(recovery_stop);
                done = Journal::open(&world.platform(), options.clone()).is_ok();
                world.crash_seeded(seed);
                let context = format!("kill at {stop}, power cut at {recovery_stop}, seed {seed}");
                let (journal, _) = Journal::open(&world.platform(), options.clone())
                    .unwrap_or_else(|error| panic!("{context}: {error}"));
                assert!(payloads(journal.view()).len() >= acknowledged, "{context}");
            }
            if done {
                break;
            }
        }
    }
}

/// A store whose only event is of this size, idle for so long that its durable mark is written.
fn idle(size: usize) -> (SimDisk, Journal) {
    let disk = SimDisk::new();
    let journal = open(&disk.platform(), &small(Durability::Synced));
    append(&journal, &vec![1; size]).unwrap();
    run_background(&disk);
    (disk, journal)
}

#[test]
fn a_failed_last_sync_of_a_close_loses_nothing_acknowledged_later() {
    for size in (0..520).step_by(8) {
        let (disk, journal) = idle(size);
        let fault = Fault::SyncFailed(Aftermath::Kept);
        disk.fail_operation(Operation::SyncData, 1, fault);
        let _failed = journal.close();
        disk.clear_faults();
        let journal = open(&disk.platform(), &small(Durability::Synced));
        append(&journal, b"acknowledged").unwrap();
        drop(journal);
        disk.crash_keep_nothing();
        let (journal, _) = Journal::open(&disk.platform(), small(Durability::Synced))
            .unwrap_or_else(|error| panic!("size {size}: {error}"));
        assert_eq!(payloads(journal.view()).len(), 2, "size {size}");
    }
}

#[test]
fn a_power_cut_during_the_close_of_an_idle_store_leaves_a_store_that_opens() {
    for size in (0..520).step_by(40) {
        for stop in 0..8 {
            for seed in 0..6 {
                let (disk, journal) = idle(size);
                disk.stop_after(stop);
                let _cut = journal.close();
                disk.crash_seeded(seed);
                let (journal, _) = Journal::open(&disk.platform(), small(Durability::Synced))
                    .unwrap_or_else(|error| panic!("size {size}, call {stop}: {error}"));
                assert_eq!(
                    payloads(journal.view()).len(),
                    1,
                    "size {size}, call {stop}"
                );
            }
        }
    }
}

#[test]
fn a_failed_sync_of_the_directory_never_loses_the_segment_that_is_followed() {
    for nth in 0..3 {
        let disk = SimDisk::new();
        let journal = open(&disk.platform(), &small(Durability::Synced));
        let fault = Fault::SyncFailed(Aftermath::Kept);
        disk.fail_operation(Operation::SyncDirectory, nth, fault);
        while append(&journal, &[1; 900]).is_ok() {}
        drop(journal);
        let journal = open(&disk.platform(), &small(Durability::Synced));
        append(&journal, b"acknowledged").unwrap();
        drop(journal);
        disk.crash_keep_nothing();
        let (journal, _) = Journal::open(&disk.platform(), small(Durability::Synced))
            .unwrap_or_else(|error| panic!("directory sync {nth}: {error}"));
        let found = payloads(journal.view());
        assert_eq!(found.last().map(Vec::as_slice), Some(&b"acknowledged"[..]));
    }
}

// Waiting, and what an error says.

#[test]
fn a_leader_that_gives_up_at_its_deadline_hands_leadership_on() {
    let disk = SimDisk::new();
    let gate = Gate::default();
    let hook = gate.at("leader", "sync_data");
    let platform = hooked(&disk, hook);
    let journal = Arc::new(open(&platform, &Options::default()));
    append(&journal, b"first").unwrap();
    let leader = {
        let journal = Arc::clone(&journal);
        named("leader", move || append(&journal, b"second").unwrap())
    };
    gate.arrived();
    let hurried = journal.submit(vec![draft("a", b"third")]).unwrap();
    let patient = journal.submit(vec![draft("a", b"fourth")]).unwrap();
    let hour = Duration::from_secs(3600);
    let hurried = named("hurried", move || {
        hurried
            .wait_timeout(Durability::Synced, hour)
            .unwrap()
            .is_ok()
    });
    // Only makes the order of the two sleepers likely; another order passes.
    thread::sleep(Duration::from_millis(200));
    let (done, outcome) = channel();
    let patient = named("patient", move || {
        patient.wait(Durability::Synced).unwrap();
        done.send(()).unwrap();
    });
    thread::sleep(Duration::from_millis(200));
    disk.clock().advance(2 * hour);
    gate.open();
    leader.join().unwrap();
    hurried.join().unwrap();
    let slept_on = outcome.recv_timeout(Duration::from_secs(5)).is_err();
    journal.sync().unwrap();
    patient.join().unwrap();
    assert!(!slept_on, "nobody leads and a waiter sleeps");
}

#[test]
fn an_append_reported_as_not_committed_is_not_in_the_log() {
    let disk = SimDisk::new();
    let (syncing, writing) = (Gate::default(), Gate::default());
    let (first, second) = (
        syncing.at("syncer", "monotonic"),
        writing.at("writer", "write_at frames"),
    );
    let platform = hooked(
        &disk,
        Arc::new(move |call| {
            first(call);
            second(call);
        }),
    );
    let journal = Arc::new(open(&platform, &small(Durability::Written)));
    append(&journal, b"first").unwrap();
    let syncer = {
        let journal = Arc::clone(&journal);
        named("syncer", move || journal.sync())
    };
    syncing.arrived();
    let written = journal.submit(vec![draft("a", &[2; 1500])]).unwrap();
    let refused = journal.submit(vec![draft("a", &[3; 1500])]).unwrap();
    let writer = named("writer", move || written.wait(Durability::Written).is_ok());
    writing.arrived();
    disk.fail_operation(Operation::SyncData, 0, Fault::Io);
    syncing.open();
    // A rotation has made the first event durable meanwhile, so this may go well.
    let _failed = syncer.join();
    let (told, outcome) = channel();
    let refused = named("refused", move || {
        told.send(refused.wait(Durability::Written).err()).unwrap();
    });
    let early = outcome.recv_timeout(Duration::from_secs(1));
    writing.open();
    let error = early.unwrap_or_else(|_| outcome.recv().unwrap());
    refused.join().unwrap();
    writer.join().unwrap();
    drop(journal);
    disk.kill();
    let journal = open(&disk.platform(), &small(Durability::Written));
    let committed = payloads(journal.view()).contains(&vec![3; 1500]);
    let denied = matches!(
        error,
        Some(AppendError::Failed(_) | AppendError::NotWritten(_))
    );
    assert!(!(denied && committed), "in the log, but: {error:?}");
}

#[test]
fn a_submitted_unit_nobody_waits_for_is_written_in_the_background() {
    for durability in [Durability::Written, Durability::Synced] {
        let disk = SimDisk::new();
        let journal = open(&disk.platform(), &small(durability));
        drop(journal.submit(vec![draft("a", b"x")]).unwrap());
        run_background(&disk);
        assert_eq!(journal.view().visible(), Sequence(1), "{durability:?}");
    }
}

#[test]
fn a_steady_stream_of_submitted_units_is_synced_in_the_background() {
    let disk = SimDisk::new();
    let journal = open(
        &disk.platform(),
        &Options {
            durability: Durability::Written,
            ..Options::default()
        },
    );
    for _ in 0..50 {
        drop(journal.submit(vec![draft("a", b"x")]).unwrap());
        disk.tasks().run_pending();
        disk.clock().advance(Duration::from_secs(1));
        disk.tasks().expire_delays();
    }
    assert!(!journal.durable().is_none(), "nothing synced in 50 s");
}

#[test]
fn a_refusal_for_a_key_that_then_fails_is_checked_again() {
    let disk = SimDisk::new();
    let journal = open(&disk.platform(), &Options::default());
    append(&journal, b"first").unwrap();
    let _first = journal.submit(vec![keyed(1, b"x")]).unwrap();
    disk.fail_operation(Operation::WriteAt, 0, Fault::Io);
    let unit = vec![keyed(1, b"x"), keyed(2, b"y")];
    let outcome = journal.append_unit(unit, Durability::Synced);
    assert!(outcome.is_ok(), "{outcome:?}");
}

#[test]
fn a_key_conflict_rests_on_a_visible_event() {
    let disk = SimDisk::new();
    let journal = open(&disk.platform(), &Options::default());
    let _first = journal.submit(vec![keyed(1, b"x")]).unwrap();
    let error = journal
        .append(keyed(1, b"other"), Durability::Synced)
        .unwrap_err();
    assert!(matches!(error, AppendError::KeyConflict { .. }), "{error}");
    assert_eq!(journal.view().visible(), Sequence(1));
}

#[test]
fn a_retry_in_a_later_epoch_returns_the_original_receipt() {
    let disk = SimDisk::new();
    let journal = open(&disk.platform(), &Options::default());
    let original = journal.append(keyed(1, b"x"), Durability::Synced).unwrap();
    journal.close().unwrap();
    let journal = open(&disk.platform(), &Options::default());
    let retried = journal.append(keyed(1, b"x"), Durability::Synced).unwrap();
    assert!(retried.duplicate);
    assert_eq!(retried.epoch, original.epoch);
}

#[test]
fn no_two_writable_opens_share_an_epoch_though_a_slot_is_damaged() {
    let disk = SimDisk::new();
    let mut epochs = Vec::new();
    for _ in 0..2 {
        let journal = open(&disk.platform(), &Options::default());
        append(&journal, b"x").unwrap();
        epochs.push(journal.view().epoch());
        disk.kill();
        drop(journal);
    }
    let (identity, slots) = newest_identity(&disk);
    let at = usize::try_from(slots.offset_of(identity.generation)).unwrap();
    disk.corrupt("store.fbatm", at + 30, 1);
    let journal = open(&disk.platform(), &Options::default());
    assert!(!epochs.contains(&journal.view().epoch()), "{epochs:?}");
}

// Reading.

#[test]
fn a_reader_beside_a_writer_that_just_opened_still_sees_what_was_durable() {
    let disk = SimDisk::new();
    let journal = open(&disk.platform(), &Options::default());
    append(&journal, b"x").unwrap();
    journal.close().unwrap();
    let before = Reader::open(&disk.platform()).unwrap().0.view().visible();
    let _writer = open(&disk.platform(), &Options::default());
    let beside = Reader::open(&disk.platform()).unwrap().0.view().visible();
    assert_eq!(beside, before);
}

#[test]
fn a_damaged_header_of_one_closed_segment_leaves_the_others_readable() {
    let disk = SimDisk::new();
    let journal = open(&disk.platform(), &small(Durability::Synced));
    for number in 0..6 {
        append(&journal, &[number; 1000]).unwrap();
    }
    journal.close().unwrap();
    disk.corrupt("000002.fbat", 100, 1);
    let (reader, report) = Reader::open(&disk.platform()).unwrap();
    assert!(!report.lost.is_empty());
    assert_eq!(
        *scanned(reader.view(), Selection::All)[0].as_ref().unwrap(),
        [0; 1000]
    );
}

#[test]
fn a_stream_with_a_lost_event_is_not_a_shorter_stream() {
    let disk = killed(5);
    disk.corrupt(FIRST, frames(&disk, FIRST).0[2] + FRAME_FIXED + 40, 1);
    let (reader, _) = Reader::open(&disk.platform()).unwrap();
    let stream = scanned(reader.view(), Selection::Stream("a".into()));
    assert!(stream.iter().any(Result::is_err), "{} events", stream.len());
}

#[test]
fn a_run_of_lost_events_is_reported_once_wherever_it_stands() {
    let disk = killed(600);
    let places = frames(&disk, FIRST).0;
    for at in &places[511..514] {
        disk.corrupt(FIRST, at + FRAME_FIXED + 40, 1);
    }
    let (reader, report) = Reader::open(&disk.platform()).unwrap();
    assert_eq!(report.lost.len(), 1);
    let all = scanned(reader.view(), Selection::All);
    assert_eq!(all.iter().filter(|event| event.is_err()).count(), 1);
}

#[test]
fn a_scan_reads_ahead() {
    let disk = killed(2000);
    let (reader, _) = Reader::open(&disk.platform()).unwrap();
    let before = disk.calls();
    assert_eq!(payloads(reader.view()).len(), 2000);
    let calls = disk.calls() - before;
    assert!(
        calls < 20,
        "{calls} reads for {} bytes",
        frames(&disk, FIRST).1
    );
}

#[test]
fn a_selector_may_use_the_journal() {
    #[derive(Debug)]
    struct Appending(Arc<Journal>);
    impl Selector for Appending {
        fn matches(&self, _: &str, _: &str, _: EventKind) -> bool {
            append(&self.0, b"more").is_ok()
        }
        fn entity_prefix(&self) -> Option<&str> {
            None
        }
        fn exact_entity(&self) -> Option<&str> {
            None
        }
        fn exact_scope(&self) -> Option<&str> {
            None
        }
        fn kind_filter(&self) -> KindFilter {
            KindFilter::default()
        }
    }
    let disk = SimDisk::new();
    let journal = Arc::new(open(&disk.platform(), &Options::default()));
    append(&journal, b"x").unwrap();
    let (done, outcome) = channel();
    named("scan", move || {
        let selector = Arc::new(Appending(Arc::clone(&journal)));
        scanned(journal.view(), Selection::Matching(selector));
        done.send(()).unwrap();
    });
    let stuck = outcome.recv_timeout(Duration::from_secs(5)).is_err();
    assert!(!stuck, "caller code runs under the lock of the index");
}

// Hostile bytes and names.

#[test]
fn a_forged_durable_mark_is_a_finding_and_not_a_panic() {
    let disk = killed(3);
    let (places, end) = frames(&disk, FIRST);
    disk.corrupt(FIRST, places[2] + FRAME_FIXED + 40, 1);
    let mut mark = Vec::new();
    let durable = Sequence(u64::MAX / 2);
    let salt = header(&disk, FIRST).salt;
    ControlFrame::DurableMark { durable }.encode(salt, Offset(end as u64), &mut mark);
    let mut bytes = disk.contents(FIRST).unwrap();
    bytes[end..end + mark.len()].copy_from_slice(&mark);
    disk.put(FIRST, bytes);
    assert!(Journal::open(&disk.platform(), Options::default()).is_err());
    let report = verify(&disk.platform(), &mut |_| {}).unwrap();
    assert!(!report.findings.is_empty());
}

#[test]
fn a_forged_stream_sequence_is_a_finding_and_not_a_panic() {
    let disk = killed(2);
    forge(&disk, frames(&disk, FIRST).0[0], |head| {
        head.stream_sequence = StreamSequence(u64::MAX);
    });
    let report = verify(&disk.platform(), &mut |_| {}).unwrap();
    assert!(!report.findings.is_empty());
}

#[test]
fn a_forged_last_possible_time_does_not_make_an_append_panic() {
    let disk = killed(1);
    forge(&disk, frames(&disk, FIRST).0[0], |head| {
        (head.wall_us, head.counter) = (i64::MAX, u16::MAX);
    });
    if let Ok((journal, _)) = Journal::open(&disk.platform(), Options::default()) {
        let _refused_or_not = append(&journal, b"x");
    }
}

#[test]
fn an_identity_at_the_end_of_its_numbers_is_refused_and_does_not_panic() {
    let changes: [fn(&mut Identity); 2] = [
        |identity| identity.generation = u64::MAX,
        |identity| identity.epoch = Epoch(u64::MAX),
    ];
    for change in changes {
        let disk = killed(1);
        let (mut identity, slots) = newest_identity(&disk);
        change(&mut identity);
        let mut bytes = disk.contents("store.fbatm").unwrap();
        let at = usize::try_from(slots.offset_of(identity.generation)).unwrap();
        let slot = identity.encode_into(slots.slot_size()).unwrap();
        bytes[at..at + slot.len()].copy_from_slice(&slot);
        disk.put("store.fbatm", bytes);
        assert!(Journal::open(&disk.platform(), Options::default()).is_err());
    }
}

#[test]
fn temporary_files_of_others_are_left_alone() {
    let disk = SimDisk::new();
    disk.put("thesis.tmp", *b"mine");
    if let Err(error) = Journal::open(&disk.platform(), Options::default()) {
        assert!(matches!(error, OpenError::NotAStore), "{error}");
    }
    assert_eq!(disk.contents("thesis.tmp").as_deref(), Some(&b"mine"[..]));
}

#[test]
fn a_directory_that_looks_temporary_does_not_make_a_store_unopenable() {
    let disk = killed(1);
    disk.put_entry("backup.tmp", EntryKind::Directory);
    open(&disk.platform(), &Options::default());
}

fn newest_identity(disk: &SimDisk) -> (Identity, SlotPair) {
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

type Hook = Arc<dyn Fn(&str) + Send + Sync>;

fn named<T: Send + 'static>(
    name: &str,
    run: impl FnOnce() -> T + Send + 'static,
) -> thread::JoinHandle<T> {
    let builder = thread::Builder::new().name(name.to_owned());
    builder.spawn(run).unwrap()
}

/// Holds one thread at its first call of a kind until opened.
#[derive(Clone, Default)]
struct Gate(Arc<(Mutex<(bool, bool)>, Condvar)>);

impl Gate {
    fn at(&self, thread: &'static str, call: &'static str) -> Hook {
        let gate = self.clone();
        Arc::new(move |made| {
            if made == call && thread::current().name() == Some(thread) {
                gate.set(|state| state.0 = true);
                gate.until(|state| state.1);
            }
        })
    }

    fn arrived(&self) {
        self.until(|state| state.0);
    }

    fn open(&self) {
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

fn hooked(disk: &SimDisk, hook: Hook) -> Platform {
    let platform = disk.platform();
    let (storage, clock) = (Arc::clone(&platform.storage), Arc::clone(&platform.clock));
    let of_clock = Arc::clone(&hook);
    Platform {
        storage: Arc::new(Hooked(storage, hook)),
        clock: Arc::new(Hooked(clock, of_clock)),
        ..platform
    }
}

struct Hooked<T>(T, Hook);

impl<T> std::fmt::Debug for Hooked<T> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Hooked")
    }
}

impl Clock for Hooked<Arc<dyn Clock>> {
    fn wall_us(&self) -> i64 {
        self.0.wall_us()
    }
    fn monotonic_ns(&self) -> u64 {
        (self.1)("monotonic");
        self.0.monotonic_ns()
    }
}

impl Hooked<Arc<dyn Storage>> {
    fn file(&self, file: Arc<dyn StorageFile>) -> Arc<dyn StorageFile> {
        Arc::new(Hooked(file, Arc::clone(&self.1)))
    }
}

impl Storage for Hooked<Arc<dyn Storage>> {
    fn open(&self, name: &str, access: Access) -> std::io::Result<Arc<dyn StorageFile>> {
        self.0.open(name, access).map(|file| self.file(file))
    }
    fn create(&self, name: &str) -> std::io::Result<Arc<dyn StorageFile>> {
        self.0.create(name).map(|file| self.file(file))
    }
    fn rename(&self, from: &str, to: &str) -> std::io::Result<()> {
        self.0.rename(from, to)
    }
    fn remove(&self, name: &str) -> std::io::Result<()> {
        self.0.remove(name)
    }
    fn list(&self) -> std::io::Result<Vec<DirectoryEntry>> {
        self.0.list()
    }
    fn sync_directory(&self) -> std::io::Result<()> {
        self.0.sync_directory()
    }
    fn lock(&self, owner: &LockOwner) -> Result<Box<dyn StorageLock>, LockError> {
        self.0.lock(owner)
    }
    fn writer_present(&self) -> std::io::Result<bool> {
        self.0.writer_present()
    }
    fn free_bytes(&self) -> std::io::Result<Option<u64>> {
        self.0.free_bytes()
    }
}

impl StorageFile for Hooked<Arc<dyn StorageFile>> {
    fn len(&self) -> std::io::Result<u64> {
        self.0.len()
    }
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> std::io::Result<usize> {
        self.0.read_at(buffer, offset)
    }
    fn write_at(&self, bytes: &[u8], offset: u64) -> std::io::Result<usize> {
        // The frames of an event of 1,500 bytes are the only write of this size in the tests.
        if (1500..2048).contains(&bytes.len()) {
            (self.1)("write_at frames");
        }
        self.0.write_at(bytes, offset)
    }
    fn set_len(&self, len: u64) -> std::io::Result<()> {
        self.0.set_len(len)
    }
    fn sync_data(&self) -> std::io::Result<()> {
        (self.1)("sync_data");
        self.0.sync_data()
    }
}
