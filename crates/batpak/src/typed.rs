//! Payloads as Rust types: their kind, their version, and reading them back.

mod decode;
mod decode_typed;
mod event_payload;
mod registry;
mod stored_payload;

pub use decode::TypedDecodeError;
pub(crate) use decode::decode;
pub use decode_typed::DecodeTyped;
pub use event_payload::EventPayload;
pub(crate) use registry::kind_collisions;
pub use registry::{
    EventPayloadValidation, PayloadRegistration, revalidate_event_payload_registry,
    validate_event_payload_registry,
};
pub use stored_payload::{DecodeSource, StoredPayload, upcast_step};
