//! From frames to owned events.

use batpak_coordinate::{Coordinate, DagPosition};
use batpak_event::{
    CausationId, Cause, Event, EventFacts, EventHeader, HashChain, HashKey, StoredEvent,
    StoredFacts,
};
use batpak_segment::EventFrame;

use crate::error::StoreError;

/// The event of a frame, with both hashes computed and its payload copied.
pub(super) fn stored(
    frame: &EventFrame<'_>,
    key: &HashKey,
) -> Result<StoredEvent<Vec<u8>>, StoreError> {
    let coordinate = Coordinate::new(frame.entity(), frame.scope())?;
    let facts = frame.facts();
    let causes: Vec<Cause> = frame.causes().collect();
    let mut header = EventHeader::new_typed(
        facts.event_id,
        facts.correlation,
        causes.first().map(|cause| CausationId::from(cause.id())),
        facts.wall_us,
        position(&facts),
        facts.payload_len,
        facts.event_kind,
    )
    .with_flags(facts.caller_flags);
    header.content_hash = facts.content_hash;
    let event = Event::new(header, frame.payload().to_vec()).with_hash_chain(chain(&facts, key));
    let facts = StoredFacts {
        sequence: facts.sequence,
        stream_sequence: facts.stream_sequence,
        generation: facts.generation,
        payload_version: facts.payload_version,
        predecessor: facts.predecessor,
        causes,
        extensions: frame.extensions().to_vec(),
        salt: frame.salt_bytes().copied(),
        erased: frame.is_erased(),
    };
    Ok(StoredEvent::with_facts(coordinate, event, facts))
}

/// Place in the stream and in time; a stream sequence above 32 bits stays at their end.
pub(super) fn position(facts: &EventFacts) -> DagPosition {
    DagPosition::with_hlc(
        u64::try_from(facts.wall_us).unwrap_or(0) / 1000,
        facts.counter,
        facts.depth,
        facts.lane,
        u32::try_from(facts.stream_sequence.get()).unwrap_or(u32::MAX),
    )
}

/// Both hashes of an event.
pub(super) fn chain(facts: &EventFacts, key: &HashKey) -> HashChain {
    HashChain {
        prev_hash: facts.previous_hash,
        event_hash: facts.hash(key),
    }
}
