//! What most programs need, for one `use batpak::prelude::*`.
//!
//! [`Serialize`] and [`Deserialize`] are those of [`batpak::serde`](crate::serde). A program without a dependency of its own on serde tells the
//! derives so with `#[serde(crate = "batpak::serde")]`.

#[doc(no_inline)]
pub use serde::{Deserialize, Serialize};

#[doc(no_inline)]
pub use crate::coordinate::{Coordinate, CoordinateError, DagPosition, KindFilter, Region};
#[doc(no_inline)]
pub use crate::event::{Cause, Event, EventHeader, EventKind, EventPayload, StoredEvent};
#[doc(no_inline)]
pub use crate::id::{CausationId, CorrelationId, EventId, IdempotencyKey};
#[doc(no_inline)]
pub use crate::store::{
    AppendOptions, AppendReceipt, AppendTicket, BatchAppendItem, CausationRef, Closed, Durability,
    ExpectedSequence, IndexEntry, Open, ReadOnly, Store, StoreConfig, StoreError,
};
