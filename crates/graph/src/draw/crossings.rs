//! The order within the layers: few crossings.

use super::lines::Lines;

/// How often every layer is sorted by its neighbours, at most.
const SWEEPS: usize = 24;
/// How many sweeps in a row may bring nothing.
const PATIENCE: usize = 6;

/// Brings each layer into an order in which few lines cross.
pub(super) fn order(lines: &mut Lines) {
    start(lines);
    let mut best = (crossings(lines), lines.layers.clone());
    let mut in_vain = 0;
    for sweep in 0..SWEEPS {
        if best.0 == 0 || in_vain > PATIENCE {
            break;
        }
        sort_by_neighbours(lines, sweep % 2 == 0);
        exchange(lines);
        let found = crossings(lines);
        in_vain += 1;
        if found < best.0 {
            best = (found, lines.layers.clone());
            in_vain = 0;
        }
    }
    lines.layers = best.1;
}

/// The order in which a walk from the top meets the items, so that what hangs together is together.
fn start(lines: &mut Lines) {
    let mut met = vec![usize::MAX; lines.items.len()];
    let mut count = 0;
    for item in 0..lines.items.len() {
        let mut waiting = match lines.items[item].above.is_empty() {
            true => vec![item],
            false => continue,
        };
        while let Some(item) = waiting.pop() {
            if met[item] == usize::MAX {
                met[item] = count;
                count += 1;
                waiting.extend(lines.items[item].below.iter().rev());
            }
        }
    }
    for layer in &mut lines.layers {
        layer.sort_by_key(|item| met[*item]);
    }
}

/// Where each item is in its layer.
fn places(lines: &Lines) -> Vec<usize> {
    let mut places = vec![0; lines.items.len()];
    for layer in &lines.layers {
        for (place, item) in layer.iter().enumerate() {
            places[*item] = place;
        }
    }
    places
}

/// Sorts every layer by the middle of what its items are connected with, from one end to the other.
fn sort_by_neighbours(lines: &mut Lines, is_downwards: bool) {
    let mut places = places(lines);
    let depth = lines.layers.len();
    for step in 1..depth {
        let (layer, neighbour) = match is_downwards {
            true => (step, step - 1),
            false => (depth - 1 - step, depth - step),
        };
        let length = lines.layers[neighbour].len().max(1) as f64;
        let own_length = lines.layers[layer].len().max(1) as f64;
        let mut keyed: Vec<(f64, usize)> = Vec::with_capacity(lines.layers[layer].len());
        for item in &lines.layers[layer] {
            let neighbours = match is_downwards {
                true => &lines.items[*item].above,
                false => &lines.items[*item].below,
            };
            let sum: usize = neighbours.iter().map(|other| places[*other]).sum();
            let key = match neighbours.len() {
                0 => (places[*item] as f64 + 0.5) / own_length,
                count => (sum as f64 / count as f64 + 0.5) / length,
            };
            keyed.push((key, *item));
        }
        keyed.sort_by(|one, other| one.0.total_cmp(&other.0));
        for (place, (_, item)) in keyed.iter().enumerate() {
            places[*item] = place;
            lines.layers[layer][place] = *item;
        }
    }
}

/// Exchanges neighbours in a layer wherever that makes fewer crossings.
fn exchange(lines: &mut Lines) {
    let mut places = places(lines);
    for layer in &mut lines.layers {
        for place in 1..layer.len() {
            let (left, right) = (&lines.items[layer[place - 1]], &lines.items[layer[place]]);
            let sides = [(&left.above, &right.above), (&left.below, &right.below)];
            let (mut now, mut then) = (0, 0);
            for (left, right) in sides {
                // A node with very many edges is left where the sorting put it.
                if left.len() * right.len() > 400 {
                    continue;
                }
                for one in left {
                    for other in right {
                        now += usize::from(places[*one] > places[*other]);
                        then += usize::from(places[*one] < places[*other]);
                    }
                }
            }
            if then < now {
                layer.swap(place - 1, place);
                places[layer[place - 1]] = place - 1;
                places[layer[place]] = place;
            }
        }
    }
}

/// How many pairs of lines cross, between all layers.
fn crossings(lines: &Lines) -> usize {
    let places = places(lines);
    let mut count = 0;
    for layer in &lines.layers {
        let mut ends: Vec<usize> = Vec::new();
        for item in layer {
            let below = lines.items[*item].below.iter();
            let start = ends.len();
            ends.extend(below.map(|other| places[*other]));
            ends[start..].sort_unstable();
        }
        count += inversions(&ends);
    }
    count
}

/// How many pairs stand in the wrong order: for each number, the greater ones before it.
fn inversions(numbers: &[usize]) -> usize {
    let length = numbers.iter().max().map_or(0, |most| most + 1);
    // A binary indexed tree: how many numbers up to each one were seen.
    let mut tree = vec![0_usize; length + 1];
    let mut count = 0;
    for (seen, number) in numbers.iter().enumerate() {
        let mut at = number + 1;
        let mut not_greater = 0;
        while at > 0 {
            not_greater += tree[at];
            at &= at - 1;
        }
        count += seen - not_greater;
        let mut at = number + 1;
        while at <= length {
            tree[at] += 1;
            at += at & at.wrapping_neg();
        }
    }
    count
}

#[cfg(test)]
mod tests {
    use super::super::{Edge, EdgeKind};
    use super::*;

    #[test]
    fn inversions_are_counted_as_pairs() {
        for numbers in [
            &[][..],
            &[0],
            &[3, 1, 2],
            &[2, 2, 0, 5, 1, 1],
            &[4, 3, 2, 1, 0],
        ] {
            let pairs = (0..numbers.len()).flat_map(|one| (0..one).map(move |other| (other, one)));
            let expected = pairs.filter(|(a, b)| numbers[*a] > numbers[*b]).count();
            assert_eq!(inversions(numbers), expected, "{numbers:?}");
        }
    }

    #[test]
    fn a_tree_that_is_given_crosswise_is_untangled() {
        let edge = |cause, effect| Edge {
            cause,
            effect,
            kind: EdgeKind::Cause,
        };
        let edges = [
            edge(0, 1),
            edge(0, 2),
            edge(1, 4),
            edge(1, 6),
            edge(2, 3),
            edge(2, 5),
        ];
        let layers = [0, 1, 1, 2, 2, 2, 2];
        let mut lines = Lines::new(&[100.0; 7], &layers, &edges);
        assert_eq!(crossings(&lines), 3);
        order(&mut lines);
        assert_eq!(crossings(&lines), 0);
    }
}
