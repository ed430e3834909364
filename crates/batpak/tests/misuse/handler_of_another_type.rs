//! A handler takes the payload type that its attribute names.

use batpak::prelude::*;

#[derive(Serialize, Deserialize, EventPayload)]
#[serde(crate = "batpak::serde")]
#[batpak(category = 0x1, type_id = 0x001)]
struct Lit {}

#[derive(Default, Serialize, Deserialize, EventSourced)]
#[serde(crate = "batpak::serde")]
#[batpak(input = RawMsgpackInput)]
#[batpak(event = Lit, handler = on_lit)]
struct Lamp {}

impl Lamp {
    fn on_lit(&mut self, _: &String) {}
}

fn main() {}
