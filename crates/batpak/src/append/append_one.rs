//! Appending one event.

use std::slice;

use batpak_coordinate::{Coordinate, EventKind};
use batpak_event::{CausationId, CorrelationId};
use batpak_journal::Draft;
use serde::Serialize;

use super::append_item::{BatchAppendItem, encode};
use super::append_options::AppendOptions;
use super::draft::Asked;
use super::ticket::{AppendTicket, no_receipt};
use crate::error::StoreError;
use crate::receipt::AppendReceipt;
use crate::store::{Open, Store};
use crate::typed::EventPayload;

impl Store<Open> {
    /// Appends one event and waits until it has the store's durability.
    ///
    /// At the default level that is one sync of the disk. Threads that append at the same time
    /// share it; one thread shares it by [`Store::append_batch`] or [`Store::submit`].
    ///
    /// # Errors
    /// [`StoreError::commit_state`] tells whether the event may be in the log all the same. The
    /// usual ones: [`StoreError::ReservedKind`], [`StoreError::Configuration`] for an event above
    /// the size limit, [`StoreError::Io`] when it could not be written, and
    /// [`StoreError::CommitUnknown`] when it was written and could not be synced.
    pub fn append(
        &self,
        coordinate: &Coordinate,
        kind: EventKind,
        payload: &(impl Serialize + ?Sized),
    ) -> Result<AppendReceipt, StoreError> {
        self.append_with_options(coordinate, kind, payload, AppendOptions::new())
    }

    /// Appends one event with a key, an expected sequence, causes or whatever else is asked for.
    ///
    /// # Errors
    /// Also [`StoreError::SequenceMismatch`], [`StoreError::KeyConflict`] and
    /// [`StoreError::UnknownCause`], with nothing committed.
    pub fn append_with_options(
        &self,
        coordinate: &Coordinate,
        kind: EventKind,
        payload: &(impl Serialize + ?Sized),
        mut options: AppendOptions,
    ) -> Result<AppendReceipt, StoreError> {
        let mut draft = Draft::at(coordinate, kind, encode(payload)?);
        self.append_draft(&mut draft, options.asked())
    }

    /// Appends one event whose kind and version are those of its payload.
    ///
    /// # Errors
    /// As for [`Store::append`].
    pub fn append_typed<T: EventPayload>(
        &self,
        coordinate: &Coordinate,
        payload: &T,
    ) -> Result<AppendReceipt, StoreError> {
        self.append_typed_with_options(coordinate, payload, AppendOptions::new())
    }

    /// Appends one event whose kind and version are those of its payload, with options.
    ///
    /// # Errors
    /// As for [`Store::append_with_options`].
    pub fn append_typed_with_options<T: EventPayload>(
        &self,
        coordinate: &Coordinate,
        payload: &T,
        mut options: AppendOptions,
    ) -> Result<AppendReceipt, StoreError> {
        let mut draft = typed_draft(coordinate, payload)?;
        self.append_draft(&mut draft, options.asked())
    }

    /// Appends an event that another one led to, in a conversation.
    ///
    /// # Errors
    /// As for [`Store::append_with_options`].
    pub fn append_reaction(
        &self,
        coordinate: &Coordinate,
        kind: EventKind,
        payload: &(impl Serialize + ?Sized),
        correlation: CorrelationId,
        causation: CausationId,
    ) -> Result<AppendReceipt, StoreError> {
        let options = reaction(correlation, causation);
        self.append_with_options(coordinate, kind, payload, options)
    }

    /// Appends an event that another one led to, with the kind and version of its payload.
    ///
    /// # Errors
    /// As for [`Store::append_with_options`].
    pub fn append_reaction_typed<T: EventPayload>(
        &self,
        coordinate: &Coordinate,
        payload: &T,
        correlation: CorrelationId,
        causation: CausationId,
    ) -> Result<AppendReceipt, StoreError> {
        let options = reaction(correlation, causation);
        self.append_typed_with_options(coordinate, payload, options)
    }

    /// Appends without a ticket, which a gate needs.
    fn append_draft(
        &self,
        draft: &mut Draft<'_>,
        asked: Asked<'_>,
    ) -> Result<AppendReceipt, StoreError> {
        if asked.options.gate.is_some() {
            return self.submit_draft(draft, asked)?.wait();
        }
        let mut answer = self.complete_one(draft, asked)?;
        let drafts = slice::from_mut(draft);
        match self.state.journal.append_unit(drafts, answer.level) {
            Ok(committed) => {
                let facts = committed.first().ok_or_else(no_receipt)?;
                let issuer = self.core.origin.issuer();
                Ok(AppendReceipt::new(facts, answer.repeated.pop(), issuer))
            }
            Err(error) => Err(self.refused(error, &answer)),
        }
    }

    /// Gives an event its place in the log and returns without waiting for the disk. Events that
    /// are submitted one after the other are written together; waiting for the last one's ticket
    /// is enough to know of all.
    ///
    /// # Errors
    /// As for [`Store::append`], as far as they show before the disk is asked; nothing of the
    /// event is then in the log.
    pub fn submit(
        &self,
        coordinate: &Coordinate,
        kind: EventKind,
        payload: &(impl Serialize + ?Sized),
    ) -> Result<AppendTicket, StoreError> {
        self.submit_with_options(coordinate, kind, payload, AppendOptions::new())
    }

    /// Submits an event with options.
    ///
    /// # Errors
    /// As for [`Store::submit`].
    pub fn submit_with_options(
        &self,
        coordinate: &Coordinate,
        kind: EventKind,
        payload: &(impl Serialize + ?Sized),
        mut options: AppendOptions,
    ) -> Result<AppendTicket, StoreError> {
        let mut draft = Draft::at(coordinate, kind, encode(payload)?);
        self.submit_draft(&mut draft, options.asked())
    }

    /// Submits an event with the kind and version of its payload.
    ///
    /// # Errors
    /// As for [`Store::submit`].
    pub fn submit_typed<T: EventPayload>(
        &self,
        coordinate: &Coordinate,
        payload: &T,
    ) -> Result<AppendTicket, StoreError> {
        self.submit_typed_with_options(coordinate, payload, AppendOptions::new())
    }

    fn submit_typed_with_options<T: EventPayload>(
        &self,
        coordinate: &Coordinate,
        payload: &T,
        mut options: AppendOptions,
    ) -> Result<AppendTicket, StoreError> {
        let mut draft = typed_draft(coordinate, payload)?;
        self.submit_draft(&mut draft, options.asked())
    }

    /// Submits an event that is described as an item.
    ///
    /// # Errors
    /// As for [`Store::submit`].
    pub fn submit_item(&self, mut item: BatchAppendItem) -> Result<AppendTicket, StoreError> {
        let (mut draft, asked) = item.split();
        self.submit_draft(&mut draft, asked)
    }

    fn submit_draft(
        &self,
        draft: &mut Draft<'_>,
        asked: Asked<'_>,
    ) -> Result<AppendTicket, StoreError> {
        let answer = self.complete_one(draft, asked)?;
        let pending = self.submit_drafts(slice::from_mut(draft), answer)?;
        Ok(AppendTicket::new(pending))
    }

    /// Submits an event that another one led to, in a conversation.
    ///
    /// # Errors
    /// As for [`Store::submit`].
    pub fn submit_reaction(
        &self,
        coordinate: &Coordinate,
        kind: EventKind,
        payload: &(impl Serialize + ?Sized),
        correlation: CorrelationId,
        causation: CausationId,
    ) -> Result<AppendTicket, StoreError> {
        let options = reaction(correlation, causation);
        self.submit_with_options(coordinate, kind, payload, options)
    }

    /// Submits an event that another one led to, with the kind and version of its payload.
    ///
    /// # Errors
    /// As for [`Store::submit`].
    pub fn submit_reaction_typed<T: EventPayload>(
        &self,
        coordinate: &Coordinate,
        payload: &T,
        correlation: CorrelationId,
        causation: CausationId,
    ) -> Result<AppendTicket, StoreError> {
        let options = reaction(correlation, causation);
        self.submit_typed_with_options(coordinate, payload, options)
    }
}

fn typed_draft<'a, T: EventPayload>(
    coordinate: &'a Coordinate,
    payload: &T,
) -> Result<Draft<'a>, StoreError> {
    let mut draft = Draft::at(coordinate, T::KIND, encode(payload)?);
    draft.payload_version = T::PAYLOAD_VERSION;
    Ok(draft)
}

pub(super) fn reaction(correlation: CorrelationId, causation: CausationId) -> AppendOptions {
    AppendOptions::new()
        .with_correlation(correlation)
        .with_causation(causation)
}
