//! Every message as people see it, so that a change of words is reviewed.

use std::error::Error;
use std::fmt::Write as _;

use super::example::every_cause;
use super::{CommitState, StoreError};

/// The answers of an error, and its chain of causes.
fn describe(error: &StoreError) -> String {
    let mut text = format!("{}\n  message: {error}\n", error.code());
    let mut cause = error.source();
    while let Some(error) = cause {
        let _ = writeln!(text, "  source: {error}");
        cause = error.source();
    }
    let _ = writeln!(
        text,
        "  class: {:?}\n  commit: {:?}\n  retry: {:?}",
        error.class(),
        error.commit_state(),
        error.retry()
    );
    let _ = writeln!(text, "  hint: {}", error.hint().unwrap_or("-"));
    text
}

#[test]
fn messages_are_as_reviewed() {
    let mut all: Vec<String> = every_cause().iter().map(describe).collect();
    all.extend(other_wordings().iter().map(describe));
    insta::assert_snapshot!("messages", all.join("\n"));
}

/// Messages that change with optional facts.
fn other_wordings() -> Vec<StoreError> {
    let damaged = |offset, first_sequence, last_sequence| StoreError::StoreDamaged {
        path: "data/000002.fbat".into(),
        offset,
        first_sequence,
        last_sequence,
        detail: "the file is missing".into(),
    };
    vec![
        StoreError::Io(std::io::Error::new(
            std::io::ErrorKind::PermissionDenied,
            "not allowed",
        )),
        super::example::refused(
            std::io::ErrorKind::TimedOut,
            "device timed out",
            CommitState::Unknown,
        ),
        StoreError::InvalidCoordinate {
            index: None,
            reason: "entity cannot be empty".into(),
        },
        StoreError::CursorCheckpointRegionMismatch {
            path: "data/cursors/mailer.ckpt".into(),
            stored: None,
            expected: "entity=b".into(),
        },
        damaged(None, None, None),
        damaged(Some(0), Some(7), None),
        damaged(None, None, Some(9)),
        StoreError::StreamGap {
            entity: "order:17".into(),
            found: 0,
            expected: 5,
        },
    ]
}
