//! A log whose every segment has ended: what follows repeats that end, whatever became of its frames.

use batpak_journal::{
    Damage, Durability, FrameBuffer, Journal, OpenError, Options, Reader, ScanRequest, Selection,
    repair_identity, salvage,
};
use batpak_platform::{FixedEntropy, Platform};
use batpak_segment::FRAME_FIXED;
use batpak_sim::{Fault, Operation, SimDisk};

use crate::support::{draft, findings, open};

/// More events than an open walks over, so that the close ends the segment.
const EVENTS: u64 = 4_100;

fn options() -> Options {
    Options {
        durability: Durability::Written,
        ..Options::default()
    }
}

fn ended() -> SimDisk {
    let disk = SimDisk::new();
    let journal = open(&disk.platform(), &options());
    for _ in 0..EVENTS {
        journal
            .append(draft("a", b"x"), Durability::Written)
            .unwrap();
    }
    journal.close().unwrap();
    disk
}

/// Offset of the newest event's frame.
fn newest(platform: &Platform) -> usize {
    let (reader, _) = Reader::open(platform).unwrap();
    let mut buffer = FrameBuffer::new();
    let last = reader.view().visible();
    let length = reader.view().read(last, &mut buffer).unwrap().head.length;
    let seal = batpak_segment::SEAL_LENGTH;
    let end = platform
        .storage
        .open("000001.fbat", batpak_platform::Access::Read)
        .and_then(|file| file.len())
        .unwrap();
    usize::try_from(end).unwrap() - seal - length as usize
}

fn append(journal: &Journal, entity: &str) -> batpak_journal::Committed {
    journal
        .append(draft(entity, b"y"), Durability::Synced)
        .unwrap()
}

#[test]
fn what_follows_an_ended_segment_continues_it() {
    let disk = ended();
    for round in 1..4 {
        let (journal, report) = Journal::open(&disk.platform(), options()).unwrap();
        assert!(report.clean || round > 1);
        append(&journal, "a");
        if round == 2 {
            disk.kill();
            drop(journal);
        } else {
            journal.close().unwrap();
        }
        assert_eq!(findings(&disk.platform()), [""; 0], "round {round}");
    }
    let (_, report) = Journal::open(&disk.platform(), options()).unwrap();
    assert_eq!(report.events, EVENTS + 3);
}

#[test]
fn a_damaged_newest_event_of_an_ended_segment_costs_only_itself() {
    for masked in [0, FRAME_FIXED + 1] {
        let disk = ended();
        let at = newest(&disk.platform());
        disk.corrupt("000001.fbat", at + masked, 0xff);
        disk.clock().set(1_000);
        let (journal, _) = Journal::open(&disk.platform(), options()).unwrap();
        let before = journal
            .view()
            .read(
                batpak_coordinate::Sequence(EVENTS - 1),
                &mut FrameBuffer::new(),
            )
            .unwrap()
            .head;
        let added = append(&journal, "b");
        assert!(
            (added.wall_us, added.counter) > (before.wall_us, before.counter),
            "time went back"
        );
        journal.close().unwrap();
        // The index answers for the segment; without it the damage is refused, and named.
        let (journal, report) = Journal::open(&disk.platform(), options()).unwrap();
        assert_eq!(report.events, EVENTS + 1);
        drop(journal);
        disk.delete("000001.fidx");
        let refused = Journal::open(&disk.platform(), options()).unwrap_err();
        assert!(
            matches!(&refused, OpenError::Damaged { name, .. } if name == "000001.fbat"),
            "{refused}"
        );
        let (reader, report) = Reader::open(&disk.platform()).unwrap();
        assert_eq!(report.damage.len(), 1);
        assert_eq!(reader.view().event_count(), EVENTS);
    }
}

/// An ended segment, and behind it one without events.
fn begun() -> SimDisk {
    let disk = SimDisk::new();
    let journal = open(&disk.platform(), &options());
    for _ in 0..100 {
        append(&journal, "a");
    }
    disk.kill();
    drop(journal);
    // A torn end: the next open goes on in a new segment at once.
    let mut bytes = disk.contents("000001.fbat").unwrap();
    let end = bytes.iter().rposition(|byte| *byte != 0).unwrap();
    bytes[end / 8 * 8 + 16] = 1;
    disk.put("000001.fbat", bytes);
    open(&disk.platform(), &options()).close().unwrap();
    open(&disk.platform(), &options()).close().unwrap();
    assert!(disk.contents("000001.fidx").is_some());
    disk
}

#[test]
fn a_damaged_newest_event_before_an_empty_segment_costs_only_itself() {
    let whole = begun();
    let end = {
        let bytes = whole.contents("000001.fbat").unwrap();
        bytes.iter().rposition(|byte| *byte != 0).unwrap()
    };
    for back in [20, 120] {
        let disk = whole.snapshot();
        disk.clock().set(1_000);
        assert!(disk.corrupt("000001.fbat", end - back, 0xff));
        let damaged = {
            let (reader, _) = Reader::open(&disk.platform()).unwrap();
            let last = reader.view().visible();
            reader.view().read(last, &mut FrameBuffer::new()).is_err()
        };
        assert!(damaged, "the newest event is hit");
        for count in 1..4 {
            let (journal, report) = Journal::open(&disk.platform(), options()).unwrap();
            assert_eq!(report.events, 99 + count);
            append(&journal, "b");
            journal.close().unwrap();
        }
    }
}

#[test]
fn an_index_and_a_frame_damaged_at_once_end_no_scan_and_no_open() {
    let whole = ended();
    append(&open(&whole.platform(), &options()), "b");
    let len = whole.contents("000001.fidx").unwrap().len();
    let mut unreadable = 0;
    for at in (0..len).step_by(len / 60) {
        let disk = whole.snapshot();
        let frame = newest(&disk.platform());
        disk.corrupt("000001.fidx", at, 0xff);
        disk.corrupt("000001.fbat", frame / 2 / 8 * 8 + 1, 0xff);
        let (reader, _) = Reader::open(&disk.platform()).unwrap();
        for reverse in [false, true] {
            for entity in [None, Some("a"), Some("b")] {
                let mut scan = reader.view().scan(ScanRequest {
                    selection: entity
                        .map_or(Selection::All, |entity| Selection::Stream(entity.into())),
                    after: batpak_coordinate::Sequence::NONE,
                    reverse,
                });
                let (mut events, mut errors) = (0, 0);
                loop {
                    match scan.next_frame() {
                        Ok(Some(_)) => events += 1,
                        Ok(None) => break,
                        Err(_) => errors += 1,
                    }
                    assert!(errors < 5, "byte {at}: an error again and again");
                }
                unreadable += errors;
                if entity == Some("b") {
                    assert_eq!(events, 1, "byte {at}");
                }
            }
        }
    }
    assert!(unreadable > 0);
}

#[test]
fn an_ended_segment_that_is_missing_can_be_accepted_and_followed() {
    let disk = ended();
    disk.delete("000001.fbat");
    let digest = Reader::open(&disk.platform()).unwrap().1.damage_digest();
    for round in 1..4 {
        let accepting = Options {
            accept_damage: digest,
            ..options()
        };
        let (journal, report) = Journal::open(&disk.platform(), accepting).unwrap();
        assert_eq!(report.events, round - 1);
        let added = append(&journal, "a");
        assert_eq!(added.sequence.get(), EVENTS + round);
        journal.close().unwrap();
        assert_eq!(
            Reader::open(&disk.platform()).unwrap().1.damage_digest(),
            digest
        );
    }
}

#[test]
fn an_emptied_segment_behind_an_ended_one_is_damage() {
    let disk = ended();
    let journal = open(&disk.platform(), &options());
    append(&journal, "b");
    disk.kill();
    drop(journal);
    let bytes = disk.contents("000002.fbat").unwrap();
    disk.put("000002.fbat", Vec::new());
    let refused = Journal::open(&disk.platform(), options()).unwrap_err();
    assert!(
        matches!(&refused, OpenError::Damaged { name, .. } if name == "000002.fbat"),
        "{refused}"
    );
    disk.put("000002.fbat", bytes);
    let journal = open(&disk.platform(), &options());
    append(&journal, "b");
    journal.close().unwrap();
    assert_eq!(findings(&disk.platform()), [""; 0]);
}

#[test]
fn a_salvage_that_is_cut_off_never_looks_like_a_whole_store() {
    let source = SimDisk::new();
    let journal = open(&source.platform(), &options());
    for _ in 0..67 {
        let unit: Vec<_> = (0..1_000).map(|_| draft("a", b"x")).collect();
        journal.append_unit(unit, Durability::Written).unwrap();
    }
    journal.close().unwrap();
    let mut cut = 0;
    for n in 0.. {
        let target = SimDisk::new();
        target.fail_operation(Operation::Rename, n, Fault::Io);
        let to = Platform {
            entropy: std::sync::Arc::new(FixedEntropy::new(7)),
            ..target.platform()
        };
        if salvage(&source.platform(), &to, &mut |_, _| {}).is_ok() {
            break;
        }
        target.clear_faults();
        cut += 1;
        match repair_identity(&target.platform()) {
            // Every segment has its name: only the identity was missing.
            Ok(_) => {
                let (reader, _) = Reader::open(&target.platform()).unwrap();
                assert_eq!(reader.view().event_count(), 67_000);
            }
            Err(OpenError::Damaged { damage, .. }) => assert_eq!(damage, Damage::SegmentMissing),
            Err(error) => assert!(matches!(error, OpenError::NotAStore), "{error}"),
        }
    }
    assert!(cut >= 2, "the copy has several segments: {cut}");
}
