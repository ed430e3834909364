//! Finding frames in bytes: in order from a known start, or by search behind damage.

mod scanner;
mod search;
mod source;

pub use scanner::{Scanner, Step, Stop};
pub use search::search;
pub use source::ByteSource;

/// Bytes that are looked at together where a frame does not decide how many.
const WINDOW: u64 = 64 << 10;
