//! What a type has to say to be folded from events.

use batpak_coordinate::EventKind;

use super::input::{ProjectionEvent, ProjectionInput};
use super::replay_buffer::ReplayBuffer;
use crate::read::EventRef;
use crate::typed::TypedDecodeError;

/// A state that is folded from the events of one stream, in the order in which they were committed.
///
/// Derive it, with one handler per payload type:
///
/// ```
/// use batpak::prelude::*;
///
/// #[derive(Serialize, Deserialize, EventPayload)]
/// #[serde(crate = "batpak::serde")]
/// #[batpak(category = 0x1, type_id = 0x001)]
/// struct Deposited {
///     cents: u64,
/// }
///
/// #[derive(Serialize, Deserialize, EventPayload)]
/// #[serde(crate = "batpak::serde")]
/// #[batpak(category = 0x1, type_id = 0x002)]
/// struct Withdrawn {
///     cents: u64,
/// }
///
/// #[derive(Default, Serialize, Deserialize, EventSourced)]
/// #[serde(crate = "batpak::serde")]
/// #[batpak(input = RawMsgpackInput, cache_version = 1)]
/// #[batpak(event = Deposited, handler = on_deposited)]
/// #[batpak(event = Withdrawn, handler = on_withdrawn)]
/// struct Balance {
///     cents: u64,
/// }
///
/// impl Balance {
///     fn on_deposited(&mut self, deposited: &Deposited) {
///         self.cents += deposited.cents;
///     }
///
///     fn on_withdrawn(&mut self, withdrawn: &Withdrawn) {
///         self.cents -= withdrawn.cents;
///     }
/// }
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let temp = tempfile::tempdir()?;
/// # let store = Store::open(StoreConfig::new(temp.path()))?;
/// let account = Coordinate::new("account:1", "bank")?;
/// store.append_typed(&account, &Deposited { cents: 500 })?;
/// store.append_typed(&account, &Withdrawn { cents: 200 })?;
/// let balance = store.project::<Balance>("account:1", &Freshness::Consistent)?;
/// assert_eq!(balance.map(|state| state.cents), Some(300));
/// # Ok(())
/// # }
/// ```
///
/// The derived fold starts from [`Default`], passes over kinds that have no handler, and can go on from
/// a state in a [cache](crate::store::ProjectionCache). Raise `cache_version` whenever the state's shape or what
/// a handler does changes: states in a cache that were made with another number are not used.
///
/// # By hand
///
/// The first three methods are enough: the store then collects the relevant events of the stream and
/// calls [`from_events`](Self::from_events). A type that says where it
/// [begins](Self::initial_state) is given one event at a time instead, and one that can [report](Self::try_apply_event) what it
/// cannot read makes [`Store::project`](crate::Store::project) fail with a [`ProjectionError`](crate::store::ProjectionError).
///
/// A fold must give the same state for the same events, and no event to two states. A panic in it goes
/// to the caller of `project`; the store and its cache are as they were.
pub trait EventSourced: Sized {
    /// The form in which payloads come: [`JsonValueInput`](super::JsonValueInput) or
    /// [`RawMsgpackInput`](super::RawMsgpackInput).
    type Input: ProjectionInput;

    /// Folds the relevant events of a stream, which are at least one; `None` when they come to no state.
    ///
    /// The derived method gives `None` when one of them cannot be read.
    fn from_events(events: &[ProjectionEvent<Self>]) -> Option<Self>;

    /// Folds one more event.
    ///
    /// The derived method leaves the state as it is when the event cannot be read. The store does not
    /// call it on a derived type: it uses [`try_apply_event`](Self::try_apply_event).
    fn apply_event(&mut self, event: &ProjectionEvent<Self>);

    /// The kinds that are folded; empty for all. Others are not even decoded.
    fn relevant_event_kinds() -> &'static [EventKind];

    /// Version of the state's shape and of the fold, for caches. The derive takes it from
    /// `cache_version`.
    fn schema_version() -> u64 {
        0
    }

    /// Whether folding more events onto a state from a cache gives what folding all of them gives.
    /// True of derived types.
    fn supports_incremental_apply() -> bool {
        false
    }

    /// The state before the first event, when events are to be folded one at a time as they are read.
    /// `None` for a type that wants all of them at once in [`from_events`](Self::from_events).
    fn initial_state() -> Option<Self> {
        None
    }

    /// Folds one more event, or says why its payload cannot be read.
    ///
    /// # Errors
    /// [`TypedDecodeError`]; the state is not used any more.
    fn try_apply_event(&mut self, event: &ProjectionEvent<Self>) -> Result<(), TypedDecodeError> {
        self.apply_event(event);
        Ok(())
    }

    /// Folds one more event of a replay, which is borrowed from its segment. The store calls this one.
    /// The derive reads raw payloads in place; otherwise the event is loaded into `buffer` and
    /// [applied](Self::try_apply_event).
    ///
    /// # Errors
    /// As for [`try_apply_event`](Self::try_apply_event).
    fn replay_event(
        &mut self,
        event: &EventRef<'_>,
        buffer: &mut ReplayBuffer<Self::Input>,
    ) -> Result<(), TypedDecodeError> {
        self.try_apply_event(buffer.load(event)?)
    }
}

/// The kinds of a derived projection; does not compile when two of its payload types share one, because
/// the second handler would never be called.
#[must_use]
pub const fn distinct_kinds<const N: usize>(
    kinds: &'static [EventKind; N],
) -> &'static [EventKind] {
    let mut rest: &[EventKind] = kinds;
    while let [kind, others @ ..] = rest {
        let mut later = others;
        while let [other, more @ ..] = later {
            assert!(
                kind.as_raw_u16() != other.as_raw_u16(),
                "two payload types of the projection have the same kind: name one of them, or give each its own"
            );
            later = more;
        }
        rest = others;
    }
    kinds
}
