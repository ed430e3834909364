//! What became of the states in a cache.

use std::sync::{Mutex, PoisonError};

use super::cache::ProjectionCache;
use super::cache_damage::CacheDamage;
use crate::error::StoreError;
use crate::store::Store;

/// How the projection cache of a store served since the store was opened.
///
/// ```
/// # use batpak::prelude::*;
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let temp = tempfile::tempdir()?;
/// # let store = Store::open(StoreConfig::new(temp.path()))?;
/// let report = store.cache_report();
/// if let Some(problem) = report.last_problem {
///     eprintln!("{} cached states were damaged, the last one: {problem}", report.damaged);
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct CacheReport {
    /// States that were returned as they were cached.
    pub hits: u64,
    /// States that were brought up to date with the events since.
    pub advanced: u64,
    /// States that were not in the cache.
    pub absent: u64,
    /// States that were folded anew, because events were hidden or shown again since, the log is not
    /// the one they were folded from, or there are new events and the type folds only whole streams.
    pub stale: u64,
    /// States that were damaged in the cache; each was folded anew and replaced.
    pub damaged: u64,
    /// Calls of the cache that failed otherwise.
    pub failed: u64,
    /// What was wrong last.
    pub last_problem: Option<String>,
}

/// The cache of a store, with its record.
pub(crate) struct StateCache {
    pub(super) cache: Box<dyn ProjectionCache>,
    report: Mutex<CacheReport>,
}

impl StateCache {
    pub(crate) fn new(cache: Box<dyn ProjectionCache>) -> StateCache {
        StateCache {
            cache,
            report: Mutex::default(),
        }
    }

    /// Counts. No code of a caller runs meanwhile.
    pub(super) fn note(&self, count: impl FnOnce(&mut CacheReport)) {
        count(&mut self.report.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// Counts what went wrong: a damaged state, or a failure of the cache.
    pub(super) fn note_problem(&self, error: &StoreError) {
        let damaged =
            matches!(error, StoreError::CacheFailed(source) if source.is::<CacheDamage>());
        self.note(|report| {
            let count = if damaged {
                &mut report.damaged
            } else {
                &mut report.failed
            };
            *count += 1;
            report.last_problem = Some(error.to_string());
        });
    }
}

impl<State> Store<State> {
    /// How the projection cache served since the store was opened.
    #[must_use]
    pub fn cache_report(&self) -> CacheReport {
        let report = &self.core.cache.report;
        report
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// The projection cache, for example to drop the states of a stream.
    ///
    /// ```
    /// # use batpak::prelude::*;
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let temp = tempfile::tempdir()?;
    /// let (events, states) = (temp.path().join("events"), temp.path().join("states"));
    /// let store = Store::open_with_native_cache(StoreConfig::new(events), states)?;
    /// assert_eq!(store.projection_cache().delete_prefix(b"account:1\0")?, 0);
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn projection_cache(&self) -> &dyn ProjectionCache {
        &*self.core.cache.cache
    }
}
