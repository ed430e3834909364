//! Appending the event of a transition.

use batpak_coordinate::Coordinate;
use batpak_journal::ExpectedSequence;

use super::marker::StateMarker;
use super::transition::Transition;
use crate::append::AppendOptions;
use crate::error::StoreError;
use crate::receipt::AppendReceipt;
use crate::store::{Open, Store};
use crate::typed::EventPayload;

impl Store<Open> {
    /// Appends the event of a transition, with the kind and version of its payload, if the stream
    /// is as the transition expects.
    ///
    /// # Errors
    /// As for [`Store::append_with_options`]; [`StoreError::SequenceMismatch`] when somebody else
    /// was faster.
    ///
    /// ```
    /// use batpak::prelude::*;
    /// use batpak::typestate::Transition;
    ///
    /// # #[derive(Serialize, Deserialize, EventPayload)]
    /// # #[batpak(category = 0x1, type_id = 0x001)]
    /// # struct Shutting { loudly: bool }
    /// batpak::define_state_machine! { DoorState { Ajar, Shut } Ajar => Shut by Shutting }
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let temp = tempfile::tempdir()?;
    /// # let store = Store::open(StoreConfig::new(temp.path()))?;
    /// let door = Coordinate::new("door:1", "house")?;
    /// let shut = || {
    ///     Transition::<Ajar, Shut, _>::from_payload(Shutting { loudly: true })
    ///         .with_expected(ExpectedSequence::NoStream)
    /// };
    /// store.apply_transition(&door, shut())?;
    /// let late = store.apply_transition(&door, shut());
    /// assert!(matches!(late, Err(StoreError::SequenceMismatch { .. })));
    /// # Ok(())
    /// # }
    /// ```
    pub fn apply_transition<From: StateMarker, To: StateMarker, P: EventPayload>(
        &self,
        coordinate: &Coordinate,
        transition: Transition<From, To, P>,
    ) -> Result<AppendReceipt, StoreError> {
        self.apply_transition_with_options(coordinate, transition, AppendOptions::new())
    }

    /// Appends the event of a transition with options. What the transition expects of the stream
    /// comes before what the options do.
    ///
    /// # Errors
    /// As for [`Store::apply_transition`].
    ///
    /// ```
    /// use batpak::prelude::*;
    /// use batpak::typestate::Transition;
    ///
    /// # #[derive(Serialize, Deserialize, EventPayload)]
    /// # #[batpak(category = 0x1, type_id = 0x001)]
    /// # struct Shutting { loudly: bool }
    /// batpak::define_state_machine! { DoorState { Ajar, Shut } Ajar => Shut by Shutting }
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let temp = tempfile::tempdir()?;
    /// # let store = Store::open(StoreConfig::new(temp.path()))?;
    /// let door = Coordinate::new("door:1", "house")?;
    /// let shut = Transition::<Ajar, Shut, _>::from_payload(Shutting { loudly: true });
    /// let key = IdempotencyKey::for_operation("door", &["1", "shut"]);
    /// let options = AppendOptions::new().with_idempotency(key);
    /// let receipt = store.apply_transition_with_options(&door, shut, options)?;
    /// assert_eq!(receipt.event_id, EventId::from(key));
    /// # Ok(())
    /// # }
    /// ```
    pub fn apply_transition_with_options<From: StateMarker, To: StateMarker, P: EventPayload>(
        &self,
        coordinate: &Coordinate,
        transition: Transition<From, To, P>,
        options: AppendOptions,
    ) -> Result<AppendReceipt, StoreError> {
        let options = match transition.expected() {
            ExpectedSequence::Any => options,
            expected => options.with_expected(expected),
        };
        self.append_typed_with_options(coordinate, &transition.into_payload(), options)
    }
}
