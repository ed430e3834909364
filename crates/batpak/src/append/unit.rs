//! A unit on its way into the journal, with what its answer needs.

use std::sync::Arc;

use batpak_journal::{AppendError, CommittedUnit, Draft, Durability, Ticket};

use super::append_item::BatchAppendItem;
use super::draft::{Asked, Drafts, Repeated, complete_one};
use super::durability_gate::DurabilityGate;
use super::failure::{Scope, append_error};
use super::ticket::{Pending, Receipts, receipts};
use crate::error::StoreError;
use crate::store::{Open, Store};

/// A batch.
pub(super) struct Unit<'a> {
    pub(super) drafts: Vec<Draft<'a>>,
    pub(super) answer: Answer,
}

/// What the answer of a unit needs.
pub(super) struct Answer {
    /// The level to acknowledge at, the strongest that an event asks for.
    pub(super) level: Durability,
    pub(super) gate: Option<DurabilityGate>,
    pub(super) repeated: Vec<Repeated>,
    pub(super) scope: Scope,
}

impl Store<Open> {
    /// Completes the draft of one event, appended by itself.
    pub(super) fn complete_one(
        &self,
        draft: &mut Draft<'_>,
        asked: Asked<'_>,
    ) -> Result<Answer, StoreError> {
        let mut answer = Answer {
            level: asked.options.level(),
            gate: asked.options.gate,
            repeated: Vec::new(),
            scope: Scope::Single,
        };
        complete_one(draft, asked, &self.core.config, &mut answer.repeated)?;
        Ok(answer)
    }

    /// A batch. Takes the payloads of the items.
    pub(super) fn unit_of_batch<'a>(
        &self,
        items: &'a mut [BatchAppendItem],
        gate: Option<DurabilityGate>,
    ) -> Result<Unit<'a>, StoreError> {
        let scope = Scope::Batch(items.len());
        let levels = items.iter().map(|item| item.options.level());
        let level = levels.max().unwrap_or(Durability::Written);
        let Drafts { drafts, repeated } = Drafts::of_batch(items, &self.core.config)?;
        let answer = Answer {
            level,
            gate,
            repeated,
            scope,
        };
        Ok(Unit { drafts, answer })
    }

    /// Gives a unit its place in the log.
    pub(super) fn submit_drafts(
        &self,
        drafts: &mut [Draft<'_>],
        answer: Answer,
    ) -> Result<Pending, StoreError> {
        match self.state.journal.submit(drafts) {
            Ok(ticket) => Ok(self.pending(ticket, answer)),
            Err(error) => Err(self.refused(error, &answer)),
        }
    }

    /// What is waited for by a ticket.
    pub(super) fn pending(&self, ticket: Ticket, answer: Answer) -> Pending {
        Pending {
            ticket,
            answer,
            origin: Arc::clone(&self.core.origin),
        }
    }

    /// What became of a unit that was waited for.
    pub(super) fn answer(
        &self,
        committed: Result<CommittedUnit, AppendError>,
        answer: Answer,
    ) -> Result<Receipts, StoreError> {
        match committed {
            Ok(committed) => Ok(receipts(&committed, answer.repeated, &self.core.origin)),
            Err(error) => Err(self.refused(error, &answer)),
        }
    }

    pub(super) fn refused(&self, error: AppendError, answer: &Answer) -> StoreError {
        append_error(error, &self.core.origin, answer.scope)
    }
}
