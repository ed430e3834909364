//! A value is in a state of its machine, and moves as the machine lists it.

mod lamps {
    batpak::define_state_machine! { pub LampState { Dark, Bright } Dark => Bright }
}

use lamps::{Bright, Dark, LampState};

batpak::define_state_machine! { DoorState { Ajar } }

batpak::define_typestate! { Lamp<S: LampState> { watts: u32 } }

struct Forged;

impl LampState for Forged {}

fn main() {
    let _: Lamp<Ajar>;
    let lamp = Lamp::<Bright>::new(60);
    let _: Lamp<Dark> = lamp.into_state();
}
