//! The rule that the name of a checkpoint breaks.

use thiserror::Error;

/// The first rule that the name of a checkpoint breaks.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum CheckpointIdError {
    /// The name is the empty text.
    #[error("checkpoint id cannot be empty")]
    Empty,
    /// The name is too long.
    #[error("checkpoint id length {len} exceeds maximum {max}")]
    TooLong {
        /// Its length in bytes.
        len: usize,
        /// The limit in bytes.
        max: usize,
    },
    /// The name holds the byte 0.
    #[error("checkpoint id contains a NUL byte")]
    NulByte,
    /// The name holds a byte below 0x20 or the byte 0x7F.
    #[error("checkpoint id contains a forbidden ASCII control character")]
    ControlChar,
    /// The name holds `/` or `..`.
    #[error("checkpoint id contains a forbidden path-traversal substring (`..` or `/`)")]
    PathTraversal,
    /// The name holds `|` or `=`.
    #[error("checkpoint id contains a forbidden identity-separator character (`|` or `=`)")]
    ForbiddenSeparator,
}

impl CheckpointIdError {
    /// The stable name of the cause.
    pub(super) fn code(&self) -> &'static str {
        match self {
            Self::Empty => "checkpoint-id-empty",
            Self::TooLong { .. } => "checkpoint-id-too-long",
            Self::NulByte => "checkpoint-id-nul-byte",
            Self::ControlChar => "checkpoint-id-control-char",
            Self::PathTraversal => "checkpoint-id-path-traversal",
            Self::ForbiddenSeparator => "checkpoint-id-separator",
        }
    }
}
