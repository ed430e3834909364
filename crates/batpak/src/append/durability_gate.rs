//! Waiting for a watermark after a commit.

use std::time::Duration;

use batpak_coordinate::HlcPoint;
use batpak_journal::Durability;

use crate::error::{StoreError, WatermarkKind};
use crate::receipt::AppendReceipt;

/// A watermark that has to cover an event before its append returns, and how long to wait for it.
///
/// It is asked after the commit: when the time is over, the append returns
/// [`StoreError::WaitTimeout`], and the event is in the log. An acknowledged event is visible, and
/// no projection is registered that it would have to be applied to, so only
/// [`WatermarkKind::Durable`] in a store of a lower level makes an append wait longer; it asks for
/// the sync.
///
/// ```
/// use std::time::Duration;
///
/// use batpak::prelude::*;
/// use batpak::store::{DurabilityGate, WatermarkKind};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let temp = tempfile::tempdir()?;
/// # let order = Coordinate::new("order:17", "shop")?;
/// let config = StoreConfig::new(temp.path()).with_durability(Durability::Written);
/// let store = Store::open(config)?;
/// let gate = DurabilityGate::new(WatermarkKind::Durable, Duration::from_secs(5));
/// let options = AppendOptions::new().with_gate(gate);
/// let receipt = store.append_with_options(&order, EventKind::DATA, "lamp", options)?;
/// assert_eq!(receipt.durability(), Durability::Synced);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DurabilityGate {
    /// The watermark.
    pub kind: WatermarkKind,
    /// How long to wait for it; the work that others do not do is done in any case.
    pub timeout: Duration,
}

impl DurabilityGate {
    /// A watermark and a time.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use batpak::store::{DurabilityGate, WatermarkKind};
    ///
    /// let gate = DurabilityGate::new(WatermarkKind::Durable, Duration::from_secs(5));
    /// assert_eq!(gate.timeout.as_secs(), 5);
    /// ```
    #[must_use]
    pub const fn new(kind: WatermarkKind, timeout: Duration) -> DurabilityGate {
        DurabilityGate { kind, timeout }
    }

    /// Whether the level of an acknowledgement is not enough for it.
    pub(super) fn needs_sync(self) -> bool {
        self.kind == WatermarkKind::Durable
    }

    /// What is to be said when the last of the receipts is not covered: units become durable as a whole.
    pub(super) fn missed_by(self, receipts: &[AppendReceipt]) -> Option<StoreError> {
        match receipts.last() {
            Some(last) if self.needs_sync() && last.durability() < Durability::Synced => {
                Some(StoreError::WaitTimeout {
                    watermark: self.kind,
                    target: HlcPoint {
                        wall_ms: u64::try_from(last.timestamp_us()).unwrap_or(0) / 1000,
                        global_sequence: last.sequence,
                    },
                    waited_ms: u64::try_from(self.timeout.as_millis()).unwrap_or(u64::MAX),
                })
            }
            _ => None,
        }
    }
}
