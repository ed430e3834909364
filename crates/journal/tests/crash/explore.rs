//! Every crash of a run: at each mutating call, each subset of what is pending, and again inside the
//! recovery from it.

use std::time::Instant;

use batpak_journal::Options;
use batpak_sim::{Choices, Fate, Profile, SimDisk};

use crate::case::{Tail, guarded, judge_tail, recovery_points};
use crate::clause::{Clause, Clauses, Failure};
use crate::model::{End, Model};
use crate::oracle::Oracle;
use crate::plan::{Plan, Tape};
use crate::seen::Seen;
use crate::subsets::subsets;

/// A failure, and the choices that lead to it.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) failure: Failure,
    pub(crate) choices: Vec<u32>,
}

/// Explores runs; judges each state once.
pub(crate) struct Explorer<'a> {
    pub(crate) seen: &'a Seen,
    pub(crate) clauses: Clauses,
    /// States judged.
    pub(crate) judged: u64,
    /// Of these, how many after a crash inside a recovery.
    pub(crate) recoveries: u64,
    /// Disks judged that give back other bytes than they were given, or lie about syncs.
    pub(crate) damaged: u64,
    /// A hash of everything that was explored, whether or not another explorer had judged it.
    pub(crate) trace: u64,
    /// One state in so many is crashed again inside its recovery; 1 for all, 0 for none.
    pub(crate) again: u64,
    /// So many crashes of such a recovery are chosen at random; all of them when there is no number.
    pub(crate) chosen: Option<u32>,
    /// When to stop, wherever that is.
    pub(crate) until: Option<Instant>,
    /// Whether that came before the end.
    pub(crate) interrupted: bool,
}

impl<'a> Explorer<'a> {
    pub(crate) fn new(seen: &'a Seen) -> Self {
        Self {
            seen,
            clauses: Clauses::default(),
            judged: 0,
            recoveries: 0,
            damaged: 0,
            trace: 0,
            again: 0,
            chosen: None,
            until: None,
            interrupted: false,
        }
    }

    /// Runs a program and explores every crash from its operation number `from` on.
    pub(crate) fn program(&mut self, mut choices: Choices, from: usize) -> Result<Tape, Found> {
        let run = |choices: &mut Choices, clauses: &mut Clauses| {
            Plan::draw(choices).run(choices, clauses)
        };
        let ran = guarded(|| run(&mut choices, &mut self.clauses));
        let program = choices.made();
        let found = |failure| Found {
            failure,
            choices: program.clone(),
        };
        let tape = ran.map_err(found)?;
        self.trace = mix(self.trace, tape.hash);
        let first = tape.starts.get(from).copied().unwrap_or(0);
        let first = usize::try_from(first).unwrap_or(usize::MAX);
        self.crashes(&program, &tape, first)?;
        Ok(tape)
    }

    /// How many calls a program makes.
    pub(crate) fn calls(&mut self, mut choices: Choices) -> Result<u64, Found> {
        let ran = guarded(|| Plan::draw(&mut choices).run(&mut choices, &mut self.clauses));
        let tape = ran.map_err(|failure| Found {
            failure,
            choices: choices.made(),
        })?;
        Ok(tape.calls)
    }

    /// Every subset at every moment from a mutating call on.
    fn crashes(&mut self, program: &[u32], tape: &Tape, first: usize) -> Result<(), Found> {
        for (at, point) in tape.points.iter().enumerate().skip(first) {
            let units = point.disk.pending_units();
            let mut failed = None;
            subsets(units.len(), point.disk.fingerprint(), |fates| {
                let mut fates = fates.to_vec();
                tape.setup.profile.allow(&units, &mut fates);
                failed = self.cut(program, tape, at, &fates).err();
                failed.is_none()
            });
            if let Some(found) = failed {
                return Err(found);
            }
            self.kill(program, tape, at)?;
        }
        Ok(())
    }

    /// Runs a random program and explores so many of its crashes, chosen at random.
    pub(crate) fn random(&mut self, seed: u64, crashes: u32, damaged: u32) -> Result<(), Found> {
        let mut choices = Plan::random(seed);
        let ran = guarded(|| Plan::draw(&mut choices).run(&mut choices, &mut self.clauses));
        let program = choices.made();
        let tape = ran.map_err(|failure| Found {
            failure,
            choices: program.clone(),
        })?;
        self.trace = mix(self.trace, tape.hash);
        let mut random = Choices::random(mix(seed, 1));
        self.damages(&program, &tape, mix(seed, 2), damaged)?;
        if !tape.setup.profile.is_honest() {
            return Ok(());
        }
        for _ in 0..crashes {
            let at = random.index(tape.points.len());
            if random.once_in(8) {
                self.kill(&program, &tape, at)?;
            } else {
                let units = tape.points[at].disk.pending_units();
                let fates = tape.setup.profile.draw(&units, &mut random);
                self.cut(&program, &tape, at, &fates)?;
            }
        }
        Ok(())
    }

    /// Runs a program and explores so many of its crashes, after which the disk may be damaged.
    #[cfg(feature = "sabotage")]
    pub(crate) fn damaged(&mut self, mut choices: Choices, count: u32) -> Result<(), Found> {
        let ran = guarded(|| Plan::draw(&mut choices).run(&mut choices, &mut self.clauses));
        let program = choices.made();
        let tape = ran.map_err(|failure| Found {
            failure,
            choices: program.clone(),
        })?;
        self.damages(&program, &tape, 0, count)
    }

    fn damages(
        &mut self,
        program: &[u32],
        tape: &Tape,
        seed: u64,
        count: u32,
    ) -> Result<(), Found> {
        for number in 0..count {
            if self.is_over() {
                return Ok(());
            }
            let mut tail = Choices::random(mix(seed, u64::from(number)));
            let judged = guarded(|| judge_tail(tape, &mut tail, &mut self.clauses));
            self.excused(judged).map_err(|failure| Found {
                failure,
                choices: [program.to_vec(), tail.made()].concat(),
            })?;
            self.damaged += 1;
        }
        Ok(())
    }

    /// A failure of the clause that is switched off is none, even where nothing can go on behind it.
    fn excused(&self, judged: Result<(), Failure>) -> Result<(), Failure> {
        judged.or_else(|failure| {
            if self.clauses.without == Some(failure.clause) {
                Ok(())
            } else {
                Err(failure)
            }
        })
    }

    /// Runs a program and explores, at each of its moments, the end that keeps nothing, the one that
    /// keeps everything, a few others, and a kill.
    pub(crate) fn pairs(&mut self, mut choices: Choices) -> Result<(), Found> {
        let ran = guarded(|| Plan::draw(&mut choices).run(&mut choices, &mut self.clauses));
        let program = choices.made();
        let tape = ran.map_err(|failure| Found {
            failure,
            choices: program.clone(),
        })?;
        self.trace = mix(self.trace, tape.hash);
        for (at, point) in tape.points.iter().enumerate() {
            let units = point.disk.pending_units();
            let mut random = Choices::random(point.disk.fingerprint());
            for fate in [Fate::Lost, Fate::Kept] {
                self.cut(&program, &tape, at, &vec![fate; units.len()])?;
            }
            for _ in 0..units.len().min(3) {
                let fates = tape.setup.profile.draw(&units, &mut random);
                self.cut(&program, &tape, at, &fates)?;
            }
            self.kill(&program, &tape, at)?;
        }
        Ok(())
    }

    fn cut(
        &mut self,
        program: &[u32],
        tape: &Tape,
        at: usize,
        fates: &[Fate],
    ) -> Result<(), Found> {
        let point = &tape.points[at];
        let disk = point.disk.snapshot();
        disk.crash_into(&mut fates.iter().copied());
        let tail = Tail {
            at,
            end: End::PowerCut,
            fates,
            recovery: None,
        };
        self.case(program, &tape.setup.options(), &point.model, &disk, &tail)
    }

    fn kill(&mut self, program: &[u32], tape: &Tape, at: usize) -> Result<(), Found> {
        let point = &tape.points[at];
        let tail = Tail {
            at,
            end: End::Kill,
            fates: &[],
            recovery: None,
        };
        let disk = point.disk.snapshot();
        self.case(program, &tape.setup.options(), &point.model, &disk, &tail)
    }

    /// Judges one disk, unless it was judged before, and perhaps what crashes leave of its recovery.
    fn case(
        &mut self,
        program: &[u32],
        options: &Options,
        model: &Model,
        disk: &SimDisk,
        tail: &Tail<'_>,
    ) -> Result<(), Found> {
        if self.is_over() {
            return Ok(());
        }
        let image = match tail.end {
            End::PowerCut => disk.fingerprint(),
            End::Kill => mix(disk.state_hash(), 1),
        };
        let key = mix(image, model.hash(tail.end));
        self.trace = mix(self.trace, key);
        if !self.seen.cases.insert(key) {
            return Ok(());
        }
        let again =
            tail.recovery.is_none() && self.again > 0 && (key >> 8).is_multiple_of(self.again);
        let copy = again.then(|| disk.snapshot());
        let judged = guarded(|| {
            let mut oracle = Oracle {
                options,
                model,
                clauses: &mut self.clauses,
            };
            oracle.judge(disk, tail.end)
        });
        self.panicked(&judged);
        self.excused(judged).map_err(|failure| Found {
            failure,
            choices: tail.choices(program),
        })?;
        self.judged += 1;
        self.recoveries += u64::from(tail.recovery.is_some());
        self.seen.images.insert(image);
        match copy {
            Some(copy) => self.recovery(program, options, model, &copy, tail),
            None => Ok(()),
        }
    }

    /// Crashes again at each mutating call of the recovery from a crash.
    fn recovery(
        &mut self,
        program: &[u32],
        options: &Options,
        model: &Model,
        disk: &SimDisk,
        tail: &Tail<'_>,
    ) -> Result<(), Found> {
        let points = recovery_points(disk, options);
        let chosen = self.chosen;
        let mut one = |at: usize, point: &SimDisk, fates: &[Fate]| {
            let disk = point.snapshot();
            disk.crash_into(&mut fates.iter().copied());
            let deeper = Tail {
                recovery: Some((at, fates)),
                ..*tail
            };
            self.second(program, options, model, &disk, &deeper)
        };
        if let Some(chosen) = chosen {
            let mut random = Choices::random(disk.fingerprint());
            for _ in 0..chosen {
                let at = random.index(points.len());
                let Some(point) = points.get(at) else { break };
                let fates = Profile::WeakestPosix.draw(&point.pending_units(), &mut random);
                one(at, point, &fates)?;
            }
            return Ok(());
        }
        for (at, point) in points.iter().enumerate() {
            let mut failed = None;
            subsets(point.pending_count(), point.fingerprint(), |fates| {
                failed = one(at, point, fates).err();
                failed.is_none()
            });
            if let Some(found) = failed {
                return Err(found);
            }
        }
        Ok(())
    }

    /// Judges a disk after a power cut in a recovery, whatever end came before it.
    fn second(
        &mut self,
        program: &[u32],
        options: &Options,
        model: &Model,
        disk: &SimDisk,
        tail: &Tail<'_>,
    ) -> Result<(), Found> {
        let cut = Tail {
            end: End::PowerCut,
            ..*tail
        };
        let first = tail.end;
        let judged = self.case(program, options, model, disk, &cut);
        judged.map_err(|found| Found {
            choices: Tail {
                end: first,
                ..*tail
            }
            .choices(program),
            ..found
        })
    }

    fn is_over(&mut self) -> bool {
        self.interrupted |= self.until.is_some_and(|until| Instant::now() >= until);
        self.interrupted
    }

    fn panicked(&mut self, judged: &Result<(), Failure>) {
        let panics = matches!(judged, Err(failure) if failure.clause == Clause::Panics);
        if !panics {
            // A panic is a failure made below: here it is only counted that there was none.
            let _counted = self.clauses.check(Clause::Panics, true, String::new);
        }
    }
}

/// A hash of two numbers.
pub(crate) fn mix(one: u64, two: u64) -> u64 {
    let mut mixed = one.rotate_left(25) ^ two.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}
