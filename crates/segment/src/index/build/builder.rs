//! Taking the events of a segment, in their order.

use std::collections::HashMap;

use batpak_coordinate::{Sequence, StreamSequence};
use batpak_event::{CorrelationId, Digest, Epoch, EventId};
use foldhash::fast::RandomState;

use super::{BuildFault, IndexEvent, IndexSource};
use crate::VisibilityChange;
use crate::fixed::count;
use crate::index::IndexCause;
use crate::{Offset, SEGMENT_HEADER};

/// What is kept of each event.
#[derive(Debug, Clone, Copy)]
pub(super) struct Row {
    pub(super) sequence: Sequence,
    pub(super) offset: Offset,
    pub(super) entity: u32,
    pub(super) scope: u32,
    pub(super) kind: u16,
    pub(super) keyed: bool,
    pub(super) generation: u32,
    pub(super) stream_sequence: u64,
    pub(super) predecessor: Sequence,
    pub(super) wall_us: u64,
}

/// What is kept of each stream.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stream {
    pub(super) first: StreamSequence,
    pub(super) last: StreamSequence,
    pub(super) newest: Sequence,
    pub(super) hash: Option<Digest>,
}

/// Names in the order in which they came.
#[derive(Debug, Default)]
pub(super) struct Interned {
    pub(super) numbers: HashMap<Box<str>, u32, RandomState>,
}

/// A range of sequences without events.
#[derive(Debug, Clone, Copy)]
pub(super) struct Hole {
    pub(super) first: u64,
    pub(super) last: u64,
    pub(super) before: u32,
}

/// Collects the events of a segment and makes its index.
///
/// Keeps about 80 bytes per event, and each name once.
#[derive(Debug)]
pub struct IndexBuilder {
    pub(super) source: IndexSource,
    pub(super) rows: Vec<Row>,
    pub(super) entities: Interned,
    pub(super) scopes: Interned,
    pub(super) streams: Vec<Stream>,
    pub(super) holes: Vec<Hole>,
    pub(super) epochs: Vec<(u32, Epoch)>,
    pub(super) ids: Vec<(u128, u32)>,
    pub(super) correlations: Vec<(u128, u32)>,
    /// Events that have causes, and how many causes came before theirs.
    pub(super) caused: Vec<(u32, u64)>,
    /// Distances, 0 for a foreign cause.
    pub(super) causes: Vec<u64>,
    pub(super) foreign: Vec<(u64, u128)>,
    pub(super) effects: Vec<(u64, u32)>,
    pub(super) changes: Vec<VisibilityChange>,
}

impl IndexBuilder {
    /// Begins the index of a segment.
    #[must_use]
    pub fn new(source: IndexSource) -> IndexBuilder {
        IndexBuilder {
            source,
            rows: Vec::new(),
            entities: Interned::default(),
            scopes: Interned::default(),
            streams: Vec::new(),
            holes: Vec::new(),
            epochs: Vec::new(),
            ids: Vec::new(),
            correlations: Vec::new(),
            caused: Vec::new(),
            causes: Vec::new(),
            foreign: Vec::new(),
            effects: Vec::new(),
            changes: Vec::new(),
        }
    }

    /// Takes the next event. Sequences that are left out are those of events that are gone.
    ///
    /// # Errors
    /// [`BuildFault`]; then the builder is as it was before.
    pub fn push(&mut self, event: &IndexEvent<'_>) -> Result<(), BuildFault> {
        let ordinal = u32::try_from(self.rows.len()).unwrap_or(u32::MAX);
        if ordinal == u32::MAX {
            return Err(BuildFault::Full);
        }
        let taken = self.taken();
        if event.sequence <= taken {
            return Err(BuildFault::NotAscending {
                sequence: event.sequence,
            });
        }
        let impossible = |reason| BuildFault::Impossible {
            sequence: event.sequence,
            reason,
        };
        let wall_us =
            u64::try_from(event.wall_us).map_err(|_| impossible("its time is before 1970"))?;
        if let Some(reason) = self.impossible(event) {
            return Err(impossible(reason));
        }
        self.push_hole(taken, event.sequence.0.saturating_sub(1), ordinal);
        self.push_links(event, ordinal);
        if self
            .epochs
            .last()
            .is_none_or(|(_, epoch)| *epoch != event.epoch)
        {
            self.epochs.push((ordinal, event.epoch));
        }
        let row = Row {
            sequence: event.sequence,
            offset: event.offset,
            entity: self.entities.number(event.entity),
            scope: self.scopes.number(event.scope),
            kind: event.kind.as_raw_u16(),
            keyed: event.keyed,
            generation: event.generation.0,
            stream_sequence: event.stream_sequence.0,
            predecessor: event.predecessor,
            wall_us,
        };
        self.push_stream(event, row.entity);
        self.rows.push(row);
        Ok(())
    }

    /// Notes the event hash of an event when it is the newest of its stream so far; of others none is kept.
    /// Which one is the newest may be known only once all events have been taken.
    pub fn note_newest(&mut self, entity: &str, sequence: Sequence, hash: Digest) {
        let stream = self.entities.numbers.get(entity);
        let stream = stream.and_then(|stream| self.streams.get_mut(crate::fixed::size(*stream)));
        if let Some(stream) = stream.filter(|stream| stream.newest == sequence) {
            stream.hash = Some(hash);
        }
    }

    /// Number of events so far.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Takes the next change of which events are shown.
    pub fn change(&mut self, change: VisibilityChange) {
        self.changes.push(change);
    }

    /// Whether there are none yet.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The last sequence that has been taken: that of the newest event, or the last before the segment.
    pub(super) fn taken(&self) -> Sequence {
        let before = self.source.first_sequence.0.saturating_sub(1);
        self.rows
            .last()
            .map_or(Sequence(before), |row| row.sequence)
    }

    /// Notes that there are no events behind `taken` up to `last`.
    pub(super) fn push_hole(&mut self, taken: Sequence, last: u64, before: u32) {
        if taken.0 < last {
            self.holes.push(Hole {
                first: taken.0.saturating_add(1),
                last,
                before,
            });
        }
    }

    fn impossible(&self, event: &IndexEvent<'_>) -> Option<&'static str> {
        let least = self
            .rows
            .last()
            .map_or(count(SEGMENT_HEADER), |row| row.offset.0.saturating_add(8));
        let before = |sequence: Sequence| !sequence.is_none() && sequence < event.sequence;
        let is_local = |cause: &IndexCause| match cause {
            IndexCause::Local(cause) => before(*cause),
            IndexCause::Foreign(_) => true,
        };
        let stream = self.entities.numbers.get(event.entity);
        let stream = stream.and_then(|stream| self.streams.get(crate::fixed::size(*stream)));
        if event.offset.0 < least || !event.offset.0.is_multiple_of(8) {
            Some("its frame is not behind the one before it")
        } else if !event.predecessor.is_none() && !before(event.predecessor) {
            Some("its predecessor is not before it")
        } else if event.stream_sequence.is_none() {
            Some("its stream sequence is 0")
        } else if stream.is_some_and(|stream| stream.last >= event.stream_sequence) {
            Some("its stream sequence does not ascend")
        } else if !event.causes.iter().all(is_local) {
            Some("a cause is not before it")
        } else {
            None
        }
    }

    fn push_links(&mut self, event: &IndexEvent<'_>, ordinal: u32) {
        let carried = event.id.sequence_hint() == EventId::hint_of(event.sequence);
        if event.keyed || !carried {
            self.ids.push((event.id.as_u128(), ordinal));
        }
        let own = CorrelationId::from(event.id);
        if let Some(correlation) = event.correlation.filter(|id| *id != own) {
            self.correlations.push((correlation.as_u128(), ordinal));
        }
        if !event.causes.is_empty() {
            self.caused.push((ordinal, count(self.causes.len())));
        }
        for cause in event.causes {
            match cause {
                IndexCause::Local(cause) => {
                    self.causes.push(event.sequence.0.saturating_sub(cause.0));
                    self.effects.push((cause.0, ordinal));
                }
                IndexCause::Foreign(id) => {
                    self.foreign.push((count(self.causes.len()), id.as_u128()));
                    self.causes.push(0);
                }
            }
        }
    }

    fn push_stream(&mut self, event: &IndexEvent<'_>, entity: u32) {
        let stream = Stream {
            first: event.stream_sequence,
            last: event.stream_sequence,
            newest: event.sequence,
            hash: None,
        };
        match self.streams.get_mut(crate::fixed::size(entity)) {
            Some(known) => {
                let first = known.first;
                *known = Stream { first, ..stream };
            }
            None => self.streams.push(stream),
        }
    }
}

impl Interned {
    fn number(&mut self, name: &str) -> u32 {
        if let Some(number) = self.numbers.get(name) {
            return *number;
        }
        // There are no more names than events, which are counted in the same width.
        let number = u32::try_from(self.numbers.len()).unwrap_or(u32::MAX);
        self.numbers.insert(name.into(), number);
        number
    }
}
