//! Closing a store whose newest segment is large, and opening it again: faults, kills and power cuts.

use batpak_journal::{Durability, Journal, Options, Reader};
use batpak_sim::{Aftermath, Fault, SimDisk};

use crate::support::{draft, findings, open};

const EVENTS: u64 = 4_100;

/// A store with so many events in its newest segment that a close ends it; not closed.
fn large() -> SimDisk {
    let disk = SimDisk::new();
    let journal = open(&disk.platform(), &Options::default());
    for count in [EVENTS - 100, 100] {
        let unit: Vec<_> = (0..count).map(|_| draft("a", b"")).collect();
        journal.append_unit(unit, Durability::Synced).unwrap();
    }
    disk.kill();
    drop(journal);
    disk
}

/// Opens, closes, opens again and appends; whether all of it succeeded.
fn script(disk: &SimDisk) -> bool {
    let Ok((journal, _)) = Journal::open(&disk.platform(), Options::default()) else {
        return false;
    };
    if journal.close().is_err() {
        return false;
    }
    let Ok((journal, _)) = Journal::open(&disk.platform(), Options::default()) else {
        return false;
    };
    let appended = journal.append(draft("a", b"more"), Durability::Synced);
    appended.is_ok() && journal.close().is_ok()
}

/// Everything is there, answers, verifies and goes on.
fn check(disk: &SimDisk, context: &str) {
    let (reader, report) = Reader::open(&disk.platform()).unwrap();
    assert!(report.damage.is_empty(), "{context}: {report:?}");
    let shown = reader.view().visible().get();
    let opened = Journal::open(&disk.platform(), Options::default());
    let (journal, _) = opened.unwrap_or_else(|error| panic!("{context}: {error}"));
    let receipt = journal
        .append(draft("a", b"after"), Durability::Synced)
        .unwrap();
    assert!((EVENTS..=EVENTS + 1).contains(&shown), "{context}: {shown}");
    assert_eq!(receipt.sequence.get(), shown + 1, "{context}");
    assert_eq!(receipt.stream_sequence.get(), shown + 1, "{context}");
    journal.close().unwrap();
    let (reader, report) = Reader::open(&disk.platform()).unwrap();
    assert_eq!(reader.view().event_count(), shown + 1, "{context}");
    assert!(report.clean, "{context}: {report:?}");
}

#[test]
fn a_crash_after_every_call_of_a_close_that_ends_a_segment_loses_nothing() {
    let whole = large();
    let measured = whole.snapshot();
    let before = measured.mutating_calls();
    assert!(script(&measured));
    let calls = measured.mutating_calls() - before;
    assert!(measured.contents("000001.fidx").is_some());
    for stop in 0..=calls {
        let stopped = whole.snapshot();
        stopped.stop_after(stop);
        script(&stopped);
        for way in 0..3 {
            let disk = stopped.snapshot();
            match way {
                0 => disk.crash_keep_nothing(),
                1 => disk.kill(),
                _ => disk.crash_seeded(stop),
            }
            let context = format!("call {stop} of {calls}, way {way}");
            check(&disk, &context);
            if way == 0 {
                assert_eq!(
                    findings(&disk.platform()),
                    Vec::<String>::new(),
                    "{context}"
                );
            }
        }
    }
}

#[test]
fn a_fault_at_every_call_of_a_close_that_ends_a_segment_loses_nothing() {
    let whole = large();
    let measured = whole.snapshot();
    let before = measured.calls();
    assert!(script(&measured));
    let calls = measured.calls() - before;
    let faults = [
        Fault::Io,
        Fault::NoSpace,
        Fault::SyncFailed(Aftermath::Reverted),
    ];
    for (call, fault) in (0..calls).zip(faults.into_iter().cycle()) {
        let disk = whole.snapshot();
        disk.fail_call(call, fault);
        script(&disk);
        disk.clear_faults();
        disk.crash_keep_nothing();
        check(&disk, &format!("{fault:?} at call {call} of {calls}"));
    }
}
