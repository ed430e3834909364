//! Why bytes are not a frame.

use thiserror::Error;

/// Why bytes at some offset are not a frame of the segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum FrameFault {
    /// The length is zero, as in space that was filled ahead.
    #[error("frame length is zero")]
    ZeroLength,
    /// Fewer bytes are left than the frame needs.
    #[error("fewer bytes are left than the frame needs")]
    TooShort,
    /// The length is impossible, or not the sum of the frame's parts.
    #[error("frame length is impossible")]
    BadLength,
    /// The check over the fixed part does not match: damaged, moved, or never a frame of this segment.
    #[error("frame header checksum does not match")]
    HeaderChecksum,
    /// The check over the variable part does not match.
    #[error("frame body checksum does not match")]
    BodyChecksum,
    /// Checks match and a value is impossible.
    #[error("frame is malformed: {0}")]
    Malformed(&'static str),
    /// A newer format wrote the frame, and it may not be passed over.
    #[error("frame was written by a newer format version")]
    FutureVersion,
    /// The frame verifies and reaches past the end of the range it was looked for in.
    #[error("frame reaches past the end")]
    BeyondEnd,
}
