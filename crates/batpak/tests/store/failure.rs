//! A disk that fails: what the caller is told, and what is there afterwards.

use batpak::store::{CommitState, HandlingClass};
use batpak_sim::{Aftermath, Fault, Operation};

use super::*;

/// A store with one event on a disk whose next calls can be made to fail.
fn prepared() -> (SimDisk, Store) {
    let disk = SimDisk::new();
    let store = open_sim(&disk);
    store.append(&place("a"), KIND, &0_u64).unwrap();
    (disk, store)
}

#[test]
fn a_failed_write_commits_nothing_names_the_file_and_the_next_append_works() {
    let (disk, store) = prepared();
    disk.fail_operation(Operation::WriteAt, 0, Fault::NoSpace);
    let error = store.append(&place("a"), KIND, &1_u64).unwrap_err();
    assert!(matches!(error, StoreError::Io(_)), "{error}");
    assert_eq!(error.commit_state(), CommitState::NotCommitted);
    assert_eq!(error.class(), HandlingClass::RetryableOperational);
    assert_eq!(error.os_error(), Some(28));
    assert!(error.path().unwrap().starts_with("/sim"), "{error}");
    assert_eq!(store.stats().event_count, 1);
    store.append(&place("a"), KIND, &2_u64).unwrap();
    assert_eq!(numbers(&store), [0, 2]);
    store.close().unwrap();
    disk.crash_keep_nothing();
    assert_eq!(numbers(&open_sim(&disk)), [0, 2]);
}

#[test]
fn a_failed_write_inside_a_batch_is_a_batch_error() {
    let (disk, store) = prepared();
    disk.fail_operation(Operation::WriteAt, 0, Fault::Io);
    let items = vec![
        item("a", 1, AppendOptions::new()),
        item("a", 2, AppendOptions::new()),
    ];
    let error = store.append_batch(items).unwrap_err();
    assert!(
        matches!(error, StoreError::BatchFailed { item_index: 0, .. }),
        "{error}"
    );
    assert_eq!(error.commit_state(), CommitState::NotCommitted);
    assert_eq!(error.os_error(), Some(5));
    assert_eq!(numbers(&store), [0]);
}

#[test]
fn a_failed_sync_leaves_the_commit_unknown_and_ends_the_writer() {
    for aftermath in [Aftermath::Kept, Aftermath::Reverted] {
        let (disk, store) = prepared();
        disk.fail_operation(Operation::SyncData, 0, Fault::SyncFailed(aftermath));
        let error = store.append(&place("a"), KIND, &1_u64).unwrap_err();
        let StoreError::CommitUnknown {
            first: 2,
            last: 2,
            source,
        } = &error
        else {
            panic!("{error}")
        };
        assert!(matches!(**source, StoreError::Io(_)), "{source}");
        assert_eq!(error.commit_state(), CommitState::Unknown);
        assert_eq!(error.os_error(), Some(5));
        assert!(error.path().unwrap().ends_with("000001.fbat"), "{error}");

        let error = store.append(&place("a"), KIND, &2_u64).unwrap_err();
        assert!(matches!(error, StoreError::WriterCrashed), "{error}");
        assert_eq!(error.commit_state(), CommitState::NotCommitted);
        let cause = store.writer_failure().unwrap();
        assert_eq!(cause.os_error(), Some(5), "{cause}");
        assert_eq!(numbers(&store), [0]);
        drop(store);
        disk.crash_keep_nothing();
        let seen = numbers(&open_sim(&disk));
        assert!([0, 1].starts_with(&seen) && !seen.is_empty(), "{seen:?}");
    }
}

#[test]
fn a_failed_sync_of_a_batch_says_how_many_were_written() {
    let (disk, store) = prepared();
    disk.fail_operation(Operation::SyncData, 0, Fault::SyncFailed(Aftermath::Kept));
    let items = vec![
        item("a", 1, AppendOptions::new()),
        item("b", 2, AppendOptions::new()),
    ];
    let error = store.append_batch(items).unwrap_err();
    let StoreError::BatchSyncFailed {
        item_count: 2,
        source,
    } = &error
    else {
        panic!("{error}")
    };
    assert!(
        matches!(
            **source,
            StoreError::CommitUnknown {
                first: 2,
                last: 3,
                ..
            }
        ),
        "{source}"
    );
    assert_eq!(error.commit_state(), CommitState::Unknown);
}

#[test]
fn a_sync_that_fails_says_so_and_reading_goes_on() {
    let (disk, store) = prepared();
    store.submit(&place("a"), KIND, &1_u64).unwrap();
    disk.fail_operation(Operation::SyncData, 0, Fault::SyncFailed(Aftermath::Kept));
    let error = store.sync().unwrap_err();
    assert!(matches!(error, StoreError::CommitUnknown { .. }), "{error}");
    assert_eq!(store.event_at(1).unwrap().coordinate, place("a"));
    assert!(store.close().is_err());
}

#[test]
fn a_read_that_fails_names_the_file_and_works_again_later() {
    let (disk, store) = prepared();
    disk.fail_operation(Operation::ReadAt, 0, Fault::Io);
    let error = store.event_at(1).unwrap_err();
    assert!(matches!(error, StoreError::Io(_)), "{error}");
    assert!(error.path().unwrap().ends_with("000001.fbat"), "{error}");
    store.event_at(1).unwrap();
}

#[test]
fn an_open_that_fails_names_the_file_and_works_again_later() {
    let (disk, store) = prepared();
    store.close().unwrap();
    disk.fail_operation(Operation::List, 0, Fault::Io);
    let config = || StoreConfig::new("/sim");
    let error = Store::open_on(config(), disk.platform())
        .map(drop)
        .unwrap_err();
    assert!(matches!(error, StoreError::Io(_)), "{error}");
    assert_eq!(error.path(), Some(std::path::Path::new("/sim")));
    assert_eq!(numbers(&open_sim(&disk)), [0]);
}

#[test]
fn every_acknowledged_event_survives_a_power_cut_at_any_call() {
    let script = |disk: &SimDisk| -> u64 {
        let Ok(store) = Store::open_on(StoreConfig::new("/sim"), disk.platform()) else {
            return 0;
        };
        let mut acknowledged = 0;
        for number in 0..4_u64 {
            let appended = match number % 3 {
                2 => store
                    .append_batch(vec![item("b", number, AppendOptions::new())])
                    .map(drop),
                _ => store.append(&place("a"), KIND, &number).map(drop),
            };
            match appended {
                Ok(()) => acknowledged = number + 1,
                Err(_) => break,
            }
        }
        acknowledged
    };
    let whole = SimDisk::new();
    assert_eq!(script(&whole), 4);
    for calls in 0..whole.mutating_calls() {
        let disk = SimDisk::new();
        disk.stop_after(calls);
        let acknowledged = script(&disk);
        for seed in 0..3 {
            let outcome = disk.snapshot();
            outcome.crash_seeded(seed);
            for _ in 0..2 {
                let store = open_sim(&outcome);
                let seen = numbers(&store);
                assert!(
                    seen.len() as u64 >= acknowledged,
                    "cut after {calls}, seed {seed}"
                );
                assert!(seen.iter().copied().eq(0..seen.len() as u64));
                drop(store);
                outcome.crash_keep_nothing();
            }
        }
    }
}
