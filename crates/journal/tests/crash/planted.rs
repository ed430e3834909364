//! Planted bugs: each must be found, and each clause of the oracle must be the only one to find one.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use batpak_journal::sabotage::{Bug, plant};
use batpak_sim::Choices;

use crate::case::replay;
use crate::clause::{Clause, Clauses};
use crate::explore::{Explorer, Found};
use crate::plan::{FAULTS, Plan};
use crate::report::fail;
use crate::seen::Seen;
use crate::work::{Item, explore_item, short_items};

/// How many states may be explored before a bug is found; the hunt is the same on every machine.
const MOST_STATES: u64 = 150_000;

/// Disks that are damaged for a proof.
const DAMAGED: u32 = 4000;

/// What was tried until a bug was found, or there was enough of it.
struct Hunt {
    bug: Bug,
    states: u64,
    took: Duration,
    killer: Option<Clause>,
}

/// Plants every bug in turn, and proves every clause; tells whether all were found.
pub(crate) fn planted() -> bool {
    let next = AtomicUsize::new(0);
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let (hunts, proofs) = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(|| work(&next))).collect();
        let mut all = (Vec::new(), Vec::new());
        for worker in workers {
            let (hunts, proofs) = worker.join().unwrap_or_default();
            all.0.extend(hunts);
            all.1.extend(proofs);
        }
        all
    });
    let mut passed = hunts.len() == Bug::ALL.len() && proofs.len() == Clause::ALL.len();
    passed &= hunts.iter().all(|hunt| hunt.killer.is_some());
    passed &= proofs.iter().all(|(_, proven)| proven.is_ok());
    println!(
        "{} planted bugs found, {} clauses the only one to find a bug: {passed}",
        hunts.len(),
        proofs.len()
    );
    passed
}

impl Hunt {
    fn print(&self) {
        let name = format!("{:?}", self.bug);
        let (states, seconds) = (self.states, self.took.as_secs_f64());
        match self.killer {
            Some(clause) => {
                let clause = format!("{clause:?}");
                println!(
                    "  {name:<24} found by {clause:<12} after {states:>7} states, {seconds:>6.2} s"
                );
            }
            None => println!("  {name:<24} NOT FOUND in {states} states, {seconds:.0} s"),
        }
    }
}

type Proven = (Clause, Result<(), String>);

/// Takes bugs and clauses until there are none left.
fn work(next: &AtomicUsize) -> (Vec<Hunt>, Vec<Proven>) {
    let (mut hunts, mut proofs) = (Vec::new(), Vec::new());
    loop {
        let at = next.fetch_add(1, Ordering::SeqCst);
        if let Some(bug) = Bug::ALL.get(at) {
            let hunt = hunt(*bug);
            hunt.print();
            hunts.push(hunt);
        } else if let Some(clause) = Clause::ALL.get(at - Bug::ALL.len()) {
            let proven = prove(*clause);
            println!(
                "  {clause:?} is the only one to find {:?}: {proven:?}",
                proof_of(*clause).bug
            );
            proofs.push((*clause, proven));
        } else {
            return (hunts, proofs);
        }
    }
}

/// Explores with a bug planted until it is found.
fn hunt(bug: Bug) -> Hunt {
    let (seen, started) = (Seen::default(), Instant::now());
    plant(Some(bug));
    let mut hunt = Hunt {
        bug,
        states: 0,
        took: Duration::ZERO,
        killer: None,
    };
    for item in short_items().into_iter().chain((1000..).map(Item::Random)) {
        let mut explorer = Explorer::new(&seen);
        let explored = explore_item(&mut explorer, &item);
        hunt.states += explorer.judged + explorer.damaged;
        if let Err(found) = explored {
            // What fails without the bug as well is a bug of its own.
            plant(None);
            let clean = replay(
                &mut Choices::given(found.choices.clone()),
                &mut Clauses::default(),
            );
            if clean.is_err() {
                fail(&found);
                break;
            }
            hunt.killer = Some(found.failure.clause);
        }
        if hunt.killer.is_some() || hunt.states >= MOST_STATES {
            break;
        }
    }
    plant(None);
    hunt.took = started.elapsed();
    hunt
}

/// What shows that a clause is needed: a bug in a program that no other clause finds.
struct Proof {
    bug: Bug,
    programs: Vec<Vec<u32>>,
    /// Disks that are damaged after crashes of it, instead of every crash.
    damaged: u32,
}

fn proof_of(clause: Clause) -> Proof {
    let (append, batch, close, hide) = (0, 1, 6, 7);
    let letters = |bug, letters: &[u32]| Proof {
        bug,
        programs: vec![Plan::of_letters(letters)],
        damaged: 0,
    };
    let script = |bug, number| Proof {
        bug,
        programs: vec![Plan::of_script(number)],
        damaged: 0,
    };
    match clause {
        Clause::Opens => letters(Bug::CutBeforeRecord, &[append, close]),
        Clause::Prefix => letters(Bug::SwapInBatch, &[batch]),
        Clause::Acknowledged => script(Bug::SyncNothing, 14),
        Clause::Undead => script(Bug::GoOnBehindTornEnd, 12),
        Clause::Refused => Proof {
            bug: Bug::KeepFailedWrite,
            programs: failed_writes(&[append, append]),
            damaged: 0,
        },
        Clause::Bytes => letters(Bug::WrongTimeInReceipt, &[append]),
        Clause::Whole => letters(Bug::CommitEveryFrame, &[batch]),
        Clause::Keys => script(Bug::ForgetSealedKeys, 15),
        Clause::Chain => script(Bug::ForgetPreviousHash, 13),
        Clause::Index => script(Bug::IndexOneSegmentAlone, 13),
        Clause::Unchanged => letters(Bug::ReaderClearsAway, &[append]),
        Clause::Kept => letters(Bug::SkipSyncOfLaterEpochs, &[append]),
        Clause::Bounded => letters(Bug::ListOverAndOver, &[append]),
        Clause::Hidden => letters(Bug::HideWithoutSync, &[append, hide]),
        Clause::Panics => letters(Bug::PanicAtTornEnd, &[batch]),
        Clause::Damage => Proof {
            damaged: DAMAGED,
            ..letters(Bug::StopAtFirstBadFrame, &[append, append, append, append])
        },
    }
}

/// A program in which one call after the other is carried out and yet fails.
fn failed_writes(letters: &[u32]) -> Vec<Vec<u32>> {
    let whole = batpak_sim::Fault::Partial(1 << 20);
    let fault = FAULTS.iter().position(|fault| *fault == whole);
    let fault = u32::try_from(fault.unwrap_or(0)).unwrap_or(0);
    let with = |call| [Plan::of_letters(letters), vec![1, call, 0, fault]].concat();
    (0..60).map(with).collect()
}

/// With the clause the bug is found, by it; without it nothing finds the bug.
fn prove(clause: Clause) -> Result<(), String> {
    let proof = proof_of(clause);
    plant(Some(proof.bug));
    let with = explore(&proof, None);
    let without = explore(&proof, Some(clause));
    plant(None);
    match (with, without) {
        (Some(with), _) if with.failure.clause != clause => {
            Err(format!("found by {}", with.failure))
        }
        (None, _) => Err(format!("{:?} is not found", proof.bug)),
        (Some(_), Some(without)) => Err(format!("without it found by {}", without.failure)),
        (Some(_), None) => Ok(()),
    }
}

fn explore(proof: &Proof, without: Option<Clause>) -> Option<Found> {
    let seen = Seen::default();
    let mut explorer = Explorer::new(&seen);
    explorer.clauses.without = without;
    proof.programs.iter().find_map(|program| {
        let choices = Choices::given(program.clone());
        match proof.damaged {
            0 => explorer.program(choices, 0).err(),
            count => explorer.damaged(choices, count).err(),
        }
    })
}
