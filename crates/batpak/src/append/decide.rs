//! Appending what is decided by what the log says.
//!
//! A decision is made outside every lock, by a view of the log at one position. Under the lock only what
//! others have staged since is compared with what it has read. Where that could have changed it, it is made
//! again.

use std::panic::{AssertUnwindSafe, catch_unwind};

use batpak_journal::AppendError;

use super::append_item::BatchAppendItem;
use super::condition::AppendCondition;
use super::decision_error::DecisionError;
use super::decision_view::DecisionView;
use super::unit::Unit;
use crate::error::{Detail, DetailCause, StoreError};
use crate::guard::{Denial, GateSet, Proposal};
use crate::receipt::AppendReceipt;
use crate::store::{Open, Store};

/// How often a decision is made: once, and again when others were first.
const MOST_DECISIONS: u32 = 4;
/// The gate that a denial names when the decision itself panicked.
const DECISION: &str = "decision";

impl Store<Open> {
    /// Appends, as one unit, what a function decides by a view of the log; nothing when it decides on no
    /// event. The events have a place in the log only where what the function read is still all there is to
    /// read. Where others have appended to it meanwhile, the function is called again, with a view that
    /// shows that: at most three times more.
    ///
    /// It runs in this thread, under no lock: it may take its time, append to this store, or wait for
    /// somebody who does. An append of its own to what it has read is one of others. When it panics, that
    /// is a denial with the code [`GATE_DEFECT`](crate::guard::GATE_DEFECT).
    ///
    /// A decision that is repeated after a lost answer would see its own events. With idempotency keys it
    /// can tell: when [`DecisionView::get`] finds the event of the key, it returns the same items once more,
    /// and the receipts are those of the originals.
    ///
    /// Costs what the function reads, and for each event that others have appended since a look at what
    /// that was.
    ///
    /// ```
    /// # use batpak::prelude::*;
    /// use batpak::guard::Denial;
    /// use batpak::store::DecisionError;
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let temp = tempfile::tempdir()?;
    /// let store = Store::open(StoreConfig::new(temp.path()))?;
    /// let show = Coordinate::new("show:7", "theatre")?;
    /// let book = |guest: &str| {
    ///     store.append_decided(|view| {
    ///         if view.stream_sequence("show:7")? == 2 {
    ///             return Err(Denial::new("seats", "both seats are taken").into());
    ///         }
    ///         let (options, none) = (AppendOptions::new(), CausationRef::None);
    ///         let booked = BatchAppendItem::new(show.clone(), EventKind::DATA, guest, options, none)?;
    ///         Ok(vec![booked])
    ///     })
    /// };
    /// assert!(book("ada").is_ok() && book("ben").is_ok());
    /// assert!(matches!(book("eve"), Err(DecisionError::Denied(_))));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// What the function returned. [`StoreError::ConditionBroken`] when others were first four times in a
    /// row: it names events of theirs, which are visible when it is returned. Otherwise as for
    /// [`Store::append_batch`].
    pub fn append_decided(
        &self,
        mut decide: impl FnMut(&DecisionView) -> Result<Vec<BatchAppendItem>, DecisionError>,
    ) -> Result<Vec<AppendReceipt>, DecisionError> {
        self.append_under(&AppendCondition::new(), |view| {
            let decided = catch_unwind(AssertUnwindSafe(|| decide(view)));
            decided.unwrap_or_else(|panic| Err(Denial::defect(DECISION, &*panic).into()))
        })
    }

    /// Appends events as one unit, if gates permit it by what they read of the log, and a condition holds.
    /// What the gates read and the condition hold both at the very place that the events get: see
    /// [`Store::append_decided`], of which this is the form for events that are known before.
    ///
    /// Idempotency keys come first, as in [`Store::append_if`]: where they are taken already, the receipts
    /// of the originals are returned, whatever the gates say.
    ///
    /// ```
    /// # use batpak::prelude::*;
    /// use batpak::guard::{Denial, Gate, GateSet};
    /// use batpak::store::{AppendCondition, DecisionView};
    ///
    /// struct TwoSeats;
    ///
    /// impl Gate<DecisionView> for TwoSeats {
    ///     fn name(&self) -> &'static str {
    ///         "two-seats"
    ///     }
    ///
    ///     fn evaluate(&self, view: &DecisionView) -> Result<(), Denial> {
    ///         match view.stream_sequence("show:7") {
    ///             Ok(0 | 1) => Ok(()),
    ///             Ok(_) => Err(Denial::new(self.name(), "both seats are taken")),
    ///             Err(error) => Err(Denial::new(self.name(), error.to_string())),
    ///         }
    ///     }
    /// }
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let temp = tempfile::tempdir()?;
    /// # let store = Store::open(StoreConfig::new(temp.path()))?;
    /// let mut gates = GateSet::new();
    /// gates.push(TwoSeats);
    /// let not_sold_out = AppendCondition::new().stream_at("sold-out:7", 0);
    /// for (guest, is_booked) in [("ada", true), ("ben", true), ("eve", false)] {
    ///     let show = Coordinate::new("show:7", "theatre")?;
    ///     let (options, none) = (AppendOptions::new(), CausationRef::None);
    ///     let booked = BatchAppendItem::new(show, EventKind::DATA, guest, options, none)?;
    ///     let outcome = store.append_gated(&gates, &not_sold_out, vec![booked]);
    ///     assert_eq!(outcome.is_ok(), is_booked);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// The denial. [`StoreError::ConditionBroken`] when the condition does not hold, or when others were
    /// first four times in a row. Otherwise as for [`Store::append_batch`].
    pub fn append_gated(
        &self,
        gates: &GateSet<DecisionView>,
        condition: &AppendCondition,
        items: Vec<BatchAppendItem>,
    ) -> Result<Vec<AppendReceipt>, DecisionError> {
        // Items that cannot be appended are refused before a gate is asked.
        self.unit_of_batch(&mut items.clone(), None)?;
        let appended = self.append_under(condition, |view| {
            let _permitted = gates.evaluate(view, Proposal::new(()))?;
            Ok(items.clone())
        });
        match appended {
            // What the gates deny may be what they see of the first time.
            Err(DecisionError::Denied(denial)) => match self.originals(items)? {
                Some(receipts) => Ok(receipts),
                None => Err(denial.into()),
            },
            appended => appended,
        }
    }

    /// Appends what is decided by a view, under a condition beside what the view was asked for.
    fn append_under(
        &self,
        condition: &AppendCondition,
        mut decide: impl FnMut(&DecisionView) -> Result<Vec<BatchAppendItem>, DecisionError>,
    ) -> Result<Vec<AppendReceipt>, DecisionError> {
        let mut decisions = 0;
        loop {
            let view = DecisionView::new(self.pinned());
            let mut items = decide(&view)?;
            let Unit { drafts, answer } = self.unit_of_batch(&mut items, None)?;
            decisions += 1;
            // Those of the caller come first, so that they tell themselves from those of the view.
            let mut conditions = condition.conditions.clone();
            conditions.extend(view.into_conditions());
            let journal = &self.state.journal;
            match journal.append_unit_if(&conditions, drafts, answer.level) {
                Err(AppendError::ConditionBroken {
                    condition: broken,
                    events,
                    ..
                }) if broken >= condition.conditions.len() => {
                    if decisions == MOST_DECISIONS {
                        let text = "others appended to what it read each time that it was decided";
                        let error = StoreError::ConditionBroken {
                            events: events.iter().map(|event| event.get()).collect(),
                            reason: Detail::new(DetailCause::Overtaken, text),
                        };
                        return Err(error.into());
                    }
                }
                committed => return Ok(self.answer(committed, answer)?.into_vec()),
            }
        }
    }

    /// The receipts of a unit that was appended before with the same keys.
    fn originals(
        &self,
        mut items: Vec<BatchAppendItem>,
    ) -> Result<Option<Vec<AppendReceipt>>, StoreError> {
        let Unit { drafts, answer } = self.unit_of_batch(&mut items, None)?;
        match self.state.journal.repeated(&drafts, answer.level) {
            Ok(None) => Ok(None),
            Ok(Some(committed)) => {
                let receipts = self.answer(Ok(committed), answer)?;
                Ok(Some(receipts.into_vec()))
            }
            Err(error) => Err(self.refused(error, &answer)),
        }
    }
}
