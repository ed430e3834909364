//! A machine that refuses one call of an open, a scan or a verification: what cannot be read is an
//! error or listed as lost, never absent and never the end of the log.

use std::io;
use std::sync::Arc;

use batpak_journal::{AppendError, Durability, Journal, OpenError, Reader, Selection, verify};
use batpak_platform::{Platform, Step, TaskHandle, Tasks};
use batpak_sim::{Aftermath, Fault, Operation, SimDisk};

use crate::support::{append, draft, open, payloads, scanned, small};

const EVENTS: u8 = 24;
const TOO_MANY_FILES: i32 = 24;

/// A log of several segments, closed or left by a kill.
fn several_segments(closed: bool) -> SimDisk {
    let disk = SimDisk::new();
    let journal = open(&disk.platform(), &small(Durability::Synced));
    for number in 0..EVENTS {
        append(&journal, &[number; 300]).unwrap();
    }
    if closed {
        journal.close().unwrap();
    } else {
        disk.kill();
        drop(journal);
    }
    disk
}

fn expected() -> Vec<Vec<u8>> {
    (0..EVENTS).map(|number| vec![number; 300]).collect()
}

/// Reads everything; whether something was told to be missing, and what was read.
fn read(platform: &Platform) -> (bool, Vec<Vec<u8>>) {
    let (reader, report) = match Reader::open(platform) {
        Ok(opened) => opened,
        Err(OpenError::File(_)) => return (true, Vec::new()),
        Err(error) => panic!("a refused call is taken for something else: {error}"),
    };
    let mut told = !report.damage.is_empty();
    let mut found = Vec::new();
    for event in scanned(reader.view(), Selection::All) {
        match event {
            Ok(payload) => found.push(payload),
            Err(_) => told = true,
        }
    }
    (told, found)
}

#[test]
fn a_refused_call_of_reading_is_told_and_over_at_the_next_attempt() {
    for closed in [true, false] {
        let disk = several_segments(closed);
        let calls = {
            let counted = disk.snapshot();
            assert_eq!(read(&counted.platform()), (false, expected()));
            counted.calls()
        };
        for fault in [Fault::Io, Fault::Os(TOO_MANY_FILES)] {
            for call in 0..calls {
                let context = format!("closed: {closed}, {fault:?} at call {call}");
                let disk = disk.snapshot();
                disk.fail_call(call, fault);
                let (told, found) = read(&disk.platform());
                assert!(told || found == expected(), "{context}");
                let mut all = expected().into_iter();
                let in_order = found.iter().all(|one| all.any(|other| other == *one));
                assert!(in_order, "{context}");
                assert_eq!(read(&disk.platform()), (false, expected()), "{context}");
            }
        }
    }
}

#[test]
fn a_refused_call_of_a_verification_is_an_error_or_a_finding() {
    let disk = several_segments(true);
    let calls = {
        let counted = disk.snapshot();
        let report = verify(&counted.platform(), &mut |_| {}).unwrap();
        assert_eq!(report.findings.len(), 0);
        counted.calls()
    };
    for fault in [Fault::Io, Fault::Os(TOO_MANY_FILES)] {
        for call in 0..calls {
            let disk = disk.snapshot();
            disk.fail_call(call, fault);
            if let Ok(report) = verify(&disk.platform(), &mut |_| {}) {
                let whole = report.events == u64::from(EVENTS);
                assert!(
                    !report.findings.is_empty() || whole,
                    "{fault:?} at call {call}: {report:?}"
                );
            }
        }
    }
}

#[test]
fn a_fault_at_every_call_of_a_recovery_leaves_a_store_that_opens() {
    let faults = [
        Fault::Io,
        Fault::NoSpace,
        Fault::Interrupted,
        Fault::Short(1),
        Fault::Partial(5),
        Fault::Os(TOO_MANY_FILES),
        Fault::SyncFailed(Aftermath::Kept),
        Fault::SyncFailed(Aftermath::Reverted),
    ];
    for closed in [true, false] {
        let disk = several_segments(closed);
        let calls = {
            let counted = disk.snapshot();
            drop(open(&counted.platform(), &small(Durability::Synced)));
            counted.calls()
        };
        for fault in faults {
            for call in 0..calls {
                let context = format!("closed: {closed}, {fault:?} at call {call}");
                let disk = disk.snapshot();
                disk.fail_call(call, fault);
                match Journal::open(&disk.platform(), small(Durability::Synced)) {
                    Ok((journal, _)) => {
                        assert_eq!(payloads(journal.view()), expected(), "{context}");
                    }
                    Err(OpenError::File(_)) => {}
                    Err(error) => panic!("{context}: {error}"),
                }
                for power_cut in [false, true] {
                    if power_cut {
                        disk.crash_keep_nothing();
                    }
                    let opened = Journal::open(&disk.platform(), small(Durability::Synced));
                    let (journal, _) = opened.unwrap_or_else(|error| panic!("{context}: {error}"));
                    let found = payloads(journal.view());
                    assert!(found.starts_with(&expected()), "{context}");
                    append(&journal, b"after").unwrap();
                }
            }
        }
    }
}

/// A machine that has no thread to give.
#[derive(Debug)]
struct NoThreads;

impl Tasks for NoThreads {
    fn start(&self, _: &str, _: Step) -> io::Result<Box<dyn TaskHandle>> {
        Err(io::Error::from(io::ErrorKind::WouldBlock))
    }

    fn pause(&self) {}
}

#[test]
fn without_a_thread_for_the_background_step_nothing_is_appended() {
    let disk = SimDisk::new();
    let platform = Platform {
        tasks: Arc::new(NoThreads),
        ..disk.platform()
    };
    let journal = open(&platform, &small(Durability::Synced));
    for _ in 0..2 {
        let error = append(&journal, b"x").unwrap_err();
        assert!(matches!(error, AppendError::NotWritten(_)), "{error:?}");
        assert!(journal.submit(vec![draft("a", b"x")]).is_err());
    }
    journal.sync().unwrap();
    journal.close().unwrap();
    let journal = open(&disk.platform(), &small(Durability::Synced));
    assert_eq!(payloads(journal.view()).len(), 0);
    append(&journal, b"x").unwrap();
}

/// A lock that the file system does not know is an error, and no other writer.
#[test]
fn a_file_system_without_locks_is_told_from_a_locked_store() {
    let disk = several_segments(true);
    disk.fail_operation(Operation::Lock, 0, Fault::Os(38));
    let error = Journal::open(&disk.platform(), small(Durability::Synced))
        .map(drop)
        .unwrap_err();
    assert!(matches!(error, OpenError::File(_)), "{error}");
    disk.fail_operation(Operation::WriterPresent, 0, Fault::Os(38));
    let error = Reader::open(&disk.platform()).map(drop).unwrap_err();
    assert!(matches!(error, OpenError::File(_)), "{error}");
}

/// What a file system leaves that extends a file before its bytes arrive.
#[test]
fn zeros_behind_the_last_event_are_its_end_and_anything_else_there_is_torn() {
    for (tail, whole) in [(&b""[..], true), (b"late bytes of a lost write", false)] {
        let disk = several_segments(false);
        let names = disk.names();
        let newest = names.iter().rfind(|name| name.ends_with(".fbat")).unwrap();
        let mut bytes = disk.contents(newest).unwrap();
        bytes.resize(bytes.len() + (1 << 20), 0);
        bytes.extend_from_slice(tail);
        disk.put(newest, bytes);
        let (reader, report) = Reader::open(&disk.platform()).unwrap();
        assert_eq!(payloads(reader.view()), expected());
        assert_eq!(report.discarded_bytes == 0, whole, "{report:?}");
        let journal = open(&disk.platform(), &small(Durability::Synced));
        append(&journal, b"after").unwrap();
        journal.close().unwrap();
        let journal = open(&disk.platform(), &small(Durability::Synced));
        assert_eq!(payloads(journal.view()).len(), usize::from(EVENTS) + 1);
    }
}
