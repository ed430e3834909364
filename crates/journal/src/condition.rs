//! Conditions on the log under which a unit is appended.
//!
//! What is visible is looked at outside the lock; under it only what was staged since. So a condition
//! holds at the very place that the unit gets, and its cost under the lock is that of what others have
//! staged in between.

use std::sync::Arc;

use batpak_coordinate::{Region, Sequence, StreamSequence};

use crate::error::{AppendError, ReadError};
use crate::history::Parts;
use crate::live::Entry;
use crate::part::Part;
use crate::scan::{ScanRequest, Selection};
use crate::view::View;

/// Most events that a refusal names.
const MOST_NAMED: usize = 16;

/// What has to hold of the log where a unit gets its place.
#[derive(Clone, Debug, PartialEq)]
pub enum Condition {
    /// The newest event of a stream has this stream sequence; 0 for a stream without events.
    Stream {
        /// The stream.
        entity: String,
        /// Its stream sequence.
        sequence: StreamSequence,
    },
    /// No event of a region comes after this sequence.
    NothingAfter {
        /// The region; its range of stream sequences counts.
        region: Region,
        /// The sequence.
        after: Sequence,
    },
}

/// Conditions, and what was found of them outside the lock.
#[derive(Debug)]
pub(crate) struct Checked<'a> {
    pub(crate) conditions: &'a [Condition],
    /// Up to here the log was looked at.
    to: Sequence,
    /// Visible events that break a condition.
    broken: Vec<Sequence>,
}

/// What the log says under the lock.
pub(crate) enum Standing {
    Holds,
    /// Broken by these events, the newest of which may not be visible yet.
    Broken(Vec<Sequence>),
    /// Events behind what was looked at have moved into an index file: they have to be looked at anew.
    Moved,
}

impl<'a> Checked<'a> {
    /// Looks at what is visible.
    pub(crate) fn outside(conditions: &'a [Condition], view: &View) -> Result<Self, ReadError> {
        let to = view.visible();
        let mut broken = Vec::new();
        for condition in conditions {
            let Condition::NothingAfter { region, after } = condition else {
                continue;
            };
            if *after >= to {
                continue;
            }
            let scan = view.scan(ScanRequest {
                selection: Selection::Matching(Arc::new(region.clone())),
                after: *after,
                reverse: false,
            });
            // A hidden event goes on to count: it is only not shown.
            let mut scan = scan.with_hidden();
            while broken.len() < MOST_NAMED
                && let Some(frame) = scan.next_frame()?
            {
                let head = &frame.head;
                if head.sequence <= to && in_clock_range(region, head.stream_sequence) {
                    broken.push(head.sequence);
                }
            }
        }
        broken.sort_unstable();
        broken.dedup();
        Ok(Self {
            conditions,
            to,
            broken,
        })
    }

    /// Whether the conditions on regions hold, with all that is staged.
    pub(crate) fn under_lock(&self, parts: &Parts) -> Standing {
        if !self.broken.is_empty() {
            return Standing::Broken(self.broken.clone());
        }
        let mut broken = Vec::new();
        let is_new = |part: &&Arc<Part>| part.last() > self.to;
        for part in parts.iter().rev().take_while(is_new) {
            let Some(live) = part.columns() else {
                return Standing::Moved;
            };
            let first = live.number_from(self.to.next());
            let entries = (first..).map_while(|number| live.numbered(number));
            for entry in entries {
                let names = live.entity(&entry).zip(live.scope(&entry));
                let is_broken = names.is_some_and(|(entity, scope)| {
                    let breaks = |condition| is_broken_by(condition, &entry, entity, scope);
                    self.conditions.iter().any(breaks)
                });
                if is_broken && broken.len() < MOST_NAMED {
                    broken.push(entry.sequence);
                }
            }
        }
        if broken.is_empty() {
            Standing::Holds
        } else {
            broken.sort_unstable();
            Standing::Broken(broken)
        }
    }

    /// Streams that conditions name, with what is asked of them.
    pub(crate) fn streams(&self) -> impl Iterator<Item = (&'a str, StreamSequence)> {
        self.conditions
            .iter()
            .filter_map(|condition| match condition {
                Condition::Stream { entity, sequence } => Some((entity.as_str(), *sequence)),
                Condition::NothingAfter { .. } => None,
            })
    }
}

fn is_broken_by(condition: &Condition, entry: &Entry, entity: &str, scope: &str) -> bool {
    match condition {
        Condition::Stream { .. } => false,
        Condition::NothingAfter { region, after } => {
            entry.sequence > *after
                && region.matches_event(entity, scope, entry.kind)
                && in_clock_range(region, entry.stream_sequence)
        }
    }
}

fn in_clock_range(region: &Region, sequence: StreamSequence) -> bool {
    let inside = |(first, last)| (u64::from(first)..=u64::from(last)).contains(&sequence.get());
    region.clock_range().is_none_or(inside)
}

/// The refusal of a unit because of events that break a condition.
pub(crate) fn refusal(events: Vec<Sequence>) -> AppendError {
    AppendError::ConditionBroken {
        events,
        stream: None,
    }
}
