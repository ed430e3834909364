//! The index in memory: where every event is, and which events a stream has.
//!
//! Rebuilt from frames at every open. It answers from columns alone; the frame's own bytes decide.
//! Sequences without a readable event are ranges beside the columns, so that a range costs the same
//! whatever its length.

use std::collections::HashMap;
use std::sync::Arc;

use batpak_coordinate::{EventKind, Generation, Sequence, StreamSequence};
use batpak_event::{Digest, Epoch, EventId};
use batpak_segment::{ControlFrame, GapCause, Offset};
use foldhash::fast::RandomState;

/// Position of a segment in the list of segments; the list only grows at its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Ordinal(pub(crate) u32);

/// Number of a stream or scope in the order of first appearance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct NameId(u32);

impl NameId {
    fn position(self) -> usize {
        self.0 as usize
    }
}

/// What the index knows of one event.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry {
    pub(crate) id: EventId,
    pub(crate) place: Place,
    pub(crate) stream: NameId,
    pub(crate) scope: NameId,
    pub(crate) stream_sequence: StreamSequence,
    pub(crate) predecessor: Sequence,
    pub(crate) generation: Generation,
    pub(crate) kind: EventKind,
    pub(crate) keyed: bool,
}

/// Where the frame of an event is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) segment: Ordinal,
    pub(crate) offset: Offset,
}

/// A range of sequences without readable events; both ends are in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Hole {
    pub(crate) first: Sequence,
    pub(crate) last: Sequence,
    pub(crate) why: Why,
}

/// Why events cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Why {
    /// They were in a damaged range that starts here.
    Lost(Place),
    /// The log says that they are not in it any more.
    Gone(GapCause),
}

/// What is at a sequence.
#[derive(Clone, Copy, Debug)]
pub(crate) enum At<'a> {
    Event(&'a Entry),
    Hole(Hole),
}

/// The newest event of a stream.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Head {
    pub(crate) sequence: Sequence,
    pub(crate) stream_sequence: StreamSequence,
    pub(crate) generation: Generation,
    /// Event hash, when it has been computed since the open.
    pub(crate) hash: Option<Digest>,
}

#[derive(Debug)]
struct Stream {
    head: Head,
    /// Sequences of its events, ascending.
    events: Vec<u64>,
}

/// An event as it is put into the index.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Addition<'a> {
    pub(crate) sequence: Sequence,
    pub(crate) id: EventId,
    pub(crate) place: Place,
    pub(crate) entity: &'a str,
    pub(crate) scope: &'a str,
    pub(crate) stream_sequence: StreamSequence,
    pub(crate) predecessor: Sequence,
    pub(crate) generation: Generation,
    pub(crate) kind: EventKind,
    pub(crate) keyed: bool,
    pub(crate) hash: Option<Digest>,
}

/// Names in the order of first appearance, found again by text.
#[derive(Debug, Default)]
struct Names {
    texts: Vec<Arc<str>>,
    ids: HashMap<Arc<str>, NameId, RandomState>,
}

impl Names {
    fn find(&self, text: &str) -> Option<NameId> {
        self.ids.get(text).copied()
    }

    fn intern(&mut self, text: &str) -> NameId {
        if let Some(id) = self.find(text) {
            return id;
        }
        let id = NameId(u32::try_from(self.texts.len()).unwrap_or(u32::MAX));
        let text: Arc<str> = Arc::from(text);
        self.texts.push(Arc::clone(&text));
        self.ids.insert(text, id);
        id
    }

    fn text(&self, id: NameId) -> &Arc<str> {
        &self.texts[id.position()]
    }
}

/// Columns over all events, staged ones included.
#[derive(Debug, Default)]
pub(crate) struct Index {
    entries: Vec<Entry>,
    /// Ascending; each with the number of entries before it.
    holes: Vec<(Hole, usize)>,
    last: Sequence,
    entities: Names,
    scopes: Names,
    streams: Vec<Stream>,
    keys: HashMap<u128, u64, RandomState>,
    /// First sequence of each epoch, ascending.
    epochs: Vec<(Sequence, Epoch)>,
    /// Control frames that a copy of the log must repeat, each with the event before it.
    facts: Vec<(Sequence, ControlFrame)>,
}

impl Index {
    /// Sequence of the newest event, visible or not, readable or not.
    pub(crate) fn last(&self) -> Sequence {
        self.last
    }

    /// Ranges without readable events, ascending.
    pub(crate) fn holes(&self) -> impl Iterator<Item = Hole> {
        self.holes.iter().map(|(hole, _)| *hole)
    }

    /// Readable events up to a sequence.
    pub(crate) fn count_up_to(&self, last: Sequence) -> u64 {
        let unreadable = |hole: Hole| {
            let end = hole.last.min(last).get();
            end.saturating_add(1).saturating_sub(hole.first.get())
        };
        last.get()
            .saturating_sub(self.holes().map(unreadable).sum())
    }

    /// Number of streams that ever had an event.
    pub(crate) fn stream_count(&self) -> u64 {
        self.streams
            .iter()
            .filter(|stream| !stream.events.is_empty())
            .count() as u64
    }

    /// What is at a sequence; nothing beyond the newest event.
    pub(crate) fn at(&self, sequence: Sequence) -> Option<At<'_>> {
        let before = self
            .holes
            .partition_point(|(hole, _)| hole.first <= sequence);
        let position = match before.checked_sub(1).and_then(|at| self.holes.get(at)) {
            Some((hole, _)) if sequence <= hole.last => return Some(At::Hole(*hole)),
            Some((hole, entries)) => {
                let behind = sequence
                    .get()
                    .checked_sub(hole.last.get())?
                    .checked_sub(1)?;
                entries.checked_add(usize::try_from(behind).ok()?)?
            }
            None => usize::try_from(sequence.get().checked_sub(1)?).ok()?,
        };
        self.entries.get(position).map(At::Event)
    }

    /// The entry of a readable event.
    pub(crate) fn entry(&self, sequence: Sequence) -> Option<&Entry> {
        match self.at(sequence)? {
            At::Event(entry) => Some(entry),
            At::Hole(_) => None,
        }
    }

    /// Whether an event is known to be in the log no more.
    pub(crate) fn is_gone(&self, sequence: Sequence) -> bool {
        matches!(
            self.at(sequence),
            Some(At::Hole(Hole {
                why: Why::Gone(_),
                ..
            }))
        )
    }

    /// Sequence of the event with this identifier: through the key table, or by the sequence bits
    /// in the identifier, checked against the column.
    pub(crate) fn find(&self, id: EventId) -> Option<Sequence> {
        if let Some(sequence) = self.keys.get(&id.as_u128()) {
            return Some(Sequence(*sequence));
        }
        let candidate = Sequence(id.sequence_hint());
        (self.entry(candidate)?.id == id).then_some(candidate)
    }

    /// Newest event of a stream; the default, with sequence 0, when it has none.
    pub(crate) fn head(&self, entity: &str) -> Head {
        self.entities
            .find(entity)
            .map_or_else(Head::default, |id| self.streams[id.position()].head)
    }

    /// Records the event hash of a stream's newest event, if that is still the newest one.
    pub(crate) fn set_head_hash(&mut self, entity: &str, sequence: Sequence, hash: Digest) {
        if let Some(id) = self.entities.find(entity) {
            let head = &mut self.streams[id.position()].head;
            if head.sequence == sequence {
                head.hash = Some(hash);
            }
        }
    }

    /// Entity of an entry.
    pub(crate) fn entity(&self, entry: &Entry) -> &Arc<str> {
        self.entities.text(entry.stream)
    }

    /// Scope of an entry.
    pub(crate) fn scope(&self, entry: &Entry) -> &Arc<str> {
        self.scopes.text(entry.scope)
    }

    /// Sequences of a stream's events, ascending; staged ones included.
    pub(crate) fn stream(&self, entity: &str) -> &[u64] {
        self.entities
            .find(entity)
            .map_or(&[], |id| self.streams[id.position()].events.as_slice())
    }

    /// Adds the next event. Sequences are dense: anything else than the next one is ignored, and
    /// the caller has checked it.
    pub(crate) fn push(&mut self, addition: &Addition<'_>) {
        debug_assert_eq!(addition.sequence, self.last().next());
        let stream = self.entities.intern(addition.entity);
        let scope = self.scopes.intern(addition.scope);
        if stream.position() == self.streams.len() {
            self.streams.push(Stream {
                head: Head::default(),
                events: Vec::new(),
            });
        }
        let record = &mut self.streams[stream.position()];
        record.events.push(addition.sequence.get());
        record.head = Head {
            sequence: addition.sequence,
            stream_sequence: addition.stream_sequence,
            generation: addition.generation,
            hash: addition.hash,
        };
        if addition.keyed {
            self.keys
                .insert(addition.id.as_u128(), addition.sequence.get());
        }
        self.entries.push(Entry {
            id: addition.id,
            place: addition.place,
            stream,
            scope,
            stream_sequence: addition.stream_sequence,
            predecessor: addition.predecessor,
            generation: addition.generation,
            kind: addition.kind,
            keyed: addition.keyed,
        });
        self.last = addition.sequence;
    }

    /// Notes that events from the next one on belong to this epoch.
    pub(crate) fn begin_epoch(&mut self, epoch: Epoch) {
        if self
            .epochs
            .last()
            .is_none_or(|(_, newest)| *newest != epoch)
        {
            self.epochs.push((self.last().next(), epoch));
        }
    }

    /// Notes a control frame that a copy of the log must repeat.
    pub(crate) fn note(&mut self, frame: ControlFrame) {
        self.facts.push((self.last(), frame));
    }

    /// Control frames that a copy of the log must repeat, each with the event before it.
    pub(crate) fn facts(&self) -> &[(Sequence, ControlFrame)] {
        &self.facts
    }

    /// Epoch in which an event was written.
    pub(crate) fn epoch(&self, sequence: Sequence) -> Option<Epoch> {
        let after = self.epochs.partition_point(|(first, _)| *first <= sequence);
        self.epochs
            .get(after.checked_sub(1)?)
            .map(|(_, epoch)| *epoch)
    }

    /// Greatest epoch that any segment or frame shows.
    pub(crate) fn greatest_epoch(&self) -> Epoch {
        self.epochs
            .iter()
            .map(|(_, epoch)| *epoch)
            .max()
            .unwrap_or(Epoch(0))
    }

    /// Notes that the events from the next one up to `last` cannot be read; nothing when there are
    /// none.
    pub(crate) fn push_hole(&mut self, last: Sequence, why: Why) {
        let first = self.last.next();
        if first > last {
            return;
        }
        let hole = Hole { first, last, why };
        self.holes.push((hole, self.entries.len()));
        self.last = last;
    }

    /// Forgets every event after `last`, newest first, so that heads and keys are as they were.
    pub(crate) fn truncate(&mut self, last: Sequence) {
        self.epochs.retain(|(first, _)| *first <= last.next());
        self.facts.retain(|(before, _)| *before <= last);
        while self.last > last {
            match self.holes.pop() {
                Some((hole, entries)) if hole.last == self.last => {
                    self.last = last.max(Sequence(hole.first.get().saturating_sub(1)));
                    if hole.first <= self.last {
                        let last = self.last;
                        self.holes.push((Hole { last, ..hole }, entries));
                    }
                }
                other => {
                    self.holes.extend(other);
                    self.pop();
                }
            }
        }
    }

    /// Forgets the newest event, which is a readable one.
    fn pop(&mut self) {
        self.last = Sequence(self.last.get().saturating_sub(1));
        let Some(entry) = self.entries.pop() else {
            return;
        };
        if entry.keyed {
            self.keys.remove(&entry.id.as_u128());
        }
        let stream = &mut self.streams[entry.stream.position()];
        stream.events.pop();
        let before = stream.events.last().copied().map(Sequence);
        let head = before.and_then(|sequence| {
            let entry = self.entry(sequence)?;
            Some(Head {
                sequence,
                stream_sequence: entry.stream_sequence,
                generation: entry.generation,
                hash: None,
            })
        });
        self.streams[entry.stream.position()].head = head.unwrap_or_default();
    }
}

#[cfg(test)]
#[path = "index_tests.rs"]
mod tests;
