//! The forms in which a projection takes payloads.

use batpak_event::Event;
use serde_json::Value;

use crate::error::CodecError;
use crate::read::to_json;
use crate::typed::DecodeSource;

/// Which form a projection takes payloads in.
///
/// ```
/// use batpak::prelude::*;
///
/// assert_eq!(JsonValueInput::MODE, ReplayLane::Value);
/// assert_eq!(RawMsgpackInput::MODE, ReplayLane::RawMsgpack);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ReplayLane {
    /// JSON values.
    Value,
    /// MessagePack, as stored.
    RawMsgpack,
}

/// The form in which a projection takes payloads: [`JsonValueInput`] or [`RawMsgpackInput`]. There
/// are no others.
///
/// ```
/// use batpak::prelude::*;
///
/// fn lane<T: EventSourced>() -> ReplayLane {
///     <T::Input as ProjectionInput>::MODE
/// }
/// ```
pub trait ProjectionInput: sealed::Sealed {
    /// The payload of an event in this form.
    type Payload: sealed::ReplayPayload;

    /// Which form it is.
    const MODE: ReplayLane;
}

/// Payloads as JSON values. Convenient for a fold that looks into payloads without a type; costs a
/// JSON value per event. What JSON cannot hold is text in it: see [`Store::get`](crate::Store::get).
///
/// ```
/// use batpak::prelude::*;
///
/// /// Counts events of every kind, typed or not.
/// #[derive(Default, Serialize, Deserialize)]
/// # #[serde(crate = "batpak::serde")]
/// struct Loudest {
///     decibels: u64,
/// }
///
/// impl EventSourced for Loudest {
///     type Input = JsonValueInput;
///
///     fn from_events(events: &[ProjectionEvent<Self>]) -> Option<Self> {
///         let mut state = Self::default();
///         events.iter().for_each(|event| state.apply_event(event));
///         Some(state)
///     }
///
///     fn apply_event(&mut self, event: &ProjectionEvent<Self>) {
///         let decibels = event.payload["decibels"].as_u64().unwrap_or(0);
///         self.decibels = self.decibels.max(decibels);
///     }
///
///     fn relevant_event_kinds() -> &'static [EventKind] {
///         &[]
///     }
/// }
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let temp = tempfile::tempdir()?;
/// # let store = Store::open(StoreConfig::new(temp.path()))?;
/// let dog = Coordinate::new("dog:1", "yard")?;
/// for decibels in [60, 95, 80] {
///     let bark = std::collections::BTreeMap::from([("decibels", decibels)]);
///     store.append(&dog, EventKind::DATA, &bark)?;
/// }
/// let loudest = store.project::<Loudest>("dog:1", &Freshness::Consistent)?;
/// assert_eq!(loudest.map(|state| state.decibels), Some(95));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug)]
pub struct JsonValueInput;

/// Payloads as MessagePack, as they are stored: exact, and the fast form. The derived replay decodes
/// each payload where it lies in its segment.
///
/// ```
/// use batpak::prelude::*;
///
/// #[derive(Serialize, Deserialize, EventPayload)]
/// # #[serde(crate = "batpak::serde")]
/// #[batpak(category = 0x1, type_id = 0x001)]
/// struct Turned {
///     degrees: i32,
/// }
///
/// #[derive(Default, Serialize, Deserialize, EventSourced)]
/// # #[serde(crate = "batpak::serde")]
/// #[batpak(input = RawMsgpackInput)]
/// #[batpak(event = Turned, handler = on_turned)]
/// struct Heading {
///     degrees: i32,
/// }
///
/// impl Heading {
///     fn on_turned(&mut self, turned: &Turned) {
///         self.degrees = (self.degrees + turned.degrees).rem_euclid(360);
///     }
/// }
/// ```
#[derive(Clone, Copy, Debug)]
pub struct RawMsgpackInput;

/// The payload that the projection `T` takes.
///
/// ```
/// use batpak::prelude::*;
///
/// fn size<T: EventSourced<Input = RawMsgpackInput>>(payload: &ProjectionPayload<T>) -> usize {
///     payload.len()
/// }
/// ```
pub type ProjectionPayload<T> = <<T as super::EventSourced>::Input as ProjectionInput>::Payload;

/// The event that the projection `T` takes.
///
/// It has the payload commitment in its header and no [hash chain](Event::hash_chain): hashing every
/// event would cost more than folding it.
///
/// ```
/// use batpak::prelude::*;
///
/// fn kind<T: EventSourced>(event: &ProjectionEvent<T>) -> EventKind {
///     event.event_kind()
/// }
/// ```
pub type ProjectionEvent<T> = Event<ProjectionPayload<T>>;

impl ProjectionInput for JsonValueInput {
    type Payload = Value;
    const MODE: ReplayLane = ReplayLane::Value;
}

impl ProjectionInput for RawMsgpackInput {
    type Payload = Vec<u8>;
    const MODE: ReplayLane = ReplayLane::RawMsgpack;
}

pub(super) mod sealed {
    //! What keeps the forms to two, and how each is filled.

    use crate::typed::DecodeSource;

    pub trait Sealed {}

    /// A payload that is filled anew for each event of a replay.
    pub trait ReplayPayload: Default + Sized {
        /// Takes the payload of the next event. Keeps the memory of the one before where it can.
        fn fill(&mut self, stored: &[u8]) -> Result<(), DecodeSource>;
    }
}

impl sealed::Sealed for JsonValueInput {}

impl sealed::Sealed for RawMsgpackInput {}

impl sealed::ReplayPayload for Value {
    fn fill(&mut self, stored: &[u8]) -> Result<(), DecodeSource> {
        *self = to_json(stored).map_err(|error| DecodeSource::Json(CodecError::new(error)))?;
        Ok(())
    }
}

impl sealed::ReplayPayload for Vec<u8> {
    fn fill(&mut self, stored: &[u8]) -> Result<(), DecodeSource> {
        self.clear();
        self.extend_from_slice(stored);
        Ok(())
    }
}
