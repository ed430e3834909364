//! The options of a store, with their defaults.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use batpak_event::receipt::{SigningKey, VerifyingKey};
use batpak_journal::{DamageDigest, Durability};
use batpak_platform::Clock;

use super::clock_fn::ClockFn;
use super::{BatchConfig, RestartPolicy, SyncConfig, SyncMode, WriterConfig};
use crate::typed::EventPayloadValidation;

/// The options of a store. Ranges are checked when it is opened, before its directory is touched.
///
/// ```
/// use batpak::prelude::*;
///
/// let config = StoreConfig::new("events")
///     .with_durability(Durability::Written)
///     .with_segment_max_bytes(64 << 20);
/// assert_eq!(config.durability(), Durability::Written);
/// ```
#[derive(Clone, Debug)]
pub struct StoreConfig {
    data_dir: PathBuf,
    segment_max_bytes: u64,
    fd_budget: usize,
    broadcast_capacity: usize,
    single_append_max_bytes: u32,
    batch: BatchConfig,
    writer: WriterConfig,
    sync: SyncConfig,
    durability: Option<Durability>,
    clock: Option<Arc<dyn Clock>>,
    accepted_damage: Option<DamageDigest>,
    mapping: bool,
    event_payload_validation: EventPayloadValidation,
    pub(super) signing_key: Option<Arc<SigningKey>>,
    pub(super) verifying_keys: Vec<VerifyingKey>,
}

impl StoreConfig {
    /// The default options for the store in `data_dir`.
    #[must_use]
    pub fn new(data_dir: impl Into<PathBuf>) -> StoreConfig {
        StoreConfig {
            data_dir: data_dir.into(),
            segment_max_bytes: 256 << 20,
            fd_budget: 64,
            broadcast_capacity: 8192,
            single_append_max_bytes: 16 << 20,
            batch: BatchConfig::default(),
            writer: WriterConfig::default(),
            sync: SyncConfig::default(),
            durability: None,
            clock: None,
            accepted_damage: None,
            mapping: true,
            event_payload_validation: EventPayloadValidation::default(),
            signing_key: None,
            verifying_keys: Vec::new(),
        }
    }

    /// Sets the level at which every append is acknowledged at least, and at which events become
    /// visible. Without it the cadence of [`StoreConfig::with_sync_every_n_events`] decides.
    #[must_use]
    pub fn with_durability(mut self, durability: Durability) -> StoreConfig {
        self.durability = Some(durability);
        self
    }

    /// Sets the size in bytes at which a segment file is closed and the next one begun, above 0;
    /// 256 MiB by default. A threshold, not a limit: one batch always stays in one file.
    #[must_use]
    pub fn with_segment_max_bytes(mut self, bytes: u64) -> StoreConfig {
        self.segment_max_bytes = bytes;
        self
    }

    /// Sets the budget of file descriptors of 0.8, above 0; 64 by default. Without effect: one
    /// descriptor is open for every segment.
    #[must_use]
    pub fn with_fd_budget(mut self, descriptors: usize) -> StoreConfig {
        self.fd_budget = descriptors;
        self
    }

    /// Sets how many notifications wait for a slow subscriber, above 0; 8192 by default.
    #[must_use]
    pub fn with_broadcast_capacity(mut self, notifications: usize) -> StoreConfig {
        self.broadcast_capacity = notifications;
        self
    }

    /// Sets the most bytes of payload and extensions in one event, 1 byte to 64 MiB; 16 MiB by
    /// default.
    #[must_use]
    pub fn with_single_append_max_bytes(mut self, bytes: u32) -> StoreConfig {
        self.single_append_max_bytes = bytes;
        self
    }

    /// Sets the most events in one batch, 1 to 4096; 256 by default.
    #[must_use]
    pub fn with_batch_max_size(mut self, events: u32) -> StoreConfig {
        self.batch.max_size = events;
        self
    }

    /// Sets the most bytes of payloads and extensions in one batch, 1 byte to 16 MiB; 1 MiB by
    /// default.
    #[must_use]
    pub fn with_batch_max_bytes(mut self, bytes: u32) -> StoreConfig {
        self.batch.max_bytes = bytes;
        self
    }

    /// Sets the group commit of 0.8; 1 by default. Above 1 every single append needs an
    /// idempotency key. The writer always commits together what was appended together.
    #[must_use]
    pub fn with_group_commit_max_batch(mut self, appends: u32) -> StoreConfig {
        self.batch.group_commit_max_batch = appends;
        self
    }

    /// Sets how many events may wait to be written, above 0; 4096 by default. At the bound whoever appends
    /// writes first; a batch that is longer waits alone.
    #[must_use]
    pub fn with_writer_channel_capacity(mut self, appends: usize) -> StoreConfig {
        self.writer.channel_capacity = appends;
        self
    }

    /// Sets the percentage of that capacity from which on [`Store::try_submit`](crate::Store::try_submit) is to be
    /// tried again later, 1 to 100; 75 by default.
    #[must_use]
    pub fn with_pressure_retry_threshold_pct(mut self, percent: u8) -> StoreConfig {
        self.writer.pressure_retry_threshold_pct = percent;
        self
    }

    /// Sets the stack size of the writer thread of 0.8.
    #[deprecated(note = "there is no writer thread: events are written by the thread that appends")]
    #[must_use]
    pub fn with_writer_stack_size(mut self, bytes: impl Into<Option<usize>>) -> StoreConfig {
        self.writer.stack_size = bytes.into();
        self
    }

    /// Sets what happens after a panic of the writer thread of 0.8.
    #[must_use]
    pub fn with_restart_policy(mut self, policy: RestartPolicy) -> StoreConfig {
        self.writer.restart_policy = policy;
        self
    }

    /// Sets how many queued appends 0.8 writes at shutdown; 1024 by default.
    #[deprecated(note = "closing a store writes everything that was appended")]
    #[must_use]
    pub fn with_shutdown_drain_limit(mut self, appends: usize) -> StoreConfig {
        self.writer.shutdown_drain_limit = appends;
        self
    }

    /// Sets which system call makes bytes durable.
    #[must_use]
    pub fn with_sync_mode(mut self, mode: SyncMode) -> StoreConfig {
        self.sync.mode = mode;
        self
    }

    /// Sets the cadence of syncs. 0 and 1: every append is synced before it is acknowledged.
    /// Above 1: appends are acknowledged at [`Durability::Written`], and a sync in the background
    /// runs at least after this many events and every second.
    #[must_use]
    pub fn with_sync_every_n_events(mut self, events: u32) -> StoreConfig {
        self.sync.every_n_events = events;
        self
    }

    /// Sets where time comes from; `None` is the machine's clock, or that of the platform.
    ///
    /// Events never go back in time: while the clock is behind the newest event, that event's time is
    /// used again, with a counter that tells them apart.
    #[must_use]
    pub fn with_clock(mut self, clock: Option<Arc<dyn Clock>>) -> StoreConfig {
        self.clock = clock;
        self
    }

    /// Sets a function that tells the wall time in microseconds since 1970.
    #[must_use]
    pub fn with_clock_fn(self, wall_us: impl Fn() -> i64 + Send + Sync + 'static) -> StoreConfig {
        self.with_clock(Some(Arc::new(ClockFn::new(wall_us))))
    }

    /// Sets whether closed segments and their index files are mapped; `true` by default: reads of them
    /// make no call and copy nothing. A file that another program shortens, or a medium that fails
    /// under it, can end a process that has mapped it. Without mapping both are typed errors, reads
    /// make calls, and each index takes memory: some 20 bytes for an event.
    #[must_use]
    pub fn with_mapping(mut self, mapping: bool) -> StoreConfig {
        self.mapping = mapping;
        self
    }

    /// Whether closed segments and their index files are mapped.
    #[must_use]
    pub fn mapping(&self) -> bool {
        self.mapping
    }

    /// Sets what an open does when two payload types of the program claim one kind: it opens and
    /// [says so](crate::Store::event_payload_collisions) by default.
    #[must_use]
    pub fn with_event_payload_validation(
        mut self,
        validation: EventPayloadValidation,
    ) -> StoreConfig {
        self.event_payload_validation = validation;
        self
    }

    /// What an open does when two payload types of the program claim one kind.
    #[must_use]
    pub fn event_payload_validation(&self) -> EventPayloadValidation {
        self.event_payload_validation
    }

    /// Opens a damaged store for writing all the same, if its damage is exactly that with this
    /// digest: `OpenReport::damage_digest` of a read-only open tells it. The lost events stay lost
    /// and reading them is the typed error; everything else goes on. Streams and idempotency keys
    /// are continued as if the lost events had never been, because nobody knows which they were. Keep
    /// the option for as long as the damaged files are there; further damage is refused as ever.
    #[must_use]
    pub fn accept_damage(mut self, digest: DamageDigest) -> StoreConfig {
        self.accepted_damage = Some(digest);
        self
    }

    /// The damage that an open for writing accepts.
    #[must_use]
    pub fn accepted_damage(&self) -> Option<DamageDigest> {
        self.accepted_damage
    }

    /// The directory, as it was given.
    #[must_use]
    pub fn data_dir(&self) -> &Path {
        &self.data_dir
    }

    /// The level of the store: as set, or as the cadence of syncs says.
    #[must_use]
    pub fn durability(&self) -> Durability {
        self.durability.unwrap_or_else(|| self.sync.durability())
    }

    /// Bytes at which a segment file is closed.
    #[must_use]
    pub fn segment_max_bytes(&self) -> u64 {
        self.segment_max_bytes
    }

    /// Budget of file descriptors.
    #[must_use]
    pub fn fd_budget(&self) -> usize {
        self.fd_budget
    }

    /// How many notifications wait for a slow subscriber.
    #[must_use]
    pub fn broadcast_capacity(&self) -> usize {
        self.broadcast_capacity
    }

    /// Most bytes of payload and extensions in one event.
    #[must_use]
    pub fn single_append_max_bytes(&self) -> u32 {
        self.single_append_max_bytes
    }

    /// Where time comes from, when it was set.
    #[must_use]
    pub fn clock(&self) -> Option<&Arc<dyn Clock>> {
        self.clock.as_ref()
    }

    /// Limits of batches.
    #[must_use]
    pub fn batch(&self) -> BatchConfig {
        self.batch
    }

    /// Settings of the writer.
    #[must_use]
    pub fn writer(&self) -> WriterConfig {
        self.writer
    }

    /// When events are synced.
    #[must_use]
    pub fn sync(&self) -> SyncConfig {
        self.sync
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[expect(deprecated, reason = "options of 0.8 without effect stay readable")]
    fn every_builder_sets_what_its_getter_returns() {
        let policy = RestartPolicy::Bounded {
            max_restarts: 3,
            within_ms: 9,
        };
        let config = StoreConfig::new("here")
            .with_segment_max_bytes(1)
            .with_fd_budget(2)
            .with_broadcast_capacity(3)
            .with_single_append_max_bytes(4)
            .with_batch_max_size(5)
            .with_batch_max_bytes(6)
            .with_group_commit_max_batch(7)
            .with_writer_channel_capacity(8)
            .with_pressure_retry_threshold_pct(9)
            .with_writer_stack_size(10)
            .with_restart_policy(policy)
            .with_shutdown_drain_limit(11)
            .with_sync_mode(SyncMode::SyncData)
            .with_sync_every_n_events(12)
            .with_event_payload_validation(EventPayloadValidation::Silent);
        assert_eq!(config.data_dir(), Path::new("here"));
        assert_eq!(config.segment_max_bytes(), 1);
        assert_eq!((config.fd_budget(), config.broadcast_capacity()), (2, 3));
        assert_eq!(config.single_append_max_bytes(), 4);
        let batch = BatchConfig {
            max_size: 5,
            max_bytes: 6,
            group_commit_max_batch: 7,
        };
        assert_eq!(config.batch(), batch);
        let writer = WriterConfig {
            channel_capacity: 8,
            pressure_retry_threshold_pct: 9,
            stack_size: Some(10),
            restart_policy: policy,
            shutdown_drain_limit: 11,
        };
        assert_eq!(config.writer(), writer);
        let sync = SyncConfig {
            mode: SyncMode::SyncData,
            every_n_events: 12,
        };
        assert_eq!(config.sync(), sync);
        let validation = config.event_payload_validation();
        assert_eq!(validation, EventPayloadValidation::Silent);
    }
}
