//! The first 256 bytes of a segment file.

use batpak_coordinate::Sequence;
use batpak_event::{BranchId, Epoch, Lineage};
use thiserror::Error;

use crate::fixed::{count, get, is_zero, put};
use crate::{CloseFacts, Salt, SegmentId};

/// Length of the segment header in bytes; the first frame starts here.
pub const SEGMENT_HEADER: usize = 256;
/// The format version that this code writes, and the newest it reads.
pub const FORMAT_VERSION: u32 = 1;
/// Required features that this code knows: none yet.
pub const KNOWN_REQUIRED: u32 = 0;
/// Optional features that this code knows: none yet.
pub const KNOWN_OPTIONAL: u32 = 0;

/// The first eight bytes of every segment.
pub(crate) const MAGIC_BYTES: [u8; 8] = *b"FBATSEGM";

pub(crate) const MAGIC: usize = 0;
pub(crate) const VERSION: usize = MAGIC + 8;
pub(crate) const REQUIRED: usize = VERSION + 4;
pub(crate) const OPTIONAL: usize = REQUIRED + 4;
pub(crate) const RESERVED: usize = OPTIONAL + 4;
pub(crate) const LINEAGE: usize = RESERVED + 4;
pub(crate) const BRANCH: usize = LINEAGE + 16;
pub(crate) const EPOCH: usize = BRANCH + 16;
pub(crate) const SEGMENT: usize = EPOCH + 8;
pub(crate) const FIRST_SEQUENCE: usize = SEGMENT + 8;
pub(crate) const SALT: usize = FIRST_SEQUENCE + 8;
pub(crate) const CAPACITY: usize = SALT + 8;
pub(crate) const CREATED: usize = CAPACITY + 8;
pub(crate) const PREDECESSOR: usize = CREATED + 8;
pub(crate) const STANDS_FOR: usize = PREDECESSOR + CloseFacts::LENGTH;
pub(crate) const RESERVED_TAIL: usize = STANDS_FOR + CloseFacts::LENGTH;
pub(crate) const CHECKSUM: usize = RESERVED_TAIL + 20;
pub(crate) const END: usize = CHECKSUM + 4;
const _: () = assert!(END == SEGMENT_HEADER);

/// The facts in the header of a segment file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SegmentHeader {
    /// Format version of the file.
    pub version: u32,
    /// Features without which the file cannot be understood.
    pub required: u32,
    /// Features without which the file can be read and not written.
    pub optional: u32,
    /// The history it belongs to.
    pub lineage: Lineage,
    /// The branch that wrote it.
    pub branch: BranchId,
    /// The epoch that created it.
    pub epoch: Epoch,
    /// Its own id, the same as its name says.
    pub segment: SegmentId,
    /// The sequence that its first event has, or would have.
    pub first_sequence: Sequence,
    /// The number that all its frame checks cover.
    pub salt: Salt,
    /// Length of the file in bytes while it is being filled; a shorter one was cut.
    pub capacity: u64,
    /// When it was created, in microseconds since 1970.
    pub created_us: i64,
    /// How the segment before it ended; [`CloseFacts::NONE`] for the first.
    pub predecessor: CloseFacts,
    /// In a rewritten segment, how the last original that it replaces ended.
    pub stands_for: Option<CloseFacts>,
}

/// Why bytes are not the header of a segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum HeaderFault {
    /// The file does not start like a segment.
    #[error("segment header does not start with the segment magic")]
    BadMagic,
    /// A newer format wrote the file.
    #[error("segment has format version {found}, newest supported is {supported}")]
    FutureVersion {
        /// Version of the file.
        found: u32,
        /// Newest version of this code.
        supported: u32,
    },
    /// The file needs features that this code does not have.
    #[error("segment needs unknown features {bits:#010x}")]
    UnknownFeature {
        /// The unknown bits of the required mask.
        bits: u32,
    },
    /// The checksum does not match.
    #[error("segment header checksum does not match")]
    Checksum,
    /// The checksum matches and a value is impossible.
    #[error("segment header is malformed: {0}")]
    Malformed(&'static str),
}

impl SegmentHeader {
    /// The bytes on disk.
    #[must_use]
    pub fn encode(&self) -> [u8; SEGMENT_HEADER] {
        let mut bytes = [0; SEGMENT_HEADER];
        let stands_for = self.stands_for.unwrap_or(CloseFacts::NONE);
        put::<MAGIC, 8, _>(&mut bytes, MAGIC_BYTES);
        put::<VERSION, 4, _>(&mut bytes, self.version.to_le_bytes());
        put::<REQUIRED, 4, _>(&mut bytes, self.required.to_le_bytes());
        put::<OPTIONAL, 4, _>(&mut bytes, self.optional.to_le_bytes());
        put::<LINEAGE, 16, _>(&mut bytes, self.lineage.0.to_le_bytes());
        put::<BRANCH, 16, _>(&mut bytes, self.branch.0.to_le_bytes());
        put::<EPOCH, 8, _>(&mut bytes, self.epoch.0.to_le_bytes());
        put::<SEGMENT, 8, _>(&mut bytes, self.segment.0.to_le_bytes());
        put::<FIRST_SEQUENCE, 8, _>(&mut bytes, self.first_sequence.0.to_le_bytes());
        put::<SALT, 8, _>(&mut bytes, self.salt.0.to_le_bytes());
        put::<CAPACITY, 8, _>(&mut bytes, self.capacity.to_le_bytes());
        put::<CREATED, 8, _>(&mut bytes, self.created_us.to_le_bytes());
        put::<PREDECESSOR, { CloseFacts::LENGTH }, _>(&mut bytes, self.predecessor.encode());
        put::<STANDS_FOR, { CloseFacts::LENGTH }, _>(&mut bytes, stands_for.encode());
        let checksum = crc32c::crc32c(&bytes[..CHECKSUM]);
        put::<CHECKSUM, 4, _>(&mut bytes, checksum.to_le_bytes());
        bytes
    }

    /// Reads and checks the bytes on disk.
    ///
    /// # Errors
    /// [`HeaderFault`]; the magic is examined first, then the checksum, whose place is the same in all
    /// versions, then version and features, then the values.
    pub fn decode(bytes: &[u8; SEGMENT_HEADER]) -> Result<SegmentHeader, HeaderFault> {
        let version = verify_envelope(bytes)?;
        if !is_zero(&bytes[RESERVED..LINEAGE]) || !is_zero(&bytes[RESERVED_TAIL..CHECKSUM]) {
            return Err(HeaderFault::Malformed("reserved bytes are not zero"));
        }
        let predecessor = CloseFacts::decode(&get::<PREDECESSOR, { CloseFacts::LENGTH }, _>(bytes))
            .ok_or(HeaderFault::Malformed(
                "close facts of the predecessor are impossible",
            ))?;
        let stands_for = CloseFacts::decode(&get::<STANDS_FOR, { CloseFacts::LENGTH }, _>(bytes))
            .ok_or(HeaderFault::Malformed(
            "close facts of the replaced segment are impossible",
        ))?;
        let header = SegmentHeader {
            version,
            required: u32::from_le_bytes(get::<REQUIRED, 4, _>(bytes)),
            optional: u32::from_le_bytes(get::<OPTIONAL, 4, _>(bytes)),
            lineage: Lineage(u128::from_le_bytes(get::<LINEAGE, 16, _>(bytes))),
            branch: BranchId(u128::from_le_bytes(get::<BRANCH, 16, _>(bytes))),
            epoch: Epoch(u64::from_le_bytes(get::<EPOCH, 8, _>(bytes))),
            segment: SegmentId(u64::from_le_bytes(get::<SEGMENT, 8, _>(bytes))),
            first_sequence: Sequence(u64::from_le_bytes(get::<FIRST_SEQUENCE, 8, _>(bytes))),
            salt: Salt(u64::from_le_bytes(get::<SALT, 8, _>(bytes))),
            capacity: u64::from_le_bytes(get::<CAPACITY, 8, _>(bytes)),
            created_us: i64::from_le_bytes(get::<CREATED, 8, _>(bytes)),
            predecessor,
            stands_for: (!stands_for.is_none()).then_some(stands_for),
        };
        header.check()
    }

    /// The unknown optional features because of which the file may be read and not written, if any.
    #[must_use]
    pub const fn read_only_because(&self) -> Option<u32> {
        match self.optional & !KNOWN_OPTIONAL {
            0 => None,
            bits => Some(bits),
        }
    }

    fn check(self) -> Result<SegmentHeader, HeaderFault> {
        let fault = if self.segment.is_none() {
            "segment id is 0"
        } else if self.salt == Salt(0) {
            "salt is 0"
        } else if self.first_sequence.is_none() {
            "first sequence is 0"
        } else if self.capacity < count(SEGMENT_HEADER) {
            "capacity is smaller than the header"
        } else if self.created_us < 0 {
            "creation time is before 1970"
        } else if self.predecessor.segment == self.segment {
            "segment is its own predecessor"
        } else {
            return Ok(self);
        };
        Err(HeaderFault::Malformed(fault))
    }
}

/// Checks what is at the same place in every version, and returns the version.
fn verify_envelope(bytes: &[u8; SEGMENT_HEADER]) -> Result<u32, HeaderFault> {
    if get::<MAGIC, 8, _>(bytes) != MAGIC_BYTES {
        return Err(HeaderFault::BadMagic);
    }
    let checksum = u32::from_le_bytes(get::<CHECKSUM, 4, _>(bytes));
    if crc32c::crc32c(&bytes[..CHECKSUM]) != checksum {
        return Err(HeaderFault::Checksum);
    }
    let version = u32::from_le_bytes(get::<VERSION, 4, _>(bytes));
    if version > FORMAT_VERSION {
        return Err(HeaderFault::FutureVersion {
            found: version,
            supported: FORMAT_VERSION,
        });
    }
    if version == 0 {
        return Err(HeaderFault::Malformed("version is 0"));
    }
    match u32::from_le_bytes(get::<REQUIRED, 4, _>(bytes)) & !KNOWN_REQUIRED {
        0 => Ok(version),
        bits => Err(HeaderFault::UnknownFeature { bits }),
    }
}

#[cfg(test)]
pub(crate) const FIELDS: &[(&str, usize)] = &[
    ("magic", MAGIC),
    ("version", VERSION),
    ("required features", REQUIRED),
    ("optional features", OPTIONAL),
    ("reserved", RESERVED),
    ("lineage", LINEAGE),
    ("branch", BRANCH),
    ("epoch", EPOCH),
    ("segment", SEGMENT),
    ("first sequence", FIRST_SEQUENCE),
    ("salt", SALT),
    ("capacity", CAPACITY),
    ("created", CREATED),
    ("predecessor", PREDECESSOR),
    ("stands for", STANDS_FOR),
    ("reserved tail", RESERVED_TAIL),
    ("checksum", CHECKSUM),
    ("", END),
];

#[cfg(test)]
#[path = "header_tests.rs"]
mod tests;
