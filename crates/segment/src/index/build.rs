//! Building the index of a segment from the facts of its events.

mod builder;
mod columns;
mod file;
mod finish;
mod input;

pub use builder::IndexBuilder;
pub use finish::IndexEnd;
pub use input::{BuildFault, IndexEvent, IndexSource};
