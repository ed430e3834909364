//! What undoes what a failed step had done.

use batpak_event::EventId;
use serde::{Deserialize, Serialize};

use super::bytes;

/// What undoes what a failed step had done. The store carries it; the caller carries it out.
///
/// ```
/// use batpak::EventId;
/// use batpak::outcome::CompensationAction;
///
/// let undo = CompensationAction::Rollback { event_ids: vec![EventId::new(7)] };
/// let bytes = batpak::encoding::to_bytes(&undo)?;
/// assert_eq!(batpak::encoding::from_bytes::<CompensationAction>(&bytes)?, undo);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum CompensationAction {
    /// Append what takes events back.
    Rollback {
        /// The events.
        event_ids: Vec<EventId>,
    },
    /// Tell somebody.
    Notify {
        /// Whom.
        #[serde(with = "bytes::number")]
        target_id: u128,
        /// What.
        message: String,
    },
    /// Give resources back.
    Release {
        /// Which.
        #[serde(with = "bytes::numbers")]
        resource_ids: Vec<u128>,
    },
    /// Something that the caller knows.
    Custom {
        /// What it is.
        action_type: String,
        /// What the caller needs to know of it.
        #[serde(with = "bytes::blob")]
        data: Vec<u8>,
    },
}
