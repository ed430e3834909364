//! The index of a segment that has no index file yet: columns in memory.
//!
//! Of the newest segment, which is written to, of the ones before it until their files are made, and
//! of a damaged one. It answers from columns alone; the frame's own bytes decide. Sequences without a
//! readable event are ranges beside the columns, so that a range costs the same whatever its length.

mod links;

use std::collections::HashMap;
use std::sync::Arc;

use batpak_coordinate::{EventKind, Generation, Sequence, StreamSequence};
use batpak_event::{CorrelationId, Digest, Epoch, EventId};
use batpak_segment::{ControlFrame, GapCause, Offset};
use foldhash::fast::RandomState;

use links::Links;

/// Position of a segment in the list of segments. It stays the same: segments come and go at the end.
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

impl Hole {
    /// Whether the log itself says that the events are not in it any more.
    pub(crate) fn is_gone(&self) -> bool {
        matches!(self.why, Why::Gone(_))
    }
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

/// The newest event of a stream; sequence 0 where it has none.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Head {
    pub(crate) sequence: Sequence,
    pub(crate) stream_sequence: StreamSequence,
    pub(crate) generation: Generation,
    /// Event hash, when it has been computed since the open.
    pub(crate) hash: Option<Digest>,
}

#[derive(Debug, Default)]
struct Stream {
    /// Its newest event before this segment, once somebody has looked it up.
    before: Option<Head>,
    /// Its newest event in this segment.
    newest: Option<Head>,
    /// Sequences of its events here, ascending.
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
    /// Its correlation, when that is not its own id.
    pub(crate) correlation: Option<CorrelationId>,
    /// The events of this store that caused it.
    pub(crate) causes: &'a [EventId],
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

/// Columns over the events of one segment, staged ones included.
#[derive(Debug)]
pub(crate) struct Live {
    /// The last sequence before the segment.
    before: Sequence,
    entries: Vec<Entry>,
    /// Ascending; each with the number of entries before it.
    holes: Vec<(Hole, usize)>,
    last: Sequence,
    entities: Names,
    scopes: Names,
    streams: Vec<Stream>,
    keys: HashMap<u128, u64, RandomState>,
    links: Links,
    /// First sequence of each epoch, ascending.
    epochs: Vec<(Sequence, Epoch)>,
    /// Control frames that a copy of the log must repeat, each with the event before it.
    facts: Vec<(Sequence, ControlFrame)>,
}

impl Live {
    /// The index of a segment that begins behind this sequence.
    pub(crate) fn after(before: Sequence) -> Self {
        Self {
            before,
            entries: Vec::new(),
            holes: Vec::new(),
            last: before,
            entities: Names::default(),
            scopes: Names::default(),
            streams: Vec::new(),
            keys: HashMap::default(),
            links: Links::default(),
            epochs: Vec::new(),
            facts: Vec::new(),
        }
    }

    /// Sequence of the newest event, visible or not, readable or not; the last one before the
    /// segment when it has none.
    pub(crate) fn last(&self) -> Sequence {
        self.last
    }

    /// Ranges without readable events, ascending.
    pub(crate) fn holes(&self) -> impl Iterator<Item = Hole> {
        self.holes.iter().map(|(hole, _)| *hole)
    }

    /// Readable events up to a sequence.
    pub(crate) fn count_up_to(&self, last: Sequence) -> u64 {
        let last = last.min(self.last);
        let unreadable = |hole: Hole| {
            let end = hole.last.min(last).get();
            end.saturating_add(1).saturating_sub(hole.first.get())
        };
        last.get()
            .saturating_sub(self.before.get())
            .saturating_sub(self.holes().map(unreadable).sum())
    }

    /// Streams whose first event is in this segment.
    pub(crate) fn streams_begun(&self) -> u64 {
        let begun = |stream: &&Stream| {
            let first = stream.events.first();
            let first = first.and_then(|first| self.entry(Sequence(*first)));
            first.is_some_and(|first| first.predecessor.is_none())
        };
        self.streams.iter().filter(begun).count() as u64
    }

    /// What is at a sequence; nothing before the segment and beyond its newest event.
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
            None => {
                let behind = sequence.get().checked_sub(self.before.get())?;
                usize::try_from(behind.checked_sub(1)?).ok()?
            }
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

    /// Sequence of the event of this segment with this key.
    pub(crate) fn keyed(&self, id: EventId) -> Option<Sequence> {
        self.keys.get(&id.as_u128()).copied().map(Sequence)
    }

    /// Events of a conversation, ascending, without those that only have its number as their own id.
    pub(crate) fn correlated(&self, correlation: CorrelationId) -> &[u64] {
        self.links.correlated(correlation)
    }

    /// Events that name this one as a cause, ascending.
    pub(crate) fn effects(&self, cause: EventId) -> &[u64] {
        self.links.effects(cause)
    }

    /// Newest event of a stream in this segment or before it; `None` when it is not known here.
    pub(crate) fn head(&self, entity: &str) -> Option<Head> {
        let stream = &self.streams[self.entities.find(entity)?.position()];
        stream.newest.or(stream.before)
    }

    /// Newest event of a stream in this segment.
    pub(crate) fn newest(&self, entity: &str) -> Option<Head> {
        self.streams[self.entities.find(entity)?.position()].newest
    }

    /// Records the newest event of a stream before this segment, unless it is known, and the event
    /// hash of the newest event.
    pub(crate) fn know_head(&mut self, entity: &str, head: Head) {
        let id = self.stream_id(entity);
        let stream = &mut self.streams[id.position()];
        match &mut stream.newest {
            Some(newest) if newest.sequence == head.sequence => {
                newest.hash = newest.hash.or(head.hash);
            }
            Some(_) => {}
            // What was known first stays: an event that was found here may have been taken back since.
            None => match &mut stream.before {
                None => stream.before = Some(head),
                Some(before) if before.sequence == head.sequence => {
                    before.hash = before.hash.or(head.hash);
                }
                Some(_) => {}
            },
        }
    }

    fn stream_id(&mut self, entity: &str) -> NameId {
        let id = self.entities.intern(entity);
        if id.position() == self.streams.len() {
            self.streams.push(Stream::default());
        }
        id
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
        let stream = self.stream_id(addition.entity);
        let scope = self.scopes.intern(addition.scope);
        let record = &mut self.streams[stream.position()];
        record.events.push(addition.sequence.get());
        record.newest = Some(Head {
            sequence: addition.sequence,
            stream_sequence: addition.stream_sequence,
            generation: addition.generation,
            hash: addition.hash,
        });
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
        self.links.push(
            addition.sequence.get(),
            addition.correlation,
            addition.causes,
        );
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

    /// Greatest epoch that the segment or a frame of it shows.
    pub(crate) fn greatest_epoch(&self) -> Epoch {
        let epochs = self.epochs.iter().map(|(_, epoch)| *epoch);
        epochs.max().unwrap_or(Epoch(0))
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
        let last = last.max(self.before);
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
        self.links.pop(self.last.get());
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
        let newest = before.and_then(|sequence| {
            let entry = self.entry(sequence)?;
            Some(Head {
                sequence,
                stream_sequence: entry.stream_sequence,
                generation: entry.generation,
                hash: None,
            })
        });
        self.streams[entry.stream.position()].newest = newest;
    }
}

#[cfg(test)]
#[path = "live_tests.rs"]
mod tests;
