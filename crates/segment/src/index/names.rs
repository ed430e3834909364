//! Entities, scopes and kinds: their dictionaries and the events of each.

use std::ops::Range;

use batpak_coordinate::{EventKind, Sequence, StreamSequence};
use batpak_event::Digest;

use super::column::{Column, partition};
use super::tag::Tag;
use super::{IndexFault, MergedPostings, Ordinal, Postings, SegmentIndex};
use crate::fixed::{is_zero, size};

/// An entity among those that have events in a segment, by name, from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EntityOrdinal(pub u32);

/// A scope among those that have events in a segment, by name, from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ScopeOrdinal(pub u32);

/// What a segment holds of one stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StreamHead {
    /// The entity.
    pub entity: EntityOrdinal,
    /// The place in the stream of its oldest event in the segment.
    pub first: StreamSequence,
    /// The place in the stream of its newest event in the segment.
    pub last: StreamSequence,
    /// The newest event in the segment.
    pub newest: Ordinal,
    /// Its sequence.
    pub sequence: Sequence,
    /// Its event hash, where it was known.
    pub hash: Option<Digest>,
}

impl<B: AsRef<[u8]>> SegmentIndex<B> {
    /// The entity with this name. Cost: a binary search.
    ///
    /// # Errors
    /// [`IndexFault`].
    pub fn find_entity(&self, name: &str) -> Result<Option<EntityOrdinal>, IndexFault> {
        let names = self.names(Tag::EntityNameStarts, Tag::EntityNames)?;
        Ok(names.find(name).map(EntityOrdinal))
    }

    /// The entities whose names start with `prefix`. Cost: two binary searches.
    ///
    /// # Errors
    /// [`IndexFault`].
    pub fn entities_with_prefix(
        &self,
        prefix: &str,
    ) -> Result<
        impl DoubleEndedIterator<Item = EntityOrdinal> + ExactSizeIterator + use<B>,
        IndexFault,
    > {
        let names = self.names(Tag::EntityNameStarts, Tag::EntityNames)?;
        Ok(names.with_prefix(prefix).map(EntityOrdinal))
    }

    /// The name of an entity.
    ///
    /// # Errors
    /// [`IndexFault`].
    pub fn entity_name(&self, entity: EntityOrdinal) -> Result<&str, IndexFault> {
        self.names(Tag::EntityNameStarts, Tag::EntityNames)?
            .get(entity.0)
    }

    /// The events of an entity.
    ///
    /// # Errors
    /// [`IndexFault`].
    pub fn events_of_entity(&self, entity: EntityOrdinal) -> Result<Postings<'_>, IndexFault> {
        self.list(Tag::EntityStarts, Tag::EntityEvents, size(entity.0))
    }

    /// What the segment holds of the stream of an entity; `None` when it holds nothing.
    ///
    /// # Errors
    /// [`IndexFault`].
    pub fn head(&self, name: &str) -> Result<Option<StreamHead>, IndexFault> {
        self.find_entity(name)?
            .map(|entity| self.head_of(entity))
            .transpose()
    }

    /// What the segment holds of the stream of an entity.
    ///
    /// # Errors
    /// [`IndexFault`].
    pub fn head_of(&self, entity: EntityOrdinal) -> Result<StreamHead, IndexFault> {
        let newest = self
            .events_of_entity(entity)?
            .newest()
            .ok_or(IndexFault::Content(Tag::EntityStarts.name()))?;
        if self.entity_of(newest)? != entity {
            return Err(IndexFault::Content(Tag::EntityEvents.name()));
        }
        let hashes = self.digests(Tag::EntityHashes)?;
        Ok(StreamHead {
            entity,
            first: self.entity_first(entity)?,
            last: self.stream_sequence(newest)?,
            newest,
            sequence: self.sequence(newest)?,
            hash: hashes
                .get(size(entity.0))
                .copied()
                .filter(|hash| !is_zero(hash)),
        })
    }

    /// Number of streams whose first event is in the segment. Cost: a look at each of its streams.
    ///
    /// # Errors
    /// [`IndexFault`].
    pub fn streams_begun(&self) -> Result<u64, IndexFault> {
        let firsts = self.column(Tag::EntityFirsts)?;
        let begun = (0..firsts.len()).filter(|stream| firsts.get(*stream) == Some(1));
        Ok(crate::fixed::count(begun.count()))
    }

    /// The scope with this name. Cost: a binary search.
    ///
    /// # Errors
    /// [`IndexFault`].
    pub fn find_scope(&self, name: &str) -> Result<Option<ScopeOrdinal>, IndexFault> {
        let names = self.names(Tag::ScopeNameStarts, Tag::ScopeNames)?;
        Ok(names.find(name).map(ScopeOrdinal))
    }

    /// The scopes, by name.
    ///
    /// # Errors
    /// [`IndexFault`].
    pub fn scopes(
        &self,
    ) -> Result<
        impl DoubleEndedIterator<Item = ScopeOrdinal> + ExactSizeIterator + use<B>,
        IndexFault,
    > {
        let names = self.names(Tag::ScopeNameStarts, Tag::ScopeNames)?;
        Ok((0..names.len()).map(ScopeOrdinal))
    }

    /// The name of a scope.
    ///
    /// # Errors
    /// [`IndexFault`].
    pub fn scope_name(&self, scope: ScopeOrdinal) -> Result<&str, IndexFault> {
        self.names(Tag::ScopeNameStarts, Tag::ScopeNames)?
            .get(scope.0)
    }

    /// The events of a scope.
    ///
    /// # Errors
    /// [`IndexFault`].
    pub fn events_of_scope(&self, scope: ScopeOrdinal) -> Result<Postings<'_>, IndexFault> {
        self.list(Tag::ScopeStarts, Tag::ScopeEvents, size(scope.0))
    }

    /// The kinds that events have, ascending.
    ///
    /// # Errors
    /// [`IndexFault`].
    pub fn kinds(&self) -> Result<impl Iterator<Item = Result<EventKind, IndexFault>>, IndexFault> {
        let count = self.column(Tag::KindNumbers)?.len();
        Ok((0..count).map(|kind| self.kind_number(kind)))
    }

    /// The events of a kind.
    ///
    /// # Errors
    /// [`IndexFault`].
    pub fn events_of_kind(&self, kind: EventKind) -> Result<Postings<'_>, IndexFault> {
        let kinds = self.column(Tag::KindNumbers)?;
        let wanted = u64::from(kind.as_raw_u16());
        let at = kinds.partition(0..kinds.len(), |kind| kind < wanted);
        if kinds.get(at) == Some(wanted) {
            self.list(Tag::KindStarts, Tag::KindEvents, at)
        } else {
            Ok(Postings::EMPTY)
        }
    }

    /// The events of all kinds of a category, in order. Allocates a few words per kind.
    ///
    /// # Errors
    /// [`IndexFault`].
    pub fn events_of_category(&self, category: u8) -> Result<MergedPostings<'_>, IndexFault> {
        let kinds = self.column(Tag::KindNumbers)?;
        let category = u64::from(category);
        let start = kinds.partition(0..kinds.len(), |kind| kind >> 12 < category);
        let end = kinds.partition(start..kinds.len(), |kind| kind >> 12 <= category);
        let lists: Result<Vec<_>, _> = (start..end)
            .map(|kind| self.list(Tag::KindStarts, Tag::KindEvents, kind))
            .collect();
        Ok(MergedPostings::new(lists?))
    }

    pub(super) fn kind_number(&self, place: usize) -> Result<EventKind, IndexFault> {
        u16::try_from(self.number(Tag::KindNumbers, place)?)
            .map(EventKind::from_raw)
            .map_err(|_| IndexFault::Content(Tag::KindNumbers.name()))
    }

    pub(super) fn entity_first(&self, entity: EntityOrdinal) -> Result<StreamSequence, IndexFault> {
        self.number(Tag::EntityFirsts, size(entity.0))
            .map(StreamSequence)
    }

    fn names(&self, starts: Tag, bytes: Tag) -> Result<Names<'_>, IndexFault> {
        Ok(Names {
            starts: self.column(starts)?,
            bytes: self.bytes(bytes)?,
            tag: bytes,
        })
    }
}

/// A dictionary: names one behind the other, ascending, and where each starts.
#[derive(Clone, Copy)]
struct Names<'a> {
    starts: Column<'a>,
    bytes: &'a [u8],
    tag: Tag,
}

impl<'a> Names<'a> {
    fn len(&self) -> u32 {
        u32::try_from(self.starts.len().saturating_sub(1)).unwrap_or(u32::MAX)
    }

    fn get(&self, name: u32) -> Result<&'a str, IndexFault> {
        self.raw(size(name))
            .and_then(|bytes| std::str::from_utf8(bytes).ok())
            .ok_or(IndexFault::Content(self.tag.name()))
    }

    fn find(&self, wanted: &str) -> Option<u32> {
        let all = 0..size(self.len());
        let at = self.first(all, |name| name < wanted.as_bytes());
        let found = self.raw(at)? == wanted.as_bytes();
        found.then_some(u32::try_from(at).ok()?)
    }

    fn with_prefix(&self, prefix: &str) -> Range<u32> {
        let prefix = prefix.as_bytes();
        let len = size(self.len());
        let start = self.first(0..len, |name| name < prefix);
        let end = self.first(start..len, |name| name.starts_with(prefix));
        let number = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        number(start)..number(end)
    }

    fn first(&self, range: Range<usize>, before: impl Fn(&[u8]) -> bool) -> usize {
        partition(range, |at| self.raw(at).is_some_and(&before))
    }

    fn raw(&self, at: usize) -> Option<&'a [u8]> {
        let start = self.starts.place(at)?;
        let end = self.starts.place(at.checked_add(1)?)?;
        self.bytes.get(start..end)
    }
}
