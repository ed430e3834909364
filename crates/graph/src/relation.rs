//! How two nodes stand to each other.

use crate::graph::Answer;
use crate::node_set::NodeSet;
use crate::{CausalSource, Graph, Node};

/// How one node stands to another.
///
/// ```
/// use batpak_graph::{Edges, Graph, MemoryGraph, Node, Relation};
///
/// let mut memory = MemoryGraph::new();
/// memory.push(&[], None)?;
/// memory.push(&[Node(1)], None)?;
/// memory.push(&[Node(1)], None)?;
/// let graph = Graph::new(&memory, Edges::Causes);
/// assert_eq!(graph.relation(Node(1), Node(3))?, Relation::Before);
/// assert_eq!(graph.relation(Node(3), Node(1))?, Relation::After);
/// assert_eq!(graph.relation(Node(2), Node(3))?, Relation::Concurrent);
/// assert_eq!(graph.relation(Node(2), Node(2))?, Relation::Same);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Relation {
    /// The first is an ancestor of the second.
    Before,
    /// The second is an ancestor of the first.
    After,
    /// Neither depends on the other.
    Concurrent,
    /// They are one node.
    Same,
}

impl<S: CausalSource> Graph<S> {
    /// How `a` stands to `b`.
    ///
    /// Costs as [`is_ancestor`](Self::is_ancestor), for the older one of the two.
    ///
    /// # Errors
    ///
    /// [`GraphError::UnknownNode`](crate::GraphError::UnknownNode) and
    /// [`GraphError::NotOlder`](crate::GraphError::NotOlder), and what the source says.
    ///
    /// ```
    /// use batpak_graph::{Edges, Graph, MemoryGraph, Node, Relation};
    ///
    /// let mut memory = MemoryGraph::new();
    /// memory.push(&[], None)?;
    /// memory.push(&[], None)?;
    /// let graph = Graph::new(&memory, Edges::Causes);
    /// assert_eq!(graph.relation(Node(1), Node(2))?, Relation::Concurrent);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn relation(&self, a: Node, b: Node) -> Answer<Relation, S> {
        let (older, newer) = (a.min(b), a.max(b));
        if !self.is_ancestor(older, newer)? {
            return Ok(match a == b {
                true => Relation::Same,
                false => Relation::Concurrent,
            });
        }
        Ok(match a < b {
            true => Relation::Before,
            false => Relation::After,
        })
    }

    /// Whether `ancestor` is one of the ancestors of `node`; no node is its own.
    ///
    /// Visits ancestors of `node` that are newer than `ancestor` and of a greater generation, each
    /// at most once, and ends when it meets `ancestor`. It follows the oldest edge first, which is
    /// the shortest way down. Keeps at most 560 bytes for each visited node and little over a bit
    /// for each node between the two.
    ///
    /// # Errors
    ///
    /// [`GraphError::UnknownNode`](crate::GraphError::UnknownNode) and
    /// [`GraphError::NotOlder`](crate::GraphError::NotOlder), and what the source says.
    ///
    /// ```
    /// use batpak_graph::{Edges, Graph, MemoryGraph, Node};
    ///
    /// let mut memory = MemoryGraph::new();
    /// memory.push(&[], None)?;
    /// memory.push(&[Node(1)], None)?;
    /// memory.push(&[Node(2)], None)?;
    /// let graph = Graph::new(&memory, Edges::Causes);
    /// assert!(graph.is_ancestor(Node(1), Node(3))?);
    /// assert!(!graph.is_ancestor(Node(3), Node(1))?);
    /// assert!(!graph.is_ancestor(Node(3), Node(3))?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn is_ancestor(&self, ancestor: Node, node: Node) -> Answer<bool, S> {
        self.check_known(ancestor)?;
        self.check_known(node)?;
        let floor = self.floor([ancestor])?;
        if ancestor >= node || !self.may_follow(&floor, node)? {
            return Ok(false);
        }
        let (mut visited, mut waiting) = (NodeSet::default(), vec![node]);
        let mut causes = Vec::new();
        while let Some(node) = waiting.pop() {
            self.before(node, &mut causes)?;
            if causes.contains(&ancestor) {
                return Ok(true);
            }
            if causes.len() > 1 {
                causes.sort_unstable_by(|one, other| other.cmp(one));
            }
            for cause in &causes {
                if self.may_follow(&floor, *cause)? && visited.insert(*cause) {
                    waiting.push(*cause);
                }
            }
        }
        Ok(false)
    }

    /// The bound below which no descendant of these nodes is.
    pub(crate) fn floor(&self, nodes: impl IntoIterator<Item = Node>) -> Answer<Floor, S> {
        let mut floor = Floor {
            node: Node(u64::MAX),
            generation: u32::MAX,
        };
        for node in nodes {
            floor.node = floor.node.min(node);
            floor.generation = floor.generation.min(self.source().generation(node)?);
        }
        Ok(floor)
    }

    /// Whether a node can be a descendant of one of those that the floor was made of.
    pub(crate) fn may_follow(&self, floor: &Floor, node: Node) -> Answer<bool, S> {
        if node <= floor.node {
            return Ok(false);
        }
        // A saturated generation decides nothing.
        let generation = self.source().generation(node)?;
        Ok(generation > floor.generation || generation == u32::MAX)
    }
}

/// Bounds that every descendant of some nodes lies above.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Floor {
    node: Node,
    generation: u32,
}
