//! The receipt of a recorded denial.

use std::ops::Deref;

use serde::{Deserialize, Serialize};

use crate::receipt::AppendReceipt;

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
}

impl Deref for DenialReceipt {
    type Target = AppendReceipt;

    fn deref(&self) -> &AppendReceipt {
        &self.0
    }
}
