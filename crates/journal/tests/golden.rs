//! The golden store of format version 1: it is still written byte for byte, read, and continued.
#![cfg(test)]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use batpak_coordinate::Sequence;
use batpak_event::{Cause, EventId};
use batpak_journal::{
    AppendError, Draft, DraftCause, Durability, FrameBuffer, Journal, Reader, ScanRequest,
    Selection, View, verify,
};
use batpak_platform::{LOCK_FILE_NAME, Platform, RealDirectory};
use batpak_segment::{
    EventFrame, FRAME_FIXED, FrameHead, FrameKind, Offset, SEGMENT_HEADER, Salt, Scanner,
    SegmentHeader, Step, body_crc,
};

#[path = "../examples/golden/store.rs"]
mod store;

/// What an event of the golden store says, written down here independently of what wrote it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Expected {
    entity: String,
    scope: String,
    kind: u16,
    stream_sequence: u64,
    predecessor: u64,
    generation: u32,
    /// Sequence of each local cause; 0 for the foreign one.
    causes: Vec<u64>,
    /// Sequence of the event whose identifier is the correlation.
    correlation: u64,
    flags: u8,
    payload_version: u16,
    lane: u32,
    depth: u32,
    extensions: Vec<u8>,
    payload: Vec<u8>,
}

#[test]
fn the_generator_still_writes_the_same_bytes() {
    let temporary = tempfile::tempdir().unwrap();
    store::write(RealDirectory::open(temporary.path()).unwrap()).unwrap();
    let (written, golden) = (files(temporary.path()), files(&fixture()));
    let names = |files: &BTreeMap<String, Vec<u8>>| files.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&written), names(&golden));
    for (name, bytes) in &written {
        let same = bytes.iter().zip(&golden[name]).take_while(|(a, b)| a == b);
        let at = same.count();
        assert!(
            *bytes == golden[name],
            "{name} differs from offset {at}; if the format was meant to change, its version must"
        );
    }
}

#[test]
fn a_golden_store_verifies_and_shows_every_event() {
    let copy = copy_of_fixture();
    let before = files(copy.path());
    let platform = platform(copy.path());
    let report = verify(&platform, &mut |_| {}).unwrap();
    assert_eq!(report.findings, []);
    assert!(report.clean && !report.live_writer);
    let expected = expected();
    let count = expected.len() as u64;
    assert_eq!((report.events, report.segments), (count, 7));
    // Two streams end with an event that a segment ends with, and the record of the close has a head.
    let covered = (report.covered_by_close, report.covered_by_tree);
    assert_eq!((report.streams, covered), (11, (2, count)));
    assert_eq!(report.covered_by_checksum, 0);
    assert_eq!(report.covered_by_successor, count - 11);

    let (reader, opened) = Reader::open(&platform).unwrap();
    assert!(opened.clean && opened.set_aside.is_empty() && opened.damage.is_empty());
    assert_eq!((opened.events, opened.attested), (count, Sequence(count)));
    assert_eq!(reader.view().epoch().0, 2);
    assert_eq!(shown(reader.view()), expected);
    assert_eq!(files(copy.path()), before, "reading changes nothing");
}

/// Hashes and times that no later version may compute differently.
#[test]
fn golden_hashes_and_times_are_the_recorded_ones() {
    let copy = copy_of_fixture();
    let (reader, _) = Reader::open(&platform(copy.path())).unwrap();
    let view = reader.view();
    let hex = |number: u128| format!("{number:032x}");
    assert_eq!(hex(view.lineage().0), "c15c0289ec2d0a9167ec8e65a18debbe");
    assert_eq!(hex(view.branch().0), "5e5532fbeea293f80bc942ee9086c171");
    let mut buffer = FrameBuffer::new();
    for (sequence, time, counter, hash) in RECORDED {
        let frame = view.read(Sequence(sequence), &mut buffer).unwrap();
        let found: String = frame
            .event_hash(view.key())
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        let time = store::START_US + time;
        assert_eq!((frame.head.wall_us, frame.head.counter), (time, counter));
        assert_eq!(found, hash, "sequence {sequence}");
    }
}

/// Sequence, microseconds after the start, counter, event hash.
const RECORDED: [(u64, i64, u16, &str); 4] = [
    (
        1,
        750,
        0,
        "ebe9bec8ba7250363a739385f9b86a1d9b82ed330e4e52545d5d1c9e153ffc34",
    ),
    (
        6,
        1500,
        4,
        "62fbe7d52cbab30cb4e7e0a136838808315de9c8c0619677f3a490b5d16007fb",
    ),
    (
        51,
        13_500,
        2,
        "b125ba6623d1767db0a1544ee0bc2f54e21f90affaa403365a4f961eeaf75fdd",
    ),
    (
        63,
        store::LATER_US + 3000,
        0,
        "9b9dc839d75f9b9293bd5b070792600ff170df49fc8021051bc97bea41150b74",
    ),
];

#[test]
fn a_golden_store_is_continued() {
    let copy = copy_of_fixture();
    let platform = platform(copy.path());
    let count = expected().len() as u64;
    let (journal, report) = Journal::open(&platform, store::options()).unwrap();
    assert!(report.clean && !report.created && report.set_aside.is_empty());
    assert_eq!((report.events, report.rewritten_events), (count, 0));

    let again = journal.append(store::keyed_order().unwrap(), Durability::Synced);
    let again = again.unwrap();
    assert!(again.duplicate);
    assert_eq!(again.sequence, Sequence(2));

    // What is refused takes no sequence.
    let refused = vec![
        store::reading(0).unwrap(),
        Draft {
            causes: vec![DraftCause::Prior(1)],
            ..store::reading(1).unwrap()
        },
    ];
    let refused = journal.append_unit(refused, Durability::Synced);
    assert!(matches!(refused, Err(AppendError::InvalidPrior { .. })));

    let next = journal.append(store::reading(0).unwrap(), Durability::Synced);
    let next = next.unwrap();
    assert_eq!(next.sequence, Sequence(count + 1));
    assert_eq!(next.stream_sequence.get(), 14);
    journal.close().unwrap();

    let report = verify(&platform, &mut |_| {}).unwrap();
    assert_eq!(report.findings, []);
    assert_eq!((report.events, report.epoch.0), (count + 1, 3));
}

/// Whoever changes an event and repairs every checksum still breaks the event after it.
#[test]
fn a_forged_event_with_repaired_checksums_breaks_its_successor() {
    type Change = fn(&mut FrameHead, &mut [u8]);
    // The body is "order:1", "golden", then the payload.
    let changes: [(&str, Change); 8] = [
        ("kind", |head, _| head.event_kind = 0x1009),
        ("time", |head, _| head.wall_us += 1),
        ("counter", |head, _| head.counter += 1),
        ("flags", |head, _| head.caller_flags = 8),
        ("payload version", |head, _| head.payload_version = 2),
        ("id", |head, _| head.event_id = EventId::new(77)),
        ("scope", |_, body| body[7] = b'G'),
        ("payload", |_, body| body[23] = b'P'),
    ];
    let golden = fs::read(fixture().join("000001.fbat")).unwrap();
    let (salt, offset, head) = first_event(&golden);
    let start = usize::try_from(offset.0).unwrap();
    let body = start + FRAME_FIXED..start + usize::try_from(head.length).unwrap();
    for (what, change) in changes {
        let (mut bytes, mut head) = (golden.clone(), head);
        change(&mut head, &mut bytes[body.clone()]);
        head.body_crc = body_crc(&bytes[body.clone()]);
        bytes[start..start + FRAME_FIXED].copy_from_slice(&head.encode(salt, offset));
        assert_ne!(bytes, golden, "{what}");
        let copy = copy_of_fixture();
        fs::write(copy.path().join("000001.fbat"), bytes).unwrap();
        let report = verify(&platform(copy.path()), &mut |_| {}).unwrap();
        let found = report
            .findings
            .iter()
            .any(|finding| finding.code == "chain-broken" && finding.first == Some(Sequence(3)));
        assert!(found, "{what}: {:?}", report.findings);
    }
}

fn first_event(segment: &[u8]) -> (Salt, Offset, FrameHead) {
    let header = SegmentHeader::decode(segment.first_chunk().unwrap()).unwrap();
    let (from, to) = (Offset(SEGMENT_HEADER as u64), Offset(segment.len() as u64));
    let mut scanner = Scanner::new(segment, header.salt, from, to);
    loop {
        match scanner.next().unwrap() {
            Step::Frame { offset, head, .. } if head.kind == FrameKind::Event => {
                return (header.salt, offset, head);
            }
            Step::Frame { .. } => {}
            Step::Stop(stop) => panic!("{stop:?}"),
        }
    }
}

fn expected() -> Vec<Expected> {
    let event = |entity: &str, kind, stream_sequence, predecessor, generation| Expected {
        entity: entity.to_owned(),
        scope: "golden".to_owned(),
        kind,
        stream_sequence,
        predecessor,
        generation,
        ..Expected::default()
    };
    let mut events = vec![
        Expected {
            payload_version: 1,
            payload: b"\x81\xa4item\xa4lamp".to_vec(),
            ..event("order:1", 0x1001, 1, 0, 1)
        },
        Expected {
            flags: 0b101,
            extensions: b"\x81\xa7cli.key\xc4\x07order-2".to_vec(),
            ..event("order:2", 0x1001, 1, 0, 1)
        },
        Expected {
            causes: vec![1, 0],
            correlation: 1,
            payload: vec![0x92, 1, 2],
            ..event("order:1", 0x2007, 2, 1, 2)
        },
        Expected {
            lane: 3,
            depth: 1,
            payload: vec![0xc0],
            ..event("payment:1", 0x4001, 1, 0, 1)
        },
        Expected {
            causes: vec![4],
            payload: vec![0xc3],
            ..event("order:1", 0x1002, 3, 3, 3)
        },
        Expected {
            causes: vec![5, 1, 4],
            payload_version: 7,
            payload: vec![0xc2],
            ..event("payment:1", 0x4002, 2, 4, 4)
        },
        Expected {
            payload: vec![1],
            ..event("shipment:1", 0xE000, 1, 0, 1)
        },
        Expected {
            causes: vec![7],
            payload: vec![2],
            ..event("shipment:2", 0xEFFF, 1, 0, 2)
        },
    ];
    let reading = |number: u8, sequence: u64| {
        let round = u64::from(number / 4) + 1;
        let predecessor = match number {
            0..4 => 0,
            40..44 => sequence - 4 - 3,
            _ => sequence - 4,
        };
        let entity = format!("sensor:{}", number % 4);
        let generation = u32::from(number / 4) + 1;
        Expected {
            payload: store::reading_payload(number),
            ..event(&entity, 0x307A, round, predecessor, generation)
        }
    };
    events.extend((0..40).map(|number| reading(number, u64::from(number) + 9)));
    events.extend([
        Expected {
            payload: store::large_payload(),
            ..event("document:1", 0x5001, 1, 0, 1)
        },
        Expected {
            scope: "größe→∞".to_owned(),
            payload: vec![0xa0],
            ..event("straße:München", 0x1000, 1, 0, 1)
        },
        Expected {
            payload: b"\xa4done".to_vec(),
            ..event("order:1", 0x1003, 4, 5, 4)
        },
    ]);
    events.extend((40..52).map(|number| reading(number, u64::from(number) + 12)));
    for (event, sequence) in events.iter_mut().zip(1..) {
        if event.correlation == 0 {
            event.correlation = sequence;
        }
    }
    events
}

fn shown(view: &View) -> Vec<Expected> {
    let mut scan = view.scan(ScanRequest {
        selection: Selection::All,
        after: Sequence::NONE,
        reverse: false,
    });
    let mut events = Vec::new();
    while let Some(frame) = scan.next_frame().unwrap() {
        events.push(show(view, &frame));
    }
    events
}

fn show(view: &View, frame: &EventFrame<'_>) -> Expected {
    let sequence_of = |id: EventId| view.find(id).unwrap().unwrap().get();
    let causes = frame.causes().map(|cause| match cause {
        Cause::Local(id) => sequence_of(id),
        Cause::Foreign(id) => {
            assert_eq!(id, store::FOREIGN);
            0
        }
    });
    Expected {
        entity: frame.entity().to_owned(),
        scope: frame.scope().to_owned(),
        kind: frame.head.event_kind,
        stream_sequence: frame.head.stream_sequence.get(),
        predecessor: frame.head.predecessor.get(),
        generation: frame.head.generation.get(),
        causes: causes.collect(),
        correlation: sequence_of(frame.correlation().into()),
        flags: frame.head.caller_flags,
        payload_version: frame.head.payload_version,
        lane: frame.lane(),
        depth: frame.depth(),
        extensions: frame.extensions().to_vec(),
        payload: frame.payload().to_vec(),
    }
}

fn fixture() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/golden/v1")
}

/// Name and bytes of every file but the lock file, which tells of the process that wrote it.
fn files(directory: &Path) -> BTreeMap<String, Vec<u8>> {
    fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap())
        .map(|entry| (entry.file_name().into_string().unwrap(), entry.path()))
        .filter(|(name, _)| name != LOCK_FILE_NAME)
        .map(|(name, path)| (name, fs::read(path).unwrap()))
        .collect()
}

fn copy_of_fixture() -> tempfile::TempDir {
    let copy = tempfile::tempdir().unwrap();
    for (name, bytes) in files(&fixture()) {
        fs::write(copy.path().join(name), bytes).unwrap();
    }
    copy
}

fn platform(directory: &Path) -> Platform {
    Platform::real(RealDirectory::open(directory).unwrap())
}
