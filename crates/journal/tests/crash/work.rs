//! What is explored, in which order, and by how many explorers at once.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use batpak_sim::Choices;

use crate::clause::Clauses;
use crate::corpus;
use crate::explore::{Explorer, Found};
use crate::plan::{LETTERS, LONGEST, Plan, letters_of};
use crate::report::{Report, fail};
use crate::scripts::SCRIPTS;
use crate::seen::Seen;
use crate::sweep::{PROGRAMS, WAYS, sweep};

/// How much is explored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Extent {
    /// A little of everything, in seconds without optimization.
    Smoke,
    /// Everything that is enumerated, then random programs until the time is over.
    Time(Duration),
    /// The fault sweep alone, until it is done.
    Sweep,
}

/// Crashes that are tried of each random program.
const CRASHES: u32 = 160;

/// Crashes of each random program after which the disk may be damaged.
const DAMAGED: u32 = 40;

/// A part of the work, always explored in the same way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Item {
    /// Every program of letters that begins with these; `again`: one state in so many is crashed again
    /// inside its recovery.
    Letters {
        first: Vec<u32>,
        length: u32,
        again: u64,
    },
    /// One script.
    Script(u32),
    /// One program, each call of which fails in one way.
    Sweep { program: u32, way: u32 },
    /// One random program.
    Random(u64),
}

/// Explores; tells whether everything held.
pub(crate) fn explore(extent: Extent, seed: u64) -> bool {
    let started = Instant::now();
    let mut clauses = Clauses::default();
    let corpus = match corpus::run(&mut clauses) {
        Ok(count) => count,
        Err(found) => return fail(&found),
    };
    let items = items(extent);
    let until = match extent {
        Extent::Smoke | Extent::Sweep => None,
        Extent::Time(time) => Some(started + time),
    };
    let (seen, next, stop) = (Seen::default(), AtomicU64::new(0), AtomicBool::new(false));
    let failed: Mutex<Option<Found>> = Mutex::new(None);
    let report = Mutex::new(Report::new(corpus, clauses));
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    // Nothing else works yet: what is allocated now is of these.
    for item in measured_items(extent) {
        let mut explorer = Explorer::new(&seen);
        explorer.clauses.measured = true;
        explorer.until = until;
        let explored = explore_item(&mut explorer, &item);
        lock(&report).add(&item, &explorer);
        if let Err(found) = explored {
            return fail(&found);
        }
    }
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let at = next.fetch_add(1, Ordering::SeqCst);
                    let over = match until {
                        None => at >= items.len() as u64,
                        Some(until) => Instant::now() >= until,
                    };
                    if over || stop.load(Ordering::SeqCst) {
                        break;
                    }
                    let item = match extent {
                        Extent::Smoke | Extent::Sweep => {
                            items.get(usize::try_from(at).unwrap_or(usize::MAX))
                        }
                        Extent::Time(_) => None,
                    };
                    let item = item
                        .cloned()
                        .unwrap_or_else(|| interleaved(&items, at, seed));
                    let mut explorer = Explorer::new(&seen);
                    explorer.until = until;
                    let explored = explore_item(&mut explorer, &item);
                    lock(&report).add(&item, &explorer);
                    if let Err(found) = explored {
                        stop.store(true, Ordering::SeqCst);
                        lock(&failed).get_or_insert(found);
                    }
                }
            });
        }
    });
    let report = report.into_inner().unwrap_or_else(PoisonError::into_inner);
    report.print(&seen, started.elapsed(), threads);
    match failed.into_inner().unwrap_or_else(PoisonError::into_inner) {
        Some(found) => fail(&found),
        None => repeats(seed),
    }
}

/// Two runs of one seed make the same calls, reach the same disks and are judged alike.
fn repeats(seed: u64) -> bool {
    let trace = || {
        let seen = Seen::default();
        let mut explorer = Explorer::new(&seen);
        let items = [
            Item::Script(3),
            Item::Random(seed),
            Item::Random(seed.wrapping_add(1)),
        ];
        for item in items {
            if let Err(found) = explore_item(&mut explorer, &item) {
                fail(&found);
                return None;
            }
        }
        Some((explorer.trace, explorer.judged, seen.distinct()))
    };
    let (one, two) = (trace(), trace());
    println!("trace of seed {seed}: {one:x?}");
    if one != two || one.is_none() {
        println!("FAILED: another run of the same seed gives {two:x?}");
    }
    one.is_some() && one == two
}

/// Scripts that are explored while memory is bounded: one of many events, one of many opens and indexes.
const MEASURED: [u32; 2] = [20, 17];

fn measured_items(extent: Extent) -> Vec<Item> {
    let count = match extent {
        Extent::Smoke => 1,
        Extent::Time(_) => MEASURED.len(),
        Extent::Sweep => 0,
    };
    MEASURED.into_iter().take(count).map(Item::Script).collect()
}

/// Little of everything, for bugs that are easily found.
#[cfg(feature = "sabotage")]
pub(crate) fn short_items() -> Vec<Item> {
    let letters = (0..LETTERS).map(|first| Item::Letters {
        first: vec![first],
        length: 2,
        again: 64,
    });
    let scripts = [12, 15, 13, 14, 16, 3, 5, 11, 1, 17]
        .into_iter()
        .map(Item::Script);
    let sweep = |way: u32| {
        let programs = [1, 3, 0, 5];
        programs.map(|program| Item::Sweep { program, way })
    };
    // From the last kind of fault to the first: those of syncs are at the end.
    let later = (0..WAYS).rev().flat_map(|way| {
        let [one, two, three, four] = sweep(way);
        let number = u64::from(WAYS - way);
        [
            Item::Random(2 * number),
            one,
            two,
            Item::Random(2 * number + 1),
            three,
            four,
        ]
    });
    letters.chain(scripts).chain(later).collect()
}

/// What is enumerated, the short programs first.
fn items(extent: Extent) -> Vec<Item> {
    let pairs = (0..LETTERS).flat_map(|one| (0..LETTERS).map(move |two| vec![one, two]));
    let short = pairs.clone().map(|first| Item::Letters {
        first,
        length: 2,
        again: 6,
    });
    let scripts = (0..SCRIPTS).filter(|number| !MEASURED.contains(number));
    let scripts = scripts.map(Item::Script);
    if extent == Extent::Smoke {
        let few = short.step_by(9).map(|item| match item {
            Item::Letters { first, length, .. } => Item::Letters {
                first,
                length,
                again: 16,
            },
            item => item,
        });
        return few
            .chain([Item::Script(5), Item::Script(3)])
            .chain((0..6).map(Item::Random))
            .collect();
    }
    let triples = pairs.flat_map(|pair| {
        (0..LETTERS).map(move |three| {
            let mut first = pair.clone();
            first.push(three);
            first
        })
    });
    let triples = triples.filter(|first| first.iter().all(|at| *at < letters_of(LONGEST)));
    let long = triples.map(|first| Item::Letters {
        first,
        length: LONGEST,
        again: 64,
    });
    // Every program in one way before any in the next.
    let ways = (0..WAYS).flat_map(|way| (0..PROGRAMS).map(move |program| (program, way)));
    let sweeps = ways.map(|(program, way)| Item::Sweep { program, way });
    if extent == Extent::Sweep {
        return sweeps.collect();
    }
    short.chain(scripts).chain(sweeps).chain(long).collect()
}

/// The item number `at`: what is enumerated, with random programs in between and behind.
fn interleaved(items: &[Item], at: u64, seed: u64) -> Item {
    const ONE_IN: u64 = 4;
    let random = |number: u64| Item::Random(seed.wrapping_mul(0x9e37_79b9).wrapping_add(number));
    let enumerated = (!at.is_multiple_of(ONE_IN)).then_some(at - at / ONE_IN - 1);
    let enumerated = enumerated.and_then(|at| items.get(usize::try_from(at).ok()?));
    enumerated.cloned().unwrap_or_else(|| random(at))
}

pub(crate) fn explore_item(explorer: &mut Explorer<'_>, item: &Item) -> Result<(), Found> {
    match item {
        Item::Script(number) => {
            (explorer.again, explorer.chosen) = (16, Some(24));
            explorer.program(Choices::given(Plan::of_script(*number)), 0)?;
        }
        Item::Letters {
            first,
            length,
            again,
        } => {
            explorer.again = *again;
            explorer.chosen = (*length == LONGEST).then_some(24);
            letters(explorer, first, *length)?;
        }
        Item::Sweep { program, way } => {
            (explorer.again, explorer.chosen) = (32, Some(8));
            sweep(explorer, *program, *way)?;
        }
        Item::Random(seed) => {
            (explorer.again, explorer.chosen) = (16, Some(12));
            explorer.random(*seed, CRASHES, DAMAGED)?;
        }
    }
    Ok(())
}

/// Every program of so many letters that begins with `first`. What an earlier program had in common
/// with one is explored once, but for the common beginning of all, of which another item has explored
/// all but the last letter.
fn letters(explorer: &mut Explorer<'_>, first: &[u32], length: u32) -> Result<(), Found> {
    let mut rest = Choices::enumerate();
    let mut from = first.len().saturating_sub(1);
    if first.iter().skip(1).all(|letter| *letter == 0) {
        // Nobody else explores the beginning.
        from = 0;
    }
    loop {
        let more = length as usize - first.len();
        let behind = (0..more).map(|_| rest.below(letters_of(length)));
        let letters: Vec<u32> = first.iter().copied().chain(behind).collect();
        explorer.program(Choices::given(Plan::of_letters(&letters)), from)?;
        match rest.advance() {
            Some(changed) => from = first.len() + changed,
            None => return Ok(()),
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
