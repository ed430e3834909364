//! The receipt of an append.

use std::collections::BTreeMap;

use batpak_coordinate::{EventKind, Generation, StreamSequence};
use batpak_event::receipt::{ReceiptFacts, Signature, extensions_hash};
use batpak_event::{BranchId, CorrelationId, Digest, Epoch, EventId, Lineage};
use batpak_journal::{Committed, Durability};
use serde::{Deserialize, Serialize};

use super::disk_pos::DiskPos;
use super::issuer::Issuer;
use crate::append::{EncodedBytes, ExtensionKey, Repeated};

/// What was committed, and what held when the append was acknowledged.
///
/// Where [`StoreConfig`](crate::StoreConfig) has a signing key it is signed, and proves without the store what was acknowledged:
/// [`AppendReceipt::verify`].
///
/// Serializes with its hashes and its signature as hexadecimal text where people read, as bytes elsewhere. The
/// position on disk is neither serialized nor compared, nor signed.
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
    /// The id of the key that signed: BLAKE3 of the public key; zero when nobody did.
    #[serde(default, with = "super::hex")]
    pub key_id: Digest,
    /// The Ed25519 signature over everything that the receipt says.
    #[serde(default, with = "super::hex::option")]
    pub signature: Option<Signature>,
    /// Extensions that were stored with the event.
    #[serde(default)]
    pub extensions: BTreeMap<ExtensionKey, EncodedBytes>,
    // What a receipt of an earlier version does not have is 0, which it never is.
    #[serde(default = "unsaid_lineage")]
    pub(super) lineage: Lineage,
    #[serde(default = "unsaid_kind")]
    pub(super) kind: EventKind,
    #[serde(with = "super::hex")]
    pub(super) event_hash: Digest,
    #[serde(with = "super::hex")]
    pub(super) previous_hash: Digest,
    pub(super) stream_sequence: StreamSequence,
    pub(super) generation: Generation,
    pub(super) branch: BranchId,
    pub(super) epoch: Epoch,
    #[serde(with = "super::level")]
    pub(super) durability: Durability,
    pub(super) duplicate: bool,
    pub(super) correlation_id: CorrelationId,
    pub(super) timestamp_us: i64,
    #[serde(skip)]
    disk_pos: DiskPos,
}

fn unsaid_lineage() -> Lineage {
    Lineage(0)
}

fn unsaid_kind() -> EventKind {
    ReceiptFacts::NO_KIND
}

impl AppendReceipt {
    /// Cost: that of a signature, where the issuer has a key.
    pub(crate) fn new(
        facts: &Committed,
        repeated: Option<Repeated>,
        issuer: &Issuer,
    ) -> AppendReceipt {
        let (extensions, hash) = repeated
            .map(|repeated| (repeated.extensions, repeated.hash))
            .unzip();
        let mut receipt = AppendReceipt {
            event_id: facts.event_id,
            sequence: facts.sequence.get(),
            content_hash: facts.content_hash,
            key_id: Digest::default(),
            signature: None,
            extensions: extensions.unwrap_or_default(),
            lineage: issuer.lineage,
            kind: facts.kind,
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
        };
        if let Some(key) = &issuer.key {
            let hash = hash.unwrap_or_else(|| extensions_hash(b""));
            let mut portable = receipt.with_extensions_hash(hash);
            portable.sign(key);
            (receipt.key_id, receipt.signature) = (portable.key_id, portable.signature);
        }
        receipt
    }

    /// Kind of the event; that of number 0, which no event has, in a receipt of an earlier version.
    #[must_use]
    pub fn kind(&self) -> EventKind {
        self.kind
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

    /// History that the event belongs to; 0, which none is, in a receipt of an earlier version.
    #[must_use]
    pub fn lineage(&self) -> Lineage {
        self.lineage
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
            && self.key_id == other.key_id
            && self.signature == other.signature
            && self.extensions == other.extensions
            && self.lineage == other.lineage
            && self.kind == other.kind
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
    use std::sync::Arc;

    use batpak_coordinate::Sequence;
    use batpak_event::encoding::{from_bytes, to_bytes};
    use batpak_event::receipt::{ReceiptVerification, SigningKey};
    use batpak_segment::{Offset, SegmentId};

    use super::*;

    fn receipt(issuer: &Issuer) -> AppendReceipt {
        let facts = Committed {
            event_id: EventId::new(7),
            sequence: Sequence(3),
            stream_sequence: StreamSequence(2),
            content_hash: [0xab; 32],
            event_hash: [1; 32],
            previous_hash: [2; 32],
            correlation: CorrelationId::new(7),
            kind: EventKind::DATA,
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
        let extensions = BTreeMap::from([(key, EncodedBytes::new(vec![1]))]);
        let repeated = Repeated {
            index: 0,
            hash: extensions_hash(&to_bytes(&extensions).unwrap()),
            extensions,
        };
        AppendReceipt::new(&facts, Some(repeated), issuer)
    }

    fn unsigned() -> AppendReceipt {
        receipt(&Issuer::new(Lineage(5), None))
    }

    fn signed() -> AppendReceipt {
        let key = Arc::new(SigningKey::from_bytes([7; 32]));
        receipt(&Issuer::new(Lineage(5), Some(key)))
    }

    #[test]
    fn a_receipt_survives_both_forms_but_for_its_place_on_disk() {
        for receipt in [unsigned(), signed()] {
            let bytes = to_bytes(&receipt).unwrap();
            let binary: AppendReceipt = from_bytes(&bytes).unwrap();
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
        assert_ne!(signed(), unsigned());
    }

    #[test]
    fn a_signature_is_text_for_people_and_bytes_for_programs() {
        let (key_id, signature) = (signed().key_id, signed().signature.unwrap());
        let json = serde_json::to_value(signed()).unwrap();
        let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        let (shown_key, shown): (String, String) = (hex(&key_id), hex(&signature));
        assert_eq!(json["key_id"], shown_key);
        assert_eq!(json["signature"], shown);
        let bytes = to_bytes(&signed()).unwrap();
        let held = |part: &[u8]| bytes.windows(part.len()).any(|window| window == part);
        assert!(held(&key_id) && held(&signature));
        let unsigned = serde_json::to_value(unsigned()).unwrap();
        assert_eq!(unsigned["key_id"], "0".repeat(64));
        assert_eq!(unsigned["signature"], serde_json::Value::Null);
    }

    #[test]
    fn a_receipt_of_an_earlier_version_still_reads() {
        let mut old = serde_json::to_value(unsigned()).unwrap();
        for later in ["key_id", "signature", "lineage", "kind"] {
            assert!(old.as_object_mut().unwrap().remove(later).is_some());
        }
        let binary: AppendReceipt = from_bytes(&to_bytes(&old).unwrap()).unwrap();
        let read: AppendReceipt = serde_json::from_value(old).unwrap();
        assert_eq!(binary, read);
        assert_eq!((read.key_id, read.signature), ([0; 32], None));
        assert_eq!(
            (read.lineage(), read.kind()),
            (Lineage(0), EventKind::from_raw(0))
        );
        assert_eq!(read.event_hash(), unsigned().event_hash());
        assert_eq!(read.verify(&[]), ReceiptVerification::UnsignedAccepted);
    }

    #[test]
    fn a_digest_or_signature_of_another_length_is_refused() {
        let json = serde_json::to_value(signed()).unwrap();
        for (field, digits) in [("event_hash", 64), ("key_id", 64), ("signature", 128)] {
            for bad in [
                String::new(),
                "ab".into(),
                "a".repeat(digits - 1),
                "ab".repeat(digits / 2 + 1),
                "+f".repeat(digits / 2),
                "\u{e9}".repeat(digits / 2),
            ] {
                let mut changed = json.clone();
                changed[field] = bad.as_str().into();
                let read = serde_json::from_value::<AppendReceipt>(changed);
                assert!(read.is_err(), "{field} {bad}");
            }
        }
    }

    #[test]
    fn serialized_receipts_that_are_cut_or_garbled_are_refused_or_not_believed() {
        let key = SigningKey::from_bytes([7; 32]).verifying_key();
        let (receipt, bytes) = (signed(), to_bytes(&signed()).unwrap());
        assert_eq!(receipt.verify(&[key]), ReceiptVerification::Signed);
        for length in 0..bytes.len() {
            assert!(
                from_bytes::<AppendReceipt>(&bytes[..length]).is_err(),
                "{length}"
            );
        }
        let mut read_back = 0;
        for bit in 0..bytes.len() * 8 {
            let mut garbled = bytes.clone();
            garbled[bit / 8] ^= 1 << (bit % 8);
            if let Ok(read) = from_bytes::<AppendReceipt>(&garbled) {
                read_back += 1;
                let believed = read.verify(&[key]).is_valid();
                assert!(!believed || read == receipt, "bit {bit}: {read:?}");
            }
        }
        assert!(read_back > 1_000, "{read_back}");
    }
}
