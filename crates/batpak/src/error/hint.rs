//! What to do next, in words for people.

use std::io::{self, ErrorKind};

use super::{CommitState, HiddenRangesCorruption, ProfileInvalidKind, RetryAdvice, StoreError};

const FREE_SPACE: &str = "free space on the file system, then try again";
const TRY_LATER: &str = "try again after a pause";
const REOPEN: &str = "open the store again";
const REOPEN_AND_LOOK: &str =
    "open the store again and look for the events, by id or key, before appending them anew";
const COMMITTED: &str = "the events are committed, do not append them again";
const VERIFY: &str = "keep the files as they are, copy the directory, and run a verification to \
                      see which events are affected";
const REPORT: &str = "keep the files as they are and report this as a defect of the software";
const REPORT_COMMITTED: &str = "the event is committed, do not append it again; keep the files as \
                                they are and report this as a defect of the software";
const NAME: &str =
    "use names of 1 to 1024 bytes without control characters, `/`, `..`, pipe and `=`";
const CHECK_PROFILE: &str = "capture the profile again on this machine, or configure another one";
const UPGRADE: &str = "open the store with a version of the software that knows this format";

impl StoreError {
    /// What to do next, in words for people. Following it never loses data.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Io(error) => match self.commit_state() {
                CommitState::Unknown => Some(REOPEN_AND_LOOK),
                CommitState::Committed => Some(COMMITTED),
                CommitState::NotCommitted => self.hint_for_io(error),
            },
            Self::CheckpointWriteFailed { source, .. } => self
                .hint_for_io(source)
                .or(Some("the cursor resumes at the checkpoint saved before")),
            Self::BatchFailed { source, .. } => source.hint(),
            Self::BatchSyncFailed { .. }
            | Self::CommitUnknown { .. }
            | Self::SequenceGateViolation { .. } => Some(REOPEN_AND_LOOK),
            Self::StoreLocked { .. } => Some(
                "find the process that has the store open, the lock file tells which, and let it \
                 close the store",
            ),
            Self::Coordinate(_)
            | Self::CheckpointId(_)
            | Self::InvalidCoordinate { .. }
            | Self::CoordinateNulByte
            | Self::CoordinatePathTraversal
            | Self::CoordinateControlChar => Some(NAME),
            Self::Serialization(_) => Some(
                "when appending, check that the payload can be written as MessagePack; when \
                 reading, run a verification of the store",
            ),
            Self::CrcMismatch { .. }
            | Self::CorruptSegment { .. }
            | Self::CorruptFrame { .. }
            | Self::StoreDamaged { .. }
            | Self::StreamGap { .. } => Some(VERIFY),
            Self::NotFound(_) => {
                Some("check the id; an event that is hidden or in another store is not found")
            }
            Self::SequenceMismatch { .. } | Self::ConditionBroken { .. } => {
                Some("read the stream again and decide with what was appended in the meantime")
            }
            Self::WriterCrashed => Some(REOPEN),
            Self::WaitTimeout { .. } => {
                Some("the events are committed: wait again, do not append them again")
            }
            Self::CommittedNotReached { .. } => Some(
                "the event is committed, its receipt is in the error: make it durable with `sync`, do \
                 not append it again",
            ),
            Self::CacheFailed(_) => {
                Some("check the directory of the cache; the projection can be read without it")
            }
            Self::Configuration(_) => Some("change the option or the request that is named"),
            Self::PlatformProfileInvalid { kind, .. } => Some(match kind {
                ProfileInvalidKind::Io(_) => "check the path of the profile in the configuration",
                _ => CHECK_PROFILE,
            }),
            Self::PlatformProfileMismatch { .. } => Some(
                "compare the profile with this machine; if the machine is right, capture the \
                 profile again",
            ),
            Self::PlatformAdmissionFailed { .. } => Some(
                "use a file system that has the ability, or a configuration that does not \
                 require it",
            ),
            Self::EventPayloadRegistry(_) => Some("give each payload type a kind of its own"),
            Self::IdempotencyRequired => {
                Some("append with an idempotency key, or configure group commit without the rule")
            }
            Self::VisibilityFenceActive => {
                Some("append through the fence, or wait until it is committed or canceled")
            }
            Self::VisibilityFenceNotActive => {
                Some("the fence has ended before; begin a new one for further events")
            }
            Self::VisibilityFenceCancelled => {
                Some("nothing of the fence was written: append the events again if they are wanted")
            }
            Self::IdempotencyPartialBatch { .. } => Some(
                "give every item of the batch a key of its own and send the same batch each time",
            ),
            Self::SegmentTooManyEntries { .. } => Some("configure smaller segments"),
            Self::DataDirMalformed { .. } => Some(
                "check what the file is; if it does not belong to the store, move it to another \
                 directory",
            ),
            Self::RangeMalformed { .. } => Some("give the first sequence before the end"),
            Self::InvalidCausation { .. } => {
                Some("put the cause before the event in the batch, or name it by its id")
            }
            Self::InvalidCommitMetadata { .. } => {
                Some("take the facts from one receipt, unchanged")
            }
            Self::HiddenRangesCorrupt { kind, .. } => Some(match kind {
                HiddenRangesCorruption::ReadFailed(_) => {
                    "check that the file can be read by this user"
                }
                HiddenRangesCorruption::UnsupportedVersion { .. } => UPGRADE,
                _ => VERIFY,
            }),
            Self::BatchItemTooLarge { .. } => {
                Some("split the payload, or keep it elsewhere and append a reference to it")
            }
            Self::EntityClockOverflow { .. } => Some("continue in a stream of another entity"),
            Self::InvalidClock { .. } => Some("set the clock of the machine"),
            Self::CursorCheckpointCorrupt { .. } => Some(
                "start the cursor with another checkpoint name: it delivers from the beginning",
            ),
            Self::CursorCheckpointRegionMismatch { .. } => Some(
                "resume with the region that the checkpoint belongs to, or use another \
                 checkpoint name",
            ),
            Self::AncestryCorrupt { .. } => Some(REPORT),
            Self::InvariantViolation { .. } => Some(match self.commit_state() {
                CommitState::NotCommitted => REPORT,
                CommitState::Committed | CommitState::Unknown => REPORT_COMMITTED,
            }),
            Self::ReservedKind { .. } => Some("use a kind of a category other than 0x0 and 0xD"),
            Self::KeyConflict { .. } => {
                Some("use a new key for a new event; for a repetition send the same body as before")
            }
            Self::UnknownCause { .. } => {
                Some("append the cause first, or mark it as foreign if it is in another store")
            }
            Self::FutureVersion { .. } => Some(UPGRADE),
            Self::EventsGone { .. } => Some("read the events before and after them"),
            Self::NotAStore { .. } => {
                Some("check the path; to create a store, name a directory that is empty or new")
            }
            Self::Forked { .. } => {
                Some("append in the process that opened the store; a child may open it for reading")
            }
        }
    }

    /// What to do about an error of the system that left nothing in doubt.
    fn hint_for_io(&self, error: &io::Error) -> Option<&'static str> {
        match self.retry() {
            RetryAdvice::AfterSpace => return Some(FREE_SPACE),
            RetryAdvice::Backoff => return Some(TRY_LATER),
            _ => {}
        }
        match error.kind() {
            ErrorKind::PermissionDenied => Some("check that this user may use the path"),
            ErrorKind::ReadOnlyFilesystem => {
                Some("open the store for reading only, or move it to a writable file system")
            }
            _ => None,
        }
    }
}
