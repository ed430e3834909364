//! The error of every call of the facade.

use std::error::Error;
use std::io;
use std::path::PathBuf;

use batpak_coordinate::{CoordinateError, EventKind, HlcPoint};
use batpak_event::EventId;

use super::{
    CheckpointIdError, Detail, EventPayloadRegistryError, HiddenRangesCorruption,
    ProfileInvalidKind, StoreInvariant, StoreLockMode, WatermarkKind,
};
use crate::receipt::AppendReceipt;

/// Why a call of the store failed.
///
/// The message says what happened and where; the methods say how to handle it. New variants may
/// be added, the fields of a variant stay.
///
/// ```
/// use batpak::prelude::*;
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let directory = tempfile::tempdir()?;
/// # let store = Store::open(StoreConfig::new(directory.path()))?;
/// use batpak::store::CommitState;
///
/// let order = Coordinate::new("order:17", "shop")?;
/// let stale = AppendOptions::new().with_cas(5);
/// let error = store.append_with_options(&order, EventKind::DATA, &"paid", stale).unwrap_err();
/// assert!(matches!(error, StoreError::SequenceMismatch { actual: 0, .. }));
/// assert_eq!((error.code(), error.commit_state()), ("sequence-mismatch", CommitState::NotCommitted));
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub enum StoreError {
    /// The system refused an operation on a file. Inside the `io::Error` there is usually an
    /// [`IoContext`](super::IoContext) with operation and path: [`StoreError::io_context`].
    Io(io::Error),
    /// Another handle, in this process or another one, has the directory.
    StoreLocked {
        /// The directory.
        path: PathBuf,
        /// What it was to be opened for.
        mode: StoreLockMode,
    },
    /// An entity or scope breaks a rule.
    Coordinate(CoordinateError),
    /// The name of a checkpoint breaks a rule.
    CheckpointId(CheckpointIdError),
    /// A value could not be encoded or decoded.
    Serialization(Box<dyn Error + Send + Sync>),
    /// The checksum of a frame does not match its bytes.
    CrcMismatch {
        /// Segment, 0 when not known.
        segment_id: u64,
        /// Where the frame starts in the file, in bytes.
        offset: u64,
    },
    /// A segment file cannot be what a writer left.
    CorruptSegment {
        /// Segment, 0 when not known.
        segment_id: u64,
        /// What is wrong.
        detail: Detail,
    },
    /// No visible event has this id.
    NotFound(u128),
    /// The stream is not where the caller expects it.
    SequenceMismatch {
        /// The entity.
        entity: String,
        /// Stream sequence that the caller expects, 0 for no event.
        expected: u32,
        /// Stream sequence of the newest event, 0 for no event.
        actual: u32,
    },
    /// The writer failed before and accepts nothing more. Nothing of this call was committed.
    WriterCrashed,
    /// A watermark did not reach its target in time. Events that were waited for are committed.
    WaitTimeout {
        /// The watermark.
        watermark: WatermarkKind,
        /// What it was to reach.
        target: HlcPoint,
        /// The time allowed, in milliseconds.
        waited_ms: u64,
    },
    /// A projection cache failed. The store itself is not affected.
    CacheFailed(Box<dyn Error + Send + Sync>),
    /// The visible sequence was about to move where it must not.
    SequenceGateViolation {
        /// What was moving it.
        operation: &'static str,
        /// Where to.
        requested: u64,
        /// Highest sequence given out.
        allocated: u64,
        /// Highest sequence visible.
        visible: u64,
    },
    /// An option is out of its range, or a request exceeds a configured limit.
    Configuration(Detail),
    /// The platform profile that the configuration names cannot be used.
    PlatformProfileInvalid {
        /// The profile, as configured.
        path: PathBuf,
        /// What is wrong with it.
        kind: ProfileInvalidKind,
    },
    /// The machine is not as the platform profile requires.
    PlatformProfileMismatch {
        /// The profile, as configured.
        path: PathBuf,
        /// Which values differ.
        reason: Detail,
    },
    /// The machine lacks an ability that the configuration requires.
    PlatformAdmissionFailed {
        /// The ability.
        capability: &'static str,
        /// What is known of it.
        reason: Detail,
    },
    /// Two payload types claim the same kind.
    EventPayloadRegistry(EventPayloadRegistryError),
    /// The configured group commit needs an idempotency key for every append.
    IdempotencyRequired,
    /// A visibility fence is active, and the call is not made through it.
    VisibilityFenceActive,
    /// The visibility fence that the call belongs to is not active.
    VisibilityFenceNotActive,
    /// The visibility fence was canceled; its events were not written.
    VisibilityFenceCancelled,
    /// One item of a batch failed, and with it the batch.
    BatchFailed {
        /// Position in the batch, from 0; 0 also for what concerns the whole batch.
        item_index: usize,
        /// Why.
        source: Box<StoreError>,
    },
    /// A batch was written and the sync after it failed.
    BatchSyncFailed {
        /// How many items were written.
        item_count: usize,
        /// Why.
        source: Box<StoreError>,
    },
    /// The idempotency keys of a batch do not allow one answer for all of it.
    IdempotencyPartialBatch {
        /// What is wrong.
        reason: Detail,
    },
    /// A frame cannot be what a writer left.
    CorruptFrame {
        /// Segment, 0 when not known.
        segment_id: u64,
        /// Where the frame starts in the file, in bytes.
        offset: u64,
        /// What is wrong.
        reason: Detail,
    },
    /// A segment holds more events than its index can number.
    SegmentTooManyEntries {
        /// Segment.
        segment_id: u64,
        /// How many events.
        count: u64,
    },
    /// The directory holds a file that ends like one of the store's and is not.
    DataDirMalformed {
        /// The file.
        path: PathBuf,
    },
    /// An event is its own ancestor.
    AncestryCorrupt {
        /// Id of an event on the cycle.
        cycle_at: u128,
    },
    /// A range of sequences ends before it begins.
    RangeMalformed {
        /// First sequence.
        start: u64,
        /// End of the range.
        end: u64,
    },
    /// An entity or scope of a batch item breaks a rule.
    InvalidCoordinate {
        /// Position in the batch, from 0.
        index: Option<usize>,
        /// Which rule.
        reason: Detail,
    },
    /// A batch item names an item as its cause that is not before it.
    InvalidCausation {
        /// Position of the named item, from 0.
        prior_idx: usize,
        /// Position of the item, from 0.
        item_index: usize,
        /// What is wrong.
        reason: Detail,
    },
    /// Facts about a commit contradict each other.
    InvalidCommitMetadata {
        /// What is wrong.
        reason: Detail,
    },
    /// An entity or scope contains the byte 0.
    CoordinateNulByte,
    /// An entity or scope contains `/` or `..`.
    CoordinatePathTraversal,
    /// An entity or scope contains a control character.
    CoordinateControlChar,
    /// The file of hidden ranges cannot be used.
    HiddenRangesCorrupt {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        kind: HiddenRangesCorruption,
    },
    /// A batch item is larger than one event may be.
    BatchItemTooLarge {
        /// Position in the batch, from 0.
        index: usize,
        /// Its size in bytes.
        size: usize,
        /// The limit in bytes.
        limit: usize,
    },
    /// The stream holds as many events as can be numbered.
    EntityClockOverflow {
        /// The entity.
        entity: String,
    },
    /// The clock gives a time that no event can have.
    InvalidClock {
        /// The time, microseconds since 1970.
        timestamp_us: i64,
        /// What is wrong with it.
        reason: Detail,
    },
    /// The checkpoint of a cursor could not be saved.
    CheckpointWriteFailed {
        /// The checkpoint.
        id: String,
        /// Why.
        source: io::Error,
    },
    /// The checkpoint of a cursor cannot be read.
    CursorCheckpointCorrupt {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: Detail,
    },
    /// The checkpoint was saved by a cursor over another region.
    CursorCheckpointRegionMismatch {
        /// The file.
        path: PathBuf,
        /// Identity of the region in the file.
        stored: Option<String>,
        /// Identity of the cursor's region.
        expected: String,
    },
    /// Something that the store guarantees does not hold.
    InvariantViolation {
        /// Which guarantee.
        kind: StoreInvariant,
    },
    /// Events were handed to the disk and then the writer failed: whether they are in the log
    /// shows when the store is opened again.
    CommitUnknown {
        /// First sequence in doubt.
        first: u64,
        /// Last sequence in doubt.
        last: u64,
        /// What failed.
        source: Box<StoreError>,
    },
    /// The kind belongs to the store and cannot be appended.
    ReservedKind {
        /// Position in the batch, from 0.
        index: Option<usize>,
        /// The kind.
        kind: EventKind,
    },
    /// The idempotency key belongs to an event with another body.
    KeyConflict {
        /// The event that has the key.
        key: EventId,
    },
    /// A cause is not in the store and not marked as foreign.
    UnknownCause {
        /// Position in the batch, from 0.
        index: Option<usize>,
        /// The cause.
        cause: EventId,
    },
    /// A newer version of the software wrote the file.
    FutureVersion {
        /// The file.
        path: PathBuf,
        /// Its format version.
        found: u32,
        /// Highest version that can be read.
        supported: u32,
    },
    /// Events that were durable are damaged or missing, so the store was not opened.
    StoreDamaged {
        /// The file.
        path: PathBuf,
        /// Where in the file, in bytes.
        offset: Option<u64>,
        /// First sequence affected, where known.
        first_sequence: Option<u64>,
        /// Last sequence affected, where known.
        last_sequence: Option<u64>,
        /// What is wrong.
        detail: Detail,
    },
    /// There is no store at the path, and none may be created there.
    NotAStore {
        /// The path.
        path: PathBuf,
    },
    /// The log says that the events are not in it any more.
    EventsGone {
        /// First sequence of the range.
        first_sequence: u64,
        /// Last sequence of the range.
        last_sequence: u64,
        /// Why they are gone.
        reason: Detail,
    },
    /// Events of a stream are missing between two that were read, or before the first.
    StreamGap {
        /// The stream.
        entity: String,
        /// Stream sequence found; 0 for the end of a stream that was read backward.
        found: u64,
        /// Stream sequence that must be there.
        expected: u64,
    },
    /// This process is a fork of the one that opened the store, which alone can append.
    Forked {
        /// The store.
        path: PathBuf,
    },
    /// Events are committed, and a watermark that was waited for did not cover them in time.
    CommittedNotReached {
        /// The receipt.
        receipt: Box<AppendReceipt>,
        /// What was waited for.
        source: Box<StoreError>,
    },
    /// A condition of an append does not hold of the log before it.
    ConditionBroken {
        /// Sequences of the events that break it, ascending: at most 16; of a stream its newest event.
        /// None where a stream has no event, or where other events are shown than were.
        events: Vec<u64>,
        /// What does not hold.
        reason: Detail,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_stay_small_and_cross_threads() {
        fn crosses<T: Send + Sync + 'static>() {}
        crosses::<StoreError>();
        assert!(
            size_of::<StoreError>() <= 104,
            "{}",
            size_of::<StoreError>()
        );
    }
}
