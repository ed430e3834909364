//! What an event is: kind, header, payload, causes and hashes.

#[doc(inline)]
pub use batpak_coordinate::{EventKind, EventKindError};
#[doc(inline)]
pub use batpak_event::{
    BranchId, Cause, Digest, Epoch, Event, EventHeader, HashChain, Lineage, StoredEvent,
};
#[doc(inline)]
pub use batpak_macros::EventPayload;

pub use crate::error::{EventPayloadKindCollision, EventPayloadRegistryError};
pub use crate::typed::{EventPayload, TypedDecodeError};
