//! Identifiers: 128-bit numbers, one type per meaning.

#[doc(inline)]
pub use batpak_event::{CausationId, CorrelationId, EventId, IdParseError, IdempotencyKey};
