//! The ends of a set of nodes, or of all.

use std::iter::FusedIterator;

use crate::graph::Answer;
use crate::node_set::NodeSet;
use crate::relation::Floor;
use crate::{CausalSource, EffectSource, Graph, Node};

impl<S: CausalSource> Graph<S> {
    /// Those of the nodes that are an ancestor of no other one, in ascending order.
    ///
    /// That is `git merge-base --independent`. Visits the past of the nodes down to the oldest one
    /// of them and to its generation, and keeps little over a bit for each node between the oldest
    /// and the newest.
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
    /// memory.push(&[Node(1)], None)?;
    /// let graph = Graph::new(&memory, Edges::Causes);
    /// assert_eq!(graph.heads_of([Node(1), Node(3), Node(4)])?, [Node(3), Node(4)]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn heads_of(&self, nodes: impl IntoIterator<Item = Node>) -> Answer<Vec<Node>, S> {
        let mut members = self.set(nodes)?;
        let floor = self.floor(members.iter().copied())?;
        let (mut heads, mut causes) = (Vec::new(), Vec::new());
        let (mut waiting, mut reached) = (NodeSet::default(), NodeSet::default());
        while let Some(member) = members.last().copied() {
            // Members leave with the nodes that are reached, so that everything is visited in
            // order.
            let node = waiting.last().unwrap_or(member).max(member);
            waiting.remove(node);
            if node == member {
                members.pop();
                if !reached.contains(node) {
                    heads.push(node);
                }
            }
            if !self.may_follow(&floor, node)? {
                continue;
            }
            self.before(node, &mut causes)?;
            for cause in &causes {
                waiting.insert(*cause);
                if members.binary_search(cause).is_ok() {
                    reached.insert(*cause);
                }
            }
        }
        heads.reverse();
        Ok(heads)
    }

    /// Those of the nodes that have no other one as an ancestor, in ascending order.
    ///
    /// Costs as [`heads_of`](Self::heads_of), twice, and keeps 8 bytes for each node that is
    /// visited.
    ///
    /// # Errors
    ///
    /// As [`heads_of`](Self::heads_of).
    ///
    /// ```
    /// use batpak_graph::{Edges, Graph, MemoryGraph, Node};
    ///
    /// let mut memory = MemoryGraph::new();
    /// memory.push(&[], None)?;
    /// memory.push(&[Node(1)], None)?;
    /// memory.push(&[Node(2)], None)?;
    /// memory.push(&[Node(1)], None)?;
    /// let graph = Graph::new(&memory, Edges::Causes);
    /// assert_eq!(graph.roots_of([Node(2), Node(3), Node(4)])?, [Node(2), Node(4)]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn roots_of(&self, nodes: impl IntoIterator<Item = Node>) -> Answer<Vec<Node>, S> {
        let members = self.set(nodes)?;
        let floor = self.floor(members.iter().copied())?;
        let mut visited = self.past_above(&floor, &members)?;
        visited.reverse();
        let (mut roots, mut causes) = (Vec::new(), Vec::new());
        let mut descendants = NodeSet::default();
        for node in visited {
            self.before(node, &mut causes)?;
            let descends = causes.iter().any(|cause| descendants.contains(*cause));
            let is_member = members.binary_search(&node).is_ok();
            if is_member && !descends {
                roots.push(node);
            }
            if is_member || descends {
                descendants.insert(node);
            }
        }
        Ok(roots)
    }

    /// The nodes and what of their past may lie above the floor, newest first.
    pub(crate) fn past_above(&self, floor: &Floor, nodes: &[Node]) -> Answer<Vec<Node>, S> {
        let mut waiting = NodeSet::default();
        for node in nodes {
            waiting.insert(*node);
        }
        let (mut visited, mut causes) = (Vec::new(), Vec::new());
        while let Some(node) = waiting.pop_last() {
            visited.push(node);
            self.before(node, &mut causes)?;
            for cause in &causes {
                if self.may_follow(floor, *cause)? {
                    waiting.insert(*cause);
                }
            }
        }
        Ok(visited)
    }

    /// Every node that has no predecessor, oldest first.
    ///
    /// Asks every node, and keeps nothing.
    ///
    /// # Errors
    ///
    /// Each item can be one, for the node that it is about; what follows is still given.
    ///
    /// ```
    /// use batpak_graph::{Edges, Graph, MemoryGraph, Node};
    ///
    /// let mut memory = MemoryGraph::new();
    /// memory.push(&[], None)?;
    /// memory.push(&[Node(1)], None)?;
    /// memory.push(&[], None)?;
    /// let graph = Graph::new(&memory, Edges::Causes);
    /// let roots: Vec<Node> = graph.roots().collect::<Result<_, _>>()?;
    /// assert_eq!(roots, [Node(1), Node(3)]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn roots(&self) -> impl FusedIterator<Item = Answer<Node, S>> {
        self.ends(Self::before)
    }

    /// The nodes that a step leads nowhere from, oldest first.
    fn ends(
        &self,
        step: fn(&Self, Node, &mut Vec<Node>) -> Answer<(), S>,
    ) -> impl FusedIterator<Item = Answer<Node, S>> {
        let (mut sequences, mut found) = (1..=self.newest().0, Vec::new());
        std::iter::from_fn(move || {
            sequences.find_map(|sequence| {
                let node = Node(sequence);
                let is_end = self.source().contains(node).map_err(Into::into);
                let is_end = is_end.and_then(|known| {
                    Ok(known && {
                        step(self, node, &mut found)?;
                        found.is_empty()
                    })
                });
                is_end.map(|is_end| is_end.then_some(node)).transpose()
            })
        })
        .fuse()
    }
}

impl<S: EffectSource> Graph<S> {
    /// Every node that has no successor, oldest first.
    ///
    /// Asks every node, and keeps nothing.
    ///
    /// # Errors
    ///
    /// Each item can be one, for the node that it is about; what follows is still given.
    ///
    /// ```
    /// use batpak_graph::{Edges, Graph, MemoryGraph, Node};
    ///
    /// let mut memory = MemoryGraph::new();
    /// memory.push(&[], None)?;
    /// memory.push(&[Node(1)], None)?;
    /// memory.push(&[], None)?;
    /// let graph = Graph::new(&memory, Edges::Causes);
    /// let heads: Vec<Node> = graph.heads().collect::<Result<_, _>>()?;
    /// assert_eq!(heads, [Node(2), Node(3)]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn heads(&self) -> impl FusedIterator<Item = Answer<Node, S>> {
        self.ends(Self::after)
    }
}
