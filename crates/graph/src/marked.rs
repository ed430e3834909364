//! Nodes that wait to be visited, each with what is known of it so far.

use crate::Node;
use crate::node_set::NodeSet;

/// A queue of nodes, newest first, whose marks add up until their node leaves.
#[derive(Debug, Default)]
pub(crate) struct Marked {
    nodes: NodeSet,
    /// For each mark, the nodes that have it.
    marks: [NodeSet; MARKS],
    /// How many nodes do not have the mark `PASSIVE`.
    active: usize,
}

const MARKS: usize = 3;

impl Marked {
    pub(crate) const FIRST: u8 = 1;
    pub(crate) const SECOND: u8 = 1 << 1;
    /// The mark of a node that gives no answer: when only such nodes wait, a search is over.
    pub(crate) const PASSIVE: u8 = 1 << 2;

    pub(crate) fn mark(&mut self, node: Node, marks: u8) {
        let is_new = self.nodes.insert(node);
        self.active += usize::from(is_new);
        for (number, marked) in self.marks.iter_mut().enumerate() {
            let mark = 1 << number;
            if marks & mark != 0 && marked.insert(node) && mark == Self::PASSIVE {
                self.active -= 1;
            }
        }
    }

    pub(crate) fn pop(&mut self) -> Option<(Node, u8)> {
        let node = self.nodes.pop_last()?;
        let mut marks = 0;
        for (number, marked) in self.marks.iter_mut().enumerate() {
            if marked.contains(node) {
                marked.remove(node);
                marks |= 1 << number;
            }
        }
        self.active -= usize::from(marks & Self::PASSIVE == 0);
        Some((node, marks))
    }

    pub(crate) fn has_active(&self) -> bool {
        self.active > 0
    }

    /// How many bytes they take.
    pub(crate) fn memory(&self) -> usize {
        let marks: usize = self.marks.iter().map(NodeSet::memory).sum();
        self.nodes.memory() + marks
    }
}
