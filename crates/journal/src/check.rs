//! Checks against the log, under the `tail` lock: keys, then expected sequences, then causes.

use std::collections::{HashMap, HashSet};

use batpak_coordinate::{Sequence, StreamSequence};
use batpak_event::{Cause, EventId};

use crate::draft::DraftCause;
use crate::error::AppendError;
use crate::index::Index;
use crate::prepare::Prepared;

/// Whether a unit may be staged.
pub(crate) enum Verdict {
    Go,
    /// Every key is taken already, by these events.
    Present(Vec<Sequence>),
    Refused(AppendError),
    /// Refused because of an event that may not be visible yet.
    RefusedBy(AppendError, Sequence),
}

pub(crate) fn check(unit: &[Prepared], index: &Index) -> Verdict {
    keys(unit, index)
        .or_else(|| expected(unit, index))
        .or_else(|| causes(unit, index))
        .unwrap_or(Verdict::Go)
}

fn keys(unit: &[Prepared], index: &Index) -> Option<Verdict> {
    let keys: Vec<EventId> = unit
        .iter()
        .filter_map(|prepared| prepared.draft.key.map(EventId::from))
        .collect();
    if keys.is_empty() {
        return None;
    }
    let found: Vec<Sequence> = keys.iter().filter_map(|key| index.find(*key)).collect();
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
fn expected(unit: &[Prepared], index: &Index) -> Option<Verdict> {
    if unit
        .iter()
        .all(|prepared| prepared.draft.expected.required().is_none())
    {
        return None;
    }
    let mut earlier: HashMap<&str, u64> = HashMap::new();
    for (position, prepared) in unit.iter().enumerate() {
        let entity = prepared.draft.coordinate.entity();
        let head = index.head(entity);
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

fn causes(unit: &[Prepared], index: &Index) -> Option<Verdict> {
    for (position, prepared) in unit.iter().enumerate() {
        for cause in &prepared.draft.causes {
            if let DraftCause::Known(Cause::Local(id)) = *cause
                && index.find(id).is_none()
                && !unit[..position]
                    .iter()
                    .any(|earlier| earlier.draft.key.map(EventId::from) == Some(id))
            {
                let error = AppendError::UnknownCause {
                    index: position,
                    cause: id,
                };
                return Some(Verdict::Refused(error));
            }
        }
    }
    None
}

/// Generations of an event's local causes; foreign ones have none here.
pub(crate) fn cause_generations<'a>(
    prepared: &'a Prepared,
    identifiers: &'a [EventId],
    index: &'a Index,
) -> impl Iterator<Item = u32> + 'a {
    prepared.draft.causes.iter().filter_map(move |cause| {
        let id = match *cause {
            DraftCause::Known(Cause::Local(id)) => id,
            DraftCause::Known(Cause::Foreign(_)) => return None,
            DraftCause::Prior(position) => *identifiers.get(position)?,
        };
        let sequence = index.find(id)?;
        index.entry(sequence).map(|entry| entry.generation.get())
    })
}
