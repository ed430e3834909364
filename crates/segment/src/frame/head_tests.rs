//! The fixed part against hostile bytes and against itself.

use batpak_coordinate::{Generation, Sequence, StreamSequence};
use batpak_event::{Cause, EventId};
use proptest::prelude::*;

use super::*;
use crate::testing::{FULL, PLAIN, SALT, frame, head, reseal};

const OFFSET: Offset = Offset(4096);

fn fixed(frame: &[u8]) -> &[u8; FRAME_FIXED] {
    frame.first_chunk().unwrap()
}

fn decode(frame: &[u8]) -> Result<FrameHead, FrameFault> {
    FrameHead::decode(fixed(frame), SALT, OFFSET)
}

#[test]
fn every_single_bit_flip_of_the_fixed_part_is_detected() {
    for parts in [&PLAIN, &FULL] {
        let frame = frame(9, parts, OFFSET);
        assert!(decode(&frame).is_ok());
        for bit in 0..FRAME_FIXED * 8 {
            let mut flipped = frame.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(decode(&flipped).is_err(), "bit {bit}");
        }
    }
}

#[test]
fn a_frame_verifies_at_its_own_place_only() {
    let frame = frame(9, &PLAIN, OFFSET);
    for bit in 0..64 {
        let moved = FrameHead::decode(fixed(&frame), SALT, Offset(OFFSET.0 ^ 1 << bit));
        assert_eq!(moved, Err(FrameFault::HeaderChecksum), "offset bit {bit}");
        let salted = FrameHead::decode(fixed(&frame), Salt(SALT.0 ^ 1 << bit), OFFSET);
        assert_eq!(salted, Err(FrameFault::HeaderChecksum), "salt bit {bit}");
    }
}

#[test]
fn impossible_lengths_are_refused_before_the_check() {
    let zero = [0; FRAME_FIXED];
    assert_eq!(decode(&zero), Err(FrameFault::ZeroLength));
    for length in [
        1_u32,
        8,
        120,
        127,
        129,
        132,
        MAX_FRAME_LENGTH + 8,
        !7,
        u32::MAX,
    ] {
        let mut frame = frame(9, &PLAIN, OFFSET);
        frame[..4].copy_from_slice(&length.to_le_bytes());
        reseal(&mut frame, SALT, OFFSET);
        assert_eq!(decode(&frame), Err(FrameFault::BadLength), "{length}");
    }
}

#[test]
fn a_length_that_is_not_the_sum_of_the_parts_is_refused_even_when_it_verifies() {
    // Field, its width, and a value that no longer adds up; the last ones would overflow 32 bits.
    let cases: [(usize, &[u8]); 7] = [
        (LENGTH, &128_u32.to_le_bytes()),
        (LENGTH, &MAX_FRAME_LENGTH.to_le_bytes()),
        (ENTITY_LENGTH, &u16::MAX.to_le_bytes()),
        (SCOPE_LENGTH, &u16::MAX.to_le_bytes()),
        (CAUSE_COUNT, &MAX_CAUSES.to_le_bytes()),
        (EXTENSIONS_LENGTH, &u32::MAX.to_le_bytes()),
        (PAYLOAD_LENGTH, &u32::MAX.to_le_bytes()),
    ];
    for (at, value) in cases {
        let mut frame = frame(9, &PLAIN, OFFSET);
        frame[at..at + value.len()].copy_from_slice(value);
        reseal(&mut frame, SALT, OFFSET);
        assert_eq!(decode(&frame), Err(FrameFault::BadLength), "field at {at}");
    }
}

#[test]
fn impossible_values_are_refused_even_when_they_verify() {
    let cases: [(usize, &[u8], FrameFault); 11] = [
        (FRAME_KIND, &[0], FrameFault::FutureVersion),
        (FRAME_KIND, &[4], FrameFault::FutureVersion),
        (FRAME_KIND, &[0x7f], FrameFault::FutureVersion),
        (FRAME_FLAGS, &[0x41, 0], FrameFault::FutureVersion),
        (FRAME_FLAGS, &[1, 0x80], FrameFault::FutureVersion),
        (
            SEQUENCE,
            &[0; 8],
            FrameFault::Malformed("sequence of an event is 0"),
        ),
        (
            STREAM_SEQUENCE,
            &[0; 8],
            FrameFault::Malformed("stream sequence of an event is 0"),
        ),
        (
            PREDECESSOR,
            &9_u64.to_le_bytes(),
            FrameFault::Malformed("predecessor is not before the event"),
        ),
        (
            WALL_US,
            &(-1_i64).to_le_bytes(),
            FrameFault::Malformed("wall clock is before 1970"),
        ),
        (
            CAUSE_COUNT,
            &4097_u16.to_le_bytes(),
            FrameFault::Malformed("event has too many causes"),
        ),
        (
            RESERVED,
            &[0, 0, 0, 1],
            FrameFault::Malformed("reserved bytes are not zero"),
        ),
    ];
    for (at, value, fault) in cases {
        let mut frame = frame(9, &PLAIN, OFFSET);
        frame[at..at + value.len()].copy_from_slice(value);
        reseal(&mut frame, SALT, OFFSET);
        assert_eq!(decode(&frame), Err(fault), "field at {at}");
    }
}

#[test]
fn a_skippable_frame_of_a_newer_format_shows_its_length_and_nothing_else() {
    for (at, value) in [
        (FRAME_KIND, vec![0x80]),
        (FRAME_KIND, vec![0xff]),
        (EVENT_KIND, vec![0, 0x80]),
    ] {
        let mut frame = frame(9, &PLAIN, OFFSET);
        frame[FRAME_KIND] = FrameKind::Control.to_byte();
        frame[at..at + value.len()].copy_from_slice(&value);
        reseal(&mut frame, SALT, OFFSET);
        let head = decode(&frame).unwrap();
        assert_eq!(head.kind, FrameKind::Skippable);
        assert_eq!(head.length as usize, frame.len());
        assert_eq!(head.sequence, Sequence::NONE);
        assert_eq!(head.attests(), None);
    }
}

#[test]
fn the_durable_lag_attests_what_it_reaches() {
    let cases = [
        (FrameKind::Event, 10, 1, Some(9)),
        (FrameKind::Event, 10, 9, Some(1)),
        (FrameKind::Event, 10, 0, None),
        (FrameKind::Event, 10, 10, None),
        (FrameKind::Event, 10, 11, None),
        (FrameKind::Event, u64::MAX, u32::MAX, None),
        (
            FrameKind::Event,
            u64::MAX,
            u32::MAX - 1,
            Some(u64::MAX - u64::from(u32::MAX - 1)),
        ),
        (FrameKind::Control, 10, 1, None),
    ];
    for (kind, sequence, durable_lag, expected) in cases {
        let head = FrameHead {
            kind,
            sequence: Sequence(sequence),
            durable_lag,
            ..head(10)
        };
        assert_eq!(
            head.attests(),
            expected.map(Sequence),
            "{sequence} {durable_lag}"
        );
    }
}

#[test]
fn parts_that_do_not_fit_are_named_and_change_nothing() {
    let long = "x".repeat(65_536);
    let causes = vec![Cause::Local(EventId::nil()); 4097];
    let payload = vec![0; MAX_FRAME_LENGTH as usize - 128 - 6 - 7 + 1];
    let cases = [
        (
            "entity",
            BodyParts {
                entity: &long,
                ..PLAIN
            },
        ),
        (
            "scope",
            BodyParts {
                scope: &long,
                ..PLAIN
            },
        ),
        (
            "list of causes",
            BodyParts {
                causes: &causes,
                ..PLAIN
            },
        ),
        (
            "frame",
            BodyParts {
                payload: &payload,
                ..PLAIN
            },
        ),
        (
            "frame",
            BodyParts {
                extensions: &payload,
                ..PLAIN
            },
        ),
    ];
    for (part, parts) in cases {
        let mut changed = head(9);
        assert_eq!(changed.fit(&parts), Err(BodyTooLarge { part }));
        assert_eq!(changed, head(9));
    }
    let largest = BodyParts {
        payload: &payload[1..],
        ..PLAIN
    };
    let mut head = head(9);
    head.fit(&largest).unwrap();
    assert_eq!(head.length, MAX_FRAME_LENGTH);
}

#[test]
fn fitting_replaces_the_flags_of_the_body_and_keeps_the_others() {
    let mut head = head(9);
    head.flags = FrameFlags::COMMIT | FrameFlags::KEYED | FrameFlags::ERASED;
    head.fit(&FULL).unwrap();
    let body = FrameFlags::LANE | FrameFlags::CORRELATED | FrameFlags::SALTED;
    assert_eq!(head.flags, FrameFlags::COMMIT | FrameFlags::KEYED | body);
    head.fit(&PLAIN).unwrap();
    assert_eq!(head.flags, FrameFlags::COMMIT | FrameFlags::KEYED);
}

#[test]
fn the_encoding_is_the_documented_bytes() {
    let head = FrameHead {
        flags: FrameFlags::COMMIT,
        length: 144,
        payload_len: 16,
        ..head(9)
    };
    let bytes = head.encode(SALT, OFFSET);
    let expected = [
        &144_u32.to_le_bytes()[..],
        &bytes[4..8],
        &[0; 4],
        &[1, 9, 1, 0],
        &9_u64.to_le_bytes(),
        &head.event_id.as_u128().to_le_bytes(),
        &1_700_000_000_000_000_i64.to_le_bytes(),
        &9_u64.to_le_bytes(),
        &8_u64.to_le_bytes(),
        &[0xab; 32],
        &5_u32.to_le_bytes(),
        &1_u32.to_le_bytes(),
        &[0x01, 0x10, 2, 0, 7, 0, 0, 0, 0, 0, 0, 0],
        &[0; 4],
        &16_u32.to_le_bytes(),
        &[0; 4],
    ]
    .concat();
    assert_eq!(bytes.as_slice(), expected);
    let mut again = bytes;
    reseal(&mut again, SALT, OFFSET);
    assert_eq!(again, bytes);
}

prop_compose! {
    fn any_head()(
        numbers in any::<[u64; 3]>(),
        event_id in any::<u128>(),
        wall_us in 0..=i64::MAX,
        previous_hash in any::<[u8; 32]>(),
        small in any::<(u32, u32, u16, u16, u16, u8)>(),
        parts in (any::<u16>(), any::<u16>(), 0..=MAX_CAUSES, 0..1_000_000_u32, 0..1_000_000_u32),
        bits in 0..64_u16,
    ) -> FrameHead {
        let sequence = numbers[0].max(1);
        let mut head = FrameHead {
            length: 0,
            body_crc: small.0 ^ small.1,
            kind: FrameKind::Event,
            caller_flags: small.5,
            flags: FrameFlags::from_bits(bits).unwrap(),
            sequence: Sequence(sequence),
            event_id: EventId::new(event_id),
            wall_us,
            stream_sequence: StreamSequence(numbers[1].max(1)),
            predecessor: Sequence(numbers[2] % sequence),
            previous_hash,
            generation: Generation(small.0),
            durable_lag: small.1,
            event_kind: small.2,
            counter: small.3,
            payload_version: small.4,
            entity_len: parts.0,
            scope_len: parts.1,
            cause_count: parts.2,
            extensions_len: parts.3,
            payload_len: parts.4,
        };
        head.length = u32::try_from(head.length_of_parts()).unwrap();
        head
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn heads_survive_the_round_trip(head in any_head(), salt in 1..u64::MAX, offset in any::<u64>()) {
        let bytes = head.encode(Salt(salt), Offset(offset));
        prop_assert_eq!(FrameHead::decode(&bytes, Salt(salt), Offset(offset)), Ok(head));
    }

    #[test]
    fn arbitrary_bytes_never_panic(
        bytes in proptest::collection::vec(any::<u8>(), FRAME_FIXED),
        length in 0..600_u32,
        seal in any::<bool>(),
    ) {
        let mut bytes = bytes;
        bytes[..4].copy_from_slice(&(length * 8).to_le_bytes());
        bytes[RESERVED..].fill(0);
        if seal {
            reseal(&mut bytes, SALT, OFFSET);
        }
        if let Ok(head) = decode(&bytes) {
            prop_assert!(seal);
            prop_assert_eq!(head.length, length * 8);
        }
    }
}
