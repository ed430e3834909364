//! Appending under conditions on the log.

use batpak_coordinate::{Region, Sequence, StreamSequence};
use batpak_journal::Condition;

use super::append_item::BatchAppendItem;
use super::ticket::Receipts;
use super::unit::Unit;
use crate::error::StoreError;
use crate::receipt::AppendReceipt;
use crate::store::{Open, Store};

/// What has to hold of the log where events are appended. Everything that is asked for has to hold.
///
/// A decision is made of what was read; between the read and the append others append as well. With a
/// condition the append is refused where what they appended could have changed the decision.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AppendCondition {
    pub(super) conditions: Vec<Condition>,
}

impl AppendCondition {
    /// A condition that always holds.
    #[must_use]
    pub fn new() -> AppendCondition {
        AppendCondition::default()
    }

    /// The newest event of a stream has this stream sequence; 0 for a stream without events. The stream
    /// need not be one that is appended to.
    #[must_use]
    pub fn stream_at(mut self, entity: impl Into<String>, stream_sequence: u64) -> AppendCondition {
        self.conditions.push(Condition::Stream {
            entity: entity.into(),
            sequence: StreamSequence(stream_sequence),
        });
        self
    }

    /// No event of a region comes after this sequence: the newest one that the decision has seen, or 0
    /// for no event at all. Hidden events count.
    #[must_use]
    pub fn nothing_after(mut self, region: Region, sequence: u64) -> AppendCondition {
        self.conditions.push(Condition::NothingAfter {
            region,
            after: Sequence(sequence),
        });
        self
    }
}

impl Store<Open> {
    /// Appends events as one unit, if a condition holds of all that comes before them in the log, also of
    /// what others append at the same time. Of two appends whose conditions each other breaks, one is
    /// appended. Idempotency keys are compared first: where they are taken already, the receipts of the
    /// originals are returned, whatever the condition.
    ///
    /// Costs a scan of each region behind its sequence, and a look at what was staged since.
    ///
    /// ```
    /// # use batpak::prelude::*;
    /// # use batpak::store::{AppendCondition, BatchAppendItem, CausationRef};
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let directory = tempfile::tempdir()?;
    /// let store = Store::open(StoreConfig::new(directory.path()))?;
    /// let seat = Coordinate::new("seat:12", "show:7")?;
    /// let book = |guest: &str| {
    ///     let options = AppendOptions::default();
    ///     let free = AppendCondition::new().nothing_after(Region::entity("seat:12"), 0);
    ///     let item = BatchAppendItem::new(seat.clone(), EventKind::DATA, &guest, options, CausationRef::None);
    ///     store.append_if(&free, vec![item?])
    /// };
    /// assert!(book("first").is_ok());
    /// let refused = book("second").unwrap_err();
    /// assert!(matches!(refused, StoreError::ConditionBroken { events, .. } if events == [1]));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`StoreError::ConditionBroken`] names events that break the condition; they are visible when it is
    /// returned. Otherwise as for [`Store::append_batch`].
    pub fn append_if(
        &self,
        condition: &AppendCondition,
        mut items: Vec<BatchAppendItem>,
    ) -> Result<Vec<AppendReceipt>, StoreError> {
        let Unit { drafts, answer } = self.unit_of_batch(&mut items, None)?;
        let journal = &self.state.journal;
        let committed = journal.append_unit_if(&condition.conditions, drafts, answer.level);
        self.answer(committed, answer).map(Receipts::into_vec)
    }
}
