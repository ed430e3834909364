//! Where a graph comes from.

use crate::Node;

/// What is known of each node: its causes, its stream predecessor, its generation.
///
/// A source is a snapshot: while it is borrowed by a question, its answers stay the same. Its nodes
/// lie between 1 and [`newest`](Self::newest). Three promises make the walks end, and prune:
///
/// - every cause and every stream predecessor is smaller than the node itself;
/// - the generation of a node is [`generation_after`](crate::generation_after) of all its causes
///   and its stream predecessor;
/// - a node is the stream predecessor of at most one other.
///
/// A source that breaks the first is told with
/// [`GraphError::NotOlder`](crate::GraphError::NotOlder) when a walk meets it, and no walk goes
/// round in circles. A wrong generation makes a search prune what it should follow:
/// [`verify`](crate::verify()) finds it.
///
/// [`MemoryGraph`](crate::MemoryGraph) implements it. A source that reads a disk fails with its own
/// error, which every question passes through.
///
/// # Example
///
/// ```
/// use std::convert::Infallible;
/// use batpak_graph::{CausalSource, Edges, Graph, Node, Relation};
///
/// /// Every number is caused by its half.
/// struct Halves;
///
/// impl CausalSource for Halves {
///     type Error = Infallible;
///
///     fn newest(&self) -> Node {
///         Node(1_000_000_000)
///     }
///
///     fn causes(&self, node: Node, found: &mut Vec<Node>) -> Result<(), Infallible> {
///         found.extend((node > Node(1)).then_some(Node(node.0 / 2)));
///         Ok(())
///     }
///
///     fn stream_predecessor(&self, _: Node) -> Result<Option<Node>, Infallible> {
///         Ok(None)
///     }
///
///     fn generation(&self, node: Node) -> Result<u32, Infallible> {
///         Ok(node.0.ilog2() + 1)
///     }
/// }
///
/// let graph = Graph::new(Halves, Edges::Causes);
/// assert_eq!(graph.relation(Node(5), Node(41)).unwrap(), Relation::Before);
/// ```
pub trait CausalSource {
    /// Why a node cannot be read.
    type Error;

    /// The greatest node of the snapshot; `Node(0)` when there is none.
    fn newest(&self) -> Node;

    /// Whether there is such a node.
    ///
    /// True for everything from 1 to the newest, unless the source says otherwise.
    ///
    /// # Errors
    ///
    /// When the source cannot tell.
    fn contains(&self, node: Node) -> Result<bool, Self::Error> {
        Ok(node >= Node(1) && node <= self.newest())
    }

    /// Appends the causes of a node to `found`, each once, in any order that does not change.
    ///
    /// # Errors
    ///
    /// When there is no such node, or it cannot be read.
    fn causes(&self, node: Node, found: &mut Vec<Node>) -> Result<(), Self::Error>;

    /// The node before this one in its stream; `None` for the first.
    ///
    /// # Errors
    ///
    /// When there is no such node, or it cannot be read.
    fn stream_predecessor(&self, node: Node) -> Result<Option<Node>, Self::Error>;

    /// One more than the greatest generation among all causes and the stream predecessor.
    ///
    /// # Errors
    ///
    /// When there is no such node, or it cannot be read.
    fn generation(&self, node: Node) -> Result<u32, Self::Error>;
}

/// A source that also answers in the other direction: what did this node cause?
///
/// The answers mirror those of [`CausalSource`]. Questions about effects need it; all others work
/// without. [`MemoryGraph`](crate::MemoryGraph) implements it.
///
/// # Example
///
/// ```
/// use batpak_graph::{EffectSource, MemoryGraph, Node};
///
/// let mut graph = MemoryGraph::new();
/// let order = graph.push(&[], None)?;
/// let invoice = graph.push(&[order], None)?;
/// let mut found = Vec::new();
/// graph.effects(order, &mut found)?;
/// assert_eq!(found, [invoice]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait EffectSource: CausalSource {
    /// Appends the nodes that name this one as a cause to `found`, each once, in any order that
    /// does not change.
    ///
    /// # Errors
    ///
    /// When there is no such node, or the effects cannot be read.
    fn effects(&self, node: Node, found: &mut Vec<Node>) -> Result<(), Self::Error>;

    /// The node after this one in its stream; `None` for the last.
    ///
    /// # Errors
    ///
    /// When there is no such node, or it cannot be read.
    fn stream_successor(&self, node: Node) -> Result<Option<Node>, Self::Error>;
}

impl<S: CausalSource + ?Sized> CausalSource for &S {
    type Error = S::Error;

    fn newest(&self) -> Node {
        (**self).newest()
    }

    fn contains(&self, node: Node) -> Result<bool, S::Error> {
        (**self).contains(node)
    }

    fn causes(&self, node: Node, found: &mut Vec<Node>) -> Result<(), S::Error> {
        (**self).causes(node, found)
    }

    fn stream_predecessor(&self, node: Node) -> Result<Option<Node>, S::Error> {
        (**self).stream_predecessor(node)
    }

    fn generation(&self, node: Node) -> Result<u32, S::Error> {
        (**self).generation(node)
    }
}

impl<S: EffectSource + ?Sized> EffectSource for &S {
    fn effects(&self, node: Node, found: &mut Vec<Node>) -> Result<(), S::Error> {
        (**self).effects(node, found)
    }

    fn stream_successor(&self, node: Node) -> Result<Option<Node>, S::Error> {
        (**self).stream_successor(node)
    }
}
