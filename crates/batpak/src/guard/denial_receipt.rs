//! The receipt of a recorded denial.

use std::ops::Deref;

use batpak_event::StoredEvent;
use batpak_event::receipt::{
    PortableReceipt, Provenance, ReceiptVerification, ReceiptVerificationError, VerifyingKey,
};
use serde::{Deserialize, Serialize};

use crate::receipt::{AppendReceipt, judge, judge_event};

/// The receipt of a recorded denial: that of the event which records it.
///
/// It is a type of its own, so that it does not pass for the receipt of what was denied.
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
/// assert_eq!((receipt.sequence, receipt.as_append_receipt().stream_sequence()), (1, 1));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DenialReceipt(AppendReceipt);

impl DenialReceipt {
    pub(super) fn new(receipt: AppendReceipt) -> DenialReceipt {
        DenialReceipt(receipt)
    }

    /// The receipt of the event that records the denial.
    #[must_use]
    pub fn as_append_receipt(&self) -> &AppendReceipt {
        &self.0
    }

    /// Judges the receipt of a denial by itself: [`AppendReceipt::verify`], and whether it says that its event
    /// records a denial.
    ///
    /// ```
    /// use batpak::guard::{Denial, GateSet};
    /// use batpak::prelude::*;
    /// use batpak::store::SigningKey;
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let temp = tempfile::tempdir()?;
    /// # let order = Coordinate::new("order:17", "shop")?;
    /// let key = SigningKey::from_bytes([7; 32]);
    /// let public = key.verifying_key();
    /// let store = Store::open(StoreConfig::new(temp.path()).with_signing_key(key))?;
    /// let (gates, denial) = (GateSet::<u64>::new(), Denial::new("limit", "above 1000"));
    /// let (kind, options) = (EventKind::DATA, AppendOptions::new());
    /// let receipt = store.append_denial(&order, kind, &gates, &denial, None, None, options)?;
    /// assert_eq!(receipt.verify(&[public]), ReceiptVerification::Signed);
    /// # Ok(())
    /// # }
    /// ```
    pub fn verify(&self, keys: &[VerifyingKey]) -> ReceiptVerification {
        judge(self.portable(), |receipt| receipt.verify(keys))
    }

    /// Judges the receipt of a denial with its event: [`AppendReceipt::verify_event`], and whether the event
    /// records a denial.
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
    /// let (written, event) = (store.provenance(receipt.event_id)?, store.read_raw(receipt.event_id)?);
    /// let bytes = batpak::encoding::to_bytes(&receipt)?;
    /// let forged: DenialReceipt = batpak::encoding::from_bytes(&bytes)?;
    /// let refused = ReceiptVerification::Invalid(ReceiptVerificationError::DenialKindMismatch);
    /// assert_eq!(forged.verify_event(&written, &event, &[]), refused);
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
        let receipt = self.0.portable()?;
        Ok(PortableReceipt {
            is_denial: true,
            ..receipt
        })
    }
}

impl Deref for DenialReceipt {
    type Target = AppendReceipt;

    fn deref(&self) -> &AppendReceipt {
        &self.0
    }
}
