//! What can go wrong with a store, how to handle it, and where it happened.
//!
//! [`StoreError`] is the one error of the facade. Beside its text it answers, without parsing:
//! [`class`](StoreError::class) how to handle it, [`code`](StoreError::code) a stable name of the
//! cause, [`commit_state`](StoreError::commit_state) whether the events are in the log,
//! [`retry`](StoreError::retry) whether trying again can help, [`locus`](StoreError::locus) where
//! it happened and [`hint`](StoreError::hint) what to do next. `docs/errors.md` lists every code.

mod checkpoint_id;
mod class;
mod code;
mod codec;
mod commit;
mod convert;
mod detail;
mod display;
mod hidden_ranges;
mod hint;
mod invariant;
mod io_context;
mod lock_mode;
mod locus;
mod profile;
mod registry;
mod retry;
mod source;
mod store_error;
mod watermark;

#[cfg(test)]
mod catalogue_test;
#[cfg(test)]
mod contract_test;
#[cfg(test)]
mod example;
#[cfg(test)]
mod snapshot_test;

pub use checkpoint_id::CheckpointIdError;
pub use class::HandlingClass;
pub use codec::CodecError;
pub use commit::CommitState;
pub use detail::{Detail, DetailCause};
pub use hidden_ranges::HiddenRangesCorruption;
pub use invariant::StoreInvariant;
pub use io_context::IoContext;
pub use lock_mode::StoreLockMode;
pub use locus::Locus;
pub use profile::ProfileInvalidKind;
pub use registry::{EventPayloadKindCollision, EventPayloadRegistryError};
pub use retry::RetryAdvice;
pub use store_error::StoreError;
pub use watermark::WatermarkKind;
