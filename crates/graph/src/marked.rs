//! Nodes that wait to be visited, each with what is known of it so far.

use std::collections::BTreeMap;
use std::mem::size_of;

use crate::Node;

/// A queue of nodes, newest first, whose marks add up until their node leaves.
#[derive(Debug, Default)]
pub(crate) struct Marked {
    nodes: BTreeMap<Node, u8>,
    /// How many of them do not have the mark `PASSIVE`.
    active: usize,
}

impl Marked {
    /// The mark of a node that gives no answer: when only such nodes wait, a search is over.
    pub(crate) const PASSIVE: u8 = 1 << 7;

    pub(crate) fn mark(&mut self, node: Node, marks: u8) {
        let held = self.nodes.entry(node).or_insert_with(|| {
            self.active += 1;
            0
        });
        let was_active = *held & Self::PASSIVE == 0;
        *held |= marks;
        self.active -= usize::from(was_active && *held & Self::PASSIVE != 0);
    }

    pub(crate) fn pop(&mut self) -> Option<(Node, u8)> {
        let (node, marks) = self.nodes.pop_last()?;
        self.active -= usize::from(marks & Self::PASSIVE == 0);
        Some((node, marks))
    }

    pub(crate) fn has_active(&self) -> bool {
        self.active > 0
    }

    /// How many bytes they take, about.
    pub(crate) fn memory(&self) -> usize {
        self.nodes.len() * 2 * size_of::<(Node, u8)>()
    }
}
