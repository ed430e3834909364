//! Gates: rules that a proposal has to pass before it is committed.
//!
//! A [`Gate`] looks at a context of the caller's and permits or denies. A [`GateSet`] asks its
//! gates in order; when all permit, it returns a [`Receipt`] around the proposed payload, which
//! nothing else can make. [`Pipeline`](crate::pipeline::Pipeline) turns a receipt into a commit,
//! once. A denial can be recorded as an event: [`Store::append_denial`](crate::Store::append_denial).
//!
//! Gates run in the thread that asks, before anything is appended: under no lock, and in
//! nobody's way. A gate may read the store, append to it, or wait for somebody who does. When it
//! panics, that is a denial with the code [`GATE_DEFECT`].
//!
//! What a gate saw may have changed by the time of the append. An append with an
//! [expected sequence](crate::AppendOptions::with_expected) is refused if its stream has grown. A gate over a
//! [`DecisionView`](crate::store::DecisionView) of the log holds at the very place that the events get:
//! [`Store::append_gated`](crate::Store::append_gated).
//!
//! ```
//! use batpak::guard::{Denial, Gate, GateSet, Proposal};
//!
//! struct Limit;
//!
//! impl Gate<u64> for Limit {
//!     fn name(&self) -> &'static str {
//!         "limit"
//!     }
//!
//!     fn evaluate(&self, total: &u64) -> Result<(), Denial> {
//!         if *total <= 1_000 {
//!             return Ok(());
//!         }
//!         Err(Denial::new("limit", "above 1000").with_code("LIMIT"))
//!     }
//! }
//!
//! let mut gates = GateSet::new();
//! gates.push(Limit);
//! let receipt = gates.evaluate(&300, Proposal::new("three lamps")).unwrap();
//! assert_eq!(receipt.gates_passed(), ["limit"]);
//! let denial = gates.evaluate(&3_000, Proposal::new("thirty lamps")).unwrap_err();
//! assert_eq!(denial.to_string(), "[limit] above 1000");
//! ```

mod denial;
mod denial_receipt;
mod gate;
mod gate_id;
mod gate_set;
mod proposal;
mod record;
mod trace;

pub use denial::{Denial, GATE_DEFECT};
pub use denial_receipt::DenialReceipt;
pub use gate::Gate;
pub use gate_id::{GateId, GateIdError};
pub use gate_set::GateSet;
pub use proposal::{Proposal, Receipt};
pub use trace::{DenialPayload, GateEvaluation, Verdict};

pub(crate) use gate_set::SetIdentity;
