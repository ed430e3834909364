//! What led to an event.

use serde::{Deserialize, Serialize};

use crate::EventId;

/// An event that led to another one, and where it lives.
///
/// The mark is part of the event's hash: a foreign cause cannot be passed off as a local one later.
///
/// ```
/// use batpak_event::{Cause, EventId};
///
/// let cause = Cause::Foreign(EventId::new(7));
/// assert!(cause.is_foreign() && cause.id() == EventId::new(7));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Cause {
    /// An event of the same store, which existed when the effect was appended.
    Local(EventId),
    /// An event of another store, taken on trust.
    Foreign(EventId),
}

impl Cause {
    /// The id of the event that caused.
    #[must_use]
    pub const fn id(self) -> EventId {
        match self {
            Cause::Local(id) | Cause::Foreign(id) => id,
        }
    }

    /// Whether the event lives in another store.
    #[must_use]
    pub const fn is_foreign(self) -> bool {
        matches!(self, Cause::Foreign(_))
    }

    /// The byte that stands for the mark in hashes: 0 local, 1 foreign.
    #[must_use]
    pub(crate) const fn mark(self) -> u8 {
        match self {
            Cause::Local(_) => 0,
            Cause::Foreign(_) => 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mark_survives_serialization() {
        for cause in [
            Cause::Local(EventId::new(1)),
            Cause::Foreign(EventId::new(1)),
        ] {
            let bytes = crate::encoding::to_bytes(&cause).unwrap();
            assert_eq!(crate::encoding::from_bytes::<Cause>(&bytes).unwrap(), cause);
        }
        assert!(Cause::Foreign(EventId::nil()).is_foreign());
        assert!(!Cause::Local(EventId::nil()).is_foreign());
        assert_eq!(Cause::Foreign(EventId::new(5)).id(), EventId::new(5));
    }
}
