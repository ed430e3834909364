//! Reading one event.

use batpak_coordinate::Sequence;
use batpak_event::{EventId, StoredEvent};
use batpak_journal::{FrameBuffer, ReadError};
use serde_json::Value;

use super::event_ref::EventRef;
use super::failure::{not_found, read_error};
use super::json::to_json;
use super::stored::stored;
use crate::error::{CodecError, StoreError};
use crate::store::Store;
use crate::typed::{DecodeTyped, EventPayload};

impl<State> Store<State> {
    /// Reads an event by its id, with its payload as JSON for people and tools.
    ///
    /// What JSON cannot hold becomes text: bytes become base64 and keys become strings.
    /// [`Store::get_typed`] and [`Store::read_raw`] are exact.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when no visible event has the id; a damaged event is typed.
    pub fn get(&self, id: EventId) -> Result<StoredEvent<Value>, StoreError> {
        with_json(self.read_raw(id)?)
    }

    /// Reads an event by its id, with its payload as the type it was appended from.
    ///
    /// # Errors
    /// As for [`Store::read_raw`], and [`StoreError::Serialization`] around a
    /// [`TypedDecodeError`](crate::event::TypedDecodeError) when the event is of another kind, a
    /// newer version or other bytes.
    pub fn get_typed<T: EventPayload>(&self, id: EventId) -> Result<StoredEvent<T>, StoreError> {
        let event = self.read_raw(id)?;
        let payload = event.decode_typed();
        let payload = payload.map_err(|error| StoreError::Serialization(Box::new(error)))?;
        Ok(event.map_payload(|_| payload))
    }

    /// Reads an event by its id, with its payload as stored: MessagePack.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when no visible event has the id; a damaged event is typed.
    pub fn read_raw(&self, id: EventId) -> Result<StoredEvent<Vec<u8>>, StoreError> {
        let mut buffer = FrameBuffer::new();
        let event = self.get_ref(id, &mut buffer)?;
        stored(&event.frame, self.core.view.key())
    }

    /// Reads an event by its id without copying it: it is borrowed from `buffer`, which is used again for
    /// the next one.
    ///
    /// ```
    /// # use batpak::prelude::*;
    /// # use batpak::store::EventBuffer;
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let temp = tempfile::tempdir()?;
    /// # let store = Store::open(StoreConfig::new(temp.path()))?;
    /// let place = Coordinate::new("lamp:1", "house")?;
    /// let receipt = store.append(&place, EventKind::custom(1, 1), &"on")?;
    /// let mut buffer = EventBuffer::new();
    /// let event = store.get_ref(receipt.event_id, &mut buffer)?;
    /// assert_eq!(event.entity(), "lamp:1");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when no visible event has the id; a damaged event is typed.
    pub fn get_ref<'b>(
        &'b self,
        id: EventId,
        buffer: &'b mut FrameBuffer,
    ) -> Result<EventRef<'b>, StoreError> {
        match self.core.view.read_id(id, buffer) {
            Ok(Some(frame)) => Ok(EventRef::new(frame, self.core.view.key())),
            Ok(None) | Err(ReadError::NotFound) => Err(StoreError::NotFound(id.as_u128())),
            Err(error) => Err(read_error(error, &self.core.origin)),
        }
    }

    /// Reads the event at a place in the global order, from 1.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] with the sequence in place of an id when no event is visible
    /// there; a damaged event is typed.
    pub fn event_at(&self, sequence: u64) -> Result<StoredEvent<Vec<u8>>, StoreError> {
        let sequence = Sequence(sequence);
        self.read_sequence(sequence, || not_found(sequence))
    }

    fn read_sequence(
        &self,
        sequence: Sequence,
        absent: impl FnOnce() -> StoreError,
    ) -> Result<StoredEvent<Vec<u8>>, StoreError> {
        let mut buffer = FrameBuffer::new();
        match self.core.view.read(sequence, &mut buffer) {
            Ok(frame) => stored(&frame, self.core.view.key()),
            Err(ReadError::NotFound) => Err(absent()),
            Err(error) => Err(read_error(error, &self.core.origin)),
        }
    }
}

/// The event with its payload as JSON; null when it was erased.
pub(super) fn with_json(event: StoredEvent<Vec<u8>>) -> Result<StoredEvent<Value>, StoreError> {
    let value = if event.is_erased() {
        Value::Null
    } else {
        to_json(&event.event.payload).map_err(serialization)?
    };
    Ok(event.map_payload(|_| value))
}

fn serialization(error: impl std::error::Error + Send + Sync + 'static) -> StoreError {
    StoreError::Serialization(Box::new(CodecError::new(error)))
}
