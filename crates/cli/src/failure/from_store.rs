//! Failures of the store as failures of the command.

use std::path::Path;

use batpak::StoreError;
use batpak::store::{CommitState, HandlingClass, lock_owner};

use super::{Exit, Failure, Report};
use crate::time::rfc3339_micros;

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Failure {
        Failure::Report(Box::new(Report {
            exit: exit_for(&error),
            code: error.code().to_owned(),
            class: class_name(error.class()),
            commit_state: commit_state_name(error.commit_state()),
            message: error.to_string(),
            path: error.path().map(Path::to_owned),
            line: None,
            hint: hint_for(&error).map(str::to_owned),
        }))
    }
}

impl Failure {
    /// Whether the error says that the store is damaged.
    pub(crate) fn is_damage(error: &StoreError) -> bool {
        matches!(
            error,
            StoreError::StoreDamaged { .. }
                | StoreError::CrcMismatch { .. }
                | StoreError::CorruptSegment { .. }
                | StoreError::CorruptFrame { .. }
                | StoreError::DataDirMalformed { .. }
                | StoreError::HiddenRangesCorrupt { .. }
                | StoreError::StreamGap { .. }
        )
    }

    /// A failed open of a store: damage means that the store is not whole, and a lock names who
    /// has it.
    pub(crate) fn opening(error: StoreError) -> Failure {
        let damage = Failure::is_damage(&error);
        let holder = match &error {
            StoreError::StoreLocked { path, .. } => holder(path),
            _ => None,
        };
        let failure = Failure::from(error).change(|report| {
            if damage {
                report.exit = Exit::NotWhole;
            }
        });
        match holder {
            Some(holder) => failure.and(&holder),
            None => failure,
        }
    }
}

/// Who has the store in `dir`, as far as it says so; only the lock itself decides.
fn holder(dir: &Path) -> Option<String> {
    let owner = lock_owner(dir).ok().flatten()?;
    // The lock file that names the holder may be gone; the lock holds all the same.
    if owner.process == 0 {
        return None;
    }
    let mut text = format!("held by process {}", owner.process);
    if !owner.program.is_empty() {
        text.push_str(&format!(" ({})", owner.program));
    }
    if !owner.host.is_empty() {
        text.push_str(&format!(" on {}", owner.host));
    }
    text.push_str(&format!(" since {}", rfc3339_micros(owner.since_us)));
    Some(text)
}

fn exit_for(error: &StoreError) -> Exit {
    match error {
        StoreError::StoreLocked { .. } => Exit::Locked,
        StoreError::SequenceMismatch { .. }
        | StoreError::ConditionBroken { .. }
        | StoreError::KeyConflict { .. }
        | StoreError::IdempotencyPartialBatch { .. } => Exit::Conflict,
        StoreError::NotAStore { .. } => Exit::Usage,
        StoreError::StoreDamaged { .. } => Exit::NotWhole,
        StoreError::BatchFailed { source, .. } => exit_for(source),
        _ => Exit::Error,
    }
}

/// What to do next, in terms of this command where it has a better answer than the library.
fn hint_for(error: &StoreError) -> Option<&'static str> {
    match error {
        StoreError::StoreLocked { .. } => Some(
            "another process has it open for writing; log, get, stats, head, explain, verify and \
             export work beside it",
        ),
        StoreError::KeyConflict { .. } => {
            Some("the key belongs to an event with another body: use another key")
        }
        error if Failure::is_damage(error) && names_the_identity(error) => Some(
            "reading commands work from the segments; `batpak repair identity` writes the identity \
             again from them",
        ),
        error if Failure::is_damage(error) => Some(
            "keep a copy of the directory as it is; `batpak verify` lists what is damaged, commands \
             that only read serve the rest, and `batpak salvage` copies it into a new store",
        ),
        error => error.hint(),
    }
}

/// Whether the damage is in the store identity.
fn names_the_identity(error: &StoreError) -> bool {
    let name = error.path().and_then(Path::file_name);
    name.is_some_and(|name| name == "store.fbatm")
}

fn class_name(class: HandlingClass) -> &'static str {
    match class {
        HandlingClass::Domain => "domain",
        HandlingClass::RetryableOperational => "retryable_operational",
        HandlingClass::FailClosedOperational => "fail_closed_operational",
    }
}

fn commit_state_name(state: CommitState) -> &'static str {
    match state {
        CommitState::NotCommitted => "not_committed",
        CommitState::Committed => "committed",
        CommitState::Unknown => "unknown",
    }
}
