//! What an event is: identifiers, header, canonical bytes, content and event hash.
//!
//! An event has an id, stands in the stream of one entity, may name the events that led to it, and carries a
//! payload. This crate holds these facts and turns them into bytes and hashes:
//!
//! - [`EventId`] and its siblings are 128-bit numbers, one type per meaning. A minted event id carries time
//!   and sequence; an event with an idempotency key takes the key as its id.
//! - [`encoding`] writes payloads as MessagePack with named fields.
//! - [`content_hash`] commits to a payload, [`Context`] to what surrounds it, and [`EventFacts::hash`] to all
//!   facts of the event, the hash of the stream's previous event included. So the events of a stream form a
//!   chain in which none but the newest can be changed unnoticed.
//! - [`receipt`] judges what a store said of an append, by the event, by a signature, or by both.
//! - [`tree`] makes one hash of all events in global order, which also the newest one cannot be changed under.
//! - [`Event`] and [`StoredEvent`] are what an application reads; [`StoredEvent::verify`] recomputes the hash.
//!
//! # What it does not do
//!
//! It reads no clock and draws no random numbers: who mints an id passes both. It knows neither files nor
//! frames, and where an event is stored is no part of its hash.
//!
//! # Limits and failure modes
//!
//! Payloads and extension maps are at most 4 GiB long. Decoding refuses hostile bytes with a typed error; no
//! function panics. Hashing a fixed set of facts allocates nothing.
//!
//! Keys and signatures of receipts exist with the feature `signatures` only, because they bring some fifteen crates.
//!
//! # Example
//!
//! ```
//! use batpak_coordinate::Sequence;
//! use batpak_event::{EventId, IdempotencyKey, content_hash, encoding};
//!
//! let id = EventId::mint(1_700_000_000_000_000, Sequence(42), 7);
//! assert_eq!(id.sequence_hint(), 42);
//! assert_eq!(id.to_string().parse::<EventId>()?, id);
//!
//! let key = IdempotencyKey::for_operation("billing", &["invoice", "2024-001"]);
//! assert_eq!(EventId::from(key).as_u128(), key.as_u128());
//!
//! let payload = encoding::to_bytes(&("paid", 12))?;
//! assert_ne!(content_hash(&payload), content_hash(b""));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Reading order: `id`, `cause`, `hash` with its three files, then `header`, `event`, `stored`, `tree` with its files,
//! and `receipt` with its files.

#![forbid(unsafe_code)]

mod bytes16;
mod cause;
pub mod encoding;
mod event;
mod hash;
mod header;
mod history;
mod id;
pub mod receipt;
mod stored;
pub mod tree;

pub use cause::Cause;
#[doc(no_inline)]
pub use encoding as canonical;
pub use event::{Event, HashChain};
pub use hash::{
    Context, Digest, EventFacts, HashKey, content_hash, context_hash, salted_content_hash,
};
pub use header::EventHeader;
pub use history::{BranchId, Epoch, Lineage};
pub use id::{CausationId, CorrelationId, EventId, IdParseError, IdempotencyKey};
pub use stored::{StoredEvent, StoredFacts};
