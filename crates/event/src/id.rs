//! The identifiers of events: 128-bit numbers, one type per meaning.

mod mint;
mod text;

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

pub use text::IdParseError;

macro_rules! identifier {
    ($(#[$doc:meta])* $name:ident, $label:literal) => {
        $(#[$doc])*
        ///
        #[doc = concat!("Text form: `", $label, ":` and 32 lowercase hexadecimal digits.")]
        /// Serde form: 16 big-endian bytes.
        #[derive(
            Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
        )]
        #[serde(transparent)]
        pub struct $name(#[serde(with = "crate::bytes16")] u128);

        impl $name {
            #[doc = concat!("The word before the colon in the text form, `", $label, "`.")]
            pub const ENTITY_NAME: &'static str = $label;

            /// Takes the number as it is.
            #[must_use]
            pub const fn new(value: u128) -> Self {
                Self(value)
            }

            /// The all-zero identifier, which names nothing.
            #[must_use]
            pub const fn nil() -> Self {
                Self(0)
            }

            /// Whether this is the all-zero identifier.
            #[must_use]
            pub const fn is_nil(self) -> bool {
                self.0 == 0
            }

            /// The number.
            #[must_use]
            pub const fn as_u128(self) -> u128 {
                self.0
            }

            /// 32 lowercase hexadecimal digits, without the word before the colon.
            #[must_use]
            pub fn hex(self) -> String {
                format!("{:032x}", self.0)
            }

            /// Reads 32 hexadecimal digits; hyphens between them are passed over.
            ///
            /// # Errors
            /// [`IdParseError::Digits`] or [`IdParseError::Length`] when these are not 32 digits.
            pub fn from_hex(digits: &str) -> Result<Self, IdParseError> {
                text::parse_hex(digits).map(Self)
            }
        }

        impl From<u128> for $name {
            fn from(value: u128) -> Self {
                Self(value)
            }
        }

        impl From<$name> for u128 {
            fn from(id: $name) -> Self {
                id.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(formatter, concat!($label, ":{:032x}"), self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(formatter, concat!(stringify!($name), "({:032x})"), self.0)
            }
        }

        impl FromStr for $name {
            type Err = IdParseError;

            fn from_str(text: &str) -> Result<Self, IdParseError> {
                text::parse_labeled($label, text).map(Self)
            }
        }
    };
}

macro_rules! convert {
    ($($from:ident => $to:ident),+ $(,)?) => {$(
        impl From<$from> for $to {
            fn from(id: $from) -> Self {
                Self(id.0)
            }
        }
    )+};
}

identifier! {
    /// Names one event within a lineage: minted as a UUID of version 7, or the event's idempotency key.
    ///
    /// ```
    /// use batpak_event::EventId;
    ///
    /// let id = EventId::new(0xBEEF);
    /// assert_eq!(id.to_string(), format!("event:{:032x}", 0xBEEF));
    /// assert_eq!(id.to_string().parse(), Ok(id));
    /// ```
    EventId, "event"
}

identifier! {
    /// Groups the events of one conversation; an event without one correlates with its own id.
    ///
    /// ```
    /// use batpak_event::{CorrelationId, EventId};
    ///
    /// assert_eq!(CorrelationId::from(EventId::new(7)), CorrelationId::new(7));
    /// ```
    CorrelationId, "correlation"
}

identifier! {
    /// Names the event that led to another.
    ///
    /// ```
    /// use batpak_event::{CausationId, EventId};
    ///
    /// assert_eq!(EventId::from(CausationId::new(7)), EventId::new(7));
    /// ```
    CausationId, "causation"
}

identifier! {
    /// Makes an append repeatable: the event takes the key as its id, and a second append finds it.
    ///
    /// ```
    /// use batpak_event::IdempotencyKey;
    ///
    /// let key = |parts: &[&str]| IdempotencyKey::for_operation("charge", parts);
    /// assert_eq!(key(&["order:17", "1"]), key(&["order:17", "1"]));
    /// assert_ne!(key(&["order:17", "1"]), key(&["order:1", "71"]));
    /// ```
    IdempotencyKey, "idempotency"
}

convert! {
    IdempotencyKey => EventId,
    EventId => CausationId,
    EventId => CorrelationId,
    CausationId => EventId,
    CorrelationId => EventId,
}
