//! What gates are asked about, and what they give for it.

use std::fmt;
use std::sync::Arc;

use super::gate_set::SetIdentity;

/// A payload that is to be committed if the gates permit it.
///
/// ```
/// use batpak::guard::Proposal;
///
/// let proposal = Proposal::new(3).map(|lamps| format!("{lamps} lamps"));
/// assert_eq!(proposal.payload(), "3 lamps");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub struct Proposal<T>(T);

impl<T> Proposal<T> {
    /// Proposes a payload.
    ///
    /// ```
    /// use batpak::guard::Proposal;
    ///
    /// assert_eq!(*Proposal::new(3).payload(), 3);
    /// ```
    pub fn new(payload: T) -> Proposal<T> {
        Proposal(payload)
    }

    /// The payload.
    ///
    /// ```
    /// use batpak::guard::Proposal;
    ///
    /// assert_eq!(Proposal::new("lamp").payload().len(), 4);
    /// ```
    pub fn payload(&self) -> &T {
        &self.0
    }

    /// Takes the payload back.
    ///
    /// ```
    /// use batpak::guard::Proposal;
    ///
    /// assert_eq!(Proposal::new(3).into_payload(), 3);
    /// ```
    pub fn into_payload(self) -> T {
        self.0
    }

    /// Proposes what a function makes of the payload.
    ///
    /// ```
    /// use batpak::guard::Proposal;
    ///
    /// assert_eq!(Proposal::new(3).map(|lamps| lamps * 2), Proposal::new(6));
    /// ```
    pub fn map<U>(self, function: impl FnOnce(T) -> U) -> Proposal<U> {
        Proposal(function(self.0))
    }
}

/// Proof that the gates of a set permitted a payload.
///
/// Only [`GateSet::evaluate`](super::GateSet::evaluate) makes one. It cannot be copied, and a
/// commit takes it, so what was permitted once is committed once.
///
/// ```
/// use batpak::guard::{GateSet, Proposal};
///
/// let gates = GateSet::<()>::new();
/// let receipt = gates.evaluate(&(), Proposal::new("lamp")).unwrap();
/// assert_eq!((*receipt.payload(), receipt.gates_passed().len()), ("lamp", 0));
/// ```
///
/// It cannot be made by hand:
///
/// ```compile_fail
/// let receipt = batpak::guard::Receipt { payload: "lamp", gates: vec!["limit"] };
/// ```
///
/// It cannot be copied:
///
/// ```compile_fail,E0599
/// use batpak::guard::{GateSet, Proposal};
///
/// let receipt = GateSet::new().evaluate(&(), Proposal::new("lamp")).unwrap();
/// let (first, second) = (receipt.clone(), receipt);
/// ```
#[must_use = "what the gates permitted is not committed yet"]
pub struct Receipt<T> {
    payload: T,
    gates: Vec<&'static str>,
    set: Arc<SetIdentity>,
}

impl<T> Receipt<T> {
    pub(super) fn new(payload: T, gates: Vec<&'static str>, set: Arc<SetIdentity>) -> Receipt<T> {
        Receipt {
            payload,
            gates,
            set,
        }
    }

    /// What was permitted.
    ///
    /// ```
    /// use batpak::guard::{GateSet, Proposal};
    ///
    /// let receipt = GateSet::new().evaluate(&(), Proposal::new("lamp")).unwrap();
    /// assert_eq!(*receipt.payload(), "lamp");
    /// ```
    pub fn payload(&self) -> &T {
        &self.payload
    }

    /// The names of the gates that permitted it, in the order in which they were asked.
    ///
    /// ```
    /// use batpak::guard::{GateSet, Proposal};
    ///
    /// let receipt = GateSet::new().evaluate(&(), Proposal::new("lamp")).unwrap();
    /// assert!(receipt.gates_passed().is_empty());
    /// ```
    #[must_use]
    pub fn gates_passed(&self) -> &[&'static str] {
        &self.gates
    }

    /// The payload and the names of the gates. What is left proves nothing any more.
    ///
    /// ```
    /// use batpak::guard::{GateSet, Proposal};
    ///
    /// let receipt = GateSet::new().evaluate(&(), Proposal::new("lamp")).unwrap();
    /// assert_eq!(receipt.into_parts(), ("lamp", vec![]));
    /// ```
    pub fn into_parts(self) -> (T, Vec<&'static str>) {
        (self.payload, self.gates)
    }

    /// Whether the gates that permitted it are those of this set, all of them and no others.
    pub(crate) fn is_of(&self, set: &Arc<SetIdentity>) -> bool {
        Arc::ptr_eq(&self.set, set)
    }
}

impl<T: fmt::Debug> fmt::Debug for Receipt<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Receipt")
            .field("payload", &self.payload)
            .field("gates", &self.gates)
            .finish_non_exhaustive()
    }
}
