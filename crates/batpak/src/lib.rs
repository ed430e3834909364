//! An embedded, synchronous event store with a causal graph, in one directory.
//!
//! A [`Store`] is a log of events. An event belongs to an *entity* inside a *scope* (its
//! [`Coordinate`]), has an [`EventKind`] and a payload, and may name any number of events that
//! caused it. Events are never changed: they have one place in the global order, one in the stream
//! of their entity, and a hash that covers every fact of them and of the event before.
//!
//! ```
//! use batpak::prelude::*;
//!
//! #[derive(Serialize, Deserialize, EventPayload)]
//! #[serde(crate = "batpak::serde")]
//! #[batpak(category = 0x1, type_id = 0x001)]
//! struct OrderPlaced {
//!     item: String,
//! }
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let temp = tempfile::tempdir()?;
//! # let dir = temp.path().join("events");
//! let store = Store::open(StoreConfig::new(dir))?;
//! let order = Coordinate::new("order:17", "shop")?;
//! let receipt = store.append_typed(&order, &OrderPlaced { item: "lamp".into() })?;
//! let event = store.get_typed::<OrderPlaced>(receipt.event_id)?;
//! assert_eq!(event.event.payload.item, "lamp");
//! store.close()?;
//! # Ok(())
//! # }
//! ```
//!
//! # Durability
//!
//! [`Store::append`] returns when the event survives a power cut, and readers see only such
//! events. That costs a sync of the disk, which [`Store::append_batch`], [`Store::submit`] and
//! threads that append at the same time share. [`StoreConfig::with_durability`] trades it for
//! speed: [`Durability::Written`] survives the end of the process. Receipts say what held.
//!
//! # What it does not do
//!
//! No server, no async runtime, no query language, no schema. One writer per directory, any number
//! of readers in other processes. Payloads are MessagePack; the store does not look into them.
//!
//! # Limits and failures
//!
//! A payload is at most 16 MiB unless configured otherwise, an entity or scope 1024 bytes, an
//! event has at most 4096 causes. The index of the newest segment is in memory, those of all others
//! in files.
//! Every call fails with a [`StoreError`], which tells how to handle it
//! ([`StoreError::class`]) and whether the events may be in the log
//! ([`StoreError::commit_state`]). Damage to durable events refuses an open for writing, is served
//! around by a read-only one, and is listed by [`store::verify`].
//!
//! # Features
//!
//! `signatures`, not a default: receipts that are signed with Ed25519, and verified with the public key alone.
//!
//! # Reading order
//!
//! `store` (open, state, close), `append` (what an append asks for, and how it becomes a unit of
//! the journal), `receipt`, `read` (single events, scans, entries), `typed` and `projection` (payloads as
//! types, and states folded from them), `graph`, `config`, `error`; beside them `guard` and `pipeline`
//! (rules before a commit), `outcome`, `typestate`.

#![forbid(unsafe_code)]

// The program of the README compiles.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct Readme;

// The derives name this crate by its name, in its own tests as well.
#[cfg(test)]
extern crate self as batpak;

mod append;
mod config;
pub mod coordinate;
mod error;
pub mod event;
pub mod graph;
pub mod guard;
pub mod id;
mod origin;
pub mod outcome;
pub mod pipeline;
pub mod prelude;
mod projection;
mod read;
mod receipt;
pub mod store;
mod typed;
pub mod typestate;

/// What the code of the derives refers to, and nothing else.
#[doc(hidden)]
pub mod __private {
    pub use inventory;

    pub use crate::projection::distinct_kinds;
    pub use crate::typed::{PayloadRegistration, upcast_step};
}

#[doc(no_inline)]
pub use batpak_event::encoding as canonical;
#[doc(no_inline)]
pub use batpak_event::encoding;
/// ```
/// use batpak::typestate::StateMarker;
///
/// batpak::define_state_machine! {
///     /// Where a door is.
///     pub DoorState {
///         Ajar,
///         /// It keeps the wind out.
///         Shut,
///     }
///     Ajar => Shut,
///     Shut => Ajar,
/// }
/// assert_eq!(Shut::NAME, "Shut");
/// ```
pub use batpak_macros::define_state_machine;
/// ```
/// batpak::define_state_machine! { DoorState { Ajar, Shut } Ajar => Shut }
/// batpak::define_typestate! {
///     #[derive(Debug, PartialEq)]
///     Door<S: DoorState> {
///         number: u32,
///     }
/// }
///
/// let door: Door<Shut> = Door::<Ajar>::new(7).into_state();
/// assert_eq!((door.number, door.state_name()), (7, "Shut"));
/// ```
pub use batpak_macros::define_typestate;
pub use batpak_macros::{EventPayload, EventSourced};
#[doc(no_inline)]
pub use serde;

pub use append::{
    AppendOptions, AppendTicket, BatchAppendItem, CausationRef, EncodedBytes, ExtensionKey,
};
pub use batpak_coordinate::{Coordinate, EventKind, KindFilter, Region, Sequence, StreamSequence};
pub use batpak_event::{CausationId, Cause, CorrelationId, EventId, IdempotencyKey, StoredEvent};
pub use batpak_journal::{Durability, ExpectedSequence};
pub use batpak_segment::FORMAT_VERSION;
pub use config::StoreConfig;
pub use error::StoreError;
pub use projection::EventSourced;
pub use read::{EventRef, IndexEntry, Scan};
pub use receipt::AppendReceipt;
pub use store::Store;
pub use typed::EventPayload;
