//! Committing what goes around the gates, together with the record of it.

use batpak_coordinate::{Coordinate, EventKind};
use batpak_event::HashChain;
use serde::Serialize;

use super::bypass::BypassReceipt;
use super::commit_metadata::CommitMetadata;
use super::committed::Committed;
use crate::append::{AppendOptions, BatchAppendItem, CausationRef};
use crate::error::{StoreError, StoreInvariant};
use crate::store::{Open, Store};
use crate::typed::EventPayload;

impl Store<Open> {
    /// Appends what goes around the gates, and behind it, in the same stream and as one unit with
    /// it, a record of the bypass: an event of kind [`EventKind::SYSTEM_BYPASS`] with a
    /// [`BypassPayload`](super::BypassPayload), whose cause is the event.
    ///
    /// The options are those of the event, a durability gate that of both; the record has its conversation, and with an idempotency
    /// key a key that is made of it.
    ///
    /// # Errors
    /// As for [`Store::append_batch`], the event being item 0.
    ///
    /// ```
    /// use batpak::guard::{GateSet, Proposal};
    /// use batpak::pipeline::{BypassPayload, Pipeline};
    /// use batpak::prelude::*;
    /// # use batpak::pipeline::BypassReason;
    /// # struct Migration;
    /// # impl BypassReason for Migration {
    /// #     fn name(&self) -> &'static str { "migration" }
    /// #     fn justification(&self) -> &'static str { "the old system had permitted it" }
    /// # }
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let temp = tempfile::tempdir()?;
    /// # let store = Store::open(StoreConfig::new(temp.path()))?;
    /// # let order = Coordinate::new("order:17", "shop")?;
    /// let pipeline = Pipeline::new(GateSet::<()>::new());
    /// let receipt = pipeline.bypass(Proposal::new("lamp"), &Migration);
    /// let (kind, options) = (EventKind::DATA, AppendOptions::new());
    /// let committed = store.append_bypassed(&order, kind, receipt, options)?;
    /// assert_eq!(committed.metadata().sequence(), 1);
    ///
    /// let record = store.by_fact(EventKind::SYSTEM_BYPASS)[0].event_id();
    /// let record = store.get_typed::<BypassPayload>(record)?;
    /// assert_eq!(record.event.payload.audit.reason, "migration");
    /// # Ok(())
    /// # }
    /// ```
    pub fn append_bypassed<T: Serialize>(
        &self,
        coordinate: &Coordinate,
        kind: EventKind,
        receipt: BypassReceipt<T>,
        options: AppendOptions,
    ) -> Result<Committed<T>, StoreError> {
        let (coordinate, none) = (coordinate.clone(), CausationRef::None);
        let item = BatchAppendItem::new(coordinate, kind, receipt.payload(), options, none)?;
        self.append_beside_record(item, receipt)
    }

    /// Appends what goes around the gates, with the kind and version of its payload, and a record of
    /// the bypass: see [`Store::append_bypassed`].
    ///
    /// # Errors
    /// As for [`Store::append_bypassed`].
    ///
    /// ```
    /// use batpak::guard::{GateSet, Proposal};
    /// use batpak::pipeline::Pipeline;
    /// use batpak::prelude::*;
    /// # use batpak::pipeline::BypassReason;
    /// # struct Migration;
    /// # impl BypassReason for Migration {
    /// #     fn name(&self) -> &'static str { "migration" }
    /// #     fn justification(&self) -> &'static str { "the old system had permitted it" }
    /// # }
    /// # #[derive(Serialize, Deserialize, EventPayload)]
    /// # #[batpak(category = 0x1, type_id = 0x001)]
    /// # struct OrderPlaced {
    /// #     item: String,
    /// # }
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let temp = tempfile::tempdir()?;
    /// # let store = Store::open(StoreConfig::new(temp.path()))?;
    /// # let order = Coordinate::new("order:17", "shop")?;
    /// let pipeline = Pipeline::new(GateSet::<()>::new());
    /// let placed = OrderPlaced { item: "lamp".into() };
    /// let receipt = pipeline.bypass(Proposal::new(placed), &Migration);
    /// let committed = store.append_bypassed_typed(&order, receipt, AppendOptions::new())?;
    /// assert_eq!(committed.payload().item, "lamp");
    /// # Ok(())
    /// # }
    /// ```
    pub fn append_bypassed_typed<T: EventPayload>(
        &self,
        coordinate: &Coordinate,
        receipt: BypassReceipt<T>,
        options: AppendOptions,
    ) -> Result<Committed<T>, StoreError> {
        let (coordinate, none) = (coordinate.clone(), CausationRef::None);
        let item = BatchAppendItem::typed(coordinate, receipt.payload(), options, none)?;
        self.append_beside_record(item, receipt)
    }

    fn append_beside_record<T>(
        &self,
        item: BatchAppendItem,
        receipt: BypassReceipt<T>,
    ) -> Result<Committed<T>, StoreError> {
        let content_hash = HashChain::compute_hash(item.payload_bytes());
        let payload = receipt.record(item.kind(), content_hash);
        let options = item.options().of_record("batpak.bypass");
        let record = BatchAppendItem::record(item.coordinate().clone(), &payload, options)?
            .with_prior_cause(0);
        let options = item.options().of_unit();
        let receipts = self.append_batch_with_options(vec![item, record], options)?;
        let Some(event) = receipts.first() else {
            // A unit of two events has two receipts.
            let kind = StoreInvariant::PreparedBatchItemCountDrift {
                expected: 2,
                actual: 0,
            };
            return Err(StoreError::InvariantViolation { kind });
        };
        let metadata = CommitMetadata::from_append_receipt(event)?;
        let (payload, audit) = receipt.into_parts();
        Ok(Committed::new(payload, metadata, Some(audit)))
    }
}
