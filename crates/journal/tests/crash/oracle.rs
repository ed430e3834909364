//! The oracle: what is checked of one disk that a crash has left.

use batpak_coordinate::Sequence;
use batpak_event::Cause;
use batpak_journal::{
    Committed, Draft, DraftCause, Durability, Journal, OpenError, Options, ReadError, Reader, View,
    verify,
};
use batpak_sim::SimDisk;

use crate::case::MOST_CALLS;
use crate::clause::{Clause, Clauses, Failure};
use crate::compare::{self, is_of};
use crate::log::{Shown, answers, begins_with, events, hashed_events, same};
use crate::model::{End, Model, Submitted, draft};
use crate::visibility::{self, places};

/// Numbers of events that the oracle itself appends, beyond those of any program.
const OWN_NUMBERS: u64 = 1 << 40;

/// Calls that an open may make, and one more file makes it make.
const CALLS: u64 = 60;
const CALLS_PER_FILE: u64 = 24;
/// Bytes that an open may move, and how often each byte of the store.
const BYTES: u64 = 64 << 10;
const TIMES_EACH_BYTE: u64 = 8;

/// How the oracle ends a process.
#[derive(Clone, Copy, Debug)]
enum Way {
    Kill,
    /// A power cut after which some of what is pending survives.
    Seeded,
    /// A power cut after which none of it does.
    PowerCut,
}

/// Judges disks against a model.
pub(crate) struct Oracle<'a> {
    pub(crate) options: &'a Options,
    pub(crate) model: &'a Model,
    pub(crate) clauses: &'a mut Clauses,
}

impl Oracle<'_> {
    /// Judges a disk, and uses it up. Everything depends on what is on it, and on nothing else.
    pub(crate) fn judge(&mut self, disk: &SimDisk, end: End) -> Result<(), Failure> {
        let disk = &disk.clone().with_seed(disk.fingerprint());
        // Whatever was wrong with the machine is over; what it has left on the disk is not.
        disk.evict();
        disk.limit_calls(MOST_CALLS);
        disk.set_capacity(None);
        disk.lie_about_syncs(false);
        let required = self.model.required(end);
        let read = self.read(disk, required)?;
        let journal = self.open(disk)?;
        let recovered = self.hashed(journal.view())?;
        self.prefix(&recovered, required)?;
        visibility::check(journal.view(), &recovered, &self.model.hidden, self.clauses)?;
        compare::chain(&recovered, journal.view(), self.clauses)?;
        if let Some(read) = &read {
            let alike = same(read, &recovered) && places(read).eq(places(&recovered));
            self.clauses.check(Clause::Unchanged, alike, || {
                format!(
                    "reading showed {}, writing {}",
                    list(read),
                    list(&recovered)
                )
            })?;
        }
        let (journal, again) = self.cut_again(disk, journal, &recovered, Way::PowerCut)?;
        let kept = self.prefix(&again, required)?;
        let known = again.len();
        let mut expected = self.keys(&journal, again, kept)?;
        if (disk.fingerprint() >> 4).is_multiple_of(2) {
            expected = self.unhide(&journal, expected, known)?;
        }
        let (journal, expected) = self.append(disk, journal, expected)?;
        let ways = [Way::Kill, Way::Seeded, Way::PowerCut, Way::PowerCut];
        let way = ways[usize::try_from(disk.fingerprint() % 4).unwrap_or(0)];
        let (journal, expected) = self.cut_again(disk, journal, &expected, way)?;
        let expected = self.unhide(&journal, expected, known)?;
        self.close(disk, journal, &expected)
    }

    /// Reads without a writer: what is shown, if there is a store.
    fn read(&mut self, disk: &SimDisk, required: usize) -> Result<Option<Vec<Shown>>, Failure> {
        let before = disk.state_hash();
        let opened = Reader::open(&disk.platform());
        let log = match opened {
            Err(OpenError::NotAStore) => {
                self.clauses
                    .check(Clause::Acknowledged, required == 0, || {
                        "there is no store".to_owned()
                    })?;
                None
            }
            Err(error) => {
                self.clauses
                    .check(Clause::Opens, false, || format!("reading: {error}"))?;
                None
            }
            Ok((reader, report)) => {
                self.clauses
                    .check(Clause::Opens, report.damage.is_empty(), || {
                        format!("reading: {report:?}")
                    })?;
                let log = self.shown(reader.view())?;
                self.prefix(&log, required)?;
                visibility::check(reader.view(), &log, &self.model.hidden, self.clauses)?;
                self.without_indexes(disk, reader.view(), &log)?;
                Some(log)
            }
        };
        self.clauses
            .check(Clause::Unchanged, disk.state_hash() == before, || {
                "reading has changed something".to_owned()
            })?;
        Ok(log)
    }

    /// Deletes every index file of a copy and asks both the same.
    fn without_indexes(
        &mut self,
        disk: &SimDisk,
        view: &View,
        log: &[Shown],
    ) -> Result<(), Failure> {
        let names = disk.names();
        let mut indexes = names
            .iter()
            .filter(|name| name.ends_with(".fidx"))
            .peekable();
        if indexes.peek().is_none() {
            return Ok(());
        }
        let copy = disk.snapshot();
        indexes.for_each(|name| {
            copy.delete(name);
        });
        let other = Reader::open(&copy.platform())
            .map_err(|error| opens(&error))?
            .0;
        let other_log = self.shown(other.view())?;
        let (one, two) = (answers(view, log), answers(other.view(), log));
        let alike = same(&other_log, log)
            && places(&other_log).eq(places(log))
            && matches!((&one, &two), (Ok(one), Ok(two)) if one == two);
        self.clauses.check(Clause::Index, alike, || {
            format!("with indexes {one:?}, without {two:?}")
        })
    }

    /// Opens for writing, within bounds.
    fn open(&mut self, disk: &SimDisk) -> Result<Journal, Failure> {
        let names = disk.names();
        let size = names
            .iter()
            .filter_map(|name| disk.file_len(name))
            .sum::<usize>() as u64;
        let (calls, bytes) = (disk.calls(), disk.transferred_bytes());
        let opened = Journal::open(&disk.platform(), self.options.clone());
        let (calls, bytes) = (disk.calls() - calls, disk.transferred_bytes() - bytes);
        let files = names.len() as u64;
        let bounded = calls <= CALLS + CALLS_PER_FILE * files
            && bytes <= BYTES + TIMES_EACH_BYTE * (size + self.options.segment_max_bytes);
        self.clauses.check(Clause::Bounded, bounded, || {
            format!("{calls} calls and {bytes} bytes for {files} files of {size} bytes")
        })?;
        self.clauses.check(Clause::Opens, opened.is_ok(), || {
            format!(
                "writing: {}",
                opened
                    .as_ref()
                    .err()
                    .map_or_else(String::new, ToString::to_string)
            )
        })?;
        opened
            .map(|(journal, _)| journal)
            .map_err(|error| opens(&error))
    }

    /// Submits keyed units again: those that are there, and those that are lost.
    fn keys(
        &mut self,
        journal: &Journal,
        mut log: Vec<Shown>,
        kept: usize,
    ) -> Result<Vec<Shown>, Failure> {
        let keyed = |unit: &&Submitted| unit.unit.drafts.iter().any(|draft| draft.key.is_some());
        let units = &self.model.units;
        let there = units.iter().take(kept).rev().filter(keyed).take(2);
        let lost = units.iter().skip(kept).filter(keyed).take(1);
        let lost = lost.map(|unit| (unit, false));
        for (submitted, there) in there.map(|unit| (unit, true)).chain(lost) {
            let drafts = submitted.unit.drafts.clone();
            let before = journal.view().visible().get();
            let answer = journal.append_unit(drafts, Durability::Synced);
            let receipts = answer.as_deref().unwrap_or_default();
            let added = journal.view().visible().get() - before;
            let expected = if there { 0 } else { receipts.len() as u64 };
            let duplicate = receipts.iter().all(|receipt| receipt.duplicate == there);
            let same = receipts.iter().all(|receipt| {
                let event = log.iter().find(|event| event.id == receipt.event_id);
                event.map_or(!there || hides(&log, submitted, receipt), |event| {
                    is_of(event, receipt)
                })
            });
            let holds = !receipts.is_empty() && added == expected && duplicate && same;
            self.clauses.check(Clause::Keys, holds, || {
                format!("there: {there}, {added} events added, answer {answer:?}")
            })?;
            log = self.shown(journal.view())?;
        }
        Ok(log)
    }

    /// Shows again what is hidden: it is still there, with every byte. The first `known` events are the
    /// model's.
    fn unhide(
        &mut self,
        journal: &Journal,
        log: Vec<Shown>,
        known: usize,
    ) -> Result<Vec<Shown>, Failure> {
        if places(&log).next().is_none() {
            return Ok(log);
        }
        let answer = journal.unhide(Sequence(1), journal.view().visible());
        let shown = self.hashed(journal.view())?;
        let holds = answer.is_ok() && places(&shown).next().is_none() && same(&shown, &log);
        self.clauses.check(Clause::Hidden, holds, || {
            format!("{answer:?}: {} became {}", list(&log), list(&shown))
        })?;
        compare::prefix(
            shown.get(..known).unwrap_or_default(),
            self.model,
            self.clauses,
        )?;
        compare::chain(&shown, journal.view(), self.clauses)?;
        Ok(shown)
    }

    /// Appends one event and a batch; of one disk in two the power is cut in between.
    fn append(
        &mut self,
        disk: &SimDisk,
        mut journal: Journal,
        mut log: Vec<Shown>,
    ) -> Result<(Journal, Vec<Shown>), Failure> {
        let cut = disk.fingerprint().is_multiple_of(2);
        let cause = log
            .iter()
            .rfind(|event| !event.hidden)
            .map(|event| DraftCause::Known(Cause::Local(event.id)));
        let single = Draft {
            causes: cause.into_iter().collect(),
            ..draft(0, OWN_NUMBERS, 30)
        };
        let batch = vec![draft(1, OWN_NUMBERS + 1, 5), draft(0, OWN_NUMBERS + 2, 400)];
        for (unit, last) in [(vec![single], false), (batch, true)] {
            let payloads: Vec<_> = unit.iter().map(|draft| draft.payload.clone()).collect();
            let answer = journal.append_unit(unit, Durability::Synced);
            self.clauses
                .check(Clause::Opens, answer.is_ok(), || format!("{answer:?}"))?;
            let after = self.readable(if last || cut {
                hashed_events(journal.view())
            } else {
                events(journal.view())
            })?;
            let added = after.iter().skip(log.len()).map(|event| &event.payload);
            let holds = begins_with(&after, &log) && added.eq(&payloads);
            self.clauses.check(Clause::Kept, holds, || {
                format!("{} became {} by appending", list(&log), list(&after))
            })?;
            log = after;
            if cut && !last {
                (journal, log) = self.cut_again(disk, journal, &log, Way::PowerCut)?;
            }
        }
        compare::chain(&log, journal.view(), self.clauses)?;
        Ok((journal, log))
    }

    /// Ends the process, opens, and compares; returns what is there.
    fn cut_again(
        &mut self,
        disk: &SimDisk,
        journal: Journal,
        expected: &[Shown],
        way: Way,
    ) -> Result<(Journal, Vec<Shown>), Failure> {
        match way {
            Way::Kill => disk.kill(),
            Way::Seeded => disk.crash_seeded(disk.fingerprint()),
            Way::PowerCut => disk.crash_keep_nothing(),
        }
        drop(journal);
        let journal = self.open(disk)?;
        let log = self.shown(journal.view())?;
        let message = || format!("{} became {} by {way:?}", list(expected), list(&log));
        let kept = begins_with(&log, expected);
        let more = log.len() > expected.len() && kept;
        self.clauses.check(Clause::Undead, !more, message)?;
        self.clauses.check(Clause::Kept, kept, message)?;
        let alike = places(&log).eq(places(expected));
        self.clauses.check(Clause::Hidden, alike, message)?;
        Ok((journal, log))
    }

    /// Closes; reads; verifies.
    fn close(
        &mut self,
        disk: &SimDisk,
        journal: Journal,
        expected: &[Shown],
    ) -> Result<(), Failure> {
        let closed = journal.close();
        self.clauses.check(Clause::Opens, closed.is_ok(), || {
            format!("closing: {closed:?}")
        })?;
        let before = disk.state_hash();
        let (reader, report) = Reader::open(&disk.platform()).map_err(|error| opens(&error))?;
        self.clauses.check(
            Clause::Opens,
            report.clean && report.damage.is_empty(),
            || format!("reading after a close: {report:?}"),
        )?;
        let log = self.shown(reader.view())?;
        let found = verify(&disk.platform(), &mut |_| {});
        let whole = matches!(&found, Ok(found) if found.findings.is_empty());
        self.clauses
            .check(Clause::Chain, whole, || format!("{found:?}"))?;
        let alike = same(&log, expected) && places(&log).eq(places(expected));
        let holds = alike && disk.state_hash() == before;
        self.clauses.check(Clause::Unchanged, holds, || {
            format!("{} became {} by a close", list(expected), list(&log))
        })
    }

    fn shown(&mut self, view: &View) -> Result<Vec<Shown>, Failure> {
        self.readable(events(view))
    }

    fn hashed(&mut self, view: &View) -> Result<Vec<Shown>, Failure> {
        self.readable(hashed_events(view))
    }

    fn readable(&mut self, log: Result<Vec<Shown>, ReadError>) -> Result<Vec<Shown>, Failure> {
        self.clauses.check(Clause::Opens, log.is_ok(), || {
            format!("{:?}", log.as_ref().err())
        })?;
        Ok(log.unwrap_or_default())
    }

    fn prefix(&mut self, log: &[Shown], required: usize) -> Result<usize, Failure> {
        let kept = compare::prefix(log, self.model, self.clauses)?;
        self.clauses
            .check(Clause::Acknowledged, kept >= required, || {
                format!(
                    "{kept} of {required} acknowledged units are there: {}",
                    list(log)
                )
            })?;
        Ok(kept)
    }
}

/// Whether a log hides the event of a receipt, which is the original one where that is known.
fn hides(log: &[Shown], submitted: &Submitted, receipt: &Committed) -> bool {
    let sequence = receipt.sequence.get();
    let originals = submitted.receipts.iter();
    let mut originals = originals.flat_map(|receipts| receipts.iter());
    let original = originals.find(|original| original.event_id == receipt.event_id);
    let same = original.is_none_or(|original| {
        original.sequence == receipt.sequence
            && original.event_hash == receipt.event_hash
            && original.wall_us == receipt.wall_us
    });
    same && places(log).any(|hidden| hidden == sequence)
}

/// A failure that ends the judgment even where its clause is switched off: there is nothing to go on with.
fn opens(error: &OpenError) -> Failure {
    Failure {
        clause: Clause::Opens,
        message: error.to_string(),
    }
}

/// A log in a few words.
fn list(log: &[Shown]) -> String {
    let events = log.iter().map(|event| {
        if event.hidden {
            return format!("{}:hidden", event.sequence);
        }
        let number = event.payload.iter().take(8);
        let number = number.fold(0_u64, |sum, byte| sum << 8 | u64::from(*byte));
        format!("{}:{number:x}", event.sequence)
    });
    format!("[{}]", events.collect::<Vec<_>>().join(" "))
}
