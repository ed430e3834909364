//! Reading beside a writer, around damage, and from the code of a caller.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::channel;
use std::time::Duration;

use batpak_coordinate::{EventKind, KindFilter, Selector};
use batpak_journal::{Durability, Journal, Options, Reader, Selection, verify};
use batpak_segment::FRAME_FIXED;
use batpak_sim::SimDisk;

use crate::support::{
    FIRST, Hook, append, frames, hooked, killed, named, open, payloads, scanned, small,
};

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

/// A slot that is being written looks damaged for a moment.
#[test]
fn a_slot_of_the_identity_that_a_writer_is_writing_is_read_again() {
    let disk = SimDisk::new();
    let journal = open(&disk.platform(), &small(Durability::Synced));
    append(&journal, b"x").unwrap();
    // Half written when the identity is opened first, and whole when it is opened again.
    let beside_a_write = || {
        disk.corrupt("store.fbatm", 10, 1);
        let (disk, opens) = (disk.clone(), AtomicU32::new(0));
        let hook: Hook = Arc::new(move |call| {
            if call == "open" && opens.fetch_add(1, Ordering::SeqCst) == 1 {
                disk.corrupt("store.fbatm", 10, 1);
            }
        });
        hook
    };
    let report = verify(&hooked(&disk, beside_a_write()), &mut |_| {}).unwrap();
    assert!(report.findings.is_empty(), "{report:?}");
    let (_, report) = Reader::open(&hooked(&disk, beside_a_write())).unwrap();
    assert!(!report.identity_slot_damaged);

    // What stays damaged is told.
    disk.corrupt("store.fbatm", 10, 1);
    let report = verify(&disk.platform(), &mut |_| {}).unwrap();
    assert_eq!(report.findings[0].code, "identity-slot-damaged");
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
    assert!(!report.damage.is_empty());
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
    assert_eq!(report.damage.len(), 1);
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
