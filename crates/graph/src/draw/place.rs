//! Where in its layer each item lies, from left to right.

use super::lines::{Item, Lines};

/// How often every layer is moved towards its neighbours.
const SWEEPS: usize = 60;
/// How much everything is pulled to the middle, beside the pull of 1 between two boxes.
const INWARDS: f64 = 0.03;
/// The room between two boxes; between what passes by, a third of it.
const GAP: f64 = 24.0;

/// The middle of each item, from 0 at the left edge of the leftmost one.
pub(super) fn centres(lines: &Lines) -> Vec<f64> {
    let mut centres = vec![0.0; lines.items.len()];
    for layer in &lines.layers {
        let mut edge = 0.0;
        for (place, item) in layer.iter().enumerate() {
            edge += match place {
                0 => lines.items[*item].width / 2.0,
                _ => distance(&lines.items[layer[place - 1]], &lines.items[*item]),
            };
            centres[*item] = edge;
        }
        for item in layer {
            centres[*item] -= edge / 2.0;
        }
    }
    let depth = lines.layers.len();
    for sweep in 0..SWEEPS {
        // The last sweeps look both ways, so that neither end of a line is favoured.
        let (up, down) = match sweep {
            sweep if sweep >= SWEEPS / 2 => (true, true),
            sweep => (sweep % 2 == 0, sweep % 2 == 1),
        };
        for step in 0..depth {
            let layer = if sweep % 2 == 0 {
                step
            } else {
                depth - 1 - step
            };
            settle(lines, &lines.layers[layer], &mut centres, up, down);
        }
    }
    let left = |item: &Item, centre: f64| centre - item.width / 2.0;
    let edges = lines
        .items
        .iter()
        .zip(&centres)
        .map(|(item, centre)| left(item, *centre));
    let leftmost = edges.fold(f64::INFINITY, f64::min);
    for centre in &mut centres {
        *centre = (*centre - leftmost).round();
    }
    centres
}

/// How far apart the middles of two neighbours are at least.
fn distance(left: &Item, right: &Item) -> f64 {
    let gap = match (left.node, right.node) {
        (Some(_), Some(_)) => GAP,
        _ => GAP / 3.0,
    };
    // Middles are rounded in the end, which takes one pixel at most.
    (left.width + right.width) / 2.0 + gap + 1.0
}

/// How much a line wants to be straight: most where it only passes.
fn pull(item: &Item, other: &Item) -> f64 {
    match (item.node, other.node) {
        (None, None) => 64.0,
        (Some(_), Some(_)) => 1.0,
        _ => 2.0,
    }
}

/// Moves the items of a layer to where their neighbours pull them, as far as their order and
/// distances allow, with the least sum of squares: isotonic regression, by pooling what collides.
fn settle(lines: &Lines, layer: &[usize], centres: &mut [f64], up: bool, down: bool) {
    let mut blocks: Vec<Block> = Vec::with_capacity(layer.len());
    let mut offsets = Vec::with_capacity(layer.len());
    let mut offset = 0.0;
    for (place, number) in layer.iter().enumerate() {
        let item = &lines.items[*number];
        if place > 0 {
            offset += distance(&lines.items[layer[place - 1]], item);
        }
        offsets.push(offset);
        // Where there is nothing in the one direction, the other one counts.
        let up = up || item.below.is_empty();
        let down = down || item.above.is_empty();
        let above = item.above.iter().filter(|_| up);
        let others = above.chain(item.below.iter().filter(|_| down));
        let (mut sum, mut weight) = (0.0, 0.0);
        for other in others {
            let pull = pull(item, &lines.items[*other]);
            sum += pull * centres[*other];
            weight += pull;
        }
        // Everything is drawn to the middle a little: a long chain does not drift to one side.
        weight += INWARDS;
        let mut block = Block {
            sum: sum - weight * offset,
            weight,
            count: 1,
        };
        while let Some(before) = blocks.pop_if(|before| before.mean() > block.mean()) {
            block.sum += before.sum;
            block.weight += before.weight;
            block.count += before.count;
        }
        blocks.push(block);
    }
    let means = blocks
        .iter()
        .flat_map(|block| std::iter::repeat_n(block.mean(), block.count));
    for ((number, offset), mean) in layer.iter().zip(offsets).zip(means) {
        centres[*number] = mean + offset;
    }
}

/// Items that touch each other.
struct Block {
    sum: f64,
    weight: f64,
    count: usize,
}

impl Block {
    fn mean(&self) -> f64 {
        self.sum / self.weight
    }
}
