//! Every crash of a run: at each mutating call, each subset of what is pending, and again inside the
//! recovery from it.

use std::collections::HashSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use batpak_journal::{Journal, Options};
use batpak_sim::{Choices, Fate, Profile, SimDisk};

use crate::clause::{Clause, Clauses, Failure};
use crate::model::{End, Model};
use crate::oracle::Oracle;
use crate::plan::{Plan, Tape};
use crate::story::tell;
use crate::subsets::subsets;

/// A failure, and the choices that lead to it.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) failure: Failure,
    pub(crate) choices: Vec<u32>,
}

/// States that were judged already, by any explorer.
#[derive(Default)]
pub(crate) struct Seen {
    /// Of disks with what they must hold.
    cases: Shards,
    /// Of disks alone.
    images: Shards,
}

type Shard = Mutex<HashSet<u64, Mixed>>;

#[derive(Default)]
struct Shards([Shard; 16]);

impl Shards {
    fn insert(&self, hash: u64) -> bool {
        let shard = &self.0[usize::try_from(hash % 16).unwrap_or(0)];
        shard
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(hash)
    }

    fn len(&self) -> usize {
        let lens = self
            .0
            .iter()
            .map(|shard| shard.lock().unwrap_or_else(PoisonError::into_inner).len());
        lens.sum()
    }
}

impl Seen {
    /// Distinct disks on which the whole oracle ran.
    pub(crate) fn distinct(&self) -> usize {
        self.images.len()
    }
}

/// Hashes are mixed already.
#[derive(Clone, Default)]
pub(crate) struct Mixed(u64);

impl std::hash::BuildHasher for Mixed {
    type Hasher = Self;

    fn build_hasher(&self) -> Self {
        Self(0)
    }
}

impl std::hash::Hasher for Mixed {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = number;
    }
}

/// Explores runs; judges each state once.
pub(crate) struct Explorer<'a> {
    pub(crate) seen: &'a Seen,
    pub(crate) clauses: Clauses,
    /// States judged.
    pub(crate) judged: u64,
    /// Of these, how many after a crash inside a recovery.
    pub(crate) recoveries: u64,
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

/// One crash, in the order of its choices.
struct Tail<'a> {
    at: usize,
    end: End,
    fates: &'a [Fate],
    recovery: Option<(usize, &'a [Fate])>,
}

impl<'a> Explorer<'a> {
    pub(crate) fn new(seen: &'a Seen) -> Self {
        Self {
            seen,
            clauses: Clauses::default(),
            judged: 0,
            recoveries: 0,
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
    pub(crate) fn random(&mut self, seed: u64, crashes: u32) -> Result<(), Found> {
        let mut choices = Plan::random(seed);
        let ran = guarded(|| Plan::draw(&mut choices).run(&mut choices, &mut self.clauses));
        let program = choices.made();
        let tape = ran.map_err(|failure| Found {
            failure,
            choices: program.clone(),
        })?;
        self.trace = mix(self.trace, tape.hash);
        let mut random = Choices::random(mix(seed, 1));
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
        judged.map_err(|failure| Found {
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

impl Tail<'_> {
    /// The choices of the program, and those of the crash behind them.
    fn choices(&self, program: &[u32]) -> Vec<u32> {
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
        let model = &point.model;
        let mut oracle = Oracle {
            options: &options,
            model,
            clauses,
        };
        oracle.judge(&disk, end)
    })
}

/// The moments before each mutating call of a recovery.
fn recovery_points(disk: &SimDisk, options: &Options) -> Vec<SimDisk> {
    let disk = disk.snapshot();
    let seed = disk.fingerprint();
    let disk = disk.with_seed(seed);
    disk.record_crash_points();
    let opened = Journal::open(&disk.platform(), options.clone());
    let points = disk.take_crash_points();
    drop(opened);
    points
}

/// A panic is a failure like any other.
fn guarded<T>(work: impl FnOnce() -> Result<T, Failure>) -> Result<T, Failure> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().cloned();
        let text = text.or_else(|| panic.downcast_ref::<&str>().map(ToString::to_string));
        Err(Failure {
            clause: Clause::Panics,
            message: text.unwrap_or_else(|| "a panic".to_owned()),
        })
    })
}

/// A hash of two numbers.
pub(crate) fn mix(one: u64, two: u64) -> u64 {
    let mut mixed = one.rotate_left(25) ^ two.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}
