//! Submitting without waiting for anything.

use std::slice;

use batpak_coordinate::{Coordinate, EventKind};
use batpak_event::{CausationId, CorrelationId};
use batpak_journal::{AppendError, Draft};
use serde::Serialize;

use super::append_item::BatchAppendItem;
use super::append_one::reaction;
use super::append_options::AppendOptions;
use super::causation::CausationRef;
use super::ticket::{AppendTicket, BatchAppendTicket, Pending};
use super::unit::{Answer, Unit};
use crate::error::StoreError;
use crate::outcome::Outcome;
use crate::store::{Open, Store};
use crate::typed::EventPayload;

/// When to try again, in milliseconds.
const AFTER_MS: u64 = 10;

impl Store<Open> {
    /// Submits an event if that takes no waiting, and is to be tried again otherwise.
    ///
    /// It is [`Outcome::Retry`], after 10 ms, when so many events wait to be written that
    /// [`with_pressure_retry_threshold_pct`](crate::StoreConfig::with_pressure_retry_threshold_pct) of
    /// [`with_writer_channel_capacity`](crate::StoreConfig::with_writer_channel_capacity) is reached, and
    /// when [`Store::submit`] would write what was appended before, or wait for it. What waits is written in
    /// the background meanwhile. At most the file of the next segment is created, when none is ready.
    ///
    /// ```
    /// # use batpak::prelude::*;
    /// use batpak::outcome::Outcome;
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let temp = tempfile::tempdir()?;
    /// let store = Store::open(StoreConfig::new(temp.path()))?;
    /// let order = Coordinate::new("order:17", "shop")?;
    /// match store.try_submit(&order, EventKind::DATA, "lamp")? {
    ///     Outcome::Ok(ticket) => assert_eq!(ticket.wait()?.sequence, 1),
    ///     Outcome::Retry { after_ms, .. } => println!("busy, again in {after_ms} ms"),
    ///     other => println!("{other:?}"),
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As for [`Store::submit`].
    pub fn try_submit(
        &self,
        coordinate: &Coordinate,
        kind: EventKind,
        payload: &(impl Serialize + ?Sized),
    ) -> Result<Outcome<AppendTicket>, StoreError> {
        let (coordinate, options) = (coordinate.clone(), AppendOptions::new());
        let none = CausationRef::None;
        self.try_submit_item(BatchAppendItem::new(
            coordinate, kind, payload, options, none,
        )?)
    }

    /// Submits an event with the kind and version of its payload, if that takes no waiting.
    ///
    /// # Errors
    /// As for [`Store::try_submit`].
    pub fn try_submit_typed<T: EventPayload>(
        &self,
        coordinate: &Coordinate,
        payload: &T,
    ) -> Result<Outcome<AppendTicket>, StoreError> {
        let (coordinate, options) = (coordinate.clone(), AppendOptions::new());
        let none = CausationRef::None;
        self.try_submit_item(BatchAppendItem::typed(coordinate, payload, options, none)?)
    }

    /// Submits an event that another one led to, in a conversation, if that takes no waiting.
    ///
    /// # Errors
    /// As for [`Store::try_submit`].
    pub fn try_submit_reaction(
        &self,
        coordinate: &Coordinate,
        kind: EventKind,
        payload: &(impl Serialize + ?Sized),
        correlation: CorrelationId,
        causation: CausationId,
    ) -> Result<Outcome<AppendTicket>, StoreError> {
        let (coordinate, options) = (coordinate.clone(), reaction(correlation, causation));
        let none = CausationRef::None;
        self.try_submit_item(BatchAppendItem::new(
            coordinate, kind, payload, options, none,
        )?)
    }

    /// Submits an event that another one led to, with the kind and version of its payload, if that takes
    /// no waiting.
    ///
    /// # Errors
    /// As for [`Store::try_submit`].
    pub fn try_submit_reaction_typed<T: EventPayload>(
        &self,
        coordinate: &Coordinate,
        payload: &T,
        correlation: CorrelationId,
        causation: CausationId,
    ) -> Result<Outcome<AppendTicket>, StoreError> {
        let (coordinate, options) = (coordinate.clone(), reaction(correlation, causation));
        let none = CausationRef::None;
        self.try_submit_item(BatchAppendItem::typed(coordinate, payload, options, none)?)
    }

    /// Submits an event that is described as an item, if that takes no waiting.
    ///
    /// # Errors
    /// As for [`Store::try_submit`].
    pub fn try_submit_item(
        &self,
        mut item: BatchAppendItem,
    ) -> Result<Outcome<AppendTicket>, StoreError> {
        let (mut draft, asked) = item.split();
        let answer = self.complete_one(&mut draft, asked)?;
        let submitted = self.try_submit_drafts(slice::from_mut(&mut draft), answer)?;
        Ok(submitted.map(AppendTicket::new))
    }

    /// Submits a batch, if that takes no waiting. One that is admitted is admitted as a whole, whatever its
    /// length.
    ///
    /// # Errors
    /// As for [`Store::submit_batch`].
    pub fn try_submit_batch(
        &self,
        mut items: Vec<BatchAppendItem>,
    ) -> Result<Outcome<BatchAppendTicket>, StoreError> {
        let Unit { mut drafts, answer } = self.unit_of_batch(&mut items, None)?;
        let submitted = self.try_submit_drafts(&mut drafts, answer)?;
        Ok(submitted.map(BatchAppendTicket::new))
    }

    fn try_submit_drafts(
        &self,
        drafts: &mut [Draft<'_>],
        answer: Answer,
    ) -> Result<Outcome<Pending>, StoreError> {
        let pressure = self.writer_pressure();
        let percent = self.core.config.writer().pressure_retry_threshold_pct;
        let threshold = pressure.threshold(percent);
        match self.state.journal.try_submit(drafts, threshold) {
            Ok(ticket) => Ok(Outcome::Ok(self.pending(ticket, answer))),
            Err(AppendError::Busy) => {
                let pressure = self.writer_pressure();
                let (queued, capacity) = (pressure.queue_len, pressure.capacity);
                let reason = format!(
                    "the writer is busy: {queued} events are queued, the capacity is {capacity}"
                );
                Ok(Outcome::Retry {
                    after_ms: AFTER_MS,
                    attempt: 1,
                    max_attempts: 1,
                    reason,
                })
            }
            Err(error) => Err(self.refused(error, &answer)),
        }
    }
}
