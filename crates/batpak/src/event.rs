//! What an event is: kind, header, payload, causes and hashes.

#[doc(inline)]
pub use batpak_coordinate::{EventKind, EventKindError};
#[doc(inline)]
pub use batpak_event::{
    BranchId, Cause, Digest, Epoch, Event, EventHeader, HashChain, Lineage, StoredEvent,
};
#[doc(inline)]
pub use batpak_macros::{EventPayload, EventSourced};

pub use crate::error::{EventPayloadKindCollision, EventPayloadRegistryError};
pub use crate::projection::{
    EventSourced, JsonValueInput, ProjectionEvent, ProjectionInput, ProjectionPayload,
    RawMsgpackInput, ReplayBuffer, ReplayLane,
};
pub use crate::typed::{
    DecodeSource, DecodeTyped, EventPayload, EventPayloadValidation, StoredPayload,
    TypedDecodeError, revalidate_event_payload_registry, validate_event_payload_registry,
};
