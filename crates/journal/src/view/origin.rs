//! Where a log comes from: its history, its branches and its epochs.

use batpak_coordinate::Sequence;
use batpak_event::{BranchId, Epoch, HashKey, Lineage};

use super::View;
use crate::error::ReadError;
use crate::history;

impl View {
    /// History that the log belongs to.
    #[must_use]
    pub fn lineage(&self) -> Lineage {
        self.shared.lineage
    }

    /// Branch of that history.
    #[must_use]
    pub fn branch(&self) -> BranchId {
        self.shared.branch
    }

    /// Branches that were left for this one after the event at a sequence, so that they hold it as well.
    #[must_use]
    pub fn branches_left_after(&self, sequence: Sequence) -> Vec<BranchId> {
        let records = &self.shared.branches;
        let (mut branch, mut left) = (self.shared.branch, Vec::new());
        // Each record is followed once, so that records in a circle end as well.
        for _ in records {
            let record = records.iter().find(|record| record.branch == branch);
            let shared = record.filter(|record| sequence <= record.last_shared);
            let Some(parent) = shared.and_then(|record| record.parent) else {
                break;
            };
            left.push(parent);
            branch = parent;
        }
        left
    }

    /// Number of writable opens so far.
    #[must_use]
    pub fn epoch(&self) -> Epoch {
        self.shared.epoch
    }

    /// Key of the event hashes of this history.
    #[must_use]
    pub fn key(&self) -> &HashKey {
        &self.shared.key
    }

    /// Epoch in which an event was written; `None` where there is no event.
    ///
    /// # Errors
    /// When an index cannot be read and not be made again.
    pub fn epoch_of(&self, sequence: Sequence) -> Result<Option<Epoch>, ReadError> {
        self.asking(|parts| match history::part_of(parts, sequence) {
            Some((_, part)) => part.epoch(sequence),
            None => Ok(None),
        })
    }
}
