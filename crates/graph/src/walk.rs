//! Ancestors and effects, one at a time.

use std::collections::BTreeMap;
use std::fmt;
use std::mem::size_of;

use crate::graph::Answer;
use crate::node_set::NodeSet;
use crate::{CausalSource, EffectSource, Graph, GraphError, Node};

impl<S: CausalSource> Graph<S> {
    /// Every node that one of these depends on, newest first.
    ///
    /// A node of `of` is among them only when another one depends on it. Costs a look-up for each
    /// node that the walk visits, whatever lies beside it; memory is [`Walk::memory`].
    ///
    /// ```
    /// use batpak_graph::{Edges, Graph, MemoryGraph, Node};
    ///
    /// let mut memory = MemoryGraph::new();
    /// for causes in [&[][..], &[1], &[1], &[2, 3], &[4]] {
    ///     let causes: Vec<Node> = causes.iter().copied().map(Node).collect();
    ///     memory.push(&causes, None)?;
    /// }
    /// let graph = Graph::new(&memory, Edges::Causes);
    /// let all: Vec<Node> = graph.ancestors([Node(5)]).collect::<Result<_, _>>()?;
    /// assert_eq!(all, [Node(4), Node(3), Node(2), Node(1)]);
    /// let oldest: Vec<Node> = graph
    ///     .ancestors([Node(5)])
    ///     .depth(2)
    ///     .oldest_first()
    ///     .limit(1)
    ///     .collect::<Result<_, _>>()?;
    /// assert_eq!(oldest, [Node(2)]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn ancestors(&self, of: impl IntoIterator<Item = Node>) -> Walk<'_, S> {
        Walk::new(self, Direction::Past, Self::before, of, false)
    }

    /// The causal past of these nodes, newest first: they themselves and all their ancestors.
    ///
    /// Costs as [`ancestors`](Self::ancestors).
    ///
    /// ```
    /// use batpak_graph::{Edges, Graph, MemoryGraph, Node};
    ///
    /// let mut memory = MemoryGraph::new();
    /// memory.push(&[], None)?;
    /// memory.push(&[Node(1)], None)?;
    /// memory.push(&[Node(1)], None)?;
    /// let graph = Graph::new(&memory, Edges::Causes);
    /// let cut: Vec<Node> = graph.cut([Node(3)]).collect::<Result<_, _>>()?;
    /// assert_eq!(cut, [Node(3), Node(1)]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn cut(&self, of: impl IntoIterator<Item = Node>) -> Walk<'_, S> {
        Walk::new(self, Direction::Past, Self::before, of, true)
    }
}

impl<S: EffectSource> Graph<S> {
    /// Every node that depends on one of these, oldest first.
    ///
    /// A node of `of` is among them only when it depends on another one. Costs as
    /// [`ancestors`](Graph::ancestors).
    ///
    /// ```
    /// use batpak_graph::{Edges, Graph, MemoryGraph, Node};
    ///
    /// let mut memory = MemoryGraph::new();
    /// memory.push(&[], None)?;
    /// memory.push(&[Node(1)], None)?;
    /// memory.push(&[Node(2)], None)?;
    /// let graph = Graph::new(&memory, Edges::Causes);
    /// let effects: Vec<Node> = graph.effects([Node(1)]).collect::<Result<_, _>>()?;
    /// assert_eq!(effects, [Node(2), Node(3)]);
    /// let newest: Vec<Node> = graph.effects([Node(1)]).newest_first().collect::<Result<_, _>>()?;
    /// assert_eq!(newest, [Node(3), Node(2)]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn effects(&self, of: impl IntoIterator<Item = Node>) -> Walk<'_, S> {
        Walk::new(self, Direction::Future, Self::after, of, false)
    }
}

/// A walk through the graph, as an iterator; each node once.
///
/// [`Graph::ancestors`] and [`Graph::cut`] give the newest node first and read no further than they
/// are asked; [`Graph::effects`] gives the oldest first. The other order reads everything within
/// the bounds before it gives the first node, and keeps it as a set of bits.
///
/// A node whose edges cannot be read is given first, and its error after it. The walk then goes on
/// with what else it knows, so that damage in one place does not hide the rest; a caller that stops
/// at the first error just does.
///
/// ```
/// use batpak_graph::{Edges, Graph, MemoryGraph, Node, Walk};
///
/// let mut memory = MemoryGraph::new();
/// for node in 0..1_000 {
///     let causes = (node > 0).then_some(Node(node));
///     memory.push(causes.as_slice(), None)?;
/// }
/// let graph = Graph::new(&memory, Edges::Causes);
/// let mut walk: Walk<'_, &MemoryGraph> = graph.ancestors([Node(1_000)]).limit(2);
/// assert_eq!(walk.next(), Some(Ok(Node(999))));
/// assert_eq!(walk.next(), Some(Ok(Node(998))));
/// assert_eq!(walk.next(), None);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "a walk does nothing until it is asked for nodes"]
pub struct Walk<'g, S: CausalSource> {
    graph: &'g Graph<S>,
    direction: Direction,
    step: Step<S>,
    /// Where the walk begins, until it has.
    starts: Vec<Node>,
    with_starts: bool,
    waiting: Waiting,
    /// The node that was given last, whose edges are followed when the next one is asked for.
    unfollowed: Option<(Node, u32)>,
    /// What is still to be given, in an order that needed all of it.
    collected: NodeSet,
    is_reversed: bool,
    max_depth: u32,
    left: u64,
    follow: Option<Follow<'g>>,
    found: Vec<Node>,
}

type Step<S> = fn(&Graph<S>, Node, &mut Vec<Node>) -> Answer<(), S>;
type Follow<'g> = Box<dyn FnMut(Node) -> bool + 'g>;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Direction {
    Past,
    Future,
}

/// The nodes to visit next.
#[derive(Debug)]
enum Waiting {
    Nodes(Box<NodeSet>),
    /// With the least number of edges from a start. Nodes leave in topological order, so the number
    /// is final when its node leaves.
    Depths(BTreeMap<Node, u32>),
}

impl<'g, S: CausalSource> Walk<'g, S> {
    fn new(
        graph: &'g Graph<S>,
        direction: Direction,
        step: Step<S>,
        starts: impl IntoIterator<Item = Node>,
        with_starts: bool,
    ) -> Walk<'g, S> {
        Walk {
            graph,
            direction,
            step,
            starts: starts.into_iter().collect(),
            with_starts,
            waiting: Waiting::Nodes(Box::default()),
            unfollowed: None,
            collected: NodeSet::default(),
            is_reversed: false,
            max_depth: u32::MAX,
            left: u64::MAX,
            follow: None,
            found: Vec::new(),
        }
    }

    /// Only nodes that are at most this many edges away from a start; the starts themselves are 0.
    ///
    /// Keeps 16 bytes and a little more for each node that waits, instead of a bit.
    ///
    /// ```
    /// use batpak_graph::{Edges, Graph, MemoryGraph, Node};
    ///
    /// let mut memory = MemoryGraph::new();
    /// memory.push(&[], None)?;
    /// memory.push(&[Node(1)], None)?;
    /// memory.push(&[Node(2), Node(1)], None)?;
    /// let graph = Graph::new(&memory, Edges::Causes);
    /// assert_eq!(graph.ancestors([Node(3)]).depth(1).count(), 2);
    /// assert_eq!(graph.cut([Node(3)]).depth(0).count(), 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn depth(mut self, edges: u32) -> Self {
        self.max_depth = edges;
        self.waiting = Waiting::Depths(BTreeMap::new());
        self
    }

    /// Only the first nodes, in the order in which they are given; errors do not count.
    ///
    /// ```
    /// use batpak_graph::{Edges, Graph, MemoryGraph, Node};
    ///
    /// let mut memory = MemoryGraph::new();
    /// memory.push(&[], None)?;
    /// memory.push(&[Node(1)], None)?;
    /// memory.push(&[Node(2)], None)?;
    /// let graph = Graph::new(&memory, Edges::Causes);
    /// assert_eq!(graph.ancestors([Node(3)]).limit(1).last(), Some(Ok(Node(2))));
    /// assert_eq!(graph.ancestors([Node(3)]).oldest_first().limit(1).last(), Some(Ok(Node(1))));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn limit(mut self, nodes: u64) -> Self {
        self.left = nodes;
        self
    }

    /// Only nodes that the predicate accepts: another one is neither given nor followed.
    ///
    /// Nodes behind it are visited where another way leads to them. The predicate is asked once for
    /// each node that is met, but not for a start that is not given.
    ///
    /// ```
    /// use batpak_graph::{Edges, Graph, MemoryGraph, Node};
    ///
    /// let mut memory = MemoryGraph::new();
    /// memory.push(&[], None)?;
    /// memory.push(&[Node(1)], None)?;
    /// memory.push(&[Node(2)], None)?;
    /// memory.push(&[Node(3), Node(1)], None)?;
    /// let graph = Graph::new(&memory, Edges::Causes);
    /// let found: Vec<Node> = graph
    ///     .ancestors([Node(4)])
    ///     .follow(|node| node != Node(3))
    ///     .collect::<Result<_, _>>()?;
    /// assert_eq!(found, [Node(1)]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn follow(mut self, accepts: impl FnMut(Node) -> bool + 'g) -> Self {
        self.follow = Some(Box::new(accepts));
        self
    }

    /// In ascending order.
    ///
    /// ```
    /// use batpak_graph::{Edges, Graph, MemoryGraph, Node};
    ///
    /// let mut memory = MemoryGraph::new();
    /// memory.push(&[], None)?;
    /// memory.push(&[Node(1)], None)?;
    /// let graph = Graph::new(&memory, Edges::Causes);
    /// assert_eq!(graph.cut([Node(2)]).oldest_first().next(), Some(Ok(Node(1))));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn oldest_first(mut self) -> Self {
        self.is_reversed = self.direction == Direction::Past;
        self
    }

    /// In descending order.
    ///
    /// ```
    /// use batpak_graph::{Edges, Graph, MemoryGraph, Node};
    ///
    /// let mut memory = MemoryGraph::new();
    /// memory.push(&[], None)?;
    /// memory.push(&[Node(1)], None)?;
    /// memory.push(&[Node(1)], None)?;
    /// let graph = Graph::new(&memory, Edges::Causes);
    /// assert_eq!(graph.effects([Node(1)]).newest_first().next(), Some(Ok(Node(3))));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn newest_first(mut self) -> Self {
        self.is_reversed = self.direction == Direction::Future;
        self
    }

    /// How many bytes the walk holds now for nodes that wait or are collected.
    ///
    /// Without a depth, at most 560 bytes for each node that waits, and at most an eighth of a byte
    /// and a little more for each node between the oldest and the newest of them.
    ///
    /// ```
    /// use batpak_graph::{Edges, Graph, MemoryGraph, Node};
    ///
    /// let mut memory = MemoryGraph::new();
    /// for node in 0..100_000 {
    ///     let causes = (node > 0).then_some(Node(node));
    ///     memory.push(causes.as_slice(), None)?;
    /// }
    /// let graph = Graph::new(&memory, Edges::Causes);
    /// let mut walk = graph.ancestors([graph.newest()]);
    /// while walk.next().is_some() {
    ///     assert!(walk.memory() < 8 * 1024);
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn memory(&self) -> usize {
        let waiting = match &self.waiting {
            Waiting::Nodes(nodes) => nodes.memory(),
            Waiting::Depths(depths) => depths.len() * 2 * size_of::<(Node, u32)>(),
        };
        let lists = self.starts.capacity() + self.found.capacity();
        waiting + self.collected.memory() + lists * size_of::<Node>()
    }

    /// The next node in the order of the walk.
    fn visit(&mut self) -> Option<Answer<Node, S>> {
        if let Err(error) = self.begin() {
            return Some(Err(error));
        }
        if let Some((node, depth)) = self.unfollowed.take()
            && depth < self.max_depth
            && let Err(error) = self.expand(node, depth)
        {
            return Some(Err(error));
        }
        while let Some((node, depth)) = self.waiting.pop(self.direction) {
            if self.follow.as_mut().is_none_or(|accepts| accepts(node)) {
                self.unfollowed = Some((node, depth));
                return Some(Ok(node));
            }
        }
        None
    }

    /// Follows the starts that were not yet.
    fn begin(&mut self) -> Answer<(), S> {
        while let Some(start) = self.starts.pop() {
            self.graph.check_known(start)?;
            if self.with_starts {
                self.waiting.insert(start, 0);
            } else if self.max_depth > 0 {
                self.expand(start, 0)?;
            }
        }
        Ok(())
    }

    fn expand(&mut self, node: Node, depth: u32) -> Answer<(), S> {
        let read = (self.step)(self.graph, node, &mut self.found);
        for next in self.found.drain(..) {
            self.waiting.insert(next, depth + 1);
        }
        read
    }

    /// The next node in the other order.
    fn give_collected(&mut self) -> Option<Answer<Node, S>> {
        while let Some(visited) = self.visit() {
            match visited {
                Ok(node) => self.collected.insert(node),
                Err(error) => return Some(Err(error)),
            };
        }
        let node = match self.direction {
            Direction::Past => self.collected.pop_first(),
            Direction::Future => self.collected.pop_last(),
        };
        node.map(Ok)
    }
}

impl<S: CausalSource> Iterator for Walk<'_, S> {
    type Item = Result<Node, GraphError<S::Error>>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.left == 0 {
            return None;
        }
        let next = match self.is_reversed {
            true => self.give_collected(),
            false => self.visit(),
        };
        self.left -= u64::from(matches!(next, Some(Ok(_))));
        next
    }
}

impl<S: CausalSource> fmt::Debug for Walk<'_, S> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Walk")
            .field("direction", &self.direction)
            .field("starts", &self.starts)
            .field("unfollowed", &self.unfollowed)
            .field("is_reversed", &self.is_reversed)
            .field("memory", &self.memory())
            .finish_non_exhaustive()
    }
}

impl Waiting {
    fn insert(&mut self, node: Node, depth: u32) {
        match self {
            Waiting::Nodes(nodes) => {
                nodes.insert(node);
            }
            Waiting::Depths(depths) => {
                let least = depths.entry(node).or_insert(depth);
                *least = depth.min(*least);
            }
        }
    }

    fn pop(&mut self, direction: Direction) -> Option<(Node, u32)> {
        match (self, direction) {
            (Waiting::Nodes(nodes), Direction::Past) => Some((nodes.pop_last()?, 0)),
            (Waiting::Nodes(nodes), Direction::Future) => Some((nodes.pop_first()?, 0)),
            (Waiting::Depths(depths), Direction::Past) => depths.pop_last(),
            (Waiting::Depths(depths), Direction::Future) => depths.pop_first(),
        }
    }
}
