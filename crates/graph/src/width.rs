//! How much ran side by side.

use std::collections::BTreeMap;

use crate::graph::Answer;
use crate::{CausalSource, Graph, GraphError, Node};

/// The most nodes that [`Graph::largest_antichain`] takes.
///
/// ```
/// assert_eq!(batpak_graph::WIDTH_LIMIT, 2_000);
/// ```
pub const WIDTH_LIMIT: usize = 2_000;

impl<S: CausalSource> Graph<S> {
    /// A largest set of mutually concurrent nodes among these, in ascending order. Its size is
    /// the *width* of the set.
    ///
    /// By Dilworth's theorem: as many nodes as chains that cover all of them, by a maximum matching
    /// on the transitive closure. Visits the past of the nodes down to the oldest one, and keeps an
    /// eighth of a byte for each pair of nodes and for each node with each visited one that waits.
    /// The matching takes at most the cube of the nodes, divided by 64, in steps of some
    /// nanoseconds: a second at the limit, and far less where little is related.
    ///
    /// # Errors
    ///
    /// [`GraphError::TooManyNodes`] above [`WIDTH_LIMIT`], [`GraphError::UnknownNode`] and
    /// [`GraphError::NotOlder`], and what the source says.
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
    /// assert_eq!(graph.largest_antichain(graph.all())?, [Node(2), Node(3)]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn largest_antichain(&self, nodes: impl IntoIterator<Item = Node>) -> Answer<Vec<Node>, S> {
        let mut nodes: Vec<Node> = nodes.into_iter().collect();
        nodes.sort_unstable();
        nodes.dedup();
        if nodes.len() > WIDTH_LIMIT {
            return Err(GraphError::TooManyNodes {
                count: nodes.len(),
                limit: WIDTH_LIMIT,
            });
        }
        let members = self.set(nodes)?;
        let matching = Matching::of(self.closure(&members)?);
        let antichain = matching.uncovered().map(|at| members[at]);
        Ok(antichain.collect())
    }

    /// For each member, the set of members that descend from it.
    fn closure(&self, members: &[Node]) -> Answer<Vec<Bits>, S> {
        let floor = self.floor(members.iter().copied())?;
        let none = Bits::new(members.len());
        let mut closure = vec![none.clone(); members.len()];
        // Each node that waits has the members that descend from it, complete when it leaves.
        let waiting = members.iter().map(|member| (*member, none.clone()));
        let mut waiting: BTreeMap<Node, Bits> = waiting.collect();
        let mut causes = Vec::new();
        while let Some((node, mut descendants)) = waiting.pop_last() {
            if let Ok(member) = members.binary_search(&node) {
                closure[member] = descendants.clone();
                descendants.insert(member);
            }
            self.before(node, &mut causes)?;
            for cause in &causes {
                if self.may_follow(&floor, *cause)? || members.binary_search(cause).is_ok() {
                    let known = waiting.entry(*cause).or_insert_with(|| none.clone());
                    known.add(&descendants);
                }
            }
        }
        Ok(closure)
    }
}

/// A maximum matching of nodes with descendants, each once on either side.
struct Matching {
    closure: Vec<Bits>,
    /// For each node the descendant that it is matched with, and the other way round.
    descendant: Vec<Option<usize>>,
    ancestor: Vec<Option<usize>>,
}

impl Matching {
    fn of(closure: Vec<Bits>) -> Matching {
        let len = closure.len();
        let mut matching = Matching {
            closure,
            descendant: vec![None; len],
            ancestor: vec![None; len],
        };
        for node in 0..len {
            matching.augment(node);
        }
        matching
    }

    /// Matches one more node, by changing the descendants of others, when that is possible.
    fn augment(&mut self, node: usize) {
        let len = self.closure.len();
        let mut free = Bits::full(len);
        // For each descendant that was reached, from which node.
        let mut reached_from = vec![None; len];
        let mut waiting = vec![node];
        while let Some(node) = waiting.pop() {
            while let Some(descendant) = self.closure[node].first_common(&free) {
                free.remove(descendant);
                reached_from[descendant] = Some(node);
                match self.ancestor[descendant] {
                    Some(other) => waiting.push(other),
                    None => return self.swap_along(descendant, &reached_from),
                }
            }
        }
    }

    /// Gives each node on the way back the descendant that it reached.
    fn swap_along(&mut self, end: usize, reached_from: &[Option<usize>]) {
        let mut next = Some(end);
        while let Some(descendant) = next
            && let Some(node) = reached_from[descendant]
        {
            next = self.descendant[node].replace(descendant);
            self.ancestor[descendant] = Some(node);
        }
    }

    /// The nodes that no chain of the smallest cover needs on either side: by König's theorem they
    /// are mutually unrelated, and as many as can be.
    fn uncovered(&self) -> impl Iterator<Item = usize> {
        let len = self.closure.len();
        let (mut free, mut reached) = (Bits::full(len), Bits::new(len));
        let unmatched = (0..len).filter(|node| self.descendant[*node].is_none());
        let mut waiting: Vec<usize> = unmatched.collect();
        waiting.iter().for_each(|node| reached.insert(*node));
        while let Some(node) = waiting.pop() {
            while let Some(descendant) = self.closure[node].first_common(&free) {
                free.remove(descendant);
                if let Some(other) = self.ancestor[descendant]
                    && !reached.contains(other)
                {
                    reached.insert(other);
                    waiting.push(other);
                }
            }
        }
        (0..len).filter(move |node| reached.contains(*node) && free.contains(*node))
    }
}

/// A set of small numbers.
#[derive(Clone, Debug)]
struct Bits(Vec<u64>);

impl Bits {
    fn new(len: usize) -> Bits {
        Bits(vec![0; len.div_ceil(64)])
    }

    fn full(len: usize) -> Bits {
        Bits(vec![u64::MAX; len.div_ceil(64)])
    }

    fn insert(&mut self, number: usize) {
        self.0[number / 64] |= 1 << (number % 64);
    }

    fn remove(&mut self, number: usize) {
        self.0[number / 64] &= !(1 << (number % 64));
    }

    fn contains(&self, number: usize) -> bool {
        self.0[number / 64] >> (number % 64) & 1 == 1
    }

    fn add(&mut self, other: &Bits) {
        for (word, added) in self.0.iter_mut().zip(&other.0) {
            *word |= added;
        }
    }

    fn first_common(&self, other: &Bits) -> Option<usize> {
        let mut words = self.0.iter().zip(&other.0).map(|(one, two)| one & two);
        let place = words.position(|word| word != 0)?;
        let word = self.0[place] & other.0[place];
        Some(place * 64 + word.trailing_zeros() as usize)
    }
}
