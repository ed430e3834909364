//! What an exploration came to, in figures, and a failure made small.

use std::time::Duration;

use batpak_sim::{Choices, shrink};

use crate::case::replay;
use crate::clause::{Clause, Clauses};
use crate::explore::{Explorer, Found};
use crate::seen::Seen;
use crate::work::Item;

/// Runs that are made to make a failure small.
const ATTEMPTS: usize = 4000;

/// Figures of an exploration.
pub(crate) struct Report {
    corpus: usize,
    clauses: Clauses,
    judged: u64,
    recoveries: u64,
    damaged: u64,
    letters: u64,
    sweeps: u64,
    scripts: u64,
    random: u64,
}

impl Report {
    pub(crate) fn new(corpus: usize, clauses: Clauses) -> Self {
        Self {
            corpus,
            clauses,
            judged: 0,
            recoveries: 0,
            damaged: 0,
            letters: 0,
            sweeps: 0,
            scripts: 0,
            random: 0,
        }
    }

    pub(crate) fn add(&mut self, item: &Item, explorer: &Explorer<'_>) {
        self.clauses.add(&explorer.clauses);
        self.judged += explorer.judged;
        self.recoveries += explorer.recoveries;
        self.damaged += explorer.damaged;
        if explorer.interrupted {
            return;
        }
        match item {
            Item::Letters { first, length, .. } => {
                let rest = u64::from(*length).saturating_sub(first.len() as u64);
                let rest = u32::try_from(rest).unwrap_or(0);
                self.letters += u64::from(crate::plan::letters_of(*length)).pow(rest);
            }
            Item::Script(_) => self.scripts += 1,
            Item::Sweep { .. } => self.sweeps += 1,
            Item::Random(_) => self.random += 1,
        }
    }

    pub(crate) fn print(&self, seen: &Seen, elapsed: Duration, threads: usize) {
        let seconds = elapsed.as_secs_f64();
        let rate = self.judged as f64 / seconds.max(0.001);
        println!(
            "{} distinct crash states, each judged by the whole oracle, in {seconds:.0} s on {threads} cores",
            seen.distinct()
        );
        println!(
            "{} judgments, {rate:.0} a second; {} of them after a crash inside a recovery",
            self.judged, self.recoveries
        );
        println!(
            "{} of disks that damage what they hold, or may; {} of {} sweeps of a fault over the calls of a program",
            self.damaged,
            self.sweeps,
            crate::sweep::PROGRAMS * crate::sweep::WAYS
        );
        println!(
            "programs: {} of letters, {} scripts, {} random; {} cases of the corpus",
            self.letters, self.scripts, self.random, self.corpus
        );
        println!(
            "memory of {} opens bounded, while one thread worked",
            self.clauses.measurements
        );
        for clause in Clause::ALL {
            let name = format!("{clause:?}");
            println!(
                "  {name:<12} checked {:>12} times",
                self.clauses.checked(clause)
            );
        }
    }
}

/// Makes a failure small and prints how to see it again.
pub(crate) fn fail(found: &Found) -> bool {
    println!("FAILED {}", found.failure);
    let clause = found.failure.clause;
    let fails = |given: &[u32]| {
        let mut choices = Choices::given(given);
        let failed = replay(&mut choices, &mut Clauses::measured());
        matches!(failed, Err(failure) if failure.clause == clause).then(|| choices.made())
    };
    match fails(&found.choices) {
        None => println!("it does not fail when it is run again: {:?}", found.choices),
        Some(made) => {
            let small = shrink(made, ATTEMPTS, fails);
            let mut choices = Choices::given(small);
            let failed = replay(&mut choices, &mut Clauses::measured());
            if let Err(failure) = failed {
                println!("smallest: {failure}");
            }
            println!("REPRO={}", choices.to_text());
        }
    }
    false
}
