//! An event that takes a value from one state to another.

use std::fmt;
use std::marker::PhantomData;

use batpak_coordinate::EventKind;
use batpak_journal::ExpectedSequence;

use super::marker::{BecomesBy, StateMarker};
use crate::typed::EventPayload;

/// An event that takes a value from one state to another.
///
/// It exists only if the machine of both states lists it: see
/// [`define_state_machine!`](crate::define_state_machine).
///
/// ```
/// use batpak::prelude::*;
/// use batpak::typestate::Transition;
///
/// #[derive(Serialize, Deserialize, EventPayload)]
/// #[batpak(category = 0x1, type_id = 0x001)]
/// struct Shutting {
///     loudly: bool,
/// }
///
/// batpak::define_state_machine! { DoorState { Ajar, Shut } Ajar => Shut by Shutting }
///
/// let transition = Transition::<Ajar, Shut, _>::from_payload(Shutting { loudly: true });
/// assert_eq!(transition.kind(), Shutting::KIND);
/// assert_eq!((transition.from_name(), transition.to_name()), ("Ajar", "Shut"));
/// assert!(transition.into_payload().loudly);
/// ```
#[must_use = "a transition does nothing until it is applied"]
pub struct Transition<From, To, P> {
    payload: P,
    expected: ExpectedSequence,
    states: PhantomData<fn(From) -> To>,
}

impl<From: StateMarker, To: StateMarker, P: EventPayload> Transition<From, To, P> {
    /// The transition that an event makes.
    pub fn from_payload(payload: P) -> Self
    where
        From: BecomesBy<To, P>,
    {
        Transition {
            payload,
            expected: ExpectedSequence::Any,
            states: PhantomData,
        }
    }

    /// Applies only if the stream is as expected: where it was when the value came to its state.
    pub fn with_expected(mut self, expected: ExpectedSequence) -> Self {
        self.expected = expected;
        self
    }

    /// The kind of the event.
    #[must_use]
    pub fn kind(&self) -> EventKind {
        P::KIND
    }

    /// The payload of the event.
    #[must_use]
    pub fn payload(&self) -> &P {
        &self.payload
    }

    /// The payload of the event.
    #[must_use]
    pub fn into_payload(self) -> P {
        self.payload
    }

    /// How the stream has to be.
    #[must_use]
    pub fn expected(&self) -> ExpectedSequence {
        self.expected
    }

    /// The name of the state that it starts from.
    #[must_use]
    pub fn from_name(&self) -> &'static str {
        From::NAME
    }

    /// The name of the state that it leads to.
    #[must_use]
    pub fn to_name(&self) -> &'static str {
        To::NAME
    }
}

impl<From: StateMarker, To: StateMarker, P: fmt::Debug> fmt::Debug for Transition<From, To, P> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Transition")
            .field("from", &From::NAME)
            .field("to", &To::NAME)
            .field("payload", &self.payload)
            .field("expected", &self.expected)
            .finish()
    }
}
