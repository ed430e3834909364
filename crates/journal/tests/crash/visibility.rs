//! Which events are hidden: what was asked for and what a log shows of it.

use std::collections::BTreeSet;

use batpak_coordinate::{Region, Sequence};
use batpak_event::IdempotencyKey;
use batpak_journal::{FrameBuffer, ReadError, ScanRequest, Selection, View};
use std::sync::Arc;

use crate::clause::{Clause, Clauses, Failure};
use crate::log::{Shown, sequences};
use crate::model::ENTITIES;

/// Hides events or shows them again, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Change {
    pub(crate) hides: bool,
    pub(crate) first: u64,
    pub(crate) last: u64,
}

impl Change {
    fn apply(self, hidden: &mut BTreeSet<u64>) {
        for sequence in self.first..=self.last {
            if self.hides {
                hidden.insert(sequence);
            } else {
                hidden.remove(&sequence);
            }
        }
    }
}

/// The hidden events of a log, one by one.
#[derive(Clone, Debug, Default)]
pub(crate) struct Hidden {
    /// By the changes that were acknowledged.
    now: BTreeSet<u64>,
    /// A change that was begun, of which it is not known whether it is in the log.
    doubtful: Option<Change>,
    /// By any change at any time.
    ever: BTreeSet<u64>,
}

impl Hidden {
    pub(crate) fn begin(&mut self, change: Change) {
        self.doubtful = Some(change);
        if change.hides {
            self.ever.extend(change.first..=change.last);
        }
    }

    /// The change that was begun is durable.
    pub(crate) fn acknowledge(&mut self) {
        if let Some(change) = self.doubtful.take() {
            change.apply(&mut self.now);
        }
    }

    /// An open has recovered a log that hides these.
    pub(crate) fn settle(&mut self, log: &[Shown]) {
        self.now = places(log).collect();
        self.ever.extend(&self.now);
        self.doubtful = None;
    }

    /// Whether a log may hide exactly these.
    pub(crate) fn allows(&self, found: &BTreeSet<u64>) -> bool {
        if *found == self.now {
            return true;
        }
        let changed = self.doubtful.map(|change| {
            let mut changed = self.now.clone();
            change.apply(&mut changed);
            changed
        });
        changed.is_some_and(|changed| *found == changed)
    }

    /// Whether an event was hidden at any time.
    pub(crate) fn was_hidden(&self, sequence: u64) -> bool {
        self.ever.contains(&sequence)
    }

    /// Whether no change is in doubt and a log must hide exactly these.
    pub(crate) fn is(&self, found: &BTreeSet<u64>) -> bool {
        *found == self.now
    }

    pub(crate) fn hash(&self) -> u64 {
        let doubtful = self.doubtful.map_or([0; 3], |change| {
            [1 + u64::from(change.hides), change.first, change.last]
        });
        let numbers = self.now.iter().copied().chain(doubtful);
        numbers.fold(0, |hash: u64, number| {
            (hash.rotate_left(9) ^ number).wrapping_mul(0x9e37_79b9_7f4a_7c15)
        })
    }
}

/// Sequences of the hidden events of a log.
pub(crate) fn places(log: &[Shown]) -> impl Iterator<Item = u64> {
    let hidden = log.iter().filter(|event| event.hidden);
    hidden.map(|event| event.sequence)
}

/// What stands in a log for an event that is hidden.
pub(crate) fn placeholder(sequence: u64) -> Shown {
    Shown {
        hidden: true,
        sequence,
        id: IdempotencyKey::new(u128::MAX - u128::from(sequence)).into(),
        entity: String::new(),
        scope: String::new(),
        kind: 0,
        flags: 0,
        payload: Vec::new(),
        stream_sequence: 0,
        generation: 0,
        wall_us: 0,
        counter: 0,
        causes: Vec::new(),
        previous_hash: [0; 32],
        hashes: None,
    }
}

/// The events that a view says are hidden.
pub(crate) fn hidden_by(view: &View) -> BTreeSet<u64> {
    let ranges = view.hidden_ranges();
    let sequences = ranges
        .iter()
        .flat_map(|(first, last)| first.get()..=last.get());
    sequences.collect()
}

/// Checks that a view hides what it may and must, and shows nothing of it by any way to ask.
pub(crate) fn check(
    view: &View,
    log: &[Shown],
    hidden: &Hidden,
    clauses: &mut Clauses,
) -> Result<(), Failure> {
    let ranges = view.hidden_ranges();
    let found = hidden_by(view);
    clauses.check(Clause::Hidden, hidden.allows(&found), || {
        format!("{ranges:?} are hidden, expected {hidden:?}")
    })?;
    if found.is_empty() {
        return Ok(());
    }
    let apart = |pair: &[(Sequence, Sequence)]| pair[0].1.next() < pair[1].0;
    let ordered = ranges.windows(2).all(apart) && ranges.iter().all(|(first, last)| first <= last);
    clauses.check(Clause::Hidden, ordered, || {
        format!("{ranges:?} are no ranges")
    })?;
    // A range that no event stands in would hide one that is still to come.
    let placed = places(log).eq(found.iter().copied());
    clauses.check(Clause::Hidden, placed, || {
        format!("{ranges:?} are hidden in a log of {}", log.len())
    })?;
    let asked = asked(view, &found);
    let shown = asked.as_ref().map(|asked| {
        let shown = asked.iter().find(|sequence| found.contains(sequence));
        shown.copied()
    });
    clauses.check(Clause::Hidden, matches!(shown, Ok(None)), || {
        format!("of {ranges:?} this is shown: {shown:?}")
    })?;
    let counted = view.event_count() + found.len() as u64;
    clauses.check(Clause::Hidden, counted == log.len() as u64, || {
        format!(
            "{counted} events, shown and hidden, in a log of {}",
            log.len()
        )
    })
}

/// Every sequence that a view answers with, in scans, as effects, and when it is asked for one.
fn asked(view: &View, hidden: &BTreeSet<u64>) -> Result<Vec<u64>, ReadError> {
    let streams = ENTITIES.map(|entity| Selection::Stream(entity.into()));
    let region = Selection::Matching(Arc::new(Region::entity("a")));
    let mut answers = Vec::new();
    for selection in streams.into_iter().chain([Selection::All, region]) {
        for reverse in [false, true] {
            answers.extend(sequences(
                view,
                ScanRequest {
                    selection: selection.clone(),
                    after: Sequence::NONE,
                    reverse,
                },
            )?);
        }
    }
    let mut buffer = FrameBuffer::new();
    for sequence in hidden.iter().copied() {
        match view.read(Sequence(sequence), &mut buffer) {
            Ok(_) => answers.push(sequence),
            Err(ReadError::NotFound) => {}
            Err(error) => return Err(error),
        }
        let before = Sequence(sequence.saturating_sub(1));
        let effects = view.effects(before)?;
        answers.extend(effects.iter().map(|effect| effect.get()));
    }
    Ok(answers)
}
