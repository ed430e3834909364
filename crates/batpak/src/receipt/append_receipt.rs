//! The receipt of an append.

use std::collections::BTreeMap;

use batpak_coordinate::{Generation, StreamSequence};
use batpak_event::{BranchId, CorrelationId, Digest, Epoch, EventId};
use batpak_journal::{Committed, Durability};
use serde::{Deserialize, Serialize};

use super::disk_pos::DiskPos;
use crate::append::{EncodedBytes, ExtensionKey};

/// What was committed, and what held when the append was acknowledged.
///
/// Serializes with its hashes as hexadecimal text where people read, as bytes elsewhere. The
/// position on disk is neither serialized nor compared.
///
/// ```
/// use batpak::prelude::*;
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let directory = tempfile::tempdir()?;
/// # let store = Store::open(StoreConfig::new(directory.path()))?;
/// let order = Coordinate::new("order:17", "shop")?;
/// let receipt = store.append(&order, EventKind::DATA, &"placed")?;
/// assert_eq!((receipt.sequence, receipt.stream_sequence()), (1, 1));
/// assert_eq!(receipt.durability(), Durability::Synced);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AppendReceipt {
    /// The event's id: its idempotency key when it has one.
    pub event_id: EventId,
    /// Place in the global order, from 1.
    pub sequence: u64,
    /// BLAKE3 of the encoded payload.
    #[serde(with = "super::hex")]
    pub content_hash: Digest,
    /// Extensions that were stored with the event.
    #[serde(default)]
    pub extensions: BTreeMap<ExtensionKey, EncodedBytes>,
    #[serde(with = "super::hex")]
    event_hash: Digest,
    #[serde(with = "super::hex")]
    previous_hash: Digest,
    stream_sequence: StreamSequence,
    generation: Generation,
    branch: BranchId,
    epoch: Epoch,
    #[serde(with = "super::level")]
    durability: Durability,
    duplicate: bool,
    correlation_id: CorrelationId,
    timestamp_us: i64,
    #[serde(skip)]
    disk_pos: DiskPos,
}

impl AppendReceipt {
    pub(crate) fn new(
        facts: &Committed,
        extensions: BTreeMap<ExtensionKey, EncodedBytes>,
    ) -> AppendReceipt {
        AppendReceipt {
            event_id: facts.event_id,
            sequence: facts.sequence.get(),
            content_hash: facts.content_hash,
            extensions,
            event_hash: facts.event_hash,
            previous_hash: facts.previous_hash,
            stream_sequence: facts.stream_sequence,
            generation: facts.generation,
            branch: facts.branch,
            epoch: facts.epoch,
            durability: facts.durability,
            duplicate: facts.duplicate,
            correlation_id: facts.correlation,
            timestamp_us: facts.wall_us,
            disk_pos: DiskPos {
                segment_id: facts.segment.0,
                offset: facts.offset.0,
                length: facts.length,
            },
        }
    }

    /// Hash over every logical fact of the event.
    #[must_use]
    pub fn event_hash(&self) -> &Digest {
        &self.event_hash
    }

    /// Event hash of the stream's previous event; zero at the first.
    #[must_use]
    pub fn previous_hash(&self) -> &Digest {
        &self.previous_hash
    }

    /// Place in the stream, from 1.
    #[must_use]
    pub fn stream_sequence(&self) -> u64 {
        self.stream_sequence.get()
    }

    /// One more than the greatest generation among causes and the stream's previous event.
    #[must_use]
    pub fn generation(&self) -> u32 {
        self.generation.get()
    }

    /// Branch of the history that the event was written on.
    #[must_use]
    pub fn branch(&self) -> BranchId {
        self.branch
    }

    /// Writable open that acknowledged the event.
    #[must_use]
    pub fn epoch(&self) -> Epoch {
        self.epoch
    }

    /// What held when the append was acknowledged; it may hold more by now.
    #[must_use]
    pub fn durability(&self) -> Durability {
        self.durability
    }

    /// Whether an earlier append with the same key is returned, and nothing was written.
    #[must_use]
    pub fn is_duplicate(&self) -> bool {
        self.duplicate
    }

    /// Conversation that the event belongs to; its own id when no other was given.
    #[must_use]
    pub fn correlation_id(&self) -> CorrelationId {
        self.correlation_id
    }

    /// Time of the event, microseconds since 1970.
    #[must_use]
    pub fn timestamp_us(&self) -> i64 {
        self.timestamp_us
    }

    /// Where the frame was written; all zero in a receipt that was serialized.
    #[must_use]
    pub fn disk_pos(&self) -> DiskPos {
        self.disk_pos
    }
}

/// Two receipts are equal when they say the same about the event and its acknowledgement.
impl PartialEq for AppendReceipt {
    fn eq(&self, other: &Self) -> bool {
        self.event_id == other.event_id
            && self.sequence == other.sequence
            && self.content_hash == other.content_hash
            && self.extensions == other.extensions
            && self.event_hash == other.event_hash
            && self.previous_hash == other.previous_hash
            && self.stream_sequence == other.stream_sequence
            && self.generation == other.generation
            && self.branch == other.branch
            && self.epoch == other.epoch
            && self.durability == other.durability
            && self.duplicate == other.duplicate
            && self.correlation_id == other.correlation_id
            && self.timestamp_us == other.timestamp_us
    }
}

impl Eq for AppendReceipt {}

#[cfg(test)]
mod tests {
    use super::*;
    use batpak_coordinate::Sequence;
    use batpak_segment::{Offset, SegmentId};

    fn receipt() -> AppendReceipt {
        let facts = Committed {
            event_id: EventId::new(7),
            sequence: Sequence(3),
            stream_sequence: StreamSequence(2),
            content_hash: [0xab; 32],
            event_hash: [1; 32],
            previous_hash: [2; 32],
            correlation: CorrelationId::new(7),
            wall_us: 5,
            counter: 1,
            generation: Generation(4),
            branch: BranchId(9),
            epoch: Epoch(1),
            durability: Durability::Written,
            duplicate: true,
            segment: SegmentId(1),
            offset: Offset(256),
            length: 128,
        };
        let key = ExtensionKey::new("a.b").unwrap();
        AppendReceipt::new(&facts, BTreeMap::from([(key, EncodedBytes::new(vec![1]))]))
    }

    #[test]
    fn a_receipt_survives_both_forms_but_for_its_place_on_disk() {
        let receipt = receipt();
        let bytes = batpak_event::encoding::to_bytes(&receipt).unwrap();
        let binary: AppendReceipt = batpak_event::encoding::from_bytes(&bytes).unwrap();
        let json = serde_json::to_value(&receipt).unwrap();
        let text: AppendReceipt = serde_json::from_value(json.clone()).unwrap();
        assert_eq!(json["content_hash"], "ab".repeat(32));
        assert_eq!(json["durability"], "written");
        for read in [binary, text] {
            assert_eq!(read, receipt);
            assert_eq!(read.disk_pos(), DiskPos::default());
        }
        assert_eq!(
            receipt.disk_pos(),
            DiskPos {
                segment_id: 1,
                offset: 256,
                length: 128
            }
        );
    }

    #[test]
    fn a_digest_of_another_length_is_refused() {
        let json = serde_json::to_value(receipt()).unwrap();
        for bad in [
            "",
            "ab",
            &"ab".repeat(33),
            &"+f".repeat(32),
            &"\u{e9}".repeat(32),
        ] {
            let mut changed = json.clone();
            changed["event_hash"] = bad.into();
            assert!(
                serde_json::from_value::<AppendReceipt>(changed).is_err(),
                "{bad}"
            );
        }
    }
}
