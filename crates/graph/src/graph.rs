//! The graph that questions are asked of: a source, and which of its edges count.

use crate::{CausalSource, EffectSource, GraphError, Node};

/// Which edges of a source count.
///
/// ```
/// use batpak_graph::{Edges, Graph, MemoryGraph, Node, Relation};
///
/// let mut memory = MemoryGraph::new();
/// let first = memory.push(&[], None)?;
/// let second = memory.push(&[], Some(first))?;
/// let related = |edges| Graph::new(&memory, edges).relation(first, second);
/// assert_eq!(related(Edges::Causes)?, Relation::Concurrent);
/// assert_eq!(related(Edges::Streams)?, Relation::Before);
/// assert_eq!(related(Edges::Both)?, Relation::Before);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Edges {
    /// From an effect to the causes that it names.
    #[default]
    Causes,
    /// From a node to the one before it in its stream.
    Streams,
    /// Both: what happened before what, as far as the source knows.
    Both,
}

impl Edges {
    pub(crate) fn causes(self) -> bool {
        self != Edges::Streams
    }

    pub(crate) fn streams(self) -> bool {
        self != Edges::Causes
    }
}

/// A source, the edges of it that count, and the questions about them.
///
/// It holds nothing but the source: making one costs nothing. Each question says what it visits;
/// what it keeps in memory lives as long as the question or its iterator.
///
/// ```
/// use batpak_graph::{Edges, Graph, MemoryGraph, Node};
///
/// let mut memory = MemoryGraph::new();
/// let root = memory.push(&[], None)?;
/// let left = memory.push(&[root], None)?;
/// let right = memory.push(&[root], None)?;
/// let graph = Graph::new(&memory, Edges::Causes);
/// assert_eq!(graph.common(&[left, right])?, [root]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Graph<S> {
    source: S,
    edges: Edges,
}

/// What a question of a graph over the source `S` gives.
pub(crate) type Answer<T, S> = Result<T, GraphError<<S as CausalSource>::Error>>;

impl<S: CausalSource> Graph<S> {
    /// A graph over a source, or over a reference to one.
    ///
    /// ```
    /// use batpak_graph::{Edges, Graph, MemoryGraph};
    ///
    /// let memory = MemoryGraph::new();
    /// let borrowed = Graph::new(&memory, Edges::Both);
    /// let owned = Graph::new(MemoryGraph::new(), Edges::Both);
    /// assert_eq!(borrowed.newest(), owned.newest());
    /// ```
    #[must_use]
    pub fn new(source: S, edges: Edges) -> Graph<S> {
        Graph { source, edges }
    }

    /// The source.
    ///
    /// ```
    /// use batpak_graph::{Edges, Graph, MemoryGraph};
    ///
    /// let graph = Graph::new(MemoryGraph::new(), Edges::Both);
    /// assert!(graph.source().is_empty());
    /// ```
    #[must_use]
    pub fn source(&self) -> &S {
        &self.source
    }

    /// Which edges count.
    ///
    /// ```
    /// use batpak_graph::{Edges, Graph, MemoryGraph};
    ///
    /// let graph = Graph::new(MemoryGraph::new(), Edges::Streams);
    /// assert_eq!(graph.edges(), Edges::Streams);
    /// ```
    #[must_use]
    pub fn edges(&self) -> Edges {
        self.edges
    }

    /// The greatest node, `Node(0)` when there is none.
    ///
    /// ```
    /// use batpak_graph::{Edges, Graph, MemoryGraph, Node};
    ///
    /// let graph = Graph::new(MemoryGraph::new(), Edges::Both);
    /// assert_eq!(graph.newest(), Node(0));
    /// ```
    #[must_use]
    pub fn newest(&self) -> Node {
        self.source.newest()
    }

    /// Every node, oldest first, for questions about a set of nodes.
    ///
    /// A source that skips sequences makes this an error at the first one it skips; name the nodes
    /// then.
    ///
    /// ```
    /// use batpak_graph::{Edges, Graph, MemoryGraph, Node};
    ///
    /// let mut memory = MemoryGraph::new();
    /// let root = memory.push(&[], None)?;
    /// memory.push(&[root], None)?;
    /// let graph = Graph::new(&memory, Edges::Causes);
    /// assert_eq!(graph.longest_chain(graph.all())?, [Node(1), Node(2)]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn all(&self) -> impl DoubleEndedIterator<Item = Node> + use<S> {
        (1..=self.newest().0).map(Node)
    }

    /// The nodes one edge before a node: causes, stream predecessor, or both, each once.
    ///
    /// Costs one look-up and the number of nodes it gives, as [`successors`](Self::successors).
    ///
    /// # Errors
    ///
    /// [`GraphError::UnknownNode`], [`GraphError::NotOlder`], and what the source says.
    ///
    /// ```
    /// use batpak_graph::{Edges, Graph, MemoryGraph, Node};
    ///
    /// let mut memory = MemoryGraph::new();
    /// memory.push(&[], None)?;
    /// memory.push(&[], None)?;
    /// memory.push(&[Node(2)], Some(Node(1)))?;
    /// let predecessors = |edges| Graph::new(&memory, edges).predecessors(Node(3));
    /// assert_eq!(predecessors(Edges::Causes)?, [Node(2)]);
    /// assert_eq!(predecessors(Edges::Streams)?, [Node(1)]);
    /// assert_eq!(predecessors(Edges::Both)?, [Node(2), Node(1)]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn predecessors(&self, node: Node) -> Answer<Vec<Node>, S> {
        self.check_known(node)?;
        let mut found = Vec::new();
        self.before(node, &mut found)?;
        Ok(found)
    }

    /// Puts the nodes one edge before a node in place of what `found` holds.
    ///
    /// Those that are not older are left out, so that every walk ends, and the first is the error.
    pub(crate) fn before(&self, node: Node, found: &mut Vec<Node>) -> Answer<(), S> {
        found.clear();
        if self.edges.causes() {
            self.source.causes(node, found)?;
        }
        if self.edges.streams()
            && let Some(predecessor) = self.source.stream_predecessor(node)?
            && !found.contains(&predecessor)
        {
            found.push(predecessor);
        }
        let newer = found.iter().find(|cause| **cause >= node).copied();
        newer.map_or(Ok(()), |cause| {
            found.retain(|cause| *cause < node);
            Err(GraphError::NotOlder { node, cause })
        })
    }

    /// Refuses a node that the source does not have.
    pub(crate) fn check_known(&self, node: Node) -> Answer<(), S> {
        match self.source.contains(node)? {
            true => Ok(()),
            false => Err(GraphError::UnknownNode(node)),
        }
    }

    /// The nodes in ascending order, each once, all of them known.
    pub(crate) fn set(&self, nodes: impl IntoIterator<Item = Node>) -> Answer<Vec<Node>, S> {
        let mut set: Vec<Node> = nodes.into_iter().collect();
        set.sort_unstable();
        set.dedup();
        for node in &set {
            self.check_known(*node)?;
        }
        Ok(set)
    }
}

impl<S: EffectSource> Graph<S> {
    /// The nodes one edge after a node: effects, stream successor, or both, each once.
    ///
    /// # Errors
    ///
    /// [`GraphError::UnknownNode`], [`GraphError::NotOlder`], and what the source says.
    ///
    /// ```
    /// use batpak_graph::{Edges, Graph, MemoryGraph, Node};
    ///
    /// let mut memory = MemoryGraph::new();
    /// memory.push(&[], None)?;
    /// memory.push(&[Node(1)], None)?;
    /// memory.push(&[], Some(Node(1)))?;
    /// let graph = Graph::new(&memory, Edges::Both);
    /// assert_eq!(graph.successors(Node(1))?, [Node(2), Node(3)]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn successors(&self, node: Node) -> Answer<Vec<Node>, S> {
        self.check_known(node)?;
        let mut found = Vec::new();
        self.after(node, &mut found)?;
        Ok(found)
    }

    /// Puts the nodes one edge after a node in place of what `found` holds, as `before` does.
    pub(crate) fn after(&self, node: Node, found: &mut Vec<Node>) -> Answer<(), S> {
        found.clear();
        if self.edges.causes() {
            self.source.effects(node, found)?;
        }
        if self.edges.streams()
            && let Some(successor) = self.source.stream_successor(node)?
            && !found.contains(&successor)
        {
            found.push(successor);
        }
        let older = found.iter().find(|effect| **effect <= node).copied();
        older.map_or(Ok(()), |effect| {
            found.retain(|effect| *effect > node);
            Err(GraphError::NotOlder {
                node: effect,
                cause: node,
            })
        })
    }
}
