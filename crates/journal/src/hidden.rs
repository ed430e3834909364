//! Events that are not shown: ranges that a maintenance call hides and shows again.
//!
//! The log says so in control frames, which the index of a segment repeats; the ranges in force are
//! what all of them come to, one after the other. A hidden event keeps its place in its stream, its key
//! and its effects on later appends: it is only not shown.

use std::sync::Arc;
use std::sync::PoisonError;

use batpak_coordinate::Sequence;
use batpak_segment::VisibilityChange;

use crate::clock::Stamp;
use crate::engine::Engine;
use crate::error::{AppendError, Failure};
use crate::history::Parts;
use crate::sabotage::{Bug, planted};
use crate::segment_file::SegmentFile;
use crate::stage::control_length;
use crate::tail::Stage;

/// Ranges of sequences, both ends included: ascending, with shown events between them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct HiddenRanges {
    ranges: Vec<(Sequence, Sequence)>,
    /// How many changes led here.
    changes: u64,
}

impl HiddenRanges {
    /// What the parts of a log say.
    pub(crate) fn of(parts: &Parts) -> Self {
        let mut ranges = Self::default();
        for part in parts {
            for change in part.visibility_changes() {
                ranges.apply(change);
            }
        }
        ranges
    }

    /// Whether an event is hidden.
    #[inline]
    pub(crate) fn contains(&self, sequence: Sequence) -> bool {
        let before = self.ranges.partition_point(|(first, _)| *first <= sequence);
        let range = before.checked_sub(1).and_then(|at| self.ranges.get(at));
        range.is_some_and(|(_, last)| sequence <= *last)
    }

    pub(crate) fn ranges(&self) -> &[(Sequence, Sequence)] {
        &self.ranges
    }

    pub(crate) fn changes(&self) -> u64 {
        self.changes
    }

    /// The ranges after one more change.
    pub(crate) fn apply(&mut self, change: VisibilityChange) {
        let VisibilityChange { hides, first, last } = change;
        let mut hidden = first..=last;
        let mut changed = Vec::with_capacity(self.ranges.len() + 2);
        for (start, end) in self.ranges.drain(..) {
            // Ranges that touch become one.
            let apart = end.next() < first || last.next() < start;
            if apart || (!hides && (end < first || last < start)) {
                changed.push((start, end));
            } else if hides {
                hidden = start.min(*hidden.start())..=end.max(*hidden.end());
            } else {
                if start < first {
                    changed.push((start, Sequence(first.get().saturating_sub(1))));
                }
                if last < end {
                    changed.push((last.next(), end));
                }
            }
        }
        if hides {
            changed.push((*hidden.start(), *hidden.end()));
            changed.sort_unstable();
        }
        self.ranges = changed;
        self.changes = self.changes.saturating_add(1);
    }
}

impl Engine {
    /// Makes a change of which events are shown durable, and then shows the log so.
    pub(crate) fn change_visibility(&self, change: VisibilityChange) -> Result<(), AppendError> {
        // In the order of the log.
        let _hiding = self.hiding.lock().unwrap_or_else(PoisonError::into_inner);
        let (segment, stage, last) = self.stage_change(change)?;
        self.write_all_staged();
        if let Some(failed) = stage.outcome.get() {
            return Err(AppendError::NotWritten(failed.error.clone()));
        }
        // The frame may be on the disk: what comes of it shows at the next open.
        let in_doubt = |failure| AppendError::Unknown {
            first: change.first,
            last: change.last,
            failure,
        };
        if let Some(failure) = self.failure.get() {
            return Err(in_doubt(failure.clone()));
        }
        let synced = match change.hides && planted(Bug::HideWithoutSync) {
            true => Ok(()),
            false => segment.sync(),
        };
        if let Err(error) = synced {
            let failure = Failure::Sync(error);
            self.fail(failure.clone());
            return Err(in_doubt(failure));
        }
        // Older segments were synced when they ended: this was a sync of all events before the frame, and
        // what is appended from now on attests it.
        self.raise_durable(last);
        self.lock_frontier().wake_after_sync(self.durable());
        let tail = self.lock_tail();
        let parts = self.view.parts();
        let part = parts.iter().rev().find(|part| part.file.id == segment.id);
        // An index that was made meanwhile has it of the frame.
        if let Some(live) = part.and_then(|part| part.columns()) {
            live.note(change.frame());
        }
        // Under the lock, so that a unit with a condition on what is shown is before it or after it.
        self.view.apply(change);
        drop(tail);
        Ok(())
    }

    /// Puts the frame of a change at the end of the log. Returns its segment, its stage, and the event
    /// before it.
    fn stage_change(
        &self,
        change: VisibilityChange,
    ) -> Result<(Arc<SegmentFile>, Arc<Stage>, Sequence), AppendError> {
        let frame = change.frame();
        loop {
            self.check_open()?;
            let stamp = Stamp::read(&*self.platform.clock)?;
            let mut tail = self.lock_tail();
            tail.random.reserve(2)?;
            let epoch = control_length(&self.epoch_frame(stamp, 0));
            let room = epoch + control_length(&frame);
            if tail.fits(room) {
                let parts = self.view.parts();
                let live = parts.last().and_then(|part| part.columns());
                if let Some(live) = live.filter(|_| tail.epoch_due) {
                    self.stage_epoch(&mut tail, live, stamp);
                }
                if self.stage_control(&mut tail, &frame)
                    && let Some(segment) = tail.cursor.segment.clone()
                {
                    return Ok((segment, Arc::clone(&tail.stage), tail.last));
                }
            }
            drop(tail);
            self.next_segment_now(room)?;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn ranges_are_what_single_events_come_to() {
        let mut state = 9_u64;
        let mut draw = |end: u64| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            (state >> 33) % end
        };
        for _ in 0..300 {
            let (mut ranges, mut model) = (HiddenRanges::default(), BTreeSet::new());
            for _ in 0..12 {
                let first = 1 + draw(30);
                let last = first + draw(8);
                let hides = draw(3) > 0;
                ranges.apply(VisibilityChange {
                    hides,
                    first: Sequence(first),
                    last: Sequence(last),
                });
                for sequence in first..=last {
                    if hides {
                        model.insert(sequence);
                    } else {
                        model.remove(&sequence);
                    }
                }
                for sequence in 0..50 {
                    let hidden = ranges.contains(Sequence(sequence));
                    assert_eq!(hidden, model.contains(&sequence), "{sequence} {ranges:?}");
                }
                let apart = |pair: &[(Sequence, Sequence)]| pair[0].1.next() < pair[1].0;
                assert!(ranges.ranges.windows(2).all(apart), "{ranges:?}");
            }
        }
    }
}
