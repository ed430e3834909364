//! A unit on its way into the journal, with what its answer needs.

use std::sync::{Arc, Mutex};

use batpak_journal::{AppendError, CommittedUnit, Durability, Ticket};
use smallvec::SmallVec;

use super::append_item::BatchAppendItem;
use super::draft::{Drafts, Repeated};
use super::durability_gate::DurabilityGate;
use super::failure::{Scope, append_error};
use super::ticket::{Pending, receipts};
use crate::error::StoreError;
use crate::receipt::AppendReceipt;
use crate::store::{Open, Store};

/// Events that are appended together.
#[derive(Clone)]
pub(super) struct Unit {
    pub(super) drafts: batpak_journal::Drafts,
    pub(super) answer: Answer,
}

/// What the answer of a unit needs.
#[derive(Clone)]
pub(super) struct Answer {
    /// The level to acknowledge at, the strongest that an event asks for.
    pub(super) level: Durability,
    gate: Option<DurabilityGate>,
    repeated: SmallVec<[Repeated; 1]>,
    scope: Scope,
}

impl Store<Open> {
    /// One event, by itself.
    pub(super) fn unit_of_one(&self, item: BatchAppendItem) -> Result<Unit, StoreError> {
        let (level, gate) = (item.options.level(), item.options.gate);
        let Drafts { drafts, repeated } = Drafts::of_one(item, &self.core.config)?;
        let answer = Answer {
            level,
            gate,
            repeated,
            scope: Scope::Single,
        };
        Ok(Unit { drafts, answer })
    }

    /// A batch.
    pub(super) fn unit_of_batch(
        &self,
        items: Vec<BatchAppendItem>,
        gate: Option<DurabilityGate>,
    ) -> Result<Unit, StoreError> {
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
    pub(super) fn submit_unit(&self, unit: Unit) -> Result<Pending, StoreError> {
        match self.state.journal.submit(unit.drafts) {
            Ok(ticket) => Ok(self.pending(ticket, unit.answer)),
            Err(error) => Err(self.refused(error, &unit.answer)),
        }
    }

    /// What is waited for by a ticket.
    pub(super) fn pending(&self, ticket: Ticket, answer: Answer) -> Pending {
        Pending {
            ticket: Mutex::new(ticket),
            level: answer.level,
            gate: answer.gate,
            repeated: answer.repeated,
            origin: Arc::clone(&self.core.origin),
            scope: answer.scope,
        }
    }

    /// What became of a unit that was waited for.
    pub(super) fn answer(
        &self,
        committed: Result<CommittedUnit, AppendError>,
        answer: Answer,
    ) -> Result<Vec<AppendReceipt>, StoreError> {
        match committed {
            Ok(committed) => Ok(receipts(committed, answer.repeated, &self.core.origin).into_vec()),
            Err(error) => Err(self.refused(error, &answer)),
        }
    }

    pub(super) fn refused(&self, error: AppendError, answer: &Answer) -> StoreError {
        append_error(error, &self.core.origin, answer.scope)
    }
}
