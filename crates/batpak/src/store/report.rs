//! What a store is and how much it holds.

use std::path::Path;

use batpak_event::{BranchId, Epoch, Lineage};
use batpak_journal::OpenReport;

use super::state::Store;
use crate::config::StoreConfig;
use crate::error::EventPayloadKindCollision;

/// How much a store holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StoreStats {
    /// Visible events that can be read: not lost to damage, not gone.
    pub event_count: usize,
    /// Sequence of the newest visible event; 0 when there is none.
    pub global_sequence: u64,
}

impl<State> Store<State> {
    /// How much the store holds now. Costs a look at each range of events that cannot be read.
    #[must_use]
    pub fn stats(&self) -> StoreStats {
        let last = self.core.view.visible().get();
        StoreStats {
            event_count: usize::try_from(self.core.view.event_count()).unwrap_or(usize::MAX),
            global_sequence: last,
        }
    }

    /// The history that the store belongs to; copies of a store share it.
    #[must_use]
    pub fn lineage(&self) -> Lineage {
        self.core.view.lineage()
    }

    /// The branch of the history that the store writes.
    #[must_use]
    pub fn branch(&self) -> BranchId {
        self.core.view.branch()
    }

    /// The number of times the store was opened for writing, this one included.
    #[must_use]
    pub fn epoch(&self) -> Epoch {
        self.core.view.epoch()
    }

    /// What the open found and did.
    #[must_use]
    pub fn open_report(&self) -> &OpenReport {
        &self.core.report
    }

    /// The kinds that two payload types of the program claim, as of the open: events of one type would be
    /// read as the other. Empty also when the open was told
    /// [not to look](crate::event::EventPayloadValidation::Silent).
    ///
    /// ```standalone_crate
    /// # use batpak::prelude::*;
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let temp = tempfile::tempdir()?;
    /// let store = Store::open(StoreConfig::new(temp.path()))?;
    /// for collision in store.event_payload_collisions() {
    ///     eprintln!("{} and {}", collision.first_type_name, collision.second_type_name);
    /// }
    /// # assert!(store.event_payload_collisions().is_empty());
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn event_payload_collisions(&self) -> &[EventPayloadKindCollision] {
        &self.core.collisions
    }

    /// The options that the store was opened with.
    #[must_use]
    pub fn config(&self) -> &StoreConfig {
        &self.core.config
    }

    /// The directory, as an absolute path.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.core.origin.path()
    }
}
