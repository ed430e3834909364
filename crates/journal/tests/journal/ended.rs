//! A log whose every segment has ended: what follows repeats that end, whatever became of its frames.

use batpak_journal::{
    Damage, Durability, FrameBuffer, Journal, OpenError, Options, Reader, repair_identity, salvage,
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
        let unit = (0..1_000).map(|_| draft("a", b"x")).collect();
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
