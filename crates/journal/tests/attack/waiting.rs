//! Waiting for a level, who does the work, and what an error says.

use std::sync::Arc;
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

use batpak_coordinate::Sequence;
use batpak_journal::{AppendError, Durability, Options};
use batpak_sim::{Fault, Operation, SimDisk};

use crate::support::{
    Gate, append, draft, hooked, keyed, named, newest_identity, open, payloads, run_background,
    small,
};

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
    let mut hurried = journal.submit(vec![draft("a", b"third")]).unwrap();
    let mut patient = journal.submit(vec![draft("a", b"fourth")]).unwrap();
    let hour = Duration::from_secs(3600);
    let hurried = named("hurried", move || {
        hurried
            .wait_timeout(Durability::Synced, hour)
            .unwrap()
            .is_some()
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
    let mut written = journal.submit(vec![draft("a", &[2; 1500])]).unwrap();
    let mut refused = journal.submit(vec![draft("a", &[3; 1500])]).unwrap();
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
