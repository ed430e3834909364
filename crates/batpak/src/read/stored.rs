//! From frames to owned events.

use batpak_coordinate::{Coordinate, DagPosition, StreamSequence};
use batpak_event::{
    CausationId, Cause, Digest, Event, EventFacts, EventHeader, HashChain, HashKey, StoredEvent,
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
    let header = header(frame, facts.content_hash);
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

/// The header of the event of a frame, with the payload commitment computed and nothing else.
pub(super) fn replay_header(frame: &EventFrame<'_>) -> EventHeader {
    header(frame, frame.content_hash())
}

fn header(frame: &EventFrame<'_>, content_hash: Digest) -> EventHeader {
    let head = &frame.head;
    let position = DagPosition::with_hlc(
        milliseconds(head.wall_us),
        head.counter,
        frame.depth(),
        frame.lane(),
        narrow(head.stream_sequence),
    );
    let cause = frame.causes().next();
    let mut header = EventHeader::new_typed(
        head.event_id,
        frame.correlation(),
        cause.map(|cause| CausationId::from(cause.id())),
        head.wall_us,
        position,
        head.payload_len,
        frame.kind(),
    )
    .with_flags(head.caller_flags)
    .with_payload_version(head.payload_version);
    header.content_hash = content_hash;
    header
}

/// Place in the stream and in time; a stream sequence above 32 bits stays at their end.
pub(super) fn position(facts: &EventFacts) -> DagPosition {
    DagPosition::with_hlc(
        milliseconds(facts.wall_us),
        facts.counter,
        facts.depth,
        facts.lane,
        narrow(facts.stream_sequence),
    )
}

fn milliseconds(wall_us: i64) -> u64 {
    u64::try_from(wall_us).unwrap_or(0) / 1000
}

fn narrow(stream_sequence: StreamSequence) -> u32 {
    u32::try_from(stream_sequence.get()).unwrap_or(u32::MAX)
}

/// Both hashes of an event.
pub(super) fn chain(facts: &EventFacts, key: &HashKey) -> HashChain {
    HashChain {
        prev_hash: facts.previous_hash,
        event_hash: facts.hash(key),
    }
}
