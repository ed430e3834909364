//! Making a failing list of choices small.

/// The smallest list that can be found that still fails: spans are left out, numbers set to 0 or
/// lowered, for as long as that helps, and for at most `attempts` runs.
///
/// `fails` runs the program with [`Choices::given`](super::Choices::given) of a list, and returns the
/// choices that were made in it if it fails in the same way.
pub fn shrink(
    failing: Vec<u32>,
    attempts: usize,
    mut fails: impl FnMut(&[u32]) -> Option<Vec<u32>>,
) -> Vec<u32> {
    let mut best = failing;
    let mut left = attempts;
    let mut try_one = |candidate: Vec<u32>, best: &mut Vec<u32>| -> bool {
        if left == 0 || !is_simpler(&candidate, best) {
            return false;
        }
        left -= 1;
        let Some(made) = fails(&candidate) else {
            return false;
        };
        // What was made may be shorter than what was given, or longer by zeros.
        *best = if is_simpler(&made, &candidate) {
            made
        } else {
            candidate
        };
        true
    };
    loop {
        let before = best.clone();
        let mut span = best.len().max(1);
        while span > 0 {
            let mut at = 0;
            while at < best.len() {
                let end = (at + span).min(best.len());
                let mut without = best.clone();
                without.drain(at..end);
                if !try_one(without, &mut best) {
                    let mut zeros = best.clone();
                    zeros
                        .iter_mut()
                        .take(end)
                        .skip(at)
                        .for_each(|number| *number = 0);
                    try_one(zeros, &mut best);
                    at += span;
                }
            }
            span /= 2;
        }
        for at in 0..best.len() {
            // Halves first, then by one.
            while let Some(number) = best.get(at).copied().filter(|number| *number > 0) {
                let lowered = [number / 2, number - 1].into_iter().any(|lower| {
                    let mut candidate = best.clone();
                    if let Some(slot) = candidate.get_mut(at) {
                        *slot = lower;
                    }
                    try_one(candidate, &mut best)
                });
                if !lowered {
                    break;
                }
            }
        }
        if best == before {
            return best;
        }
    }
}

/// Shorter, or equally long and smaller; zeros at the end do not count.
fn is_simpler(one: &[u32], other: &[u32]) -> bool {
    let len = |list: &[u32]| {
        list.iter()
            .rposition(|number| *number > 0)
            .map_or(0, |at| at + 1)
    };
    (len(one), one.len(), one) < (len(other), other.len(), other)
}

#[cfg(test)]
mod tests {
    use super::shrink;
    use crate::Choices;

    #[test]
    fn a_failure_is_made_as_small_as_it_can_be() {
        // Fails when two numbers above 10 are drawn.
        let run = |list: &[u32]| {
            let mut choices = Choices::given(list);
            let count = choices.below(20);
            let drawn: Vec<u32> = (0..count).map(|_| choices.below(100)).collect();
            let large = drawn.iter().filter(|number| **number > 10).count();
            (large >= 2).then(|| choices.made())
        };
        let failing = vec![9, 3, 77, 5, 0, 12, 99, 8, 1, 4];
        assert!(run(&failing).is_some());
        assert_eq!(shrink(failing.clone(), 10_000, run), [2, 11, 11]);
        assert_eq!(shrink(failing.clone(), 0, run), failing);
    }
}
