//! The state of an open journal, and its locks.
//!
//! Lock order: `hiding` or `sealing` -> `write` -> `tail` -> the parts -> `frontier`, and `preparing` -> `tail`. Under
//! none of them, and after `sealing`, comes the lock of whoever makes a damaged index again (`view.rs`);
//! `background` may be taken under all. No caller code runs under any.
//! Durability points: a unit is durable when a sync that began after its write returned
//! (`sync.rs`), or when its segment was rotated away (`write.rs`).

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use batpak_coordinate::Sequence;
use batpak_event::Digest;
use batpak_platform::{Platform, ProcessGuard, StorageLock};
use batpak_segment::CloseFacts;
use batpak_segment::identity::Identity;

use crate::background::Steps;
use crate::error::{AppendError, Failure};
use crate::identity_file::IdentityFile;
use crate::live::Ordinal;
use crate::options::{Durability, Options};
use crate::segment_file::SegmentFile;
use crate::sync::Frontier;
use crate::tail::{Stage, StagedBuffer, Tail};
use crate::view::View;

/// Shared by every caller and by the background steps.
#[derive(Debug)]
pub(crate) struct Engine {
    pub(crate) platform: Platform,
    pub(crate) options: Options,
    pub(crate) view: View,
    /// Asked before any lock is taken: in a forked child, a thread that is not there may hold it.
    pub(crate) process: ProcessGuard,
    /// Held across write calls and segment changes only.
    pub(crate) write: Mutex<Writer>,
    /// Held while a unit gets its place; never across I/O or caller code.
    pub(crate) tail: Mutex<Tail>,
    pub(crate) frontier: Mutex<Frontier>,
    /// Held while the next segment is filled.
    pub(crate) preparing: Mutex<()>,
    /// Held while the index of a closed segment is made.
    pub(crate) sealing: Mutex<()>,
    /// Held while a change of what is shown is made.
    pub(crate) hiding: Mutex<()>,
    /// Newest event handed to the operating system; raised under `write`.
    pub(crate) written: AtomicU64,
    /// Newest event of which bytes may have reached the disk, in a failed write as well.
    pub(crate) attempted: AtomicU64,
    /// Newest event on stable storage; raised by whoever a sync returned to.
    pub(crate) durable: AtomicU64,
    /// Units staged since the last write.
    pub(crate) staged_units: AtomicUsize,
    /// Bytes written since the last sync.
    pub(crate) unsynced_bytes: AtomicU64,
    pub(crate) failure: OnceLock<Failure>,
    /// Set after `failure`. With `attempted` it decides who may say that nothing was written:
    /// a writer raises `attempted`, then looks here; a judge looks here, then at `attempted`.
    /// Sequential consistency makes one of them see the other.
    pub(crate) failed: AtomicBool,
    pub(crate) closed: AtomicBool,
    pub(crate) background: Mutex<Option<Steps>>,
    /// Whether the background steps were started: set once, and looked at without the lock.
    pub(crate) started: AtomicBool,
    /// Whether the step that waits for the disk has been woken and not gone to sleep since.
    pub(crate) awake: AtomicBool,
    /// Whether it has been told since it last began that there is something to do at once.
    pub(crate) urged: AtomicBool,
    /// Held until the engine is gone: the directory is ours.
    pub(crate) lock: Mutex<Option<Box<dyn StorageLock>>>,
}

/// Everything under the `write` lock.
#[derive(Debug)]
pub(crate) struct Writer {
    /// The identity on disk, and what it shall say at its next write.
    pub(crate) identity: IdentityFile,
    pub(crate) desired: Identity,
    /// Whether that has indexes that the one on disk does not have.
    pub(crate) new_indexes: bool,
    /// Segment that is written to.
    pub(crate) active: Option<Arc<SegmentFile>>,
    pub(crate) ordinal: Ordinal,
    /// End of the whole units in it.
    pub(crate) end: u64,
    /// Newest event written, and its event hash.
    pub(crate) last: Sequence,
    pub(crate) last_hash: Digest,
    pub(crate) epoch_written: bool,
    /// Whether the bytes behind the end of the active segment are damage that was accepted: they
    /// are kept, because somebody may yet want to look at them.
    pub(crate) evidence: bool,
    /// Emptied pieces and an emptied queue, to use again.
    pub(crate) spare: Option<Vec<Vec<u8>>>,
    pub(crate) emptied: Vec<StagedBuffer>,
}

/// What a caller waits for.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    pub(crate) first: Sequence,
    pub(crate) last: Sequence,
    pub(crate) stage: Arc<Stage>,
}

impl Writer {
    /// How the active segment ended, when the identity says so already.
    pub(crate) fn ended(&self) -> Option<CloseFacts> {
        let active = self.active.as_ref()?;
        let last = self.desired.closed.last()?.close;
        (last.segment == active.id).then_some(last)
    }
}

impl Engine {
    pub(crate) fn lock_write(&self) -> MutexGuard<'_, Writer> {
        self.write.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn lock_tail(&self) -> MutexGuard<'_, Tail> {
        self.tail.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn lock_frontier(&self) -> MutexGuard<'_, Frontier> {
        self.frontier.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn written(&self) -> Sequence {
        Sequence(self.written.load(Ordering::Acquire))
    }

    pub(crate) fn durable(&self) -> Sequence {
        Sequence(self.durable.load(Ordering::Acquire))
    }

    /// The mark of a level.
    pub(crate) fn reached(&self, level: Durability) -> Sequence {
        match level {
            Durability::Written => self.written(),
            Durability::Synced => self.durable(),
        }
    }

    /// Refuses work in a forked child.
    pub(crate) fn check_process(&self) -> Result<(), AppendError> {
        if self.process.is_home() {
            Ok(())
        } else {
            Err(AppendError::Forked)
        }
    }

    /// Refuses work in a forked child, and on a closed or failed writer.
    pub(crate) fn check_open(&self) -> Result<(), AppendError> {
        self.check_process()?;
        if self.closed.load(Ordering::Acquire) {
            return Err(AppendError::Closed);
        }
        match self.failure.get() {
            Some(failure) => Err(AppendError::Failed(failure.clone())),
            None => Ok(()),
        }
    }

    /// What is known of a target: `Some` once it has reached `level` or cannot any more.
    ///
    /// The mark is read before the stage: a mark that covers a reused sequence was raised after
    /// the earlier stage had been given its outcome.
    pub(crate) fn judge(
        &self,
        target: &Target,
        level: Durability,
    ) -> Option<Result<(), AppendError>> {
        let reached = self.reached(level);
        if let Some(outcome) = target.stage.outcome.get()
            && target.last > outcome.kept
        {
            return Some(Err(AppendError::NotWritten(outcome.error.clone())));
        }
        if reached >= target.last {
            return Some(Ok(()));
        }
        if !self.process.is_home() {
            // Only the parent knows what becomes of it.
            return Some(Err(AppendError::Unknown {
                first: target.first,
                last: target.last,
                failure: Failure::Forked,
            }));
        }
        if !self.failed.load(Ordering::SeqCst) {
            return None;
        }
        let failure = self.failure.get()?;
        let attempted = Sequence(self.attempted.load(Ordering::SeqCst));
        Some(Err(if target.first <= attempted {
            AppendError::Unknown {
                first: target.first,
                last: target.last,
                failure: failure.clone(),
            }
        } else {
            AppendError::Failed(failure.clone())
        }))
    }

    /// Ends the writer: nothing is accepted any more, reads go on.
    pub(crate) fn fail(&self, failure: Failure) {
        // Only the first failure is kept: it is the cause of what follows.
        let _kept = self.failure.set(failure);
        self.failed.store(true, Ordering::SeqCst);
        self.lock_frontier().wake_all();
    }
}
