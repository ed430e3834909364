//! Faults of every call: typed errors, nothing acknowledged lost, usable again afterwards.

use batpak_coordinate::Sequence;
use batpak_journal::{
    AppendError, Durability, Failure, Journal, ReadError, ScanRequest, Selection,
};
use batpak_platform::Platform;
use batpak_sim::{Aftermath, Fault, Operation, SimDisk};

use crate::support::{draft, findings, open, shown, small};

#[test]
fn a_failed_sync_fails_the_writer_and_reopening_tells_the_truth() {
    for aftermath in [Aftermath::Kept, Aftermath::Reverted] {
        let disk = SimDisk::new();
        let options = small(Durability::Synced);
        let journal = open(&disk.platform(), &options);
        journal
            .append(draft("a", b"first"), Durability::Synced)
            .unwrap();
        disk.fail_operation(Operation::SyncData, 0, Fault::SyncFailed(aftermath));
        let error = journal
            .append(draft("a", b"second"), Durability::Synced)
            .unwrap_err();
        assert!(
            matches!(
                &error,
                AppendError::Unknown {
                    first: Sequence(2),
                    ..
                }
            ),
            "{error:?}"
        );
        assert_eq!(shown(journal.view()).len(), 1, "reads go on");
        let error = journal
            .append(draft("a", b"third"), Durability::Synced)
            .unwrap_err();
        assert!(
            matches!(error, AppendError::Failed(Failure::Sync(_))),
            "{error:?}"
        );
        assert!(journal.close().is_err());
        disk.crash_keep_nothing();
        let journal = open(&disk.platform(), &options);
        let events = shown(journal.view());
        assert_eq!(events[0].payload, b"first");
        journal
            .append(draft("a", b"fourth"), Durability::Synced)
            .unwrap();
    }
}

#[test]
fn a_full_disk_refuses_appends_until_there_is_space() {
    let disk = SimDisk::new();
    let options = small(Durability::Synced);
    let journal = open(&disk.platform(), &options);
    let mut acknowledged = 0;
    disk.set_capacity(Some(24 << 10));
    let error = loop {
        match journal.append(draft("a", &[1; 500]), Durability::Synced) {
            Ok(_) => acknowledged += 1,
            Err(error) => break error,
        }
    };
    assert!(matches!(error, AppendError::NotWritten(_)), "{error:?}");
    assert!(acknowledged > 5, "{acknowledged}");
    assert_eq!(shown(journal.view()).len(), acknowledged);
    for _ in 0..5 {
        assert!(
            journal
                .append(draft("a", &[1; 500]), Durability::Synced)
                .is_err()
        );
    }
    disk.set_capacity(None);
    for _ in 0..20 {
        journal
            .append(draft("a", &[2; 500]), Durability::Synced)
            .unwrap();
        acknowledged += 1;
    }
    journal.close().unwrap();
    let journal = open(&disk.platform(), &options);
    assert_eq!(shown(journal.view()).len(), acknowledged);
    drop(journal);
    assert_eq!(findings(&disk.platform()), Vec::<String>::new());
}

const TOO_MANY_FILES: i32 = 24;
const READ_ONLY: i32 = 30;

/// Appends until something fails, then goes on where that is possible.
fn workload(platform: &Platform, acknowledged: &mut Vec<Vec<u8>>) -> bool {
    let Ok((journal, _)) = Journal::open(platform, small(Durability::Synced)) else {
        return false;
    };
    let mut went_on = true;
    for number in 0..14_u8 {
        let payload = vec![number; 200];
        match journal.append(draft("a", &payload), Durability::Synced) {
            Ok(_) => acknowledged.push(payload),
            Err(AppendError::NotWritten(_)) => {
                // Not committed: the same append must work once the fault is over.
                if journal
                    .append(draft("a", &payload), Durability::Synced)
                    .is_ok()
                {
                    acknowledged.push(payload);
                }
            }
            Err(AppendError::Unknown { .. } | AppendError::Failed(_)) => {
                went_on = false;
                break;
            }
            Err(error) => panic!("{error:?}"),
        }
    }
    // The fault may be one of reading: it is reported, and over at the next attempt.
    let read = payloads(&journal).or_else(|_| payloads(&journal)).unwrap();
    assert_eq!(read, *acknowledged);
    went_on && journal.close().is_ok()
}

fn payloads(journal: &Journal) -> Result<Vec<Vec<u8>>, ReadError> {
    let (selection, after) = (Selection::All, Sequence::NONE);
    let mut scan = journal.view().scan(ScanRequest {
        selection,
        after,
        reverse: false,
    });
    let mut payloads = Vec::new();
    while let Some(frame) = scan.next_frame()? {
        payloads.push(frame.payload().to_vec());
    }
    Ok(payloads)
}

#[test]
fn one_fault_at_every_call_loses_nothing_acknowledged() {
    let disk = SimDisk::new();
    assert!(workload(&disk.platform(), &mut Vec::new()));
    let calls = disk.calls();
    let faults = [
        Fault::Io,
        Fault::NoSpace,
        Fault::Interrupted,
        Fault::Short(1),
        Fault::Zero,
        Fault::Partial(5),
        Fault::Os(TOO_MANY_FILES),
        Fault::Os(READ_ONLY),
        Fault::SyncFailed(Aftermath::Kept),
        Fault::SyncFailed(Aftermath::Reverted),
    ];
    for fault in faults {
        for call in 0..calls {
            let context = format!("{fault:?} at call {call} of {calls}");
            let disk = SimDisk::new();
            disk.fail_call(call, fault);
            let mut acknowledged = Vec::new();
            workload(&disk.platform(), &mut acknowledged);
            disk.crash_keep_nothing();
            let opened = Journal::open(&disk.platform(), small(Durability::Synced));
            let (journal, _) = opened.unwrap_or_else(|error| panic!("{context}: {error}"));
            let events = shown(journal.view());
            assert!(
                events.len() >= acknowledged.len(),
                "{context}: events are lost"
            );
            // An event in doubt may be there as well; it is the only one that may.
            assert!(events.len() <= acknowledged.len() + 1, "{context}");
            for (event, payload) in events.iter().zip(&acknowledged) {
                assert_eq!(&event.payload, payload, "{context}");
            }
            journal
                .append(draft("z", b"after"), Durability::Synced)
                .unwrap();
            journal.close().unwrap();
            assert_eq!(
                findings(&disk.platform()),
                Vec::<String>::new(),
                "{context}"
            );
        }
    }
}

#[test]
fn interruptions_and_short_writes_for_ever_are_reported_and_not_spun_on() {
    for fault in [Fault::Interrupted, Fault::Zero] {
        let disk = SimDisk::new();
        let journal = open(&disk.platform(), &small(Durability::Synced));
        journal
            .append(draft("a", b"first"), Durability::Synced)
            .unwrap();
        disk.fail_operations_from(Operation::WriteAt, 0, fault);
        assert!(
            journal
                .append(draft("a", b"second"), Durability::Synced)
                .is_err(),
            "{fault:?}"
        );
        assert_eq!(shown(journal.view()).len(), 1);
    }
    let disk = SimDisk::new();
    let journal = open(&disk.platform(), &small(Durability::Synced));
    disk.fail_operations_from(Operation::WriteAt, 0, Fault::Short(7));
    journal
        .append(draft("a", &[1; 300]), Durability::Synced)
        .unwrap();
    assert_eq!(shown(journal.view())[0].payload, [1; 300]);
}

#[test]
fn a_nearly_full_disk_gets_small_segments_before_it_gets_none() {
    let disk = SimDisk::new();
    let options = batpak_journal::Options::default();
    let journal = open(&disk.platform(), &options);
    for _ in 0..4 {
        journal
            .append(draft("a", &[1; 400_000]), Durability::Written)
            .unwrap();
    }
    // The next segment would have four megabytes.
    disk.set_capacity(Some(6 << 20));
    for _ in 0..4 {
        journal
            .append(draft("a", &[1; 400_000]), Durability::Written)
            .unwrap();
    }
    assert_eq!(shown(journal.view()).len(), 8);
}
