//! Heads: what verification makes of the one that a close recorded and of one that was kept elsewhere.

use batpak_coordinate::Sequence;
use batpak_event::tree::TreeHead;
use batpak_journal::{Durability, Journal, Options, Reader, VerifyReport, verify, verify_against};
use batpak_segment::identity::{CleanClose, decode_slot};
use batpak_segment::{
    FRAME_FIXED, FrameHead, FrameKind, Offset, SEGMENT_HEADER, Scanner, SegmentHeader, Step,
    body_crc,
};
use batpak_sim::SimDisk;

use crate::support::{draft, open, small};

/// So many events over three streams, the store closed, and the head that it was closed with.
fn closed(count: usize) -> (SimDisk, TreeHead) {
    let disk = SimDisk::new();
    let journal = open(&disk.platform(), &small(Durability::Synced));
    let head = append(&journal, count);
    journal.close().unwrap();
    (disk, head)
}

fn append(journal: &Journal, count: usize) -> TreeHead {
    for number in 0..count {
        let entity = ["a", "b", "c"][number % 3];
        let payload = [7, u8::try_from(number).unwrap()].repeat(20);
        let appended = journal.append(draft(entity, &payload), Durability::Synced);
        appended.unwrap();
    }
    journal.view().tree_head(journal.durable()).unwrap()
}

fn check(disk: &SimDisk, expected: Option<TreeHead>) -> VerifyReport {
    verify_against(&disk.platform(), expected, &mut |_| {}).unwrap()
}

fn codes(report: &VerifyReport) -> Vec<&'static str> {
    report.findings.iter().map(|finding| finding.code).collect()
}

/// Changes the payload of the newest event in the newest segment and repairs both checksums.
fn forge_newest(disk: &SimDisk) {
    let name = last_segment(disk);
    let mut bytes = disk.contents(&name).unwrap();
    let salt = SegmentHeader::decode(bytes.first_chunk().unwrap())
        .unwrap()
        .salt;
    let (from, to) = (Offset(SEGMENT_HEADER as u64), Offset(bytes.len() as u64));
    let mut newest: Option<(usize, FrameHead)> = None;
    let mut scanner = Scanner::new(bytes.as_slice(), salt, from, to);
    while let Step::Frame { offset, head, .. } = scanner.next().unwrap() {
        if head.kind == FrameKind::Event {
            newest = Some((usize::try_from(offset.0).unwrap(), head));
        }
    }
    let (start, mut head) = newest.unwrap();
    let body = start + FRAME_FIXED..start + usize::try_from(head.length).unwrap();
    let at = bytes[body.clone()]
        .iter()
        .rposition(|byte| *byte == 7)
        .unwrap();
    bytes[body.start + at] = 8;
    head.body_crc = body_crc(&bytes[body]);
    let fixed = head.encode(salt, Offset(start as u64));
    bytes[start..start + FRAME_FIXED].copy_from_slice(&fixed);
    disk.put(&name, bytes);
}

fn last_segment(disk: &SimDisk) -> String {
    let names = disk.names();
    let segments = names.iter().filter(|name| name.ends_with(".fbat"));
    segments.max().unwrap().clone()
}

#[test]
fn the_head_is_the_same_for_writer_reader_record_and_verification() {
    for count in [0, 1, 2, 40] {
        let (disk, head) = closed(count);
        let reader = Reader::open(&disk.platform()).unwrap().0;
        let visible = reader.view().visible();
        assert_eq!(reader.view().tree_head(visible).unwrap(), head);
        let report = verify(&disk.platform(), &mut |_| {}).unwrap();
        assert_eq!((report.head, report.unknown_in_head), (head, 0), "{count}");
        assert_eq!(report.covered_by_tree, count as u64);
        assert_eq!(report.covered_by_checksum, 0);
        assert_eq!(codes(&report), [""; 0]);
    }
}

#[test]
fn every_earlier_head_holds_for_a_history_that_continues() {
    let (disk, _) = closed(20);
    let journal = open(&disk.platform(), &small(Durability::Synced));
    append(&journal, 20);
    let view = journal.view().clone();
    let heads: Vec<TreeHead> = (0..=40)
        .map(|size| view.tree_head(Sequence(size)).unwrap())
        .collect();
    disk.kill();
    for head in heads {
        let size = head.size;
        let report = check(&disk, Some(head));
        assert_eq!(codes(&report), [""; 0], "{size}");
        assert_eq!(report.covered_by_tree, size);
        // Of what is behind it, no hash covers the newest events of the streams.
        let bare = report.covered_by_checksum;
        assert!(bare <= 3.min(40 - size), "{size}: {bare}");
        assert_eq!(bare > 0, size < 40, "{size}: {bare}");
        let mut wrong = head;
        wrong.root[31] ^= 1;
        assert_eq!(codes(&check(&disk, Some(wrong))), ["head-wrong"], "{size}");
    }
    drop(journal);
}

#[test]
fn a_forged_newest_event_shows_in_the_head_and_nowhere_else() {
    let disk = SimDisk::new();
    let journal = open(&disk.platform(), &Options::default());
    let head = append(&journal, 9);
    disk.kill();
    drop(journal);
    forge_newest(&disk);
    // No hash that is stored elsewhere covers it.
    assert_eq!(codes(&check(&disk, None)), [""; 0]);
    let report = check(&disk, Some(head));
    assert_eq!(codes(&report), ["head-wrong"]);
    assert_eq!(report.covered_by_tree, 0);
    let finding = &report.findings[0];
    assert_eq!((finding.first, finding.last), (None, None));
    assert!(finding.message.contains("is not known"), "{finding:?}");
}

/// What an identity says when the record of the close is changed.
fn change_record(disk: &SimDisk, change: impl Fn(&mut CleanClose)) {
    let name = batpak_segment::names::IDENTITY;
    let mut bytes = disk.contents(name).unwrap();
    let half = bytes.len() / 2;
    for slot in bytes.chunks_mut(half) {
        let size = u32::try_from(half).unwrap();
        if let Ok(mut identity) = decode_slot(slot) {
            if let Some(record) = &mut identity.clean_close {
                change(record);
            }
            let encoded = identity.encode_into(size).unwrap();
            slot[..encoded.len()].copy_from_slice(&encoded);
        }
    }
    disk.put(name, bytes);
}

#[test]
fn a_recorded_head_that_is_not_of_these_events_is_a_finding_in_the_identity() {
    let changes: [fn(&mut TreeHead); 3] = [
        |head| head.root[0] ^= 1,
        |head| head.size -= 1,
        |head| head.size += 1,
    ];
    for change in changes {
        let (disk, _) = closed(20);
        change_record(&disk, |record| record.tree.iter_mut().for_each(change));
        let report = check(&disk, None);
        assert_eq!(codes(&report), ["tree-head-wrong"]);
        assert_eq!(report.findings[0].file, batpak_segment::names::IDENTITY);
        assert_eq!(report.covered_by_tree, 0);
    }
}

#[test]
fn a_store_with_fewer_events_than_the_head_is_told_apart_from_a_wrong_one() {
    let (disk, head) = closed(20);
    let (longer, later) = {
        let copy = disk.snapshot();
        let journal = open(&copy.platform(), &small(Durability::Synced));
        let later = append(&journal, 3);
        journal.close().unwrap();
        (copy, later)
    };
    assert_eq!(codes(&check(&longer, Some(head))), [""; 0]);
    let report = check(&disk, Some(later));
    assert_eq!(codes(&report), ["head-beyond"]);
    let finding = &report.findings[0];
    assert_eq!(
        (finding.first, finding.last),
        (Some(Sequence(21)), Some(Sequence(23)))
    );
    let endless = TreeHead {
        size: u64::MAX,
        ..later
    };
    assert_eq!(codes(&check(&disk, Some(endless))), ["head-beyond"]);
    // Another history of the same length, by other events.
    let (other, _) = closed(23);
    assert_eq!(codes(&check(&other, Some(later))), ["head-wrong"]);
}

#[test]
fn with_lost_events_before_it_a_head_is_neither_right_nor_wrong() {
    let (disk, head) = closed(20);
    disk.corrupt("000001.fbat", SEGMENT_HEADER + FRAME_FIXED + 200, 1);
    let report = check(&disk, Some(head));
    let codes = codes(&report);
    assert!(codes.contains(&"frame-damaged"), "{codes:?}");
    assert_eq!(codes.last(), Some(&"head-unproven"), "{codes:?}");
    assert!(!codes.contains(&"tree-head-wrong"), "{codes:?}");
    assert_eq!(report.covered_by_tree, 0);
    assert!(report.unknown_in_head > 0 && report.head.size == 20);
}
