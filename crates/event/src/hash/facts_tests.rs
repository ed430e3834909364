//! The event hash against bytes that are built by hand.

use batpak_coordinate::{EventKind, Generation, Sequence, StreamSequence};

use super::{EventFacts, HashKey};
use crate::{CorrelationId, EventId, Lineage};

const LINEAGE: Lineage = Lineage(0x00112233_44556677_8899aabb_ccddeeff);

fn facts() -> EventFacts {
    EventFacts {
        event_id: EventId::new(0x0192_3456_789a_7001_8000_0002_dead_beef),
        sequence: Sequence(42),
        stream_sequence: StreamSequence(7),
        predecessor: Sequence(35),
        event_kind: EventKind::from_raw(0x1abc),
        wall_us: 1_700_000_000_123_456,
        counter: 3,
        lane: 5,
        depth: 2,
        generation: Generation(9),
        caller_flags: 0x09,
        payload_version: 4,
        correlation: CorrelationId::new(0xfeed_0000_0000_0000_0000_0000_0000_0001),
        payload_len: 100,
        context_hash: [0xc1; 32],
        content_hash: [0xc2; 32],
        previous_hash: [0xc3; 32],
    }
}

#[test]
fn the_golden_vector_holds() {
    // Every line is one fact, written out without the code under test.
    let block: Vec<u8> = [
        &[
            0xef, 0xbe, 0xad, 0xde, 0x02, 0, 0, 0x80, 0x01, 0x70, 0x9a, 0x78, 0x56, 0x34, 0x92,
            0x01,
        ][..],
        &[42, 0, 0, 0, 0, 0, 0, 0],
        &[7, 0, 0, 0, 0, 0, 0, 0],
        &[35, 0, 0, 0, 0, 0, 0, 0],
        &[0xbc, 0x1a],
        &[0x40, 0x22, 0x20, 0x18, 0x24, 0x0a, 0x06, 0],
        &[3, 0],
        &[5, 0, 0, 0],
        &[2, 0, 0, 0],
        &[9, 0, 0, 0],
        &[0x09],
        &[4, 0],
        &[1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xed, 0xfe],
        &[100, 0, 0, 0],
        &[0xc1; 32],
        &[0xc2; 32],
        &[0xc3; 32],
    ]
    .concat();
    let lineage = [
        0xff, 0xee, 0xdd, 0xcc, 0xbb, 0xaa, 0x99, 0x88, 0x77, 0x66, 0x55, 0x44, 0x33, 0x22, 0x11,
        0x00,
    ];
    let key = blake3::derive_key("batpak event v1", &lineage);
    let by_hand = *blake3::keyed_hash(&key, &block).as_bytes();

    assert_eq!(facts().to_bytes().as_slice(), block);
    let hash = facts().hash(&HashKey::for_lineage(LINEAGE));
    assert_eq!(hash, by_hand);
    let hex: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(
        hex,
        "570f1627414aee33ed41a80e4f207fb9c90891a6556619e64ee1d7cc7afe8e8e"
    );
}

#[test]
fn changing_any_single_fact_changes_the_hash() {
    let base = facts();
    let variants = [
        (
            "event_id",
            EventFacts {
                event_id: EventId::new(1),
                ..base
            },
        ),
        (
            "sequence",
            EventFacts {
                sequence: Sequence(43),
                ..base
            },
        ),
        (
            "stream_sequence",
            EventFacts {
                stream_sequence: StreamSequence(8),
                ..base
            },
        ),
        (
            "predecessor",
            EventFacts {
                predecessor: Sequence(36),
                ..base
            },
        ),
        (
            "event_kind",
            EventFacts {
                event_kind: EventKind::from_raw(0x1abd),
                ..base
            },
        ),
        (
            "wall_us",
            EventFacts {
                wall_us: base.wall_us + 1,
                ..base
            },
        ),
        ("counter", EventFacts { counter: 4, ..base }),
        ("lane", EventFacts { lane: 6, ..base }),
        ("depth", EventFacts { depth: 3, ..base }),
        (
            "generation",
            EventFacts {
                generation: Generation(10),
                ..base
            },
        ),
        (
            "caller_flags",
            EventFacts {
                caller_flags: 0x08,
                ..base
            },
        ),
        (
            "payload_version",
            EventFacts {
                payload_version: 5,
                ..base
            },
        ),
        (
            "correlation",
            EventFacts {
                correlation: CorrelationId::new(1),
                ..base
            },
        ),
        (
            "payload_len",
            EventFacts {
                payload_len: 101,
                ..base
            },
        ),
        (
            "context_hash",
            EventFacts {
                context_hash: [0; 32],
                ..base
            },
        ),
        (
            "content_hash",
            EventFacts {
                content_hash: [0; 32],
                ..base
            },
        ),
        (
            "previous_hash",
            EventFacts {
                previous_hash: [0; 32],
                ..base
            },
        ),
    ];
    let key = HashKey::for_lineage(LINEAGE);
    for (name, variant) in variants {
        assert_ne!(variant.hash(&key), base.hash(&key), "{name}");
    }
    let other = HashKey::for_lineage(Lineage(LINEAGE.0 ^ 1));
    assert_ne!(base.hash(&other), base.hash(&key), "lineage");
}

#[test]
fn every_bit_of_a_block_is_some_fact() {
    let block = facts().to_bytes();
    for bit in 0..block.len() * 8 {
        let mut flipped = block;
        flipped[bit / 8] ^= 1 << (bit % 8);
        assert_ne!(EventFacts::from_bytes(&flipped), facts(), "bit {bit}");
        assert_eq!(
            EventFacts::from_bytes(&flipped).to_bytes(),
            flipped,
            "bit {bit}"
        );
    }
}

#[test]
fn a_key_does_not_print_its_bytes() {
    assert_eq!(
        format!("{:?}", HashKey::for_lineage(LINEAGE)),
        "HashKey(..)"
    );
}

#[test]
fn the_documented_block_is_the_one_that_is_hashed() {
    let text = include_str!("../../../../docs/format.md");
    let section = text
        .split("### Event hash\n")
        .nth(1)
        .unwrap()
        .split("\n## ")
        .next()
        .unwrap();
    let written: Vec<(usize, usize, &str)> = section
        .lines()
        .filter(|line| line.starts_with("| ") && !line.starts_with("| Offset"))
        .map(|row| {
            let cells: Vec<&str> = row.split('|').map(str::trim).collect();
            (
                cells[1].parse().unwrap(),
                cells[2].parse().unwrap(),
                cells[3],
            )
        })
        .collect();
    let names_and_starts = [
        ("event id", super::EVENT_ID),
        ("sequence", super::SEQUENCE),
        ("stream sequence", super::STREAM_SEQUENCE),
        ("predecessor", super::PREDECESSOR),
        ("event kind", super::EVENT_KIND),
        ("wall clock", super::WALL_US),
        ("counter", super::COUNTER),
        ("lane", super::LANE),
        ("depth", super::DEPTH),
        ("generation", super::GENERATION),
        ("caller flags", super::CALLER_FLAGS),
        ("payload version", super::PAYLOAD_VERSION),
        ("correlation", super::CORRELATION),
        ("payload length", super::PAYLOAD_LENGTH),
        ("context hash", super::CONTEXT_HASH),
        ("payload commitment", super::CONTENT_HASH),
        ("previous hash", super::PREVIOUS_HASH),
        ("", super::END),
    ];
    let coded: Vec<(usize, usize, &str)> = names_and_starts
        .windows(2)
        .map(|pair| (pair[0].1, pair[1].1 - pair[0].1, pair[0].0))
        .collect();
    assert_eq!(written, coded);
}
