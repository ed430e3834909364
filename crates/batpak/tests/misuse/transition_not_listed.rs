//! A transition that the machine does not list, and one by an event that it does not list.

use batpak::prelude::*;

#[derive(Serialize, Deserialize, EventPayload)]
#[serde(crate = "batpak::serde")]
#[batpak(category = 0x1, type_id = 0x001)]
struct Lit {}

use batpak::typestate::Transition;

batpak::define_state_machine! {
    LampState { Dark, Bright, Broken }
    Dark => Bright by Lit,
    Bright => Dark,
}

#[derive(Serialize, Deserialize, EventPayload)]
#[serde(crate = "batpak::serde")]
#[batpak(category = 0x1, type_id = 0x002)]
struct Dimmed {}

fn main() {
    Transition::<Dark, Broken, _>::from_payload(Lit {});
    Transition::<Bright, Broken, Dimmed>::from_payload(Dimmed {});
    Transition::<Dark, Bright, _>::from_payload(Dimmed {});
}
