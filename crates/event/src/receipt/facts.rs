//! What receipts say of an event, as its log has it.

use batpak_coordinate::{EventKind, Generation, Sequence, StreamSequence};
use serde::{Deserialize, Serialize};

use crate::{
    BranchId, CorrelationId, Digest, Epoch, EventFacts, EventId, HashKey, Lineage, StoredEvent,
    content_hash,
};

/// The facts of an event that receipts repeat.
///
/// ```
/// use batpak_event::Lineage;
/// use batpak_event::receipt::ReceiptFacts;
/// # use batpak_coordinate::{Coordinate, DagPosition, EventKind};
/// # use batpak_event::{Event, EventHeader, HashChain, StoredEvent};
/// # let header = EventHeader::new(7, 7, None, 0, DagPosition::new(0, 0, 1), 1, EventKind::DATA);
/// # let event = Event::new(header, vec![0xc0]).with_hash_chain(HashChain::default());
/// # let event = StoredEvent::new(Coordinate::new("order:17", "shop")?, event);
/// let facts = ReceiptFacts::of_event(&event, Lineage(1));
/// assert_eq!(facts.map(|facts| facts.event_id), Some(event.event.event_id()));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReceiptFacts {
    /// The event's id.
    pub event_id: EventId,
    /// Place in the global order.
    pub sequence: Sequence,
    /// Place in its stream.
    pub stream_sequence: StreamSequence,
    /// Kind; [`ReceiptFacts::NO_KIND`] in a receipt that does not say it.
    pub event_kind: EventKind,
    /// One more than the greatest generation among causes and predecessor.
    pub generation: Generation,
    /// Correlation; the event's own id when it has no other.
    pub correlation: CorrelationId,
    /// Wall clock in microseconds since 1970.
    pub wall_us: i64,
    /// The payload commitment.
    pub content_hash: Digest,
    /// [`extensions_hash`].
    pub extensions_hash: Digest,
    /// Hash over every fact of the event.
    pub event_hash: Digest,
    /// Event hash of the stream's previous event; zero at the first.
    pub previous_hash: Digest,
}

impl ReceiptFacts {
    /// Stands for a kind that a receipt does not say; no event has it.
    pub const NO_KIND: EventKind = EventKind::from_raw(0);

    /// The facts of an event from what its hash covers, the hash, and its extension map as stored.
    #[must_use]
    pub fn new(facts: &EventFacts, event_hash: Digest, extensions: &[u8]) -> ReceiptFacts {
        ReceiptFacts {
            event_id: facts.event_id,
            sequence: facts.sequence,
            stream_sequence: facts.stream_sequence,
            event_kind: facts.event_kind,
            generation: facts.generation,
            correlation: facts.correlation,
            wall_us: facts.wall_us,
            content_hash: facts.content_hash,
            extensions_hash: extensions_hash(extensions),
            event_hash,
            previous_hash: facts.previous_hash,
        }
    }

    /// The facts of an event that left its store; `None` for one that never was in a store.
    ///
    /// Both hashes are computed, not believed: what was changed in the event shows as a hash that no receipt of
    /// it has. Cost: BLAKE3 over the payload and about 400 bytes, plus the derivation of the lineage's key.
    #[must_use]
    pub fn of_event(event: &StoredEvent<Vec<u8>>, lineage: Lineage) -> Option<ReceiptFacts> {
        let previous_hash = event.event.hash_chain?.prev_hash;
        let mut facts = event.hashed_facts(previous_hash);
        facts.content_hash = event.payload_commitment();
        let hash = facts.hash(&HashKey::for_lineage(lineage));
        Some(ReceiptFacts::new(&facts, hash, event.extensions()))
    }
}

/// The hash of an extension map as stored, MessagePack; zero for no bytes, which are no extensions.
///
/// ```
/// use batpak_event::receipt::extensions_hash;
///
/// assert_eq!(extensions_hash(b""), [0; 32]);
/// assert_eq!(extensions_hash(b"\x80"), batpak_event::content_hash(b"\x80"));
/// ```
#[must_use]
pub fn extensions_hash(extensions: &[u8]) -> Digest {
    if extensions.is_empty() {
        return Digest::default();
    }
    content_hash(extensions)
}

/// Where an event was written: what a receipt says beside the facts of the event.
///
/// ```
/// use batpak_event::receipt::Provenance;
/// use batpak_event::{BranchId, Epoch, Lineage};
///
/// let written = Provenance { lineage: Lineage(1), branch: BranchId(2), epoch: Epoch(3), shared_with: vec![] };
/// assert!(written.is_of(BranchId(2)) && !written.is_of(BranchId(4)));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Provenance {
    /// The history.
    pub lineage: Lineage,
    /// The branch of the store that holds the event.
    pub branch: BranchId,
    /// The writable open of that branch that wrote it.
    pub epoch: Epoch,
    /// Branches that this one left after the event, which therefore hold it as well.
    pub shared_with: Vec<BranchId>,
}

impl Provenance {
    /// Whether a branch holds the event.
    #[must_use]
    pub fn is_of(&self, branch: BranchId) -> bool {
        self.branch == branch || self.shared_with.contains(&branch)
    }
}
