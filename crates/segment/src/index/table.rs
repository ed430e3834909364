//! The table of chunks: which there are, where they lie, and that they are whole.

use std::sync::OnceLock;

use super::column::Column;
use super::layout::{BASE, CHUNK_CRC, COUNT, ENTRY, INDEX_HEADER, OFFSET, PART, TAG, WIDTH};
use super::tag::{Form, Length, Tag};
use super::{IndexFault, IndexHeader};
use crate::fixed::{align, count, get, put};

/// One entry of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) tag: u32,
    pub(super) part: u32,
    pub(super) width: u32,
    pub(super) crc: u32,
    pub(super) base: u64,
    pub(super) offset: u64,
    pub(super) count: u64,
}

impl Entry {
    pub(super) fn encode(&self) -> [u8; ENTRY] {
        let mut bytes = [0; ENTRY];
        put::<TAG, 4, _>(&mut bytes, self.tag.to_le_bytes());
        put::<PART, 4, _>(&mut bytes, self.part.to_le_bytes());
        put::<WIDTH, 4, _>(&mut bytes, self.width.to_le_bytes());
        put::<CHUNK_CRC, 4, _>(&mut bytes, self.crc.to_le_bytes());
        put::<BASE, 8, _>(&mut bytes, self.base.to_le_bytes());
        put::<OFFSET, 8, _>(&mut bytes, self.offset.to_le_bytes());
        put::<COUNT, 8, _>(&mut bytes, self.count.to_le_bytes());
        bytes
    }

    fn decode(bytes: &[u8; ENTRY]) -> Entry {
        Entry {
            tag: u32::from_le_bytes(get::<TAG, 4, _>(bytes)),
            part: u32::from_le_bytes(get::<PART, 4, _>(bytes)),
            width: u32::from_le_bytes(get::<WIDTH, 4, _>(bytes)),
            crc: u32::from_le_bytes(get::<CHUNK_CRC, 4, _>(bytes)),
            base: u64::from_le_bytes(get::<BASE, 8, _>(bytes)),
            offset: u64::from_le_bytes(get::<OFFSET, 8, _>(bytes)),
            count: u64::from_le_bytes(get::<COUNT, 8, _>(bytes)),
        }
    }
}

/// A chunk of a file whose table has been checked.
#[derive(Debug)]
struct Chunk {
    entry: Entry,
    /// Where its elements are.
    start: usize,
    /// Where they end.
    end: usize,
    /// Where the zeros behind them end that the checksum covers too.
    padded: usize,
    /// Whether the checksum matches, once somebody has asked.
    intact: OnceLock<bool>,
}

/// The chunks of a file.
#[derive(Debug)]
pub(super) struct Table {
    /// In ascending order of tag and part.
    chunks: Vec<Chunk>,
    /// Where part 0 of each known tag is.
    places: [Option<usize>; Tag::COUNT],
}

impl Table {
    /// Reads the table of a file of `length` bytes; the table's own checksum has been checked.
    ///
    /// Chunks lie behind the table and behind each other, in the order of the table, up to the end of the
    /// file. So no byte is in two of them, and none is in none.
    pub(super) fn read(entries: &[[u8; ENTRY]], length: usize) -> Result<Table, IndexFault> {
        let mut chunks: Vec<Chunk> = Vec::with_capacity(entries.len());
        let mut places = [None; Tag::COUNT];
        let mut at = INDEX_HEADER.saturating_add(entries.len().saturating_mul(ENTRY));
        for bytes in entries {
            let chunk = place(Entry::decode(bytes), at, length)?;
            at = chunk.padded;
            let key = (chunk.entry.tag, chunk.entry.part);
            if chunks
                .last()
                .is_some_and(|last| (last.entry.tag, last.entry.part) >= key)
            {
                return Err(IndexFault::Malformed("chunks are not in order"));
            }
            if let Some(tag) = Tag::from_number(key.0) {
                check_known(&chunk.entry, tag)?;
                if key.1 == 0
                    && let Some(place) = places.get_mut(tag.place())
                {
                    *place = Some(chunks.len());
                }
            }
            chunks.push(chunk);
        }
        if at != length {
            return Err(IndexFault::Malformed(
                "chunks do not end where the file ends",
            ));
        }
        Ok(Table { chunks, places })
    }

    /// Compares the number of elements of every known chunk with what it has to be.
    pub(super) fn check_counts(&self, header: &IndexHeader) -> Result<(), IndexFault> {
        const COUNTS: IndexFault = IndexFault::Malformed("counts of chunks do not fit together");
        for tag in Tag::ALL {
            self.check_count(*tag, 0, header)?;
        }
        for chunk in self.chunks.iter().filter(|chunk| chunk.entry.part > 0) {
            if let Some(tag) = Tag::from_number(chunk.entry.tag) {
                self.check_count(tag, chunk.entry.part, header)?;
            }
        }
        // Without holes every sequence has its event, and with holes not every one does.
        let whole = u64::from(header.events) == header.span();
        if whole == (self.count(Tag::HoleFirsts, 0) > 0) {
            return Err(COUNTS);
        }
        // Every event has a scope and a kind; one scope takes two starts.
        let scope_starts = self.count(Tag::ScopeNameStarts, 0);
        let kinds = self.count(Tag::KindNumbers, 0);
        let named = match header.events {
            0 => scope_starts == 0 && kinds == 0,
            _ => scope_starts >= 2 && kinds >= 1,
        };
        if !named {
            return Err(COUNTS);
        }
        Ok(())
    }

    fn check_count(&self, tag: Tag, part: u32, header: &IndexHeader) -> Result<(), IndexFault> {
        let found = self.count(tag, part);
        let events = u64::from(header.events);
        let streams = u64::from(header.streams);
        let starts = |lists: u64| {
            if lists == 0 {
                0
            } else {
                lists.saturating_add(1)
            }
        };
        let fits = match tag.length() {
            Length::Events => found == events,
            Length::EventBits => found == 0 || found == events.div_ceil(8),
            Length::EventSamples => {
                found == starts(events.div_ceil(u64::from(super::layout::TIME_STEP)))
            }
            Length::Streams => found == streams,
            Length::StreamsOrNone => found == 0 || found == streams,
            Length::StreamStarts => found == starts(streams),
            Length::Same(other) => found == self.count(other, part),
            Length::Starts(other) => found == starts(self.count(other, part)),
            Length::Pair => found == 2 && (part == 0 || self.count(tag, part - 1) == 2),
            Length::Any => !tag.has_parts() || self.count(Tag::DirectorySegments, part) == 2,
        };
        if fits {
            Ok(())
        } else {
            Err(IndexFault::Malformed(
                "a chunk has an impossible number of elements",
            ))
        }
    }

    /// Number of elements of a chunk; 0 when it is not in the file.
    pub(super) fn count(&self, tag: Tag, part: u32) -> u64 {
        self.find(tag, part).map_or(0, |chunk| chunk.entry.count)
    }

    /// The base of a chunk; 0 when it is not in the file.
    pub(super) fn base(&self, tag: Tag) -> u64 {
        self.find(tag, 0).map_or(0, |chunk| chunk.entry.base)
    }

    /// The bytes of the elements of a chunk, none when it is not there. Checks its checksum at the first use.
    #[inline]
    pub(super) fn bytes<'a>(
        &self,
        file: &'a [u8],
        tag: Tag,
        part: u32,
    ) -> Result<&'a [u8], IndexFault> {
        match self.find(tag, part) {
            Some(chunk) => chunk.elements(file),
            None => Ok(&[]),
        }
    }

    /// The numbers of a chunk.
    #[inline]
    pub(super) fn column<'a>(
        &self,
        file: &'a [u8],
        tag: Tag,
        part: u32,
    ) -> Result<Column<'a>, IndexFault> {
        let Some(chunk) = self.find(tag, part) else {
            return Ok(Column::EMPTY);
        };
        let elements = chunk.elements(file)?;
        Column::new(elements, chunk.entry.width, chunk.entry.base)
            .ok_or(IndexFault::Content(tag.name()))
    }

    /// Checks the checksum of every chunk, unknown ones included, whatever was found out before.
    pub(super) fn check_all(&self, file: &[u8]) -> Result<(), IndexFault> {
        self.chunks.iter().try_for_each(|chunk| {
            if chunk.matches(file) {
                Ok(())
            } else {
                Err(chunk.fault())
            }
        })
    }

    #[inline]
    fn find(&self, tag: Tag, part: u32) -> Option<&Chunk> {
        let place = if part == 0 {
            (*self.places.get(tag.place())?)?
        } else {
            let key = (tag.number(), part);
            self.chunks
                .binary_search_by_key(&key, |chunk| (chunk.entry.tag, chunk.entry.part))
                .ok()?
        };
        self.chunks.get(place)
    }
}

impl Chunk {
    #[inline]
    fn elements<'a>(&self, file: &'a [u8]) -> Result<&'a [u8], IndexFault> {
        if !*self.intact.get_or_init(|| self.matches(file)) {
            return Err(self.fault());
        }
        file.get(self.start..self.end).ok_or(IndexFault::TooShort)
    }

    fn matches(&self, file: &[u8]) -> bool {
        file.get(self.start..self.padded)
            .is_some_and(|bytes| crc32c::crc32c(bytes) == self.entry.crc)
    }

    fn fault(&self) -> IndexFault {
        IndexFault::ChunkChecksum {
            tag: self.entry.tag,
            part: self.entry.part,
        }
    }
}

/// Checks that a chunk lies at `at`, where the one before it ends, and inside a file of `length` bytes.
fn place(entry: Entry, at: usize, length: usize) -> Result<Chunk, IndexFault> {
    const OUTSIDE: IndexFault = IndexFault::Malformed("a chunk reaches beyond the file");
    if entry.offset != count(at) {
        return Err(IndexFault::Malformed("chunks do not follow each other"));
    }
    if entry.count == 0 || entry.width == 0 {
        return Err(IndexFault::Malformed("a chunk is empty"));
    }
    let size = entry.count.checked_mul(u64::from(entry.width));
    let size = size
        .and_then(|size| usize::try_from(size).ok())
        .ok_or(OUTSIDE)?;
    let end = at.checked_add(size).ok_or(OUTSIDE)?;
    let padded = align(end);
    if padded > length || padded < end {
        return Err(OUTSIDE);
    }
    Ok(Chunk {
        entry,
        start: at,
        end,
        padded,
        intact: OnceLock::new(),
    })
}

fn check_known(entry: &Entry, tag: Tag) -> Result<(), IndexFault> {
    let possible = match tag.form() {
        Form::Number => matches!(entry.width, 1 | 2 | 4 | 8),
        Form::Byte => entry.width == 1,
        Form::Id => entry.width == 16,
        Form::Digest => entry.width == 32,
    };
    if !possible {
        return Err(IndexFault::Malformed("a chunk has an impossible width"));
    }
    if entry.part > 0 && !tag.has_parts() {
        return Err(IndexFault::Malformed("a chunk has parts that has none"));
    }
    Ok(())
}
