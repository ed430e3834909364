//! A payload is written and read by serde.

use batpak::prelude::*;

#[derive(EventPayload)]
#[batpak(category = 0x1, type_id = 0x001)]
struct Lit {}

fn main() {}
