//! Graphs of at most 64 nodes, whose questions are answered by trying everything.

use std::collections::BTreeSet;

use batpak_graph::{Edges, MemoryGraph, Node};
use proptest::prelude::*;

/// Causes and stream predecessor of each node, the first of which is node 1.
#[derive(Clone, Debug)]
pub(crate) struct Model {
    pub(crate) nodes: Vec<(Vec<u64>, Option<u64>)>,
}

pub(crate) const EDGES: [Edges; 3] = [Edges::Causes, Edges::Streams, Edges::Both];

pub(crate) fn named(nodes: impl IntoIterator<Item = u64>) -> Vec<Node> {
    nodes.into_iter().map(Node).collect()
}

/// Where a number lies in a list.
pub(crate) fn at(number: u64) -> usize {
    usize::try_from(number).unwrap()
}

impl Model {
    /// The graph with a bit for each pair of nodes that has an edge, without streams.
    pub(crate) fn of_bits(len: u64, bits: u64) -> Model {
        let pairs = (1..=len).flat_map(|effect| (1..effect).map(move |cause| (effect, cause)));
        let mut nodes = vec![(Vec::new(), None); at(len)];
        for (bit, (effect, cause)) in pairs.enumerate() {
            if bits >> bit & 1 == 1 {
                nodes[at(effect) - 1].0.push(cause);
            }
        }
        Model { nodes }
    }

    /// Every way to put the nodes into streams.
    pub(crate) fn streamed(&self) -> Vec<Model> {
        let mut models = vec![self.clone()];
        for place in 0..self.nodes.len() {
            for model in std::mem::take(&mut models) {
                let before = 1..=place as u64;
                let taken: Vec<_> = model.nodes.iter().filter_map(|node| node.1).collect();
                models.push(model.clone());
                for predecessor in before.filter(|node| !taken.contains(node)) {
                    let mut next = model.clone();
                    next.nodes[place].1 = Some(predecessor);
                    models.push(next);
                }
            }
        }
        models
    }

    pub(crate) fn memory(&self) -> MemoryGraph {
        let mut memory = MemoryGraph::new();
        for (causes, predecessor) in &self.nodes {
            let causes = named(causes.iter().copied());
            memory.push(&causes, predecessor.map(Node)).unwrap();
        }
        memory
    }

    pub(crate) fn all(&self) -> impl DoubleEndedIterator<Item = u64> + Clone + use<> {
        1..=self.nodes.len() as u64
    }

    pub(crate) fn with(&self, edges: Edges) -> Order {
        let mut before = vec![BTreeSet::new()];
        let mut past: Vec<BTreeSet<u64>> = vec![BTreeSet::new()];
        for (causes, predecessor) in &self.nodes {
            let mut near = BTreeSet::new();
            if edges != Edges::Streams {
                near.extend(causes);
            }
            if edges != Edges::Causes {
                near.extend(predecessor);
            }
            let far = near.iter().flat_map(|node| past[at(*node)].clone());
            past.push(far.chain(near.iter().copied()).collect());
            before.push(near);
        }
        Order { before, past }
    }
}

/// A model with the edges that count, followed to the end. Number 0 stands for no node.
#[derive(Debug)]
pub(crate) struct Order {
    pub(crate) before: Vec<BTreeSet<u64>>,
    pub(crate) past: Vec<BTreeSet<u64>>,
}

impl Order {
    pub(crate) fn is_ancestor(&self, ancestor: u64, node: u64) -> bool {
        self.past[at(node)].contains(&ancestor)
    }

    /// The nodes themselves and their ancestors.
    pub(crate) fn cut(&self, nodes: &[u64]) -> BTreeSet<u64> {
        let pasts = nodes.iter().flat_map(|node| self.past[at(*node)].iter());
        pasts.chain(nodes).copied().collect()
    }

    pub(crate) fn ancestors(&self, nodes: &[u64]) -> BTreeSet<u64> {
        let pasts = nodes.iter().flat_map(|node| self.past[at(*node)].iter());
        pasts.copied().collect()
    }

    pub(crate) fn effects(&self, nodes: &[u64]) -> BTreeSet<u64> {
        let all = 1..self.past.len() as u64;
        all.filter(|node| nodes.iter().any(|of| self.is_ancestor(*of, *node)))
            .collect()
    }

    /// Those that are an ancestor of no other one.
    pub(crate) fn heads(&self, nodes: &BTreeSet<u64>) -> BTreeSet<u64> {
        let is_head = |node: &u64| !nodes.iter().any(|other| self.is_ancestor(*node, *other));
        nodes.iter().copied().filter(is_head).collect()
    }

    pub(crate) fn roots(&self, nodes: &BTreeSet<u64>) -> BTreeSet<u64> {
        let is_root = |node: &u64| !nodes.iter().any(|other| self.is_ancestor(*other, *node));
        nodes.iter().copied().filter(is_root).collect()
    }

    pub(crate) fn common(&self, nodes: &[u64]) -> BTreeSet<u64> {
        let mut cuts = nodes.iter().map(|node| self.cut(&[*node]));
        let first = cuts.next().unwrap_or_default();
        self.heads(&cuts.fold(first, |common, cut| &common & &cut))
    }

    /// Every path from the cause to the effect.
    pub(crate) fn paths(&self, cause: u64, effect: u64) -> BTreeSet<Vec<u64>> {
        if cause == effect {
            return BTreeSet::from([vec![cause]]);
        }
        let mut paths = BTreeSet::new();
        for before in &self.before[at(effect)] {
            for mut path in self.paths(cause, *before) {
                path.push(effect);
                paths.insert(path);
            }
        }
        paths
    }

    /// The nodes at most so many edges before one of these, with the least number.
    pub(crate) fn within(&self, nodes: &[u64], depth: u32) -> BTreeSet<u64> {
        let mut near: BTreeSet<u64> = BTreeSet::new();
        let mut last: BTreeSet<u64> = nodes.iter().copied().collect();
        for _ in 0..depth {
            last = last
                .iter()
                .flat_map(|node| self.before[at(*node)].clone())
                .collect();
            near.extend(&last);
        }
        near
    }

    /// How many nodes the longest chain that ends in each node has.
    pub(crate) fn chains(&self) -> Vec<usize> {
        let mut chains = vec![0];
        for before in &self.before[1..] {
            let longest = before.iter().map(|node| chains[at(*node)]).max();
            chains.push(longest.unwrap_or(0) + 1);
        }
        chains
    }

    /// How many of the nodes can be mutually concurrent, by trying every set.
    pub(crate) fn width(&self, nodes: &[u64]) -> usize {
        let sets = 0..1_u64 << nodes.len();
        let members = |set: u64| (0..nodes.len()).filter(move |bit| set >> bit & 1 == 1);
        let is_antichain = |set: &u64| {
            let mut pairs = members(*set).flat_map(|a| members(*set).map(move |b| (a, b)));
            !pairs.any(|(a, b)| self.is_ancestor(nodes[a], nodes[b]))
        };
        let antichains = sets.filter(is_antichain);
        antichains
            .map(|set| set.count_ones() as usize)
            .max()
            .unwrap()
    }
}

/// A random graph; near the end of the range of `most_causes`, nodes have many causes.
pub(crate) fn model(most_nodes: usize) -> impl Strategy<Value = Model> {
    let node = (
        prop::collection::vec(any::<u64>(), 0..4),
        0..8_u64,
        0..3_u64,
    );
    (prop::collection::vec(node, 1..most_nodes), 0..3_u64).prop_map(|(drawn, span)| {
        let mut nodes: Vec<(Vec<u64>, Option<u64>)> = Vec::new();
        let mut streams = [0; 3];
        for (causes, is_root, stream) in drawn {
            let (len, number) = (nodes.len() as u64, nodes.len() as u64 + 1);
            // Causes from everywhere, from the last few nodes, or from the first few.
            let choose = |draw: &u64| match span {
                0 => draw % len + 1,
                1 => len - draw % len.min(4),
                _ => draw % len.min(5) + 1,
            };
            let mut chosen: Vec<u64> = match len == 0 || is_root == 0 {
                true => Vec::new(),
                false => causes.iter().map(choose).collect(),
            };
            let mut seen = BTreeSet::new();
            chosen.retain(|cause| seen.insert(*cause));
            let last = std::mem::replace(&mut streams[at(stream)], number);
            nodes.push((chosen, (last > 0).then_some(last)));
        }
        Model { nodes }
    })
}
