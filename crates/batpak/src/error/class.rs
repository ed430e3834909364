//! How to handle an error, in three classes.

use super::StoreError;

/// How to handle an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum HandlingClass {
    /// The request or the state of the domain is the reason: the caller decides what to do.
    Domain,
    /// The machine is the reason and may recover: [`StoreError::retry`] says whether and how.
    RetryableOperational,
    /// Something is broken: stop, look, and do not try again blindly.
    FailClosedOperational,
}

impl StoreError {
    /// How to handle this error. A batch error has the class of the error inside it.
    #[must_use]
    pub fn class(&self) -> HandlingClass {
        match self {
            Self::Io(_)
            | Self::CacheFailed(_)
            | Self::CheckpointWriteFailed { .. }
            | Self::WaitTimeout { .. }
            | Self::CommittedNotReached { .. } => HandlingClass::RetryableOperational,
            Self::StoreLocked { .. }
            | Self::Coordinate(_)
            | Self::CheckpointId(_)
            | Self::NotFound(_)
            | Self::SequenceMismatch { .. }
            | Self::ConditionBroken { .. }
            | Self::Configuration(_)
            | Self::IdempotencyRequired
            | Self::VisibilityFenceActive
            | Self::VisibilityFenceNotActive
            | Self::VisibilityFenceCancelled
            | Self::IdempotencyPartialBatch { .. }
            | Self::RangeMalformed { .. }
            | Self::EventsGone { .. }
            | Self::InvalidCoordinate { .. }
            | Self::InvalidCausation { .. }
            | Self::InvalidCommitMetadata { .. }
            | Self::CoordinateNulByte
            | Self::CoordinatePathTraversal
            | Self::CoordinateControlChar
            | Self::BatchItemTooLarge { .. }
            | Self::EntityClockOverflow { .. }
            | Self::InvalidClock { .. }
            | Self::ReservedKind { .. }
            | Self::KeyConflict { .. }
            | Self::UnknownCause { .. }
            | Self::NotAStore { .. } => HandlingClass::Domain,
            Self::BatchFailed { source, .. } | Self::BatchSyncFailed { source, .. } => {
                source.class()
            }
            Self::Serialization(_)
            | Self::CrcMismatch { .. }
            | Self::CorruptSegment { .. }
            | Self::WriterCrashed
            | Self::SequenceGateViolation { .. }
            | Self::PlatformProfileInvalid { .. }
            | Self::PlatformProfileMismatch { .. }
            | Self::PlatformAdmissionFailed { .. }
            | Self::EventPayloadRegistry(_)
            | Self::CorruptFrame { .. }
            | Self::SegmentTooManyEntries { .. }
            | Self::DataDirMalformed { .. }
            | Self::AncestryCorrupt { .. }
            | Self::HiddenRangesCorrupt { .. }
            | Self::CursorCheckpointCorrupt { .. }
            | Self::CursorCheckpointRegionMismatch { .. }
            | Self::InvariantViolation { .. }
            | Self::CommitUnknown { .. }
            | Self::FutureVersion { .. }
            | Self::StoreDamaged { .. }
            | Self::StreamGap { .. }
            | Self::Forked { .. } => HandlingClass::FailClosedOperational,
        }
    }
}
