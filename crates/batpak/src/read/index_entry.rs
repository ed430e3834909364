//! What is known of an event without its payload.

use std::collections::BTreeMap;

use batpak_coordinate::{Coordinate, DagPosition, EventKind};
use batpak_event::{CausationId, Cause, CorrelationId, EventId, HashChain, HashKey};
use batpak_segment::EventFrame;

use super::extensions;
use super::stored::{chain, position};
use crate::append::{EncodedBytes, ExtensionKey};
use crate::error::StoreError;

/// What is known of an event without its payload.
///
/// ```
/// use batpak::prelude::*;
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let directory = tempfile::tempdir()?;
/// # let store = Store::open(StoreConfig::new(directory.path()))?;
/// let order = Coordinate::new("order:17", "shop")?;
/// store.append(&order, EventKind::DATA, &"placed")?;
/// let entries: Vec<IndexEntry> = store.by_scope("shop");
/// assert_eq!((entries[0].global_sequence(), entries[0].coord()), (1, &order));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IndexEntry {
    event_id: EventId,
    correlation_id: CorrelationId,
    causes: Vec<Cause>,
    coordinate: Coordinate,
    kind: EventKind,
    position: DagPosition,
    timestamp_us: i64,
    sequence: u64,
    stream_sequence: u64,
    generation: u32,
    hash_chain: HashChain,
    extensions: BTreeMap<ExtensionKey, EncodedBytes>,
}

impl IndexEntry {
    pub(super) fn new(frame: &EventFrame<'_>, key: &HashKey) -> Result<IndexEntry, StoreError> {
        let facts = frame.facts();
        Ok(IndexEntry {
            event_id: facts.event_id,
            correlation_id: facts.correlation,
            causes: frame.causes().collect(),
            coordinate: Coordinate::new(frame.entity(), frame.scope())?,
            kind: facts.event_kind,
            position: position(&facts),
            timestamp_us: facts.wall_us,
            sequence: facts.sequence.get(),
            stream_sequence: facts.stream_sequence.get(),
            generation: facts.generation.get(),
            hash_chain: chain(&facts, key),
            extensions: extensions::decode(frame.extensions())?,
        })
    }

    /// Id.
    #[must_use]
    pub fn event_id(&self) -> EventId {
        self.event_id
    }

    /// Conversation; the event's own id when it has no other.
    #[must_use]
    pub fn correlation_id(&self) -> CorrelationId {
        self.correlation_id
    }

    /// The first cause.
    #[must_use]
    pub fn causation_id(&self) -> Option<CausationId> {
        self.causes.first().map(|cause| cause.id().into())
    }

    /// All causes, in the order they were given.
    #[must_use]
    pub fn causes(&self) -> &[Cause] {
        &self.causes
    }

    /// Stream and scope.
    #[must_use]
    pub fn coord(&self) -> &Coordinate {
        &self.coordinate
    }

    /// Kind.
    #[must_use]
    pub fn event_kind(&self) -> EventKind {
        self.kind
    }

    /// Time, milliseconds since 1970.
    #[must_use]
    pub fn wall_ms(&self) -> u64 {
        self.position.wall_ms()
    }

    /// Time, microseconds since 1970.
    #[must_use]
    pub fn timestamp_us(&self) -> i64 {
        self.timestamp_us
    }

    /// Place in the stream, from 1, as far as 32 bits reach.
    #[must_use]
    pub fn clock(&self) -> u32 {
        self.position.sequence()
    }

    /// Place in the stream, from 1.
    #[must_use]
    pub fn stream_sequence(&self) -> u64 {
        self.stream_sequence
    }

    /// Lane hint.
    #[must_use]
    pub fn dag_lane(&self) -> u32 {
        self.position.lane()
    }

    /// Depth hint.
    #[must_use]
    pub fn dag_depth(&self) -> u32 {
        self.position.depth()
    }

    /// One more than the greatest generation among causes and the stream's previous event.
    #[must_use]
    pub fn generation(&self) -> u32 {
        self.generation
    }

    /// Event hash of the event and of the one before it in its stream.
    #[must_use]
    pub fn hash_chain(&self) -> &HashChain {
        &self.hash_chain
    }

    /// Place in the global order, from 1.
    #[must_use]
    pub fn global_sequence(&self) -> u64 {
        self.sequence
    }

    /// Extensions that were stored with the event.
    #[must_use]
    pub fn receipt_extensions(&self) -> &BTreeMap<ExtensionKey, EncodedBytes> {
        &self.extensions
    }

    /// Whether the event belongs to a conversation that another event began.
    #[must_use]
    pub fn is_correlated(&self) -> bool {
        EventId::from(self.correlation_id) != self.event_id
    }

    /// Whether `event` is one of the causes.
    #[must_use]
    pub fn is_caused_by(&self, event: EventId) -> bool {
        self.causes.iter().any(|cause| cause.id() == event)
    }

    /// Whether the event has no cause.
    #[must_use]
    pub fn is_root_cause(&self) -> bool {
        self.causes.is_empty()
    }
}
