//! Why bytes are not an index, or not one that can answer.

use thiserror::Error;

/// Why the bytes of an index file do not answer.
///
/// An index is derived: whatever is wrong with it, the frames of its segment hold the truth, and it can be
/// built from them again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum IndexFault {
    /// The file ends before its header or its chunk table does.
    #[error("index is too short")]
    TooShort,
    /// The file does not start like an index.
    #[error("index does not start with the index magic")]
    BadMagic,
    /// A newer format wrote the file.
    #[error("index has format version {found}, newest supported is {supported}")]
    FutureVersion {
        /// Version of the file.
        found: u32,
        /// Newest version of this code.
        supported: u32,
    },
    /// The file needs features that this code does not have.
    #[error("index needs unknown features {bits:#010x}")]
    UnknownFeature {
        /// The unknown bits of the required mask.
        bits: u32,
    },
    /// The checksum of the header does not match.
    #[error("index header checksum does not match")]
    Checksum,
    /// The checksum of the chunk table does not match.
    #[error("index chunk table checksum does not match")]
    TableChecksum,
    /// The checksums match, and header or chunk table say what cannot be.
    #[error("index is malformed: {0}")]
    Malformed(&'static str),
    /// The checksum of a chunk does not match.
    #[error("index chunk {tag} part {part} does not match its checksum")]
    ChunkChecksum {
        /// The tag of the chunk.
        tag: u32,
        /// The part of the chunk.
        part: u32,
    },
    /// The checksum of a chunk matches, and a value in it cannot be.
    #[error("index chunk `{0}` holds an impossible value")]
    Content(&'static str),
    /// An ordinal that no event of this index has.
    #[error("index has {events} events, and none with ordinal {ordinal}")]
    NoEvent {
        /// The ordinal that was asked for.
        ordinal: u32,
        /// Number of events.
        events: u32,
    },
}
