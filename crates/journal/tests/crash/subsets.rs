//! Which of the pending changes survive: all subsets of a few, a selection of many.

use batpak_platform::FixedEntropy;
use batpak_sim::Fate;

/// Most changes of which every subset is tried.
const ALL_UP_TO: usize = 10;

/// Most changes of which every pair is lost.
const PAIRS_UP_TO: usize = 64;

/// Random subsets that are tried of more.
const RANDOM: usize = 64;

/// Calls `try_one` with one subset after another until it returns false.
///
/// Of more than ten: every beginning, every one alone, all but every one, all but every pair, and random ones.
pub(crate) fn subsets(count: usize, seed: u64, mut try_one: impl FnMut(&[Fate]) -> bool) {
    let mut fates = vec![Fate::Lost; count];
    let mut with = |kept: &dyn Fn(usize) -> bool| {
        for (at, fate) in fates.iter_mut().enumerate() {
            *fate = if kept(at) { Fate::Kept } else { Fate::Lost };
        }
        try_one(&fates)
    };
    if count <= ALL_UP_TO {
        let _all = (0..1_u32 << count).all(|mask| with(&|at| mask & 1 << at != 0));
        return;
    }
    let random = FixedEntropy::new(seed);
    let going = (0..=count).all(|kept| with(&|at| at < kept))
        && (0..count).all(|only| with(&|at| at == only))
        && (0..count).all(|one| with(&|at| at != one))
        && (0..if count <= PAIRS_UP_TO { count } else { 0 })
            .all(|one| (0..one).all(|two| with(&|at| at != one && at != two)));
    if going {
        let _all = (0..RANDOM).all(|_| {
            let masks: Vec<u64> = (0..count.div_ceil(64)).map(|_| random.next_u64()).collect();
            with(&|at| masks[at / 64] >> (at % 64) & 1 == 1)
        });
    }
}
