//! Why an event cannot be folded.

use batpak_event::EventId;
use thiserror::Error;

use crate::error::StoreError;
use crate::read::EventRef;
use crate::typed::TypedDecodeError;

/// An event whose payload the projection cannot read. Inside [`StoreError::Serialization`].
///
/// ```
/// use batpak::prelude::*;
/// use batpak::store::ProjectionError;
///
/// #[derive(Serialize, Deserialize, EventPayload)]
/// # #[serde(crate = "batpak::serde")]
/// #[batpak(category = 0x1, type_id = 0x001)]
/// struct Paid {
///     cents: u64,
/// }
///
/// #[derive(Default, Serialize, Deserialize, EventSourced)]
/// # #[serde(crate = "batpak::serde")]
/// #[batpak(input = RawMsgpackInput)]
/// #[batpak(event = Paid, handler = on_paid)]
/// struct Total {
///     cents: u64,
/// }
///
/// impl Total {
///     fn on_paid(&mut self, paid: &Paid) {
///         self.cents += paid.cents;
///     }
/// }
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let temp = tempfile::tempdir()?;
/// # let store = Store::open(StoreConfig::new(temp.path()))?;
/// # let account = Coordinate::new("account:1", "bank")?;
/// let receipt = store.append(&account, Paid::KIND, &"no number")?;
/// let Err(StoreError::Serialization(source)) = store.project::<Total>("account:1", &Freshness::Consistent)
/// else {
///     panic!("text is no number");
/// };
/// let error = source.downcast_ref::<ProjectionError>().ok_or("another error")?;
/// assert_eq!(error.event_id, receipt.event_id);
/// assert!(matches!(error.source, TypedDecodeError::DecodeFailure { .. }));
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Error)]
#[error("event {event_id} (sequence {sequence}) cannot be folded into {projection}: {source}")]
#[non_exhaustive]
pub struct ProjectionError {
    /// The event.
    pub event_id: EventId,
    /// Its place in the global order.
    pub sequence: u64,
    /// Name of the projection's type.
    pub projection: &'static str,
    /// What is wrong with its payload; names the kind.
    pub source: TypedDecodeError,
}

impl ProjectionError {
    /// The store error for an event that `T` cannot read.
    #[cold]
    pub(super) fn of<T>(event: &EventRef<'_>, source: TypedDecodeError) -> StoreError {
        StoreError::Serialization(Box::new(ProjectionError {
            event_id: event.event_id(),
            sequence: event.sequence(),
            projection: std::any::type_name::<T>(),
            source,
        }))
    }
}
