//! The trait of types that are payloads.

use batpak_coordinate::EventKind;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::stored_payload::{DecodeSource, StoredPayload};

/// A type that is the payload of one kind of event.
///
/// Derive it: `#[derive(EventPayload)]` with `#[batpak(category = N, type_id = N)]`. Two types
/// with one kind would be read as each other; every type that derives the trait is known to
/// [`validate_event_payload_registry`](crate::event::validate_event_payload_registry), which tells.
///
/// # Versions
///
/// When the shape of a payload changes, raise its `version`, keep the old shape as a plain type,
/// and say how the one becomes the other. Events of the old version are then read as the new one
/// everywhere: [`Store::get_typed`](crate::Store::get_typed), [`DecodeTyped`](crate::event::DecodeTyped)
/// and projections. What is stored never changes.
///
/// ```
/// use batpak::prelude::*;
///
/// #[derive(Deserialize)]
/// #[serde(crate = "batpak::serde")]
/// struct PaidV1 {
///     euros: u64,
/// }
///
/// #[derive(Serialize, Deserialize, EventPayload)]
/// #[serde(crate = "batpak::serde")]
/// #[batpak(category = 0x1, type_id = 0x001, version = 2, upcast(1 = PaidV1))]
/// struct Paid {
///     cents: u64,
/// }
///
/// impl From<PaidV1> for Paid {
///     fn from(older: PaidV1) -> Paid {
///         Paid { cents: older.euros * 100 }
///     }
/// }
/// ```
///
/// With more versions the list is a chain: in `upcast(1 = PaidV1, 2 = PaidV2)` the first becomes
/// the second, and the second the type itself. A step that can fail is a `TryFrom`. A version that is
/// not listed is read with the next shape that is, so a field that has a default needs no step.
pub trait EventPayload: Serialize + DeserializeOwned {
    /// The kind of the events that carry this payload.
    const KIND: EventKind;

    /// Version of the payload's schema, from 1, recorded with every event. Raise it when older
    /// programs must not read what newer ones write; a field with a default needs no new version.
    const PAYLOAD_VERSION: u16 = 1;

    /// Reads a payload that an older version of the type wrote. Asked for versions from 1 to one
    /// before [`PAYLOAD_VERSION`](Self::PAYLOAD_VERSION); a newer one is refused before. The derive
    /// writes it when it is told `upcast(..)`; without that, an older payload is read as the type is
    /// now.
    ///
    /// # Errors
    /// [`DecodeSource`] when the bytes do not fit the older shape, or it cannot become this one.
    fn upcast(version: u16, stored: StoredPayload<'_>) -> Result<Self, DecodeSource> {
        // Unused here, and part of what a hand-written chain is asked with.
        let _ = version;
        stored.decode()
    }
}
