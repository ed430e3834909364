//! Where projected states are kept between calls.

use crate::error::StoreError;

/// Keeps projected states between calls and between runs of the program.
///
/// The store decides whether what a cache returns is still right, so a cache only has to keep bytes, and
/// may lose any of them at any time. Its errors never fail a projection: they count as absent states and
/// show in [`Store::cache_report`](crate::Store::cache_report).
///
/// A key begins with the entity and a byte 0, so [`delete_prefix`](Self::delete_prefix) can drop all
/// states of one stream. The rest of it, and what a value holds, is the store's.
///
/// ```
/// use std::collections::BTreeMap;
/// use std::sync::Mutex;
///
/// use batpak::prelude::*;
/// use batpak::store::{CacheMeta, ProjectionCache};
///
/// #[derive(Default)]
/// struct InMemory(Mutex<BTreeMap<Vec<u8>, (Vec<u8>, CacheMeta)>>);
///
/// impl ProjectionCache for InMemory {
///     fn get(&self, key: &[u8]) -> Result<Option<(Vec<u8>, CacheMeta)>, StoreError> {
///         let states = self.0.lock().unwrap_or_else(|held| held.into_inner());
///         Ok(states.get(key).cloned())
///     }
///
///     fn put(&self, key: &[u8], value: &[u8], meta: CacheMeta) -> Result<(), StoreError> {
///         let mut states = self.0.lock().unwrap_or_else(|held| held.into_inner());
///         states.insert(key.to_vec(), (value.to_vec(), meta));
///         Ok(())
///     }
///
///     fn delete_prefix(&self, prefix: &[u8]) -> Result<u64, StoreError> {
///         let mut states = self.0.lock().unwrap_or_else(|held| held.into_inner());
///         let before = states.len();
///         states.retain(|key, _| !key.starts_with(prefix));
///         Ok((before - states.len()) as u64)
///     }
/// }
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let temp = tempfile::tempdir()?;
/// let config = StoreConfig::new(temp.path());
/// let store = Store::open_with_cache(config, Box::new(InMemory::default()))?;
/// assert_eq!(store.cache_report().hits, 0);
/// # Ok(())
/// # }
/// ```
pub trait ProjectionCache: Send + Sync {
    /// What the cache can do. By default it keeps what it is given, and cannot prefetch.
    fn capabilities(&self) -> CacheCapabilities {
        CacheCapabilities::default()
    }

    /// The value that was put under a key last, if it is still there.
    ///
    /// # Errors
    /// [`StoreError::CacheFailed`]; around a [`CacheDamage`](super::CacheDamage) when there was one and it is damaged.
    fn get(&self, key: &[u8]) -> Result<Option<(Vec<u8>, CacheMeta)>, StoreError>;

    /// Puts a value in the place of what the key had.
    ///
    /// # Errors
    /// [`StoreError::CacheFailed`]; what the key had may be lost then.
    fn put(&self, key: &[u8], value: &[u8], meta: CacheMeta) -> Result<(), StoreError>;

    /// Drops the values of all keys that begin so, and returns how many these were.
    ///
    /// # Errors
    /// [`StoreError::CacheFailed`]; some may be dropped then.
    fn delete_prefix(&self, prefix: &[u8]) -> Result<u64, StoreError>;

    /// Makes what was put durable. The store never asks for it: a lost state is folded again.
    ///
    /// # Errors
    /// [`StoreError::CacheFailed`].
    fn sync(&self) -> Result<(), StoreError> {
        Ok(())
    }

    /// Says that a key will be asked for soon.
    ///
    /// # Errors
    /// [`StoreError::CacheFailed`].
    fn prefetch(&self, key: &[u8], expected: CacheMeta) -> Result<(), StoreError> {
        // Nothing to do for a cache that cannot.
        let _ = (key, expected);
        Ok(())
    }
}

/// What a cache can do.
///
/// ```
/// use batpak::store::{CacheCapabilities, NoCache, ProjectionCache};
///
/// assert!(NoCache.capabilities().is_noop);
/// assert!(!CacheCapabilities::default().is_noop);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct CacheCapabilities {
    /// Whether [`ProjectionCache::prefetch`] does something.
    pub supports_prefetch: bool,
    /// Whether the cache keeps nothing, so that states need not be encoded for it.
    pub is_noop: bool,
}

impl CacheCapabilities {
    /// Those of a cache that keeps nothing.
    #[must_use]
    pub const fn noop() -> CacheCapabilities {
        CacheCapabilities {
            supports_prefetch: false,
            is_noop: true,
        }
    }

    /// Those of a cache that keeps what it is given and can prefetch.
    #[must_use]
    pub const fn prefetching() -> CacheCapabilities {
        CacheCapabilities {
            supports_prefetch: true,
            is_noop: false,
        }
    }
}

/// What a cache may want to know of a value, to decide for example how long to keep it. The store does
/// not rely on getting it back.
///
/// ```
/// use batpak::store::CacheMeta;
///
/// let meta = CacheMeta::new(17, 1_700_000_000_000_000);
/// assert_eq!(meta.watermark, 17);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CacheMeta {
    /// Sequence of the newest event that was looked at for the state.
    pub watermark: u64,
    /// When the state was put, by the store's clock, in microseconds since 1970.
    pub cached_at_us: i64,
}

impl CacheMeta {
    /// Facts about a value.
    #[must_use]
    pub const fn new(watermark: u64, cached_at_us: i64) -> CacheMeta {
        CacheMeta {
            watermark,
            cached_at_us,
        }
    }
}

/// A cache that keeps nothing: every projection folds its whole stream. The one that a store has unless
/// it is opened with another.
///
/// ```
/// use batpak::store::{NoCache, ProjectionCache};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// assert!(NoCache.get(b"any key")?.is_none());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct NoCache;

impl ProjectionCache for NoCache {
    fn capabilities(&self) -> CacheCapabilities {
        CacheCapabilities::noop()
    }

    fn get(&self, _: &[u8]) -> Result<Option<(Vec<u8>, CacheMeta)>, StoreError> {
        Ok(None)
    }

    fn put(&self, _: &[u8], _: &[u8], _: CacheMeta) -> Result<(), StoreError> {
        Ok(())
    }

    fn delete_prefix(&self, _: &[u8]) -> Result<u64, StoreError> {
        Ok(0)
    }
}
