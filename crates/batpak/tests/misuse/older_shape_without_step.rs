//! An older shape becomes the type by `From` or `TryFrom`.

use batpak::prelude::*;

#[derive(Deserialize)]
#[serde(crate = "batpak::serde")]
struct LitV1 {}

#[derive(Serialize, Deserialize, EventPayload)]
#[serde(crate = "batpak::serde")]
#[batpak(category = 0x1, type_id = 0x001, version = 2, upcast(1 = LitV1))]
struct Lit {}

fn main() {}
