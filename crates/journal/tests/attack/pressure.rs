//! Submitting while nothing gets to the disk.

use std::sync::Arc;
use std::thread;

use batpak_coordinate::StreamSequence;
use batpak_journal::{AppendError, Draft, Durability, ExpectedSequence, Journal, Options};
use batpak_sim::{Aftermath, Fault, Operation, SimDisk};

use crate::support::{Gate, draft, hooked, keyed, named, open, payloads, run_background, small};

const NO_LIMIT: u64 = u64::MAX;

fn is_busy<T>(result: Result<T, AppendError>) -> bool {
    match result {
        Ok(_) => false,
        Err(AppendError::Busy) => true,
        Err(error) => panic!("{error}"),
    }
}

/// A write that does not come back holds up nobody who does not wait; nor does the sync behind it.
#[test]
fn a_held_call_does_not_hold_up_who_does_not_wait() {
    for call in ["write_at", "sync_data"] {
        let disk = SimDisk::new();
        let gate = Gate::default();
        let platform = hooked(&disk, gate.at("leader", call));
        let journal = Arc::new(open(&platform, &Options::default()));
        journal
            .append(draft("a", b"0"), Durability::Synced)
            .unwrap();
        let leader = {
            let journal = Arc::clone(&journal);
            named("leader", move || {
                journal.append(draft("a", b"1"), Durability::Synced).is_ok()
            })
        };
        gate.arrived();
        let in_flight = if call == "write_at" { 1 } else { 0 };
        assert_eq!(journal.staged_events(), in_flight, "{call}");
        // Here, in this thread: it would hang, were it to wait.
        for number in 2..6_u8 {
            assert!(!is_busy(
                journal.try_submit(vec![draft("a", &[number])], in_flight + 4)
            ));
        }
        assert!(is_busy(
            journal.try_submit(vec![draft("a", b"x")], in_flight + 4)
        ));
        assert_eq!(journal.staged_events(), in_flight + 4, "{call}");
        gate.open();
        assert!(leader.join().unwrap());
        journal.sync().unwrap();
        assert_eq!(
            (journal.staged_events(), payloads(journal.view()).len()),
            (0, 6)
        );
    }
}

/// What it would have to wait for is not waited for: an original or a refusal that is not visible yet.
#[test]
fn an_answer_that_is_not_known_yet_is_not_waited_for() {
    let disk = SimDisk::new();
    let journal = open(&disk.platform(), &Options::default());
    let expecting = || Draft {
        expected: ExpectedSequence::Exact(StreamSequence(0)),
        ..draft("k", b"second")
    };
    assert!(!is_busy(
        journal.try_submit(vec![keyed(7, b"first")], NO_LIMIT)
    ));
    assert!(is_busy(
        journal.try_submit(vec![keyed(7, b"first")], NO_LIMIT)
    ));
    assert!(is_busy(
        journal.try_submit(vec![keyed(7, b"other")], NO_LIMIT)
    ));
    assert!(is_busy(journal.try_submit(vec![expecting()], NO_LIMIT)));
    assert_eq!(journal.staged_events(), 1);
    journal.sync().unwrap();
    let mut again = journal
        .try_submit(vec![keyed(7, b"first")], NO_LIMIT)
        .unwrap();
    assert!(again.wait(Durability::Synced).unwrap()[0].duplicate);
    let other = journal.try_submit(vec![keyed(7, b"other")], NO_LIMIT);
    assert!(matches!(other, Err(AppendError::KeyConflict { .. })));
    let refused = journal.try_submit(vec![expecting()], NO_LIMIT);
    assert!(matches!(refused, Err(AppendError::SequenceMismatch { .. })));
}

/// The bytes are bounded as well, and what is too large for the bound is admitted alone.
#[test]
fn bytes_are_bounded_and_one_large_unit_is_admitted() {
    let disk = SimDisk::new();
    let options = Options {
        staged_max_bytes: 4096,
        ..Options::default()
    };
    let journal = open(&disk.platform(), &options);
    let large = || vec![draft("a", &[1; 10_000])];
    let writes = disk.mutating_calls();
    assert!(!is_busy(journal.try_submit(large(), NO_LIMIT)));
    assert!(is_busy(
        journal.try_submit(vec![draft("a", b"x")], NO_LIMIT)
    ));
    // The first one filled the first segment.
    assert!(disk.mutating_calls() > writes);
    let writes = disk.mutating_calls();
    assert!(is_busy(journal.try_submit(large(), NO_LIMIT)));
    assert_eq!(disk.mutating_calls(), writes);
    run_background(&disk);
    assert_eq!(journal.staged_events(), 0);
    assert!(!is_busy(journal.try_submit(large(), NO_LIMIT)));
}

/// Segments end and are sealed under it, and whoever tries again gets through: also where the indexes
/// that are to be made are many.
#[test]
fn trying_again_gets_through_rotations() {
    for durability in [Durability::Synced, Durability::Written] {
        let disk = SimDisk::new();
        let journal = open(&disk.platform(), &small(durability));
        for number in 0..200_u8 {
            let mut tries = 0;
            while is_busy(journal.try_submit(vec![draft("a", &[number; 100])], 5)) {
                run_background(&disk);
                tries += 1;
                assert!(tries < 3, "{number}");
            }
        }
        journal.sync().unwrap();
        assert_eq!(payloads(journal.view()).len(), 200);
    }
}

/// A full disk is told as one, and not as something that passes by itself.
#[test]
fn what_does_not_pass_by_itself_is_an_error() {
    let disk = SimDisk::new();
    let journal = open(&disk.platform(), &Options::default());
    disk.fail_operations_from(Operation::Create, 0, Fault::NoSpace);
    let refused = journal.try_submit(vec![draft("a", b"x")], NO_LIMIT);
    assert!(
        matches!(refused, Err(AppendError::NotWritten(_))),
        "{refused:?}"
    );
    disk.clear_faults();
    assert!(!is_busy(
        journal.try_submit(vec![draft("a", b"x")], NO_LIMIT)
    ));
    journal.sync().unwrap();
    drop(journal.submit(vec![draft("a", b"y")]).unwrap());
    let fault = Fault::SyncFailed(Aftermath::Kept);
    disk.fail_operation(Operation::SyncData, 0, fault);
    assert!(journal.sync().is_err());
    let failed = journal.try_submit(vec![draft("a", b"x")], 0);
    assert!(matches!(failed, Err(AppendError::Failed(_))), "{failed:?}");
}

fn bounded(events: u64) -> (SimDisk, Journal) {
    let disk = SimDisk::new();
    let options = Options {
        staged_max_events: events,
        ..Options::default()
    };
    let journal = open(&disk.platform(), &options);
    (disk, journal)
}

/// Whoever submits beyond the bound on events writes first.
#[test]
fn staged_events_are_bounded_for_everybody() {
    let (disk, journal) = bounded(4);
    for number in 0..50_u8 {
        drop(journal.submit(vec![draft("a", &[number])]).unwrap());
        assert!(journal.staged_events() <= 4);
    }
    let unit: Vec<Draft<'static>> = (0..9_u8).map(|number| draft("b", &[number])).collect();
    drop(journal.submit(unit).unwrap());
    assert_eq!(journal.staged_events(), 9);
    journal.close().unwrap();
    let (again, _) = Journal::open(
        &disk.platform(),
        Options {
            staged_max_events: 1,
            ..Options::default()
        },
    )
    .unwrap();
    again.append(draft("a", b"x"), Durability::Synced).unwrap();
    assert_eq!(
        (again.staged_events(), payloads(again.view()).len()),
        (0, 60)
    );
}

/// Of many that try at once, as many are admitted as there is room for.
#[test]
fn the_limit_holds_for_all_threads_together() {
    for _ in 0..50 {
        let disk = SimDisk::new();
        let journal = open(&disk.platform(), &Options::default());
        // While one fills the first segment, the others are busy.
        journal
            .append(draft("a", b"first"), Durability::Synced)
            .unwrap();
        let admitted = thread::scope(|scope| {
            let threads: Vec<_> = (0..8_u8)
                .map(|thread| {
                    let journal = &journal;
                    scope.spawn(move || {
                        let tries =
                            (0..5).map(|_| journal.try_submit(vec![draft("a", &[thread])], 13));
                        tries.filter(|tried| tried.is_ok()).count()
                    })
                })
                .collect();
            let counts = threads.into_iter().map(|thread| thread.join().unwrap());
            counts.sum::<usize>()
        });
        assert_eq!((admitted, journal.staged_events()), (13, 13));
    }
}
