//! How old a projected state may be.

/// How old a projected state may be.
///
/// ```
/// use batpak::prelude::*;
///
/// // A dashboard that may lag a second behind.
/// let freshness = Freshness::MaybeStale { max_stale_ms: 1_000 };
/// assert_ne!(freshness, Freshness::Consistent);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Freshness {
    /// Every event that is visible when the call begins is folded.
    #[default]
    Consistent,
    /// A state that was put into the cache less than so long ago will do, whatever was appended since.
    /// Without a cache, or with an older state in it, like [`Consistent`](Self::Consistent).
    MaybeStale {
        /// In milliseconds.
        max_stale_ms: u64,
    },
}
