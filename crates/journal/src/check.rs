//! Checks against the log, under the `tail` lock: keys, then expected sequences, then causes.
//!
//! What index files know is looked up before the lock is taken; under it only columns in memory are
//! asked. When an index file took the place of columns in between, the look-ups are done again.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use batpak_coordinate::{Sequence, StreamSequence};
use batpak_event::{Cause, EventId};
use foldhash::fast::RandomState;

use crate::condition::{self, Checked, Standing};
use crate::draft::DraftCause;
use crate::error::{AppendError, ReadError};
use crate::history::{self, Parts};
use crate::live::{Head, Live};
use crate::prepare::Prepared;
use crate::view::View;

/// Whether a unit may be staged.
pub(crate) enum Verdict {
    Go,
    /// Every key is taken already, by these events.
    Present(Vec<Sequence>),
    Refused(AppendError),
    /// Refused because of an event that may not be visible yet.
    RefusedBy(AppendError, Sequence),
    /// The newest event of a stream is not known.
    NeedsHeads,
    /// Conditions have to be looked at anew.
    NeedsConditions,
}

/// An event that was looked up.
#[derive(Clone, Copy, Debug)]
struct Known {
    sequence: Sequence,
    generation: u32,
}

/// What was looked up for a unit outside the lock: what index files know of its keys and causes, and
/// the newest events of its streams.
#[derive(Debug, Default)]
pub(crate) struct Lookups {
    /// State of the log that they were made in; none before they are made.
    version: Option<u64>,
    keys: HashMap<EventId, Known, RandomState>,
    causes: HashMap<EventId, Known, RandomState>,
    heads: HashMap<Arc<str>, Head, RandomState>,
}

impl Lookups {
    /// Looks up what the unit names.
    pub(crate) fn make(unit: &[Prepared<'_>], view: &View) -> Result<Self, ReadError> {
        let mut lookups = Self {
            version: Some(view.version()),
            ..Self::default()
        };
        for prepared in unit {
            if let Some(key) = prepared.draft.key.map(EventId::from) {
                let found = view.asking(|parts| history::find(parts, key))?;
                if let Some(row) = found {
                    let known = known(row.sequence, row.generation.get());
                    lookups.keys.insert(key, known);
                }
            }
            for cause in local_causes(prepared) {
                if !lookups.causes.contains_key(&cause)
                    && let Some(row) = view.asking(|parts| history::find(parts, cause))?
                {
                    let known = known(row.sequence, row.generation.get());
                    lookups.causes.insert(cause, known);
                }
            }
        }
        Ok(lookups)
    }

    /// Looks up the newest events of the streams of a unit that are not known, and of those of conditions on
    /// it; `written` is the newest written event.
    pub(crate) fn add_heads(
        &mut self,
        unit: &[Prepared<'_>],
        checked: &Checked<'_>,
        view: &View,
        written: impl Fn() -> Sequence,
    ) -> Result<(), ReadError> {
        let version = view.version();
        if self.version.replace(version) != Some(version) {
            *self = Self::make(unit, view)?;
        }
        let unknown = unit.iter().filter(|prepared| prepared.before.is_none());
        let streams = unknown.map(|prepared| prepared.draft.coordinate.entity());
        let streams = streams.chain(checked.streams().map(|(_, entity, _)| entity));
        for entity in streams.collect::<HashSet<_>>() {
            let head = view.head(entity, &written)?;
            self.heads.insert(Arc::from(entity), head);
        }
        Ok(())
    }

    /// Whether nothing has moved from memory into index files since.
    pub(crate) fn hold(&self, view: &View) -> bool {
        self.version == Some(view.version())
    }
}

fn known(sequence: Sequence, generation: u32) -> Known {
    Known {
        sequence,
        generation,
    }
}

fn local_causes(prepared: &Prepared<'_>) -> impl Iterator<Item = EventId> {
    prepared
        .draft
        .causes
        .iter()
        .filter_map(|cause| match *cause {
            DraftCause::Known(Cause::Local(id)) => Some(id),
            _ => None,
        })
}

/// Whether a unit names events that have to be looked up.
pub(crate) fn names_events(unit: &[Prepared<'_>]) -> bool {
    unit.iter()
        .any(|prepared| prepared.draft.key.is_some() || local_causes(prepared).next().is_some())
}

/// What is known under the lock: columns in memory now, and index files as they were looked up.
pub(crate) struct Present<'a> {
    pub(crate) view: &'a View,
    pub(crate) parts: &'a Parts,
    pub(crate) lookups: &'a Lookups,
    /// Whether nothing has moved from memory into index files since the look-ups.
    pub(crate) current: bool,
}

impl Present<'_> {
    /// Asks the parts that have no index file, the newest first.
    fn in_memory<T>(&self, ask: impl Fn(&Live) -> Option<T>) -> Option<T> {
        let newest = self.parts.iter().rev();
        newest.map_while(|part| part.columns()).find_map(ask)
    }

    fn found(&self, id: EventId, looked_up: Option<&Known>) -> Option<Known> {
        let staged = self.in_memory(|live| {
            let hint = Sequence(id.sequence_hint());
            let minted = live.entry(hint).filter(|entry| entry.id == id);
            let sequence = minted.map(|_| hint).or_else(|| live.keyed(id))?;
            let entry = live.entry(sequence)?;
            Some(known(sequence, entry.generation.get()))
        });
        // What was looked up in memory may have been taken back since.
        let in_files = self.parts.len() - self.newest_in_memory();
        staged.or_else(|| {
            let known = looked_up?;
            let (ordinal, _) = history::part_of(self.parts, known.sequence)?;
            ((ordinal.0 as usize) < in_files).then_some(*known)
        })
    }

    /// How many parts at the end of the log have no index file.
    fn newest_in_memory(&self) -> usize {
        let newest = self.parts.iter().rev();
        newest.take_while(|part| part.columns().is_some()).count()
    }

    fn key(&self, id: EventId) -> Option<Sequence> {
        self.found(id, self.lookups.keys.get(&id))
            .map(|known| known.sequence)
    }

    fn cause(&self, id: EventId) -> Option<Known> {
        self.found(id, self.lookups.causes.get(&id))
    }

    /// Newest event of a stream with its event hash, when both are known: in memory, or looked up and
    /// still the newest.
    pub(crate) fn head(&self, entity: &str) -> Option<Head> {
        let staged = self.in_memory(|live| live.head(entity, None));
        let staged = staged.map(|(_, head)| head);
        if staged.is_some_and(|staged| staged.hash.is_some()) {
            return staged;
        }
        let Some(head) = self.lookups.heads.get(entity).filter(|_| self.current) else {
            // What is in no segment is in none of those without an index either.
            let is_new = staged.is_none() && self.newest_in_memory() == self.parts.len();
            return is_new.then(Head::default);
        };
        let is_newest = staged.is_none_or(|staged| staged.sequence == head.sequence);
        let is_whole = head.sequence.is_none() || head.hash.is_some();
        (is_newest && is_whole).then_some(*head)
    }

    /// Notes in each event of a unit its stream, the newest event of that and the generation of its causes;
    /// false when a stream's newest event is not known.
    pub(crate) fn look_up(&self, unit: &mut [Prepared<'_>]) -> bool {
        let newest = self.parts.last().and_then(|part| part.columns());
        let mut all = true;
        for prepared in unit {
            let entity = prepared.draft.coordinate.entity();
            let here = newest.and_then(|live| live.head(entity, None));
            let here = here.filter(|(_, head)| head.hash.is_some());
            prepared.stream = here.map(|(stream, _)| stream);
            prepared.before = here.map(|(_, head)| head).or_else(|| self.head(entity));
            all &= prepared.before.is_some();
            let causes = local_causes(prepared).filter_map(|cause| self.cause(cause));
            prepared.cause_generation = causes.map(|known| known.generation).max();
        }
        all
    }
}

/// Generations of the causes of an event that are earlier events of its unit, of which id and
/// generation are given.
pub(crate) fn generations_in_unit(
    prepared: &Prepared<'_>,
    earlier: &[(EventId, u32)],
) -> impl Iterator<Item = u32> {
    prepared.draft.causes.iter().filter_map(move |cause| {
        let found = match *cause {
            DraftCause::Known(Cause::Local(id)) => earlier.iter().find(|(staged, _)| *staged == id),
            DraftCause::Known(Cause::Foreign(_)) => None,
            DraftCause::Prior(position) => earlier.get(position),
        };
        found.map(|(_, generation)| *generation)
    })
}

pub(crate) fn check(
    unit: &[Prepared<'_>],
    checked: Option<&Checked<'_>>,
    present: &Present<'_>,
) -> Verdict {
    keys(unit, present)
        .or_else(|| expected(unit, present))
        .or_else(|| conditions(checked?, present))
        .or_else(|| causes(unit, present))
        .unwrap_or(Verdict::Go)
}

fn keys(unit: &[Prepared<'_>], present: &Present<'_>) -> Option<Verdict> {
    let keys: Vec<EventId> = unit
        .iter()
        .filter_map(|prepared| prepared.draft.key.map(EventId::from))
        .collect();
    if keys.is_empty() {
        return None;
    }
    let found: Vec<Sequence> = keys.iter().filter_map(|key| present.key(*key)).collect();
    if found.len() == keys.len() {
        return Some(Verdict::Present(found));
    }
    if let Some(newest) = found.iter().copied().max() {
        let reason = "some keys of the unit are in the store already, some are not";
        return Some(Verdict::RefusedBy(AppendError::PartialUnit(reason), newest));
    }
    if keys.len() > 1 {
        let mut seen = HashSet::with_capacity(keys.len());
        if !keys.iter().all(|key| seen.insert(*key)) {
            let reason = "a key occurs twice in the unit";
            return Some(Verdict::Refused(AppendError::PartialUnit(reason)));
        }
    }
    None
}

/// Expected sequences count the events of the unit that come before.
fn expected(unit: &[Prepared<'_>], present: &Present<'_>) -> Option<Verdict> {
    if unit
        .iter()
        .all(|prepared| prepared.draft.expected.required().is_none())
    {
        return None;
    }
    let mut earlier: HashMap<&str, u64> = HashMap::new();
    for (position, prepared) in unit.iter().enumerate() {
        let entity = prepared.draft.coordinate.entity();
        let Some(head) = present.head(entity) else {
            return Some(Verdict::NeedsHeads);
        };
        let before = earlier.entry(entity).or_default();
        let actual = StreamSequence(head.stream_sequence.get().saturating_add(*before));
        *before += 1;
        if let Some(required) = prepared.draft.expected.required()
            && required != actual
        {
            let error = AppendError::SequenceMismatch {
                index: position,
                entity: entity.to_owned(),
                expected: required,
                actual,
            };
            return Some(Verdict::RefusedBy(error, head.sequence));
        }
    }
    None
}

fn conditions(checked: &Checked<'_>, present: &Present<'_>) -> Option<Verdict> {
    for (condition, entity, expected) in checked.streams() {
        let Some(head) = present.head(entity) else {
            return Some(Verdict::NeedsHeads);
        };
        let actual = head.stream_sequence;
        if actual != expected {
            let error = AppendError::ConditionBroken {
                condition,
                events: Some(head.sequence)
                    .filter(|at| !at.is_none())
                    .into_iter()
                    .collect(),
                stream: Some(Box::new((entity.to_owned(), expected, actual))),
            };
            return Some(Verdict::RefusedBy(error, head.sequence));
        }
    }
    match checked.under_lock(present.parts, present.view) {
        Standing::Holds => None,
        Standing::Moved => Some(Verdict::NeedsConditions),
        Standing::Broken(broken) => {
            let newest = broken.events.last().copied().unwrap_or_default();
            Some(Verdict::RefusedBy(condition::refusal(broken), newest))
        }
    }
}

fn causes(unit: &[Prepared<'_>], present: &Present<'_>) -> Option<Verdict> {
    for (position, prepared) in unit.iter().enumerate() {
        for cause in local_causes(prepared) {
            let in_unit = unit[..position]
                .iter()
                .any(|earlier| earlier.draft.key.map(EventId::from) == Some(cause));
            if !in_unit && present.cause(cause).is_none() {
                let error = AppendError::UnknownCause {
                    index: position,
                    cause,
                };
                return Some(Verdict::Refused(error));
            }
        }
    }
    None
}
