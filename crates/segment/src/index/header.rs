//! The first bytes of an index file.

use batpak_coordinate::Sequence;
use batpak_event::Lineage;

use super::IndexFault;
use super::layout::{
    CHECKSUM, CHUNK_COUNT, END_OFFSET, EVENT_COUNT, FIRST_SEQUENCE, INDEX_HEADER, INDEX_VERSION,
    KNOWN_REQUIRED, LAST_SEQUENCE, LINEAGE, MAGIC, MAGIC_BYTES, OPTIONAL, REQUIRED, SALT, SEGMENT,
    STREAM_COUNT, TABLE_CRC, VERSION,
};
use crate::fixed::{count, get, put};
use crate::{CloseFacts, Offset, SEGMENT_HEADER, Salt, SegmentId};

/// What an index says it is the index of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IndexHeader {
    /// The history that the segment belongs to.
    pub lineage: Lineage,
    /// The segment.
    pub segment: SegmentId,
    /// Its salt.
    pub salt: Salt,
    /// The offset just after the last frame that is covered.
    pub end: Offset,
    /// The first sequence that the segment has, or would have.
    pub first_sequence: Sequence,
    /// The last sequence of the history up to the end; less than the first by one when there is none.
    pub last_sequence: Sequence,
    /// Number of events: fewer than sequences where some are gone.
    pub events: u32,
    /// Number of streams that these events belong to.
    pub streams: u32,
}

/// What a header says of the chunk table behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TableFacts {
    pub(super) chunks: u32,
    pub(super) crc: u32,
}

impl IndexHeader {
    /// Whether this is an index of all of the segment that ended so, in this history.
    #[must_use]
    pub fn covers(&self, lineage: Lineage, close: &CloseFacts) -> bool {
        self.lineage == lineage
            && self.segment == close.segment
            && self.salt == close.salt
            && self.end == close.end
            && self.last_sequence == close.last_sequence
    }

    /// Number of sequences from the first to the last, holes included.
    pub(super) fn span(&self) -> u64 {
        let before = self.first_sequence.0.saturating_sub(1);
        self.last_sequence.0.saturating_sub(before)
    }

    pub(super) fn encode(&self, table: TableFacts) -> [u8; INDEX_HEADER] {
        let mut bytes = [0; INDEX_HEADER];
        put::<MAGIC, 8, _>(&mut bytes, MAGIC_BYTES);
        put::<VERSION, 4, _>(&mut bytes, INDEX_VERSION.to_le_bytes());
        put::<CHUNK_COUNT, 4, _>(&mut bytes, table.chunks.to_le_bytes());
        put::<LINEAGE, 16, _>(&mut bytes, self.lineage.0.to_le_bytes());
        put::<SEGMENT, 8, _>(&mut bytes, self.segment.0.to_le_bytes());
        put::<SALT, 8, _>(&mut bytes, self.salt.0.to_le_bytes());
        put::<END_OFFSET, 8, _>(&mut bytes, self.end.0.to_le_bytes());
        put::<FIRST_SEQUENCE, 8, _>(&mut bytes, self.first_sequence.0.to_le_bytes());
        put::<LAST_SEQUENCE, 8, _>(&mut bytes, self.last_sequence.0.to_le_bytes());
        put::<EVENT_COUNT, 4, _>(&mut bytes, self.events.to_le_bytes());
        put::<STREAM_COUNT, 4, _>(&mut bytes, self.streams.to_le_bytes());
        put::<TABLE_CRC, 4, _>(&mut bytes, table.crc.to_le_bytes());
        let checksum = crc32c::crc32c(&bytes[..CHECKSUM]);
        put::<CHECKSUM, 4, _>(&mut bytes, checksum.to_le_bytes());
        bytes
    }

    /// Order of the checks: magic, checksum, version and features, values.
    pub(super) fn decode(
        bytes: &[u8; INDEX_HEADER],
    ) -> Result<(IndexHeader, TableFacts), IndexFault> {
        verify_envelope(bytes)?;
        let header = IndexHeader {
            lineage: Lineage(u128::from_le_bytes(get::<LINEAGE, 16, _>(bytes))),
            segment: SegmentId(u64::from_le_bytes(get::<SEGMENT, 8, _>(bytes))),
            salt: Salt(u64::from_le_bytes(get::<SALT, 8, _>(bytes))),
            end: Offset(u64::from_le_bytes(get::<END_OFFSET, 8, _>(bytes))),
            first_sequence: Sequence(u64::from_le_bytes(get::<FIRST_SEQUENCE, 8, _>(bytes))),
            last_sequence: Sequence(u64::from_le_bytes(get::<LAST_SEQUENCE, 8, _>(bytes))),
            events: u32::from_le_bytes(get::<EVENT_COUNT, 4, _>(bytes)),
            streams: u32::from_le_bytes(get::<STREAM_COUNT, 4, _>(bytes)),
        };
        let table = TableFacts {
            chunks: u32::from_le_bytes(get::<CHUNK_COUNT, 4, _>(bytes)),
            crc: u32::from_le_bytes(get::<TABLE_CRC, 4, _>(bytes)),
        };
        match header.impossible() {
            Some(fault) => Err(IndexFault::Malformed(fault)),
            None => Ok((header, table)),
        }
    }

    /// What no index has; `None` when everything is possible.
    pub(super) fn impossible(&self) -> Option<&'static str> {
        if self.segment.is_none() {
            Some("segment is 0")
        } else if self.salt == Salt(0) {
            Some("salt is 0")
        } else if self.end.0 < count(SEGMENT_HEADER) || !self.end.0.is_multiple_of(8) {
            Some("end is impossible")
        } else if self.first_sequence.is_none() {
            Some("first sequence is 0")
        } else if self.last_sequence.next() < self.first_sequence {
            Some("last sequence is before the first")
        } else if u64::from(self.events) > self.span() {
            Some("there are more events than sequences")
        } else if self.streams > self.events || (self.streams == 0 && self.events > 0) {
            Some("number of streams is impossible")
        } else {
            None
        }
    }
}

/// Checks what is at the same place in every version. Optional features do not keep anybody from reading.
fn verify_envelope(bytes: &[u8; INDEX_HEADER]) -> Result<(), IndexFault> {
    if get::<MAGIC, 8, _>(bytes) != MAGIC_BYTES {
        return Err(IndexFault::BadMagic);
    }
    let checksum = u32::from_le_bytes(get::<CHECKSUM, 4, _>(bytes));
    if crc32c::crc32c(&bytes[..CHECKSUM]) != checksum {
        return Err(IndexFault::Checksum);
    }
    let version = u32::from_le_bytes(get::<VERSION, 4, _>(bytes));
    if version > INDEX_VERSION {
        return Err(IndexFault::FutureVersion {
            found: version,
            supported: INDEX_VERSION,
        });
    }
    if version == 0 {
        return Err(IndexFault::Malformed("version is 0"));
    }
    match u32::from_le_bytes(get::<REQUIRED, 4, _>(bytes)) & !KNOWN_REQUIRED {
        0 => Ok(()),
        bits => Err(IndexFault::UnknownFeature { bits }),
    }
}

const _: () = assert!(OPTIONAL + 4 == CHUNK_COUNT);
