//! Hidden ranges: everywhere, durable, and in the order of the log.

use batpak_coordinate::Sequence;
use batpak_event::{EventId, IdempotencyKey};
use batpak_journal::{
    AppendError, Draft, Durability, ExpectedSequence, FrameBuffer, Journal, Options, ReadError,
    Reader, ScanRequest, Selection, View, salvage,
};
use batpak_sim::{Fault, SimDisk};

use crate::support::{draft, findings, open, small};

fn hide(journal: &Journal, first: u64, last: u64) {
    journal.hide(Sequence(first), Sequence(last)).unwrap();
}

fn unhide(journal: &Journal, first: u64, last: u64) {
    journal.unhide(Sequence(first), Sequence(last)).unwrap();
}

fn scanned(view: &View, selection: Selection, reverse: bool) -> Vec<u64> {
    let mut scan = view.scan(ScanRequest {
        selection,
        after: Sequence::NONE,
        reverse,
    });
    let mut found = Vec::new();
    while let Some(frame) = scan.next_frame().unwrap() {
        found.push(frame.head.sequence.get());
    }
    found
}

/// Everything that shows events, as one list of sequences that every way agrees on.
fn shown(view: &View) -> Vec<u64> {
    let all = scanned(view, Selection::All, false);
    let mut back = scanned(view, Selection::All, true);
    back.reverse();
    assert_eq!(all, back);
    for entity in ["a", "b"] {
        let mut ahead = scanned(view, Selection::Stream(entity.into()), false);
        assert!(ahead.iter().all(|sequence| all.contains(sequence)));
        ahead.reverse();
        assert_eq!(ahead, scanned(view, Selection::Stream(entity.into()), true));
    }
    let mut buffer = FrameBuffer::new();
    let newest = view.visible().get();
    for sequence in 1..=newest {
        let read = view.read(Sequence(sequence), &mut buffer);
        let is_shown = all.contains(&sequence);
        assert_eq!(read.is_ok(), is_shown, "{sequence}");
        assert!(is_shown || matches!(read, Err(ReadError::NotFound)));
    }
    assert_eq!(view.event_count(), all.len() as u64);
    all
}

fn without(last: u64, hidden: &[std::ops::RangeInclusive<u64>]) -> Vec<u64> {
    let is_hidden = |sequence: &u64| hidden.iter().any(|range| range.contains(sequence));
    (1..=last).filter(|sequence| !is_hidden(sequence)).collect()
}

fn entity(number: u64) -> &'static str {
    if number.is_multiple_of(3) { "b" } else { "a" }
}

fn fill(journal: &Journal, from: u64, to: u64) -> Vec<EventId> {
    let append = |number| {
        let appended = journal.append(draft(entity(number), b"x"), Durability::Synced);
        appended.unwrap().event_id
    };
    (from..=to).map(append).collect()
}

#[test]
fn hidden_events_are_shown_by_no_read_here_and_after_every_open() {
    for options in [Options::default(), small(Durability::Synced)] {
        let disk = SimDisk::new();
        let journal = open(&disk.platform(), &options);
        let ids = fill(&journal, 1, 40);
        hide(&journal, 3, 9);
        hide(&journal, 20, 20);
        fill(&journal, 41, 60);
        hide(&journal, 55, 60);
        unhide(&journal, 5, 6);
        let expected = without(60, &[3..=4, 7..=9, 20..=20, 55..=60]);
        assert_eq!(shown(journal.view()), expected);
        assert_eq!(journal.view().find(ids[2]).unwrap(), None);
        assert_eq!(journal.view().find(ids[4]).unwrap(), Some(Sequence(5)));
        let mut buffer = FrameBuffer::new();
        assert!(
            journal
                .view()
                .read_id(ids[2], &mut buffer)
                .unwrap()
                .is_none()
        );
        drop(journal);
        for indexes in [true, false] {
            let copy = disk.snapshot();
            if !indexes {
                delete_indexes(&copy);
            }
            let (reader, report) = Reader::open(&copy.platform()).unwrap();
            assert_eq!(shown(reader.view()), expected);
            assert_eq!(report.events, 60);
            let journal = open(&copy.platform(), &options);
            assert_eq!(shown(journal.view()), expected);
            journal.close().unwrap();
            let journal = open(&copy.platform(), &options);
            assert_eq!(shown(journal.view()), expected);
            unhide(&journal, 1, 60);
            assert_eq!(shown(journal.view()), without(60, &[]));
            journal.close().unwrap();
            assert_eq!(findings(&copy.platform()), [""; 0]);
        }
    }
}

fn delete_indexes(disk: &SimDisk) {
    let storage = disk.storage();
    for entry in storage.list().unwrap() {
        if entry.name.ends_with(".fidx") {
            storage.remove(&entry.name).unwrap();
        }
    }
}

#[test]
fn hidden_events_keep_their_keys_their_places_and_their_effects() {
    let disk = SimDisk::new();
    let journal = open(&disk.platform(), &small(Durability::Synced));
    let keyed = || Draft {
        key: Some(IdempotencyKey::for_operation("test", &["once"])),
        ..draft("a", b"x")
    };
    let first = journal.append(keyed(), Durability::Synced).unwrap();
    fill(&journal, 2, 30);
    hide(&journal, 1, 29);
    let again = journal.append(keyed(), Durability::Synced).unwrap();
    assert!(again.duplicate);
    assert_eq!(again.event_hash, first.event_hash);
    let sequence = (1..=30)
        .filter(|number| *number == 1 || entity(*number) == "a")
        .count() as u64;
    let expecting = Draft {
        expected: ExpectedSequence::Exact(batpak_coordinate::StreamSequence(sequence)),
        ..draft("a", b"y")
    };
    journal.append(expecting, Durability::Synced).unwrap();
    assert_eq!(shown(journal.view()), [30, 31]);
    journal.close().unwrap();
    assert_eq!(findings(&disk.platform()), [""; 0]);
}

#[test]
fn a_range_that_is_none_of_visible_events_is_refused() {
    let disk = SimDisk::new();
    let journal = open(&disk.platform(), &Options::default());
    for (first, last) in [(1, 1), (0, 0), (0, 1), (2, 1), (1, u64::MAX)] {
        let refused = journal.hide(Sequence(first), Sequence(last));
        assert!(matches!(refused, Err(AppendError::NoSuchRange { .. })));
    }
    fill(&journal, 1, 3);
    for (first, last) in [(0, 1), (2, 1), (1, 4), (4, 4)] {
        let refused = journal.unhide(Sequence(first), Sequence(last));
        assert!(matches!(refused, Err(AppendError::NoSuchRange { .. })));
    }
    assert_eq!(shown(journal.view()), [1, 2, 3]);
}

#[test]
fn a_scan_that_has_begun_shows_what_was_shown_then() {
    let disk = SimDisk::new();
    let journal = open(&disk.platform(), &Options::default());
    fill(&journal, 1, 20);
    let mut scan = journal.view().scan(ScanRequest {
        selection: Selection::All,
        after: Sequence::NONE,
        reverse: false,
    });
    scan.next_frame().unwrap().unwrap();
    hide(&journal, 1, 20);
    let mut found = 1;
    while scan.next_frame().unwrap().is_some() {
        found += 1;
    }
    assert_eq!(found, 20);
    assert_eq!(shown(journal.view()), [0; 0]);
}

#[test]
fn a_reader_beside_a_writer_follows_what_it_hides() {
    let disk = SimDisk::new();
    let journal = open(&disk.platform(), &small(Durability::Synced));
    fill(&journal, 1, 10);
    let (reader, _) = Reader::open(&disk.platform()).unwrap();
    for step in 1..=8_u64 {
        hide(&journal, step, step);
        fill(&journal, 10 + 5 * step, 14 + 5 * step);
        reader.refresh().unwrap();
        let shown_here = shown(reader.view());
        assert_eq!(shown_here.first(), Some(&(step + 1)));
    }
    journal.close().unwrap();
    reader.refresh().unwrap();
    assert_eq!(
        shown(reader.view()),
        without(reader.view().visible().get(), &[1..=8])
    );
}

#[test]
fn a_salvaged_copy_hides_what_its_source_does() {
    let (disk, copy) = (SimDisk::new(), SimDisk::new());
    let journal = open(&disk.platform(), &small(Durability::Synced));
    fill(&journal, 1, 30);
    hide(&journal, 4, 12);
    fill(&journal, 31, 40);
    unhide(&journal, 8, 8);
    journal.close().unwrap();
    salvage(&disk.platform(), &copy.platform(), &mut |_, _| {}).unwrap();
    let (reader, _) = Reader::open(&copy.platform()).unwrap();
    assert_eq!(shown(reader.view()), without(40, &[4..=7, 9..=12]));
}

/// The sync of a change is one of all events before it: it is known, and the next frame attests it.
#[test]
fn a_change_makes_everything_before_it_durable() {
    let disk = SimDisk::new();
    let journal = open(&disk.platform(), &small(Durability::Written));
    for _ in 0..20 {
        let appended = journal.append(draft("a", b"x"), Durability::Written);
        appended.unwrap();
    }
    hide(&journal, 1, 1);
    assert_eq!(journal.durable(), Sequence(20));
    let appended = journal.append(draft("a", b"x"), Durability::Written);
    appended.unwrap();
    disk.kill();
    let (_, report) = Reader::open(&disk.platform()).unwrap();
    assert_eq!(report.attested, Sequence(20));
}

/// After a crash at any call, an acknowledged change holds, and one that was not holds or not.
#[test]
fn a_change_survives_a_crash_once_it_is_acknowledged() {
    let script = |disk: &SimDisk| -> Result<u64, AppendError> {
        let options = small(Durability::Synced);
        let Ok((journal, _)) = Journal::open(&disk.platform(), options) else {
            return Ok(0);
        };
        let mut hidden = 0;
        for step in 1..=12_u64 {
            if journal
                .append(draft("a", b"x"), Durability::Synced)
                .is_err()
            {
                break;
            }
            if journal.hide(Sequence(step), Sequence(step)).is_err() {
                break;
            }
            hidden = step;
        }
        Ok(hidden)
    };
    let whole = SimDisk::new();
    assert_eq!(script(&whole).unwrap(), 12);
    for calls in 0..whole.mutating_calls() {
        let disk = SimDisk::new();
        disk.stop_after(calls);
        let hidden = script(&disk).unwrap();
        for seed in 0..6 {
            let outcome = disk.snapshot();
            outcome.crash_seeded(seed);
            let (journal, _) = Journal::open(&outcome.platform(), small(Durability::Synced))
                .unwrap_or_else(|error| panic!("{calls} {seed}: {error}"));
            let newest = journal.view().visible().get();
            let now = shown(journal.view());
            assert!(newest >= hidden);
            assert!(
                now.iter().all(|sequence| *sequence > hidden),
                "{calls} {seed}"
            );
            assert!(now.len() <= 1, "{calls} {seed}: {now:?}");
        }
    }
}

#[test]
fn a_change_that_cannot_be_written_changes_nothing() {
    for fault in [Fault::Io, Fault::NoSpace] {
        for call in 0..2 {
            let disk = SimDisk::new();
            let journal = open(&disk.platform(), &Options::default());
            fill(&journal, 1, 3);
            disk.fail_call(call, fault);
            let changed = journal.hide(Sequence(2), Sequence(2));
            assert!(changed.is_err(), "{fault:?} {call}");
            assert_eq!(shown(journal.view()), [1, 2, 3], "{fault:?} {call}");
        }
    }
}

#[test]
fn a_change_begins_a_segment_that_holds_it_however_small_segments_are() {
    let disk = SimDisk::new();
    let options = Options {
        segment_max_bytes: 300,
        ..Options::default()
    };
    let journal = open(&disk.platform(), &options);
    fill(&journal, 1, 3);
    hide(&journal, 2, 2);
    hide(&journal, 3, 3);
    journal.close().unwrap();
    let journal = open(&disk.platform(), &options);
    assert_eq!(shown(journal.view()), [1]);
}
