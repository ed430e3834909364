//! What a verification remembers of events: the newest of each stream, and every generation.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use batpak_coordinate::Sequence;
use batpak_event::{Cause, Digest, EventId};
use batpak_graph::generation_after;
use batpak_segment::EventFrame;
use foldhash::fast::RandomState;

/// The newest event of a stream.
struct Head {
    sequence: Sequence,
    stream_sequence: u64,
    generation: u32,
    hash: Digest,
}

/// Streams and generations as far as they have been verified.
#[derive(Default)]
pub(crate) struct Chains {
    heads: HashMap<Arc<str>, Head, RandomState>,
    ids: HashMap<u128, u32, RandomState>,
    /// Whether events were skipped: what follows them cannot be held against their absence.
    skipped: bool,
    /// Ranges of sequences that the log says are gone, ascending.
    gone: Vec<(Sequence, Sequence)>,
    /// Events whose hash the next event of their stream repeats.
    linked: u64,
    /// Of these, per head that is looked for, those behind it.
    linked_behind: Vec<(Sequence, u64)>,
    /// Newest events of their streams whose hash the end of a segment or of the store repeats.
    closing: HashSet<Sequence, RandomState>,
    /// Sequence and event hash of the newest event that was followed.
    newest: Option<(Sequence, Digest)>,
}

impl Chains {
    pub(crate) fn streams(&self) -> u64 {
        self.heads.len() as u64
    }

    /// Counts apart what lies behind these sequences.
    pub(crate) fn count_behind(&mut self, sizes: impl Iterator<Item = Sequence>) {
        self.linked_behind = sizes.map(|size| (size, 0)).collect();
    }

    /// Events behind one of these sequences that a later event of their stream covers, or the end of
    /// a segment or of the store does.
    pub(crate) fn covered_behind(&self, size: Sequence) -> u64 {
        let behind = self.linked_behind.iter().find(|(at, _)| *at == size);
        let closing = self.closing.iter().filter(|sequence| **sequence > size);
        behind.map_or(0, |(_, linked)| *linked) + closing.count() as u64
    }

    /// Event hash of an event, if it is the newest one.
    pub(crate) fn hash_of(&self, sequence: Sequence) -> Option<Digest> {
        self.newest
            .filter(|(newest, _)| *newest == sequence)
            .map(|(_, hash)| hash)
    }

    /// Events that a later event of their stream covers, and those that only the end of a segment
    /// or of the store does.
    pub(crate) fn covered(&self) -> (u64, u64) {
        (self.linked, self.closing.len() as u64)
    }

    /// Notes that the end of a segment or of the store repeats the hash of this event.
    pub(crate) fn close_with(&mut self, sequence: Sequence) {
        if !sequence.is_none() {
            self.closing.insert(sequence);
        }
    }

    /// Goes on behind events that cannot be read.
    pub(crate) fn skip(&mut self) {
        self.skipped = true;
    }

    /// Goes on behind events that the log says are gone.
    pub(crate) fn skip_gone(&mut self, first: Sequence, last: Sequence) {
        self.gone.push((first, last));
    }

    fn is_gone(&self, sequence: Sequence) -> bool {
        let after = self.gone.partition_point(|(first, _)| *first <= sequence);
        let range = after.checked_sub(1).and_then(|at| self.gone.get(at));
        range.is_some_and(|(_, last)| sequence <= *last)
    }

    /// Checks an event against what came before and remembers it. Returns what is wrong with it:
    /// a code and words.
    pub(crate) fn follow(
        &mut self,
        frame: &EventFrame<'_>,
        hash: Digest,
    ) -> Vec<(&'static str, String)> {
        let mut wrong = Vec::new();
        let head = &frame.head;
        let predecessor = head.predecessor;
        match self.heads.get(frame.entity()) {
            _ if self.is_gone(predecessor) => {}
            Some(before) => {
                check_link(frame, before, &mut wrong);
                if wrong.is_empty() {
                    self.linked += 1;
                    for (size, linked) in &mut self.linked_behind {
                        *linked += u64::from(predecessor > *size);
                    }
                    self.closing.remove(&predecessor);
                }
            }
            None if !self.skipped => check_first(frame, &mut wrong),
            None => {}
        }
        let generation = self.expected_generation(frame);
        if let Some(expected) = generation
            && expected != head.generation.get()
        {
            let found = head.generation;
            wrong.push((
                "generation-wrong",
                format!("generation {found}, expected {expected}"),
            ));
        }
        self.ids
            .insert(head.event_id.as_u128(), head.generation.get());
        self.newest = Some((head.sequence, hash));
        let newest = Head {
            sequence: head.sequence,
            stream_sequence: head.stream_sequence.get(),
            generation: head.generation.get(),
            hash,
        };
        match self.heads.get_mut(frame.entity()) {
            Some(slot) => *slot = newest,
            None => {
                self.heads.insert(Arc::from(frame.entity()), newest);
            }
        }
        wrong
    }

    /// The generation an event must have; unknown when something it rests on was skipped.
    fn expected_generation(&self, frame: &EventFrame<'_>) -> Option<u32> {
        let mut before = Vec::new();
        for cause in frame.causes() {
            if let Cause::Local(id) = cause {
                before.push(self.generation_of(id)?);
            }
        }
        let predecessor = frame.head.predecessor;
        if !predecessor.is_none() {
            let head = self.heads.get(frame.entity())?;
            before.push((head.sequence == predecessor).then_some(head.generation)?);
        }
        Some(generation_after(before))
    }

    fn generation_of(&self, id: EventId) -> Option<u32> {
        self.ids.get(&id.as_u128()).copied()
    }
}

fn check_link(frame: &EventFrame<'_>, before: &Head, wrong: &mut Vec<(&'static str, String)>) {
    let head = &frame.head;
    if head.predecessor != before.sequence {
        let (found, expected) = (head.predecessor, before.sequence);
        wrong.push((
            "predecessor-wrong",
            format!("predecessor {found}, expected {expected}"),
        ));
    } else if head.previous_hash != before.hash {
        let message = format!(
            "the hash chain is broken: event {} is not the one that its successor was written after",
            before.sequence
        );
        wrong.push(("chain-broken", message));
    }
    let expected = before.stream_sequence.saturating_add(1);
    if head.stream_sequence.get() != expected {
        let found = head.stream_sequence;
        wrong.push((
            "stream-gap",
            format!("stream sequence {found}, expected {expected}"),
        ));
    }
}

fn check_first(frame: &EventFrame<'_>, wrong: &mut Vec<(&'static str, String)>) {
    let head = &frame.head;
    if !head.predecessor.is_none()
        || head.stream_sequence.get() != 1
        || head.previous_hash != [0; 32]
    {
        let message = format!(
            "stream sequence {} at the first event of its stream: earlier ones are missing",
            head.stream_sequence
        );
        wrong.push(("stream-gap", message));
    }
}
