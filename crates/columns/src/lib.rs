//! Columns, tables and lists that grow while they are read, without a lock.
//!
//! One thread at a time appends, and any number read. Nothing is ever changed or taken out again, but
//! for a link or an end that moves forward: who has to take something back makes new ones of what is
//! left. So a reader needs a bound alone: the number of rows, or any mark that the appending thread
//! raised (with release) after it had appended, read (with acquire) before anything else. Everything
//! up to the bound is found, whole, as long as the reader likes; what is appended meanwhile may be
//! seen or not.
//!
//! | Type | What it is |
//! |---|---|
//! | [`Rows`] | rows of some 64-bit words |
//! | [`Log`] | values, each set once |
//! | [`Table`] | numbers found again by a hash |
//! | [`Dictionary`] | keys, numbered in the order of first appearance, found again |
//! | [`Lists`] | for each number a list of ascending numbers, walked from either end and from the middle |
//!
//! Memory is taken in chunks that double, so nothing moves when a column grows. A table that grows is
//! copied into one of twice the size; the one before is kept for those who read it.
//!
//! Two threads that append at the same time lose rows, and break nothing else.

#![forbid(unsafe_code)]

mod chunks;
mod dictionary;
mod lists;
mod log;
mod pair;
mod rows;
mod sync;
mod table;

pub use dictionary::Dictionary;
pub use lists::Lists;
pub use log::Log;
pub use rows::Rows;
pub use table::Table;
