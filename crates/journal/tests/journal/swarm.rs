//! Random programs on the simulated disk, with faults, kills and power cuts, against a model.

use batpak_event::IdempotencyKey;
use batpak_journal::{AppendError, Draft, DraftCause, Durability, Journal, Options, Reader};
use batpak_platform::FixedEntropy;
use batpak_sim::{Aftermath, Fault, Operation, SimDisk};

use crate::support::{draft, findings, shown};

/// Programs that run with every test run; more with `BATPAK_SWARM_SEEDS`.
const SEEDS: u64 = 400;

/// What the log must hold: whole units, in order.
#[derive(Default)]
struct Model {
    units: Vec<Vec<Vec<u8>>>,
    /// Units that a power cut may not take.
    durable: usize,
    /// Units that the end of the process may not take.
    written: usize,
    /// A unit that may have been committed last.
    doubtful: Option<Vec<Vec<u8>>>,
    next: u64,
}

struct World {
    seed: u64,
    random: FixedEntropy,
    disk: SimDisk,
    options: Options,
    model: Model,
    trace: Vec<String>,
    /// Whether a failing sync may have lost what the page cache held.
    sync_fault: bool,
}

impl World {
    fn new(seed: u64) -> Self {
        let random = FixedEntropy::new(seed ^ 0x5eed_0000);
        let durability = [Durability::Synced, Durability::Written];
        let options = Options {
            durability: durability[usize::try_from(random.next_u64() % 2).unwrap()],
            segment_max_bytes: [700, 2048, 6000][usize::try_from(random.next_u64() % 3).unwrap()],
            segment_max_events: [2, 6, 65_536][usize::try_from(random.next_u64() % 3).unwrap()],
            ..Options::default()
        };
        let (disk, model, trace) = (SimDisk::new(), Model::default(), Vec::new());
        let sync_fault = false;
        Self {
            seed,
            random,
            disk,
            options,
            model,
            trace,
            sync_fault,
        }
    }

    fn below(&self, limit: u64) -> u64 {
        self.random.next_u64() % limit
    }

    fn fail(&self, message: &str) -> ! {
        panic!("seed {}: {message}\n{}", self.seed, self.trace.join("\n"))
    }

    fn note(&mut self, what: impl Into<String>) {
        self.trace.push(what.into());
    }

    /// A unit of one to four events with payloads that occur once.
    fn unit(&mut self) -> Vec<Draft<'static>> {
        let count = if self.below(3) == 0 {
            1 + self.below(4)
        } else {
            1
        };
        let keyed = self.below(5) == 0;
        (0..count)
            .map(|position| {
                self.model.next += 1;
                let number = self.model.next;
                let size = [0, 10, 100, 400, 900][usize::try_from(self.below(5)).unwrap()];
                let mut payload = number.to_le_bytes().to_vec();
                payload.resize(8 + size, 0x77);
                let entity = format!("e{}", self.below(4));
                let prior = usize::try_from(position).unwrap().checked_sub(1);
                Draft {
                    key: keyed.then(|| IdempotencyKey::new(1000 + u128::from(number))),
                    causes: prior.map(DraftCause::Prior).into_iter().collect(),
                    ..draft(&entity, &payload)
                }
            })
            .collect()
    }

    fn append(&mut self, journal: &Journal) {
        let unit = self.unit();
        let payloads: Vec<_> = unit.iter().map(|draft| draft.payload.clone()).collect();
        let level = if self.below(4) == 0 {
            Durability::Synced
        } else {
            Durability::Written
        };
        let level = level.max(self.options.durability);
        let outcome = journal.append_unit(unit.clone(), level);
        self.note(format!(
            "append {} events at {level:?}: {outcome:?}",
            unit.len()
        ));
        match outcome {
            Ok(_) => {
                self.model.units.push(payloads);
                if level == Durability::Synced {
                    self.model.durable = self.model.units.len();
                }
                if unit[0].key.is_some() && self.below(2) == 0 {
                    self.retry(journal, unit);
                }
            }
            Err(AppendError::Unknown { .. }) => self.model.doubtful = Some(payloads),
            Err(AppendError::NotWritten(_) | AppendError::Failed(_)) => {}
            Err(error) => self.fail(&format!("{error}")),
        }
    }

    fn retry(&mut self, journal: &Journal, unit: Vec<Draft<'static>>) {
        let before = journal.view().visible();
        match journal.append_unit(unit, self.options.durability) {
            Ok(committed) if committed.iter().all(|facts| facts.duplicate) => {}
            Ok(_) => self.fail("a retry was appended"),
            Err(_) => {}
        }
        if journal.view().visible() > before {
            self.fail("a retry grew the log");
        }
    }

    fn inject(&mut self) {
        let operations = [
            Operation::WriteAt,
            Operation::SyncData,
            Operation::SyncDirectory,
            Operation::Rename,
            Operation::Create,
            Operation::SetLen,
            Operation::Remove,
        ];
        let faults = [
            Fault::Io,
            Fault::NoSpace,
            Fault::Interrupted,
            Fault::Short(3),
            Fault::Zero,
            Fault::Partial(100),
            Fault::SyncFailed(Aftermath::Kept),
            Fault::SyncFailed(Aftermath::Reverted),
        ];
        let operation = operations[usize::try_from(self.below(7)).unwrap()];
        let fault = faults[usize::try_from(self.below(8)).unwrap()];
        let after = self.below(4);
        self.sync_fault |= matches!(fault, Fault::SyncFailed(_));
        self.note(format!("{fault:?} at {operation:?} number {after}"));
        if self.below(4) == 0 {
            self.disk.fail_operations_from(operation, after, fault);
        } else {
            self.disk.fail_operation(operation, after, fault);
        }
    }

    /// Opens the store, first under whatever faults are set, then without.
    fn open(&mut self) -> Journal {
        if let Ok((journal, report)) = Journal::open(&self.disk.platform(), self.options.clone()) {
            self.note(format!("open: {report:?}"));
            return journal;
        }
        self.note("open failed");
        self.disk.clear_faults();
        self.disk.set_capacity(None);
        if self.below(2) == 0 {
            self.end_process(None);
        }
        match Journal::open(&self.disk.platform(), self.options.clone()) {
            Ok((journal, report)) => {
                self.note(format!("open without faults: {report:?}"));
                journal
            }
            Err(error) => self.fail(&format!("the store does not open: {error}")),
        }
    }

    /// Ends the process in one of several ways; the model learns what may be gone.
    fn end_process(&mut self, journal: Option<Journal>) {
        let way = self.below(5);
        self.note(format!("end in way {way}"));
        match (way, journal) {
            (0, Some(journal)) => {
                let closed = journal.close();
                self.note(format!("close: {closed:?}"));
                if closed.is_ok() {
                    self.model.durable = self.model.units.len();
                }
            }
            (1, Some(journal)) => {
                drop(journal);
                self.keep_written();
            }
            (2, journal) => {
                self.disk.kill();
                drop(journal);
                self.keep_written();
            }
            (_, journal) => {
                match self.below(3) {
                    0 => self.disk.crash_keep_nothing(),
                    1 => self.disk.crash_keep_all(),
                    _ => self.disk.crash_seeded(self.below(u64::MAX)),
                }
                drop(journal);
                self.note("power cut");
                self.model.written = 0;
            }
        }
    }

    /// The end of a process takes nothing that was written, unless a failed sync did before.
    fn keep_written(&mut self) {
        if !self.sync_fault {
            self.model.written = self.model.units.len();
        }
    }

    /// Holds the log against the model, and makes the model what the log is.
    fn check(&mut self, journal: &Journal) {
        let recovered: Vec<Vec<u8>> = shown(journal.view())
            .into_iter()
            .map(|event| event.payload)
            .collect();
        let mut units = std::mem::take(&mut self.model.units);
        units.extend(self.model.doubtful.take());
        let mut rest = recovered.as_slice();
        let mut kept = 0;
        for unit in &units {
            match rest.split_at_checked(unit.len()) {
                Some((front, behind)) if front == unit.as_slice() => {
                    rest = behind;
                    kept += 1;
                }
                _ => break,
            }
        }
        if !rest.is_empty() {
            self.fail("the log holds what was never committed, or part of a unit");
        }
        if kept < self.model.durable {
            self.fail(&format!(
                "{kept} units of {} durable ones",
                self.model.durable
            ));
        }
        units.truncate(kept);
        self.model.units = units;
        // Recovery makes what it shows durable.
        self.model.durable = kept;
    }

    fn run(&mut self) {
        for _ in 0..3 + self.below(4) {
            let journal = self.open();
            self.check(&journal);
            for _ in 0..self.below(14) {
                match self.below(14) {
                    0 => self.inject(),
                    1 => {
                        let synced = journal.sync();
                        self.note(format!("sync: {synced:?}"));
                        if synced.is_ok() {
                            self.model.durable = self.model.units.len();
                        }
                    }
                    2 => {
                        self.disk.tasks().run_pending();
                        self.disk.tasks().expire_delays();
                    }
                    3 => self.disk.set_capacity(Some(3000 + self.below(20_000))),
                    4 => {
                        self.disk.clear_faults();
                        self.disk.set_capacity(None);
                    }
                    _ => self.append(&journal),
                }
            }
            self.end_process(Some(journal));
            self.read_only();
        }
        self.disk.clear_faults();
        self.disk.set_capacity(None);
        let journal = self.open();
        self.check(&journal);
        journal.close().unwrap();
        let found = findings(&self.disk.platform());
        if !found.is_empty() {
            self.fail(&format!("{found:?}"));
        }
    }

    /// A reader changes nothing, and shows no more than a writer would.
    fn read_only(&mut self) {
        let before = self.disk.fingerprint();
        let opened = Reader::open(&self.disk.platform());
        if self.disk.fingerprint() != before {
            self.fail("a reader changed something");
        }
        if let Ok((_, report)) = opened
            && !report.damage.is_empty()
        {
            self.fail(&format!("a reader finds damage: {report:?}"));
        }
    }
}

#[test]
fn random_programs_keep_what_was_acknowledged_and_always_open_again() {
    let seeds = std::env::var("BATPAK_SWARM_SEEDS").map_or(SEEDS, |text| text.parse().unwrap());
    for seed in 0..seeds {
        World::new(seed).run();
    }
}
