//! Verification of stored events against every way to change one.

use batpak_coordinate::{DagPosition, EventKind};

use super::*;
use crate::{CausationId, EventHeader, EventId, HashChain};

const LINEAGE: Lineage = Lineage(11);
const PREVIOUS: Digest = [8; 32];

fn stored(salt: Option<[u8; 16]>) -> StoredEvent<Vec<u8>> {
    let payload = b"\x81\xa1n\x01".to_vec();
    let position = DagPosition::with_hlc(1_700_000_000_000, 2, 1, 4, 3);
    let cause = EventId::new(21);
    let mut header = EventHeader::new(
        22,
        23,
        Some(21),
        1_700_000_000_000_000,
        position,
        4,
        EventKind::DATA,
    );
    assert_eq!(header.causation_id, Some(CausationId::from(cause)));
    header.flags = 1;
    header.content_hash = match &salt {
        Some(salt) => salted_content_hash(salt, &payload),
        None => content_hash(&payload),
    };
    let facts = StoredFacts {
        sequence: Sequence(40),
        stream_sequence: StreamSequence(3),
        generation: Generation(2),
        payload_version: 1,
        predecessor: Sequence(30),
        causes: vec![Cause::Local(cause), Cause::Foreign(EventId::new(5))],
        extensions: vec![0x80],
        salt,
        erased: false,
    };
    let coordinate = Coordinate::new("user:1", "billing").unwrap();
    let mut stored = StoredEvent::with_facts(coordinate, Event::new(header, payload), facts);
    let event_hash = stored
        .hashed_facts(PREVIOUS)
        .hash(&HashKey::for_lineage(LINEAGE));
    stored.event.hash_chain = Some(HashChain {
        prev_hash: PREVIOUS,
        event_hash,
    });
    stored
}

#[test]
fn an_unchanged_event_verifies_in_its_place_only() {
    for salt in [None, Some([1; 16])] {
        assert!(stored(salt).verify(LINEAGE, &PREVIOUS));
        assert!(
            !stored(salt).verify(LINEAGE, &[0; 32]),
            "another predecessor"
        );
        assert!(
            !stored(salt).verify(Lineage(12), &PREVIOUS),
            "another lineage"
        );
    }
}

#[test]
fn any_single_change_is_noticed() {
    type Change = fn(&mut StoredEvent<Vec<u8>>);
    let changes: [(&str, Change); 24] = [
        ("payload", |it| it.event.payload[3] = 2),
        ("payload length", |it| it.event.header.payload_size = 5),
        ("content hash", |it| it.event.header.content_hash[0] ^= 1),
        ("entity", |it| {
            it.coordinate = Coordinate::new("user:2", "billing").unwrap()
        }),
        ("scope", |it| {
            it.coordinate = Coordinate::new("user:1", "other").unwrap()
        }),
        ("id", |it| it.event.header.event_id = EventId::new(1)),
        ("correlation", |it| {
            it.event.header.correlation_id = 1.into()
        }),
        ("time", |it| it.event.header.timestamp_us += 1),
        ("kind", |it| {
            it.event.header.event_kind = EventKind::TOMBSTONE
        }),
        ("flags", |it| it.event.header.flags = 0),
        ("lane and depth", |it| {
            it.event.header.position = DagPosition::new(4, 1, 3)
        }),
        ("sequence", |it| it.facts.sequence = Sequence(41)),
        ("stream sequence", |it| {
            it.facts.stream_sequence = StreamSequence(4)
        }),
        ("generation", |it| it.facts.generation = Generation(3)),
        ("payload version", |it| it.facts.payload_version = 2),
        ("predecessor", |it| it.facts.predecessor = Sequence(29)),
        ("a cause less", |it| it.facts.causes.truncate(1)),
        ("the mark of a cause", |it| {
            it.facts.causes[1] = Cause::Local(EventId::new(5))
        }),
        ("extensions", |it| it.facts.extensions.clear()),
        ("salt", |it| it.facts.salt = Some([2; 16])),
        ("erased with its payload", |it| it.facts.erased = true),
        ("event hash", |it| {
            it.event.hash_chain.as_mut().unwrap().event_hash[31] ^= 1
        }),
        ("previous hash", |it| {
            it.event.hash_chain.as_mut().unwrap().prev_hash[0] ^= 1
        }),
        ("no hashes", |it| it.event.hash_chain = None),
    ];
    for (name, change) in changes {
        let mut changed = stored(None);
        change(&mut changed);
        assert!(!changed.verify(LINEAGE, &PREVIOUS), "{name}");
    }
}

#[test]
fn an_erased_event_still_verifies() {
    let mut erased = stored(Some([1; 16]));
    erased.event.payload.clear();
    assert!(
        !erased.verify(LINEAGE, &PREVIOUS),
        "a lost payload is not an erased one"
    );
    erased.facts.erased = true;
    erased.facts.salt = None;
    assert!(erased.verify(LINEAGE, &PREVIOUS));
}

#[test]
fn an_event_survives_serialization_and_mapping() {
    let bytes = crate::encoding::to_bytes(&stored(Some([1; 16]))).unwrap();
    let decoded: StoredEvent<Vec<u8>> = crate::encoding::from_bytes(&bytes).unwrap();
    assert_eq!(decoded, stored(Some([1; 16])));
    let mapped = stored(None).map_payload(|payload| payload.len());
    assert_eq!(mapped.event.payload, 4);
    assert_eq!(mapped.causes(), stored(None).causes());
    assert_eq!(mapped.global_sequence(), Sequence(40));
    assert_eq!(mapped.stream_sequence_exact(), StreamSequence(3));
    assert_eq!(mapped.generation(), Generation(2));
    assert_eq!(mapped.payload_version(), 1);
    assert_eq!(mapped.predecessor(), Sequence(30));
    assert_eq!(mapped.extensions(), [0x80]);
    assert!(!mapped.is_erased());
}

#[test]
fn an_event_of_which_only_the_header_is_known_does_not_verify() {
    let StoredEvent {
        coordinate, event, ..
    } = stored(None);
    assert!(!StoredEvent::new(coordinate, event).verify(LINEAGE, &PREVIOUS));
}
