//! The index of a segment that has no index file yet: columns in memory.
//!
//! Of the newest segment, which is written to, of the ones before it until their files are made, and
//! of a damaged one. It answers from columns alone; the frame's own bytes decide. Sequences without a
//! readable event are ranges beside the columns, so that a range costs the same whatever its length.
//!
//! Whoever holds the `tail` lock appends; readers take no lock, and find everything up to the visible
//! sequence. Nothing is taken out of it: events that are taken back leave with the columns they are
//! in, and what is left is given to new ones.

mod event;
mod links;

use std::hash::BuildHasher;
use std::sync::Arc;

use batpak_columns::{Dictionary, Lists, Log, Rows, Table};
use batpak_coordinate::{Generation, Sequence, StreamSequence};
use batpak_event::{CorrelationId, Digest, Epoch, EventId};
use batpak_segment::{ControlFrame, GapCause, Offset};
use foldhash::fast::RandomState;

pub(crate) use event::{Addition, Entry, NameId};
use links::Links;

/// Position of a segment in the list of segments. It stays the same: segments come and go at the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Ordinal(pub(crate) u32);

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
pub(crate) enum At {
    Event(Entry),
    Hole(Hole),
}

/// The newest event of a stream; sequence 0 where it has none.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Head {
    pub(crate) sequence: Sequence,
    pub(crate) stream_sequence: StreamSequence,
    pub(crate) generation: Generation,
    /// Event hash, where it is known.
    pub(crate) hash: Option<Digest>,
}

/// Columns over the events of one segment, staged ones included.
#[derive(Debug)]
pub(crate) struct Live {
    /// The last sequence before the segment.
    before: Sequence,
    /// Numbered in the order of their sequences; everything below names events by these numbers.
    entries: Rows<{ event::WORDS }>,
    /// Ascending; each with the number of entries before it.
    holes: Log<(Hole, u32)>,
    entities: Dictionary<Arc<str>>,
    scopes: Dictionary<Arc<str>>,
    /// The events of each entity.
    streams: Lists,
    /// Event hash of the newest event of each entity, which the next one repeats; zeros where it is not
    /// known. Written and read under the `tail` lock only.
    hashes: Rows<4>,
    /// Events with a key, by the hash of their id.
    keyed: Table,
    hasher: RandomState,
    links: Links,
    /// First sequence of each epoch, ascending.
    epochs: Log<(Sequence, Epoch)>,
    /// Control frames that a copy of the log must repeat, each with the event before it.
    facts: Log<(Sequence, ControlFrame)>,
}

impl Live {
    /// The index of a segment that begins behind this sequence.
    pub(crate) fn after(before: Sequence) -> Self {
        Self {
            before,
            entries: Rows::new(),
            holes: Log::new(),
            entities: Dictionary::new(),
            scopes: Dictionary::new(),
            streams: Lists::new(),
            hashes: Rows::new(),
            keyed: Table::new(),
            hasher: RandomState::default(),
            links: Links::default(),
            epochs: Log::new(),
            facts: Log::new(),
        }
    }

    /// Sequence of the newest event, visible or not, readable or not; the last one before the
    /// segment when it has none.
    pub(crate) fn last(&self) -> Sequence {
        let hole = self.holes.last().map(|(hole, _)| hole.last);
        let newest = self.entries.len().checked_sub(1);
        let event = newest.and_then(|newest| Some(self.numbered(newest)?.sequence));
        self.before
            .max(hole.unwrap_or_default())
            .max(event.unwrap_or_default())
    }

    /// Ranges without readable events, ascending.
    pub(crate) fn holes(&self) -> impl Iterator<Item = Hole> {
        self.holes.iter().map(|(hole, _)| *hole)
    }

    /// Readable events up to a sequence.
    pub(crate) fn count_up_to(&self, last: Sequence) -> u64 {
        let last = last.min(self.last());
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
        let begun = |stream: &u32| {
            let first = self.streams.first(*stream);
            let first = first.and_then(|first| self.numbered(first));
            first.is_some_and(|first| first.predecessor.is_none())
        };
        (0..self.streams.len()).filter(begun).count() as u64
    }

    /// What is at a sequence; nothing before the segment and beyond its newest event.
    pub(crate) fn at(&self, sequence: Sequence) -> Option<At> {
        match self.locate(sequence)? {
            Located::Hole(hole) => Some(At::Hole(hole)),
            Located::Number(number) => self.numbered(number).map(At::Event),
        }
    }

    fn locate(&self, sequence: Sequence) -> Option<Located> {
        let before = self
            .holes
            .partition_point(|(hole, _)| hole.first <= sequence);
        let (from, number) = match before.checked_sub(1).and_then(|at| self.holes.get(at)) {
            Some((hole, _)) if sequence <= hole.last => return Some(Located::Hole(*hole)),
            Some((hole, entries)) => (hole.last, *entries),
            None => (self.before, 0),
        };
        let behind = sequence.get().checked_sub(from.get())?.checked_sub(1)?;
        let number = number.checked_add(u32::try_from(behind).ok()?)?;
        Some(Located::Number(number))
    }

    /// The number that the first event at a sequence or behind it has, or would have.
    pub(crate) fn number_from(&self, sequence: Sequence) -> u32 {
        let hole = match self.locate(sequence.max(self.before.next())) {
            None => return u32::MAX,
            Some(Located::Number(number)) => return number,
            Some(Located::Hole(hole)) => hole,
        };
        let before = self
            .holes
            .partition_point(|(other, _)| other.first < hole.first);
        self.holes.get(before).map_or(0, |(_, entries)| *entries)
    }

    /// The event with a number.
    #[inline]
    pub(crate) fn numbered(&self, number: u32) -> Option<Entry> {
        self.entries.get(number).map(Entry::of_words)
    }

    /// The entry of a readable event.
    pub(crate) fn entry(&self, sequence: Sequence) -> Option<Entry> {
        match self.at(sequence)? {
            At::Event(entry) => Some(entry),
            At::Hole(_) => None,
        }
    }

    /// Sequence of the event of this segment with this key.
    pub(crate) fn keyed(&self, id: EventId) -> Option<Sequence> {
        let has_id = |number| self.numbered(number).is_some_and(|entry| entry.id == id);
        let number = self.keyed.find(self.hasher.hash_one(id), has_id)?;
        Some(self.numbered(number)?.sequence)
    }

    /// The list of a conversation's events, without those that only have its number as their own id.
    pub(crate) fn correlated(&self, correlation: CorrelationId) -> Option<List<'_>> {
        self.links.correlated(correlation)
    }

    /// Events that name this one as a cause, ascending.
    pub(crate) fn effects(&self, cause: EventId) -> impl Iterator<Item = Sequence> {
        let effects = self.links.effects(cause);
        let numbers = effects.into_iter().flat_map(|list| list.ascending(0));
        numbers.filter_map(|number| Some(self.numbered(number)?.sequence))
    }

    /// The events of this store that caused one, in this segment or before it.
    pub(crate) fn causes(&self, sequence: Sequence) -> impl Iterator<Item = EventId> {
        let number = match self.locate(sequence) {
            Some(Located::Number(number)) => Some(number),
            _ => None,
        };
        let causes = number.map(|number| self.links.causes(number));
        causes.into_iter().flatten()
    }

    /// The list of a stream's events, staged ones included.
    pub(crate) fn stream(&self, entity: &str) -> Option<List<'_>> {
        let number = self.entities.find(entity)?;
        Some(List {
            lists: &self.streams,
            number,
        })
    }

    /// Newest event of a stream in this segment, without its event hash.
    pub(crate) fn newest(&self, entity: &str) -> Option<Head> {
        self.newest_of(self.entities.find(entity)?)
    }

    fn newest_of(&self, stream: u32) -> Option<Head> {
        let newest = self.numbered(self.streams.last(stream)?)?;
        Some(Head {
            sequence: newest.sequence,
            stream_sequence: newest.stream_sequence,
            generation: newest.generation,
            hash: None,
        })
    }

    /// Number and newest event of a stream in this segment; with its event hash when it was appended
    /// since the open. The number is looked up only if it is not given. Under the `tail` lock.
    pub(crate) fn head(&self, entity: &str, stream: Option<NameId>) -> Option<(NameId, Head)> {
        let stream = stream.map(|stream| stream.0);
        let stream = stream.or_else(|| self.entities.find(entity))?;
        let hash = self.hashes.get(stream).and_then(event::hash_of_words);
        let head = self.newest_of(stream)?;
        Some((NameId(stream), Head { hash, ..head }))
    }

    /// Entity of an entry.
    pub(crate) fn entity(&self, entry: &Entry) -> Option<&Arc<str>> {
        self.entities.key(entry.stream.0)
    }

    /// Scope of an entry.
    pub(crate) fn scope(&self, entry: &Entry) -> Option<&Arc<str>> {
        self.scopes.key(entry.scope.0)
    }

    /// Adds the next event. Sequences are dense: the caller has checked that this is the next one.
    pub(crate) fn push(&self, addition: &Addition<'_>) {
        debug_assert_eq!(addition.sequence, self.last().next());
        let named = |names: &Dictionary<Arc<str>>, text: &str| {
            NameId(names.number(text, |text| Arc::from(text)))
        };
        let stream = addition.stream;
        let stream = stream.unwrap_or_else(|| named(&self.entities, addition.entity));
        let scope = named(&self.scopes, addition.scope);
        let entry = addition.entry(stream, scope);
        let number = self.entries.push(entry.to_words());
        self.streams.push(stream.0, number);
        match addition.hash {
            Some(hash) => self.hashes.put(stream.0, event::words_of_hash(hash)),
            None if stream.0 < self.hashes.len() => self.hashes.put(stream.0, [0; 4]),
            None => {}
        }
        if addition.keyed {
            self.keyed.insert(self.hasher.hash_one(addition.id), number);
        }
        self.links
            .push(number, addition.correlation, addition.causes);
    }

    /// Notes that events from the next one on belong to this epoch.
    pub(crate) fn begin_epoch(&self, epoch: Epoch) {
        if self
            .epochs
            .last()
            .is_none_or(|(_, newest)| *newest != epoch)
        {
            self.epochs.push((self.last().next(), epoch));
        }
    }

    /// Notes a control frame that a copy of the log must repeat.
    pub(crate) fn note(&self, frame: ControlFrame) {
        self.facts.push((self.last(), frame));
    }

    /// Control frames that a copy of the log must repeat, each with the event before it.
    pub(crate) fn facts(&self) -> impl Iterator<Item = &(Sequence, ControlFrame)> {
        self.facts.iter()
    }

    /// Epoch in which an event was written.
    pub(crate) fn epoch(&self, sequence: Sequence) -> Option<Epoch> {
        let after = self.epochs.partition_point(|(first, _)| *first <= sequence);
        let (_, epoch) = self.epochs.get(after.checked_sub(1)?)?;
        Some(*epoch)
    }

    /// Epoch that the next event would be of.
    pub(crate) fn newest_epoch(&self) -> Option<Epoch> {
        self.epochs.last().map(|(_, epoch)| *epoch)
    }

    /// Greatest epoch that the segment or a frame of it shows.
    pub(crate) fn greatest_epoch(&self) -> Epoch {
        let epochs = self.epochs.iter().map(|(_, epoch)| *epoch);
        epochs.max().unwrap_or(Epoch(0))
    }

    /// Notes that the events from the next one up to `last` cannot be read; nothing when there are
    /// none.
    pub(crate) fn push_hole(&self, last: Sequence, why: Why) {
        let first = self.last().next();
        if first <= last {
            let hole = Hole { first, last, why };
            self.holes.push((hole, self.entries.len()));
        }
    }

    /// Forgets every event after `last`.
    pub(crate) fn truncate(&mut self, last: Sequence) {
        if self.last() > last {
            *self = self.up_to(last);
        }
    }

    /// The same without the events after `last`. Costs a copy of what is left.
    pub(crate) fn up_to(&self, last: Sequence) -> Self {
        let kept = Self::after(self.before);
        self.give(&kept, last);
        kept
    }

    /// Adds everything behind the newest event of `to`, up to `last`, to it.
    pub(crate) fn give(&self, to: &Self, last: Sequence) {
        let mut epochs = self.epochs.iter().peekable();
        let mut facts = self.facts.iter().peekable();
        let mut links = self.links.in_order();
        loop {
            let newest = to.last();
            while let Some((_, epoch)) = epochs.next_if(|(first, _)| *first <= newest.next()) {
                to.begin_epoch(*epoch);
            }
            while let Some((before, fact)) = facts.next_if(|(before, _)| *before <= newest) {
                if *before == newest {
                    to.note(fact.clone());
                }
            }
            if newest >= last {
                return;
            }
            match self.locate(newest.next()) {
                Some(Located::Hole(hole)) => to.push_hole(hole.last.min(last), hole.why),
                Some(Located::Number(number)) => {
                    let Some(entry) = self.numbered(number) else {
                        return;
                    };
                    let (correlation, causes) = links.of(number);
                    let (Some(entity), Some(scope)) = (self.entity(&entry), self.scope(&entry))
                    else {
                        return;
                    };
                    to.push(&entry.addition(entity, scope, correlation, &causes));
                }
                None => return,
            }
        }
    }
}

enum Located {
    Hole(Hole),
    /// The number of an event, which may not be there yet.
    Number(u32),
}

/// Events of one segment, ascending, by their numbers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct List<'a> {
    lists: &'a Lists,
    number: u32,
}

impl<'a> List<'a> {
    /// From a number on.
    pub(crate) fn ascending(self, from: u32) -> impl Iterator<Item = u32> + use<'a> {
        self.lists.ascending(self.number, from)
    }

    /// Up to a number, the newest first.
    pub(crate) fn descending(self, to: u32) -> impl Iterator<Item = u32> + use<'a> {
        self.lists.descending(self.number, to)
    }
}

#[cfg(test)]
#[path = "live_tests.rs"]
mod tests;
