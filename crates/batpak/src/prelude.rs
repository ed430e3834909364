//! What most programs need, for one `use batpak::prelude::*`.
//!
//! [`Serialize`] and [`Deserialize`] are those of [`batpak::serde`](crate::serde). A program without a dependency of its own on serde tells the
//! derives so with `#[serde(crate = "batpak::serde")]`.

#[doc(no_inline)]
pub use serde::{Deserialize, Serialize};

#[doc(no_inline)]
pub use crate::coordinate::{Coordinate, CoordinateError, DagPosition, KindFilter, Region};
#[doc(no_inline)]
pub use crate::event::{
    Cause, DecodeTyped, Event, EventHeader, EventKind, EventKindError, EventPayload,
    EventPayloadKindCollision, EventPayloadRegistryError, EventPayloadValidation, EventSourced,
    HashChain, JsonValueInput, ProjectionEvent, ProjectionInput, ProjectionPayload,
    RawMsgpackInput, ReplayLane, StoredEvent, TypedDecodeError, revalidate_event_payload_registry,
    validate_event_payload_registry,
};
#[doc(no_inline)]
pub use crate::id::{CausationId, CorrelationId, EventId, IdempotencyKey};
#[doc(no_inline)]
pub use crate::store::{
    AppendOptions, AppendReceipt, AppendTicket, BatchAppendItem, CausationRef, Closed, Durability,
    ExpectedSequence, Freshness, IndexEntry, Open, ReadOnly, ReceiptVerification,
    ReceiptVerificationError, Store, StoreConfig, StoreError, SyncMode,
};
