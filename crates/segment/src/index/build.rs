//! Building the index of a segment from the facts of its events.

mod builder;
mod columns;
mod file;
mod finish;

pub use builder::{BuildFault, IndexBuilder, IndexEvent, IndexSource};
pub use finish::IndexEnd;
