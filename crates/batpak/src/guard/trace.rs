//! What is recorded of a denial.

use batpak_coordinate::EventKind;
use batpak_event::{Digest, encoding};
use serde::{Deserialize, Serialize};

use super::denial::Denial;
use super::gate_id::GateId;
use crate::receipt::hex;
use crate::typed::EventPayload;

/// What one gate answered.
///
/// ```
/// use batpak::guard::Verdict;
///
/// assert_ne!(Verdict::Permit, Verdict::Skipped);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Verdict {
    /// It permitted.
    Permit,
    /// It denied.
    Deny {
        /// What programs compare; may be empty.
        code: String,
        /// What people read.
        message: String,
        /// What led to it, by name.
        context: Vec<(String, String)>,
    },
    /// It was not asked, because another one had denied, or nothing is known of it.
    Skipped,
}

/// The answer of one gate of a set.
///
/// ```
/// use batpak::guard::{GateEvaluation, GateId, Verdict};
///
/// let gate_id = GateId::new("limit")?;
/// let answer = GateEvaluation { gate_id, verdict: Verdict::Permit, evidence_hash: None };
/// assert_eq!(answer.gate_id.to_string(), "limit");
/// # Ok::<(), batpak::guard::GateIdError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GateEvaluation {
    /// The gate.
    pub gate_id: GateId,
    /// Its answer.
    pub verdict: Verdict,
    /// Of a denial, BLAKE3 of the [canonical encoding](crate::canonical) of the [`Denial`], which
    /// whoever keeps more about the case can refer to.
    #[serde(with = "hex::option")]
    pub evidence_hash: Option<Digest>,
}

impl GateEvaluation {
    pub(super) fn permit(gate: &str) -> GateEvaluation {
        GateEvaluation::new(gate, Verdict::Permit, None)
    }

    pub(super) fn skipped(gate: &str) -> GateEvaluation {
        GateEvaluation::new(gate, Verdict::Skipped, None)
    }

    pub(super) fn deny(gate: &str, denial: &Denial) -> GateEvaluation {
        let verdict = Verdict::Deny {
            code: denial.code.clone(),
            message: denial.message.clone(),
            context: denial.context.clone(),
        };
        // Text always encodes, so there is always a hash.
        let evidence = encoding::to_bytes(denial).ok();
        let hash = evidence.map(|bytes| batpak_event::HashChain::compute_hash(&bytes));
        GateEvaluation::new(gate, verdict, hash)
    }

    fn new(gate: &str, verdict: Verdict, evidence_hash: Option<Digest>) -> GateEvaluation {
        GateEvaluation {
            gate_id: GateId::of(gate),
            verdict,
            evidence_hash,
        }
    }
}

/// The payload of a recorded denial, an event of kind [`EventKind::SYSTEM_DENIAL`].
///
/// [`Store::append_denial`](crate::Store::append_denial) writes it, and nothing else can.
///
/// ```
/// use batpak::guard::{Denial, DenialPayload, GateSet};
/// use batpak::{EventKind, EventPayload};
///
/// let denial = Denial::new("limit", "above 1000");
/// let gates = GateSet::<u64>::new();
/// let payload = gates.trace_denial(&denial, EventKind::DATA, None, Some("checkout"));
/// assert_eq!(payload.pipeline_id.as_deref(), Some("checkout"));
/// assert_eq!(DenialPayload::KIND, EventKind::SYSTEM_DENIAL);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DenialPayload {
    /// What the gates answered, in the order of their set.
    pub evaluations: Vec<GateEvaluation>,
    /// What proposed the event, in the caller's naming.
    pub pipeline_id: Option<String>,
    /// The kind of the event that was proposed.
    pub proposed_kind: EventKind,
    /// BLAKE3 of the payload that was proposed, for whoever keeps it.
    #[serde(with = "hex::option")]
    pub proposed_content_hash: Option<Digest>,
}

impl EventPayload for DenialPayload {
    const KIND: EventKind = EventKind::SYSTEM_DENIAL;
}
