//! One case: a program, a crash of it, perhaps a crash of the recovery, and the judgment; from its choices
//! alone, or as the explorer put it together.

use std::panic::{AssertUnwindSafe, catch_unwind};

use batpak_journal::{Journal, Options};
use batpak_sim::{Choices, Fate, SimDisk, Stopped};

use crate::clause::{Clause, Clauses, Failure};
use crate::damage::{Damage, damage};
use crate::model::End;
use crate::oracle::Oracle;
use crate::plan::{Plan, Tape};
use crate::story::tell;

/// Calls that a judgment of a disk comes nowhere near.
pub(crate) const MOST_CALLS: u64 = 20_000;

/// One crash, in the order of its choices.
pub(crate) struct Tail<'a> {
    pub(crate) at: usize,
    pub(crate) end: End,
    pub(crate) fates: &'a [Fate],
    pub(crate) recovery: Option<(usize, &'a [Fate])>,
}

impl Tail<'_> {
    /// The choices of the program, and those of the crash behind them.
    pub(crate) fn choices(&self, program: &[u32]) -> Vec<u32> {
        let mut choices = program.to_vec();
        choices.push(u32::try_from(self.at).unwrap_or(u32::MAX));
        choices.push(u32::from(self.end == End::Kill));
        choices.extend(self.fates.iter().flat_map(|fate| fate_choices(*fate)));
        if let Some((at, fates)) = self.recovery {
            choices.push(1);
            choices.push(u32::try_from(at).unwrap_or(u32::MAX));
            choices.extend(fates.iter().flat_map(|fate| fate_choices(*fate)));
        }
        choices
    }
}

fn fate_choices(fate: Fate) -> Vec<u32> {
    match fate {
        Fate::Kept => vec![0],
        Fate::Lost => vec![1],
        Fate::Torn(kept) => vec![2, u32::try_from(kept).unwrap_or(0)],
    }
}

fn draw_fates(count: usize, choices: &mut Choices) -> Vec<Fate> {
    let mut fates = Vec::with_capacity(count);
    for _ in 0..count {
        fates.push(match choices.below(3) {
            0 => Fate::Kept,
            1 => Fate::Lost,
            _ => Fate::Torn(choices.index(512)),
        });
    }
    fates
}

/// Runs one case from its choices alone: the program, the crash, and the judgment.
pub(crate) fn replay(choices: &mut Choices, clauses: &mut Clauses) -> Result<(), Failure> {
    guarded(|| {
        let tape = Plan::draw(choices).run(choices, clauses)?;
        judge_tail(&tape, choices, clauses)
    })
}

/// Draws one crash of a run, and what happens to the disk then, and judges what is left.
pub(crate) fn judge_tail(
    tape: &Tape,
    choices: &mut Choices,
    clauses: &mut Clauses,
) -> Result<(), Failure> {
    let options = tape.setup.options();
    let at = choices.index(tape.points.len());
    let point = &tape.points[at];
    let mut disk = point.disk.snapshot();
    let mut end = [End::PowerCut, End::Kill][choices.index(2)];
    if end == End::PowerCut {
        let units = disk.pending_units();
        let mut fates = draw_fates(units.len(), choices);
        tell(|| format!("power cut after {at} changes: {units:?} {fates:?}"));
        tape.setup.profile.allow(&units, &mut fates);
        disk.crash_into(&mut fates.into_iter());
    }
    if choices.below(2) == 1 {
        let points = recovery_points(&disk, &options);
        let at = choices.index(points.len());
        if let Some(point) = points.get(at) {
            disk = point.snapshot();
            let fates = draw_fates(point.pending_count(), choices);
            let units = point.pending_units();
            tell(|| format!("power cut after {at} changes of an open: {units:?} {fates:?}"));
            disk.crash_into(&mut fates.into_iter());
            end = End::PowerCut;
        }
    }
    let damage = damage(&disk, choices);
    let honest = tape.setup.profile.is_honest();
    let mut oracle = Oracle {
        options: &options,
        model: &point.model,
        clauses,
    };
    match damage {
        Damage::None | Damage::Index if honest => oracle.judge(&disk, end),
        damage => oracle.judge_damaged(&disk, end, damage, honest),
    }
}

/// The moments before each mutating call of a recovery.
pub(crate) fn recovery_points(disk: &SimDisk, options: &Options) -> Vec<SimDisk> {
    let disk = disk.snapshot();
    let seed = disk.fingerprint();
    let disk = disk.with_seed(seed);
    disk.record_crash_points();
    disk.limit_calls(MOST_CALLS);
    let opened = Journal::open(&disk.platform(), options.clone());
    let points = disk.take_crash_points();
    drop(opened);
    points
}

/// A panic is a failure like any other.
pub(crate) fn guarded<T>(work: impl FnOnce() -> Result<T, Failure>) -> Result<T, Failure> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| {
        if let Some(stopped) = panic.downcast_ref::<Stopped>() {
            return Err(Failure {
                clause: Clause::Bounded,
                message: stopped.to_string(),
            });
        }
        let text = panic.downcast_ref::<String>().cloned();
        let text = text.or_else(|| panic.downcast_ref::<&str>().map(ToString::to_string));
        Err(Failure {
            clause: Clause::Panics,
            message: text.unwrap_or_else(|| "a panic".to_owned()),
        })
    })
}
