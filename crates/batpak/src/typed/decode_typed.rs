//! Reading the payload of an event that is in memory already.

use batpak_coordinate::EventKind;
use batpak_event::{Event, StoredEvent};
use serde_json::Value;

use super::EventPayload;
use super::decode::{TypedDecodeError, decode};
use super::stored_payload::StoredPayload;
use crate::read::EventRef;

/// Events whose payload can be read as a type: with a payload as JSON or as MessagePack, stored or
/// not, and [borrowed](EventRef) ones.
///
/// Kind and version are checked first, and an older version is brought up to the type's. Only the
/// crate implements this trait.
///
/// ```
/// # use batpak::prelude::*;
/// #[derive(Serialize, Deserialize, EventPayload)]
/// # #[serde(crate = "batpak::serde")]
/// #[batpak(category = 0x1, type_id = 0x001)]
/// struct Opened {
///     by: String,
/// }
///
/// # #[derive(Serialize, Deserialize, EventPayload)]
/// # #[serde(crate = "batpak::serde")]
/// # #[batpak(category = 0x1, type_id = 0x002)]
/// # struct Closed {}
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let temp = tempfile::tempdir()?;
/// # let store = Store::open(StoreConfig::new(temp.path()))?;
/// # let door = Coordinate::new("door:1", "house")?;
/// let receipt = store.append_typed(&door, &Opened { by: "Ada".into() })?;
/// let event = store.read_raw(receipt.event_id)?;
/// assert_eq!(event.decode_typed::<Opened>()?.by, "Ada");
/// // An event of another kind is no error here, so that a loop can ask for one type after the other.
/// assert!(event.route_typed::<Closed>()?.is_none());
/// # Ok(())
/// # }
/// ```
pub trait DecodeTyped: sealed::Payload {
    /// Reads the payload when the event is of the type's kind; `None` when it is of another one.
    ///
    /// # Errors
    /// [`TypedDecodeError`] when the payload is of a newer version than the type, or does not fit it.
    fn route_typed<T: EventPayload>(&self) -> Result<Option<T>, TypedDecodeError> {
        if self.parts().0 == T::KIND {
            self.decode_typed().map(Some)
        } else {
            Ok(None)
        }
    }

    /// Reads the payload.
    ///
    /// # Errors
    /// [`TypedDecodeError`] when the event is of another kind, the payload is of a newer version than
    /// the type, or does not fit it.
    fn decode_typed<T: EventPayload>(&self) -> Result<T, TypedDecodeError> {
        let (kind, version, payload) = self.parts();
        decode(kind, version, payload)
    }
}

impl<E: sealed::Payload> DecodeTyped for E {}

mod sealed {
    //! What the events have in common; nameable by this crate only.

    use batpak_coordinate::EventKind;

    use crate::typed::StoredPayload;

    pub trait Payload {
        /// Kind, version of the payload's schema, payload.
        fn parts(&self) -> (EventKind, u16, StoredPayload<'_>);
    }
}

impl sealed::Payload for Event<Value> {
    fn parts(&self) -> (EventKind, u16, StoredPayload<'_>) {
        let payload = StoredPayload::json(&self.payload);
        (self.event_kind(), self.header.payload_version(), payload)
    }
}

impl sealed::Payload for Event<Vec<u8>> {
    fn parts(&self) -> (EventKind, u16, StoredPayload<'_>) {
        let payload = StoredPayload::msgpack(&self.payload);
        (self.event_kind(), self.header.payload_version(), payload)
    }
}

impl<P> sealed::Payload for StoredEvent<P>
where
    Event<P>: sealed::Payload,
{
    fn parts(&self) -> (EventKind, u16, StoredPayload<'_>) {
        // The version that the event hash covers, not the copy of it in the header.
        let (kind, _, payload) = self.event.parts();
        (kind, self.payload_version(), payload)
    }
}

impl sealed::Payload for EventRef<'_> {
    #[inline]
    fn parts(&self) -> (EventKind, u16, StoredPayload<'_>) {
        let payload = StoredPayload::msgpack(self.payload());
        (self.kind(), self.payload_version(), payload)
    }
}
