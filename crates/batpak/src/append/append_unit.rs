//! Appending several events as one unit.

use batpak_event::{CausationId, CorrelationId};
use smallvec::SmallVec;

use super::append_item::BatchAppendItem;
use super::append_options::AppendOptions;
use super::ticket::BatchAppendTicket;
use super::unit::Unit;
use crate::error::{Detail, DetailCause, StoreError};
use crate::receipt::AppendReceipt;
use crate::store::{Open, Store};

impl Store<Open> {
    /// Appends events as one unit: all of them or none, next to each other in the log. The
    /// receipts are in the order of the items.
    ///
    /// # Errors
    /// [`StoreError::BatchFailed`] names the item and wraps why, with nothing committed;
    /// [`StoreError::BatchItemTooLarge`], [`StoreError::ReservedKind`] and
    /// [`StoreError::IdempotencyPartialBatch`] come as they are. [`StoreError::BatchSyncFailed`]
    /// says that the events were written and whether they are durable is unknown.
    pub fn append_batch(
        &self,
        items: Vec<BatchAppendItem>,
    ) -> Result<Vec<AppendReceipt>, StoreError> {
        self.submit_batch(items)?.wait()
    }

    /// Appends events as one unit, and waits for a watermark after the commit.
    ///
    /// # Errors
    /// As for [`Store::append_batch`]; [`StoreError::WaitTimeout`] when the last event was not covered
    /// in time, in which case the events are committed; [`StoreError::Configuration`] for options
    /// beside [`AppendOptions::with_gate`], which belong to the items.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use batpak::prelude::*;
    /// use batpak::store::{DurabilityGate, WatermarkKind};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let temp = tempfile::tempdir()?;
    /// # let store = Store::open(StoreConfig::new(temp.path()))?;
    /// let (order, none) = (Coordinate::new("order:17", "shop")?, CausationRef::None);
    /// let item = BatchAppendItem::new(order, EventKind::DATA, "lamp", AppendOptions::new(), none)?;
    /// let gate = DurabilityGate::new(WatermarkKind::Durable, Duration::from_secs(5));
    /// let options = AppendOptions::new().with_gate(gate);
    /// assert_eq!(store.append_batch_with_options(vec![item], options)?.len(), 1);
    /// # Ok(())
    /// # }
    /// ```
    pub fn append_batch_with_options(
        &self,
        mut items: Vec<BatchAppendItem>,
        mut options: AppendOptions,
    ) -> Result<Vec<AppendReceipt>, StoreError> {
        let gate = options.gate.take();
        if options != AppendOptions::default() {
            let text = "a batch takes a gate; every other option belongs to its items";
            let detail = Detail::new(DetailCause::Unsupported, text);
            return Err(StoreError::Configuration(detail));
        }
        let Unit { mut drafts, answer } = self.unit_of_batch(&mut items, gate)?;
        let mut pending = self.submit_drafts(&mut drafts, answer)?;
        pending.wait().map(SmallVec::into_vec)
    }

    /// Appends events that another one led to as one unit, in one conversation.
    ///
    /// # Errors
    /// As for [`Store::append_batch`].
    pub fn append_reaction_batch(
        &self,
        correlation: CorrelationId,
        causation: CausationId,
        items: Vec<BatchAppendItem>,
    ) -> Result<Vec<AppendReceipt>, StoreError> {
        let stamped = items.into_iter().map(|mut item| {
            item.options = item
                .options
                .with_correlation(correlation)
                .with_causation(causation);
            item
        });
        self.append_batch(stamped.collect())
    }

    /// Gives a batch its place in the log and returns without waiting for the disk.
    ///
    /// # Errors
    /// As for [`Store::append_batch`], as far as they show before the disk is asked.
    pub fn submit_batch(
        &self,
        mut items: Vec<BatchAppendItem>,
    ) -> Result<BatchAppendTicket, StoreError> {
        let Unit { mut drafts, answer } = self.unit_of_batch(&mut items, None)?;
        let pending = self.submit_drafts(&mut drafts, answer)?;
        Ok(BatchAppendTicket::new(pending))
    }
}
