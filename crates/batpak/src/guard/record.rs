//! Recording a denial.

use batpak_coordinate::{Coordinate, EventKind};
use batpak_event::Digest;

use super::denial::Denial;
use super::denial_receipt::DenialReceipt;
use super::gate_set::GateSet;
use crate::append::{AppendOptions, BatchAppendItem};
use crate::error::StoreError;
use crate::store::{Open, Store};

impl Store<Open> {
    /// Records a denial as an event of kind [`EventKind::SYSTEM_DENIAL`], with a
    /// [`DenialPayload`](super::DenialPayload): what each gate answered, and what was proposed.
    ///
    /// `proposed_content_hash` and `pipeline_id` are recorded as they are given. The options are
    /// those of any append: an idempotency key makes the record repeatable, a cause links it to
    /// what led to the proposal.
    ///
    /// # Errors
    /// As for [`Store::append_with_options`].
    ///
    /// ```
    /// use batpak::guard::{Denial, DenialPayload, GateSet, Proposal};
    /// use batpak::prelude::*;
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # struct Limit;
    /// # impl batpak::guard::Gate<u64> for Limit {
    /// #     fn name(&self) -> &'static str { "limit" }
    /// #     fn evaluate(&self, _: &u64) -> Result<(), Denial> { Err(Denial::new("limit", "above 1000")) }
    /// # }
    /// # let temp = tempfile::tempdir()?;
    /// # let store = Store::open(StoreConfig::new(temp.path()))?;
    /// # let order = Coordinate::new("order:17", "shop")?;
    /// # let mut gates = GateSet::new();
    /// # gates.push(Limit);
    /// let Err(denial) = gates.evaluate(&1_200, Proposal::new("thirty lamps")) else {
    ///     panic!("the gate is closed");
    /// };
    /// let options = AppendOptions::new();
    /// let kind = EventKind::DATA;
    /// let receipt = store.append_denial(&order, kind, &gates, &denial, None, None, options)?;
    /// let record = store.get_typed::<DenialPayload>(receipt.event_id)?;
    /// assert_eq!(record.event.payload.evaluations[0].gate_id.as_str(), "limit");
    /// # Ok(())
    /// # }
    /// ```
    // justifies: INV-PUBLISHED-SURFACE; a program that records denials passes these arguments
    #[expect(clippy::too_many_arguments)]
    pub fn append_denial<Ctx: ?Sized>(
        &self,
        coordinate: &Coordinate,
        proposed_kind: EventKind,
        gates: &GateSet<Ctx>,
        denial: &Denial,
        proposed_content_hash: Option<Digest>,
        pipeline_id: Option<&str>,
        options: AppendOptions,
    ) -> Result<DenialReceipt, StoreError> {
        let payload = gates.trace_denial(denial, proposed_kind, proposed_content_hash, pipeline_id);
        let item = BatchAppendItem::record(coordinate.clone(), &payload, options)?;
        self.submit_item(item)?.wait().map(DenialReceipt::new)
    }
}
