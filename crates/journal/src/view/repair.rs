//! Damaged indexes, made again while they are in use.

use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};

use batpak_segment::SegmentId;
use batpak_segment::index::SegmentIndex;

use super::View;
use crate::error::ReadError;
use crate::part::Part;
use crate::seal::{self, Made};

impl View {
    /// Whether a question failed because of a damaged index that has been made again; `seen` is the
    /// number of [`repaired_indexes`](Self::repaired_indexes) from before the question.
    pub(crate) fn mend(&self, error: &ReadError, seen: u64) -> bool {
        match error {
            ReadError::Index { segment, .. } => self.repair(*segment, seen),
            _ => false,
        }
    }

    /// Asks the parts. An index that turns out to be damaged is made again of its segment, in memory,
    /// and the question is asked once more.
    pub(crate) fn asking<T>(
        &self,
        ask: impl Fn(&[Arc<Part>]) -> Result<T, ReadError>,
    ) -> Result<T, ReadError> {
        // Each index may be damaged, and is made again once.
        for _ in 0..=self.parts().len() {
            let seen = self.repaired_indexes();
            match ask(&self.parts()) {
                Err(ReadError::Index { segment, .. }) if self.repair(segment, seen) => {}
                answer => return answer,
            }
        }
        ask(&self.parts())
    }

    /// Makes the index of a segment again, in memory, and first those of earlier ones that it rests on.
    fn repair(&self, segment: SegmentId, seen: u64) -> bool {
        let _repairing = self
            .shared
            .repairing
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if self.repaired_indexes() != seen {
            // Another caller has made one again meanwhile, perhaps this one.
            return true;
        }
        let mut damaged = vec![segment];
        while let Some(segment) = damaged.last().copied() {
            let parts = self.parts();
            let at = parts.partition_point(|part| part.file.id < segment);
            let Some(part) = parts.get(at).filter(|part| part.file.id == segment) else {
                return false;
            };
            if part.is_without_index() {
                return false;
            }
            let Some(close) = part.closed() else {
                return false;
            };
            let made = Made {
                lineage: self.shared.lineage,
                key: &self.shared.key,
            };
            match seal::build(&parts, at, close, made) {
                Ok(bytes) => match SegmentIndex::open(bytes.into()) {
                    Ok(index) => {
                        self.seal(part, index);
                        self.shared.repaired.fetch_add(1, Ordering::AcqRel);
                        damaged.pop();
                    }
                    Err(_) => return false,
                },
                Err(ReadError::Index { segment: other, .. }) if other < segment => {
                    damaged.push(other);
                }
                Err(ReadError::File(_)) => return false,
                Err(_) => {
                    // A frame of the segment is damaged as well: trying again would find it again.
                    part.give_up_index();
                    return false;
                }
            }
        }
        true
    }
}
