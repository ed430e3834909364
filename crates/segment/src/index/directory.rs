//! Which event of a range of segments is the newest of a stream, and which has a key.

use std::ops::Range;

use batpak_coordinate::Sequence;
use batpak_event::EventId;

use super::column::Column;
use super::tag::Tag;
use super::{IndexFault, SegmentIndex};
use crate::SegmentId;

/// The number by which directories know a stream: the first 8 bytes of BLAKE3 over the entity's name.
#[must_use]
pub fn stream_hash(entity: &str) -> u64 {
    first_number(blake3::hash(entity.as_bytes()))
}

/// The number by which directories know an id: the first 8 bytes of BLAKE3 over its 16 bytes.
#[must_use]
pub fn key_hash(id: EventId) -> u64 {
    first_number(blake3::hash(&id.as_u128().to_le_bytes()))
}

fn first_number(hash: blake3::Hash) -> u64 {
    let [a, b, c, d, e, f, g, h, ..] = *hash.as_bytes();
    u64::from_le_bytes([a, b, c, d, e, f, g, h])
}

/// A directory that is being put together.
///
/// # What a look-up in a merged directory does not tell
///
/// Two streams may have one hash. In the directory of a single segment both are there. In one that was merged
/// only the newest event of the two is, because a hash does not tell a later event of one stream from an event
/// of another. So no candidate means that the segments hold no event of the stream; a candidate that is of
/// another stream means nothing, and the segments have to be asked one by one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DirectoryTable {
    pub(super) first: SegmentId,
    pub(super) last: SegmentId,
    streams: Vec<(u64, Sequence)>,
    keys: Vec<(u64, Sequence)>,
}

impl DirectoryTable {
    /// An empty directory for the segments from `first` to `last`.
    #[must_use]
    pub fn new(first: SegmentId, last: SegmentId) -> DirectoryTable {
        DirectoryTable {
            first,
            last,
            streams: Vec::new(),
            keys: Vec::new(),
        }
    }

    /// Adds the newest event of a stream; both stay when there are two with the same hash.
    pub fn add_stream(&mut self, hash: u64, newest: Sequence) {
        self.streams.push((hash, newest));
    }

    /// Adds the event that has a key.
    pub fn add_key(&mut self, hash: u64, sequence: Sequence) {
        self.keys.push((hash, sequence));
    }

    /// One directory over all segments of several: the newest event per stream hash, and every key.
    ///
    /// `None` when there is no directory to merge.
    #[must_use]
    pub fn merge(tables: impl IntoIterator<Item = DirectoryTable>) -> Option<DirectoryTable> {
        let mut merged = tables.into_iter().reduce(|mut merged, table| {
            merged.first = merged.first.min(table.first);
            merged.last = merged.last.max(table.last);
            merged.streams.extend(table.streams);
            merged.keys.extend(table.keys);
            merged
        })?;
        // The newest first among equals, so that it is the one that is kept.
        merged
            .streams
            .sort_unstable_by_key(|(hash, sequence)| (*hash, std::cmp::Reverse(*sequence)));
        merged.streams.dedup_by_key(|(hash, _)| *hash);
        Some(merged)
    }

    /// The streams as they are stored: ascending by hash, then sequence, each pair once.
    pub(super) fn sorted_streams(&self) -> Vec<(u64, Sequence)> {
        sorted(&self.streams)
    }

    /// The keys as they are stored.
    pub(super) fn sorted_keys(&self) -> Vec<(u64, Sequence)> {
        sorted(&self.keys)
    }
}

fn sorted(pairs: &[(u64, Sequence)]) -> Vec<(u64, Sequence)> {
    let mut pairs = pairs.to_vec();
    pairs.sort_unstable();
    pairs.dedup();
    pairs
}

impl<B: AsRef<[u8]>> SegmentIndex<B> {
    /// Number of directories in the file. The first is that of the segment itself.
    #[must_use]
    pub fn directory_count(&self) -> u32 {
        let mut parts = 0..u32::MAX;
        parts
            .find(|part| self.table.count(Tag::DirectorySegments, *part) == 0)
            .unwrap_or(u32::MAX)
    }

    /// A directory of the file, from 0; `None` when there are not that many.
    ///
    /// # Errors
    /// [`IndexFault`].
    pub fn directory(&self, number: u32) -> Result<Option<Directory<'_>>, IndexFault> {
        let segments = self.part(Tag::DirectorySegments, number)?;
        let Some((first, last)) = segments.get(0).zip(segments.get(1)) else {
            return Ok(None);
        };
        let pairs = |hashes, sequences| {
            Ok::<_, IndexFault>(Pairs {
                hashes: self.part(hashes, number)?,
                sequences: self.part(sequences, number)?,
            })
        };
        Ok(Some(Directory {
            first: SegmentId(first),
            last: SegmentId(last),
            streams: pairs(Tag::StreamHashes, Tag::StreamNewest)?,
            keys: pairs(Tag::KeyHashes, Tag::KeySequences)?,
        }))
    }
}

/// A directory, read in place.
#[derive(Debug, Clone, Copy)]
pub struct Directory<'a> {
    /// The first segment that it covers.
    pub first: SegmentId,
    /// The last segment that it covers.
    pub last: SegmentId,
    streams: Pairs<'a>,
    keys: Pairs<'a>,
}

impl<'a> Directory<'a> {
    /// The newest events of the streams with this hash: mostly one or none. The frame decides.
    pub fn streams(&self, hash: u64) -> impl Iterator<Item = Sequence> + use<'a> {
        self.streams.equal(hash)
    }

    /// The events whose keys have this hash: mostly one or none. The frame decides.
    pub fn keys(&self, hash: u64) -> impl Iterator<Item = Sequence> + use<'a> {
        self.keys.equal(hash)
    }

    /// All that it holds, to be merged with others.
    #[must_use]
    pub fn to_table(&self) -> DirectoryTable {
        DirectoryTable {
            first: self.first,
            last: self.last,
            streams: self.streams.from(0).collect(),
            keys: self.keys.from(0).collect(),
        }
    }
}

#[derive(Debug, Clone, Copy)]
struct Pairs<'a> {
    hashes: Column<'a>,
    sequences: Column<'a>,
}

impl<'a> Pairs<'a> {
    fn equal(self, hash: u64) -> impl Iterator<Item = Sequence> + use<'a> {
        self.from(first_not_below(&self.hashes, hash))
            .take_while(move |(found, _)| *found == hash)
            .map(|(_, sequence)| sequence)
    }

    fn from(self, place: usize) -> impl Iterator<Item = (u64, Sequence)> + use<'a> {
        (place..self.hashes.len()).map_while(move |at| {
            let hash = self.hashes.get(at)?;
            Some((hash, Sequence(self.sequences.get(at)?)))
        })
    }
}

/// Guesses that are made before halving takes over; over hashes, a few are enough.
const GUESSES: usize = 8;

/// The first place of ascending hashes that is not below `wanted`.
///
/// Hashes are spread evenly, so that the place follows from the value, ever more closely. Where they are not,
/// halving bounds the cost.
fn first_not_below(hashes: &Column<'_>, wanted: u64) -> usize {
    // Places before `range.start` are below, those from `range.end` on are not.
    let mut range = 0..hashes.len();
    let (mut low, mut high) = (0, u64::MAX);
    for _ in 0..GUESSES {
        if range.is_empty() || wanted <= low {
            break;
        }
        let Some(at) = guess(&range, low, high, wanted) else {
            break;
        };
        match hashes.get(at) {
            Some(found) if found < wanted => {
                low = found;
                range.start = at + 1;
            }
            Some(found) => {
                high = found;
                range.end = at;
            }
            None => break,
        }
    }
    hashes.partition(range, |found| found < wanted)
}

/// Where in a range a value is to be expected between the values at its ends.
fn guess(range: &Range<usize>, low: u64, high: u64, wanted: u64) -> Option<usize> {
    let width = u128::from(high.checked_sub(low)?).checked_add(1)?;
    let distance = u128::from(wanted.checked_sub(low)?);
    let places = u128::try_from(range.len()).ok()?;
    let expected = usize::try_from(distance.checked_mul(places)? / width).ok()?;
    let at = range.start.checked_add(expected)?;
    (at < range.end).then_some(at)
}
