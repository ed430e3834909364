//! The trait of types that are payloads.

use batpak_coordinate::EventKind;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// A type that is the payload of one kind of event.
///
/// Derive it: `#[derive(EventPayload)]` with `#[batpak(category = N, type_id = N)]`. Two types
/// with one kind would be read as each other.
pub trait EventPayload: Serialize + DeserializeOwned {
    /// The kind of the events that carry this payload.
    const KIND: EventKind;

    /// Version of the payload's schema, from 1, recorded with every event. Raise it when older
    /// programs must not read what newer ones write; a field with a default needs no new version.
    const PAYLOAD_VERSION: u16 = 1;
}
