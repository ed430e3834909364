//! Where events are, and the facts of each.

use batpak_coordinate::{EventKind, Generation, Sequence, StreamSequence};
use batpak_event::Epoch;

use super::layout::TIME_STEP;
use super::tag::Tag;
use super::{EntityOrdinal, IndexFault, Ordinal, ScopeOrdinal, SegmentIndex};
use crate::Offset;
use crate::fixed::size;

/// The facts of one event that are in the index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventEntry {
    /// Its place among all events of the store.
    pub sequence: Sequence,
    /// Where its frame is.
    pub offset: Offset,
    /// Its place in its stream.
    pub stream_sequence: StreamSequence,
    /// The sequence of the stream's previous event; 0 at the first.
    pub predecessor: Sequence,
    /// Its depth in the causal graph.
    pub generation: Generation,
    /// What it says happened.
    pub kind: EventKind,
    /// Whether its id is its idempotency key.
    pub keyed: bool,
    /// Its entity.
    pub entity: EntityOrdinal,
    /// Its scope.
    pub scope: ScopeOrdinal,
    /// The epoch that wrote it.
    pub epoch: Epoch,
}

impl<B: AsRef<[u8]>> SegmentIndex<B> {
    /// Where the frame of an event is; `None` when the segment has no such event.
    ///
    /// # Errors
    /// [`IndexFault`].
    pub fn locate(&self, sequence: Sequence) -> Result<Option<Offset>, IndexFault> {
        self.ordinal(sequence)?
            .map(|ordinal| self.offset(ordinal))
            .transpose()
    }

    /// The ordinal of an event; `None` when the segment has no such event.
    ///
    /// # Errors
    /// [`IndexFault`].
    pub fn ordinal(&self, sequence: Sequence) -> Result<Option<Ordinal>, IndexFault> {
        let header = self.header();
        if sequence < header.first_sequence || sequence > header.last_sequence {
            return Ok(None);
        }
        let ordinal = self.first_from(sequence)?;
        let found = ordinal.0 < header.events && self.sequence(ordinal)? == sequence;
        Ok(found.then_some(ordinal))
    }

    /// The first event whose sequence is not less; the number of events when there is none.
    ///
    /// # Errors
    /// [`IndexFault`].
    pub fn first_from(&self, sequence: Sequence) -> Result<Ordinal, IndexFault> {
        let header = self.header();
        let events = u64::from(header.events);
        let firsts = self.column(Tag::HoleFirsts)?;
        let above = firsts.partition(0..firsts.len(), |first| first <= sequence.0);
        let number = match above.checked_sub(1) {
            None => sequence.0.saturating_sub(header.first_sequence.0),
            Some(hole) => {
                let last = self.number(Tag::HoleLasts, hole)?;
                let before = self.number(Tag::HoleEvents, hole)?;
                let behind = sequence.0.saturating_sub(last).saturating_sub(1);
                before.saturating_add(behind)
            }
        };
        Ok(Ordinal::of(number.min(events)))
    }

    /// The sequence of an event.
    ///
    /// # Errors
    /// [`IndexFault::NoEvent`] for an ordinal that no event has, or any other [`IndexFault`].
    pub fn sequence(&self, ordinal: Ordinal) -> Result<Sequence, IndexFault> {
        self.check(ordinal)?;
        let number = u64::from(ordinal.0);
        let befores = self.column(Tag::HoleEvents)?;
        let above = befores.partition(0..befores.len(), |before| before <= number);
        let sequence = match above.checked_sub(1) {
            None => self.header().first_sequence.0.checked_add(number),
            Some(hole) => {
                let last = self.number(Tag::HoleLasts, hole)?;
                let before = befores.get(hole).unwrap_or(0);
                number
                    .checked_sub(before)
                    .and_then(|behind| last.checked_add(behind)?.checked_add(1))
            }
        };
        sequence
            .map(Sequence)
            .filter(|sequence| *sequence <= self.header().last_sequence)
            .ok_or(IndexFault::Content(Tag::HoleLasts.name()))
    }

    /// Where the frame of an event is.
    ///
    /// # Errors
    /// [`IndexFault`], as for all facts of an event.
    #[inline]
    pub fn offset(&self, ordinal: Ordinal) -> Result<Offset, IndexFault> {
        self.check(ordinal)?;
        let eighths = self.number(Tag::Offsets, ordinal.place())?;
        eighths
            .checked_mul(8)
            .map(Offset)
            .filter(|offset| *offset < self.header().end)
            .ok_or(IndexFault::Content(Tag::Offsets.name()))
    }

    /// The place of an event in its stream.
    ///
    /// # Errors
    /// [`IndexFault`].
    pub fn stream_sequence(&self, ordinal: Ordinal) -> Result<StreamSequence, IndexFault> {
        self.check(ordinal)?;
        let first = self.entity_first(self.entity_of(ordinal)?)?;
        let distance = self.number(Tag::StreamSequences, ordinal.place())?;
        first
            .0
            .checked_add(distance)
            .map(StreamSequence)
            .ok_or(IndexFault::Content(Tag::StreamSequences.name()))
    }

    /// The sequence of the stream's previous event; 0 at the stream's first.
    ///
    /// # Errors
    /// [`IndexFault`].
    pub fn predecessor(&self, ordinal: Ordinal) -> Result<Sequence, IndexFault> {
        let sequence = self.sequence(ordinal)?;
        let distance = self.number(Tag::Predecessors, ordinal.place())?;
        if distance > 0 {
            return sequence
                .0
                .checked_sub(distance)
                .map(Sequence)
                .ok_or(IndexFault::Content(Tag::Predecessors.name()));
        }
        let events = self.column(Tag::FarEvents)?;
        let number = u64::from(ordinal.0);
        let at = events.partition(0..events.len(), |event| event < number);
        if events.get(at) == Some(number) {
            self.number(Tag::FarPredecessors, at).map(Sequence)
        } else {
            Ok(Sequence::NONE)
        }
    }

    /// The depth of an event in the causal graph.
    ///
    /// # Errors
    /// [`IndexFault`].
    #[inline]
    pub fn generation(&self, ordinal: Ordinal) -> Result<Generation, IndexFault> {
        self.check(ordinal)?;
        self.short(Tag::Generations, ordinal.place())
            .map(Generation)
    }

    /// The kind of an event.
    ///
    /// # Errors
    /// [`IndexFault`].
    #[inline]
    pub fn kind(&self, ordinal: Ordinal) -> Result<EventKind, IndexFault> {
        self.check(ordinal)?;
        let kind = self.short(Tag::Kinds, ordinal.place())?;
        self.kind_number(size(kind))
    }

    /// Whether the id of an event is its idempotency key.
    ///
    /// # Errors
    /// [`IndexFault`].
    pub fn keyed(&self, ordinal: Ordinal) -> Result<bool, IndexFault> {
        self.check(ordinal)?;
        let bits = self.bytes(Tag::Keyed)?;
        let byte = bits.get(ordinal.place() / 8);
        Ok(byte.is_some_and(|byte| byte >> (ordinal.0 % 8) & 1 == 1))
    }

    /// The entity of an event.
    ///
    /// # Errors
    /// [`IndexFault`].
    #[inline]
    pub fn entity_of(&self, ordinal: Ordinal) -> Result<EntityOrdinal, IndexFault> {
        self.check(ordinal)?;
        self.short(Tag::Entities, ordinal.place())
            .map(EntityOrdinal)
    }

    /// The scope of an event.
    ///
    /// # Errors
    /// [`IndexFault`].
    #[inline]
    pub fn scope_of(&self, ordinal: Ordinal) -> Result<ScopeOrdinal, IndexFault> {
        self.check(ordinal)?;
        self.short(Tag::Scopes, ordinal.place()).map(ScopeOrdinal)
    }

    /// The epoch that wrote an event. Cost: a binary search over the epochs of the segment.
    ///
    /// # Errors
    /// [`IndexFault`].
    pub fn epoch(&self, ordinal: Ordinal) -> Result<Epoch, IndexFault> {
        self.check(ordinal)?;
        let firsts = self.column(Tag::EpochEvents)?;
        let number = u64::from(ordinal.0);
        let above = firsts.partition(0..firsts.len(), |first| first <= number);
        let epoch = above
            .checked_sub(1)
            .ok_or(IndexFault::Content(Tag::EpochEvents.name()))?;
        self.number(Tag::Epochs, epoch).map(Epoch)
    }

    /// All facts of an event.
    ///
    /// # Errors
    /// [`IndexFault`].
    pub fn event(&self, ordinal: Ordinal) -> Result<EventEntry, IndexFault> {
        Ok(EventEntry {
            sequence: self.sequence(ordinal)?,
            offset: self.offset(ordinal)?,
            stream_sequence: self.stream_sequence(ordinal)?,
            predecessor: self.predecessor(ordinal)?,
            generation: self.generation(ordinal)?,
            kind: self.kind(ordinal)?,
            keyed: self.keyed(ordinal)?,
            entity: self.entity_of(ordinal)?,
            scope: self.scope_of(ordinal)?,
            epoch: self.epoch(ordinal)?,
        })
    }

    /// Two times, in microseconds since 1970, between which an event's own lies, both included.
    ///
    /// Holds because times never decrease from event to event, as [`SegmentIndex::first_near_time`] does.
    ///
    /// # Errors
    /// [`IndexFault`].
    pub fn time_bounds(&self, ordinal: Ordinal) -> Result<(i64, i64), IndexFault> {
        self.check(ordinal)?;
        let sample = size(ordinal.0 / TIME_STEP);
        let time = |sample| {
            i64::try_from(self.number(Tag::Times, sample)?)
                .map_err(|_| IndexFault::Content(Tag::Times.name()))
        };
        Ok((time(sample)?, time(sample.saturating_add(1))?))
    }

    /// An event before which all events are older than this time, and fewer than 64 before the first that is
    /// not; the number of events when all are older.
    ///
    /// # Errors
    /// [`IndexFault`].
    pub fn first_near_time(&self, wall_us: i64) -> Result<Ordinal, IndexFault> {
        let times = self.column(Tag::Times)?;
        let Ok(wall_us) = u64::try_from(wall_us) else {
            return Ok(Ordinal(0));
        };
        let older = times.partition(0..times.len(), |time| time < wall_us);
        if older == times.len() {
            return Ok(Ordinal(self.header().events));
        }
        let step = crate::fixed::count(size(TIME_STEP));
        // The sample before the first that is not older, or its successor: the first that may not be.
        let sampled = crate::fixed::count(older.saturating_sub(1)).saturating_mul(step);
        Ok(Ordinal::of(sampled.saturating_add(u64::from(older > 0))))
    }

    #[inline]
    fn check(&self, ordinal: Ordinal) -> Result<(), IndexFault> {
        let events = self.header().events;
        if ordinal.0 < events {
            Ok(())
        } else {
            Err(IndexFault::NoEvent {
                ordinal: ordinal.0,
                events,
            })
        }
    }
}
