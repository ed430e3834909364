//! Judging receipts by the log of a store.

use std::collections::BTreeMap;

use batpak_coordinate::Sequence;
use batpak_event::receipt::{
    PortableReceipt, Provenance, ReceiptFacts, ReceiptVerification, ReceiptVerificationError,
    Signature,
};
use batpak_event::{Digest, EventId};
use batpak_journal::{FrameBuffer, ReadError};
use batpak_segment::EventFrame;

use super::append_receipt::AppendReceipt;
use super::portable::{cover_failed, hash_of, judge};
use crate::append::{EncodedBytes, ExtensionKey};
use crate::error::StoreError;
use crate::guard::DenialReceipt;
use crate::read::read_error;
use crate::store::Store;

/// A receipt is right when the log shows its event, everything that the receipt says of it is so, and the
/// signature is that of a configured key over all of it. Nothing is written, and no lock is taken.
///
/// A store without keys accepts unsigned receipts; one with keys refuses them.
impl<State> Store<State> {
    /// Whether a receipt is right: [`Store::verify_append_receipt_detailed`].
    ///
    /// ```
    /// use batpak::prelude::*;
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let temp = tempfile::tempdir()?;
    /// let store = Store::open(StoreConfig::new(temp.path()))?;
    /// let mut receipt = store.append(&Coordinate::new("order:17", "shop")?, EventKind::DATA, "lamp")?;
    /// assert!(store.verify_append_receipt(&receipt));
    /// receipt.content_hash[0] ^= 1;
    /// assert!(!store.verify_append_receipt(&receipt));
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn verify_append_receipt(&self, receipt: &AppendReceipt) -> bool {
        self.verify_append_receipt_detailed(receipt).is_valid()
    }

    /// Whether a receipt is right, and what is wrong with it otherwise. A store that was salvaged believes the
    /// receipts of the store that it was salvaged from, as far as they have their events in common.
    ///
    /// Cost: a read of the event, BLAKE3 over it, and the verification of a signature, some 40 microseconds.
    ///
    /// ```
    /// use batpak::prelude::*;
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let temp = tempfile::tempdir()?;
    /// let store = Store::open(StoreConfig::new(temp.path()))?;
    /// let mut receipt = store.append(&Coordinate::new("order:17", "shop")?, EventKind::DATA, "lamp")?;
    /// assert_eq!(store.verify_append_receipt_detailed(&receipt), ReceiptVerification::UnsignedAccepted);
    /// receipt.content_hash[0] ^= 1;
    /// let changed = ReceiptVerification::Invalid(ReceiptVerificationError::ContentHashMismatch);
    /// assert_eq!(store.verify_append_receipt_detailed(&receipt), changed);
    /// # Ok(())
    /// # }
    /// ```
    pub fn verify_append_receipt_detailed(&self, receipt: &AppendReceipt) -> ReceiptVerification {
        judge(receipt.portable(), |receipt| self.judge(&receipt))
    }

    /// Judges what came of a receipt through a channel that has no place for the whole of it. What is not passed
    /// is taken from the log; the level and whether it repeats an earlier one may be any.
    ///
    /// Of a salvaged store only receipts of its own are right in this form: the epochs of the store that it was
    /// salvaged from are not in its log.
    ///
    /// Cost: as [`Store::verify_append_receipt_detailed`], and at most three signatures more.
    ///
    /// ```
    /// use batpak::prelude::*;
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let temp = tempfile::tempdir()?;
    /// let store = Store::open(StoreConfig::new(temp.path()))?;
    /// let receipt = store.append(&Coordinate::new("order:17", "shop")?, EventKind::DATA, "lamp")?;
    /// let verdict = store.verify_append_receipt_wire_detailed(
    ///     receipt.event_id, receipt.sequence, receipt.content_hash, receipt.key_id, receipt.signature,
    ///     &receipt.extensions,
    /// );
    /// assert_eq!(verdict, ReceiptVerification::UnsignedAccepted);
    /// # Ok(())
    /// # }
    /// ```
    pub fn verify_append_receipt_wire_detailed(
        &self,
        event_id: EventId,
        sequence: u64,
        content_hash: Digest,
        key_id: Digest,
        signature: Option<Signature>,
        extensions: &BTreeMap<ExtensionKey, EncodedBytes>,
    ) -> ReceiptVerification {
        let logged = self.logged(event_id, Sequence(sequence));
        let logged =
            logged.and_then(|found| found.ok_or(ReceiptVerificationError::MissingCommittedEvent));
        let (extensions_hash, (written, event)) = match (hash_of(extensions), logged) {
            (Ok(hash), Ok(found)) => (hash, found),
            (Err(error), _) | (_, Err(error)) => return ReceiptVerification::Invalid(error),
        };
        let receipt = PortableReceipt {
            lineage: written.lineage,
            branch: written.branch,
            epoch: written.epoch,
            facts: ReceiptFacts {
                event_id,
                sequence: Sequence(sequence),
                content_hash,
                extensions_hash,
                ..event
            },
            is_synced: true,
            is_duplicate: false,
            is_denial: false,
            key_id,
            signature,
        };
        let invalid = ReceiptVerification::Invalid(ReceiptVerificationError::InvalidSignature);
        let acknowledged = [(true, false), (false, false), (true, true), (false, true)];
        acknowledged
            .into_iter()
            .map(|(is_synced, is_duplicate)| {
                let receipt = PortableReceipt {
                    is_synced,
                    is_duplicate,
                    ..receipt
                };
                receipt.verify_event(&written, Some(&event), self.core.config.verifying_keys())
            })
            .find(|verdict| *verdict != invalid)
            .unwrap_or(invalid.clone())
    }

    /// Whether the receipt of a denial is right: [`Store::verify_denial_receipt_detailed`].
    ///
    /// ```
    /// use batpak::guard::{Denial, GateSet};
    /// use batpak::prelude::*;
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let temp = tempfile::tempdir()?;
    /// # let store = Store::open(StoreConfig::new(temp.path()))?;
    /// # let order = Coordinate::new("order:17", "shop")?;
    /// let (gates, denial) = (GateSet::<u64>::new(), Denial::new("limit", "above 1000"));
    /// let (kind, options) = (EventKind::DATA, AppendOptions::new());
    /// let receipt = store.append_denial(&order, kind, &gates, &denial, None, None, options)?;
    /// assert!(store.verify_denial_receipt(&receipt));
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn verify_denial_receipt(&self, receipt: &DenialReceipt) -> bool {
        self.verify_denial_receipt_detailed(receipt).is_valid()
    }

    /// As [`Store::verify_append_receipt_detailed`], and whether the event records a denial.
    ///
    /// ```
    /// use batpak::prelude::*;
    /// use batpak::store::DenialReceipt;
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let temp = tempfile::tempdir()?;
    /// # let store = Store::open(StoreConfig::new(temp.path()))?;
    /// # let order = Coordinate::new("order:17", "shop")?;
    /// let receipt = store.append(&order, EventKind::DATA, "lamp")?;
    /// let bytes = batpak::encoding::to_bytes(&receipt)?;
    /// let forged: DenialReceipt = batpak::encoding::from_bytes(&bytes)?;
    /// let refused = ReceiptVerification::Invalid(ReceiptVerificationError::DenialKindMismatch);
    /// assert_eq!(store.verify_denial_receipt_detailed(&forged), refused);
    /// # Ok(())
    /// # }
    /// ```
    pub fn verify_denial_receipt_detailed(&self, receipt: &DenialReceipt) -> ReceiptVerification {
        judge(receipt.portable(), |receipt| self.judge(&receipt))
    }

    /// Where an event was written. Exported with the event it lets others judge receipts as the store does:
    /// [`AppendReceipt::verify_event`].
    ///
    /// # Errors
    /// As for [`Store::read_raw`].
    ///
    /// ```
    /// use batpak::prelude::*;
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let temp = tempfile::tempdir()?;
    /// let store = Store::open(StoreConfig::new(temp.path()))?;
    /// let receipt = store.append(&Coordinate::new("order:17", "shop")?, EventKind::DATA, "lamp")?;
    /// let written = store.provenance(receipt.event_id)?;
    /// assert_eq!((written.lineage, written.epoch), (store.lineage(), receipt.epoch()));
    /// # Ok(())
    /// # }
    /// ```
    pub fn provenance(&self, id: EventId) -> Result<Provenance, StoreError> {
        let mut buffer = FrameBuffer::new();
        let sequence = self.get_ref(id, &mut buffer)?.sequence();
        let written = self.provenance_at(Sequence(sequence));
        written.map_err(|error| read_error(error, &self.core.origin))
    }

    fn judge(&self, receipt: &PortableReceipt) -> ReceiptVerification {
        let keys = self.core.config.verifying_keys();
        match self.logged(receipt.facts.event_id, receipt.facts.sequence) {
            Ok(Some((written, event))) => receipt.verify_event(&written, Some(&event), keys),
            // Of no event every branch is right that the store knows.
            Ok(None) => match self.provenance_at(receipt.facts.sequence) {
                Ok(written) => receipt.verify_event(&written, None, keys),
                Err(error) => ReceiptVerification::Invalid(cover_failed(error)),
            },
            Err(error) => ReceiptVerification::Invalid(error),
        }
    }

    /// The visible event with this id; without one, the one at this sequence, which then has another id.
    fn logged(
        &self,
        id: EventId,
        sequence: Sequence,
    ) -> Result<Option<(Provenance, ReceiptFacts)>, ReceiptVerificationError> {
        let (view, mut buffer) = (&self.core.view, FrameBuffer::new());
        let found = view.read_id(id, &mut buffer);
        let found = match found.map(|frame| frame.map(|frame| self.facts(&frame))) {
            Ok(None) => {
                let there = view.read(sequence, &mut buffer);
                there.map(|frame| Some(self.facts(&frame)))
            }
            found => found,
        };
        let facts = match found {
            Ok(Some(facts)) => facts,
            Ok(None)
            | Err(ReadError::NotFound | ReadError::Gone { .. } | ReadError::Lost { .. }) => {
                return Ok(None);
            }
            Err(error) => return Err(cover_failed(error)),
        };
        let written = self.provenance_at(facts.sequence).map_err(cover_failed)?;
        Ok(Some((written, facts)))
    }

    fn facts(&self, frame: &EventFrame<'_>) -> ReceiptFacts {
        let facts = frame.facts();
        ReceiptFacts::new(&facts, facts.hash(self.core.view.key()), frame.extensions())
    }

    fn provenance_at(&self, sequence: Sequence) -> Result<Provenance, ReadError> {
        let view = &self.core.view;
        let epoch = view.epoch_of(sequence)?.unwrap_or(view.epoch());
        Ok(Provenance {
            lineage: view.lineage(),
            branch: view.branch(),
            epoch,
            shared_with: view.branches_left_after(sequence),
        })
    }
}
