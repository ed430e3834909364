//! Appending: what a caller asks for, how it becomes a unit of the journal, and its answer.

mod append_item;
mod append_one;
mod append_options;
mod append_unit;
mod bytes;
mod causation;
mod condition;
mod decide;
mod decision_error;
mod decision_view;
mod draft;
mod durability_gate;
mod failure;
mod key;
mod pressure;
mod ticket;
mod try_submit;
mod unit;

pub use append_item::BatchAppendItem;
pub use append_options::{AppendOptions, AppendPositionHint};
pub use bytes::EncodedBytes;
pub use causation::CausationRef;
pub use condition::AppendCondition;
pub use decision_error::DecisionError;
pub use decision_view::DecisionView;
pub use durability_gate::DurabilityGate;
pub use key::{ExtensionKey, ExtensionKeyError, MAX_EXTENSION_KEY_LEN};
pub use pressure::WriterPressure;
pub use ticket::{AppendTicket, BatchAppendTicket};

pub(crate) use bytes::Extensions;
pub(crate) use draft::Repeated;
pub(crate) use failure::{Scope, append_error, failure_error};
