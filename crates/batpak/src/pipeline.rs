//! From a proposal to a commit, through gates or audibly around them.
//!
//! A [`Pipeline`] owns a [`GateSet`](crate::guard::GateSet). [`Pipeline::evaluate`] asks it,
//! [`Pipeline::commit`] takes the receipt and runs the append. Whoever has to go around the gates
//! names a [`BypassReason`] that is part of the program, and
//! [`Store::append_bypassed`](crate::Store::append_bypassed) writes the event and a record of the
//! bypass as one unit.
//!
//! ```
//! use batpak::guard::{GateSet, Proposal};
//! use batpak::pipeline::{CommitMetadata, Pipeline};
//! use batpak::prelude::*;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let temp = tempfile::tempdir()?;
//! # let store = Store::open(StoreConfig::new(temp.path()))?;
//! # let order = Coordinate::new("order:17", "shop")?;
//! let pipeline = Pipeline::new(GateSet::<u64>::new());
//! let receipt = pipeline.evaluate(&300, Proposal::new("three lamps"))?;
//! let committed = pipeline.commit(receipt, |payload| {
//!     CommitMetadata::from_append_receipt(&store.append(&order, EventKind::DATA, payload)?)
//! })?;
//! assert_eq!(committed.metadata().sequence(), 1);
//! # Ok(())
//! # }
//! ```

mod bypass;
mod commit_metadata;
mod committed;
mod record;
mod run;

pub use bypass::{BypassAudit, BypassPayload, BypassReason, BypassReceipt};
pub use commit_metadata::CommitMetadata;
pub use committed::Committed;
pub use run::Pipeline;
