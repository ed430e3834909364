//! Receipts that are judged without a store.

use std::fmt::Display;

use batpak_coordinate::Sequence;
use batpak_event::receipt::{
    PortableReceipt, Provenance, ReceiptFacts, ReceiptVerification, ReceiptVerificationError,
    VerifyingKey, extensions_hash,
};
use batpak_event::{Digest, StoredEvent, encoding};
use batpak_journal::Durability;

use super::append_receipt::AppendReceipt;
use crate::append::Extensions;

impl AppendReceipt {
    /// Judges the receipt by itself, without a store: whether the owner of one of these keys said all of it.
    /// Without keys an unsigned receipt is accepted, and nothing is proven.
    ///
    /// Cost: one verification of a signature, some 40 microseconds.
    ///
    /// ```
    /// use batpak::prelude::*;
    /// use batpak::store::SigningKey;
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let temp = tempfile::tempdir()?;
    /// let key = SigningKey::from_bytes([7; 32]);
    /// let public = key.verifying_key();
    /// let store = Store::open(StoreConfig::new(temp.path()).with_signing_key(key))?;
    /// let mut receipt = store.append(&Coordinate::new("order:17", "shop")?, EventKind::DATA, "lamp")?;
    /// assert_eq!(receipt.verify(&[public]), ReceiptVerification::Signed);
    /// receipt.sequence += 1;
    /// let forged = ReceiptVerification::Invalid(ReceiptVerificationError::InvalidSignature);
    /// assert_eq!(receipt.verify(&[public]), forged);
    /// # Ok(())
    /// # }
    /// ```
    pub fn verify(&self, keys: &[VerifyingKey]) -> ReceiptVerification {
        judge(self.portable(), |receipt| receipt.verify(keys))
    }

    /// Judges the receipt with its event, as it was exported, and without the store. The verdict is that of the
    /// store which shows the event: [`Store::verify_append_receipt_detailed`](crate::Store::verify_append_receipt_detailed).
    ///
    /// Cost: that of [`AppendReceipt::verify`], and BLAKE3 over the event.
    ///
    /// ```
    /// use batpak::prelude::*;
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let temp = tempfile::tempdir()?;
    /// let store = Store::open(StoreConfig::new(temp.path()))?;
    /// let receipt = store.append(&Coordinate::new("order:17", "shop")?, EventKind::DATA, "lamp")?;
    /// let exported = (store.provenance(receipt.event_id)?, store.read_raw(receipt.event_id)?);
    /// let exported = batpak::encoding::to_bytes(&exported)?;
    /// let (written, event) = batpak::encoding::from_bytes(&exported)?;
    /// assert_eq!(receipt.verify_event(&written, &event, &[]), ReceiptVerification::UnsignedAccepted);
    /// # Ok(())
    /// # }
    /// ```
    pub fn verify_event(
        &self,
        written: &Provenance,
        event: &StoredEvent<Vec<u8>>,
        keys: &[VerifyingKey],
    ) -> ReceiptVerification {
        judge_event(self.portable(), written, event, keys)
    }

    /// What the receipt says, in the form that is judged.
    pub(crate) fn portable(&self) -> Result<PortableReceipt, ReceiptVerificationError> {
        Ok(self.with_extensions_hash(hash_of(&self.extensions)?))
    }

    pub(super) fn with_extensions_hash(&self, extensions_hash: Digest) -> PortableReceipt {
        PortableReceipt {
            lineage: self.lineage,
            branch: self.branch,
            epoch: self.epoch,
            facts: ReceiptFacts {
                event_id: self.event_id,
                sequence: Sequence(self.sequence),
                stream_sequence: self.stream_sequence,
                event_kind: self.kind,
                generation: self.generation,
                correlation: self.correlation_id,
                wall_us: self.timestamp_us,
                content_hash: self.content_hash,
                extensions_hash,
                event_hash: self.event_hash,
                previous_hash: self.previous_hash,
            },
            is_synced: self.durability == Durability::Synced,
            is_duplicate: self.duplicate,
            is_denial: false,
            key_id: self.key_id,
            signature: self.signature,
        }
    }
}

/// Judges a receipt, if it can be put together.
pub(crate) fn judge(
    receipt: Result<PortableReceipt, ReceiptVerificationError>,
    verdict: impl FnOnce(PortableReceipt) -> ReceiptVerification,
) -> ReceiptVerification {
    receipt.map_or_else(ReceiptVerification::Invalid, verdict)
}

/// Judges a receipt with its event.
pub(crate) fn judge_event(
    receipt: Result<PortableReceipt, ReceiptVerificationError>,
    written: &Provenance,
    event: &StoredEvent<Vec<u8>>,
    keys: &[VerifyingKey],
) -> ReceiptVerification {
    let facts = ReceiptFacts::of_event(event, written.lineage);
    judge(receipt, |receipt| {
        receipt.verify_event(written, facts.as_ref(), keys)
    })
}

/// The hash of extensions as they are stored.
pub(super) fn hash_of(extensions: &Extensions) -> Result<Digest, ReceiptVerificationError> {
    if extensions.is_empty() {
        return Ok(extensions_hash(b""));
    }
    let stored = encoding::to_bytes(extensions).map_err(cover_failed)?;
    Ok(extensions_hash(&stored))
}

pub(super) fn cover_failed(error: impl Display) -> ReceiptVerificationError {
    let reason = error.to_string();
    ReceiptVerificationError::CoverBuildFailed { reason }
}
