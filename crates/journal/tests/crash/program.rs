//! Programs over a journal: what they do, and the run of one on a simulated disk.

mod hiding;

use std::sync::Arc;

use batpak_event::{Cause, EventId};
use batpak_journal::{
    AppendError, Committed, CommittedUnit, Draft, DraftCause, Durability, Journal, Options, Ticket,
};
use batpak_sim::{Aftermath, Fate, Fault, Operation, SimDisk};

use crate::case::MOST_CALLS;
use crate::clause::{Clause, Clauses, Failure};
use crate::compare;
use crate::log::events;
use crate::model::{End, Model, Submitted, Unit, batch, draft, keyed};
use crate::op::{Op, Setup};
use crate::story::tell;
use crate::visibility;

/// A program that runs, and what its model was at each moment.
pub(crate) struct Run<'a> {
    pub(crate) disk: SimDisk,
    options: Options,
    setup: Setup,
    journal: Option<Journal>,
    tickets: Vec<(Ticket, Arc<Unit>)>,
    model: Model,
    /// The model from a number of mutating calls on.
    models: Vec<(u64, Model)>,
    clauses: &'a mut Clauses,
    last_keyed: Option<Arc<Unit>>,
    /// The first event of the log, for others to name as their cause.
    first: Option<EventId>,
    number: u64,
    /// Whether calls have been made to fail.
    faulty: bool,
    /// Whether a failed sync may have taken from the cache what was written.
    cache_lost: bool,
}

/// The disk and the model at one moment of a run.
pub(crate) struct Point {
    pub(crate) disk: SimDisk,
    pub(crate) model: Arc<Model>,
}

impl<'a> Run<'a> {
    /// A run on an empty disk, whose crash points are recorded.
    pub(crate) fn new(setup: Setup, clauses: &'a mut Clauses) -> Self {
        let disk = SimDisk::new();
        setup.profile.prepare(&disk);
        disk.record_crash_points();
        disk.limit_calls(100 * MOST_CALLS);
        Self {
            disk,
            options: setup.options(),
            setup,
            journal: None,
            tickets: Vec::new(),
            model: Model::default(),
            models: vec![(0, Model::default())],
            clauses,
            last_keyed: None,
            first: None,
            number: 0,
            faulty: false,
            cache_lost: false,
        }
    }

    /// Orders a fault that the first open may meet already.
    pub(crate) fn fail_call(&mut self, call: u64, sticky: bool, fault: Fault) {
        let fault = bearable(fault, sticky);
        self.note_fault(fault);
        if sticky {
            self.disk.fail_calls_from(call, fault);
        } else {
            self.disk.fail_call(call, fault);
        }
    }

    /// Does one thing; how many mutating calls there were before it.
    pub(crate) fn step(&mut self, op: &Op) -> Result<u64, Failure> {
        let before = self.disk.mutating_calls();
        tell(|| {
            format!(
                "{op:?}, after {before} changes and {} calls",
                self.disk.calls()
            )
        });
        if self.journal.is_none() {
            self.open()?;
        }
        match op {
            Op::Append { entity, size } => {
                let number = self.numbers(1);
                let caused = self.first.filter(|_| *entity == 1);
                let causes = caused.map(|id| DraftCause::Known(Cause::Local(id)));
                self.append(vec![Draft {
                    causes: causes.into_iter().collect(),
                    ..draft(*entity, number, *size)
                }])?;
            }
            Op::Batch { size } => {
                let number = self.numbers(3);
                self.append(batch(number, *size))?;
            }
            Op::Keyed => {
                let number = self.numbers(1);
                let unit = self.append(vec![keyed(0, number, 12)])?;
                self.last_keyed = Some(unit);
            }
            Op::Retry => self.retry()?,
            Op::Submit { size } => self.submit(*size)?,
            Op::Sync => self.sync()?,
            Op::Step => {
                self.disk.tasks().run_pending();
                self.disk.tasks().expire_delays();
            }
            Op::Hide { back, count } => self.change_visibility(true, *back, *count)?,
            Op::Unhide { back, count } => self.change_visibility(false, *back, *count)?,
            Op::Close => self.close()?,
            Op::Drop => {
                self.journal = None;
                self.resolve();
                self.tickets.clear();
                self.open()?;
            }
            Op::Kill => {
                self.disk.kill();
                self.end();
                self.reopen(End::Kill)?;
            }
            Op::PowerCut(fates) => {
                let mut fates = fates.iter().copied().chain(std::iter::repeat(Fate::Kept));
                self.disk.crash_into(&mut fates);
                self.end();
                self.model.written = self.model.durable;
                self.note();
                self.reopen(End::PowerCut)?;
            }
            Op::Fail(operation, after, sticky, fault) => {
                self.fail(*operation, *after, *sticky, *fault)
            }
            Op::Capacity(bytes) => {
                let names = self.disk.names();
                let lens = names.iter().filter_map(|name| self.disk.file_len(name));
                self.disk
                    .set_capacity(Some(lens.sum::<usize>() as u64 + bytes));
                self.faulty = true;
            }
            Op::Repair => self.repair(),
        }
        self.resolve();
        Ok(before)
    }

    /// The moments before each mutating call, and the one at the end.
    pub(crate) fn finish(self) -> Vec<Point> {
        let mut disks = self.disk.take_crash_points();
        disks.push(self.disk.snapshot());
        let models: Vec<(u64, Arc<Model>)> = self
            .models
            .into_iter()
            .map(|(from, model)| (from, Arc::new(model)))
            .collect();
        let mut at = 0;
        let points = disks.into_iter().zip(0..).map(|(disk, calls)| {
            while models.get(at + 1).is_some_and(|(from, _)| *from <= calls) {
                at += 1;
            }
            let model = Arc::clone(&models[at].1);
            Point { disk, model }
        });
        points.collect()
    }

    fn numbers(&mut self, count: u64) -> u64 {
        self.number += count;
        self.number - count + 1
    }

    fn note(&mut self) {
        self.models
            .push((self.disk.mutating_calls(), self.model.clone()));
    }

    fn fail(&mut self, operation: Option<Operation>, after: u64, sticky: bool, fault: Fault) {
        let fault = bearable(fault, sticky);
        self.note_fault(fault);
        match (operation, sticky) {
            (None, false) => self.disk.fail_call(after, fault),
            (None, true) => self.disk.fail_calls_from(after, fault),
            (Some(operation), false) => self.disk.fail_operation(operation, after, fault),
            (Some(operation), true) => self.disk.fail_operations_from(operation, after, fault),
        }
    }

    fn note_fault(&mut self, fault: Fault) {
        self.faulty = true;
        self.cache_lost |= matches!(
            fault,
            Fault::SyncFailed(Aftermath::Reverted | Aftermath::Evicted)
        );
    }

    fn repair(&mut self) {
        self.disk.clear_faults();
        self.disk.set_capacity(None);
    }

    /// Nothing but what a fault explains may fail.
    fn works<T>(&mut self, result: &Result<T, AppendError>) -> Result<(), Failure> {
        let holds = result.is_ok() || self.faulty;
        let error = result.as_ref().err();
        self.clauses.check(Clause::Opens, holds, || {
            format!("without a fault: {error:?}")
        })
    }

    fn append(&mut self, drafts: Vec<Draft<'static>>) -> Result<Arc<Unit>, Failure> {
        let unit = Arc::new(Unit { drafts });
        self.append_again(&unit)?;
        Ok(unit)
    }

    fn append_again(&mut self, unit: &Arc<Unit>) -> Result<(), Failure> {
        let Some(journal) = &self.journal else {
            return Ok(());
        };
        self.model.units.push(Submitted {
            unit: Arc::clone(unit),
            receipts: None,
        });
        self.models
            .push((self.disk.mutating_calls(), self.model.clone()));
        let durable = self.model.durable;
        let answer = journal.append_unit(unit.drafts.clone(), self.options.durability);
        self.works(&answer)?;
        if answer.is_ok() {
            let units = self.model.units.len();
            self.model.attestations.push((units, durable));
        }
        self.answered(unit, answer);
        Ok(())
    }

    fn answered(&mut self, unit: &Arc<Unit>, answer: Result<CommittedUnit, AppendError>) {
        tell(|| match &answer {
            Ok(receipts) => {
                let told = receipts
                    .iter()
                    .map(|receipt| (receipt.sequence.get(), receipt.durability));
                format!("  answered with {:?}", told.collect::<Vec<_>>())
            }
            Err(error) => format!("  answered with {error:?}"),
        });
        match answer {
            Ok(receipts) => {
                let synced = self.options.durability == Durability::Synced
                    || receipts
                        .iter()
                        .all(|receipt| receipt.durability == Durability::Synced);
                let place = self
                    .model
                    .units
                    .iter()
                    .position(|other| Arc::ptr_eq(&other.unit, unit));
                let Some(place) = place else { return };
                self.first = self
                    .first
                    .or(receipts.first().map(|receipt| receipt.event_id));
                if let Some(submitted) = self.model.units.get_mut(place) {
                    submitted.receipts = Some(Arc::new(receipts.into_vec()));
                }
                if !self.cache_lost {
                    self.model.written = self.model.written.max(place + 1);
                }
                if synced {
                    self.model.durable = self.model.durable.max(place + 1);
                }
            }
            // It may be in the log, and shows when the store is opened again.
            Err(AppendError::Unknown { .. }) => {}
            Err(_) => self.model.refuse(unit),
        }
        self.note();
    }

    fn retry(&mut self) -> Result<(), Failure> {
        let (Some(unit), Some(journal)) = (self.last_keyed.clone(), &self.journal) else {
            return Ok(());
        };
        let mut units = self.model.units.iter();
        let Some(there) = units.find(|other| Arc::ptr_eq(&other.unit, &unit)) else {
            self.model
                .gone
                .retain(|(other, _)| !Arc::ptr_eq(other, &unit));
            return self.append_again(&unit);
        };
        let original = there.receipts.clone();
        let answer = journal.append_unit(unit.drafts.clone(), self.options.durability);
        self.works(&answer)?;
        if let (Ok(receipts), Some(original)) = (&answer, &original) {
            let same = receipts.iter().zip(original.iter()).all(|(one, two)| {
                let fact =
                    |receipt: &Committed| (receipt.event_id, receipt.sequence, receipt.event_hash);
                one.duplicate && fact(one) == fact(two)
            });
            self.clauses.check(Clause::Keys, same, || {
                format!("{receipts:?} for {original:?}")
            })?;
        }
        // Of one in doubt, only a success says more than was known.
        if original.is_none() && answer.is_ok() {
            self.answered(&unit, answer);
        }
        Ok(())
    }

    fn submit(&mut self, size: usize) -> Result<(), Failure> {
        let number = self.numbers(1);
        let Some(journal) = &self.journal else {
            return Ok(());
        };
        let unit = Arc::new(Unit {
            drafts: vec![draft(2, number, size)],
        });
        match journal.submit(unit.drafts.clone()) {
            Ok(ticket) => {
                self.model.units.push(Submitted {
                    unit: Arc::clone(&unit),
                    receipts: None,
                });
                self.note();
                self.tickets.push((ticket, unit));
                Ok(())
            }
            Err(error) => self.works::<()>(&Err(error)),
        }
    }

    /// Learns what has become of submitted units.
    fn resolve(&mut self) {
        for (ticket, unit) in std::mem::take(&mut self.tickets) {
            match ticket.try_check(self.options.durability) {
                Some(answer) => self.answered(&unit, answer),
                None => self.tickets.push((ticket, unit)),
            }
        }
    }

    fn sync(&mut self) -> Result<(), Failure> {
        let Some(journal) = &self.journal else {
            return Ok(());
        };
        let answer = journal.sync();
        self.works(&answer)?;
        self.resolve();
        if answer.is_ok() {
            self.all_durable();
        }
        Ok(())
    }

    fn all_durable(&mut self) {
        let units = self.model.units.len();
        (self.model.durable, self.model.written) = (units, units);
        self.note();
    }

    fn close(&mut self) -> Result<(), Failure> {
        let Some(journal) = self.journal.take() else {
            return Ok(());
        };
        let answer = journal.close();
        self.works(&answer)?;
        self.resolve();
        self.tickets.clear();
        if answer.is_ok() {
            self.all_durable();
        }
        self.open()
    }

    /// The process is gone, and nothing answers any more.
    fn end(&mut self) {
        self.journal = None;
        self.tickets.clear();
        self.disk.set_capacity(None);
    }

    fn open(&mut self) -> Result<(), Failure> {
        self.reopen(End::Kill)
    }

    /// Opens, first under whatever faults are ordered, then without; the model learns what is left.
    fn reopen(&mut self, end: End) -> Result<(), Failure> {
        let opened = Journal::open(&self.disk.platform(), self.options.clone());
        let opened = match opened {
            Err(_) if self.faulty => {
                self.repair();
                Journal::open(&self.disk.platform(), self.options.clone())
            }
            opened => opened,
        };
        tell(|| format!("opened: {:?}", opened.as_ref().map(|(_, report)| report)));
        let error = opened.as_ref().err().map(ToString::to_string);
        // What a disk has lied about, a failed sync can take out of the cache.
        let explained = self.cache_lost && !self.setup.profile.is_honest();
        let holds = error.is_none() || explained;
        self.clauses
            .check(Clause::Opens, holds, || format!("{error:?}"))?;
        let Ok((journal, _)) = opened else {
            return Ok(());
        };
        let read = events(journal.view());
        let log = match read {
            Err(_) if self.faulty => {
                self.repair();
                events(journal.view())
            }
            read => read,
        };
        let log = log.map_err(|error| Failure {
            clause: Clause::Opens,
            message: error.to_string(),
        })?;
        let kept = compare::prefix(&log, &self.model, self.clauses)?;
        let required = self.model.required(end);
        let required = if self.setup.profile.is_honest() {
            required
        } else {
            0
        };
        self.clauses
            .check(Clause::Acknowledged, kept >= required, || {
                format!("{kept} of {required} units are there after {end:?}")
            })?;
        // A disk that lies may have lost a change.
        if self.setup.profile.is_honest() {
            let mut check =
                || visibility::check(journal.view(), &log, &self.model.hidden, self.clauses);
            match check() {
                // A read may have failed.
                Err(_) if self.faulty => {
                    self.disk.clear_faults();
                    check()?;
                }
                checked => checked?,
            }
        }
        self.model.settle(kept);
        self.model.hidden.settle(&log);
        let shown = log.iter().find(|event| !event.hidden);
        self.first = shown.map(|event| event.id);
        self.note();
        self.journal = Some(journal);
        Ok(())
    }
}

/// A disk that takes one byte per call makes a run of a few events one of a hundred thousand calls.
fn bearable(fault: Fault, sticky: bool) -> Fault {
    match fault {
        Fault::Short(1) if sticky => Fault::Short(300),
        fault => fault,
    }
}
