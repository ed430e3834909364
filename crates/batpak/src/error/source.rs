//! What caused a store error, and the system error at the bottom of it.

use std::error::Error;
use std::io;
use std::sync::Arc;

use super::{HiddenRangesCorruption, IoContext, ProfileInvalidKind, StoreError};

impl Error for StoreError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Io(error) | Self::CheckpointWriteFailed { source: error, .. } => Some(error),
            Self::Coordinate(error) => Some(error),
            Self::CheckpointId(error) => Some(error),
            Self::Serialization(error) | Self::CacheFailed(error) => Some(error.as_ref()),
            Self::EventPayloadRegistry(error) => Some(error),
            Self::BatchFailed { source, .. }
            | Self::BatchSyncFailed { source, .. }
            | Self::CommitUnknown { source, .. }
            | Self::CommittedNotReached { source, .. } => Some(source.as_ref()),
            Self::PlatformProfileInvalid { kind, .. } => kind.source(),
            Self::HiddenRangesCorrupt { kind, .. } => kind.source(),
            Self::StoreLocked { .. }
            | Self::CrcMismatch { .. }
            | Self::CorruptSegment { .. }
            | Self::NotFound(_)
            | Self::SequenceMismatch { .. }
            | Self::ConditionBroken { .. }
            | Self::WriterCrashed
            | Self::WaitTimeout { .. }
            | Self::SequenceGateViolation { .. }
            | Self::Configuration(_)
            | Self::PlatformProfileMismatch { .. }
            | Self::PlatformAdmissionFailed { .. }
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
            | Self::BatchItemTooLarge { .. }
            | Self::EntityClockOverflow { .. }
            | Self::InvalidClock { .. }
            | Self::CursorCheckpointCorrupt { .. }
            | Self::CursorCheckpointRegionMismatch { .. }
            | Self::InvariantViolation { .. }
            | Self::ReservedKind { .. }
            | Self::KeyConflict { .. }
            | Self::UnknownCause { .. }
            | Self::FutureVersion { .. }
            | Self::StoreDamaged { .. }
            | Self::NotAStore { .. }
            | Self::EventsGone { .. }
            | Self::StreamGap { .. }
            | Self::Forked { .. } => None,
        }
    }
}

impl StoreError {
    /// The error of the system that this error comes from, looked for inside batch errors,
    /// unknown commits, unreadable files and boxed causes.
    #[must_use]
    pub fn io_error(&self) -> Option<&io::Error> {
        match self {
            Self::Io(error)
            | Self::CheckpointWriteFailed { source: error, .. }
            | Self::HiddenRangesCorrupt {
                kind: HiddenRangesCorruption::ReadFailed(error),
                ..
            }
            | Self::PlatformProfileInvalid {
                kind: ProfileInvalidKind::Io(error),
                ..
            } => Some(error),
            Self::Serialization(error) | Self::CacheFailed(error) => error.downcast_ref(),
            other => other.inner()?.io_error(),
        }
    }

    /// What was tried on which file when the system refused.
    #[must_use]
    pub fn io_context(&self) -> Option<&IoContext> {
        self.io_error()?.get_ref()?.downcast_ref()
    }

    /// The number of the system error (`errno`), also when context is wrapped around it.
    #[must_use]
    pub fn os_error(&self) -> Option<i32> {
        os_error(self.io_error()?)
    }

    /// The store error that this one wraps.
    pub(super) fn inner(&self) -> Option<&StoreError> {
        match self {
            Self::BatchFailed { source, .. }
            | Self::BatchSyncFailed { source, .. }
            | Self::CommitUnknown { source, .. }
            | Self::CommittedNotReached { source, .. } => Some(source),
            Self::HiddenRangesCorrupt {
                kind: HiddenRangesCorruption::MalformedEntries { source },
                ..
            } => Some(source),
            _ => None,
        }
    }
}

/// The system error number of `error`, or of the error that it was made from.
pub(super) fn os_error(error: &io::Error) -> Option<i32> {
    if let Some(number) = error.raw_os_error() {
        return Some(number);
    }
    let inner = error.get_ref()?;
    if let Some(context) = inner.downcast_ref::<IoContext>() {
        return os_error(&context.source);
    }
    if let Some(shared) = inner.downcast_ref::<Arc<io::Error>>() {
        return os_error(shared);
    }
    os_error(inner.downcast_ref::<io::Error>()?)
}
