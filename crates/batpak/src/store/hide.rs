//! Hiding events, and showing them again.

use std::ops::RangeInclusive;

use batpak_coordinate::Sequence;

use super::state::{Open, Store};
use crate::append::{Scope, append_error};
use crate::error::StoreError;

impl Store<Open> {
    /// Hides the events from the sequence `first` to `last`, both included: no read shows them any more,
    /// here and after every open, until [`unhide_range`](Self::unhide_range). Durable when it returns.
    ///
    /// Hidden events stay in the log. They keep their places in their streams, so that an expected
    /// sequence counts them; their keys, so that a retry returns their receipts; and their effects. A
    /// verification checks them, and the [head](Self::head) commits to them. A scan that has begun shows
    /// what was shown then. Costs a frame of 144 bytes, and a sync.
    ///
    /// ```
    /// # use batpak::prelude::*;
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let directory = tempfile::tempdir()?;
    /// let store = Store::open(StoreConfig::new(directory.path()))?;
    /// let orders = Coordinate::new("order:1", "shop")?;
    /// for total in [10, 20, 30] {
    ///     store.append(&orders, EventKind::DATA, &total)?;
    /// }
    /// store.hide_range(2, 3)?;
    /// assert_eq!(store.query(&Region::all()).len(), 1);
    /// assert_eq!(store.hidden_ranges(), [2..=3]);
    /// store.unhide_range(3, 3)?;
    /// assert_eq!(store.query(&Region::all()).len(), 2);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`StoreError::RangeMalformed`] when `first` is 0 or after `last`, [`StoreError::NotFound`] with
    /// `last` when that is beyond the newest visible event; otherwise as for an append.
    pub fn hide_range(&self, first: u64, last: u64) -> Result<(), StoreError> {
        let hidden = self.state.journal.hide(Sequence(first), Sequence(last));
        hidden.map_err(|error| append_error(error, &self.core.origin, Scope::Single))
    }

    /// Shows the events from the sequence `first` to `last` again, both included, as far as they are
    /// hidden. Durable when it returns.
    ///
    /// # Errors
    /// As for [`hide_range`](Self::hide_range).
    pub fn unhide_range(&self, first: u64, last: u64) -> Result<(), StoreError> {
        let shown = self.state.journal.unhide(Sequence(first), Sequence(last));
        shown.map_err(|error| append_error(error, &self.core.origin, Scope::Single))
    }
}

impl<State> Store<State> {
    /// The ranges of sequences that are hidden, ascending.
    #[must_use]
    pub fn hidden_ranges(&self) -> Vec<RangeInclusive<u64>> {
        let ranges = self.core.view.hidden_ranges();
        let included = |(first, last): (Sequence, Sequence)| first.get()..=last.get();
        ranges.into_iter().map(included).collect()
    }
}
