//! Reading: single events, streaming scans, and lists of entries.

mod ancestors;
mod entries;
mod event_ref;
mod explain;
mod extensions;
mod failure;
mod get;
mod index_entry;
mod json;
mod messagepack;
mod query;
mod scan;
mod stored;

pub use ancestors::{AncestorWalk, NamedEvent, WalkStop};
pub use entries::{Entries, Events};
pub use event_ref::EventRef;
pub use explain::Explanation;
pub use index_entry::IndexEntry;
pub use scan::Scan;

pub(crate) use failure::{fault_cause, frame_error, not_found, read_error};
pub(crate) use json::to_json;
pub(crate) use messagepack::check as check_messagepack;
