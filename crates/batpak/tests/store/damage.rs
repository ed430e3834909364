//! What damaged stores say, to writers, readers and verification.

use std::fs;

use batpak::FORMAT_VERSION;
use batpak::store::{DetailCause, HandlingClass, verify};
use batpak_segment::SegmentHeader;

use super::*;

/// A closed store of `count` events, on a simulated disk.
fn closed(count: u64) -> SimDisk {
    let disk = SimDisk::new();
    let store = open_sim(&disk);
    for number in 0..count {
        store.append(&place("a"), KIND, &number).unwrap();
    }
    store.close().unwrap();
    disk
}

const SEGMENT: &str = "000001.fbat";

fn refusal(disk: &SimDisk) -> StoreError {
    Store::open_on(StoreConfig::new("/sim"), disk.platform())
        .map(drop)
        .unwrap_err()
}

/// Where the payload of event `number` is.
fn offset_of_event(disk: &SimDisk, number: u64) -> usize {
    let reader = Store::open_read_only_on(StoreConfig::new("/sim"), disk.platform()).unwrap();
    let id = reader.event_at(number).unwrap().event.event_id();
    let bytes = disk.contents(SEGMENT).unwrap();
    let needle = id.as_u128().to_le_bytes();
    bytes
        .windows(16)
        .position(|window| window == needle)
        .unwrap()
}

#[test]
fn damage_in_the_middle_refuses_a_writer_and_is_served_around_by_a_reader() {
    let disk = closed(9);
    assert!(disk.corrupt(SEGMENT, offset_of_event(&disk, 5), 0x10));
    let error = refusal(&disk);
    let StoreError::StoreDamaged {
        path,
        offset,
        first_sequence,
        last_sequence,
        ..
    } = &error
    else {
        panic!("{error}")
    };
    assert!(path.ends_with(SEGMENT) && offset.is_some(), "{error}");
    assert_eq!(*first_sequence, Some(5), "{error}");
    assert!(last_sequence.is_some_and(|last| last >= 5), "{error}");

    let reader = Store::open_read_only_on(StoreConfig::new("/sim"), disk.platform()).unwrap();
    assert_eq!(reader.open_report().damage.len(), 1);
    assert_eq!(reader.stats().event_count, 8);
    let error = reader.event_at(5).unwrap_err();
    assert!(
        matches!(&error, StoreError::StoreDamaged { first_sequence: Some(5), path, .. }
            if path.ends_with(SEGMENT)),
        "{error}"
    );
    assert_eq!(reader.query(&Region::all()).len(), 8);
    let outcomes: Vec<bool> = reader
        .scan(&Region::all())
        .events()
        .map(|event| event.is_ok())
        .collect();
    assert_eq!(
        outcomes.iter().filter(|ok| !**ok).count(),
        1,
        "{outcomes:?}"
    );
    assert_eq!(outcomes.len(), 9);
}

#[test]
fn a_stream_with_a_hole_says_which_events_are_missing_and_goes_on() {
    // Damaged event, direction, stream sequence found, and the one expected.
    for (damaged, reverse, hole) in [
        (5, false, (6, 5)),
        (1, false, (2, 1)),
        (5, true, (4, 5)),
        (1, true, (0, 1)),
    ] {
        let disk = closed(9);
        assert!(disk.corrupt(SEGMENT, offset_of_event(&disk, damaged), 0x10));
        let reader = Store::open_read_only_on(StoreConfig::new("/sim"), disk.platform()).unwrap();
        let mut scan = reader.scan_entity("a");
        if reverse {
            scan = scan.rev();
        }
        let (events, errors): (Vec<_>, Vec<_>) = scan.events().partition(Result::is_ok);
        assert_eq!((events.len(), errors.len()), (8, 1), "{errors:?}");
        let error = errors.into_iter().find_map(Result::err).unwrap();
        let StoreError::StreamGap {
            entity,
            found,
            expected,
        } = &error
        else {
            panic!("{error}")
        };
        assert_eq!((entity.as_str(), (*found, *expected)), ("a", hole));
        assert_eq!(error.class(), HandlingClass::FailClosedOperational);
        assert_eq!(error.locus().entity, Some("a"));
    }
}

#[test]
fn a_missing_or_cut_segment_is_refused_with_its_path() {
    let missing = closed(3);
    assert!(missing.delete(SEGMENT));
    let cut = closed(3);
    let bytes = cut.contents(SEGMENT).unwrap();
    cut.put(SEGMENT, &bytes[..bytes.len() / 2]);
    for (disk, expected) in [
        (missing, DetailCause::Missing),
        (cut, DetailCause::Truncated),
    ] {
        let error = refusal(&disk);
        let StoreError::StoreDamaged { path, detail, .. } = &error else {
            panic!("{error}")
        };
        assert!(path.ends_with(SEGMENT), "{error}");
        assert_eq!(detail.cause(), expected, "{error}");
    }
}

#[test]
fn a_segment_of_another_store_is_refused_as_the_wrong_file() {
    let [(dir, ours), (_other_dir, other)] = [new_store(), new_store()];
    for store in [&ours, &other] {
        store.append(&place("a"), KIND, &1).unwrap();
    }
    let foreign = other.path().join(SEGMENT);
    ours.close().unwrap();
    drop(other);
    fs::copy(foreign, dir.path().join(SEGMENT)).unwrap();
    let config = || StoreConfig::new(dir.path());
    let error = Store::open(config()).map(drop).unwrap_err();
    let StoreError::StoreDamaged { path, detail, .. } = &error else {
        panic!("{error}")
    };
    assert!(path.ends_with(SEGMENT), "{error}");
    assert_eq!(detail.cause(), DetailCause::WrongFile, "{error}");
    // Reading shows what is left: nothing of that segment.
    let reader = Store::open_read_only(config()).unwrap();
    assert_eq!(reader.open_report().damage[0].file, SEGMENT);
    assert_eq!(reader.stats().event_count, 0);
}

#[test]
fn a_malformed_segment_name_is_refused_with_its_path() {
    let disk = closed(3);
    disk.put("1.fbat", b"");
    let error = refusal(&disk);
    assert!(
        matches!(&error, StoreError::DataDirMalformed { path } if path.ends_with("1.fbat")),
        "{error}"
    );
}

/// Replaces the header of the segment.
fn change_header(disk: &SimDisk, change: impl FnOnce(&mut SegmentHeader)) {
    let mut bytes = disk.contents(SEGMENT).unwrap();
    let (header, _) = bytes.split_first_chunk_mut().unwrap();
    let mut facts = SegmentHeader::decode(header).unwrap();
    change(&mut facts);
    *header = facts.encode();
    disk.put(SEGMENT, bytes);
}

#[test]
fn a_newer_format_is_refused_as_such() {
    let disk = closed(3);
    change_header(&disk, |header| header.version = FORMAT_VERSION + 1);
    let error = refusal(&disk);
    assert!(
        matches!(&error, StoreError::FutureVersion { path, found, supported }
            if path.ends_with(SEGMENT) && (*found, *supported) == (FORMAT_VERSION + 1, FORMAT_VERSION)),
        "{error}"
    );
}

#[test]
fn a_damaged_header_is_refused_and_names_the_segment() {
    let disk = closed(3);
    assert!(disk.corrupt(SEGMENT, 20, 1));
    let error = refusal(&disk);
    assert!(
        matches!(error, StoreError::CorruptSegment { segment_id: 1, .. }),
        "{error}"
    );
}

#[test]
fn verification_finds_a_flipped_byte_with_file_and_offset() {
    let (dir, store) = new_store();
    for number in 0..9_u64 {
        store.append(&place("a"), KIND, &number).unwrap();
    }
    store.close().unwrap();
    let mut calls = 0;
    let report = verify(dir.path(), &mut |_| calls += 1).unwrap();
    assert!(
        report.findings.is_empty() && report.clean && calls > 0,
        "{report:?}"
    );
    assert_eq!((report.events, report.streams, report.segments), (9, 1, 1));
    let id = open_read_only(&dir).event_at(4).unwrap().event.event_id();
    let path = dir.path().join(SEGMENT);
    let mut bytes = fs::read(&path).unwrap();
    let needle = id.as_u128().to_le_bytes();
    let at = bytes
        .windows(16)
        .position(|window| window == needle)
        .unwrap();
    bytes[at] ^= 1;
    fs::write(&path, bytes).unwrap();
    let report = verify(dir.path(), &mut |_| {}).unwrap();
    let finding = report
        .findings
        .iter()
        .find(|finding| finding.file == SEGMENT && finding.offset.is_some())
        .unwrap_or_else(|| panic!("{report:?}"));
    let offset = usize::try_from(finding.offset.unwrap()).unwrap();
    assert!(offset <= at && at < offset + 200, "{finding:?}");
    assert_eq!(finding.first_sequence, Some(4), "{finding:?}");
}
