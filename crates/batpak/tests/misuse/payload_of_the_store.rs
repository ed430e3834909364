//! Some kinds are those of the store, and what is wrong with one type hides nothing of the other.

use batpak::prelude::*;

#[derive(Serialize, Deserialize, EventPayload)]
#[serde(crate = "batpak::serde")]
#[batpak(category = 0x0, type_id = 0x001)]
struct Started {}

#[derive(Serialize, Deserialize, EventPayload)]
#[serde(crate = "batpak::serde")]
#[batpak(category = 0xD, type_id = 0x001)]
enum Failed {
    Once { at: u64 },
}

fn main() {}
