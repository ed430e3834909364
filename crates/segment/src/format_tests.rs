//! The text of the format against the code, so that neither moves without the other.

use batpak_coordinate::{Generation, Sequence, StreamSequence};
use batpak_event::{Cause, CorrelationId, EventFacts, EventId, HashKey, Lineage};

use crate::identity::{BRANCH_FIELDS, CLEAN_CLOSE_FIELDS, CLOSED_FIELDS, SLOT_FIELDS};
use crate::index::{self, ENTRY_FIELDS, Form, INDEX_FIELDS, Length, Tag};
use crate::testing::{SALT, frame_of};
use crate::{
    BodyParts, ControlFrame, EventFrame, FrameFlags, FrameHead, FrameKind, GapCause, KeyFacts,
    Offset, close, frame, header,
};

const TEXT: &str = include_str!("../../../docs/format.md");

/// The lines from a heading to the next one.
fn section(heading: &str) -> Vec<&'static str> {
    let mut lines = TEXT.lines().skip_while(|line| *line != heading);
    assert_eq!(
        lines.next(),
        Some(heading),
        "the text has the section {heading}"
    );
    lines.take_while(|line| !line.starts_with('#')).collect()
}

/// The cells of the rows of the first table with this first column.
fn table(heading: &str, first_column: &str) -> Vec<Vec<&'static str>> {
    let cells = |line: &'static str| line.trim_matches('|').split('|').map(str::trim).collect();
    let rows: Vec<Vec<_>> = section(heading)
        .into_iter()
        .skip_while(|line| !line.starts_with(&format!("| {first_column} |")))
        .take_while(|line| line.starts_with('|'))
        .skip(2)
        .map(cells)
        .collect();
    assert!(!rows.is_empty(), "{heading} has a table by {first_column}");
    rows
}

#[test]
fn every_offset_table_is_the_layout_of_the_code() {
    let layouts = [
        ("### Segment header", header::FIELDS),
        ("### Close facts", close::FIELDS),
        ("### Frame fixed part", frame::layout::FIELDS),
        ("### Identity slot", SLOT_FIELDS),
        ("### Clean-close record", CLEAN_CLOSE_FIELDS),
        ("### Branch record", BRANCH_FIELDS),
        ("### Closed segment", CLOSED_FIELDS),
        ("### Index header", INDEX_FIELDS),
        ("### Chunk table", ENTRY_FIELDS),
    ];
    for (heading, fields) in layouts {
        let written: Vec<(usize, usize, &str)> = table(heading, "Offset")
            .into_iter()
            .map(|row| (row[0].parse().unwrap(), row[1].parse().unwrap(), row[2]))
            .collect();
        let coded: Vec<(usize, usize, &str)> = fields
            .windows(2)
            .map(|pair| (pair[0].1, pair[1].1 - pair[0].1, pair[0].0))
            .collect();
        assert_eq!(written, coded, "{heading}");
    }
}

#[test]
fn the_flags_are_the_bits_of_the_code() {
    let rows = table("### Frame flags", "Bit");
    for row in &rows {
        let bit = row[0].parse::<u32>().unwrap();
        let flag = FrameFlags::from_bits(1 << bit).unwrap();
        assert_eq!(format!("{flag:?}"), format!("{{{:?}}}", row[1]));
    }
    assert_eq!(
        FrameFlags::from_bits(1 << rows.len()),
        None,
        "no flag is missing"
    );
}

#[test]
fn the_control_frames_have_the_types_and_lengths_of_the_code() {
    let (first, last) = (Sequence(1), Sequence(2));
    let block = [1; EventFacts::LENGTH];
    let facts = EventFacts::from_bytes(&block);
    let epoch = batpak_event::Epoch(1);
    let gap = |tree| ControlFrame::Gap {
        first,
        last,
        cause: GapCause::Retention,
        tree,
    };
    let coded = [
        (
            "epoch",
            ControlFrame::Epoch {
                epoch,
                wall_us: 0,
                random: 0,
            },
        ),
        ("hide", ControlFrame::Hide { first, last }),
        ("unhide", ControlFrame::Unhide { first, last }),
        ("durable mark", ControlFrame::DurableMark { durable: last }),
        ("gap", gap(vec![])),
        (
            "key facts",
            ControlFrame::KeyFacts(Box::new(KeyFacts { epoch, facts })),
        ),
    ];
    let rows = table("### Control frames", "Type");
    assert_eq!(rows.len(), coded.len());
    for (row, (name, control)) in rows.iter().zip(coded) {
        let mut bytes = Vec::new();
        control.encode(SALT, Offset(256), &mut bytes);
        let head = FrameHead::decode(bytes.first_chunk().unwrap(), SALT, Offset(256)).unwrap();
        assert_eq!(row[1], name);
        assert_eq!(row[0], head.event_kind.to_string(), "{name}");
        let length = row[2].trim_end_matches(" + 32 n");
        assert_eq!(length, head.payload_len.to_string(), "{name}");
    }
    let mut with_tree = Vec::new();
    gap(vec![[0; 32]; 3]).encode(SALT, Offset(256), &mut with_tree);
    assert_eq!(with_tree.len(), 128 + 32 + 3 * 32);
}

#[test]
fn the_chunks_of_an_index_are_those_of_the_code() {
    let coded: Vec<[String; 4]> = Tag::ALL
        .iter()
        .map(|tag| {
            let form = match tag.form() {
                Form::Number => "numbers",
                Form::Byte => "bytes",
                Form::Id => "ids",
                Form::Digest => "digests",
            };
            let count = match tag.length() {
                Length::Events => "events".to_owned(),
                Length::EventBits => "event bits".to_owned(),
                Length::EventSamples => "samples".to_owned(),
                Length::Streams => "streams".to_owned(),
                Length::StreamsOrNone => "streams or 0".to_owned(),
                Length::StreamStarts => "streams + 1".to_owned(),
                Length::Same(other) => other.name().to_owned(),
                Length::Starts(other) => format!("{} + 1", other.name()),
                Length::Pair => "2".to_owned(),
                Length::Any => "any".to_owned(),
            };
            [
                tag.number().to_string(),
                tag.name().to_owned(),
                form.to_owned(),
                count,
            ]
        })
        .collect();
    let written: Vec<_> = table("### Chunks", "Tag")
        .iter()
        .map(|row| [row[0], row[1], row[2], row[3]].map(str::to_owned))
        .collect();
    assert_eq!(written, coded);
}

#[test]
fn the_numbers_in_the_text_are_those_of_the_code() {
    let numbers = [
        (format!("from 128 to {}", crate::MAX_FRAME_LENGTH), 2),
        (format!("at most {}", crate::MAX_CAUSES), 2),
        (format!("fixed part of {} bytes", crate::FRAME_FIXED), 1),
        (
            format!(
                "[header](#segment-header) of {} bytes",
                crate::SEGMENT_HEADER
            ),
            1,
        ),
        (format!("Length {}.", crate::SEAL_LENGTH), 1),
        (format!("block of {} bytes", EventFacts::LENGTH), 1),
        (format!("starts at offset {}", index::INDEX_HEADER), 1),
        (
            format!("n `u64` (at most {})", ControlFrame::MAX_TREE_HASHES),
            1,
        ),
        (
            format!(
                "from {} to {}",
                crate::identity::MIN_SLOT_SIZE,
                crate::identity::MAX_SLOT_SIZE
            ),
            1,
        ),
    ];
    for (phrase, times) in numbers {
        assert_eq!(TEXT.matches(&phrase).count(), times, "{phrase}");
    }
    for name in [
        crate::names::IDENTITY,
        crate::names::LOCK,
        crate::names::HIDDEN_RANGES,
        "NNNNNN.fbat",
        "NNNNNN.fidx",
    ] {
        assert!(TEXT.contains(&format!("| `{name}` |")), "{name}");
    }
    let magic =
        |bytes: [u8; 8]| format!("the bytes `{}`", String::from_utf8(bytes.to_vec()).unwrap());
    assert!(TEXT.contains(&magic(header::MAGIC_BYTES)));
    assert!(TEXT.contains(&magic(*b"FBATMETA")));
    assert!(TEXT.contains(&magic(index::MAGIC_BYTES)));
}

#[test]
fn the_example_is_what_the_code_writes_and_reads() {
    let causes = [
        Cause::Local(EventId::new(0x0a)),
        Cause::Foreign(EventId::new(0x0b)),
    ];
    let parts = BodyParts {
        lane: 0,
        depth: 0,
        correlation: Some(CorrelationId::new(0x0c)),
        causes: &causes,
        entity: "user:1",
        scope: "billing",
        extensions: &[],
        salt: None,
        payload: b"\x81\xa6amount\x0c",
    };
    let head = FrameHead {
        caller_flags: 1,
        flags: FrameFlags::COMMIT,
        sequence: Sequence(42),
        event_id: EventId::mint(1_700_000_000_000_000, Sequence(42), 7),
        wall_us: 1_700_000_000_000_000,
        stream_sequence: StreamSequence(3),
        predecessor: Sequence(40),
        previous_hash: [0xab; 32],
        generation: Generation(3),
        durable_lag: 2,
        event_kind: 0x1001,
        counter: 5,
        payload_version: 1,
        ..FrameHead::blank(FrameKind::Event)
    };
    let bytes = frame_of(head, &parts, Offset(256));
    let event = EventFrame::decode(&bytes, SALT, Offset(256)).unwrap();
    let key = HashKey::for_lineage(Lineage(0x00112233_44556677_8899aabb_ccddeeff));
    let hex = |bytes: &[u8]| {
        bytes
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect::<String>()
    };
    let mut expected = vec![
        "sequence 42, stream sequence 3, predecessor 40, event kind 0x1001, generation 3"
            .to_owned(),
        "wall clock 1700000000000000, counter 5, payload version 1, caller flags 1, durable lag 2"
            .to_owned(),
        format!("event id {}, correlation 0x0c", head.event_id.hex()),
        "causes: local 0x0a, foreign 0x0b; previous hash: 32 bytes of 0xab".to_owned(),
        "entity user:1, scope billing, no extensions, payload {amount: 12}".to_owned(),
        String::new(),
    ];
    expected.extend(
        bytes
            .chunks(16)
            .enumerate()
            .map(|(row, chunk)| format!("{:04x}  {}", row * 16, hex(chunk))),
    );
    expected.push(String::new());
    expected.push(format!(
        "payload commitment  {}",
        hex(&event.content_hash())
    ));
    expected.push(format!(
        "context hash        {}",
        hex(&event.context_hash())
    ));
    expected.push(format!(
        "event hash          {}",
        hex(&event.event_hash(&key))
    ));
    let written: Vec<&str> = section("### Example frame")
        .into_iter()
        .skip_while(|line| *line != "```text")
        .skip(1)
        .take_while(|line| *line != "```")
        .collect();
    assert_eq!(written.join("\n"), expected.join("\n"));
}
