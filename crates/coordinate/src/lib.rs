//! Where an event is: entity, scope, kind, region and position.
//!
//! An event belongs to one *entity* (the stream it is part of) inside one *scope* (the area the
//! stream is recorded for); together they are a [`Coordinate`]. What happened is named by an
//! [`EventKind`], sixteen bits of category and type. A [`Region`] selects events by entity
//! prefix, scope, kind and position in the stream; everything that selects implements
//! [`Selector`], so an index can ask for the parts it is able to use.
//!
//! The numbers that order events are types of their own: [`Sequence`] counts all events of a
//! store, [`StreamSequence`] those of one entity, [`Generation`] the depth of an event in the
//! causal graph. [`DagPosition`] is where an event stands in its stream and [`HlcPoint`] is a
//! point of the store's hybrid logical clock.
//!
//! # Limits and failures
//!
//! Entity and scope hold 1 to [`MAX_COORDINATE_COMPONENT_LEN`] bytes without control characters,
//! `/`, `..`, `|` or `=`; [`CoordinateError`] names the first rule that a value breaks. The rules
//! hold for every `Coordinate` in existence: reading one through serde checks them again.
//! Kinds of the two reserved categories cannot be built from numbers ([`EventKindError`]), except
//! by [`EventKind::from_raw`], which is for reading.
//!
//! # What this crate does not do
//!
//! No I/O, no clock, no identifiers and no payloads. It does not know what a store is.
//!
//! # Example
//!
//! ```
//! use batpak_coordinate::{Coordinate, EventKind, KindFilter, Region};
//!
//! let order = Coordinate::new("order:17", "shop")?;
//! let placed = EventKind::try_custom(0x1, 0x001)?;
//!
//! let orders = Region::entity("order").with_fact(KindFilter::Exact(placed));
//! assert!(orders.matches_event(order.entity(), order.scope(), placed));
//! assert!(!orders.matches_event("orders", "shop", placed));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

#![forbid(unsafe_code)]

mod coordinate;
mod filter;
mod hlc;
mod kind;
mod number;
mod position;
mod region;
mod selector;
mod validate;

pub use coordinate::Coordinate;
pub use filter::KindFilter;
pub use hlc::HlcPoint;
pub use kind::{EventKind, EventKindError};
pub use number::{Generation, Sequence, StreamSequence};
pub use position::DagPosition;
pub use region::Region;
pub use selector::Selector;
pub use validate::{CoordinateError, MAX_COORDINATE_COMPONENT_LEN};
