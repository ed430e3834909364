//! One event in memory, filled anew for each event of a replay.

use std::fmt;

use batpak_event::Event;

use super::input::ProjectionInput;
use super::input::sealed::ReplayPayload;
use crate::read::EventRef;
use crate::typed::TypedDecodeError;

/// The event that a replay hands to [`EventSourced::try_apply_event`](super::EventSourced::try_apply_event),
/// filled anew for each stored event, so that a raw replay allocates once and not per event.
///
/// ```
/// use batpak::event::ReplayBuffer;
/// use batpak::prelude::*;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let temp = tempfile::tempdir()?;
/// # let store = Store::open(StoreConfig::new(temp.path()))?;
/// # store.append(&Coordinate::new("lamp:1", "house")?, EventKind::DATA, &"on")?;
/// let mut buffer = ReplayBuffer::<RawMsgpackInput>::new();
/// let mut scan = store.scan_entity("lamp:1");
/// while let Some(stored) = scan.next_event()? {
///     let event = buffer.load(&stored)?;
///     assert_eq!(event.payload, stored.payload());
/// }
/// # Ok(())
/// # }
/// ```
pub struct ReplayBuffer<I: ProjectionInput> {
    event: Option<Event<I::Payload>>,
}

impl<I: ProjectionInput> ReplayBuffer<I> {
    /// An empty buffer.
    #[must_use]
    pub const fn new() -> ReplayBuffer<I> {
        ReplayBuffer { event: None }
    }

    /// Fills the buffer with a stored event: payload, header and payload commitment, without a hash chain.
    ///
    /// # Errors
    /// [`TypedDecodeError`] when the payload cannot be a JSON value and is to be one.
    pub fn load(&mut self, stored: &EventRef<'_>) -> Result<&Event<I::Payload>, TypedDecodeError> {
        let header = stored.to_header();
        let event = match &mut self.event {
            Some(event) => {
                event.header = header;
                event
            }
            none => none.insert(Event::new(header, I::Payload::default())),
        };
        let filled = event.payload.fill(stored.payload());
        filled.map_err(|source| TypedDecodeError::DecodeFailure {
            kind: stored.kind(),
            source,
        })?;
        Ok(event)
    }

    /// The event that was loaded last.
    pub(super) fn into_event(self) -> Option<Event<I::Payload>> {
        self.event
    }
}

impl<I: ProjectionInput> Default for ReplayBuffer<I> {
    fn default() -> ReplayBuffer<I> {
        ReplayBuffer::new()
    }
}

impl<I: ProjectionInput> fmt::Debug for ReplayBuffer<I> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let loaded = self.event.as_ref().map(Event::event_id);
        formatter
            .debug_struct("ReplayBuffer")
            .field("loaded", &loaded)
            .finish()
    }
}
