//! The traits that states have.

/// A state of a machine. Only [`define_state_machine!`](crate::define_state_machine) makes one.
///
/// ```
/// use batpak::typestate::StateMarker;
///
/// batpak::define_state_machine! { DoorState { Ajar, Shut } }
/// assert_eq!((Ajar::NAME, Shut::NAME), ("Ajar", "Shut"));
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no state of a machine",
    note = "states are defined by `define_state_machine!`"
)]
pub trait StateMarker: __sealed::Marker + Copy + Send + Sync + 'static {
    /// Its name.
    const NAME: &'static str;
}

/// A state that becomes another one.
///
/// ```
/// use batpak::typestate::Becomes;
///
/// batpak::define_state_machine! { DoorState { Ajar, Shut } Ajar => Shut }
///
/// fn close<From: Becomes<Shut>>(_: From) -> Shut {
///     Shut
/// }
/// assert_eq!(close(Ajar), Shut);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not become `{To}`",
    label = "there is no transition `{Self} => {To}`",
    note = "transitions are listed in the `define_state_machine!` of the states"
)]
pub trait Becomes<To: StateMarker>: StateMarker {}

/// A state that becomes another one by an event with the payload `P`.
///
/// ```
/// use batpak::typestate::BecomesBy;
///
/// struct Slammed;
///
/// batpak::define_state_machine! { DoorState { Ajar, Shut } Ajar => Shut by Slammed }
///
/// fn close<From: BecomesBy<Shut, P>, P>(_: From, _: P) -> Shut {
///     Shut
/// }
/// assert_eq!(close(Ajar, Slammed), Shut);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not become `{To}` by `{P}`",
    label = "there is no transition `{Self} => {To} by {P}`",
    note = "transitions are listed in the `define_state_machine!` of the states"
)]
pub trait BecomesBy<To: StateMarker, P>: Becomes<To> {}

/// What the macros write and nobody else does.
#[doc(hidden)]
pub mod __sealed {
    /// A state that a macro wrote.
    pub trait Marker {}
}
