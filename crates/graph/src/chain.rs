//! The longest chain.

use crate::graph::Answer;
use crate::{CausalSource, Edges, Graph, Node};

impl<S: CausalSource> Graph<S> {
    /// A longest chain of nodes, each one edge after the other, that ends at one of these; oldest
    /// first.
    ///
    /// Its length says how many steps one after the other were necessary. Among several it is
    /// always the same one: the one with the oldest end, and of that with the oldest cause, and so
    /// on.
    ///
    /// With [`Edges::Both`] generations lead the way, and the cost is that of reading the chain.
    /// With other edges it visits the whole past, and keeps 24 bytes for each node of it.
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
    /// memory.push(&[Node(1)], Some(Node(2)))?;
    /// let chain = |edges| Graph::new(&memory, edges).longest_chain([Node(3)]);
    /// assert_eq!(chain(Edges::Causes)?, [Node(1), Node(3)]);
    /// assert_eq!(chain(Edges::Both)?, [Node(1), Node(2), Node(3)]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn longest_chain(&self, ends: impl IntoIterator<Item = Node>) -> Answer<Vec<Node>, S> {
        let ends = self.set(ends)?;
        if self.edges() == Edges::Both
            && let Some(chain) = self.chain_by_generation(&ends)?
        {
            return Ok(chain);
        }
        self.chain_by_length(&ends)
    }

    /// The chain along generations that fall by one; `None` where they do not.
    fn chain_by_generation(&self, ends: &[Node]) -> Answer<Option<Vec<Node>>, S> {
        let (mut chain, mut causes) = (Vec::new(), Vec::new());
        let mut generations = Vec::with_capacity(ends.len());
        for end in ends {
            generations.push((self.source().generation(*end)?, *end));
        }
        let Some((mut generation, mut node)) = greatest(&generations) else {
            return Ok(Some(chain));
        };
        while generation > 1 && generation < u32::MAX {
            chain.push(node);
            self.before(node, &mut causes)?;
            generations.clear();
            for cause in &causes {
                generations.push((self.source().generation(*cause)?, *cause));
            }
            match greatest(&generations) {
                Some((next, cause)) if next == generation - 1 => (generation, node) = (next, cause),
                _ => return Ok(None),
            }
        }
        chain.push(node);
        chain.reverse();
        Ok((generation == 1).then_some(chain))
    }

    /// The chain by the length of every chain of the past.
    fn chain_by_length(&self, ends: &[Node]) -> Answer<Vec<Node>, S> {
        let past: Result<Vec<Node>, _> = self.cut(ends.iter().copied()).oldest_first().collect();
        let past = past?;
        let place = |node: Node| past.binary_search(&node).ok();
        // For each node, the length of the longest chain that ends there, and where it comes from.
        let mut longest: Vec<(u32, Option<usize>)> = Vec::with_capacity(past.len());
        let mut causes = Vec::new();
        for node in &past {
            self.before(*node, &mut causes)?;
            let known = causes.iter().filter_map(|cause| place(*cause));
            let best = known.map(|at| (longest[at].0, at));
            let best = best.max_by_key(|(length, at)| (*length, usize::MAX - at));
            longest.push(best.map_or((1, None), |(length, at)| {
                (length.saturating_add(1), Some(at))
            }));
        }
        let ends = ends.iter().filter_map(|end| place(*end));
        let end = ends.max_by_key(|at| (longest[*at].0, usize::MAX - at));
        let chain = std::iter::successors(end, |at| longest[*at].1);
        let mut chain: Vec<Node> = chain.map(|at| past[at]).collect();
        chain.reverse();
        Ok(chain)
    }
}

/// The one of the greatest generation, and the oldest of those.
fn greatest(generations: &[(u32, Node)]) -> Option<(u32, Node)> {
    let by_age = |(generation, node): &(u32, Node)| (*generation, u64::MAX - node.0);
    generations.iter().copied().max_by_key(by_age)
}
