//! Where everything is: boxes and lines, in pixels.

use super::crossings;
use super::layers::layers;
use super::lines::{Branch, Lines, Trunk};
use super::place::centres;
use super::{Edge, EdgeKind};

/// The room between parts that nothing connects.
const PART_GAP: f64 = 48.0;
/// The least and the most room between layers.
const LAYER_GAPS: (f64, f64) = (44.0, 130.0);

/// The size of a box before it is placed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Size {
    pub(super) width: f64,
    pub(super) height: f64,
}

/// A point, and a line that goes down.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Point {
    pub(super) x: f64,
    pub(super) y: f64,
}

/// A line that never goes up: points in pairs, between which it is straight, joined by curves.
#[derive(Clone, Debug)]
pub(super) struct Line {
    pub(super) points: Vec<Point>,
    pub(super) kind: EdgeKind,
    /// The node whose colour it has.
    pub(super) color_of: usize,
    /// The edge that it stands for, unless it stands for several.
    pub(super) edge: Option<Edge>,
    /// Whether it ends at a box.
    pub(super) arrives: bool,
}

#[derive(Debug, Default)]
pub(super) struct Layout {
    /// The upper left corner of each box.
    pub(super) corners: Vec<Point>,
    pub(super) lines: Vec<Line>,
    pub(super) width: f64,
    pub(super) height: f64,
}

/// Lays out boxes of these sizes, and the edges between them, sorted by cause.
pub(super) fn layout(sizes: &[Size], edges: &[Edge]) -> Layout {
    let parts = parts(sizes.len(), edges);
    let parts: Vec<(Vec<usize>, Layout)> = parts
        .into_iter()
        .map(|(nodes, edges)| {
            let sizes: Vec<Size> = nodes.iter().map(|node| sizes[*node]).collect();
            let layout = layout_part(&sizes, &edges);
            (nodes, layout)
        })
        .collect();
    pack(sizes.len(), parts)
}

/// What hangs together, largest first, with edges between the places in the list of nodes.
fn parts(len: usize, edges: &[Edge]) -> Vec<(Vec<usize>, Vec<Edge>)> {
    let mut neighbours = vec![Vec::new(); len];
    for edge in edges {
        neighbours[edge.cause].push(edge.effect);
        neighbours[edge.effect].push(edge.cause);
    }
    // For each node its part, and its place there.
    let mut place = vec![None; len];
    let mut parts: Vec<(Vec<usize>, Vec<Edge>)> = Vec::new();
    for node in 0..len {
        if place[node].is_some() {
            continue;
        }
        let (mut nodes, mut waiting) = (Vec::new(), vec![node]);
        place[node] = Some((parts.len(), 0));
        while let Some(node) = waiting.pop() {
            nodes.push(node);
            for other in &neighbours[node] {
                if place[*other].is_none() {
                    place[*other] = Some((parts.len(), 0));
                    waiting.push(*other);
                }
            }
        }
        nodes.sort_unstable();
        for (at, node) in nodes.iter().enumerate() {
            place[*node] = Some((parts.len(), at));
        }
        parts.push((nodes, Vec::new()));
    }
    for edge in edges {
        if let (Some((part, cause)), Some((_, effect))) = (place[edge.cause], place[edge.effect]) {
            let kind = edge.kind;
            parts[part].1.push(Edge {
                cause,
                effect,
                kind,
            });
        }
    }
    parts.sort_by_key(|(nodes, _)| usize::MAX - nodes.len());
    parts
}

/// Places parts in rows, half again as wide as the whole is high.
fn pack(len: usize, parts: Vec<(Vec<usize>, Layout)>) -> Layout {
    let room = |part: &Layout| (part.width + PART_GAP) * (part.height + PART_GAP);
    let area: f64 = parts.iter().map(|(_, part)| room(part)).sum();
    let widest = parts.iter().map(|(_, part)| part.width).fold(0.0, f64::max);
    let row_width = widest.max(area.sqrt() * 1.5);
    let mut whole = Layout {
        corners: vec![Point { x: 0.0, y: 0.0 }; len],
        ..Layout::default()
    };
    let (mut x, mut y, mut row_height) = (0.0, 0.0, 0.0);
    for (nodes, part) in parts {
        if x > 0.0 && x + part.width > row_width {
            (x, y, row_height) = (0.0, y + row_height + PART_GAP, 0.0);
        }
        let moved = |point: &Point| Point {
            x: point.x + x,
            y: point.y + y,
        };
        for (node, corner) in nodes.iter().zip(&part.corners) {
            whole.corners[*node] = moved(corner);
        }
        whole.lines.extend(part.lines.into_iter().map(|line| Line {
            points: line.points.iter().map(moved).collect(),
            color_of: nodes[line.color_of],
            edge: line.edge.map(|edge| Edge {
                cause: nodes[edge.cause],
                effect: nodes[edge.effect],
                kind: edge.kind,
            }),
            ..line
        }));
        row_height = f64::max(row_height, part.height);
        whole.width = whole.width.max(x + part.width);
        whole.height = whole.height.max(y + part.height);
        x += part.width + PART_GAP;
    }
    whole
}

fn layout_part(sizes: &[Size], edges: &[Edge]) -> Layout {
    let (mut causes, mut effects) = (vec![Vec::new(); sizes.len()], vec![Vec::new(); sizes.len()]);
    for edge in edges {
        causes[edge.effect].push(edge.cause);
        effects[edge.cause].push(edge.effect);
    }
    let layer_of = layers(&causes, &effects, room(sizes.len()));
    let widths: Vec<f64> = sizes.iter().map(|size| size.width).collect();
    let mut lines = Lines::new(&widths, &layer_of, edges);
    crossings::order(&mut lines);
    let centres = centres(&lines);
    let bands = bands(&lines, sizes, &centres);
    let part = Part {
        sizes,
        lines: &lines,
        centres: &centres,
        bands: &bands,
    };
    let right = |(item, centre): (&super::lines::Item, &f64)| centre + item.width / 2.0;
    Layout {
        corners: (0..sizes.len()).map(|node| part.corner(node)).collect(),
        width: lines
            .items
            .iter()
            .zip(&centres)
            .map(right)
            .fold(0.0, f64::max),
        height: bands.last().map_or(0.0, |(_, bottom)| *bottom),
        lines: part.draw(),
    }
}

/// How many boxes a layer has room for.
fn room(nodes: usize) -> usize {
    let side = (1..).take_while(|side| side * side <= nodes).count();
    (side + side / 4).max(5)
}

/// The top and the bottom of each layer. The more sideways the lines go, the more room they have.
fn bands(lines: &Lines, sizes: &[Size], centres: &[f64]) -> Vec<(f64, f64)> {
    let mut bands = Vec::with_capacity(lines.layers.len());
    let mut top = 0.0;
    for layer in &lines.layers {
        let nodes = layer.iter().filter_map(|item| lines.items[*item].node);
        let height = nodes.map(|node| sizes[node].height).fold(0.0, f64::max);
        bands.push((top, top + height));
        let sideways = layer.iter().flat_map(|item| {
            let below = lines.items[*item].below.iter();
            below.map(|other| (centres[*item] - centres[*other]).abs())
        });
        let most = sideways.fold(0.0, f64::max);
        let (least_gap, most_gap) = LAYER_GAPS;
        top += height + (least_gap + most / 12.0).min(most_gap).round();
    }
    bands
}

/// A part whose items have their places.
struct Part<'l> {
    sizes: &'l [Size],
    lines: &'l Lines,
    centres: &'l [f64],
    bands: &'l [(f64, f64)],
}

impl Part<'_> {
    fn corner(&self, node: usize) -> Point {
        Point {
            x: (self.centres[node] - self.sizes[node].width / 2.0).round(),
            y: self.bands[self.lines.items[node].layer].0,
        }
    }

    fn draw(&self) -> Vec<Line> {
        let trunks = self.lines.trunks.iter().map(|trunk| self.trunk(trunk));
        let ports = self.ports();
        let branches = self.lines.branches.iter().zip(ports);
        trunks
            .chain(branches.map(|(branch, port)| self.branch(branch, port)))
            .collect()
    }

    /// Where an item is left: below it, and then at the bottom of its layer.
    fn leave(&self, item: usize) -> [Point; 2] {
        let (top, bottom) = self.bands[self.lines.items[item].layer];
        let x = self.centres[item];
        let node = self.lines.items[item].node;
        let end = node.map_or(top, |node| top + self.sizes[node].height);
        [Point { x, y: end }, Point { x, y: bottom }]
    }

    fn trunk(&self, trunk: &Trunk) -> Line {
        let points = trunk.items.iter().flat_map(|item| self.leave(*item));
        Line {
            points: points.collect(),
            kind: trunk.kind,
            color_of: trunk.color_of,
            edge: None,
            arrives: false,
        }
    }

    fn branch(&self, branch: &Branch, port: f64) -> Line {
        let [end, bottom] = self.leave(branch.from);
        // From a shared line it leaves at the bottom of the layer; the line itself is drawn
        // already.
        let start = match self.lines.items[branch.from].node {
            Some(_) => end,
            None => bottom,
        };
        let arrival = Point {
            x: port,
            y: self.bands[self.lines.items[branch.to].layer].0,
        };
        Line {
            points: vec![start, bottom, arrival, arrival],
            kind: branch.kind,
            color_of: branch.color_of,
            edge: branch.edge,
            arrives: self.lines.items[branch.to].node.is_some(),
        }
    }

    /// Where each branch arrives: on the upper side of a box side by side, in the order of where
    /// they come from.
    fn ports(&self) -> Vec<f64> {
        let branches = self.lines.branches.iter();
        let mut ports: Vec<f64> = branches.map(|branch| self.centres[branch.to]).collect();
        let mut arriving = vec![Vec::new(); self.sizes.len()];
        for (number, branch) in self.lines.branches.iter().enumerate() {
            if let Some(node) = self.lines.items[branch.to].node {
                arriving[node].push(number);
            }
        }
        for (node, mut numbers) in arriving.into_iter().enumerate() {
            let from = |number: &usize| self.centres[self.lines.branches[*number].from];
            numbers.sort_by(|one, other| from(one).total_cmp(&from(other)));
            let count = numbers.len() as f64;
            let step = (self.sizes[node].width * 0.7 / count).min(16.0);
            for (place, number) in numbers.into_iter().enumerate() {
                let shift = (place as f64 - (count - 1.0) / 2.0) * step;
                ports[number] = (self.centres[node] + shift).round();
            }
        }
        ports
    }
}
