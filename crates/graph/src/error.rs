//! Why a question has no answer.

use std::error::Error;
use std::fmt;

use crate::Node;

/// Why a question has no answer; `E` is the error of the source.
///
/// ```
/// use batpak_graph::{Edges, Graph, GraphError, MemoryGraph, Node};
///
/// let mut memory = MemoryGraph::new();
/// memory.push(&[], None)?;
/// let graph = Graph::new(&memory, Edges::Causes);
/// let refused = graph.is_ancestor(Node(1), Node(2)).unwrap_err();
/// assert_eq!(refused, GraphError::UnknownNode(Node(2)));
/// assert_eq!(refused.to_string(), "there is no node 2");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum GraphError<E> {
    /// The source could not read a node.
    Source(E),
    /// The question is about a node that the source does not have.
    UnknownNode(Node),
    /// The source names a cause or a stream predecessor that is not older than its effect.
    NotOlder {
        /// The effect.
        node: Node,
        /// What it names, which is the node itself or a later one.
        cause: Node,
    },
    /// More nodes than the question takes.
    TooManyNodes {
        /// How many there are.
        count: usize,
        /// How many there may be.
        limit: usize,
    },
}

impl<E> From<E> for GraphError<E> {
    fn from(error: E) -> GraphError<E> {
        GraphError::Source(error)
    }
}

impl<E> fmt::Display for GraphError<E> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            GraphError::Source(_) => write!(formatter, "a node of the graph cannot be read"),
            GraphError::UnknownNode(node) => write!(formatter, "there is no node {node}"),
            GraphError::NotOlder { node, cause } => {
                write!(formatter, "node {node} names {cause}, which is not older")
            }
            GraphError::TooManyNodes { count, limit } => {
                write!(
                    formatter,
                    "{count} nodes are too many: this question takes {limit}"
                )
            }
        }
    }
}

impl<E: Error + 'static> Error for GraphError<E> {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            GraphError::Source(error) => Some(error),
            _ => None,
        }
    }
}
