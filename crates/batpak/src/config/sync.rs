//! When events are synced to stable storage.

use batpak_journal::Durability;

/// Which system call makes bytes durable.
///
/// ```
/// use batpak::prelude::*;
///
/// let config = StoreConfig::new("events").with_sync_mode(SyncMode::SyncData);
/// assert_eq!(config.sync().mode, SyncMode::SyncData);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum SyncMode {
    /// Bytes and all metadata.
    #[default]
    SyncAll,
    /// Bytes and the metadata that reading them needs. As durable as [`SyncMode::SyncAll`].
    SyncData,
}

/// When events are synced to stable storage.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct SyncConfig {
    /// Which system call a program asked for. The store always syncs bytes and the metadata that
    /// reading them needs, which is what both modes promise.
    pub mode: SyncMode,
    /// Above 1: the store's level is [`Durability::Written`], and a sync in the background runs at
    /// least after this many events and every second. 0 and 1: every append is synced.
    pub every_n_events: u32,
}

impl SyncConfig {
    /// The store's level as far as the cadence decides it.
    pub(super) fn durability(&self) -> Durability {
        if self.every_n_events > 1 {
            Durability::Written
        } else {
            Durability::Synced
        }
    }

    /// After how many events the background sync runs, where a number was given.
    pub(super) fn cadence(&self) -> Option<u32> {
        (self.every_n_events > 1).then_some(self.every_n_events)
    }
}
