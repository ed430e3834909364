//! The message of a store error: what happened, where, with which values.

use std::fmt;

use super::StoreError;

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(error) => write!(f, "IO error: {error}"),
            Self::StoreLocked { path, mode } => write!(
                f,
                "store at {} is locked, so it cannot be opened {mode}: another handle, in this \
                 process or another one, has it open; closing that store or ending that process \
                 releases it",
                path.display()
            ),
            Self::Coordinate(error) => write!(f, "coordinate error: {error}"),
            Self::CheckpointId(error) => write!(f, "checkpoint id error: {error}"),
            Self::Serialization(error) => write!(f, "serialization error: {error}"),
            Self::CrcMismatch { segment_id, offset } => {
                write!(f, "CRC mismatch in segment {segment_id} at offset {offset}")
            }
            Self::CorruptSegment { segment_id, detail } => {
                write!(f, "corrupt segment {segment_id}: {detail}")
            }
            Self::NotFound(id) => write!(f, "event {id:032x} not found"),
            Self::SequenceMismatch {
                entity,
                expected,
                actual,
            } => write!(
                f,
                "CAS failed for {entity}: expected stream sequence {expected}, found {actual}"
            ),
            Self::WriterCrashed => f.write_str(
                "the writer crashed or failed earlier and accepts nothing more until the store \
                 is opened again",
            ),
            Self::WaitTimeout {
                watermark,
                target,
                waited_ms,
            } => write!(
                f,
                "wait timed out after {waited_ms}ms: watermark {watermark:?} has not reached \
                 sequence {} at wall time {}ms",
                target.global_sequence, target.wall_ms
            ),
            Self::CacheFailed(error) => write!(f, "cache error: {error}"),
            Self::SequenceGateViolation {
                operation,
                requested,
                allocated,
                visible,
            } => write!(
                f,
                "sequence gate violation in {operation}: publish({requested}) with \
                 allocated={allocated}, visible={visible}"
            ),
            Self::Configuration(detail) => write!(f, "invalid config: {detail}"),
            Self::PlatformProfileInvalid { path, kind } => {
                write!(f, "platform profile {} is invalid: {kind}", path.display())
            }
            Self::PlatformProfileMismatch { path, reason } => write!(
                f,
                "platform profile {} does not match this machine: {reason}",
                path.display()
            ),
            Self::PlatformAdmissionFailed { capability, reason } => {
                write!(f, "platform admission failed for {capability}: {reason}")
            }
            Self::EventPayloadRegistry(error) => write!(f, "{error}"),
            Self::IdempotencyRequired => {
                f.write_str("group commit is configured to require an idempotency key per append")
            }
            Self::VisibilityFenceActive => f.write_str("a visibility fence is active"),
            Self::VisibilityFenceNotActive => f.write_str("no matching visibility fence is active"),
            Self::VisibilityFenceCancelled => {
                f.write_str("the visibility fence was cancelled before its events were published")
            }
            Self::BatchFailed { item_index, source } => {
                write!(f, "batch failed at item {item_index}: {source}")
            }
            Self::BatchSyncFailed { item_count, source } => write!(
                f,
                "batch sync failed after writing {item_count} items: {source}"
            ),
            Self::IdempotencyPartialBatch { reason } => {
                write!(f, "batch rejected by its idempotency keys: {reason}")
            }
            Self::CorruptFrame {
                segment_id,
                offset,
                reason,
            } => write!(
                f,
                "corrupt frame in segment {segment_id} at offset {offset}: {reason}"
            ),
            Self::SegmentTooManyEntries { segment_id, count } => write!(
                f,
                "segment {segment_id} has {count} events, its index holds at most {}",
                u32::MAX
            ),
            Self::DataDirMalformed { path } => {
                write!(f, "unexpected file in the store: {}", path.display())
            }
            Self::AncestryCorrupt { cycle_at } => {
                write!(f, "the ancestry of event {cycle_at:032x} contains a cycle")
            }
            Self::RangeMalformed { start, end } => {
                write!(f, "malformed sequence range: start={start}, end={end}")
            }
            Self::InvalidCoordinate { index, reason } => {
                f.write_str("invalid coordinate")?;
                at_item(f, *index)?;
                write!(f, ": {reason}")
            }
            Self::InvalidCausation {
                prior_idx,
                item_index,
                reason,
            } => write!(
                f,
                "invalid causation: batch item {item_index} names item {prior_idx} as its cause: \
                 {reason}"
            ),
            Self::InvalidCommitMetadata { reason } => {
                write!(f, "invalid commit metadata: {reason}")
            }
            Self::CoordinateNulByte => {
                f.write_str("coordinate component contains forbidden NUL byte")
            }
            Self::CoordinatePathTraversal => f.write_str(
                "coordinate component contains forbidden path-traversal substring (`..` or `/`)",
            ),
            Self::CoordinateControlChar => {
                f.write_str("coordinate component contains forbidden ASCII control character")
            }
            Self::HiddenRangesCorrupt { path, kind } => {
                write!(f, "corrupt hidden ranges in {}: {kind}", path.display())
            }
            Self::BatchItemTooLarge { index, size, limit } => write!(
                f,
                "batch item {index} has {size} bytes, the limit is {limit}"
            ),
            Self::EntityClockOverflow { entity } => write!(
                f,
                "the stream of {entity} is full: its sequence has no successor"
            ),
            Self::InvalidClock {
                timestamp_us,
                reason,
            } => write!(f, "invalid clock: timestamp_us is {timestamp_us}: {reason}"),
            Self::CheckpointWriteFailed { id, source } => {
                write!(f, "checkpoint {id}: write failed: {source}")
            }
            Self::CursorCheckpointCorrupt { path, reason } => {
                write!(f, "corrupt cursor checkpoint {}: {reason}", path.display())
            }
            Self::CursorCheckpointRegionMismatch {
                path,
                stored,
                expected,
            } => {
                let path = path.display();
                match stored {
                    Some(stored) => {
                        write!(f, "cursor checkpoint {path} belongs to region {stored:?}")
                    }
                    None => write!(
                        f,
                        "cursor checkpoint {path} belongs to region <not recorded>"
                    ),
                }?;
                write!(f, ", this cursor reads {expected:?}")
            }
            Self::InvariantViolation { kind } => write!(f, "invariant violation: {kind}"),
            Self::CommitUnknown {
                first,
                last,
                source,
            } => write!(
                f,
                "whether events {first} to {last} are committed is unknown until the store is \
                 opened again: {source}"
            ),
            Self::ReservedKind { index, kind } => {
                write!(f, "event kind {kind}")?;
                at_item(f, *index)?;
                f.write_str(" is reserved for the store")
            }
            Self::KeyConflict { key } => write!(
                f,
                "idempotency key {:032x} belongs to an event with another body",
                key.as_u128()
            ),
            Self::UnknownCause { index, cause } => {
                write!(f, "cause {:032x}", cause.as_u128())?;
                at_item(f, *index)?;
                f.write_str(" is not in the store")
            }
            Self::FutureVersion {
                path,
                found,
                supported,
            } => write!(
                f,
                "{} has format version {found}, this software reads up to {supported}",
                path.display()
            ),
            Self::StoreDamaged {
                path,
                offset,
                first_sequence,
                last_sequence,
                detail,
            } => {
                write!(f, "store damaged: {}", path.display())?;
                if let Some(offset) = offset {
                    write!(f, " at offset {offset}")?;
                }
                match (first_sequence, last_sequence) {
                    (Some(first), Some(last)) => write!(f, ", events {first} to {last}")?,
                    (Some(first), None) => write!(f, ", events from {first}")?,
                    (None, Some(last)) => write!(f, ", events up to {last}")?,
                    (None, None) => {}
                }
                write!(f, ": {detail}")
            }
            Self::NotAStore { path } => write!(f, "{} is not a store", path.display()),
            Self::EventsGone {
                first_sequence,
                last_sequence,
                reason,
            } => write!(
                f,
                "events {first_sequence} to {last_sequence} are not in the store any more: {reason}"
            ),
            Self::CommittedNotReached { receipt, source } => {
                write!(f, "event {} is committed: {source}", receipt.sequence)
            }
            Self::ConditionBroken { events, reason } => {
                write!(f, "a condition of the append does not hold: {reason}")?;
                let mut before = if events.len() == 1 {
                    "; sequence "
                } else {
                    "; sequences "
                };
                for sequence in events {
                    write!(f, "{before}{sequence}")?;
                    before = ", ";
                }
                Ok(())
            }
            Self::Forked { path } => write!(
                f,
                "store at {} cannot be appended to in this process, which is a fork of the one \
                 that opened it",
                path.display()
            ),
            Self::StreamGap {
                entity,
                found,
                expected,
            } => {
                write!(
                    f,
                    "events of {entity} are missing: expected stream sequence {expected}, found "
                )?;
                match found {
                    0 => f.write_str("none"),
                    found => write!(f, "{found}"),
                }
            }
        }
    }
}

/// Says which batch item is meant, if one is.
fn at_item(f: &mut fmt::Formatter<'_>, index: Option<usize>) -> fmt::Result {
    match index {
        Some(index) => write!(f, " in batch item {index}"),
        None => Ok(()),
    }
}
