//! Boxes and the lines between them, in layers.
//!
//! An edge that crosses layers passes through a place of its own in each of them. Edges of one kind
//! from one node share those places: they run down together, and each leaves in the layer above its
//! effect. Where a node has many causes, those that lead to it share them instead.

use std::ops::Range;

use super::{Edge, EdgeKind};

/// What takes a place in a layer.
#[derive(Clone, Debug)]
pub(super) struct Item {
    pub(super) layer: usize,
    /// How much room it needs, in pixels.
    pub(super) width: f64,
    /// The node, for a box; otherwise an edge passes here.
    pub(super) node: Option<usize>,
    /// What it is connected with in the layers above and below.
    pub(super) above: Vec<usize>,
    pub(super) below: Vec<usize>,
}

/// A line from one layer to the next.
#[derive(Clone, Copy, Debug)]
pub(super) struct Branch {
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) kind: EdgeKind,
    /// The node whose colour it has.
    pub(super) color_of: usize,
    /// The edge that it stands for, unless it stands for several.
    pub(super) edge: Option<Edge>,
}

/// A line through several layers that edges share.
#[derive(Clone, Debug)]
pub(super) struct Trunk {
    pub(super) items: Vec<usize>,
    pub(super) kind: EdgeKind,
    pub(super) color_of: usize,
}

#[derive(Debug, Default)]
pub(super) struct Lines {
    pub(super) items: Vec<Item>,
    pub(super) layers: Vec<Vec<usize>>,
    pub(super) trunks: Vec<Trunk>,
    pub(super) branches: Vec<Branch>,
}

/// From how many causes on the edges to a node share a line, if each of those has fewer effects.
const MANY_CAUSES: usize = 6;
/// The room of an edge that passes a layer.
const LANE: f64 = 10.0;

impl Lines {
    /// The boxes with these widths in these layers, and lines along these edges, sorted by cause.
    pub(super) fn new(widths: &[f64], layer_of: &[usize], edges: &[Edge]) -> Lines {
        let depth = layer_of.iter().max().map_or(0, |layer| layer + 1);
        let mut lines = Lines {
            layers: vec![Vec::new(); depth],
            ..Lines::default()
        };
        for (node, (width, layer)) in widths.iter().zip(layer_of).enumerate() {
            lines.add(*layer, *width, Some(node));
        }
        for kind in [EdgeKind::Cause, EdgeKind::Stream] {
            let edges = edges.iter().filter(|edge| edge.kind == kind);
            let (mut causes, mut effects) = (vec![0; widths.len()], vec![0; widths.len()]);
            for edge in edges.clone() {
                causes[edge.effect] += 1;
                effects[edge.cause] += 1;
            }
            let gathers = |edge: &&Edge| {
                let many = causes[edge.effect];
                many >= MANY_CAUSES && many > effects[edge.cause]
            };
            let (mut gathered, spread): (Vec<Edge>, Vec<Edge>) = edges.partition(gathers);
            for edges in spread.chunk_by(|one, other| one.cause == other.cause) {
                lines.spread(edges, layer_of);
            }
            gathered.sort_by_key(|edge| edge.effect);
            for edges in gathered.chunk_by(|one, other| one.effect == other.effect) {
                lines.gather(edges, layer_of);
            }
        }
        lines
    }

    fn add(&mut self, layer: usize, width: f64, node: Option<usize>) -> usize {
        self.items.push(Item {
            layer,
            width,
            node,
            above: Vec::new(),
            below: Vec::new(),
        });
        self.layers[layer].push(self.items.len() - 1);
        self.items.len() - 1
    }

    /// Draws edges of one kind that leave one node: a shared line down, which they leave one by
    /// one.
    fn spread(&mut self, edges: &[Edge], layer_of: &[usize]) {
        let lowest = edges.iter().map(|edge| layer_of[edge.effect]).max();
        let (Some(first), Some(lowest)) = (edges.first(), lowest) else {
            return;
        };
        let (cause, top) = (first.cause, layer_of[first.cause]);
        let mut trunk = vec![cause];
        self.extend(&mut trunk, top + 1..lowest);
        for edge in edges {
            let from = trunk[layer_of[edge.effect] - top - 1];
            self.branch(from, edge.effect, edge, Some(*edge), cause);
        }
        if trunk.len() > 1 {
            self.trunks.push(Trunk {
                items: trunk,
                kind: first.kind,
                color_of: cause,
            });
        }
    }

    /// Draws edges of one kind that lead to one node: a shared line, which they join one by one.
    fn gather(&mut self, edges: &[Edge], layer_of: &[usize]) {
        let highest = edges.iter().map(|edge| layer_of[edge.cause]).min();
        let (Some(first), Some(highest)) = (edges.first(), highest) else {
            return;
        };
        let (effect, bottom) = (first.effect, layer_of[first.effect]);
        let mut trunk = Vec::new();
        self.extend(&mut trunk, highest + 1..bottom);
        if let Some(last) = trunk.last() {
            self.branch(*last, effect, first, None, effect);
        }
        for edge in edges {
            let place = layer_of[edge.cause] - highest;
            let to = trunk.get(place).copied().unwrap_or(effect);
            self.branch(edge.cause, to, edge, Some(*edge), edge.cause);
        }
        if !trunk.is_empty() {
            self.trunks.push(Trunk {
                items: trunk,
                kind: first.kind,
                color_of: effect,
            });
        }
    }

    /// Leads a shared line through layers.
    fn extend(&mut self, trunk: &mut Vec<usize>, layers: Range<usize>) {
        for layer in layers {
            let lane = self.add(layer, LANE, None);
            if let Some(last) = trunk.last() {
                self.join(*last, lane);
            }
            trunk.push(lane);
        }
    }

    fn branch(&mut self, from: usize, to: usize, like: &Edge, edge: Option<Edge>, color_of: usize) {
        self.join(from, to);
        self.branches.push(Branch {
            from,
            to,
            kind: like.kind,
            color_of,
            edge,
        });
    }

    fn join(&mut self, above: usize, below: usize) {
        self.items[above].below.push(below);
        self.items[below].above.push(above);
    }
}
