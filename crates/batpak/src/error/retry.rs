//! Whether trying again can help.

use std::io::{self, ErrorKind};

use super::source::os_error;
use super::{CommitState, StoreError};

/// Whether trying again can help.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RetryAdvice {
    /// The same request fails again.
    Never,
    /// The same request may succeed after a pause; make the pause longer each time.
    Backoff,
    /// The same request may succeed once there is free space.
    AfterSpace,
    /// Read the stream again and decide anew.
    AfterRead,
    /// The events are committed: wait again, do not append again.
    WaitAgain,
    /// Open the store again. Where the commit is unknown, look for the events, by id or key,
    /// before appending them anew.
    AfterReopen,
}

/// System error numbers of too many open files (system wide, in this process).
const TOO_MANY_OPEN_FILES: [i32; 2] = [23, 24];

impl StoreError {
    /// Whether trying again can help. Looks at the kind of a system error and at the commit.
    #[must_use]
    pub fn retry(&self) -> RetryAdvice {
        match self {
            Self::Io(error) => match self.commit_state() {
                CommitState::NotCommitted => io_advice(error),
                CommitState::Committed => RetryAdvice::Never,
                CommitState::Unknown => RetryAdvice::AfterReopen,
            },
            Self::CheckpointWriteFailed { source, .. } => io_advice(source),
            Self::CacheFailed(_) => self.io_error().map_or(RetryAdvice::Backoff, io_advice),
            Self::StoreLocked { .. } | Self::VisibilityFenceActive => RetryAdvice::Backoff,
            Self::SequenceMismatch { .. } | Self::ConditionBroken { .. } => RetryAdvice::AfterRead,
            Self::WaitTimeout { .. } | Self::CommittedNotReached { .. } => RetryAdvice::WaitAgain,
            Self::BatchFailed { source, .. } => source.retry(),
            Self::WriterCrashed
            | Self::SequenceGateViolation { .. }
            | Self::BatchSyncFailed { .. }
            | Self::CommitUnknown { .. } => RetryAdvice::AfterReopen,
            Self::Coordinate(_)
            | Self::CheckpointId(_)
            | Self::Serialization(_)
            | Self::CrcMismatch { .. }
            | Self::CorruptSegment { .. }
            | Self::NotFound(_)
            | Self::Configuration(_)
            | Self::PlatformProfileInvalid { .. }
            | Self::PlatformProfileMismatch { .. }
            | Self::PlatformAdmissionFailed { .. }
            | Self::EventPayloadRegistry(_)
            | Self::IdempotencyRequired
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
            | Self::Forked { .. } => RetryAdvice::Never,
        }
    }
}

/// What an error of the system means for trying again, if nothing was committed.
fn io_advice(error: &io::Error) -> RetryAdvice {
    match error.kind() {
        ErrorKind::Interrupted
        | ErrorKind::WouldBlock
        | ErrorKind::TimedOut
        | ErrorKind::ResourceBusy
        | ErrorKind::OutOfMemory => RetryAdvice::Backoff,
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => RetryAdvice::AfterSpace,
        // There is no kind for this cause, which passes when other files are closed.
        _ if os_error(error).is_some_and(|number| TOO_MANY_OPEN_FILES.contains(&number)) => {
            RetryAdvice::Backoff
        }
        _ => RetryAdvice::Never,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::IoContext;

    #[test]
    fn advice_for_a_system_error_follows_its_kind() {
        for (kind, expected) in [
            (ErrorKind::PermissionDenied, RetryAdvice::Never),
            (ErrorKind::InvalidInput, RetryAdvice::Never),
            (ErrorKind::ReadOnlyFilesystem, RetryAdvice::Never),
            (ErrorKind::Other, RetryAdvice::Never),
            (ErrorKind::StorageFull, RetryAdvice::AfterSpace),
            (ErrorKind::QuotaExceeded, RetryAdvice::AfterSpace),
            (ErrorKind::TimedOut, RetryAdvice::Backoff),
            (ErrorKind::Interrupted, RetryAdvice::Backoff),
        ] {
            assert_eq!(StoreError::Io(kind.into()).retry(), expected, "{kind:?}");
            let batch = StoreError::BatchFailed {
                item_index: 0,
                source: Box::new(StoreError::Io(kind.into())),
            };
            assert_eq!(batch.retry(), expected, "{kind:?} in a batch");
        }
        for number in TOO_MANY_OPEN_FILES {
            let error = StoreError::Io(io::Error::from_raw_os_error(number));
            assert_eq!(error.retry(), RetryAdvice::Backoff, "{error}");
        }
    }

    #[test]
    fn what_may_be_committed_is_never_simply_repeated() {
        for (commit, expected) in [
            (CommitState::NotCommitted, RetryAdvice::Backoff),
            (CommitState::Committed, RetryAdvice::Never),
            (CommitState::Unknown, RetryAdvice::AfterReopen),
        ] {
            let context =
                IoContext::new("sync", "d/000001.fbat", commit, ErrorKind::TimedOut.into());
            assert_eq!(StoreError::from(context).retry(), expected, "{commit:?}");
        }
    }
}
