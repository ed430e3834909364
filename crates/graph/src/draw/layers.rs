//! Which layer each node is in: below all its causes.

/// The layer of each node, counted from the top.
///
/// `causes` and `effects` of a node are smaller and greater numbers. A node is as high as its
/// causes allow where there is room, and then as close to its effects as they allow where that
/// makes edges shorter.
pub(super) fn layers(causes: &[Vec<usize>], effects: &[Vec<usize>], room: usize) -> Vec<usize> {
    let mut taken = Taken::new(room);
    let mut layers = Vec::with_capacity(causes.len());
    for causes in causes {
        let lowest = causes.iter().map(|cause| layers[*cause] + 1).max();
        layers.push(taken.take_from(lowest.unwrap_or(0)));
    }
    let more = |one: &[usize], other: &[usize]| distinct(one) >= distinct(other);
    for _ in 0..PASSES {
        for node in (0..causes.len()).rev() {
            let lowest = effects[node].iter().map(|effect| layers[*effect] - 1).min();
            if let Some(lowest) = lowest
                && more(&effects[node], &causes[node])
            {
                layers[node] = taken.move_to(layers[node], lowest);
            }
        }
        for node in 0..causes.len() {
            let highest = causes[node].iter().map(|cause| layers[*cause] + 1).max();
            if let Some(highest) = highest
                && !more(&effects[node], &causes[node])
            {
                layers[node] = taken.move_to(layers[node], highest);
            }
        }
    }
    without_gaps(layers)
}

/// How often every node moves towards what it has more edges with.
const PASSES: usize = 4;

fn distinct(nodes: &[usize]) -> usize {
    let mut nodes = nodes.to_vec();
    nodes.sort_unstable();
    nodes.dedup();
    nodes.len()
}

/// How many nodes each layer has.
struct Taken {
    room: usize,
    counts: Vec<usize>,
}

impl Taken {
    fn new(room: usize) -> Taken {
        Taken {
            room,
            counts: Vec::new(),
        }
    }

    /// Takes a place in the first layer from this one on that has one.
    fn take_from(&mut self, layer: usize) -> usize {
        let full = self.counts.iter().skip(layer);
        let layer = layer + full.take_while(|count| **count >= self.room).count();
        if layer >= self.counts.len() {
            self.counts.resize(layer + 1, 0);
        }
        self.counts[layer] += 1;
        layer
    }

    /// Moves a place from a layer towards another, to the nearest one to that which has room.
    fn move_to(&mut self, from: usize, to: usize) -> usize {
        let room = |layer: &usize| *layer == from || self.counts[*layer] < self.room;
        let layer = match from < to {
            true => (from..=to).rev().find(room),
            false => (to..=from).find(room),
        };
        let layer = layer.unwrap_or(from);
        self.counts[from] -= 1;
        self.counts[layer] += 1;
        layer
    }
}

/// The same layers, without those that no node is left in.
fn without_gaps(mut layers: Vec<usize>) -> Vec<usize> {
    let mut used = layers.clone();
    used.sort_unstable();
    used.dedup();
    for layer in &mut layers {
        *layer = used.binary_search(layer).unwrap_or(*layer);
    }
    layers
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(causes: &[&[usize]], room: usize) -> Vec<usize> {
        let causes: Vec<Vec<usize>> = causes.iter().map(|causes| causes.to_vec()).collect();
        let mut effects = vec![Vec::new(); causes.len()];
        for (effect, causes) in causes.iter().enumerate() {
            causes.iter().for_each(|cause| effects[*cause].push(effect));
        }
        layers(&causes, &effects, room)
    }

    #[test]
    fn effects_are_below_and_layers_have_room() {
        assert_eq!(of(&[], 4), []);
        assert_eq!(of(&[&[], &[0], &[0], &[1, 2]], 4), [0, 1, 1, 2]);
        assert_eq!(of(&[&[], &[0], &[0], &[0]], 2), [0, 1, 1, 2]);
        assert_eq!(of(&[&[], &[], &[], &[], &[]], 2), [0, 0, 1, 1, 2]);
    }

    #[test]
    fn a_cause_is_near_its_effect() {
        assert_eq!(of(&[&[], &[0], &[1], &[], &[2, 3]], 4), [0, 1, 2, 2, 3]);
    }
}
