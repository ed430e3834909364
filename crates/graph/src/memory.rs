//! A graph in memory.

use std::error::Error;
use std::fmt;

use crate::{CausalSource, EffectSource, Node, generation_after};

/// A causal graph in memory, which only grows.
///
/// Takes some 60 bytes for each node and 24 for each cause. Every answer costs a look-up, and the
/// number of nodes that it gives.
///
/// # Example
///
/// ```
/// use batpak_graph::{Edges, Graph, MemoryGraph, Node};
///
/// let mut memory = MemoryGraph::new();
/// let placed = memory.push(&[], None)?;
/// let paid = memory.push(&[placed], None)?;
/// let shipped = memory.push(&[paid], Some(placed))?;
/// assert_eq!(shipped, Node(3));
///
/// let graph = Graph::new(&memory, Edges::Causes);
/// assert!(graph.is_ancestor(placed, shipped)?);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct MemoryGraph {
    // What every walk reads lies close together: where the causes of each node end, and its
    // generation.
    causes_ends: Vec<usize>,
    generations: Vec<u32>,
    nodes: Vec<Stored>,
    /// The causes of all nodes, one node's after the other's.
    causes: Vec<Node>,
    /// Beside each cause: the effect, and the next mention of the same cause.
    mentions: Vec<Mention>,
}

#[derive(Clone, Copy, Debug)]
struct Stored {
    first_mention: usize,
    last_mention: usize,
    predecessor: Node,
    successor: Node,
}

#[derive(Clone, Copy, Debug)]
struct Mention {
    effect: Node,
    next: usize,
}

/// There is no such node or mention.
const NO_NODE: Node = Node(0);
const NO_MENTION: usize = usize::MAX;

impl MemoryGraph {
    /// A graph without nodes.
    ///
    /// ```
    /// assert!(batpak_graph::MemoryGraph::new().is_empty());
    /// ```
    #[must_use]
    pub fn new() -> MemoryGraph {
        MemoryGraph::default()
    }

    /// Adds the next node, with its causes and the node before it in its stream, and names it.
    ///
    /// A cause that is given more than once counts once. Costs the sum of the causes; a few of them
    /// are compared with each other.
    ///
    /// # Errors
    ///
    /// [`PushError::Unknown`] when a cause or the predecessor is not in the graph,
    /// [`PushError::Forked`] when the predecessor has a successor already. Nothing is added then.
    ///
    /// ```
    /// use batpak_graph::{MemoryGraph, Node, PushError};
    ///
    /// let mut graph = MemoryGraph::new();
    /// assert_eq!(graph.push(&[], None), Ok(Node(1)));
    /// assert_eq!(graph.push(&[Node(1)], Some(Node(1))), Ok(Node(2)));
    /// assert_eq!(graph.push(&[Node(9)], None), Err(PushError::Unknown(Node(9))));
    /// assert_eq!(graph.push(&[], Some(Node(1))), Err(PushError::Forked(Node(1))));
    /// ```
    pub fn push(&mut self, causes: &[Node], predecessor: Option<Node>) -> Result<Node, PushError> {
        let mut generations = Vec::with_capacity(causes.len() + 1);
        for node in causes.iter().chain(predecessor.as_ref()) {
            let generation = self.generation(*node);
            generations.push(generation.map_err(|UnknownNode(node)| PushError::Unknown(node))?);
        }
        let before = predecessor.and_then(|node| self.stored(node));
        if let (Some(before), Some(node)) = (before, predecessor)
            && before.successor != NO_NODE
        {
            return Err(PushError::Forked(node));
        }
        let added = Node(self.nodes.len() as u64 + 1);
        let start = self.causes.len();
        for cause in causes {
            if !self.causes[start..].contains(cause) {
                self.mention(*cause, added);
            }
        }
        if let Some(place) = predecessor.and_then(place) {
            self.nodes[place].successor = added;
        }
        self.nodes.push(Stored {
            first_mention: NO_MENTION,
            last_mention: NO_MENTION,
            predecessor: predecessor.unwrap_or(NO_NODE),
            successor: NO_NODE,
        });
        self.causes_ends.push(self.causes.len());
        self.generations.push(generation_after(generations));
        Ok(added)
    }

    /// How many nodes there are.
    ///
    /// ```
    /// let mut graph = batpak_graph::MemoryGraph::new();
    /// graph.push(&[], None).unwrap();
    /// assert_eq!(graph.len(), 1);
    /// ```
    #[must_use]
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Whether there is no node.
    ///
    /// ```
    /// assert!(batpak_graph::MemoryGraph::new().is_empty());
    /// ```
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// Notes that `effect` names `cause`, which is in the graph.
    fn mention(&mut self, cause: Node, effect: Node) {
        let Some(place) = place(cause) else { return };
        let mention = self.mentions.len();
        let stored = &mut self.nodes[place];
        match stored.last_mention {
            NO_MENTION => stored.first_mention = mention,
            last => self.mentions[last].next = mention,
        }
        stored.last_mention = mention;
        self.causes.push(cause);
        self.mentions.push(Mention {
            effect,
            next: NO_MENTION,
        });
    }

    fn stored(&self, node: Node) -> Option<&Stored> {
        self.nodes.get(place(node)?)
    }

    fn known(&self, node: Node) -> Result<&Stored, UnknownNode> {
        self.stored(node).ok_or(UnknownNode(node))
    }
}

/// Where a node lies.
fn place(node: Node) -> Option<usize> {
    usize::try_from(node.0.checked_sub(1)?).ok()
}

impl CausalSource for MemoryGraph {
    type Error = UnknownNode;

    fn newest(&self) -> Node {
        Node(self.nodes.len() as u64)
    }

    fn causes(&self, node: Node, found: &mut Vec<Node>) -> Result<(), UnknownNode> {
        let at = place(node).ok_or(UnknownNode(node))?;
        let end = *self.causes_ends.get(at).ok_or(UnknownNode(node))?;
        let start = at
            .checked_sub(1)
            .map_or(0, |before| self.causes_ends[before]);
        found.extend_from_slice(&self.causes[start..end]);
        Ok(())
    }

    fn stream_predecessor(&self, node: Node) -> Result<Option<Node>, UnknownNode> {
        let predecessor = self.known(node)?.predecessor;
        Ok((predecessor != NO_NODE).then_some(predecessor))
    }

    fn generation(&self, node: Node) -> Result<u32, UnknownNode> {
        let generation = place(node).and_then(|at| self.generations.get(at));
        generation.copied().ok_or(UnknownNode(node))
    }
}

impl EffectSource for MemoryGraph {
    fn effects(&self, node: Node, found: &mut Vec<Node>) -> Result<(), UnknownNode> {
        let mut next = self.known(node)?.first_mention;
        while let Some(mention) = self.mentions.get(next) {
            found.push(mention.effect);
            next = mention.next;
        }
        Ok(())
    }

    fn stream_successor(&self, node: Node) -> Result<Option<Node>, UnknownNode> {
        let successor = self.known(node)?.successor;
        Ok((successor != NO_NODE).then_some(successor))
    }
}

/// There is no such node in a [`MemoryGraph`].
///
/// ```
/// use batpak_graph::{CausalSource, MemoryGraph, Node, UnknownNode};
///
/// let graph = MemoryGraph::new();
/// assert_eq!(graph.generation(Node(4)), Err(UnknownNode(Node(4))));
/// assert_eq!(UnknownNode(Node(4)).to_string(), "there is no node 4");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownNode(pub Node);

impl fmt::Display for UnknownNode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "there is no node {}", self.0)
    }
}

impl Error for UnknownNode {}

/// Why a node was not added to a [`MemoryGraph`].
///
/// ```
/// use batpak_graph::{MemoryGraph, Node};
///
/// let refused = MemoryGraph::new().push(&[Node(1)], None).unwrap_err();
/// assert_eq!(refused.to_string(), "there is no node 1, which the new node names");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PushError {
    /// A cause or the stream predecessor is not in the graph.
    Unknown(Node),
    /// The stream predecessor has a successor already: a stream does not fork.
    Forked(Node),
}

impl fmt::Display for PushError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PushError::Unknown(node) => {
                write!(
                    formatter,
                    "there is no node {node}, which the new node names"
                )
            }
            PushError::Forked(node) => {
                write!(
                    formatter,
                    "node {node} has a successor in its stream already"
                )
            }
        }
    }
}

impl Error for PushError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_directions_of_both_edges_are_answered() {
        let mut graph = MemoryGraph::new();
        graph.push(&[], None).unwrap();
        graph.push(&[Node(1)], Some(Node(1))).unwrap();
        graph.push(&[Node(2), Node(1), Node(2)], None).unwrap();
        graph.push(&[Node(1)], Some(Node(2))).unwrap();
        let found = |node, effects: bool| {
            let mut found = Vec::new();
            match effects {
                true => graph.effects(Node(node), &mut found).unwrap(),
                false => graph.causes(Node(node), &mut found).unwrap(),
            }
            found
        };
        assert_eq!(found(3, false), [Node(2), Node(1)]);
        assert_eq!(found(1, true), [Node(2), Node(3), Node(4)]);
        assert_eq!(found(4, true), []);
        assert_eq!(graph.stream_predecessor(Node(4)), Ok(Some(Node(2))));
        assert_eq!(graph.stream_successor(Node(1)), Ok(Some(Node(2))));
        assert_eq!(graph.stream_successor(Node(4)), Ok(None));
        let generations: Vec<_> = (1..=4).map(|n| graph.generation(Node(n))).collect();
        assert_eq!(generations, [Ok(1), Ok(2), Ok(3), Ok(3)]);
    }

    #[test]
    fn a_refused_node_leaves_no_trace() {
        let mut graph = MemoryGraph::new();
        graph.push(&[], None).unwrap();
        graph.push(&[], Some(Node(1))).unwrap();
        for refused in [
            graph.push(&[Node(1), Node(3)], None),
            graph.push(&[Node(0)], None),
            graph.push(&[Node(1)], Some(Node(3))),
            graph.push(&[Node(1)], Some(Node(1))),
        ] {
            assert!(refused.is_err());
        }
        let mut effects = Vec::new();
        graph.effects(Node(1), &mut effects).unwrap();
        assert_eq!((graph.len(), effects), (2, vec![]));
        assert_eq!(
            graph.effects(Node(0), &mut Vec::new()),
            Err(UnknownNode(Node(0)))
        );
        assert_eq!(
            graph.causes(Node(3), &mut Vec::new()),
            Err(UnknownNode(Node(3)))
        );
    }
}
