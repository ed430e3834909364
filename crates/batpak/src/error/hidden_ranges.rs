//! What is wrong with the file of hidden ranges.

use std::error::Error;
use std::fmt;
use std::io;

use super::{CodecError, StoreError};

/// What is wrong with the file of hidden ranges.
#[derive(Debug)]
#[non_exhaustive]
pub enum HiddenRangesCorruption {
    /// It cannot be read.
    ReadFailed(io::Error),
    /// It is shorter than its fixed part.
    TooShort {
        /// Its length in bytes.
        actual: usize,
        /// The least length in bytes.
        required: usize,
    },
    /// It does not begin with the bytes that identify it.
    BadMagic,
    /// It has a version that is not known.
    UnsupportedVersion {
        /// Its version.
        observed: u16,
        /// The version that is known.
        expected: u16,
    },
    /// Its checksum does not match its bytes.
    CrcMismatch {
        /// Checksum in the file.
        stored: u32,
        /// Checksum of the bytes.
        computed: u32,
    },
    /// Its bytes do not decode.
    DecodeFailed(CodecError),
    /// It holds a range that cannot be.
    MalformedEntries {
        /// Which one.
        source: Box<StoreError>,
    },
}

impl HiddenRangesCorruption {
    /// The stable name of the cause.
    pub(super) fn code(&self) -> &'static str {
        match self {
            Self::ReadFailed(_) => "hidden-ranges-unreadable",
            Self::TooShort { .. } => "hidden-ranges-too-short",
            Self::BadMagic => "hidden-ranges-magic",
            Self::UnsupportedVersion { .. } => "hidden-ranges-version",
            Self::CrcMismatch { .. } => "hidden-ranges-checksum",
            Self::DecodeFailed(_) => "hidden-ranges-undecodable",
            Self::MalformedEntries { .. } => "hidden-ranges-entries",
        }
    }
}

impl fmt::Display for HiddenRangesCorruption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ReadFailed(error) => write!(f, "read failed: {error}"),
            Self::TooShort { actual, required } => {
                write!(f, "{actual} bytes long, at least {required} are required")
            }
            Self::BadMagic => f.write_str("bad magic"),
            Self::UnsupportedVersion { observed, expected } => {
                write!(f, "unsupported version {observed}, expected {expected}")
            }
            Self::CrcMismatch { stored, computed } => write!(
                f,
                "CRC mismatch: stored {stored:08x}, computed {computed:08x}"
            ),
            Self::DecodeFailed(error) => write!(f, "decode failed: {error}"),
            Self::MalformedEntries { source } => write!(f, "malformed entries: {source}"),
        }
    }
}

impl Error for HiddenRangesCorruption {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::ReadFailed(error) => Some(error),
            Self::DecodeFailed(error) => Some(error),
            Self::MalformedEntries { source } => Some(source.as_ref()),
            Self::TooShort { .. }
            | Self::BadMagic
            | Self::UnsupportedVersion { .. }
            | Self::CrcMismatch { .. } => None,
        }
    }
}
