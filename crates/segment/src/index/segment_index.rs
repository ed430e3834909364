//! The index of one segment, read in place.

use std::fmt;
use std::ops::Range;

use batpak_event::Digest;

use super::column::Column;
use super::layout::{ENTRY, INDEX_HEADER};
use super::postings::Postings;
use super::table::Table;
use super::tag::Tag;
use super::{IndexFault, IndexHeader};
use crate::fixed::size;

/// The index of one segment, over the bytes of its file.
///
/// Opening looks at header and chunk table only. Each chunk is checked once, when a question first needs it,
/// and a chunk that fails fails every question that needs it. A question costs no allocation unless it says so.
///
/// What a whole chunk says may still be wrong, in a file that somebody wrote on purpose. Then answers are
/// wrong or [`IndexFault::Content`]; [`SegmentIndex::table_hash`] tells such a file from the one that was
/// written first, and the frame at the place that was found has the last word.
pub struct SegmentIndex<B> {
    bytes: B,
    header: IndexHeader,
    table_end: usize,
    pub(super) table: Table,
}

impl<B: AsRef<[u8]>> SegmentIndex<B> {
    /// Takes the bytes of an index file.
    ///
    /// Allocates a few dozen bytes for each chunk in the table.
    ///
    /// # Errors
    /// Every [`IndexFault`] that header and chunk table give rise to.
    pub fn open(bytes: B) -> Result<SegmentIndex<B>, IndexFault> {
        let file = bytes.as_ref();
        let (first, rest) = file
            .split_first_chunk::<INDEX_HEADER>()
            .ok_or(IndexFault::TooShort)?;
        let (header, facts) = IndexHeader::decode(first)?;
        let table_len = size(facts.chunks)
            .checked_mul(ENTRY)
            .ok_or(IndexFault::TooShort)?;
        let entries = rest.get(..table_len).ok_or(IndexFault::TooShort)?;
        if crc32c::crc32c(entries) != facts.crc {
            return Err(IndexFault::TableChecksum);
        }
        let table = Table::read(entries.as_chunks().0, file.len())?;
        table.check_counts(&header)?;
        Ok(SegmentIndex {
            header,
            table_end: INDEX_HEADER + table_len,
            table,
            bytes,
        })
    }

    /// What the index says it is the index of.
    #[must_use]
    pub fn header(&self) -> &IndexHeader {
        &self.header
    }

    /// The bytes of the file.
    #[must_use]
    pub fn source(&self) -> &B {
        &self.bytes
    }

    /// The hash of header and chunk table, and through the checksums in the table of everything.
    ///
    /// It is computed anew at each call, over a few kilobytes.
    #[must_use]
    pub fn table_hash(&self) -> Digest {
        let covered = self.file().get(..self.table_end).unwrap_or(&[]);
        *blake3::hash(covered).as_bytes()
    }

    /// Checks the checksums of all chunks. Cost: one pass over the file.
    ///
    /// # Errors
    /// [`IndexFault::ChunkChecksum`] for the first chunk that does not match.
    pub fn check_all(&self) -> Result<(), IndexFault> {
        self.table.check_all(self.file())
    }

    fn file(&self) -> &[u8] {
        self.bytes.as_ref()
    }

    #[inline]
    pub(super) fn column(&self, tag: Tag) -> Result<Column<'_>, IndexFault> {
        self.table.column(self.file(), tag, 0)
    }

    pub(super) fn part(&self, tag: Tag, part: u32) -> Result<Column<'_>, IndexFault> {
        self.table.column(self.file(), tag, part)
    }

    pub(super) fn bytes(&self, tag: Tag) -> Result<&[u8], IndexFault> {
        self.table.bytes(self.file(), tag, 0)
    }

    pub(super) fn ids(&self, tag: Tag) -> Result<&[[u8; 16]], IndexFault> {
        Ok(self.bytes(tag)?.as_chunks().0)
    }

    pub(super) fn digests(&self, tag: Tag) -> Result<&[[u8; 32]], IndexFault> {
        Ok(self.bytes(tag)?.as_chunks().0)
    }

    /// The number at a place where the counts say that there is one.
    #[inline]
    pub(super) fn number(&self, tag: Tag, place: usize) -> Result<u64, IndexFault> {
        self.column(tag)?
            .get(place)
            .ok_or(IndexFault::Content(tag.name()))
    }

    /// A number that is written into 4 bytes or fewer.
    #[inline]
    pub(super) fn short(&self, tag: Tag, place: usize) -> Result<u32, IndexFault> {
        u32::try_from(self.number(tag, place)?).map_err(|_| IndexFault::Content(tag.name()))
    }

    /// The `list`-th of the lists that `starts` cuts an array of `length` elements into.
    pub(super) fn cut(
        &self,
        starts: Tag,
        list: usize,
        length: usize,
    ) -> Result<Range<usize>, IndexFault> {
        let column = self.column(starts)?;
        let next = list.checked_add(1);
        let bounds = column
            .place(list)
            .zip(next.and_then(|next| column.place(next)));
        match bounds {
            Some((start, end)) if start <= end && end <= length => Ok(start..end),
            _ => Err(IndexFault::Content(starts.name())),
        }
    }

    /// The events of the `list`-th list of `events`.
    pub(super) fn list(
        &self,
        starts: Tag,
        events: Tag,
        list: usize,
    ) -> Result<Postings<'_>, IndexFault> {
        let column = self.column(events)?;
        let range = self.cut(starts, list, column.len())?;
        Ok(Postings::new(column, range))
    }
}

impl<B> fmt::Debug for SegmentIndex<B> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("SegmentIndex")
            .field("header", &self.header)
            .finish_non_exhaustive()
    }
}
