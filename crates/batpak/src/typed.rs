//! Payloads as Rust types: their kind, their version, and reading them back.

mod decode;
mod event_payload;

pub use decode::TypedDecodeError;
pub(crate) use decode::decode;
pub use event_payload::EventPayload;
