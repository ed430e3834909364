//! Reading: single events, streaming scans, and lists of entries.

mod entries;
mod event_ref;
mod extensions;
mod failure;
mod get;
mod index_entry;
mod json;
mod messagepack;
mod query;
mod scan;
mod stored;

pub use entries::{Entries, Events};
pub use event_ref::EventRef;
pub use index_entry::IndexEntry;
pub use scan::Scan;

pub(crate) use failure::{fault_cause, frame_error, read_error};
pub(crate) use messagepack::check as check_messagepack;
