//! The writer of one directory.

use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};

use batpak_coordinate::Sequence;
use batpak_platform::Platform;
use batpak_segment::identity::{CleanClose, ClosedSegment};
use batpak_segment::{SegmentId, VisibilityChange};

use crate::condition::Condition;
use crate::draft::{Committed, CommittedUnit, Draft};
use crate::engine::{Engine, Target, Writer};
use crate::error::{AppendError, Failure, OpenError};
use crate::open::open_writer;
use crate::options::{Durability, ExpectedSequence, Options};
use crate::prepare::prepare;
use crate::report::OpenReport;
use crate::sabotage::{Bug, planted};
use crate::stage::{Effort, Staged};
use crate::ticket::Ticket;
use crate::view::View;

/// Most events that an open walks over after a clean close; a segment with more is ended by the close.
const MOST_WALKED_AT_OPEN: u64 = 4096;

/// An open journal: the one writer of its directory. Shared by reference between threads.
///
/// A child that a fork makes of this process cannot write through it: every such call returns
/// [`AppendError::Forked`], and dropping the journal there does nothing. Reading works in the child
/// unless another thread was appending at the moment of the fork, which may leave the index locked.
#[derive(Debug)]
pub struct Journal {
    engine: Arc<Engine>,
}

impl Journal {
    /// Opens the directory for writing, creating the store in an empty one.
    ///
    /// Costs a look at each segment and its index, and a walk over the frames of the newest segment and
    /// of those that a kill left without an index, at most two.
    ///
    /// # Errors
    /// Refuses, changing nothing, when another writer has the directory, when a newer version
    /// wrote it, and when bytes that were durable are missing or damaged.
    pub fn open(platform: &Platform, options: Options) -> Result<(Self, OpenReport), OpenError> {
        let (engine, report) = open_writer(platform, options)?;
        Ok((
            Self {
                engine: Arc::new(engine),
            },
            report,
        ))
    }

    /// Appends one event and waits until it has reached `level`, or the store's level if that is
    /// stronger.
    ///
    /// # Errors
    /// See [`AppendError`]: each variant says whether the event is in the log.
    pub fn append(&self, draft: Draft<'_>, level: Durability) -> Result<Committed, AppendError> {
        let mut committed = self.append_unit([draft], level)?;
        committed.pop().ok_or(AppendError::Closed)
    }

    /// Appends events as one unit: all of them or none, next to each other in the log. Takes the payloads
    /// out of the drafts.
    ///
    /// # Errors
    /// See [`AppendError`].
    pub fn append_unit<'d>(
        &self,
        drafts: impl AsMut<[Draft<'d>]>,
        level: Durability,
    ) -> Result<CommittedUnit, AppendError> {
        self.append_unit_if(&[], drafts, level)
    }

    /// Appends events as one unit if conditions hold of the log where the unit gets its place: of all
    /// that comes before it, also of what others append at the same time. Of two units whose conditions
    /// each other breaks, one is appended. Keys are compared first: where they are taken already, the
    /// originals are returned, whatever the conditions.
    ///
    /// # Errors
    /// `ConditionBroken`, once the events that break it are visible; otherwise see [`AppendError`].
    pub fn append_unit_if<'d>(
        &self,
        conditions: &[Condition],
        mut drafts: impl AsMut<[Draft<'d>]>,
        level: Durability,
    ) -> Result<CommittedUnit, AppendError> {
        let mut committed = CommittedUnit::new();
        let drafts = drafts.as_mut();
        let level = level.max(self.engine.options.durability);
        let effort = match level {
            Durability::Written => Effort::Write,
            Durability::Synced => Effort::Any,
        };
        let target = self.stage(drafts, conditions, effort, &mut committed)?;
        self.engine.wait(&target, level, None)?;
        self.engine.stamp(&mut committed);
        Ok(committed)
    }

    /// The originals of a unit that was appended before with the same keys; nothing when it was not.
    ///
    /// # Errors
    /// `KeyConflict` and `PartialUnit` where the keys are taken by others; otherwise as for
    /// [`append_unit`](Self::append_unit).
    pub fn repeated(
        &self,
        drafts: &[Draft<'_>],
        level: Durability,
    ) -> Result<Option<CommittedUnit>, AppendError> {
        if drafts.iter().all(|draft| draft.key.is_none()) {
            return Ok(None);
        }
        // Keys are compared before all else, and this never holds.
        let never = Condition::ShownAsAfter { changes: u64::MAX };
        let expecting_nothing = drafts.iter().map(|draft| Draft {
            expected: ExpectedSequence::Any,
            ..draft.clone()
        });
        let drafts: Vec<Draft<'_>> = expecting_nothing.collect();
        match self.append_unit_if(&[never], drafts, level) {
            Ok(committed) => Ok(Some(committed)),
            Err(AppendError::ConditionBroken { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Hides events, both ends included, and makes that durable. They keep their places in their streams,
    /// their keys and their effects; they are not shown to readers.
    ///
    /// # Errors
    /// `NoSuchRange` unless both ends are visible events in their order; otherwise as for an append, where
    /// `Unknown` names the range: whether it is hidden shows when the store is opened again.
    pub fn hide(&self, first: Sequence, last: Sequence) -> Result<(), AppendError> {
        self.change_visibility(true, first, last)
    }

    /// Shows events again, both ends included, and makes that durable.
    ///
    /// # Errors
    /// As for [`hide`](Self::hide).
    pub fn unhide(&self, first: Sequence, last: Sequence) -> Result<(), AppendError> {
        self.change_visibility(false, first, last)
    }

    fn change_visibility(
        &self,
        hides: bool,
        first: Sequence,
        last: Sequence,
    ) -> Result<(), AppendError> {
        self.engine.check_process()?;
        let newest = self.engine.view.visible();
        if first.is_none() || first > last || last > newest {
            return Err(AppendError::NoSuchRange {
                first,
                last,
                newest,
            });
        }
        let change = VisibilityChange { hides, first, last };
        self.engine.change_visibility(change)
    }

    /// Stages a unit and returns; [`Ticket::wait`] waits for it. Without a wait it is written by
    /// the next caller that waits for something, or in the background. Takes the payloads out of the drafts.
    ///
    /// # Errors
    /// See [`AppendError`]; when this returns an error, nothing of the unit is in the log.
    pub fn submit<'d>(&self, drafts: impl AsMut<[Draft<'d>]>) -> Result<Ticket, AppendError> {
        let ticket = self.ticket(drafts, Effort::Any)?;
        self.engine.wake_background();
        Ok(ticket)
    }

    /// Stages a unit if that takes no waiting: no write of what is staged, no index, no other caller's
    /// event. At most it fills the next segment, 1 MiB or what the unit takes, when none is ready and
    /// nobody else is filling one.
    ///
    /// # Errors
    /// `Busy` when it would have to wait, or `most_staged` events or more are staged and not written: the
    /// background step is on its way to them then. Otherwise as for [`submit`](Self::submit).
    pub fn try_submit<'d>(
        &self,
        drafts: impl AsMut<[Draft<'d>]>,
        most_staged: u64,
    ) -> Result<Ticket, AppendError> {
        let staged = self.ticket(drafts, Effort::AtOnce { most_staged });
        if matches!(staged, Ok(_) | Err(AppendError::Busy)) {
            self.engine.wake_background();
        }
        staged
    }

    /// Events that are staged and not written. Costs the lock under which units get their place; none in a
    /// forked child.
    #[must_use]
    pub fn staged_events(&self) -> u64 {
        match self.engine.check_process() {
            Ok(()) => self.engine.staged(&self.engine.lock_tail()),
            Err(_) => 0,
        }
    }

    fn ticket<'d>(
        &self,
        mut drafts: impl AsMut<[Draft<'d>]>,
        effort: Effort,
    ) -> Result<Ticket, AppendError> {
        let mut committed = CommittedUnit::new();
        let target = self.stage(drafts.as_mut(), &[], effort, &mut committed)?;
        Ok(Ticket::new(Arc::clone(&self.engine), committed, target))
    }

    /// Gives a unit its place, and adds its facts to `committed`.
    fn stage(
        &self,
        drafts: &mut [Draft<'_>],
        conditions: &[Condition],
        effort: Effort,
        committed: &mut CommittedUnit,
    ) -> Result<Target, AppendError> {
        self.engine.check_open()?;
        if drafts.is_empty() {
            return Ok(Target {
                first: Sequence::NONE,
                last: Sequence::NONE,
                stage: Arc::default(),
            });
        }
        self.engine.start_background()?;
        let mut unit = prepare(drafts, &self.engine.options)?;
        loop {
            let staged = self
                .engine
                .stage(&mut unit, conditions, effort, committed)?;
            match staged {
                Staged::New(target) => return Ok(target),
                Staged::Present(sequences, target) => {
                    // The original must be visible before it is compared or returned; if it
                    // failed meanwhile, the unit is staged again.
                    match self
                        .engine
                        .wait(&target, self.engine.options.durability, None)
                    {
                        Ok(_) => {
                            *committed = self.engine.originals(&unit, &sequences)?;
                            return Ok(target);
                        }
                        Err(AppendError::NotWritten(_)) => {}
                        Err(error) => return Err(error),
                    }
                }
            }
        }
    }

    /// Makes everything appended so far durable.
    ///
    /// # Errors
    /// A failed sync fails the writer: what is on the disk shows at the next open.
    pub fn sync(&self) -> Result<(), AppendError> {
        if planted(Bug::SyncNothing) {
            return Ok(());
        }
        loop {
            self.engine.check_open()?;
            let target = {
                let tail = self.engine.lock_tail();
                Target {
                    first: tail.last,
                    last: tail.last,
                    stage: Arc::clone(&tail.stage),
                }
            };
            match self.engine.wait(&target, Durability::Synced, None) {
                // A unit of somebody else failed; what was appended before it is still to sync.
                Err(AppendError::NotWritten(_)) => {}
                result => return result.map(|_| ()),
            }
        }
    }

    /// What readers see.
    #[must_use]
    pub fn view(&self) -> &View {
        &self.engine.view
    }

    /// Newest event on stable storage.
    #[must_use]
    pub fn durable(&self) -> Sequence {
        self.engine.durable()
    }

    /// Makes everything durable, records that the store was closed, and releases the directory.
    ///
    /// # Errors
    /// When something could not be made durable; the directory is released all the same.
    pub fn close(self) -> Result<(), AppendError> {
        self.engine.check_process()?;
        let synced = self.sync();
        self.engine.closed.store(true, Ordering::Release);
        self.engine.stop_background();
        synced?;
        self.engine.record_close()
    }
}

impl Drop for Journal {
    /// Ends like a killed process, but for what is staged: that is written. Does nothing in a
    /// forked child.
    fn drop(&mut self) {
        if self.engine.check_process().is_err() {
            return;
        }
        if !self.engine.closed.load(Ordering::Acquire) {
            self.engine.write_all_staged();
        }
        self.engine.closed.store(true, Ordering::Release);
        self.engine.stop_background();
        self.engine.release();
    }
}

impl Engine {
    /// Says in each receipt what holds now.
    pub(crate) fn stamp(&self, committed: &mut [Committed]) {
        let durable = self.durable();
        for facts in committed {
            facts.durability = if facts.sequence <= durable {
                Durability::Synced
            } else {
                Durability::Written
            };
        }
    }

    /// Records the clean close, then cuts the newest segment to what is in it: in this order, so
    /// that a crash in between leaves a longer file, which opens as after a crash.
    fn record_close(&self) -> Result<(), AppendError> {
        self.view.count_awaiting();
        self.seal_closed();
        let mut writer = self.lock_write();
        if let Some(active) = writer
            .active
            .as_ref()
            .filter(|_| !planted(Bug::CloseBeforeSync))
        {
            // The record vouches for every byte before its length, control frames included.
            let synced = active.sync();
            synced.map_err(|error| AppendError::Failed(Failure::Sync(error)))?;
        }
        let ended = self.end_large_segment(&mut writer)?;
        drop(writer);
        self.seal_closed();
        let tree = self.view.tree_head(self.durable()).ok();
        let mut writer = self.lock_write();
        if let Some(active) = writer
            .active
            .as_ref()
            .filter(|_| planted(Bug::CutBeforeRecord))
        {
            let _early = active.file.set_len(writer.end);
        }
        let mut identity = writer.desired.clone();
        identity.durable = writer.last;
        identity.clean_close = Some(CleanClose {
            epoch: self.view.epoch(),
            segment: writer
                .active
                .as_ref()
                .map_or(SegmentId(0), |active| active.id),
            length: writer.end,
            last_sequence: writer.last,
            last_hash: writer.last_hash,
            tree,
        });
        writer
            .identity
            .write(identity)
            .map_err(AppendError::Failed)?;
        if let Some(active) = writer.active.as_ref().filter(|_| !writer.evidence) {
            // Not synced: a cut that a crash takes back leaves a longer file, which is opened as
            // after a crash, with the record as the mark.
            let cut = active.file.set_len(writer.end);
            if !ended {
                cut.map_err(|source| active.error("cut", source))?;
            }
        }
        if let Some(next) = self.lock_tail().prepared.take() {
            drop(next.file);
            // A leftover is removed at the next writable open.
            let _leftover = self.platform.storage.remove(&next.temporary);
        }
        Ok(())
    }

    /// Ends the newest segment when it holds many events, so that the next open has its index instead
    /// of frames to walk over. Whether every segment is ended now.
    fn end_large_segment(&self, writer: &mut Writer) -> Result<bool, AppendError> {
        let Some(active) = writer.active.clone() else {
            return Ok(true);
        };
        if writer.ended().is_some() {
            return Ok(true);
        }
        let (close, stage) = {
            let mut tail = self.lock_tail();
            if !tail.cursor.open || tail.events() <= MOST_WALKED_AT_OPEN {
                return Ok(false);
            }
            (tail.close_segment(), Arc::clone(&tail.stage))
        };
        self.write_staged(writer);
        if stage.outcome.get().is_some() || self.failure.get().is_some() {
            // The seal could not be written: the segment stays as it is.
            return Ok(false);
        }
        active
            .sync()
            .map_err(|error| AppendError::Failed(Failure::Sync(error)))?;
        writer.desired.closed.push(ClosedSegment {
            close,
            first_sequence: active.first_sequence,
            index_hash: None,
        });
        self.close_part(&close);
        Ok(true)
    }

    /// Lets go of the directory.
    pub(crate) fn release(&self) {
        let mut lock = self.lock.lock().unwrap_or_else(PoisonError::into_inner);
        drop(lock.take());
    }
}
