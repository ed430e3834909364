//! The difference of two causal pasts.

use std::fmt;

use crate::graph::Answer;
use crate::marked::Marked;
use crate::{CausalSource, Graph, GraphError, Node};

/// In the past that is taken away.
const EXCLUDED: u8 = Marked::PASSIVE;

impl<S: CausalSource> Graph<S> {
    /// What is in the causal past of `of` and not in that of `not`, newest first.
    ///
    /// The nodes themselves count as part of their past: this is `git rev-list OF --not NOT`.
    /// Visits what it gives, and the past of `not` down to the oldest node that it gives. The past
    /// of `of` that is in that of `not` as well is visited no further than that.
    ///
    /// ```
    /// use batpak_graph::{Edges, Graph, MemoryGraph, Node};
    ///
    /// let mut memory = MemoryGraph::new();
    /// memory.push(&[], None)?;
    /// memory.push(&[Node(1)], None)?;
    /// memory.push(&[Node(1)], None)?;
    /// memory.push(&[Node(3)], None)?;
    /// let graph = Graph::new(&memory, Edges::Causes);
    /// let new: Vec<Node> = graph.difference([Node(4)], [Node(2)]).collect::<Result<_, _>>()?;
    /// assert_eq!(new, [Node(4), Node(3)]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn difference(
        &self,
        of: impl IntoIterator<Item = Node>,
        not: impl IntoIterator<Item = Node>,
    ) -> Difference<'_, S> {
        let of = of.into_iter().map(|node| (node, 0));
        let not = not.into_iter().map(|node| (node, EXCLUDED));
        Difference {
            graph: self,
            starts: of.chain(not).collect(),
            waiting: Marked::default(),
            unfollowed: None,
            causes: Vec::new(),
        }
    }
}

/// The nodes of [`Graph::difference`], newest first.
///
/// A node whose edges cannot be read is an error, after the node itself when that is given; the
/// walk then goes on. What lies behind an excluded node that cannot be read may be given though it
/// should be excluded: a caller to whom that matters stops at the first error.
///
/// ```
/// use batpak_graph::{Difference, Edges, Graph, MemoryGraph, Node};
///
/// let mut memory = MemoryGraph::new();
/// memory.push(&[], None)?;
/// let graph = Graph::new(&memory, Edges::Causes);
/// let mut rest: Difference<'_, &MemoryGraph> = graph.difference([Node(1)], []);
/// assert_eq!(rest.next(), Some(Ok(Node(1))));
/// assert_eq!(rest.next(), None);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use = "a difference does nothing until it is asked for nodes"]
pub struct Difference<'g, S: CausalSource> {
    graph: &'g Graph<S>,
    starts: Vec<(Node, u8)>,
    waiting: Marked,
    /// The node that was given last, whose causes are read when the next one is asked for.
    unfollowed: Option<Node>,
    causes: Vec<Node>,
}

impl<S: CausalSource> Difference<'_, S> {
    /// How many bytes it holds now for nodes that wait: a few bits for each node of their span, and
    /// at most 2 KiB for each of them.
    ///
    /// ```
    /// use batpak_graph::{Edges, Graph, MemoryGraph, Node};
    ///
    /// let memory = MemoryGraph::new();
    /// let graph = Graph::new(&memory, Edges::Causes);
    /// assert!(graph.difference([], []).memory() < 4_096);
    /// ```
    #[must_use]
    pub fn memory(&self) -> usize {
        self.waiting.memory() + self.causes.capacity() * size_of::<Node>()
    }

    fn visit(&mut self) -> Answer<Option<Node>, S> {
        while let Some((start, marks)) = self.starts.pop() {
            self.graph.check_known(start)?;
            self.waiting.mark(start, marks);
        }
        if let Some(node) = self.unfollowed.take() {
            self.expand(node, 0)?;
        }
        while self.waiting.has_active() {
            let Some((node, marks)) = self.waiting.pop() else {
                break;
            };
            if marks != EXCLUDED {
                self.unfollowed = Some(node);
                return Ok(Some(node));
            }
            self.expand(node, EXCLUDED)?;
        }
        Ok(None)
    }

    fn expand(&mut self, node: Node, marks: u8) -> Answer<(), S> {
        let read = self.graph.before(node, &mut self.causes);
        for cause in self.causes.drain(..) {
            self.waiting.mark(cause, marks);
        }
        read
    }
}

impl<S: CausalSource> Iterator for Difference<'_, S> {
    type Item = Result<Node, GraphError<S::Error>>;

    fn next(&mut self) -> Option<Self::Item> {
        self.visit().transpose()
    }
}

impl<S: CausalSource> fmt::Debug for Difference<'_, S> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Difference")
            .field("starts", &self.starts)
            .field("unfollowed", &self.unfollowed)
            .field("memory", &self.memory())
            .finish_non_exhaustive()
    }
}
