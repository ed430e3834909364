//! From a stream of choices to a program: letters of a small alphabet, a script, or a random program;
//! and a fault for one of its calls.

use batpak_journal::Durability;
use batpak_sim::{Aftermath, Choices, Fault, Operation, Profile};

use crate::clause::{Clauses, Failure};
use crate::op::{Op, Setup};
use crate::program::{Point, Run};
use crate::scripts::{SCRIPTS, script};

/// How many letters the alphabet of the exhaustive exploration has.
pub(crate) const LETTERS: u32 = 8;

/// How many letters programs of a length are made of: the longest ones do not hide, so that all of them are
/// explored in the time there is.
pub(crate) const fn letters_of(length: u32) -> u32 {
    if length == LONGEST {
        LETTERS - 1
    } else {
        LETTERS
    }
}

/// Longest program of letters.
pub(crate) const LONGEST: u32 = 4;

/// Which programs a plan is drawn from.
const LETTER_PROGRAM: u32 = 0;
const SCRIPT: u32 = 1;
const RANDOM: u32 = 2;
const KINDS: u32 = 3;

fn letter(number: u32) -> Op {
    match number {
        0 => Op::Append {
            entity: 0,
            size: 20,
        },
        1 => Op::Batch { size: 260 },
        2 => Op::Keyed,
        3 => Op::Append {
            entity: 1,
            size: 900,
        },
        4 => Op::Step,
        5 => Op::Retry,
        6 => Op::Close,
        _ => Op::Hide { back: 0, count: 1 },
    }
}

/// A program, and a call of it that fails.
pub(crate) struct Plan {
    pub(crate) setup: Setup,
    ops: Ops,
    fault: Option<(u64, bool, Fault)>,
}

/// What a run has left: every moment at which the power may fail.
pub(crate) struct Tape {
    pub(crate) setup: Setup,
    pub(crate) points: Vec<Point>,
    /// How many mutating calls there were before each operation.
    pub(crate) starts: Vec<u64>,
    /// How many calls there were.
    pub(crate) calls: u64,
    /// A hash of them.
    pub(crate) hash: u64,
}

enum Ops {
    Given(Vec<Op>),
    /// So many random ones, drawn one by one.
    Random(u32),
}

impl Plan {
    /// The choices of a program of letters.
    pub(crate) fn of_letters(letters: &[u32]) -> Vec<u32> {
        let mut choices = vec![LETTER_PROGRAM, u32::try_from(letters.len()).unwrap_or(0)];
        choices.extend(letters);
        choices
    }

    /// The choices of a script.
    pub(crate) fn of_script(number: u32) -> Vec<u32> {
        vec![SCRIPT, number]
    }

    /// Choices that draw a random program from `seed`.
    pub(crate) fn random(seed: u64) -> Choices {
        let tail = Choices::random(seed);
        Choices::behind([RANDOM], tail)
    }

    pub(crate) fn draw(choices: &mut Choices) -> Self {
        let (setup, ops) = match choices.below(KINDS) {
            LETTER_PROGRAM => {
                let count = choices.below(LONGEST + 1);
                let ops = (0..count).map(|_| letter(choices.below(LETTERS)));
                (Setup::SMALL, Ops::Given(ops.collect()))
            }
            SCRIPT => {
                let (setup, ops) = script(choices.below(SCRIPTS));
                (setup, Ops::Given(ops))
            }
            _ => {
                let setup = random_setup(choices);
                (setup, Ops::Random(3 + choices.below(22)))
            }
        };
        let fault = match choices.below(FAULT_PLANS) {
            0 => None,
            _ => {
                let call = choices.below(400);
                let sticky = choices.below(2) == 1;
                let fault = FAULTS[choices.index(FAULTS.len())];
                Some((u64::from(call), sticky, fault))
            }
        };
        Self { setup, ops, fault }
    }

    /// Runs the program.
    pub(crate) fn run(self, choices: &mut Choices, clauses: &mut Clauses) -> Result<Tape, Failure> {
        let setup = self.setup;
        let mut run = Run::new(self.setup, clauses);
        if let Some((call, sticky, fault)) = self.fault {
            run.fail_call(call, sticky, fault);
        }
        let mut starts = Vec::new();
        match self.ops {
            Ops::Given(ops) => {
                for op in &ops {
                    starts.push(run.step(op)?);
                }
            }
            Ops::Random(count) => {
                let faults = choices.below(3) == 2;
                for _ in 0..count {
                    let op = random_op(&run, self.setup, faults, choices);
                    starts.push(run.step(&op)?);
                }
            }
        }
        let (calls, hash) = (run.disk.calls(), run.disk.call_hash());
        let points = run.finish();
        Ok(Tape {
            setup,
            points,
            starts,
            calls,
            hash,
        })
    }
}

/// A fault for one call comes up once in so many plans.
const FAULT_PLANS: u32 = 2;

const EMFILE: i32 = 24;
const EROFS: i32 = 30;
const EACCES: i32 = 13;

/// Every way in which a call is made to fail.
pub(crate) const FAULT_COUNT: u32 = 14;
pub(crate) const FAULTS: [Fault; FAULT_COUNT as usize] = [
    Fault::Io,
    Fault::NoSpace,
    Fault::Interrupted,
    Fault::Short(1),
    Fault::Short(300),
    Fault::Zero,
    Fault::Partial(100),
    // Written whole, and yet failed.
    Fault::Partial(1 << 20),
    Fault::Os(EMFILE),
    Fault::Os(EROFS),
    Fault::Os(EACCES),
    Fault::SyncFailed(Aftermath::Kept),
    Fault::SyncFailed(Aftermath::Reverted),
    Fault::SyncFailed(Aftermath::Evicted),
];

fn random_setup(choices: &mut Choices) -> Setup {
    let durability = [Durability::Synced, Durability::Written][choices.index(2)];
    let segment_max_bytes = [1536, 700, 2048, 6000][choices.index(4)];
    let segment_max_events = [65_536, 2, 6, 1][choices.index(4)];
    let profile = match choices.below(7) {
        4 => Profile::TornSectors,
        5 => Profile::Ext4Ordered,
        6 => Profile::LyingDisk,
        _ => Profile::WeakestPosix,
    };
    Setup {
        durability,
        segment_max_bytes,
        segment_max_events,
        profile,
    }
}

fn random_op(run: &Run<'_>, setup: Setup, faults: bool, choices: &mut Choices) -> Op {
    let sizes = [20, 0, 100, 290, 505, 900];
    // What makes calls fail comes up in programs with faults only.
    let number = match choices.below(if faults { 23 } else { 19 }) {
        number @ 16.. if !faults => number + 4,
        number => number,
    };
    match number {
        0..=3 => Op::Append {
            entity: choices.index(4),
            size: sizes[choices.index(6)],
        },
        4 | 5 => Op::Batch {
            size: sizes[choices.index(6)],
        },
        6 => Op::Keyed,
        7 => Op::Retry,
        8 => Op::Submit {
            size: sizes[choices.index(6)],
        },
        9 => Op::Sync,
        10 | 11 => Op::Step,
        12 => Op::Close,
        13 => Op::Drop,
        14 => Op::Kill,
        // A disk that lies may keep the end of something and not its beginning, and is refused then.
        15 if !setup.profile.is_honest() => Op::Step,
        15 => {
            let units = run.disk.pending_units();
            Op::PowerCut(setup.profile.draw(&units, choices))
        }
        16 | 17 => {
            let operation = OPERATIONS[choices.index(OPERATIONS.len())];
            let after = u64::from(choices.below(6));
            let sticky = choices.below(4) == 3;
            let fault = FAULTS[choices.index(FAULTS.len())];
            Op::Fail(operation, after, sticky, fault)
        }
        18 => Op::Capacity(u64::from(choices.below(4000))),
        19 => Op::Repair,
        20 | 21 => Op::Hide {
            back: u64::from(choices.below(4)),
            count: 1 + u64::from(choices.below(4)),
        },
        _ => Op::Unhide {
            back: u64::from(choices.below(4)),
            count: 1 + u64::from(choices.below(6)),
        },
    }
}

const OPERATIONS: [Option<Operation>; 11] = [
    None,
    Some(Operation::WriteAt),
    Some(Operation::SyncData),
    Some(Operation::SyncDirectory),
    Some(Operation::Rename),
    Some(Operation::Create),
    Some(Operation::SetLen),
    Some(Operation::Remove),
    Some(Operation::ReadAt),
    Some(Operation::Open),
    Some(Operation::List),
];
