//! Causal graph algorithms over any source of causes.
//!
//! Events form a directed acyclic graph: an event names the events that caused it, and follows its
//! predecessor in its stream. This crate answers what such a graph is kept for: why did this
//! happen, what did it cause, what ran side by side? It asks a [`CausalSource`] for the causes of a
//! node, its stream predecessor and its generation. An event store can be one, or a git history;
//! a [`MemoryGraph`] is one. [`Graph`] is a source and the [`Edges`] of it that count, with the
//! questions as methods.
//!
//! | Question | Answer |
//! |---|---|
//! | what does it depend on, what depends on it | [`Graph::ancestors`], [`Graph::effects`] |
//! | one edge back, one edge on | [`Graph::predecessors`], [`Graph::successors`] |
//! | which was first, or were they concurrent | [`Graph::relation`], [`Graph::is_ancestor`] |
//! | what do they share | [`Graph::common`] |
//! | where do they begin and end | [`Graph::roots_of`], [`Graph::heads_of`], [`Graph::roots`], [`Graph::heads`] |
//! | everything up to here; what is new | [`Graph::cut`], [`Graph::difference`] |
//! | how did this lead to that | [`Graph::path`], [`Graph::paths`] |
//! | what had to happen one after the other, and what did not | [`Graph::longest_chain`], [`Graph::largest_antichain`] |
//! | is it a causal graph at all; in which order can it be told | [`verify`](crate::verify()), [`topological_order`] |
//! | what does it look like | [`draw`] |
//!
//! # What makes it fast
//!
//! A node is named by its sequence, and every cause is older than its effects. So a walk that takes
//! the newest node first visits each node once, without remembering where it was. A *generation* is
//! one more than the greatest generation among the predecessors of a node: along every edge from
//! effect to cause it falls. Whatever is not newer and of a greater generation than a node cannot
//! depend on it, so a search drops it, with everything behind it. The cost follows the part of the
//! graph between the nodes in question and not the length of the history.
//!
//! Nothing is kept between questions. Within one, memory is little over a bit for each node of
//! the span that is walked, unless the question says otherwise; [`Walk::memory`] tells. Nothing
//! recurses, so the depth of a graph does not matter.
//!
//! # Limits
//!
//! Generations end at [`u32::MAX`] and stay there. Two saturated generations say nothing about each
//! other, so a search does not prune between them; below the limit the rule is exact.
//! [`Graph::largest_antichain`] takes at most [`WIDTH_LIMIT`] nodes, because its cost grows with
//! their cube.
//!
//! A source that fails is passed through as [`GraphError::Source`]. Data that is no causal graph
//! makes no walk endless; answers about it are only as good as the data, and
//! [`verify`](crate::verify()) says what is wrong with it.
//!
//! # What this crate does not do
//!
//! No I/O, no events, no identifiers: it computes on numbers that its caller has.
//!
//! # Example
//!
//! ```
//! use batpak_graph::{Edges, Graph, MemoryGraph, Node, Relation};
//!
//! let mut memory = MemoryGraph::new();
//! let placed = memory.push(&[], None)?;
//! let paid = memory.push(&[placed], None)?;
//! let packed = memory.push(&[placed], None)?;
//! let shipped = memory.push(&[paid, packed], None)?;
//!
//! let graph = Graph::new(&memory, Edges::Causes);
//! assert_eq!(graph.relation(paid, packed)?, Relation::Concurrent);
//! assert_eq!(graph.common(&[paid, packed])?, [placed]);
//! let why: Vec<Node> = graph.ancestors([shipped]).collect::<Result<_, _>>()?;
//! assert_eq!(why, [packed, paid, placed]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Read `source.rs` and `graph.rs` first, then `walk.rs`; every other file is one question.

#![forbid(unsafe_code)]

mod chain;
mod common;
mod cut;
pub mod draw;
mod error;
mod generation;
mod graph;
mod heads;
mod marked;
mod memory;
mod node;
mod node_set;
mod order;
mod path;
mod relation;
mod source;
mod verify;
mod walk;
mod width;

pub use cut::Difference;
pub use error::GraphError;
pub use generation::generation_after;
pub use graph::{Edges, Graph};
pub use memory::{MemoryGraph, PushError, UnknownNode};
pub use node::Node;
pub use order::{OrderError, topological_order};
pub use path::Paths;
pub use relation::Relation;
pub use source::{CausalSource, EffectSource};
pub use verify::{Finding, Findings, verify};
pub use walk::Walk;
pub use width::WIDTH_LIMIT;
