//! What happened: sixteen bits of category and type.

use std::fmt;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Bits of the type inside a kind.
const TYPE_BITS: u32 = 12;
/// The largest type, and the mask of its bits.
const MAX_TYPE: u16 = 0x0FFF;
/// The largest category.
const MAX_CATEGORY: u8 = 0xF;
/// The category of events that the store writes about itself.
const SYSTEM: u8 = 0x0;
/// The category of events about effects outside the store.
const EFFECT: u8 = 0xD;

/// What an event says happened: a category in the high 4 bits, a type in the low 12.
///
/// Categories 0x0 (system) and 0xD (effect) are reserved: their kinds exist only as the constants
/// below. Serializes as the number.
///
/// ```
/// use batpak_coordinate::{EventKind, EventKindError};
///
/// # fn main() -> Result<(), EventKindError> {
/// let placed = EventKind::try_custom(0x1, 0x002)?;
/// assert_eq!((placed.category(), placed.type_id(), placed.to_string()), (1, 2, "0x1002".into()));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EventKind(u16);

impl EventKind {
    /// A fact without a kind of its own.
    pub const DATA: EventKind = EventKind(0x1000);
    /// The store was created.
    pub const SYSTEM_INIT: EventKind = EventKind(0x0001);
    /// The store is being shut down.
    pub const SYSTEM_SHUTDOWN: EventKind = EventKind(0x0002);
    /// The writer is alive.
    pub const SYSTEM_HEARTBEAT: EventKind = EventKind(0x0003);
    /// The configuration changed.
    pub const SYSTEM_CONFIG_CHANGE: EventKind = EventKind(0x0004);
    /// A checkpoint was taken.
    pub const SYSTEM_CHECKPOINT: EventKind = EventKind(0x0005);
    /// A batch begins.
    pub const SYSTEM_BATCH_BEGIN: EventKind = EventKind(0x0006);
    /// A batch is complete.
    pub const SYSTEM_BATCH_COMMIT: EventKind = EventKind(0x0007);
    /// The store was opened.
    pub const SYSTEM_OPEN_COMPLETED: EventKind = EventKind(0x0008);
    /// The store was closed.
    pub const SYSTEM_CLOSE_COMPLETED: EventKind = EventKind(0x0009);
    /// A gate refused an event.
    pub const SYSTEM_DENIAL: EventKind = EventKind(0x000F);
    /// An event went around the gates.
    pub const SYSTEM_BYPASS: EventKind = EventKind(0x0010);
    /// Stands for an event whose content is gone.
    pub const TOMBSTONE: EventKind = EventKind(0x0FFE);
    /// An effect failed.
    pub const EFFECT_ERROR: EventKind = EventKind(0xD001);
    /// An effect is to be tried again.
    pub const EFFECT_RETRY: EventKind = EventKind(0xD002);
    /// An effect was acknowledged.
    pub const EFFECT_ACK: EventKind = EventKind(0xD004);
    /// An effect is held back because its receiver is slow.
    pub const EFFECT_BACKPRESSURE: EventKind = EventKind(0xD005);
    /// An effect was canceled.
    pub const EFFECT_CANCEL: EventKind = EventKind(0xD006);
    /// An effect met a conflict.
    pub const EFFECT_CONFLICT: EventKind = EventKind(0xD007);
    /// A heartbeat is asked for.
    pub const SYSTEM_HEARTBEAT_REQUEST: EventKind = EventKind::custom(0xF, 0xA01);
    /// A heartbeat is answered.
    pub const SYSTEM_HEARTBEAT_ACK: EventKind = EventKind::custom(0xF, 0xA02);

    /// The kind `type_id` of a category that callers may use.
    ///
    /// # Errors
    /// In this order: [`EventKindError::CategoryOutOfRange`], a reserved category,
    /// [`EventKindError::TypeIdOutOfRange`].
    pub const fn try_custom(category: u8, type_id: u16) -> Result<EventKind, EventKindError> {
        if category > MAX_CATEGORY {
            return Err(EventKindError::CategoryOutOfRange { category });
        }
        if category == SYSTEM {
            return Err(EventKindError::ReservedSystemCategory);
        }
        if category == EFFECT {
            return Err(EventKindError::ReservedEffectCategory);
        }
        if type_id > MAX_TYPE {
            return Err(EventKindError::TypeIdOutOfRange { type_id });
        }
        // `as` is the only widening that a const fn can do; u8 to u16 loses nothing.
        Ok(EventKind(((category as u16) << TYPE_BITS) | type_id))
    }

    /// The kind `type_id` of a category, for constants.
    ///
    /// # Panics
    /// When [`EventKind::try_custom`] would fail; in a constant that is a build error.
    #[must_use]
    pub const fn custom(category: u8, type_id: u16) -> EventKind {
        let kind = EventKind::try_custom(category, type_id);
        assert!(
            kind.is_ok(),
            "category must be 1..=15 except 13, type at most 0xFFF"
        );
        match kind {
            Ok(kind) => kind,
            Err(_) => EventKind::DATA,
        }
    }

    /// The kind with this number, whatever it is. For reading what is recorded.
    #[must_use]
    pub const fn from_raw(raw: u16) -> EventKind {
        EventKind(raw)
    }

    /// The number: category in the high 4 bits, type in the low 12.
    #[must_use]
    pub const fn as_raw_u16(self) -> u16 {
        self.0
    }

    /// The category, 0 to 15.
    #[must_use]
    pub const fn category(self) -> u8 {
        // The high byte of the number; its high half is the category.
        self.0.to_be_bytes()[0] >> 4
    }

    /// The type inside the category, 0 to 0xFFF.
    #[must_use]
    pub const fn type_id(self) -> u16 {
        self.0 & MAX_TYPE
    }

    /// Whether the kind is in the reserved system category.
    #[must_use]
    pub const fn is_system(self) -> bool {
        self.category() == SYSTEM
    }

    /// Whether the kind is in the reserved effect category.
    #[must_use]
    pub const fn is_effect(self) -> bool {
        self.category() == EFFECT
    }

    /// Whether the kind is in a category that callers may not append.
    #[must_use]
    pub const fn is_reserved(self) -> bool {
        self.is_system() || self.is_effect()
    }
}

impl fmt::Display for EventKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "0x{:04X}", self.0)
    }
}

impl fmt::Debug for EventKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "EventKind(0x{:04X})", self.0)
    }
}

/// Why a category and a type do not make a kind that callers may use.
///
/// ```
/// use batpak_coordinate::{EventKind, EventKindError};
///
/// assert_eq!(EventKind::try_custom(0xD, 1), Err(EventKindError::ReservedEffectCategory));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum EventKindError {
    /// The category does not fit into 4 bits.
    #[error("event kind category {category} is out of range: at most 15")]
    CategoryOutOfRange {
        /// The category given.
        category: u8,
    },
    /// Category 0x0 is the store's own.
    #[error("event kind category 0x0 is reserved for system events")]
    ReservedSystemCategory,
    /// Category 0xD is for effects.
    #[error("event kind category 0xD is reserved for effect events")]
    ReservedEffectCategory,
    /// The type does not fit into 12 bits.
    #[error("event kind type {type_id:#05X} is out of range: at most 0xFFF")]
    TypeIdOutOfRange {
        /// The type given.
        type_id: u16,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bad_parts_are_refused_in_order() {
        let category_out = |category| EventKindError::CategoryOutOfRange { category };
        let type_out = |type_id| EventKindError::TypeIdOutOfRange { type_id };
        for (category, type_id, expected) in [
            (16, 0x1000, category_out(16)),
            (255, 0, category_out(255)),
            (0x0, 0xFFFF, EventKindError::ReservedSystemCategory),
            (0xD, 0xFFFF, EventKindError::ReservedEffectCategory),
            (0x1, 0x1000, type_out(0x1000)),
            (0xF, 0xFFFF, type_out(0xFFFF)),
        ] {
            assert_eq!(EventKind::try_custom(category, type_id), Err(expected));
        }
    }

    #[test]
    fn every_number_is_its_category_and_type() {
        for raw in 0..=u16::MAX {
            let kind = EventKind::from_raw(raw);
            assert_eq!(kind.as_raw_u16(), raw);
            assert_eq!(kind.is_reserved(), kind.is_system() || kind.is_effect());
            match EventKind::try_custom(kind.category(), kind.type_id()) {
                Ok(same) => assert_eq!((same, kind.is_reserved()), (kind, false)),
                Err(EventKindError::ReservedSystemCategory) => assert!(raw < 0x1000),
                Err(EventKindError::ReservedEffectCategory) => assert_eq!(raw >> 12, 0xD),
                Err(error) => unreachable!("{raw:#x}: {error}"),
            }
        }
    }

    #[test]
    fn constants_have_their_published_numbers() {
        for (kind, raw) in [
            (EventKind::DATA, 0x1000),
            (EventKind::SYSTEM_INIT, 0x0001),
            (EventKind::SYSTEM_SHUTDOWN, 0x0002),
            (EventKind::SYSTEM_HEARTBEAT, 0x0003),
            (EventKind::SYSTEM_CONFIG_CHANGE, 0x0004),
            (EventKind::SYSTEM_CHECKPOINT, 0x0005),
            (EventKind::SYSTEM_BATCH_BEGIN, 0x0006),
            (EventKind::SYSTEM_BATCH_COMMIT, 0x0007),
            (EventKind::SYSTEM_OPEN_COMPLETED, 0x0008),
            (EventKind::SYSTEM_CLOSE_COMPLETED, 0x0009),
            (EventKind::SYSTEM_DENIAL, 0x000F),
            (EventKind::SYSTEM_BYPASS, 0x0010),
            (EventKind::TOMBSTONE, 0x0FFE),
            (EventKind::EFFECT_ERROR, 0xD001),
            (EventKind::EFFECT_RETRY, 0xD002),
            (EventKind::EFFECT_ACK, 0xD004),
            (EventKind::EFFECT_BACKPRESSURE, 0xD005),
            (EventKind::EFFECT_CANCEL, 0xD006),
            (EventKind::EFFECT_CONFLICT, 0xD007),
            (EventKind::SYSTEM_HEARTBEAT_REQUEST, 0xFA01),
            (EventKind::SYSTEM_HEARTBEAT_ACK, 0xFA02),
        ] {
            assert_eq!(kind.as_raw_u16(), raw);
        }
    }

    #[test]
    #[should_panic(expected = "category must be")]
    fn custom_refuses_a_reserved_category() {
        let _ = EventKind::custom(std::hint::black_box(0xD), 1);
    }

    #[test]
    fn text_and_serde_are_the_number() {
        let kind = EventKind::from_raw(0x00AB);
        assert_eq!(kind.to_string(), "0x00AB");
        assert_eq!(serde_json::to_string(&kind).unwrap(), "171");
        assert_eq!(serde_json::from_str::<EventKind>("171").unwrap(), kind);
        assert!(serde_json::from_str::<EventKind>("65536").is_err());
        let error = EventKindError::TypeIdOutOfRange { type_id: 0x1000 };
        assert!(error.to_string().contains("0x1000"), "{error}");
        for error in [
            EventKindError::ReservedSystemCategory,
            EventKindError::ReservedEffectCategory,
        ] {
            assert!(error.to_string().contains("reserved"), "{error}");
        }
    }
}
