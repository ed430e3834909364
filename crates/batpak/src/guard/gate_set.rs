//! Gates that are asked together.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use batpak_coordinate::EventKind;
use batpak_event::Digest;

use super::denial::Denial;
use super::gate::Gate;
use super::proposal::{Proposal, Receipt};
use super::trace::{DenialPayload, GateEvaluation};

/// Gates that are asked together, in the order in which they were added.
///
/// ```
/// use batpak::guard::{Denial, Gate, GateSet};
///
/// struct Open;
///
/// impl Gate<()> for Open {
///     fn name(&self) -> &'static str {
///         "open"
///     }
///
///     fn evaluate(&self, _: &()) -> Result<(), Denial> {
///         Ok(())
///     }
/// }
///
/// let mut gates = GateSet::new();
/// gates.push(Open);
/// assert_eq!((gates.len(), gates.names()), (1, vec!["open"]));
/// ```
pub struct GateSet<Ctx: ?Sized> {
    gates: Vec<Box<dyn Gate<Ctx>>>,
    identity: Arc<SetIdentity>,
}

/// Tells a set from every other one, and from itself before a gate was added.
#[derive(Debug)]
pub(crate) struct SetIdentity;

impl<Ctx: ?Sized> GateSet<Ctx> {
    /// A set without gates, which permits everything.
    ///
    /// ```
    /// use batpak::guard::GateSet;
    ///
    /// assert!(GateSet::<()>::new().is_empty());
    /// ```
    #[must_use]
    pub fn new() -> GateSet<Ctx> {
        GateSet {
            gates: Vec::new(),
            identity: Arc::new(SetIdentity),
        }
    }

    /// Adds a gate, to be asked last. What was permitted before it was added was not permitted by
    /// this set.
    ///
    /// ```
    /// # use batpak::guard::{Denial, Gate, GateSet};
    /// # struct Open;
    /// # impl Gate<()> for Open {
    /// #     fn name(&self) -> &'static str { "open" }
    /// #     fn evaluate(&self, _: &()) -> Result<(), Denial> { Ok(()) }
    /// # }
    /// let mut gates = GateSet::new();
    /// gates.push(Open);
    /// gates.push(Box::new(Open) as Box<dyn Gate<()>>);
    /// assert_eq!(gates.len(), 2);
    /// ```
    pub fn push(&mut self, gate: impl Gate<Ctx> + 'static) {
        self.gates.push(Box::new(gate));
        self.identity = Arc::new(SetIdentity);
    }

    /// Asks the gates in order, up to the first that denies. A gate that panics denies, with the
    /// code [`GATE_DEFECT`](super::GATE_DEFECT).
    ///
    /// # Errors
    /// The denial. The proposal is gone then.
    ///
    /// ```
    /// use batpak::guard::{GateSet, Proposal};
    ///
    /// let receipt = GateSet::new().evaluate(&(), Proposal::new("lamp")).unwrap();
    /// assert_eq!(*receipt.payload(), "lamp");
    /// ```
    pub fn evaluate<T>(&self, ctx: &Ctx, proposal: Proposal<T>) -> Result<Receipt<T>, Denial> {
        for (position, gate) in self.gates.iter().enumerate() {
            if let Err(mut denial) = ask(&**gate, ctx) {
                denial.evaluations = Some(self.answers_until(position, &denial));
                return Err(denial);
            }
        }
        let identity = Arc::clone(&self.identity);
        Ok(Receipt::new(
            proposal.into_payload(),
            self.names(),
            identity,
        ))
    }

    /// Asks every gate, and returns all denials in order. It proves nothing: only
    /// [`GateSet::evaluate`] makes receipts.
    ///
    /// ```
    /// use batpak::guard::GateSet;
    ///
    /// assert!(GateSet::new().evaluate_all(&()).is_empty());
    /// ```
    #[must_use]
    pub fn evaluate_all(&self, ctx: &Ctx) -> Vec<Denial> {
        let answers: Vec<(&'static str, Result<(), Denial>)> = self
            .gates
            .iter()
            .map(|gate| (gate.name(), ask(&**gate, ctx)))
            .collect();
        let evaluations: Arc<[GateEvaluation]> = answers
            .iter()
            .map(|(name, answer)| match answer {
                Ok(()) => GateEvaluation::permit(name),
                Err(denial) => GateEvaluation::deny(name, denial),
            })
            .collect();
        answers
            .into_iter()
            .filter_map(|(_, answer)| answer.err())
            .map(|mut denial| {
                denial.evaluations = Some(Arc::clone(&evaluations));
                denial
            })
            .collect()
    }

    /// What is to be recorded of a denial.
    ///
    /// A denial that a set returned carries what each gate answered. Of one that was made by hand
    /// only its own gate is known; the others count as skipped.
    ///
    /// ```
    /// use batpak::EventKind;
    /// use batpak::guard::{Denial, GateSet, Verdict};
    ///
    /// let denial = Denial::new("limit", "above 1000");
    /// let payload = GateSet::<u64>::new().trace_denial(&denial, EventKind::DATA, None, None);
    /// assert!(matches!(payload.evaluations[0].verdict, Verdict::Deny { .. }));
    /// ```
    #[must_use]
    pub fn trace_denial(
        &self,
        denial: &Denial,
        proposed_kind: EventKind,
        proposed_content_hash: Option<Digest>,
        pipeline_id: Option<&str>,
    ) -> DenialPayload {
        let evaluations = match &denial.evaluations {
            Some(evaluations) => evaluations.to_vec(),
            None => self.answers_known_from(denial),
        };
        DenialPayload {
            evaluations,
            pipeline_id: pipeline_id.map(str::to_owned),
            proposed_kind,
            proposed_content_hash,
        }
    }

    /// How many gates there are.
    ///
    /// ```
    /// use batpak::guard::GateSet;
    ///
    /// assert_eq!(GateSet::<()>::new().len(), 0);
    /// ```
    #[must_use]
    pub fn len(&self) -> usize {
        self.gates.len()
    }

    /// Whether there is none.
    ///
    /// ```
    /// use batpak::guard::GateSet;
    ///
    /// assert!(GateSet::<()>::new().is_empty());
    /// ```
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.gates.is_empty()
    }

    /// The names of the gates, in their order.
    ///
    /// ```
    /// use batpak::guard::GateSet;
    ///
    /// assert!(GateSet::<()>::new().names().is_empty());
    /// ```
    #[must_use]
    pub fn names(&self) -> Vec<&'static str> {
        self.gates.iter().map(|gate| gate.name()).collect()
    }

    pub(crate) fn identity(&self) -> &Arc<SetIdentity> {
        &self.identity
    }

    /// The answers when the gate at `position` denied and those after it were not asked.
    fn answers_until(&self, position: usize, denial: &Denial) -> Arc<[GateEvaluation]> {
        self.gates
            .iter()
            .enumerate()
            .map(|(index, gate)| match index.cmp(&position) {
                std::cmp::Ordering::Less => GateEvaluation::permit(gate.name()),
                std::cmp::Ordering::Equal => GateEvaluation::deny(gate.name(), denial),
                std::cmp::Ordering::Greater => GateEvaluation::skipped(gate.name()),
            })
            .collect()
    }

    /// The answers that a denial made by hand tells.
    fn answers_known_from(&self, denial: &Denial) -> Vec<GateEvaluation> {
        let names = self.names();
        let position = names.iter().position(|name| *name == denial.gate);
        let denied = GateEvaluation::deny(denial.gate, denial);
        let mut evaluations: Vec<_> = names.into_iter().map(GateEvaluation::skipped).collect();
        match position.and_then(|position| evaluations.get_mut(position)) {
            Some(evaluation) => *evaluation = denied,
            None => evaluations.push(denied),
        }
        evaluations
    }
}

/// Asks one gate. What its panic leaves half done is the caller's, who learns of it by the denial.
fn ask<Ctx: ?Sized>(gate: &dyn Gate<Ctx>, ctx: &Ctx) -> Result<(), Denial> {
    catch_unwind(AssertUnwindSafe(|| gate.evaluate(ctx)))
        .unwrap_or_else(|panic| Err(Denial::defect(gate.name(), &*panic)))
}

impl<Ctx: ?Sized> Default for GateSet<Ctx> {
    fn default() -> Self {
        GateSet::new()
    }
}

impl<Ctx: ?Sized> fmt::Debug for GateSet<Ctx> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_tuple("GateSet")
            .field(&self.names())
            .finish()
    }
}
