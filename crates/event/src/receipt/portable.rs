//! A receipt that needs no store to be judged, and the bytes that its signature covers.

use batpak_coordinate::EventKind;

use super::verdict::ReceiptVerificationError as Wrong;
use super::{Provenance, ReceiptFacts, ReceiptVerification, Signature, VerifyingKey};
use crate::{BranchId, Digest, Epoch, Lineage};

const DOMAIN_TEXT: &[u8; 24] = b"batpak receipt v1\0\0\0\0\0\0\0";

// The signed bytes: the fields in this order, little-endian, without gaps.
const DOMAIN: usize = 0;
const LINEAGE: usize = DOMAIN + 24;
const BRANCH: usize = LINEAGE + 16;
const EPOCH: usize = BRANCH + 16;
const EVENT_ID: usize = EPOCH + 8;
const SEQUENCE: usize = EVENT_ID + 16;
const STREAM_SEQUENCE: usize = SEQUENCE + 8;
const EVENT_KIND: usize = STREAM_SEQUENCE + 8;
const GENERATION: usize = EVENT_KIND + 2;
const CORRELATION: usize = GENERATION + 4;
const WALL_US: usize = CORRELATION + 16;
const CONTENT_HASH: usize = WALL_US + 8;
const EXTENSIONS_HASH: usize = CONTENT_HASH + 32;
const EVENT_HASH: usize = EXTENSIONS_HASH + 32;
const PREVIOUS_HASH: usize = EVENT_HASH + 32;
const LEVEL: usize = PREVIOUS_HASH + 32;
const DUPLICATE: usize = LEVEL + 1;
const END: usize = DUPLICATE + 1;
const _: () = assert!(END == PortableReceipt::SIGNED_LENGTH);

/// The fields of the signed bytes with their offsets, ended by the length of all.
#[cfg(test)]
pub(super) const FIELDS: &[(&str, usize)] = &[
    ("domain", DOMAIN),
    ("lineage", LINEAGE),
    ("branch", BRANCH),
    ("epoch", EPOCH),
    ("event id", EVENT_ID),
    ("sequence", SEQUENCE),
    ("stream sequence", STREAM_SEQUENCE),
    ("event kind", EVENT_KIND),
    ("generation", GENERATION),
    ("correlation", CORRELATION),
    ("wall clock", WALL_US),
    ("content hash", CONTENT_HASH),
    ("extensions hash", EXTENSIONS_HASH),
    ("event hash", EVENT_HASH),
    ("previous hash", PREVIOUS_HASH),
    ("level", LEVEL),
    ("duplicate", DUPLICATE),
    ("end", END),
];

/// Everything that a receipt says, and its signature.
///
/// ```
/// # #[cfg(feature = "signatures")] {
/// use batpak_event::receipt::{PortableReceipt, ReceiptVerification, SigningKey};
/// # use batpak_coordinate::{EventKind, Generation, Sequence, StreamSequence};
/// # use batpak_event::receipt::ReceiptFacts;
/// # use batpak_event::{BranchId, CorrelationId, Epoch, EventId, Lineage};
/// # let facts = ReceiptFacts {
/// #     event_id: EventId::new(7), sequence: Sequence(1), stream_sequence: StreamSequence(1),
/// #     event_kind: EventKind::DATA, generation: Generation(1), correlation: CorrelationId::new(7),
/// #     wall_us: 0, content_hash: [1; 32], extensions_hash: [0; 32], event_hash: [2; 32],
/// #     previous_hash: [0; 32],
/// # };
/// let (key, mut receipt) = (SigningKey::from_bytes([9; 32]), PortableReceipt {
///     lineage: Lineage(1), branch: BranchId(2), epoch: Epoch(3),
///     facts, is_synced: true, is_duplicate: false, is_denial: false,
///     key_id: [0; 32], signature: None,
/// });
/// receipt.sign(&key);
/// assert_eq!(receipt.verify(&[key.verifying_key()]), ReceiptVerification::Signed);
/// receipt.is_synced = false;
/// assert!(!receipt.verify(&[key.verifying_key()]).is_valid());
/// # }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PortableReceipt {
    /// The history that the event belongs to; 0 in a receipt that does not say it.
    pub lineage: Lineage,
    /// The branch that acknowledged the event.
    pub branch: BranchId,
    /// The writable open that acknowledged it.
    pub epoch: Epoch,
    /// The event.
    pub facts: ReceiptFacts,
    /// Whether the event was on stable storage when it was acknowledged.
    pub is_synced: bool,
    /// Whether an earlier append with the same key was acknowledged again.
    pub is_duplicate: bool,
    /// Whether the receipt is given as that of a denial; how it is given is not signed, its kind is.
    pub is_denial: bool,
    /// The [id](VerifyingKey::id) of the key that signed; zero when nobody did.
    pub key_id: Digest,
    /// The signature.
    pub signature: Option<Signature>,
}

impl PortableReceipt {
    /// Length of [`PortableReceipt::signed_bytes`].
    pub const SIGNED_LENGTH: usize = 256;

    /// What the signature covers: a domain of its own, and everything that the receipt says.
    #[must_use]
    pub fn signed_bytes(&self) -> [u8; PortableReceipt::SIGNED_LENGTH] {
        let facts = &self.facts;
        let mut bytes = [0_u8; PortableReceipt::SIGNED_LENGTH];
        put::<DOMAIN, 24>(&mut bytes, *DOMAIN_TEXT);
        put::<LINEAGE, 16>(&mut bytes, self.lineage.0.to_le_bytes());
        put::<BRANCH, 16>(&mut bytes, self.branch.0.to_le_bytes());
        put::<EPOCH, 8>(&mut bytes, self.epoch.0.to_le_bytes());
        put::<EVENT_ID, 16>(&mut bytes, facts.event_id.as_u128().to_le_bytes());
        put::<SEQUENCE, 8>(&mut bytes, facts.sequence.0.to_le_bytes());
        put::<STREAM_SEQUENCE, 8>(&mut bytes, facts.stream_sequence.0.to_le_bytes());
        put::<EVENT_KIND, 2>(&mut bytes, facts.event_kind.as_raw_u16().to_le_bytes());
        put::<GENERATION, 4>(&mut bytes, facts.generation.0.to_le_bytes());
        put::<CORRELATION, 16>(&mut bytes, facts.correlation.as_u128().to_le_bytes());
        put::<WALL_US, 8>(&mut bytes, facts.wall_us.to_le_bytes());
        put::<CONTENT_HASH, 32>(&mut bytes, facts.content_hash);
        put::<EXTENSIONS_HASH, 32>(&mut bytes, facts.extensions_hash);
        put::<EVENT_HASH, 32>(&mut bytes, facts.event_hash);
        put::<PREVIOUS_HASH, 32>(&mut bytes, facts.previous_hash);
        put::<LEVEL, 1>(&mut bytes, [if self.is_synced { 2 } else { 1 }]);
        put::<DUPLICATE, 1>(&mut bytes, [u8::from(self.is_duplicate)]);
        bytes
    }

    /// Judges the receipt by itself: whether the owner of a known key said all of this. Without keys it proves
    /// nothing. Cost: one verification of a signature, some 40 microseconds.
    pub fn verify(&self, keys: &[VerifyingKey]) -> ReceiptVerification {
        let denial = self.is_denial && !self.may_be(EventKind::SYSTEM_DENIAL);
        let form = if denial {
            Err(Wrong::DenialKindMismatch)
        } else {
            Ok(())
        };
        verdict(form.and_then(|()| self.check_signature(keys)))
    }

    /// Judges the receipt with its event: whether it says what the event is, and then as
    /// [`PortableReceipt::verify`]. `None` when there is no such event.
    ///
    /// What a receipt of an earlier version does not say is not compared.
    pub fn verify_event(
        &self,
        written: &Provenance,
        event: Option<&ReceiptFacts>,
        keys: &[VerifyingKey],
    ) -> ReceiptVerification {
        let compared = self.check_history(written).and_then(|()| {
            let event = event.ok_or(Wrong::MissingCommittedEvent)?;
            self.compare(written, event)
        });
        verdict(compared.and_then(|()| self.check_signature(keys)))
    }

    /// Whether the receipt is of this history and of a branch that holds the event.
    fn check_history(&self, written: &Provenance) -> Result<(), Wrong> {
        let says_lineage = self.lineage != Lineage(0);
        let rules = [
            (
                !says_lineage || self.lineage == written.lineage,
                Wrong::LineageMismatch,
            ),
            (written.is_of(self.branch), Wrong::BranchMismatch),
        ];
        first_broken(rules)
    }

    /// Whether the receipt says what the event is. What came to the event before its hash is named first.
    fn compare(&self, written: &Provenance, event: &ReceiptFacts) -> Result<(), Wrong> {
        let own = &self.facts;
        let is_denial = event.event_kind == EventKind::SYSTEM_DENIAL;
        // What a branch that was left knows of its epochs stayed there.
        let same_epoch = self.branch != written.branch || self.epoch == written.epoch;
        first_broken([
            (own.event_id == event.event_id, Wrong::EventIdMismatch),
            (own.sequence == event.sequence, Wrong::SequenceMismatch),
            (!self.is_denial || is_denial, Wrong::DenialKindMismatch),
            (
                own.content_hash == event.content_hash,
                Wrong::ContentHashMismatch,
            ),
            (
                own.extensions_hash == event.extensions_hash,
                Wrong::ExtensionsMismatch,
            ),
            (same_epoch, Wrong::EpochMismatch),
            (self.may_be(event.event_kind), Wrong::EventKindMismatch),
            (
                own.stream_sequence == event.stream_sequence,
                Wrong::StreamSequenceMismatch,
            ),
            (
                own.generation == event.generation,
                Wrong::GenerationMismatch,
            ),
            (
                own.correlation == event.correlation,
                Wrong::CorrelationMismatch,
            ),
            (own.wall_us == event.wall_us, Wrong::TimestampMismatch),
            (
                own.previous_hash == event.previous_hash,
                Wrong::PreviousHashMismatch,
            ),
            (own.event_hash == event.event_hash, Wrong::EventHashMismatch),
        ])
    }

    /// Whether the receipt says this kind, or none.
    fn may_be(&self, kind: EventKind) -> bool {
        let own = self.facts.event_kind;
        own == kind || own == ReceiptFacts::NO_KIND
    }

    fn check_signature(&self, keys: &[VerifyingKey]) -> Result<ReceiptVerification, Wrong> {
        let has_key = self.key_id != Digest::default();
        let signature = match (has_key, &self.signature) {
            (false, None) if keys.is_empty() => return Ok(ReceiptVerification::UnsignedAccepted),
            (false, None) => return Err(Wrong::UnsignedReceiptRejected),
            (false, Some(_)) => return Err(Wrong::ZeroKeyWithSignature),
            (true, None) => return Err(Wrong::MissingSignature),
            (true, Some(signature)) => signature,
        };
        let key = keys.iter().find(|key| key.id() == self.key_id);
        let key = key.ok_or(Wrong::UnknownSigningKey)?;
        if key.has_signed(&self.signed_bytes(), signature) {
            return Ok(ReceiptVerification::Signed);
        }
        Err(Wrong::InvalidSignature)
    }
}

fn verdict(outcome: Result<ReceiptVerification, Wrong>) -> ReceiptVerification {
    outcome.unwrap_or_else(ReceiptVerification::Invalid)
}

/// What the first rule that does not hold means.
fn first_broken<const N: usize>(rules: [(bool, Wrong); N]) -> Result<(), Wrong> {
    let broken = rules.into_iter().find(|(holds, _)| !holds);
    broken.map_or(Ok(()), |(_, wrong)| Err(wrong))
}

fn put<const AT: usize, const N: usize>(
    bytes: &mut [u8; PortableReceipt::SIGNED_LENGTH],
    field: [u8; N],
) {
    const { assert!(AT + N <= PortableReceipt::SIGNED_LENGTH) };
    bytes[AT..AT + N].copy_from_slice(&field);
}

#[cfg(all(test, feature = "signatures"))]
#[path = "tests.rs"]
mod tests;
