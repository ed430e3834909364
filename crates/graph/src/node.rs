//! What a node of the graph is called.

use std::fmt;

/// A node, named by its sequence: the first has 1, and every cause is smaller than its effects.
///
/// In an event store this is the global sequence of an event. Because the order of the names is a
/// topological order, a walk towards causes only ever goes down, and one towards effects up.
///
/// ```
/// use batpak_graph::Node;
///
/// assert!(Node(3) < Node(7));
/// assert_eq!(Node::from(3), Node(3));
/// assert_eq!(Node(3).to_string(), "3");
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Node(pub u64);

impl From<u64> for Node {
    fn from(sequence: u64) -> Node {
        Node(sequence)
    }
}

impl fmt::Display for Node {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}
