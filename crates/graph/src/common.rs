//! The best common ancestors.

use crate::graph::Answer;
use crate::marked::Marked;
use crate::{CausalSource, Graph, Node};

/// Reached from the first set, from the second, and known to be below a better one.
const FIRST: u8 = Marked::FIRST;
const SECOND: u8 = Marked::SECOND;
const SURPASSED: u8 = Marked::PASSIVE;

impl<S: CausalSource> Graph<S> {
    /// The best common ancestors of all these nodes, in ascending order.
    ///
    /// A common ancestor of some nodes is one of them or an ancestor, for each of them alike; the
    /// best are those that are an ancestor of no other one. That is what `git merge-base --all`
    /// gives for two and `git merge-base --octopus --all` for more. There can be several, or
    /// none; one node is its own, and no node has none.
    ///
    /// For two, visits what is in one of the two pasts and newer than the oldest answer, and where
    /// there is no answer, the whole past of both. For more, does so again for each further one.
    /// Keeps a few bits for each node of the span that waits, and at most 2 KiB for each node that
    /// does.
    ///
    /// # Errors
    ///
    /// [`GraphError::UnknownNode`](crate::GraphError::UnknownNode) and
    /// [`GraphError::NotOlder`](crate::GraphError::NotOlder), and what the source says.
    ///
    /// ```
    /// use batpak_graph::{Edges, Graph, MemoryGraph, Node};
    ///
    /// // Two roots, and two nodes that were both caused by both: a criss-cross.
    /// let mut memory = MemoryGraph::new();
    /// memory.push(&[], None)?;
    /// memory.push(&[], None)?;
    /// memory.push(&[Node(1), Node(2)], None)?;
    /// memory.push(&[Node(1), Node(2)], None)?;
    /// memory.push(&[Node(3)], None)?;
    /// let graph = Graph::new(&memory, Edges::Causes);
    /// assert_eq!(graph.common(&[Node(3), Node(4)])?, [Node(1), Node(2)]);
    /// assert_eq!(graph.common(&[Node(3), Node(5)])?, [Node(3)]);
    /// assert_eq!(graph.common(&[Node(1), Node(2)])?, []);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn common(&self, nodes: &[Node]) -> Answer<Vec<Node>, S> {
        let nodes = self.set(nodes.iter().copied())?;
        let Some((newest, others)) = nodes.split_last() else {
            return Ok(Vec::new());
        };
        // The common ancestors of more nodes are those of the best ones so far and of the next
        // node.
        let mut best = vec![*newest];
        for other in others.iter().rev() {
            best = self.common_of_sets(&best, *other)?;
        }
        Ok(best)
    }

    /// The best nodes that are in the causal past of one of `first`, and in that of `second`.
    fn common_of_sets(&self, first: &[Node], second: Node) -> Answer<Vec<Node>, S> {
        let mut waiting = Marked::default();
        for node in first {
            waiting.mark(*node, FIRST);
        }
        waiting.mark(second, SECOND);
        let (mut best, mut causes) = (Vec::new(), Vec::new());
        // Nodes leave in topological order: whoever could mark a node has done so when it leaves.
        while waiting.has_active() {
            let Some((node, mut marks)) = waiting.pop() else {
                break;
            };
            if marks == FIRST | SECOND {
                best.push(node);
                marks |= SURPASSED;
            }
            self.before(node, &mut causes)?;
            for cause in &causes {
                waiting.mark(*cause, marks);
            }
        }
        best.reverse();
        Ok(best)
    }
}
