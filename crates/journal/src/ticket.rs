//! A unit that has been submitted, to be waited for later.

use std::sync::Arc;
use std::time::Duration;

use crate::draft::{Committed, CommittedUnit};
use crate::engine::{Engine, Target};
use crate::error::AppendError;
use crate::options::Durability;

/// A submitted unit. Dropping it cancels nothing.
#[derive(Debug)]
pub struct Ticket {
    engine: Arc<Engine>,
    committed: CommittedUnit,
    target: Target,
}

impl Ticket {
    pub(crate) fn new(engine: Arc<Engine>, committed: CommittedUnit, target: Target) -> Self {
        Self {
            engine,
            committed,
            target,
        }
    }

    /// How many events the unit has.
    #[must_use]
    pub fn events(&self) -> usize {
        self.committed.len()
    }

    /// Waits until the unit has reached `level`, doing the work if nobody else does.
    ///
    /// # Errors
    /// As for an append.
    pub fn wait(&mut self, level: Durability) -> Result<&[Committed], AppendError> {
        self.reach(level, None)?;
        Ok(&self.committed)
    }

    /// As [`wait`](Self::wait), giving up after `limit` where it waits for a sync of somebody else
    /// (its own work is not cut short): then there is nothing, and the unit stays submitted.
    ///
    /// # Errors
    /// As for an append.
    pub fn wait_timeout(
        &mut self,
        level: Durability,
        limit: Duration,
    ) -> Result<Option<&[Committed]>, AppendError> {
        let reached = self.reach(level, Some(limit))?;
        Ok(reached.then_some(&*self.committed))
    }

    fn reach(&mut self, level: Durability, limit: Option<Duration>) -> Result<bool, AppendError> {
        let level = level.max(self.engine.options.durability);
        let reached = self.engine.wait(&self.target, level, limit)?;
        self.engine.stamp(&mut self.committed);
        Ok(reached)
    }

    /// The outcome, when it is known already; does no work.
    #[must_use]
    pub fn try_check(&self, level: Durability) -> Option<Result<CommittedUnit, AppendError>> {
        let level = level.max(self.engine.options.durability);
        let verdict = self.engine.judge(&self.target, level)?;
        let mut committed = self.committed.clone();
        self.engine.stamp(&mut committed);
        Some(verdict.map(|()| committed))
    }
}
