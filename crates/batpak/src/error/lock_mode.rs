//! What a store was to be opened for when it was locked.

use std::fmt;

/// What a store was to be opened for when it was locked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum StoreLockMode {
    /// Reading and appending.
    Mutable,
    /// Reading, with every other handle excluded.
    ReadOnly,
}

impl fmt::Display for StoreLockMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Mutable => "mutable",
            Self::ReadOnly => "read-only",
        })
    }
}
