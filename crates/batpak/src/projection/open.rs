//! Opening a store with a projection cache.

use std::path::Path;
use std::sync::Arc;

use batpak_platform::canonical_path;

use super::cache::ProjectionCache;
use super::cache_report::StateCache;
use super::native_cache::NativeCache;
use crate::config::StoreConfig;
use crate::error::StoreError;
use crate::store::{Open, ReadOnly, Store};

impl Store<Open> {
    /// Opens a store as [`Store::open`] does, with a cache for its [projections](Self::project).
    ///
    /// ```
    /// use batpak::prelude::*;
    /// use batpak::store::NoCache;
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let temp = tempfile::tempdir()?;
    /// let store = Store::open_with_cache(StoreConfig::new(temp.path()), Box::new(NoCache))?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As for [`Store::open`].
    pub fn open_with_cache(
        config: StoreConfig,
        cache: Box<dyn ProjectionCache>,
    ) -> Result<Store<Open>, StoreError> {
        Ok(Store::open(config)?.with_cache(cache))
    }

    /// Opens a store as [`Store::open`] does, with a [`NativeCache`] in a directory of its own.
    ///
    /// ```
    /// use batpak::prelude::*;
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let temp = tempfile::tempdir()?;
    /// let (events, states) = (temp.path().join("events"), temp.path().join("states"));
    /// let store = Store::open_with_native_cache(StoreConfig::new(events), states)?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As for [`Store::open`]; [`StoreError::Configuration`] when the directory is that of the store, and
    /// [`StoreError::CacheFailed`] when it cannot be created or listed.
    pub fn open_with_native_cache(
        config: StoreConfig,
        path: impl AsRef<Path>,
    ) -> Result<Store<Open>, StoreError> {
        check_apart(&config, path.as_ref())?;
        let store = Store::open(config)?;
        match NativeCache::open(path) {
            Ok(cache) => Ok(store.with_cache(Box::new(cache))),
            Err(error) => {
                store.close()?;
                Err(error)
            }
        }
    }
}

impl Store<ReadOnly> {
    /// Opens a store as [`Store::open_read_only`] does, with a cache for its
    /// [projections](Self::project). The cache is written to.
    ///
    /// # Errors
    /// As for [`Store::open_read_only`].
    pub fn open_read_only_with_cache(
        config: StoreConfig,
        cache: Box<dyn ProjectionCache>,
    ) -> Result<Store<ReadOnly>, StoreError> {
        Ok(Store::open_read_only(config)?.with_cache(cache))
    }

    /// Opens a store as [`Store::open_read_only`] does, with a [`NativeCache`] in a directory of its own,
    /// which is written to. Other processes, the writer's included, may use the same directory.
    ///
    /// ```
    /// use batpak::prelude::*;
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let temp = tempfile::tempdir()?;
    /// let (events, states) = (temp.path().join("events"), temp.path().join("states"));
    /// # Store::open(StoreConfig::new(&events))?.close()?;
    /// let reader = Store::open_read_only_with_native_cache(StoreConfig::new(events), states)?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As for [`Store::open_read_only`]; [`StoreError::Configuration`] when the directory is that of the
    /// store, and [`StoreError::CacheFailed`] when it cannot be created or listed.
    pub fn open_read_only_with_native_cache(
        config: StoreConfig,
        path: impl AsRef<Path>,
    ) -> Result<Store<ReadOnly>, StoreError> {
        check_apart(&config, path.as_ref())?;
        let store = Store::open_read_only(config)?;
        Ok(store.with_cache(Box::new(NativeCache::open(path)?)))
    }
}

impl<State> Store<State> {
    fn with_cache(mut self, cache: Box<dyn ProjectionCache>) -> Self {
        self.core.cache = Arc::new(StateCache::new(cache));
        self
    }
}

/// A cache in the directory of the store would be foreign files in it.
fn check_apart(config: &StoreConfig, cache: &Path) -> Result<(), StoreError> {
    if canonical_path(cache) == canonical_path(config.data_dir()) {
        let reason = "the projection cache needs a directory of its own, not that of the store";
        return Err(StoreError::Configuration(reason.into()));
    }
    Ok(())
}
