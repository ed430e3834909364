//! From lines to units of the store.

use std::collections::HashMap;

use batpak::store::{BatchAppendItem, CommitState, Open};
use batpak::{EventId, IdempotencyKey, Store, StoreError};

use super::NdjsonArgs;
use super::runs::{Fingerprint, Runs};
use crate::command::import::Imported;
use crate::context::Context;
use crate::failure::{Exit, Failure, Result};
use crate::input::{
    Draft, Foreign, InputEvent, Label, Labels, LineError, draft, find_in_store, holds, parse_line,
};
use crate::interrupt;
use crate::lines::{Line, Lines};
use crate::output::counted;
use crate::text_key;

/// Bytes of a unit: one that would be larger is closed before, unless it is a single event.
const UNIT_BYTES: usize = 8 * 1024 * 1024;
/// Bad lines that are shown; the others are only counted.
const SHOWN_BAD_LINES: u64 = 10;

/// An import that is under way.
pub(super) struct Importer<'a> {
    context: &'a Context,
    store: &'a Store<Open>,
    args: &'a NdjsonArgs,
    runs: Runs<'a>,
    /// What lines of this import are called.
    labels: HashMap<Label, EventId>,
    /// What lines before the first one of this import are called.
    earlier: HashMap<Label, Earlier>,
    unit: Unit,
    imported: Imported,
    bad_lines: u64,
}

/// A line that is passed over because an earlier import has read it.
enum Earlier {
    Keyed(EventId),
    Unkeyed(Fingerprint),
}

/// An event that is to be appended.
struct Ready {
    id: EventId,
    /// Whether the line has a key.
    keyed: bool,
    labels: Vec<Label>,
    draft: Draft,
}

/// The events that are committed together next.
#[derive(Default)]
struct Unit {
    items: Vec<BatchAppendItem>,
    /// Position of each event.
    positions: HashMap<EventId, usize>,
    ids: Vec<EventId>,
    bytes: usize,
    /// The first of the lines.
    first_line: u64,
    /// The line of the newest event.
    last_line: u64,
}

impl<'a> Importer<'a> {
    pub(super) fn new(
        context: &'a Context,
        store: &'a Store<Open>,
        args: &'a NdjsonArgs,
    ) -> Importer<'a> {
        Importer {
            context,
            store,
            args,
            runs: Runs::begin(store),
            labels: HashMap::new(),
            earlier: HashMap::new(),
            unit: Unit::default(),
            imported: Imported::default(),
            bad_lines: 0,
        }
    }

    /// Imports all lines, and tells `progress` of each.
    pub(super) fn all(
        &mut self,
        lines: &Lines,
        mut progress: impl FnMut(&Line),
    ) -> Result<Imported> {
        let mut next = self.args.from_line;
        while let Some(line) = lines.next(interrupt::requested) {
            progress(&line);
            let number = line.number;
            match self.take(line) {
                Ok(None) => {}
                Ok(Some(ready)) => self.push(number, ready)?,
                Err(LineError::Bad(message)) => self.bad(number, message)?,
                Err(LineError::Failed(failure)) => return Err(self.failed(number, failure)),
            }
            next = next.max(number + 1);
        }
        self.flush()?;
        if interrupt::requested() {
            return Err(interrupt::failure(&self.progress(next)));
        }
        if self.bad_lines > SHOWN_BAD_LINES {
            let more = counted(self.bad_lines - SHOWN_BAD_LINES, "more bad line");
            self.context.warn(&format!("{more} skipped"));
        }
        Ok(self.imported)
    }

    /// The event of a line, unless it is passed over or present.
    fn take(&mut self, line: Line) -> std::result::Result<Option<Ready>, LineError> {
        let passed_over = line.number < self.args.from_line;
        let text = match line.text {
            Err(LineError::Bad(_)) if passed_over => return Ok(None),
            text => text?,
        };
        if text.trim().is_empty() {
            return Ok(None);
        }
        let fingerprint = Fingerprint::of(line.number, &text);
        if passed_over {
            self.remember(fingerprint, &text);
            return Ok(None);
        }
        let event = parse_line(&text)?;
        drop(text);
        if event.kind.is_reserved() {
            self.imported.skipped += 1;
            return Ok(None);
        }
        if self.args.resume
            && event.key.is_none()
            && let Some(id) = self.runs.find(fingerprint)?
        {
            self.present(&event.labels, id);
            return Ok(None);
        }
        self.ready(fingerprint, event)
    }

    fn ready(
        &mut self,
        fingerprint: Fingerprint,
        event: InputEvent,
    ) -> std::result::Result<Option<Ready>, LineError> {
        let own_key = event.key.as_deref().map(text_key::idempotency_key);
        let key = own_key.unwrap_or_else(|| self.runs.key(fingerprint, self.next_sequence()));
        let id = EventId::from(key);
        let labels = event.labels.clone();
        let foreign = if self.args.foreign_causes {
            Foreign::Accepted
        } else {
            Foreign::Refused
        };
        let draft = draft(event, Some(key), foreign, self)?;
        if own_key.is_some() && self.is_present(key, &draft)? {
            self.present(&labels, id);
            return Ok(None);
        }
        let keyed = own_key.is_some();
        Ok(Some(Ready {
            id,
            keyed,
            labels,
            draft,
        }))
    }

    /// Adds an event to the unit, which is committed before or after when it would be or is full.
    fn push(&mut self, line: u64, ready: Ready) -> Result<()> {
        if !self.unit.items.is_empty() && self.unit.bytes + ready.draft.bytes > UNIT_BYTES {
            self.flush()?;
        }
        if !ready.keyed {
            self.runs.has(self.next_sequence());
        }
        self.label(&ready.labels, ready.id);
        self.unit.push(line, ready.id, ready.draft);
        let full = usize::try_from(self.args.batch).unwrap_or(usize::MAX);
        if self.unit.items.len() >= full {
            self.flush()?;
        }
        Ok(())
    }

    /// Whether an event with this key and the same body is in the store or about to be; one with
    /// another body is a failure.
    fn is_present(
        &self,
        key: IdempotencyKey,
        draft: &Draft,
    ) -> std::result::Result<bool, LineError> {
        let id = EventId::from(key);
        if let Some(position) = self.unit.positions.get(&id) {
            let same = self.unit.items.get(*position) == Some(&draft.item);
            return if same {
                Ok(true)
            } else {
                Err(StoreError::KeyConflict { key: id }.into())
            };
        }
        if !holds(self.store, id)? {
            return Ok(false);
        }
        // The store compares the bodies, and appends nothing.
        self.store.submit_item(draft.item.clone())?.wait()?;
        Ok(true)
    }

    fn present(&mut self, labels: &[Label], id: EventId) {
        self.imported.present += 1;
        self.label(labels, id);
    }

    fn label(&mut self, labels: &[Label], id: EventId) {
        for label in labels {
            self.labels.insert(label.clone(), id);
        }
    }

    /// Keeps what a line is called that an earlier import has read; what is wrong with it has been
    /// said then.
    fn remember(&mut self, fingerprint: Fingerprint, text: &str) {
        let Ok(event) = parse_line(text) else {
            return;
        };
        for label in event.labels {
            let line = match &event.key {
                Some(key) => Earlier::Keyed(text_key::event_id(key)),
                None => Earlier::Unkeyed(fingerprint),
            };
            self.earlier.insert(label, line);
        }
    }

    /// Counts a bad line, or ends the import with it.
    fn bad(&mut self, line: u64, message: String) -> Result<()> {
        if !self.args.skip_bad {
            let failure = Failure::new(Exit::Error, "bad-line", message).at_line(line);
            return Err(self.stopped(failure, line));
        }
        self.imported.skipped += 1;
        self.bad_lines += 1;
        if self.bad_lines <= SHOWN_BAD_LINES {
            self.context
                .warn(&format!("line {line} skipped: {message}"));
        }
        Ok(())
    }

    /// Commits the unit.
    fn flush(&mut self) -> Result<()> {
        let unit = std::mem::take(&mut self.unit);
        if unit.items.is_empty() {
            return Ok(());
        }
        let events = unit.items.len();
        match self.store.append_batch(unit.items) {
            Ok(_) => {
                self.imported.new += u64::try_from(events).unwrap_or(u64::MAX);
                Ok(())
            }
            Err(error) if error.commit_state() == CommitState::NotCommitted => {
                Err(Failure::from(error).and(&self.progress(unit.first_line)))
            }
            Err(error) => Err(Failure::from(error).and(&format!(
                "{} events committed before; whether lines {} to {} are is not known: continue \
                 with --resume",
                self.imported.new, unit.first_line, unit.last_line
            ))),
        }
    }

    /// What is wrong with a line is no mistake in it: a key of another event, or the store fails.
    fn failed(&self, line: u64, failure: Failure) -> Failure {
        let failure = self.stopped(failure.at_line(line), line);
        if failure.exit_code() == Exit::Conflict.code() {
            failure.with_hint(
                "the key belongs to an event with another body: use another key, or --resume when \
                 an import of this input was interrupted",
            )
        } else {
            failure
        }
    }

    /// `failure`, which ends the import at `line`, with how to go on.
    fn stopped(&self, failure: Failure, line: u64) -> Failure {
        let next = if self.unit.items.is_empty() {
            line
        } else {
            self.unit.first_line
        };
        failure.and(&self.progress(next))
    }

    fn progress(&self, next_line: u64) -> String {
        let new = self.imported.new;
        let plural = if new == 1 { "" } else { "s" };
        format!("{new} event{plural} committed, continue with --from-line {next_line}")
    }

    /// The sequence of the next event: this process is the only writer.
    fn next_sequence(&self) -> u64 {
        let pending = u64::try_from(self.unit.items.len()).unwrap_or(u64::MAX);
        self.store.stats().global_sequence + pending + 1
    }
}

impl Unit {
    fn push(&mut self, line: u64, id: EventId, draft: Draft) {
        if self.items.is_empty() {
            self.first_line = line;
        }
        self.last_line = line;
        self.positions.insert(id, self.items.len());
        self.ids.push(id);
        self.bytes += draft.bytes;
        self.items.push(draft.item);
    }

    /// The event that will have the sequence `after` plus its position, from 1.
    fn at(&self, sequence: u64, after: u64) -> Option<EventId> {
        let position = sequence.checked_sub(after)?.checked_sub(1)?;
        self.ids.get(usize::try_from(position).ok()?).copied()
    }
}

impl Labels for Importer<'_> {
    fn of_line(&self, label: &Label) -> std::result::Result<Option<EventId>, LineError> {
        if let Some(id) = self.labels.get(label) {
            return Ok(Some(*id));
        }
        match self.earlier.get(label) {
            None => Ok(None),
            Some(Earlier::Keyed(id)) => Ok(holds(self.store, *id)?.then_some(*id)),
            Some(Earlier::Unkeyed(line)) => self.runs.find(*line),
        }
    }

    fn of_store(&self, label: &Label) -> std::result::Result<Option<EventId>, LineError> {
        let pending = match label {
            Label::Sequence(sequence) => {
                let newest = self.store.stats().global_sequence;
                self.unit.at(*sequence, newest)
            }
            Label::Id(id) => Some(*id),
            Label::Text(text) => text.strip_prefix("key:").map(text_key::event_id),
        };
        match pending.filter(|id| self.unit.positions.contains_key(id)) {
            Some(id) => Ok(Some(id)),
            None => find_in_store(self.store, label),
        }
    }
}
