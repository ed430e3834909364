//! An event as its caller describes it, and the facts it has once it is committed.

use std::borrow::Cow;

use batpak_coordinate::{Coordinate, EventKind, Generation, Sequence, StreamSequence};
use batpak_event::{BranchId, Cause, CorrelationId, Digest, Epoch, EventId, IdempotencyKey};
use batpak_segment::{Offset, SegmentId};
use smallvec::SmallVec;

use crate::options::{Durability, ExpectedSequence};

/// A cause as a draft names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DraftCause {
    /// An event by its identifier.
    Known(Cause),
    /// An earlier event of the same unit, by its position in it.
    Prior(usize),
}

/// What became of the events of a unit, in their order. A single one is not on the heap.
pub type CommittedUnit = SmallVec<[Committed; 1]>;

/// One event to append.
#[derive(Clone, Debug)]
pub struct Draft<'a> {
    /// Stream and scope. Threads that append to one stream contend for the count of its clones, so it may
    /// be borrowed.
    pub coordinate: Cow<'a, Coordinate>,
    /// Kind; the journal stores any, the facade refuses reserved ones.
    pub kind: EventKind,
    /// Encoded payload, stored as it is.
    pub payload: Vec<u8>,
    /// Version of the payload's schema; 0 for untyped payloads.
    pub payload_version: u16,
    /// Flags of the caller, stored as they are.
    pub flags: u8,
    /// Lane hint.
    pub lane: u32,
    /// Depth hint.
    pub depth: u32,
    /// Conversation the event belongs to; its own identifier when absent.
    pub correlation: Option<CorrelationId>,
    /// What caused the event.
    pub causes: Vec<DraftCause>,
    /// Encoded extension map; empty when there is none.
    pub extensions: Vec<u8>,
    /// Idempotency key; it becomes the event's identifier.
    pub key: Option<IdempotencyKey>,
    /// What the stream must look like.
    pub expected: ExpectedSequence,
}

impl Draft<'static> {
    /// A draft with only what every event has.
    #[must_use]
    pub fn new(coordinate: Coordinate, kind: EventKind, payload: Vec<u8>) -> Self {
        Self::with(Cow::Owned(coordinate), kind, payload)
    }
}

impl<'a> Draft<'a> {
    /// The same with a coordinate that is only looked at.
    #[must_use]
    pub fn at(coordinate: &'a Coordinate, kind: EventKind, payload: Vec<u8>) -> Self {
        Self::with(Cow::Borrowed(coordinate), kind, payload)
    }

    fn with(coordinate: Cow<'a, Coordinate>, kind: EventKind, payload: Vec<u8>) -> Self {
        Self {
            coordinate,
            kind,
            payload,
            payload_version: 0,
            flags: 0,
            lane: 0,
            depth: 0,
            correlation: None,
            causes: Vec::new(),
            extensions: Vec::new(),
            key: None,
            expected: ExpectedSequence::Any,
        }
    }

    /// Bytes that count against the limits: payload and extensions.
    pub(crate) fn counted_bytes(&self) -> usize {
        self.payload.len().saturating_add(self.extensions.len())
    }
}

/// The facts of an event once it has its place in the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Committed {
    /// Identifier.
    pub event_id: EventId,
    /// Place in the global order.
    pub sequence: Sequence,
    /// Place in its stream.
    pub stream_sequence: StreamSequence,
    /// BLAKE3 of the payload.
    pub content_hash: Digest,
    /// Hash over every logical fact of the event.
    pub event_hash: Digest,
    /// Event hash of the stream's previous event; zero at the first.
    pub previous_hash: Digest,
    /// Conversation.
    pub correlation: CorrelationId,
    /// Kind.
    pub kind: EventKind,
    /// Microseconds since 1970.
    pub wall_us: i64,
    /// Counter of events in the same millisecond.
    pub counter: u16,
    /// One more than the greatest generation among causes and stream predecessor.
    pub generation: Generation,
    /// Branch the event was written on.
    pub branch: BranchId,
    /// Writable open the event was acknowledged in.
    pub epoch: Epoch,
    /// What held when the append was acknowledged.
    pub durability: Durability,
    /// Whether an earlier append with the same key is returned and nothing was written.
    pub duplicate: bool,
    /// Segment that holds the frame.
    pub segment: SegmentId,
    /// Where the frame starts.
    pub offset: Offset,
    /// Length of the frame in bytes.
    pub length: u32,
}
