//! The hashes that bind an event to its content, its context and its stream.
//!
//! All of them are BLAKE3 over bytes that are written out in `docs/format.md`, lengths before contents and
//! numbers little-endian, so that no two different events share their hashed bytes.

mod content;
mod context;
mod facts;
mod hashed;

pub use content::{content_hash, salted_content_hash};
pub use context::{Context, context_hash};
pub use facts::{EventFacts, HashKey};

/// A BLAKE3 hash.
pub type Digest = [u8; 32];
