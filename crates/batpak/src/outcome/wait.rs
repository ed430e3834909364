//! What a pending step waits for.

use std::fmt;

use batpak_event::EventId;
use serde::{Deserialize, Serialize};

use super::bytes;

/// What a pending step waits for.
///
/// ```
/// use batpak::EventId;
/// use batpak::outcome::WaitCondition;
///
/// let paid = WaitCondition::Event { event_id: EventId::new(7) };
/// let late = WaitCondition::Timeout { resume_at_ms: 90_000 };
/// let either = WaitCondition::Any(vec![paid, late]);
/// assert!(either.to_string().ends_with("or time 90000ms)"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum WaitCondition {
    /// A time.
    Timeout {
        /// Milliseconds since 1970.
        resume_at_ms: u64,
    },
    /// An event.
    Event {
        /// Its id.
        event_id: EventId,
    },
    /// All of several; of none, it holds at once.
    All(Vec<WaitCondition>),
    /// One of several; of none, it never holds.
    Any(Vec<WaitCondition>),
    /// Something that the caller knows.
    Custom {
        /// What it is, in the caller's numbering.
        tag: u16,
        /// What the caller needs to know of it.
        #[serde(with = "bytes::blob")]
        data: Vec<u8>,
    },
}

impl fmt::Display for WaitCondition {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            WaitCondition::Timeout { resume_at_ms } => write!(formatter, "time {resume_at_ms}ms"),
            WaitCondition::Event { event_id } => write!(formatter, "{event_id}"),
            WaitCondition::All(conditions) => list(formatter, conditions, " and "),
            WaitCondition::Any(conditions) => list(formatter, conditions, " or "),
            WaitCondition::Custom { tag, .. } => write!(formatter, "condition {tag}"),
        }
    }
}

fn list(
    formatter: &mut fmt::Formatter<'_>,
    conditions: &[WaitCondition],
    between: &str,
) -> fmt::Result {
    let mut before = "(";
    for condition in conditions {
        write!(formatter, "{before}{condition}")?;
        before = between;
    }
    formatter.write_str(if conditions.is_empty() { "()" } else { ")" })
}
