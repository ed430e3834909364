//! Causal graph algorithms over any source of causes.
//!
//! Events form a directed acyclic graph: an event points at the events that caused it and at its
//! predecessor in its stream. Walking that graph naively visits every ancestor, which is far more
//! than most questions need. A *generation* makes the walk stop early: it is one more than the
//! greatest generation among an event's predecessors, so along every edge from effect to cause it
//! strictly falls. An event can therefore only be an ancestor of another if its generation is
//! smaller, and a search for an ancestor may drop every event whose generation is not greater
//! than that of the one it looks for, with everything behind it. The cost then follows the part
//! of the graph between the two events and not the length of the history.
//!
//! # Limits
//!
//! Generations end at [`u32::MAX`] and stay there. Two saturated generations say nothing about
//! each other, so a search must not prune between them; below the limit the rule is exact.
//!
//! # What this crate does not do
//!
//! No I/O, no events, no identifiers: it computes on numbers that its caller stores.
//!
//! # Example
//!
//! ```
//! use batpak_graph::generation_after;
//!
//! // The first event of a stream without causes.
//! let first = generation_after([]);
//! // Its successor in the stream, which was also caused by an event of generation 7.
//! let merged = generation_after([first, 7]);
//! assert_eq!((first, merged), (1, 8));
//! ```

#![forbid(unsafe_code)]

mod generation;

pub use generation::generation_after;
