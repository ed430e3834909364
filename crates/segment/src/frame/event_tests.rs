//! Event frames against hostile bytes and against themselves.

use batpak_event::{Context, Lineage};
use proptest::prelude::*;

use super::*;
use crate::testing::{FULL, PLAIN, SALT, frame, frame_of, head, reseal_all};
use crate::{
    BodyParts, ControlFrame, MAX_CAUSES, Seal, body_crc, body_flags, body_len, cause_offset,
    encode_body, encode_erased_body,
};

const OFFSET: Offset = Offset(256);

fn assert_holds(event: &EventFrame<'_>, parts: &BodyParts<'_>) {
    assert_eq!((event.lane(), event.depth()), (parts.lane, parts.depth));
    let own = CorrelationId::from(event.head.event_id);
    assert_eq!(event.correlation(), parts.correlation.unwrap_or(own));
    assert_eq!(event.causes().collect::<Vec<_>>(), parts.causes);
    assert_eq!(event.causes().len(), parts.causes.len());
    assert_eq!((event.entity(), event.scope()), (parts.entity, parts.scope));
    assert_eq!(event.extensions(), parts.extensions);
    assert_eq!(event.salt_bytes(), parts.salt);
    assert_eq!(event.payload(), parts.payload);
    assert!(!event.is_erased());
}

#[test]
fn every_single_bit_flip_of_a_frame_is_detected() {
    for parts in [&PLAIN, &FULL] {
        let frame = frame(3, parts, OFFSET);
        assert_holds(&EventFrame::decode(&frame, SALT, OFFSET).unwrap(), parts);
        for bit in 0..frame.len() * 8 {
            let mut flipped = frame.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(
                EventFrame::decode(&flipped, SALT, OFFSET).is_err(),
                "bit {bit}"
            );
        }
    }
}

#[test]
fn a_frame_cut_at_any_byte_is_refused() {
    let frame = frame(3, &FULL, OFFSET);
    for length in 0..frame.len() {
        let fault = EventFrame::decode(&frame[..length], SALT, OFFSET).unwrap_err();
        assert_eq!(fault, FrameFault::TooShort, "{length} bytes");
    }
    let longer = [frame.as_slice(), b"next"].concat();
    assert!(EventFrame::decode(&longer, SALT, OFFSET).is_ok());
}

#[test]
fn a_frame_at_another_offset_or_under_another_salt_never_verifies() {
    let frame = frame(3, &FULL, OFFSET);
    for offset in (0..4096).step_by(8).filter(|offset| *offset != OFFSET.0) {
        assert!(
            EventFrame::decode(&frame, SALT, Offset(offset)).is_err(),
            "{offset}"
        );
    }
    for salt in [0, 1, SALT.0 + 1, SALT.0.swap_bytes(), !SALT.0] {
        assert!(
            EventFrame::decode(&frame, Salt(salt), OFFSET).is_err(),
            "{salt}"
        );
    }
}

#[test]
fn malformed_bodies_are_refused_even_when_both_checks_match() {
    let names = cause_offset(FULL.causes.len(), &FULL) + 2;
    let cases = [
        (128 + names + 1, 0xff, "entity or scope is not UTF-8"),
        (
            128 + names + FULL.entity.len(),
            0x80,
            "entity or scope is not UTF-8",
        ),
        (128 + names - 1, 0x03, "unused cause marks are not zero"),
        (128 + body_len(&FULL) - 1, 0x01, "padding is not zero"),
    ];
    for (at, byte, fault) in cases {
        let mut frame = frame(3, &FULL, OFFSET);
        frame[at] = byte;
        reseal_all(&mut frame, SALT, OFFSET);
        let found = EventFrame::decode(&frame, SALT, OFFSET).unwrap_err();
        assert_eq!(found, FrameFault::Malformed(fault));
    }
}

#[test]
fn a_character_that_begins_in_the_entity_and_ends_in_the_scope_is_refused() {
    let scope = 128 + cause_offset(FULL.causes.len(), &FULL) + 2 + FULL.entity.len();
    let mut frame = frame(3, &FULL, OFFSET);
    frame[scope - 1..=scope].copy_from_slice("\u{e1}".as_bytes());
    reseal_all(&mut frame, SALT, OFFSET);
    let found = EventFrame::decode(&frame, SALT, OFFSET).unwrap_err();
    let names = FrameFault::Malformed("entity or scope is not UTF-8");
    assert_eq!(found, names);
}

#[test]
fn a_frame_is_only_what_its_kind_says() {
    let event = frame(3, &PLAIN, OFFSET);
    assert!(Seal::decode(&event, SALT, OFFSET).is_err());
    assert!(ControlFrame::decode(&event, SALT, OFFSET).is_err());
    let mut control = Vec::new();
    ControlFrame::DurableMark {
        durable: batpak_coordinate::Sequence(1),
    }
    .encode(SALT, OFFSET, &mut control);
    let fault = EventFrame::decode(&control, SALT, OFFSET).unwrap_err();
    assert_eq!(fault, FrameFault::Malformed("frame is not an event"));
}

#[test]
fn a_head_that_promises_more_than_its_bytes_is_refused() {
    let frame = frame(3, &FULL, OFFSET);
    let head = EventFrame::decode(&frame, SALT, OFFSET).unwrap().head;
    assert!(EventFrame::from_verified(head, &frame).is_ok());
    for cut in [0, 127, 128, frame.len() - 1] {
        let fault = EventFrame::from_verified(head, &frame[..cut]).unwrap_err();
        assert_eq!(fault, FrameFault::TooShort);
    }
    // A head that was not verified against this body may promise anything; that is a fault, not a panic.
    for payload_len in [0, 1_000, u32::MAX] {
        assert!(
            EventFrame::from_verified(
                FrameHead {
                    payload_len,
                    ..head
                },
                &frame
            )
            .is_err()
        );
    }
}

#[test]
fn a_cause_can_be_overwritten_where_the_offset_says() {
    let mut body = Vec::new();
    encode_body(&FULL, &mut body);
    let patched = EventId::new(0x1234_5678);
    let at = cause_offset(2, &FULL);
    body[at..at + 16].copy_from_slice(&patched.as_u128().to_le_bytes());
    let mut head = head(3);
    head.fit(&FULL).unwrap();
    head.body_crc = body_crc(&body);
    let frame = [head.encode(SALT, OFFSET).as_slice(), &body].concat();
    let event = EventFrame::decode(&frame, SALT, OFFSET).unwrap();
    let mut expected = FULL.causes.to_vec();
    expected[2] = Cause::Local(patched);
    assert_eq!(event.causes().collect::<Vec<_>>(), expected);
}

#[test]
fn the_facts_are_those_of_the_frame() {
    let frame = frame(3, &FULL, OFFSET);
    let event = EventFrame::decode(&frame, SALT, OFFSET).unwrap();
    let context = Context {
        entity: FULL.entity,
        scope: FULL.scope,
        causes: FULL.causes,
        extensions: FULL.extensions,
    };
    let head = head(3);
    let facts = EventFacts {
        event_id: head.event_id,
        sequence: head.sequence,
        stream_sequence: head.stream_sequence,
        predecessor: head.predecessor,
        event_kind: EventKind::from_raw(head.event_kind),
        wall_us: head.wall_us,
        counter: head.counter,
        lane: FULL.lane,
        depth: FULL.depth,
        generation: head.generation,
        caller_flags: head.caller_flags,
        payload_version: head.payload_version,
        correlation: FULL.correlation.unwrap(),
        payload_len: u32::try_from(FULL.payload.len()).unwrap(),
        context_hash: context.hash(),
        content_hash: salted_content_hash(FULL.salt.unwrap(), FULL.payload),
        previous_hash: head.previous_hash,
    };
    assert_eq!(event.facts(), facts);
    let key = HashKey::for_lineage(Lineage(5));
    assert_eq!(event.event_hash(&key), facts.hash(&key));
}

#[test]
fn moving_a_frame_keeps_its_event_hash() {
    let key = HashKey::for_lineage(Lineage(5));
    let hash = |offset| {
        let frame = frame(3, &FULL, offset);
        EventFrame::decode(&frame, SALT, offset)
            .unwrap()
            .event_hash(&key)
    };
    assert_eq!(hash(OFFSET), hash(Offset(1 << 40)));
}

#[test]
fn erasing_removes_the_payload_and_keeps_every_hash() {
    let key = HashKey::for_lineage(Lineage(5));
    for parts in [&PLAIN, &FULL] {
        let frame = frame(3, parts, OFFSET);
        let event = EventFrame::decode(&frame, SALT, OFFSET).unwrap();

        let mut body = Vec::new();
        encode_erased_body(parts, &event.content_hash(), &mut body);
        let mut head = event.head;
        head.flags = head.flags | FrameFlags::ERASED;
        head.length = u32::try_from(FRAME_FIXED + body.len()).unwrap();
        head.body_crc = body_crc(&body);
        let erased_frame = [head.encode(SALT, OFFSET).as_slice(), &body].concat();
        let erased = EventFrame::decode(&erased_frame, SALT, OFFSET).unwrap();

        assert!(erased.is_erased());
        assert_eq!(erased.payload(), b"");
        assert_eq!(erased.salt_bytes(), None);
        assert_eq!(erased.facts(), event.facts());
        assert_eq!(erased.event_hash(&key), event.event_hash(&key));
    }
}

#[test]
fn the_body_is_the_documented_bytes() {
    let mut body = b"before".to_vec();
    encode_body(&FULL, &mut body);
    let ids = FULL
        .causes
        .iter()
        .flat_map(|cause| cause.id().as_u128().to_le_bytes());
    let expected = [
        b"before",
        &[3, 0, 0, 0, 4, 0, 0, 0][..],
        &0xc0ffee_u128.to_le_bytes(),
        &ids.collect::<Vec<u8>>(),
        &[0b1000_0010, 1],
        "käse".as_bytes(),
        b"s",
        b"\x81\xa1k\x02",
        &[0x5a; 16],
        b"\x93\x01\x02\x03 data",
        &[0; 3],
    ]
    .concat();
    assert_eq!(body, expected);
    assert_eq!(body.len() - 6, body_len(&FULL));
}

prop_compose! {
    fn any_frame()(
        lane in prop_oneof![Just(0), any::<u32>()],
        depth in prop_oneof![Just(0), any::<u32>()],
        correlation in any::<Option<u128>>(),
        causes in proptest::collection::vec((any::<u128>(), any::<bool>()), 0..20),
        entity in ".{0,40}",
        scope in ".{0,40}",
        extensions in proptest::collection::vec(any::<u8>(), 0..40),
        salt in any::<Option<[u8; 16]>>(),
        payload in proptest::collection::vec(any::<u8>(), 0..300),
    ) -> (u32, u32, Option<u128>, Vec<Cause>, String, String, Vec<u8>, Option<[u8; 16]>, Vec<u8>) {
        let causes = causes
            .into_iter()
            .map(|(id, foreign)| match foreign {
                true => Cause::Foreign(EventId::new(id)),
                false => Cause::Local(EventId::new(id)),
            })
            .collect();
        (lane, depth, correlation, causes, entity, scope, extensions, salt, payload)
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn frames_survive_the_round_trip(owned in any_frame(), offset in any::<u64>()) {
        let (lane, depth, correlation, causes, entity, scope, extensions, salt, payload) = &owned;
        let parts = BodyParts {
            lane: *lane,
            depth: *depth,
            correlation: correlation.map(CorrelationId::new),
            causes,
            entity,
            scope,
            extensions,
            salt: salt.as_ref(),
            payload,
        };
        let frame = frame_of(head(8), &parts, Offset(offset));
        prop_assert_eq!(frame.len(), FRAME_FIXED + body_len(&parts));
        prop_assert_eq!(frame.len() % 8, 0);
        let event = EventFrame::decode(&frame, SALT, Offset(offset)).unwrap();
        prop_assert_eq!(event.head.flags, body_flags(&parts));
        assert_holds(&event, &parts);
    }

    #[test]
    fn bodies_of_arbitrary_bytes_never_panic(
        body in proptest::collection::vec(any::<u8>(), 0..400),
        lengths in any::<(u16, u16, u16, u32, u32)>(),
        small in any::<bool>(),
        bits in 0..64_u16,
    ) {
        let cut = if small { 63 } else { u16::MAX };
        let head = FrameHead {
            length: u32::try_from(FRAME_FIXED + body.len()).unwrap(),
            flags: FrameFlags::from_bits(bits).unwrap(),
            entity_len: lengths.0 & cut,
            scope_len: lengths.1 & cut,
            cause_count: lengths.2 & cut & MAX_CAUSES,
            extensions_len: lengths.3 & u32::from(cut),
            payload_len: lengths.4 & u32::from(cut),
            ..head(8)
        };
        let frame = [&[0; FRAME_FIXED][..], &body].concat();
        if let Ok(event) = EventFrame::from_verified(head, &frame) {
            prop_assert!(event.payload().len() <= body.len());
        }
    }
}
