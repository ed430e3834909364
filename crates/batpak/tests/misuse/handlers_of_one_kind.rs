//! Of two payload types of one kind, the second handler would never be called: by two types, or by one with
//! two paths.

use batpak::prelude::*;

#[derive(Serialize, Deserialize, EventPayload)]
#[serde(crate = "batpak::serde")]
#[batpak(category = 0x1, type_id = 0x001)]
struct Lit {}

#[derive(Serialize, Deserialize, EventPayload)]
#[serde(crate = "batpak::serde")]
#[batpak(category = 0x1, type_id = 0x001)]
struct Dimmed {}

#[derive(Default, Serialize, Deserialize, EventSourced)]
#[serde(crate = "batpak::serde")]
#[batpak(input = RawMsgpackInput)]
#[batpak(event = Lit, handler = on_lit)]
#[batpak(event = Dimmed, handler = on_dimmed)]
struct Lamp {}

impl Lamp {
    fn on_lit(&mut self, _: &Lit) {}
    fn on_dimmed(&mut self, _: &Dimmed) {}
}

#[derive(Default, Serialize, Deserialize, EventSourced)]
#[serde(crate = "batpak::serde")]
#[batpak(input = RawMsgpackInput)]
#[batpak(event = Lit, handler = on_lit)]
#[batpak(event = self::Lit, handler = on_lit)]
struct Bulb {}

impl Bulb {
    fn on_lit(&mut self, _: &Lit) {}
}

fn main() {}
