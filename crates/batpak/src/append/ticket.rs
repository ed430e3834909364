//! Appends that were submitted and are waited for later.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use batpak_journal::{Committed, Durability, Ticket};
use smallvec::SmallVec;

use super::draft::Repeated;
use super::durability_gate::DurabilityGate;
use super::failure::append_error;
use super::unit::Answer;
use crate::error::{StoreError, StoreInvariant};
use crate::origin::Origin;
use crate::receipt::AppendReceipt;

/// A submitted append. Dropping it cancels nothing: the event is written all the same.
///
/// ```
/// use batpak::prelude::*;
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let directory = tempfile::tempdir()?;
/// # let store = Store::open(StoreConfig::new(directory.path()))?;
/// let order = Coordinate::new("order:17", "shop")?;
/// let tickets = [1, 2, 3].map(|line| store.submit(&order, EventKind::DATA, &line));
/// for ticket in tickets {
///     println!("event {}", ticket?.wait()?.sequence);
/// }
/// assert_eq!(store.by_entity("order:17").len(), 3);
/// # Ok(())
/// # }
/// ```
pub struct AppendTicket(Box<Pending>);

impl AppendTicket {
    pub(super) fn new(pending: Pending) -> AppendTicket {
        AppendTicket(Box::new(pending))
    }

    /// Waits until the event has the durability that was asked for, doing the work if nobody else
    /// does.
    ///
    /// # Errors
    /// As for [`Store::append`](crate::Store::append).
    pub fn wait(mut self) -> Result<AppendReceipt, StoreError> {
        self.0.wait().and_then(only)
    }

    /// As [`AppendTicket::wait`], giving up after `limit`: the ticket comes back, and the event
    /// stays submitted.
    ///
    /// # Errors
    /// As for [`Store::append`](crate::Store::append); the inner `Err` is the ticket.
    pub fn wait_timeout(
        mut self,
        limit: Duration,
    ) -> Result<Result<AppendReceipt, AppendTicket>, StoreError> {
        match self.0.wait_timeout(self.0.answer.level, limit)? {
            Some(receipts) => only(receipts).map(Ok),
            None => Ok(Err(self)),
        }
    }

    /// Waits as [`AppendTicket::wait`] does, and then for a watermark, for as long as the gate allows. It
    /// takes the place of a gate in the options. When the time is over the event is committed all the
    /// same, and its receipt comes back in the error.
    ///
    /// # Errors
    /// [`StoreError::CommittedNotReached`] with the receipt, around [`StoreError::WaitTimeout`]; otherwise
    /// as for [`Store::append`](crate::Store::append).
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use batpak::prelude::*;
    /// use batpak::store::{DurabilityGate, WatermarkKind};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let temp = tempfile::tempdir()?;
    /// let config = StoreConfig::new(temp.path()).with_durability(Durability::Written);
    /// let store = Store::open(config)?;
    /// let order = Coordinate::new("order:17", "shop")?;
    /// let at_once = DurabilityGate::new(WatermarkKind::Durable, Duration::ZERO);
    /// let receipt = match store.submit(&order, EventKind::DATA, "lamp")?.wait_for(at_once) {
    ///     Err(StoreError::CommittedNotReached { receipt, .. }) => *receipt,
    ///     other => other?,
    /// };
    /// assert_eq!(receipt.sequence, 1);
    /// assert!(store.read_raw(receipt.event_id).is_ok());
    /// # Ok(())
    /// # }
    /// ```
    pub fn wait_for(mut self, gate: DurabilityGate) -> Result<AppendReceipt, StoreError> {
        let gate = Some(gate);
        self.0.answer.gate = gate;
        let receipts = self.0.wait_for_gate()?;
        let missed = gate.and_then(|gate| gate.missed_by(&receipts));
        let receipt = only(receipts)?;
        match missed {
            None => Ok(receipt),
            Some(source) => Err(StoreError::CommittedNotReached {
                receipt: Box::new(receipt),
                source: Box::new(source),
            }),
        }
    }

    /// The outcome if it is known already, without waiting and without doing work.
    pub fn try_check(&self) -> Option<Result<AppendReceipt, StoreError>> {
        self.0.try_check().map(|outcome| outcome.and_then(only))
    }
}

/// A submitted batch. Dropping it cancels nothing: the events are written all the same.
pub struct BatchAppendTicket(Box<Pending>);

impl BatchAppendTicket {
    pub(super) fn new(pending: Pending) -> BatchAppendTicket {
        BatchAppendTicket(Box::new(pending))
    }

    /// Waits until the batch has the durability that was asked for, doing the work if nobody else
    /// does. The receipts are in the order of the items.
    ///
    /// # Errors
    /// As for [`Store::append_batch`](crate::Store::append_batch).
    pub fn wait(mut self) -> Result<Vec<AppendReceipt>, StoreError> {
        self.0.wait().map(Receipts::into_vec)
    }

    /// As [`BatchAppendTicket::wait`], giving up after `limit`: the ticket comes back, and the
    /// batch stays submitted.
    ///
    /// # Errors
    /// As for [`Store::append_batch`](crate::Store::append_batch); the inner `Err` is the ticket.
    pub fn wait_timeout(
        mut self,
        limit: Duration,
    ) -> Result<Result<Vec<AppendReceipt>, BatchAppendTicket>, StoreError> {
        let waited = self.0.wait_timeout(self.0.answer.level, limit)?;
        Ok(waited.map(Receipts::into_vec).ok_or(self))
    }

    /// The outcome if it is known already, without waiting and without doing work.
    pub fn try_check(&self) -> Option<Result<Vec<AppendReceipt>, StoreError>> {
        let outcome = self.0.try_check()?;
        Some(outcome.map(Receipts::into_vec))
    }
}

/// The receipts of a unit. A single one is not on the heap.
pub(super) type Receipts = SmallVec<[AppendReceipt; 1]>;

/// A submitted unit with what its answer needs.
pub(super) struct Pending {
    pub(super) ticket: Ticket,
    pub(super) answer: Answer,
    pub(super) origin: Arc<Origin>,
}

impl Pending {
    pub(super) fn wait(&mut self) -> Result<Receipts, StoreError> {
        let receipts = self.wait_for_gate()?;
        match self.answer.gate.and_then(|gate| gate.missed_by(&receipts)) {
            Some(error) => Err(error),
            None => Ok(receipts),
        }
    }

    /// The receipts as soon as the gate is reached, or its time is over.
    fn wait_for_gate(&mut self) -> Result<Receipts, StoreError> {
        if let Some(gate) = self.answer.gate.filter(|gate| gate.needs_sync())
            && let Some(receipts) = self.wait_timeout(Durability::Synced, gate.timeout)?
        {
            return Ok(receipts);
        }
        // What is reported as committed is acknowledged first.
        match self.ticket.wait(self.answer.level) {
            Ok(committed) => {
                let repeated = std::mem::take(&mut self.answer.repeated);
                Ok(receipts(committed, repeated, &self.origin))
            }
            Err(error) => Err(append_error(error, &self.origin, self.answer.scope)),
        }
    }

    /// The receipts, unless the time is over before.
    fn wait_timeout(
        &mut self,
        level: Durability,
        limit: Duration,
    ) -> Result<Option<Receipts>, StoreError> {
        match self.ticket.wait_timeout(level, limit) {
            Ok(Some(committed)) => {
                let repeated = std::mem::take(&mut self.answer.repeated);
                Ok(Some(receipts(committed, repeated, &self.origin)))
            }
            Ok(None) => Ok(None),
            Err(error) => Err(append_error(error, &self.origin, self.answer.scope)),
        }
    }

    fn try_check(&self) -> Option<Result<Receipts, StoreError>> {
        let Answer {
            level,
            repeated,
            scope,
            ..
        } = &self.answer;
        Some(match self.ticket.try_check(*level)? {
            Ok(committed) => Ok(receipts(&committed, repeated.clone(), &self.origin)),
            Err(error) => Err(append_error(error, &self.origin, *scope)),
        })
    }
}

impl fmt::Debug for AppendTicket {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_tuple("AppendTicket")
            .field(&self.0.answer.level)
            .finish()
    }
}

impl fmt::Debug for BatchAppendTicket {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_tuple("BatchAppendTicket")
            .field(&self.0.ticket.events())
            .finish()
    }
}

/// The receipts of a unit, signed where there is a key. No lock is held here.
pub(super) fn receipts(
    committed: &[Committed],
    repeated: Vec<Repeated>,
    origin: &Origin,
) -> Receipts {
    let mut repeated = repeated.into_iter().peekable();
    let facts = committed.iter().enumerate();
    facts
        .map(|(index, facts)| {
            let own = repeated.next_if(|own| own.index == index);
            AppendReceipt::new(facts, own, origin.issuer())
        })
        .collect()
}

/// The receipt of a unit of one event.
fn only(mut receipts: Receipts) -> Result<AppendReceipt, StoreError> {
    receipts.pop().ok_or_else(no_receipt)
}

/// A unit of one event has one receipt.
pub(super) fn no_receipt() -> StoreError {
    let kind = StoreInvariant::PreparedBatchItemCountDrift {
        expected: 1,
        actual: 0,
    };
    StoreError::InvariantViolation { kind }
}
