//! A value is in one state at a time.

batpak::define_state_machine! { LampState { Dark, Bright } Dark => Bright }

batpak::define_typestate! { Lamp<S: LampState> { watts: u32 } }

fn main() {
    let lamp = Lamp::<Dark>::new(60);
    let _: Lamp<Bright> = lamp.into_state();
    let _: Lamp<Bright> = lamp.into_state();
}
