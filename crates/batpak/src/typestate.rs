//! States as types: what a value cannot do in its state does not compile.
//!
//! [`define_state_machine!`](crate::define_state_machine) defines states, and which becomes which by
//! which event. [`define_typestate!`](crate::define_typestate) defines a type with its state as a
//! parameter. A [`Transition`] exists only between states of which one becomes the other, and
//! [`Store::apply_transition`](crate::Store::apply_transition) appends its event.
//!
//! ```
//! use batpak::prelude::*;
//! use batpak::typestate::Transition;
//! use batpak::{define_state_machine, define_typestate};
//!
//! #[derive(Serialize, Deserialize, EventPayload)]
//! #[batpak(category = 0x1, type_id = 0x001)]
//! struct OrderPlaced {
//!     item: String,
//! }
//!
//! define_state_machine! {
//!     OrderState { Draft, Placed, Shipped }
//!     Draft => Placed by OrderPlaced,
//!     Placed => Shipped,
//! }
//!
//! define_typestate! {
//!     Order<S: OrderState> {
//!         at: Coordinate,
//!         item: String,
//!     }
//! }
//!
//! impl Order<Draft> {
//!     fn place(self, store: &Store) -> Result<Order<Placed>, StoreError> {
//!         let placed = OrderPlaced { item: self.item.clone() };
//!         let transition = Transition::<Draft, Placed, _>::from_payload(placed)
//!             .with_expected(ExpectedSequence::NoStream);
//!         store.apply_transition(&self.at, transition)?;
//!         Ok(self.into_state())
//!     }
//! }
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let temp = tempfile::tempdir()?;
//! # let store = Store::open(StoreConfig::new(temp.path()))?;
//! let at = Coordinate::new("order:17", "shop")?;
//! let order = Order::<Draft>::new(at, "lamp".into()).place(&store)?;
//! assert_eq!(order.state_name(), "Placed");
//! # Ok(())
//! # }
//! ```
//!
//! # What does not compile
//!
//! A transition that is not listed:
//!
//! ```compile_fail,E0277
//! # batpak::define_state_machine! { OrderState { Draft, Placed, Shipped } Draft => Placed }
//! # use batpak::typestate::Transition;
//! # #[derive(serde::Serialize, serde::Deserialize, batpak::EventPayload)]
//! # #[batpak(category = 0x1, type_id = 0x001)]
//! # struct OrderPlaced { item: String }
//! # let placed = OrderPlaced { item: "lamp".into() };
//! Transition::<Draft, Shipped, _>::from_payload(placed);
//! ```
//!
//! A listed one by another event:
//!
//! ```compile_fail,E0308
//! # batpak::define_state_machine! { OrderState { Draft, Placed } Draft => Placed by Paid }
//! # use batpak::typestate::Transition;
//! # #[derive(serde::Serialize, serde::Deserialize, batpak::EventPayload)]
//! # #[batpak(category = 0x1, type_id = 0x001)]
//! # struct OrderPlaced { item: String }
//! # #[derive(serde::Serialize, serde::Deserialize, batpak::EventPayload)]
//! # #[batpak(category = 0x1, type_id = 0x002)]
//! # struct Paid { cents: u32 }
//! # let placed = OrderPlaced { item: "lamp".into() };
//! Transition::<Draft, Placed, _>::from_payload(placed);
//! ```
//!
//! A value that skips a state, or is used in one that it has left:
//!
//! ```compile_fail,E0308
//! # batpak::define_state_machine! { OrderState { Draft, Placed, Shipped } Draft => Placed }
//! # batpak::define_typestate! { Order<S: OrderState> { item: String } }
//! let order = Order::<Draft>::new("lamp".into());
//! let order: Order<Shipped> = order.into_state();
//! ```
//!
//! ```compile_fail,E0382
//! # batpak::define_state_machine! { OrderState { Draft, Placed } Draft => Placed }
//! # batpak::define_typestate! { Order<S: OrderState> { item: String } }
//! let order = Order::<Draft>::new("lamp".into());
//! let placed: Order<Placed> = order.into_state();
//! let again: Order<Placed> = order.into_state();
//! ```
//!
//! A type that is no state of the machine:
//!
//! ```compile_fail,E0277
//! # batpak::define_state_machine! { OrderState { Draft, Placed } }
//! # batpak::define_state_machine! { DoorState { Ajar } }
//! # batpak::define_typestate! { Order<S: OrderState> { item: String } }
//! Order::<Ajar>::new("lamp".into());
//! ```
//!
//! A state that is added to a machine elsewhere:
//!
//! ```compile_fail,E0277
//! # mod orders { batpak::define_state_machine! { pub OrderState { Draft, Placed } } }
//! struct Forged;
//!
//! impl orders::OrderState for Forged {}
//! ```
//!
//! # What it does not do
//!
//! The type says what this value went through, not what is in the log by now: another program may
//! have moved on. [`Transition::with_expected`] refuses the append then.

mod apply;
mod marker;
mod transition;

pub use marker::{__sealed, Becomes, BecomesBy, StateMarker};
pub use transition::Transition;
