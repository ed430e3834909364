//! Going around gates: why, and what is recorded of it.

use std::fmt;
use std::sync::Arc;

use batpak_coordinate::EventKind;
use batpak_event::Digest;
use serde::{Deserialize, Serialize};

use crate::guard::{GateId, GateSet, SetIdentity};
use crate::receipt::hex;
use crate::typed::EventPayload;

/// Why somebody may go around the gates.
///
/// A pipeline takes it for the life of the program, so that reasons are written down in its source,
/// where they are reviewed, and are not made up while it runs.
///
/// ```
/// use batpak::pipeline::BypassReason;
///
/// struct Migration;
///
/// impl BypassReason for Migration {
///     fn name(&self) -> &'static str {
///         "migration"
///     }
///
///     fn justification(&self) -> &'static str {
///         "the old system had permitted it"
///     }
///
///     fn approved_by(&self) -> Option<&'static str> {
///         Some("operations")
///     }
/// }
///
/// let reason: &'static dyn BypassReason = &Migration;
/// assert_eq!(reason.name(), "migration");
/// ```
pub trait BypassReason: Send + Sync {
    /// What it is called.
    fn name(&self) -> &'static str;

    /// Why it is right.
    fn justification(&self) -> &'static str;

    /// Who approved it; nobody unless it is overridden.
    fn approved_by(&self) -> Option<&'static str> {
        None
    }
}

/// A payload that goes around the gates, with the reason.
///
/// Only [`Pipeline::bypass`](super::Pipeline::bypass) makes one. It cannot be copied, and a commit
/// takes it.
///
/// ```
/// use batpak::guard::{GateSet, Proposal};
/// use batpak::pipeline::Pipeline;
/// # use batpak::pipeline::BypassReason;
/// # struct Migration;
/// # impl BypassReason for Migration {
/// #     fn name(&self) -> &'static str { "migration" }
/// #     fn justification(&self) -> &'static str { "the old system had permitted it" }
/// # }
///
/// let pipeline = Pipeline::new(GateSet::<()>::new());
/// let receipt = pipeline.bypass(Proposal::new("lamp"), &Migration);
/// assert_eq!((*receipt.payload(), &*receipt.audit().reason), ("lamp", "migration"));
/// ```
#[must_use = "what goes around the gates is not committed yet"]
pub struct BypassReceipt<T> {
    payload: T,
    audit: BypassAudit,
    gates: Vec<GateId>,
    set: Arc<SetIdentity>,
}

impl<T> BypassReceipt<T> {
    pub(super) fn new<Ctx: ?Sized>(
        payload: T,
        reason: &dyn BypassReason,
        gates: &GateSet<Ctx>,
    ) -> BypassReceipt<T> {
        BypassReceipt {
            payload,
            audit: BypassAudit {
                reason: reason.name().to_owned(),
                justification: reason.justification().to_owned(),
                approved_by: reason.approved_by().map(str::to_owned),
            },
            gates: gates.names().into_iter().map(GateId::of).collect(),
            set: Arc::clone(gates.identity()),
        }
    }

    /// What goes around the gates.
    pub fn payload(&self) -> &T {
        &self.payload
    }

    /// Why.
    #[must_use]
    pub fn audit(&self) -> &BypassAudit {
        &self.audit
    }

    /// The payload and the reason.
    pub fn into_parts(self) -> (T, BypassAudit) {
        (self.payload, self.audit)
    }

    pub(super) fn is_of(&self, set: &Arc<SetIdentity>) -> bool {
        Arc::ptr_eq(&self.set, set)
    }

    /// What is to be recorded when the payload is committed as an event of `kind`.
    pub(super) fn record(&self, kind: EventKind, content_hash: Digest) -> BypassPayload {
        BypassPayload {
            audit: self.audit.clone(),
            gates: self.gates.clone(),
            bypassed_kind: kind,
            bypassed_content_hash: content_hash,
        }
    }
}

impl<T: fmt::Debug> fmt::Debug for BypassReceipt<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("BypassReceipt")
            .field("payload", &self.payload)
            .field("audit", &self.audit)
            .finish_non_exhaustive()
    }
}

/// Why a commit went around the gates.
///
/// ```
/// use batpak::pipeline::BypassAudit;
///
/// let audit = BypassAudit {
///     reason: "migration".into(),
///     justification: "the old system had permitted it".into(),
///     approved_by: None,
/// };
/// assert_eq!(audit.clone(), audit);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BypassAudit {
    /// What the reason is called.
    pub reason: String,
    /// Why it is right.
    pub justification: String,
    /// Who approved it.
    pub approved_by: Option<String>,
}

/// The payload of the record of a bypass, an event of kind [`EventKind::SYSTEM_BYPASS`] whose cause
/// is the event that went around the gates.
///
/// [`Store::append_bypassed`](crate::Store::append_bypassed) writes it, and nothing else can.
///
/// ```
/// use batpak::pipeline::BypassPayload;
/// use batpak::{EventKind, EventPayload};
///
/// assert_eq!(BypassPayload::KIND, EventKind::SYSTEM_BYPASS);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BypassPayload {
    /// Why.
    pub audit: BypassAudit,
    /// The gates that were not asked.
    pub gates: Vec<GateId>,
    /// The kind of the event.
    pub bypassed_kind: EventKind,
    /// BLAKE3 of its encoded payload.
    #[serde(with = "hex")]
    pub bypassed_content_hash: Digest,
}

impl EventPayload for BypassPayload {
    const KIND: EventKind = EventKind::SYSTEM_BYPASS;
}
