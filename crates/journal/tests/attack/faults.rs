//! Compound faults: two failures, or a failure and a crash, in a row.

use batpak_journal::{Durability, Journal};
use batpak_sim::{Aftermath, Fault, Operation, SimDisk};

use crate::support::{append, open, payloads, run_background, small};

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
