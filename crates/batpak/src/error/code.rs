//! The stable name of what went wrong.

use super::StoreError;

impl StoreError {
    /// The stable name of the cause, in lower case with hyphens; `docs/errors.md` lists them all.
    ///
    /// A name never changes its meaning. Where a variant holds one of several causes, each has
    /// its own name; an error that wraps another names itself.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Io(_) => "io",
            Self::StoreLocked { .. } => "store-locked",
            Self::Coordinate(error) => error.code(),
            Self::CheckpointId(error) => error.code(),
            Self::Serialization(_) => "serialization",
            Self::CrcMismatch { .. } => "crc-mismatch",
            Self::CorruptSegment { .. } => "corrupt-segment",
            Self::NotFound(_) => "not-found",
            Self::SequenceMismatch { .. } => "sequence-mismatch",
            Self::WriterCrashed => "writer-crashed",
            Self::WaitTimeout { .. } => "wait-timeout",
            Self::CacheFailed(_) => "cache-failed",
            Self::SequenceGateViolation { .. } => "sequence-gate-violation",
            Self::Configuration(_) => "configuration",
            Self::PlatformProfileInvalid { kind, .. } => kind.code(),
            Self::PlatformProfileMismatch { .. } => "platform-profile-mismatch",
            Self::PlatformAdmissionFailed { .. } => "platform-admission-failed",
            Self::EventPayloadRegistry(_) => "event-payload-registry",
            Self::IdempotencyRequired => "idempotency-required",
            Self::VisibilityFenceActive => "visibility-fence-active",
            Self::VisibilityFenceNotActive => "visibility-fence-not-active",
            Self::VisibilityFenceCancelled => "visibility-fence-cancelled",
            Self::BatchFailed { .. } => "batch-failed",
            Self::BatchSyncFailed { .. } => "batch-sync-failed",
            Self::IdempotencyPartialBatch { .. } => "idempotency-partial-batch",
            Self::CorruptFrame { .. } => "corrupt-frame",
            Self::SegmentTooManyEntries { .. } => "segment-too-many-entries",
            Self::DataDirMalformed { .. } => "data-dir-malformed",
            Self::AncestryCorrupt { .. } => "ancestry-corrupt",
            Self::RangeMalformed { .. } => "range-malformed",
            Self::InvalidCoordinate { .. } => "invalid-coordinate",
            Self::InvalidCausation { .. } => "invalid-causation",
            Self::InvalidCommitMetadata { .. } => "invalid-commit-metadata",
            Self::CoordinateNulByte => "coordinate-nul-byte",
            Self::CoordinatePathTraversal => "coordinate-path-traversal",
            Self::CoordinateControlChar => "coordinate-control-char",
            Self::HiddenRangesCorrupt { kind, .. } => kind.code(),
            Self::BatchItemTooLarge { .. } => "batch-item-too-large",
            Self::EntityClockOverflow { .. } => "entity-clock-overflow",
            Self::InvalidClock { .. } => "invalid-clock",
            Self::CheckpointWriteFailed { .. } => "checkpoint-write-failed",
            Self::CursorCheckpointCorrupt { .. } => "cursor-checkpoint-corrupt",
            Self::CursorCheckpointRegionMismatch { .. } => "cursor-checkpoint-region-mismatch",
            Self::InvariantViolation { kind } => kind.code(),
            Self::CommitUnknown { .. } => "commit-unknown",
            Self::ReservedKind { .. } => "reserved-kind",
            Self::KeyConflict { .. } => "key-conflict",
            Self::UnknownCause { .. } => "unknown-cause",
            Self::FutureVersion { .. } => "future-version",
            Self::StoreDamaged { .. } => "store-damaged",
            Self::NotAStore { .. } => "not-a-store",
            Self::EventsGone { .. } => "events-gone",
            Self::StreamGap { .. } => "stream-gap",
            Self::CommittedNotReached { .. } => "committed-not-reached",
            Self::ConditionBroken { .. } => "condition-broken",
            Self::Forked { .. } => "forked",
        }
    }
}
