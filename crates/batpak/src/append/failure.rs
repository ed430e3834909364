//! What an error of the journal means to the caller of an append.

use batpak_coordinate::StreamSequence;
use batpak_journal::{AppendError, Failure};

use crate::error::{CommitState, Detail, DetailCause, IoContext, StoreError};
use crate::origin::Origin;
use crate::read::{not_found, read_error};

/// Whether one event is appended for itself, or a batch of so many.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Scope {
    Single,
    Batch(usize),
}

impl Scope {
    /// An error that concerns one item.
    pub(super) fn item(self, index: usize, error: StoreError) -> StoreError {
        match self {
            Self::Single => error,
            Self::Batch(_) => StoreError::BatchFailed {
                item_index: index,
                source: Box::new(error),
            },
        }
    }

    /// An error that concerns everything that was to be appended.
    pub(super) fn whole(self, error: StoreError) -> StoreError {
        self.item(0, error)
    }

    /// The position that an error names, where positions mean something.
    pub(super) fn position(self, index: usize) -> Option<usize> {
        matches!(self, Self::Batch(_)).then_some(index)
    }
}

/// The store error for `error`, with everything it knows.
pub(crate) fn append_error(error: AppendError, origin: &Origin, scope: Scope) -> StoreError {
    match error {
        AppendError::NotWritten(failed) => {
            scope.whole(origin.io_error(failed, CommitState::NotCommitted))
        }
        AppendError::Unknown {
            first,
            last,
            failure,
        } => {
            origin.note_failure(&failure);
            let unknown = StoreError::CommitUnknown {
                first: first.get(),
                last: last.get(),
                source: Box::new(failure_error(failure, origin)),
            };
            match scope {
                Scope::Single => unknown,
                Scope::Batch(item_count) => StoreError::BatchSyncFailed {
                    item_count,
                    source: Box::new(unknown),
                },
            }
        }
        AppendError::Failed(failure) => {
            origin.note_failure(&failure);
            StoreError::WriterCrashed
        }
        AppendError::Forked => forked(origin),
        AppendError::ConditionBroken { events, stream, .. } => {
            let reason = match stream {
                Some(stream) => {
                    let (entity, expected, actual) = *stream;
                    format!(
                        "the newest event of {entity} has stream sequence {actual}, expected {expected}"
                    )
                }
                None => "events of its region came before".to_owned(),
            };
            StoreError::ConditionBroken {
                events: events.iter().map(|event| event.get()).collect(),
                reason: Detail::new(DetailCause::Unspecified, reason),
            }
        }
        AppendError::NoSuchRange { first, last, .. } if first.is_none() || first > last => {
            StoreError::RangeMalformed {
                start: first.get(),
                end: last.get(),
            }
        }
        AppendError::NoSuchRange { last, .. } => not_found(last),
        AppendError::SequenceMismatch {
            index,
            entity,
            expected,
            actual,
        } => scope.item(
            index,
            StoreError::SequenceMismatch {
                entity,
                expected: saturate(expected),
                actual: saturate(actual),
            },
        ),
        AppendError::KeyConflict { index, key } => {
            scope.item(index, StoreError::KeyConflict { key })
        }
        AppendError::PartialUnit(reason) => StoreError::IdempotencyPartialBatch {
            reason: Detail::new(DetailCause::PartlyPresent, reason),
        },
        AppendError::UnknownCause { index, cause } => {
            let unknown = StoreError::UnknownCause {
                index: scope.position(index),
                cause,
            };
            scope.item(index, unknown)
        }
        AppendError::InvalidPrior { index, prior } => scope.item(
            index,
            StoreError::InvalidCausation {
                prior_idx: prior,
                item_index: index,
                reason: Detail::new(
                    DetailCause::NotEarlier,
                    "a cause must be an earlier item of the batch",
                ),
            },
        ),
        AppendError::TooLarge { index, size, limit } => match scope {
            Scope::Single => limit_exceeded(format!(
                "single append bytes {size} exceed the limit of {limit}"
            )),
            Scope::Batch(_) => StoreError::BatchItemTooLarge { index, size, limit },
        },
        AppendError::UnitTooLarge { what, size, limit } => scope.whole(limit_exceeded(format!(
            "batch of {size} {what} exceeds the limit of {limit}"
        ))),
        AppendError::InvalidClock { timestamp_us } => scope.whole(StoreError::InvalidClock {
            timestamp_us,
            reason: Detail::new(
                DetailCause::OutOfRange,
                "an event's time is from 1970 to the end of 9999",
            ),
        }),
        AppendError::Unreadable(error) => scope.whole(read_error(error, origin)),
        // A closed journal is one: no call can reach it, since closing consumes the store. The
        // journal may learn others, which are given before anything is staged.
        other => {
            let (commit, error) = (CommitState::NotCommitted, std::io::Error::other(other));
            scope.whole(IoContext::new("append to", origin.path(), commit, error).into())
        }
    }
}

/// What failed the writer.
pub(crate) fn failure_error(failure: Failure, origin: &Origin) -> StoreError {
    match failure {
        Failure::Sync(failed) | Failure::Write(failed) | Failure::Identity(failed) => {
            origin.io_error(failed, CommitState::Unknown)
        }
        Failure::Forked => forked(origin),
        other => IoContext::new(
            "keep writing",
            origin.path(),
            CommitState::Unknown,
            std::io::Error::other(other),
        )
        .into(),
    }
}

fn forked(origin: &Origin) -> StoreError {
    let path = origin.path().to_path_buf();
    StoreError::Forked { path }
}

fn saturate(sequence: StreamSequence) -> u32 {
    u32::try_from(sequence.get()).unwrap_or(u32::MAX)
}

fn limit_exceeded(text: String) -> StoreError {
    StoreError::Configuration(Detail::new(DetailCause::LimitExceeded, text))
}
