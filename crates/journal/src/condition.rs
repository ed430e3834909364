//! Conditions on the log under which a unit is appended.
//!
//! What is visible is looked at outside the lock; under it only what was staged since. So a condition
//! holds at the very place that the unit gets, and its cost under the lock is that of what others have
//! staged in between.

use std::collections::BTreeMap;
use std::sync::Arc;

use batpak_coordinate::{Region, Sequence, StreamSequence};
use batpak_event::EventId;

use crate::error::{AppendError, ReadError};
use crate::history::{self, Parts};
use crate::live::{Entry, Live};
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
    /// No event of a stream comes after this sequence.
    StreamEndsAt {
        /// The stream.
        entity: Box<str>,
        /// The sequence.
        after: Sequence,
    },
    /// No event with an id comes after this sequence.
    NoEvent {
        /// The id.
        id: EventId,
        /// The sequence.
        after: Sequence,
    },
    /// Which events are shown has been changed so many times, and not once more.
    ShownAsAfter {
        /// [`View::visibility_changes`] of a view that is [pinned](View::pinned).
        changes: u64,
    },
}

/// Conditions, and what was found of them outside the lock.
#[derive(Debug)]
pub(crate) struct Checked<'a> {
    pub(crate) conditions: &'a [Condition],
    /// Up to here the log was looked at.
    to: Sequence,
    /// What breaks a condition among what is visible.
    broken: Broken,
    regions: Vec<(usize, &'a Region, Sequence)>,
    /// Streams and ids, each with the position of a condition on it.
    streams: BTreeMap<&'a str, (usize, Sequence)>,
    ids: BTreeMap<EventId, (usize, Sequence)>,
    changes: Option<(usize, u64)>,
}

/// What breaks conditions.
#[derive(Clone, Debug, Default)]
pub(crate) struct Broken {
    /// Position of the first condition that is broken; none while all hold.
    pub(crate) first: Option<usize>,
    /// Events that break one, ascending: as many as are named.
    pub(crate) events: Vec<Sequence>,
}

/// What the log says under the lock.
pub(crate) enum Standing {
    Holds,
    /// Broken by these events, the newest of which may not be visible yet.
    Broken(Broken),
    /// Events behind what was looked at have moved into an index file: they have to be looked at anew.
    Moved,
}

impl<'a> Checked<'a> {
    /// Looks at what is visible.
    pub(crate) fn outside(conditions: &'a [Condition], view: &View) -> Result<Self, ReadError> {
        let mut checked = Self {
            conditions,
            to: view.visible(),
            broken: Broken::default(),
            regions: Vec::new(),
            streams: BTreeMap::new(),
            ids: BTreeMap::new(),
            changes: None,
        };
        for (position, condition) in conditions.iter().enumerate() {
            match condition {
                Condition::Stream { .. } => {}
                Condition::NothingAfter { region, after } => {
                    checked.regions.push((position, region, *after));
                    let selection = Selection::Matching(Arc::new(region.clone()));
                    checked.look(position, selection, Some(region), *after, view)?;
                }
                Condition::StreamEndsAt { entity, after } => {
                    let known = checked.streams.entry(entity).or_insert((position, *after));
                    known.1 = known.1.min(*after);
                    let selection = Selection::Stream(Arc::from(&**entity));
                    checked.look(position, selection, None, *after, view)?;
                }
                Condition::NoEvent { id, after } => {
                    let known = checked.ids.entry(*id).or_insert((position, *after));
                    known.1 = known.1.min(*after);
                    let found = view.asking(|parts| history::find(parts, *id))?;
                    let found = found.map(|row| row.sequence);
                    if let Some(at) = found.filter(|at| *at > *after && *at <= checked.to) {
                        checked.broken.note(position, at);
                    }
                }
                Condition::ShownAsAfter { changes } => {
                    checked.changes = Some((position, *changes));
                }
            }
        }
        checked.broken.events.sort_unstable();
        checked.broken.events.dedup();
        Ok(checked)
    }

    /// Notes the visible events of a selection after a sequence. A hidden event counts as well: it is
    /// only not shown.
    fn look(
        &mut self,
        position: usize,
        selection: Selection,
        region: Option<&Region>,
        after: Sequence,
        view: &View,
    ) -> Result<(), ReadError> {
        if after >= self.to {
            return Ok(());
        }
        let request = ScanRequest {
            selection,
            after,
            reverse: false,
        };
        let mut scan = view.scan(request).with_hidden();
        while self.broken.events.len() < MOST_NAMED
            && let Some(frame) = scan.next_frame()?
        {
            let head = &frame.head;
            let within = region.is_none_or(|region| in_clock_range(region, head.stream_sequence));
            if head.sequence <= self.to && within {
                self.broken.note(position, head.sequence);
            }
        }
        Ok(())
    }

    /// Whether the conditions hold with all that is staged, those on the newest event of a stream aside.
    pub(crate) fn under_lock(&self, parts: &Parts, view: &View) -> Standing {
        let mut broken = self.broken.clone();
        if let Some((position, changes)) = self.changes
            && view.visibility_changes() != changes
        {
            broken.note_change(position);
        }
        if broken.first.is_some() {
            return Standing::Broken(broken);
        }
        let is_new = |part: &&Arc<Part>| part.last() > self.to;
        for part in parts.iter().rev().take_while(is_new) {
            let Some(live) = part.columns() else {
                return Standing::Moved;
            };
            let first = live.number_from(self.to.next());
            let entries = (first..).map_while(|number| live.numbered(number));
            for entry in entries {
                if let Some(position) = self.broken_by(&entry, live) {
                    broken.note(position, entry.sequence);
                }
            }
        }
        if broken.first.is_none() {
            Standing::Holds
        } else {
            broken.events.sort_unstable();
            Standing::Broken(broken)
        }
    }

    /// The first condition that an event breaks.
    fn broken_by(&self, entry: &Entry, live: &Live) -> Option<usize> {
        let breaks = |after: Sequence| entry.sequence > after;
        let known = |found: Option<&(usize, Sequence)>| {
            found.and_then(|(position, after)| breaks(*after).then_some(*position))
        };
        let by_id = known(self.ids.get(&entry.id));
        let names = live.entity(entry).zip(live.scope(entry));
        let by_name = names.and_then(|(entity, scope)| {
            let by_stream = known(self.streams.get(&**entity));
            let by_region = self.regions.iter().find(|(_, region, after)| {
                breaks(*after)
                    && region.matches_event(entity, scope, entry.kind)
                    && in_clock_range(region, entry.stream_sequence)
            });
            let by_region = by_region.map(|(position, ..)| *position);
            by_stream.into_iter().chain(by_region).min()
        });
        by_id.into_iter().chain(by_name).min()
    }

    /// Streams of which conditions name the newest event: position, stream and what is asked of it.
    pub(crate) fn streams(&self) -> impl Iterator<Item = (usize, &'a str, StreamSequence)> {
        let numbered = self.conditions.iter().enumerate();
        numbered.filter_map(|(position, condition)| match condition {
            Condition::Stream { entity, sequence } => Some((position, entity.as_str(), *sequence)),
            _ => None,
        })
    }
}

impl Broken {
    fn note(&mut self, condition: usize, event: Sequence) {
        self.note_change(condition);
        if self.events.len() < MOST_NAMED {
            self.events.push(event);
        }
    }

    /// Notes a condition that no event breaks.
    fn note_change(&mut self, condition: usize) {
        let first = self.first.unwrap_or(condition);
        self.first = Some(first.min(condition));
    }
}

fn in_clock_range(region: &Region, sequence: StreamSequence) -> bool {
    let inside = |(first, last)| (u64::from(first)..=u64::from(last)).contains(&sequence.get());
    region.clock_range().is_none_or(inside)
}

/// The refusal of a unit because of what breaks a condition.
pub(crate) fn refusal(broken: Broken) -> AppendError {
    AppendError::ConditionBroken {
        condition: broken.first.unwrap_or_default(),
        events: broken.events,
        stream: None,
    }
}
