//! Whether the events of a failed call are in the log.

use super::{IoContext, StoreError, StoreInvariant};

/// Whether the events of a failed call are in the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CommitState {
    /// Nothing was committed. Also the answer for calls that commit nothing.
    NotCommitted,
    /// The events are committed; what came after it failed.
    Committed,
    /// It shows when the store is opened again: look for the events before appending them anew.
    Unknown,
}

impl StoreError {
    /// Whether the events of the failed call are in the log.
    ///
    /// Unknown only where the place that failed says so. An error of the system carries the
    /// answer in its [`IoContext`]; without one, nothing was committed.
    #[must_use]
    pub fn commit_state(&self) -> CommitState {
        match self {
            Self::Io(_) => self
                .io_context()
                .map_or(CommitState::NotCommitted, IoContext::commit),
            Self::BatchFailed { source, .. } => source.commit_state(),
            Self::WaitTimeout { .. } | Self::CommittedNotReached { .. } => CommitState::Committed,
            Self::InvariantViolation { kind } => match kind {
                StoreInvariant::OpenReceiptNotIndexed { .. }
                | StoreInvariant::GateReceiptNotIndexed { .. } => CommitState::Committed,
                StoreInvariant::CloseHlcRegression { .. }
                | StoreInvariant::BootstrapHlcOutOfOrder { .. }
                | StoreInvariant::OpenHlcWallMsOverflow { .. }
                | StoreInvariant::OpenHlcTimestampOutOfRange { .. }
                | StoreInvariant::PreparedBatchItemCountDrift { .. } => CommitState::NotCommitted,
            },
            // The sequences that could not be published belong to events already written.
            Self::SequenceGateViolation { .. }
            | Self::BatchSyncFailed { .. }
            | Self::CommitUnknown { .. } => CommitState::Unknown,
            Self::StoreLocked { .. }
            | Self::Coordinate(_)
            | Self::CheckpointId(_)
            | Self::Serialization(_)
            | Self::CrcMismatch { .. }
            | Self::CorruptSegment { .. }
            | Self::NotFound(_)
            | Self::SequenceMismatch { .. }
            | Self::ConditionBroken { .. }
            | Self::WriterCrashed
            | Self::CacheFailed(_)
            | Self::Configuration(_)
            | Self::PlatformProfileInvalid { .. }
            | Self::PlatformProfileMismatch { .. }
            | Self::PlatformAdmissionFailed { .. }
            | Self::EventPayloadRegistry(_)
            | Self::IdempotencyRequired
            | Self::VisibilityFenceActive
            | Self::VisibilityFenceNotActive
            | Self::VisibilityFenceCancelled
            | Self::IdempotencyPartialBatch { .. }
            | Self::CorruptFrame { .. }
            | Self::SegmentTooManyEntries { .. }
            | Self::DataDirMalformed { .. }
            | Self::AncestryCorrupt { .. }
            | Self::RangeMalformed { .. }
            | Self::InvalidCoordinate { .. }
            | Self::InvalidCausation { .. }
            | Self::InvalidCommitMetadata { .. }
            | Self::CoordinateNulByte
            | Self::CoordinatePathTraversal
            | Self::CoordinateControlChar
            | Self::HiddenRangesCorrupt { .. }
            | Self::BatchItemTooLarge { .. }
            | Self::EntityClockOverflow { .. }
            | Self::InvalidClock { .. }
            | Self::CheckpointWriteFailed { .. }
            | Self::CursorCheckpointCorrupt { .. }
            | Self::CursorCheckpointRegionMismatch { .. }
            | Self::ReservedKind { .. }
            | Self::KeyConflict { .. }
            | Self::UnknownCause { .. }
            | Self::FutureVersion { .. }
            | Self::StoreDamaged { .. }
            | Self::NotAStore { .. }
            | Self::EventsGone { .. }
            | Self::StreamGap { .. }
            | Self::Forked { .. } => CommitState::NotCommitted,
        }
    }
}
