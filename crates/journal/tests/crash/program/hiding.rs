//! Hiding events and showing them again, as a program does it.

use batpak_coordinate::Sequence;
use batpak_journal::AppendError;

use super::Run;
use crate::clause::{Clause, Failure};
use crate::story::tell;
use crate::visibility::{Change, hidden_by};

impl Run<'_> {
    /// Changes whether `count` events are shown, of which the last is `back` before the newest one.
    pub(super) fn change_visibility(
        &mut self,
        hides: bool,
        back: u64,
        count: u64,
    ) -> Result<(), Failure> {
        let Some(journal) = &self.journal else {
            return Ok(());
        };
        let last = journal.view().visible().get().saturating_sub(back);
        if last == 0 {
            return Ok(());
        }
        let first = last.saturating_sub(count.saturating_sub(1)).max(1);
        let before = self.model.hidden.clone();
        self.model.hidden.begin(Change { hides, first, last });
        self.models
            .push((self.disk.mutating_calls(), self.model.clone()));
        let (from, to) = (Sequence(first), Sequence(last));
        let answer = if hides {
            journal.hide(from, to)
        } else {
            journal.unhide(from, to)
        };
        tell(|| format!("  {first} to {last}: {answer:?}"));
        self.works(&answer)?;
        match answer {
            Ok(()) => {
                self.model.hidden.acknowledge();
                // Nothing is hidden durably that is not there.
                let place = self.model.unit_of(last);
                self.model.durable = self.model.durable.max(place);
                self.model.written = self.model.written.max(place);
            }
            // It may be in the log, and shows when the store is opened again.
            Err(AppendError::Unknown { .. }) => {}
            Err(_) => self.model.hidden = before,
        }
        self.note();
        let Some(journal) = &self.journal else {
            return Ok(());
        };
        let found = hidden_by(journal.view());
        let hidden = &self.model.hidden;
        self.clauses.check(Clause::Hidden, hidden.is(&found), || {
            format!("{found:?} are hidden, expected {hidden:?}")
        })
    }
}
