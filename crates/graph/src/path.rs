//! How a cause led to an effect.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;

use crate::graph::Answer;
use crate::node_set::NodeSet;
use crate::{CausalSource, Graph, GraphError, Node};

impl<S: CausalSource> Graph<S> {
    /// A shortest way from `cause` to `effect`, with both, or `None` when there is none.
    ///
    /// Among several of the same length it is always the same one. Visits the ancestors of `effect`
    /// that are newer than `cause` and of a greater generation, nearest first, and keeps some 40
    /// bytes for each.
    ///
    /// # Errors
    ///
    /// [`GraphError::UnknownNode`] and [`GraphError::NotOlder`], and what the source says.
    ///
    /// ```
    /// use batpak_graph::{Edges, Graph, MemoryGraph, Node};
    ///
    /// let mut memory = MemoryGraph::new();
    /// memory.push(&[], None)?;
    /// memory.push(&[Node(1)], None)?;
    /// memory.push(&[Node(2)], None)?;
    /// memory.push(&[Node(3), Node(2)], None)?;
    /// let graph = Graph::new(&memory, Edges::Causes);
    /// assert_eq!(graph.path(Node(1), Node(4))?, Some(vec![Node(1), Node(2), Node(4)]));
    /// assert_eq!(graph.path(Node(3), Node(3))?, Some(vec![Node(3)]));
    /// assert_eq!(graph.path(Node(4), Node(1))?, None);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn path(&self, cause: Node, effect: Node) -> Answer<Option<Vec<Node>>, S> {
        self.check_known(cause)?;
        self.check_known(effect)?;
        let floor = self.floor([cause])?;
        // For each visited node, the next one on the way to the effect.
        let mut next = BTreeMap::from([(effect, effect)]);
        let (mut waiting, mut causes) = (VecDeque::from([effect]), Vec::new());
        while let Some(node) = waiting.pop_front() {
            if node == cause {
                return Ok(Some(follow(&next, cause)));
            }
            if !self.may_follow(&floor, node)? {
                continue;
            }
            self.before(node, &mut causes)?;
            causes.retain(|found| *found >= cause);
            for found in &causes {
                next.entry(*found).or_insert_with(|| {
                    waiting.push_back(*found);
                    node
                });
            }
        }
        Ok(None)
    }

    /// Every way from `cause` to `effect`, one at a time, each with both.
    ///
    /// There can be exponentially many: take as many as you need. The order does not change from
    /// run to run. The first visits the ancestors of `effect` that are newer than `cause` and of a
    /// greater generation, and keeps 8 bytes for each; from then on no step leads into a dead end,
    /// and some 40 bytes are kept for each step.
    ///
    /// # Errors
    ///
    /// [`GraphError::UnknownNode`] and [`GraphError::NotOlder`], and what the source says.
    ///
    /// ```
    /// use batpak_graph::{Edges, Graph, MemoryGraph, Node};
    ///
    /// let mut memory = MemoryGraph::new();
    /// memory.push(&[], None)?;
    /// memory.push(&[Node(1)], None)?;
    /// memory.push(&[Node(1)], None)?;
    /// memory.push(&[Node(2), Node(3)], None)?;
    /// let graph = Graph::new(&memory, Edges::Causes);
    /// let paths: Vec<Vec<Node>> = graph.paths(Node(1), Node(4))?.take(10).collect::<Result<_, _>>()?;
    /// assert_eq!(paths, [[Node(1), Node(2), Node(4)], [Node(1), Node(3), Node(4)]]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn paths(&self, cause: Node, effect: Node) -> Answer<Paths<'_, S>, S> {
        self.check_known(cause)?;
        self.check_known(effect)?;
        let floor = self.floor([cause])?;
        let mut leading = NodeSet::default();
        leading.insert(cause);
        let mut causes = Vec::new();
        if effect > cause {
            for node in self.past_above(&floor, &[effect])?.into_iter().rev() {
                self.before(node, &mut causes)?;
                if causes.iter().any(|cause| leading.contains(*cause)) {
                    leading.insert(node);
                }
            }
        }
        let steps = match leading.contains(effect) {
            true => vec![vec![effect]],
            false => Vec::new(),
        };
        Ok(Paths {
            graph: self,
            cause,
            leading,
            steps,
        })
    }
}

/// The way from a node along `next`.
fn follow(next: &BTreeMap<Node, Node>, from: Node) -> Vec<Node> {
    let mut path = vec![from];
    let mut last = from;
    while let Some(node) = next.get(&last).copied().filter(|node| *node != last) {
        path.push(node);
        last = node;
    }
    path
}

/// The ways of [`Graph::paths`].
///
/// ```
/// use batpak_graph::{Edges, Graph, MemoryGraph, Node, Paths};
///
/// let mut memory = MemoryGraph::new();
/// memory.push(&[], None)?;
/// memory.push(&[Node(1)], None)?;
/// let graph = Graph::new(&memory, Edges::Causes);
/// let mut paths: Paths<'_, &MemoryGraph> = graph.paths(Node(1), Node(2))?;
/// assert_eq!(paths.next(), Some(Ok(vec![Node(1), Node(2)])));
/// assert_eq!(paths.next(), None);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "paths are found when they are asked for"]
pub struct Paths<'g, S> {
    graph: &'g Graph<S>,
    cause: Node,
    /// The nodes that the cause leads to, within its future and the past of the effect.
    leading: NodeSet,
    /// For each step back from the effect, the nodes that are still to be tried; the last one is
    /// the one that is tried now.
    steps: Vec<Vec<Node>>,
}

impl<S: CausalSource> Paths<'_, S> {
    /// Steps back until the cause is reached.
    fn descend(&mut self) -> Answer<Option<Vec<Node>>, S> {
        while let Some(node) = self.steps.last().and_then(|step| step.last()).copied() {
            if node == self.cause {
                let path = self.steps.iter().rev().filter_map(|step| step.last());
                let path = path.copied().collect();
                self.turn();
                return Ok(Some(path));
            }
            let mut causes = Vec::new();
            if let Err(error) = self.graph.before(node, &mut causes) {
                self.turn();
                return Err(error);
            }
            causes.retain(|cause| self.leading.contains(*cause));
            causes.reverse();
            match causes.is_empty() {
                true => self.turn(),
                false => self.steps.push(causes),
            }
        }
        Ok(None)
    }

    /// Goes on to the next node that is to be tried.
    fn turn(&mut self) {
        while let Some(step) = self.steps.last_mut() {
            step.pop();
            if !step.is_empty() {
                return;
            }
            self.steps.pop();
        }
    }
}

impl<S: CausalSource> Iterator for Paths<'_, S> {
    type Item = Result<Vec<Node>, GraphError<S::Error>>;

    fn next(&mut self) -> Option<Self::Item> {
        self.descend().transpose()
    }
}

impl<S> fmt::Debug for Paths<'_, S> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Paths")
            .field("cause", &self.cause)
            .field("steps", &self.steps)
            .finish_non_exhaustive()
    }
}
