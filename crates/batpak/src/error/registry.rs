//! Payload types that claim the same kind.

use std::error::Error;
use std::fmt;

/// Two payload types that claim the same kind.
///
/// ```
/// use batpak::prelude::*;
///
/// let error = EventPayloadRegistryError::new(vec![EventPayloadKindCollision {
///     category: 0x1,
///     type_id: 0x002,
///     first_type_name: "shop::Paid",
///     second_type_name: "bank::Booked",
/// }]);
/// assert!(error.to_string().ends_with("type_id=0x002 is claimed by shop::Paid and bank::Booked"));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EventPayloadKindCollision {
    /// Category of the kind.
    pub category: u8,
    /// Type of the kind.
    pub type_id: u16,
    /// Name of one type.
    pub first_type_name: &'static str,
    /// Name of the other type.
    pub second_type_name: &'static str,
}

/// Payload types of this program claim the same kind.
///
/// ```standalone_crate
/// use batpak::prelude::*;
///
/// // This program has no two types of one kind.
/// assert!(validate_event_payload_registry().is_ok());
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventPayloadRegistryError {
    collisions: Vec<EventPayloadKindCollision>,
}

impl EventPayloadRegistryError {
    /// The error for these collisions; there is at least one.
    #[must_use]
    pub fn new(collisions: Vec<EventPayloadKindCollision>) -> EventPayloadRegistryError {
        EventPayloadRegistryError { collisions }
    }

    /// All collisions.
    #[must_use]
    pub fn collisions(&self) -> &[EventPayloadKindCollision] {
        &self.collisions
    }
}

impl fmt::Display for EventPayloadRegistryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("event payload types have a duplicate kind assignment")?;
        for (index, collision) in self.collisions.iter().enumerate() {
            let EventPayloadKindCollision {
                category,
                type_id,
                first_type_name,
                second_type_name,
            } = collision;
            let separator = if index == 0 { ": " } else { "; " };
            write!(
                f,
                "{separator}category=0x{category:X}, type_id=0x{type_id:03X} is claimed by \
                 {first_type_name} and {second_type_name}"
            )?;
        }
        Ok(())
    }
}

impl Error for EventPayloadRegistryError {}
