//! An event as a store hands it out, with all facts that its hash covers.

use batpak_coordinate::{Coordinate, Generation, Sequence, StreamSequence};
use serde::{Deserialize, Serialize};

use crate::{
    Cause, Context, Digest, Event, EventFacts, HashKey, Lineage, content_hash, salted_content_hash,
};

/// An event and the stream it stands in.
///
/// ```
/// use batpak_coordinate::{Coordinate, DagPosition, EventKind};
/// use batpak_event::{Event, EventHeader, StoredEvent};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let header = EventHeader::new(7, 7, None, 0, DagPosition::root(), 2, EventKind::DATA);
/// let stored = StoredEvent::new(Coordinate::new("order:17", "shop")?, Event::new(header, "hi"));
/// assert_eq!((stored.coordinate.entity(), stored.event.payload), ("order:17", "hi"));
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredEvent<P> {
    /// The stream.
    pub coordinate: Coordinate,
    /// The event.
    pub event: Event<P>,
    #[serde(default)]
    facts: StoredFacts,
}

/// What a stored event knows beyond its header.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct StoredFacts {
    /// Global sequence.
    pub sequence: Sequence,
    /// Sequence within the stream; the position in the header holds it only as far as 32 bits reach.
    pub stream_sequence: StreamSequence,
    /// One more than the greatest generation among causes and predecessor.
    pub generation: Generation,
    /// Version of the payload's schema.
    pub payload_version: u16,
    /// Global sequence of the stream's previous event.
    pub predecessor: Sequence,
    /// All causes, of which the header holds the first.
    pub causes: Vec<Cause>,
    /// Extension map as MessagePack; empty when there is none.
    pub extensions: Vec<u8>,
    /// Salt of the payload commitment.
    pub salt: Option<[u8; 16]>,
    /// Whether the payload was erased, so that the commitment in the header is all that is left of it.
    pub erased: bool,
}

impl<P> StoredEvent<P> {
    /// An event of which nothing is known beyond its header; it does not verify.
    #[must_use]
    pub fn new(coordinate: Coordinate, event: Event<P>) -> StoredEvent<P> {
        StoredEvent::with_facts(coordinate, event, StoredFacts::default())
    }

    /// An event with everything that its frame holds.
    #[must_use]
    pub const fn with_facts(
        coordinate: Coordinate,
        event: Event<P>,
        facts: StoredFacts,
    ) -> StoredEvent<P> {
        StoredEvent {
            coordinate,
            event,
            facts,
        }
    }

    /// All causes, of which the header holds the first.
    #[must_use]
    pub fn causes(&self) -> &[Cause] {
        &self.facts.causes
    }

    /// Global sequence; [`Sequence::NONE`] when it is not known.
    #[must_use]
    pub const fn global_sequence(&self) -> Sequence {
        self.facts.sequence
    }

    /// Sequence within the stream, in full width.
    #[must_use]
    pub const fn stream_sequence_exact(&self) -> StreamSequence {
        self.facts.stream_sequence
    }

    /// One more than the greatest generation among causes and predecessor.
    #[must_use]
    pub const fn generation(&self) -> Generation {
        self.facts.generation
    }

    /// Version of the payload's schema.
    #[must_use]
    pub const fn payload_version(&self) -> u16 {
        self.facts.payload_version
    }

    /// Global sequence of the stream's previous event; [`Sequence::NONE`] at the first.
    #[must_use]
    pub const fn predecessor(&self) -> Sequence {
        self.facts.predecessor
    }

    /// Extension map as MessagePack; empty when there is none.
    #[must_use]
    pub fn extensions(&self) -> &[u8] {
        &self.facts.extensions
    }

    /// Whether the payload was erased.
    #[must_use]
    pub const fn is_erased(&self) -> bool {
        self.facts.erased
    }

    /// The same event with its payload replaced by what `map` makes of it.
    #[must_use]
    pub fn map_payload<Q>(self, map: impl FnOnce(P) -> Q) -> StoredEvent<Q> {
        StoredEvent::with_facts(self.coordinate, self.event.map_payload(map), self.facts)
    }
}

impl StoredEvent<Vec<u8>> {
    /// Whether the event is what its hash says, and follows the event with the hash `expected_prev`.
    ///
    /// Recomputes the payload commitment, where there is a payload, and the event hash from all facts; zeros
    /// are expected before the first event of a stream. `false` for an event without hashes. Cost: BLAKE3 over
    /// the payload and about 400 bytes, plus the derivation of the lineage's key.
    #[must_use]
    pub fn verify(&self, lineage: Lineage, expected_prev: &Digest) -> bool {
        let Some(chain) = self.event.hash_chain else {
            return false;
        };
        chain.prev_hash == *expected_prev
            && self.holds_its_content()
            && chain.event_hash
                == self
                    .hashed_facts(chain.prev_hash)
                    .hash(&HashKey::for_lineage(lineage))
    }

    fn holds_its_content(&self) -> bool {
        let payload = &self.event.payload;
        if self.facts.erased {
            return payload.is_empty();
        }
        let length = u64::try_from(payload.len()).unwrap_or(u64::MAX);
        self.payload_commitment() == self.event.header.content_hash
            && length == u64::from(self.event.header.payload_size)
    }

    /// The commitment to the payload, computed; that of an erased one is all that is left of it.
    pub(crate) fn payload_commitment(&self) -> Digest {
        let payload = &self.event.payload;
        match &self.facts.salt {
            _ if self.facts.erased => self.event.header.content_hash,
            Some(salt) => salted_content_hash(salt, payload),
            None => content_hash(payload),
        }
    }

    pub(crate) fn hashed_facts(&self, previous_hash: Digest) -> EventFacts {
        let header = &self.event.header;
        let context = Context {
            entity: self.coordinate.entity(),
            scope: self.coordinate.scope(),
            causes: &self.facts.causes,
            extensions: &self.facts.extensions,
        };
        EventFacts {
            event_id: header.event_id,
            sequence: self.facts.sequence,
            stream_sequence: self.facts.stream_sequence,
            predecessor: self.facts.predecessor,
            event_kind: header.event_kind,
            wall_us: header.timestamp_us,
            counter: header.position.counter(),
            lane: header.position.lane(),
            depth: header.position.depth(),
            generation: self.facts.generation,
            caller_flags: header.flags,
            payload_version: self.facts.payload_version,
            correlation: header.correlation_id,
            payload_len: header.payload_size,
            context_hash: context.hash(),
            content_hash: header.content_hash,
            previous_hash,
        }
    }
}

#[cfg(test)]
#[path = "stored_tests.rs"]
mod tests;
