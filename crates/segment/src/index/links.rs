//! How events hang together: ids, correlations, causes and effects.

use std::ops::Range;

use batpak_coordinate::Sequence;
use batpak_event::{CorrelationId, Digest, EventId};

use super::column::{Column, equal_ids};
use super::tag::Tag;
use super::{IndexFault, Ordinal, Postings, SegmentIndex};

/// What led to an event, as the index of the event's segment has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum IndexCause {
    /// An event of the same store, in this segment or an earlier one.
    Local(Sequence),
    /// An event of another store.
    Foreign(EventId),
}

/// The digests of consecutive tiles of the tree over all events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tiles<'a> {
    /// The number of the first.
    pub first: u64,
    /// The digest of each.
    pub digests: &'a [Digest],
}

impl<B: AsRef<[u8]>> SegmentIndex<B> {
    /// The events with this id among those whose ids are stored: the keyed ones, and those whose id does not
    /// carry their sequence. Any other id leads to its sequence by [`EventId::sequence_hint`].
    ///
    /// # Errors
    /// [`IndexFault`].
    pub fn events_with_id(&self, id: EventId) -> Result<Postings<'_>, IndexFault> {
        self.events_by(Tag::Ids, Tag::IdEvents, id.as_u128())
    }

    /// The events of a conversation, without those that only have its number as their own id.
    ///
    /// # Errors
    /// [`IndexFault`].
    pub fn events_correlated(&self, id: CorrelationId) -> Result<Postings<'_>, IndexFault> {
        self.events_by(Tag::Correlations, Tag::CorrelationEvents, id.as_u128())
    }

    /// What led to an event, in the order of its frame.
    ///
    /// # Errors
    /// [`IndexFault`], here or for a single cause.
    pub fn causes(&self, ordinal: Ordinal) -> Result<Causes<'_>, IndexFault> {
        let effect = self.sequence(ordinal)?;
        let caused = self.column(Tag::CausedEvents)?;
        let number = u64::from(ordinal.0);
        let at = caused.partition(0..caused.len(), |event| event < number);
        if caused.get(at) != Some(number) {
            return Ok(Causes::NONE);
        }
        let distances = self.column(Tag::Causes)?;
        Ok(Causes {
            effect,
            range: self.cut(Tag::CauseStarts, at, distances.len())?,
            distances,
            places: self.column(Tag::ForeignPlaces)?,
            ids: self.ids(Tag::ForeignIds)?,
        })
    }

    /// The events of this segment that name an event as a cause. It may be in an earlier segment.
    ///
    /// # Errors
    /// [`IndexFault`].
    pub fn effects(&self, cause: Sequence) -> Result<Postings<'_>, IndexFault> {
        let causes = self.column(Tag::EffectCauses)?;
        let start = causes.partition(0..causes.len(), |number| number < cause.0);
        let end = causes.partition(start..causes.len(), |number| number == cause.0);
        Ok(Postings::new(self.column(Tag::Effects)?, start..end))
    }

    /// The tiles that were handed in when the index was built.
    ///
    /// # Errors
    /// [`IndexFault`].
    pub fn tiles(&self) -> Result<Tiles<'_>, IndexFault> {
        Ok(Tiles {
            first: self.table.base(Tag::Tiles),
            digests: self.digests(Tag::Tiles)?,
        })
    }

    fn events_by(&self, ids: Tag, events: Tag, id: u128) -> Result<Postings<'_>, IndexFault> {
        let range = equal_ids(self.ids(ids)?, id);
        Ok(Postings::new(self.column(events)?, range))
    }
}

/// The causes of one event.
#[derive(Debug, Clone)]
pub struct Causes<'a> {
    effect: Sequence,
    range: Range<usize>,
    distances: Column<'a>,
    places: Column<'a>,
    ids: &'a [[u8; 16]],
}

impl Causes<'_> {
    const NONE: Causes<'static> = Causes {
        effect: Sequence::NONE,
        range: 0..0,
        distances: Column::EMPTY,
        places: Column::EMPTY,
        ids: &[],
    };

    fn foreign(&self, place: usize) -> Option<IndexCause> {
        let wanted = crate::fixed::count(place);
        let at = self
            .places
            .partition(0..self.places.len(), |place| place < wanted);
        if self.places.get(at) != Some(wanted) {
            return None;
        }
        let id = self.ids.get(at)?;
        Some(IndexCause::Foreign(EventId::new(u128::from_le_bytes(*id))))
    }

    fn local(&self, distance: u64) -> Option<IndexCause> {
        let cause = self.effect.0.checked_sub(distance)?;
        (cause > 0).then_some(IndexCause::Local(Sequence(cause)))
    }
}

impl Iterator for Causes<'_> {
    type Item = Result<IndexCause, IndexFault>;

    fn next(&mut self) -> Option<Self::Item> {
        let place = self.range.next()?;
        let cause = match self.distances.get(place) {
            Some(0) => self.foreign(place),
            Some(distance) => self.local(distance),
            None => None,
        };
        Some(cause.ok_or(IndexFault::Content(Tag::Causes.name())))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.range.size_hint()
    }
}

impl ExactSizeIterator for Causes<'_> {}
