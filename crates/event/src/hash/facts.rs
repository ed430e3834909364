//! The event hash: a keyed hash over everything that makes an event what it is.

use batpak_coordinate::{EventKind, Generation, Sequence, StreamSequence};

use super::Digest;
use crate::{CorrelationId, EventId, Lineage};

const KEY_CONTEXT: &str = "batpak event v1";

// The hashed block: the facts in this order, little-endian, without gaps.
const EVENT_ID: usize = 0;
const SEQUENCE: usize = EVENT_ID + 16;
const STREAM_SEQUENCE: usize = SEQUENCE + 8;
const PREDECESSOR: usize = STREAM_SEQUENCE + 8;
const EVENT_KIND: usize = PREDECESSOR + 8;
const WALL_US: usize = EVENT_KIND + 2;
const COUNTER: usize = WALL_US + 8;
const LANE: usize = COUNTER + 2;
const DEPTH: usize = LANE + 4;
const GENERATION: usize = DEPTH + 4;
const CALLER_FLAGS: usize = GENERATION + 4;
const PAYLOAD_VERSION: usize = CALLER_FLAGS + 1;
const CORRELATION: usize = PAYLOAD_VERSION + 2;
const PAYLOAD_LENGTH: usize = CORRELATION + 16;
const CONTEXT_HASH: usize = PAYLOAD_LENGTH + 4;
const CONTENT_HASH: usize = CONTEXT_HASH + 32;
const PREVIOUS_HASH: usize = CONTENT_HASH + 32;
const END: usize = PREVIOUS_HASH + 32;
const _: () = assert!(END == EventFacts::LENGTH);

/// The key under which the events of one lineage are hashed.
///
/// Deriving costs about two hashes, so a store derives it once.
#[derive(Clone, PartialEq, Eq)]
pub struct HashKey([u8; 32]);

impl HashKey {
    /// The key of a lineage.
    #[must_use]
    pub fn for_lineage(lineage: Lineage) -> HashKey {
        HashKey(blake3::derive_key(KEY_CONTEXT, &lineage.0.to_le_bytes()))
    }
}

// Hides the bytes: a derived key in a log helps nobody.
impl std::fmt::Debug for HashKey {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("HashKey(..)")
    }
}

/// Exactly the facts that the event hash covers.
///
/// Nothing about storage is among them, so a frame may be moved or rewritten without changing its hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventFacts {
    /// The event's id.
    pub event_id: EventId,
    /// Global sequence.
    pub sequence: Sequence,
    /// Sequence within the stream.
    pub stream_sequence: StreamSequence,
    /// Global sequence of the stream's previous event; [`Sequence::NONE`] at the first.
    pub predecessor: Sequence,
    /// Kind.
    pub event_kind: EventKind,
    /// Wall clock in microseconds since 1970.
    pub wall_us: i64,
    /// Counter among the events of one millisecond.
    pub counter: u16,
    /// Lane of the branch position.
    pub lane: u32,
    /// Depth of the branch position.
    pub depth: u32,
    /// One more than the greatest generation among causes and predecessor.
    pub generation: Generation,
    /// Flags that the caller set.
    pub caller_flags: u8,
    /// Version of the payload's schema.
    pub payload_version: u16,
    /// Correlation; the event's own id when it has no other.
    pub correlation: CorrelationId,
    /// Length of the payload in bytes.
    pub payload_len: u32,
    /// [`Context::hash`](crate::Context::hash).
    pub context_hash: Digest,
    /// The payload commitment: [`content_hash`](crate::content_hash) or its salted form.
    pub content_hash: Digest,
    /// Event hash of the stream's previous event; zero at the first.
    pub previous_hash: Digest,
}

impl EventFacts {
    /// Length of [`EventFacts::to_bytes`].
    pub const LENGTH: usize = 183;

    /// The event hash. Cost: three BLAKE3 blocks, no allocation.
    #[must_use]
    pub fn hash(&self, key: &HashKey) -> Digest {
        *blake3::keyed_hash(&key.0, &self.to_bytes()).as_bytes()
    }

    /// The hashed block.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; EventFacts::LENGTH] {
        let mut block = [0_u8; EventFacts::LENGTH];
        put::<EVENT_ID, 16>(&mut block, self.event_id.as_u128().to_le_bytes());
        put::<SEQUENCE, 8>(&mut block, self.sequence.0.to_le_bytes());
        put::<STREAM_SEQUENCE, 8>(&mut block, self.stream_sequence.0.to_le_bytes());
        put::<PREDECESSOR, 8>(&mut block, self.predecessor.0.to_le_bytes());
        put::<EVENT_KIND, 2>(&mut block, self.event_kind.as_raw_u16().to_le_bytes());
        put::<WALL_US, 8>(&mut block, self.wall_us.to_le_bytes());
        put::<COUNTER, 2>(&mut block, self.counter.to_le_bytes());
        put::<LANE, 4>(&mut block, self.lane.to_le_bytes());
        put::<DEPTH, 4>(&mut block, self.depth.to_le_bytes());
        put::<GENERATION, 4>(&mut block, self.generation.0.to_le_bytes());
        put::<CALLER_FLAGS, 1>(&mut block, [self.caller_flags]);
        put::<PAYLOAD_VERSION, 2>(&mut block, self.payload_version.to_le_bytes());
        put::<CORRELATION, 16>(&mut block, self.correlation.as_u128().to_le_bytes());
        put::<PAYLOAD_LENGTH, 4>(&mut block, self.payload_len.to_le_bytes());
        put::<CONTEXT_HASH, 32>(&mut block, self.context_hash);
        put::<CONTENT_HASH, 32>(&mut block, self.content_hash);
        put::<PREVIOUS_HASH, 32>(&mut block, self.previous_hash);
        block
    }

    /// Reads a block back; every block is some facts, so this cannot fail.
    #[must_use]
    pub fn from_bytes(block: &[u8; EventFacts::LENGTH]) -> EventFacts {
        EventFacts {
            event_id: EventId::new(u128::from_le_bytes(get::<EVENT_ID, 16>(block))),
            sequence: Sequence(u64::from_le_bytes(get::<SEQUENCE, 8>(block))),
            stream_sequence: StreamSequence(u64::from_le_bytes(get::<STREAM_SEQUENCE, 8>(block))),
            predecessor: Sequence(u64::from_le_bytes(get::<PREDECESSOR, 8>(block))),
            event_kind: EventKind::from_raw(u16::from_le_bytes(get::<EVENT_KIND, 2>(block))),
            wall_us: i64::from_le_bytes(get::<WALL_US, 8>(block)),
            counter: u16::from_le_bytes(get::<COUNTER, 2>(block)),
            lane: u32::from_le_bytes(get::<LANE, 4>(block)),
            depth: u32::from_le_bytes(get::<DEPTH, 4>(block)),
            generation: Generation(u32::from_le_bytes(get::<GENERATION, 4>(block))),
            caller_flags: u8::from_le_bytes(get::<CALLER_FLAGS, 1>(block)),
            payload_version: u16::from_le_bytes(get::<PAYLOAD_VERSION, 2>(block)),
            correlation: CorrelationId::new(u128::from_le_bytes(get::<CORRELATION, 16>(block))),
            payload_len: u32::from_le_bytes(get::<PAYLOAD_LENGTH, 4>(block)),
            context_hash: get::<CONTEXT_HASH, 32>(block),
            content_hash: get::<CONTENT_HASH, 32>(block),
            previous_hash: get::<PREVIOUS_HASH, 32>(block),
        }
    }
}

fn put<const AT: usize, const N: usize>(block: &mut [u8; EventFacts::LENGTH], bytes: [u8; N]) {
    const { assert!(AT + N <= EventFacts::LENGTH) };
    block[AT..AT + N].copy_from_slice(&bytes);
}

fn get<const AT: usize, const N: usize>(block: &[u8; EventFacts::LENGTH]) -> [u8; N] {
    const { assert!(AT + N <= EventFacts::LENGTH) };
    let mut bytes = [0_u8; N];
    bytes.copy_from_slice(&block[AT..AT + N]);
    bytes
}

#[cfg(test)]
#[path = "facts_tests.rs"]
mod tests;
