//! The depth of an event in the causal graph.

/// The generation of an event whose predecessors (causes and stream predecessor) have these
/// generations: one more than the greatest, 1 without any.
///
/// Along every edge from effect to cause the generation strictly falls, so a search for an
/// ancestor of generation `g` never has to look behind an event of generation `g` or less. At
/// [`u32::MAX`] the number saturates and stays: between two saturated events it decides nothing.
///
/// Costs one pass over the predecessors, without allocating.
///
/// ```
/// use batpak_graph::generation_after;
///
/// // The first event of a stream without causes.
/// let first = generation_after([]);
/// // Its successor in the stream, which was also caused by an event of generation 7.
/// let merged = generation_after([first, 7]);
/// assert_eq!((first, merged), (1, 8));
/// ```
#[must_use]
pub fn generation_after(predecessors: impl IntoIterator<Item = u32>) -> u32 {
    predecessors
        .into_iter()
        .max()
        .unwrap_or(0)
        .saturating_add(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_one_more_than_the_greatest_predecessor() {
        for (predecessors, expected) in [
            (&[][..], 1),
            (&[0], 1),
            (&[1], 2),
            (&[5, 5], 6),
            (&[1, 9, 3], 10),
            (&[9, 1], 10),
            (&[u32::MAX - 1], u32::MAX),
        ] {
            let found = generation_after(predecessors.iter().copied());
            assert_eq!(found, expected, "{predecessors:?}");
        }
    }

    #[test]
    fn a_saturated_generation_stays_saturated() {
        let saturated = generation_after([u32::MAX, 1]);
        assert_eq!(saturated, u32::MAX);
        assert_eq!(generation_after([saturated]), u32::MAX);
    }

    #[test]
    fn it_falls_along_every_edge_of_a_graph() {
        // Each node's causes come before it: a chain, a merge, a second root and a late merge.
        let causes: [&[usize]; 6] = [&[], &[0], &[0], &[1, 2], &[], &[3, 4]];
        let mut generations: Vec<u32> = Vec::new();
        for node in causes {
            let generation = generation_after(node.iter().map(|cause| generations[*cause]));
            generations.push(generation);
        }
        assert_eq!(generations, [1, 2, 2, 3, 1, 4]);
        for (node, causes) in causes.iter().enumerate() {
            assert!(
                causes
                    .iter()
                    .all(|cause| generations[*cause] < generations[node])
            );
        }
    }
}
