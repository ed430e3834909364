//! Wrong use of the derives that does not compile, each beside the right use that differs in one place.
//!
//! A handler takes the payload type that its attribute names:
//!
//! ```
//! use batpak::prelude::*;
//!
//! #[derive(Serialize, Deserialize, EventPayload)]
//! #[serde(crate = "batpak::serde")]
//! #[batpak(category = 0x1, type_id = 0x001)]
//! struct Lit {}
//!
//! #[derive(Default, Serialize, Deserialize, EventSourced)]
//! #[serde(crate = "batpak::serde")]
//! #[batpak(input = RawMsgpackInput)]
//! #[batpak(event = Lit, handler = on_lit)]
//! struct Lamp {}
//!
//! impl Lamp {
//!     fn on_lit(&mut self, _: &Lit) {}
//! }
//! ```
//!
//! and no other.
//!
//! ```compile_fail
//! use batpak::prelude::*;
//!
//! #[derive(Serialize, Deserialize, EventPayload)]
//! #[serde(crate = "batpak::serde")]
//! #[batpak(category = 0x1, type_id = 0x001)]
//! struct Lit {}
//!
//! #[derive(Default, Serialize, Deserialize, EventSourced)]
//! #[serde(crate = "batpak::serde")]
//! #[batpak(input = RawMsgpackInput)]
//! #[batpak(event = Lit, handler = on_lit)]
//! struct Lamp {}
//!
//! impl Lamp {
//!     fn on_lit(&mut self, _: &String) {}
//! }
//! ```
//!
//! Two payload types of two kinds have two handlers:
//!
//! ```
//! use batpak::prelude::*;
//!
//! #[derive(Serialize, Deserialize, EventPayload)]
//! #[serde(crate = "batpak::serde")]
//! #[batpak(category = 0x1, type_id = 0x001)]
//! struct Lit {}
//!
//! #[derive(Serialize, Deserialize, EventPayload)]
//! #[serde(crate = "batpak::serde")]
//! #[batpak(category = 0x1, type_id = 0x002)]
//! struct Dimmed {}
//!
//! #[derive(Default, Serialize, Deserialize, EventSourced)]
//! #[serde(crate = "batpak::serde")]
//! #[batpak(input = RawMsgpackInput)]
//! #[batpak(event = Lit, handler = on_lit)]
//! #[batpak(event = Dimmed, handler = on_lit_or_dimmed)]
//! struct Lamp {}
//!
//! impl Lamp {
//!     fn on_lit(&mut self, _: &Lit) {}
//!     fn on_lit_or_dimmed(&mut self, _: &Dimmed) {}
//! }
//! ```
//!
//! of one kind, the second would never be called.
//!
//! ```compile_fail
//! use batpak::prelude::*;
//!
//! #[derive(Serialize, Deserialize, EventPayload)]
//! #[serde(crate = "batpak::serde")]
//! #[batpak(category = 0x1, type_id = 0x001)]
//! struct Lit {}
//!
//! #[derive(Serialize, Deserialize, EventPayload)]
//! #[serde(crate = "batpak::serde")]
//! #[batpak(category = 0x1, type_id = 0x001)]
//! struct Dimmed {}
//!
//! #[derive(Default, Serialize, Deserialize, EventSourced)]
//! #[serde(crate = "batpak::serde")]
//! #[batpak(input = RawMsgpackInput)]
//! #[batpak(event = Lit, handler = on_lit)]
//! #[batpak(event = Dimmed, handler = on_lit_or_dimmed)]
//! struct Lamp {}
//!
//! impl Lamp {
//!     fn on_lit(&mut self, _: &Lit) {}
//!     fn on_lit_or_dimmed(&mut self, _: &Dimmed) {}
//! }
//! ```
//!
//! An older shape becomes the type by `From`:
//!
//! ```
//! use batpak::prelude::*;
//!
//! #[derive(Deserialize)]
//! #[serde(crate = "batpak::serde")]
//! struct LitV1 {}
//!
//! #[derive(Serialize, Deserialize, EventPayload)]
//! #[serde(crate = "batpak::serde")]
//! #[batpak(category = 0x1, type_id = 0x001, version = 2, upcast(1 = LitV1))]
//! struct Lit {}
//!
//! impl From<LitV1> for Lit {
//!     fn from(_: LitV1) -> Lit {
//!         Lit {}
//!     }
//! }
//! ```
//!
//! which must be there.
//!
//! ```compile_fail
//! use batpak::prelude::*;
//!
//! #[derive(Deserialize)]
//! #[serde(crate = "batpak::serde")]
//! struct LitV1 {}
//!
//! #[derive(Serialize, Deserialize, EventPayload)]
//! #[serde(crate = "batpak::serde")]
//! #[batpak(category = 0x1, type_id = 0x001, version = 2, upcast(1 = LitV1))]
//! struct Lit {}
//! ```
//!
//! A derived projection begins with its `Default`.
//!
//! ```compile_fail
//! use batpak::prelude::*;
//!
//! #[derive(Serialize, Deserialize, EventPayload)]
//! #[serde(crate = "batpak::serde")]
//! #[batpak(category = 0x1, type_id = 0x001)]
//! struct Lit {}
//!
//! #[derive(Serialize, Deserialize, EventSourced)]
//! #[serde(crate = "batpak::serde")]
//! #[batpak(input = RawMsgpackInput)]
//! #[batpak(event = Lit, handler = on_lit)]
//! struct Lamp {}
//!
//! impl Lamp {
//!     fn on_lit(&mut self, _: &Lit) {}
//! }
//! ```
