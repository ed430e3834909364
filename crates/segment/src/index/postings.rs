//! Lists of events, ascending.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::ops::Range;

use super::column::Column;

/// An event among those that a segment has, from 0: its sequence less the first, where nothing is missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ordinal(pub u32);

impl Ordinal {
    #[inline]
    pub(super) fn place(self) -> usize {
        crate::fixed::size(self.0)
    }

    /// What a number of the file says; one that is too large gives an ordinal that no event has.
    #[inline]
    pub(super) fn of(number: u64) -> Ordinal {
        Ordinal(u32::try_from(number).unwrap_or(u32::MAX))
    }
}

/// A list of events, ascending, read in place.
#[derive(Debug, Clone, Copy)]
pub struct Postings<'a> {
    column: Column<'a>,
    start: usize,
    end: usize,
}

impl<'a> Postings<'a> {
    /// No events.
    pub const EMPTY: Postings<'static> = Postings {
        column: Column::EMPTY,
        start: 0,
        end: 0,
    };

    /// The range is one of the column.
    pub(super) fn new(column: Column<'a>, range: Range<usize>) -> Postings<'a> {
        Postings {
            column,
            start: range.start,
            end: range.end,
        }
    }

    /// How many events are in the list.
    #[must_use]
    pub fn len(&self) -> usize {
        self.end - self.start
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.start == self.end
    }

    /// The event at a place of the list, from 0.
    #[must_use]
    #[inline]
    pub fn get(&self, place: usize) -> Option<Ordinal> {
        let at = self.start.checked_add(place)?;
        if at >= self.end {
            return None;
        }
        self.column.get(at).map(Ordinal::of)
    }

    /// The first event.
    #[must_use]
    pub fn first(&self) -> Option<Ordinal> {
        self.get(0)
    }

    /// The newest event.
    #[must_use]
    pub fn newest(&self) -> Option<Ordinal> {
        self.get(self.len().checked_sub(1)?)
    }

    /// The list without the events before `ordinal`. Cost: a binary search.
    #[must_use]
    pub fn from(self, ordinal: Ordinal) -> Postings<'a> {
        let start = self.split_at(ordinal);
        Postings { start, ..self }
    }

    /// The list without the events at and after `ordinal`. Cost: a binary search.
    #[must_use]
    pub fn before(self, ordinal: Ordinal) -> Postings<'a> {
        let end = self.split_at(ordinal);
        Postings { end, ..self }
    }

    /// Whether the event is in the list. Cost: a binary search.
    #[must_use]
    pub fn contains(&self, ordinal: Ordinal) -> bool {
        self.from(ordinal).first() == Some(ordinal)
    }

    fn split_at(&self, ordinal: Ordinal) -> usize {
        self.column
            .partition(self.start..self.end, |number| Ordinal::of(number) < ordinal)
    }
}

impl Iterator for Postings<'_> {
    type Item = Ordinal;

    #[inline]
    fn next(&mut self) -> Option<Ordinal> {
        let first = self.first()?;
        self.start += 1;
        Some(first)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.len(), Some(self.len()))
    }

    fn nth(&mut self, skipped: usize) -> Option<Ordinal> {
        self.start = self.start.saturating_add(skipped).min(self.end);
        self.next()
    }
}

impl DoubleEndedIterator for Postings<'_> {
    #[inline]
    fn next_back(&mut self) -> Option<Ordinal> {
        let last = self.newest()?;
        self.end -= 1;
        Some(last)
    }
}

impl ExactSizeIterator for Postings<'_> {}

/// Several lists as one, ascending. An event that is in more than one comes once for each.
///
/// Holds a few words for each list that is not empty.
#[derive(Debug, Clone)]
pub struct MergedPostings<'a> {
    lists: Vec<Postings<'a>>,
    /// The next event of each list that has one.
    heads: BinaryHeap<Reverse<(Ordinal, usize)>>,
}

impl<'a> MergedPostings<'a> {
    /// Merges lists.
    #[must_use]
    pub fn new(lists: impl IntoIterator<Item = Postings<'a>>) -> MergedPostings<'a> {
        let lists: Vec<Postings<'a>> = lists.into_iter().filter(|list| !list.is_empty()).collect();
        MergedPostings::over(lists)
    }

    /// What is left, without the events before `ordinal`. Cost: a binary search in each list.
    #[must_use]
    pub fn from(self, ordinal: Ordinal) -> MergedPostings<'a> {
        MergedPostings::new(self.lists.into_iter().map(|list| list.from(ordinal)))
    }

    /// What is left, without the events at and after `ordinal`. Cost: a binary search in each list.
    #[must_use]
    pub fn before(self, ordinal: Ordinal) -> MergedPostings<'a> {
        MergedPostings::new(self.lists.into_iter().map(|list| list.before(ordinal)))
    }

    /// What is left, newest first.
    pub fn descending(self) -> impl Iterator<Item = Ordinal> + use<'a> {
        let mut lists = self.lists;
        let newest = |(at, list): (usize, &Postings<'_>)| Some((list.newest()?, at));
        let mut tails: BinaryHeap<_> = lists.iter().enumerate().filter_map(newest).collect();
        std::iter::from_fn(move || {
            let (ordinal, at) = tails.pop()?;
            if let Some(list) = lists.get_mut(at) {
                list.next_back();
                if let Some(next) = list.newest() {
                    tails.push((next, at));
                }
            }
            Some(ordinal)
        })
    }

    fn over(lists: Vec<Postings<'a>>) -> MergedPostings<'a> {
        let heads = lists
            .iter()
            .enumerate()
            .filter_map(|(at, list)| Some(Reverse((list.first()?, at))))
            .collect();
        MergedPostings { lists, heads }
    }
}

impl Iterator for MergedPostings<'_> {
    type Item = Ordinal;

    fn next(&mut self) -> Option<Ordinal> {
        let Reverse((ordinal, at)) = self.heads.pop()?;
        if let Some(list) = self.lists.get_mut(at) {
            list.next();
            if let Some(next) = list.first() {
                self.heads.push(Reverse((next, at)));
            }
        }
        Some(ordinal)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = self
            .lists
            .iter()
            .fold(0_usize, |sum, list| sum.saturating_add(list.len()));
        (left, Some(left))
    }
}

impl ExactSizeIterator for MergedPostings<'_> {}
