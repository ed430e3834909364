//! How far a store has got, by what has been done up to there.

use std::fmt;

/// How far a store has got, by what has been done to every event up to there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[must_use]
pub enum WatermarkKind {
    /// Survives a power cut.
    Durable,
    /// Folded into every registered projection.
    Applied,
    /// Seen by reads.
    Visible,
}

impl fmt::Display for WatermarkKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Durable => "durable",
            Self::Applied => "applied",
            Self::Visible => "visible",
        })
    }
}
