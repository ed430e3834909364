//! The background steps. One fills the next segment ahead, syncs what is only written, and leaves the
//! durable mark behind when a burst is over: it waits for the disk. The other makes the indexes of
//! closed segments, which is work of the processor.

use std::sync::atomic::Ordering;
use std::sync::{Arc, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use batpak_platform::{Next, TaskHandle};
use batpak_segment::ControlFrame;

use crate::engine::Engine;
use crate::error::{AppendError, FileError};
use crate::options::Durability;
use crate::stage::control_length;
use crate::sync::Undone;
use crate::tail::Tail;

/// At level `Written`, bytes after which a sync is due, and the fewest of them where a segment is about to
/// end: whoever goes on in the next one syncs what is left, and everybody waits for that.
const SYNC_BYTES: u64 = 8 << 20;
const LEAST_SYNC_BYTES: u64 = 256 << 10;
/// At level `Written`, time after which a sync is due.
const SYNC_AFTER_NS: u64 = 1_000_000_000;
/// How long a submitted unit may stay staged when nobody waits for it.
const LINGER: Duration = Duration::from_millis(1);
/// How long nothing must have been staged before the durable mark is written.
const MARK_AFTER: Duration = Duration::from_millis(4);

/// The steps once they are started.
#[derive(Debug)]
pub(crate) struct Steps {
    upkeep: Box<dyn TaskHandle>,
    sealing: Box<dyn TaskHandle>,
}

/// What the background step remembers between runs.
#[derive(Debug, Default)]
pub(crate) struct Background {
    /// Newest staged event at the last run.
    seen: u64,
    /// Durable mark that a frame in the log states already.
    marked: u64,
    /// Whether staged units were seen at the last run and given time to be waited for.
    lingered: bool,
    /// When events that are not durable yet were first seen.
    unsynced_since: Option<u64>,
}

impl Background {
    /// One bounded step.
    pub(crate) fn run(&mut self, engine: &Weak<Engine>) -> Next {
        let Some(engine) = engine.upgrade() else {
            return Next::Stop;
        };
        if engine.check_open().is_err() {
            return Next::Stop;
        }
        // A step that is gone syncs nothing any more, which nobody would notice.
        let undone = Undone(&engine);
        engine.urged.store(false, Ordering::Release);
        engine.awake.store(false, Ordering::Release);
        // What others wait for, or what a power cut would take, comes before what only saves time.
        let flush = self.flush_if_forgotten(&engine);
        let sync = self.sync_if_due(&engine);
        let wanted = { engine.wanted_segment(&engine.lock_tail()) };
        if let Some((id, doubled)) = wanted {
            // A full disk is reported by the append that needs the space.
            let _retried_by_append = engine.prepare_segment(id, 0, doubled);
        }
        let again = flush
            .into_iter()
            .chain(sync)
            .min()
            .or_else(|| self.mark_if_idle(&engine));
        std::mem::forget(undone);
        match again {
            Some(wait) => {
                engine.awake.store(true, Ordering::Release);
                Next::After(wait)
            }
            None => Next::Park,
        }
    }

    /// Gets submitted units as far as the store's level when nobody has waited for them.
    fn flush_if_forgotten(&mut self, engine: &Engine) -> Option<Duration> {
        if engine.staged_units.load(Ordering::Acquire) == 0 {
            self.lingered = false;
            return None;
        }
        if !self.lingered {
            self.lingered = true;
            return Some(LINGER);
        }
        self.lingered = false;
        match engine.options.durability {
            Durability::Written => engine.write_all_staged(),
            Durability::Synced => engine.lead_if_nobody_does(),
        }
        Some(LINGER)
    }

    /// Syncs what is only written once it is old or large; how long until it is, otherwise.
    fn sync_if_due(&mut self, engine: &Engine) -> Option<Duration> {
        let (written, durable) = (engine.written().get(), engine.durable().get());
        if written <= durable {
            self.unsynced_since = None;
            return None;
        }
        let now = engine.now_ns();
        let since = *self.unsynced_since.get_or_insert(now);
        let age = now.saturating_sub(since);
        let events = engine.options.sync_every_events.map_or(u64::MAX, u64::from);
        let bytes = { engine.sync_bytes(&engine.lock_tail()) };
        let due = age >= SYNC_AFTER_NS
            || engine.unsynced_bytes.load(Ordering::Acquire) >= bytes
            || written - durable >= events;
        if due {
            engine.lead_if_nobody_does();
            self.unsynced_since = None;
            return Some(MARK_AFTER);
        }
        Some(Duration::from_nanos(SYNC_AFTER_NS - age))
    }

    /// States the durable mark in the log when nothing has been staged for a while, so that
    /// readers beside this writer see its newest events.
    fn mark_if_idle(&mut self, engine: &Engine) -> Option<Duration> {
        let durable = engine.durable();
        if durable.get() <= self.marked {
            return None;
        }
        let mut tail = engine.lock_tail();
        let newest = tail.last.get();
        if newest != self.seen || newest != durable.get() {
            self.seen = newest;
            return Some(MARK_AFTER);
        }
        let frame = ControlFrame::DurableMark { durable };
        if !tail.fits(control_length(&frame)) {
            drop(tail);
            // The header of the next segment states it as well. A full disk is reported by the
            // append that needs the space.
            let _retried_by_append = engine.next_segment_now(0);
            self.marked = durable.get();
            return None;
        }
        let stage = Arc::clone(&tail.stage);
        engine.stage_control(&mut tail, &frame);
        drop(tail);
        engine.write_all_staged();
        if stage.outcome.get().is_none() {
            self.marked = durable.get();
            return None;
        }
        Some(MARK_AFTER)
    }
}

impl Engine {
    /// The next segment's id and size when the newest one is half full and none is ready.
    fn wanted_segment(&self, tail: &Tail) -> Option<(batpak_segment::SegmentId, u64)> {
        let segment = tail.cursor.segment.as_ref()?;
        let half_full = tail.cursor.offset >= segment.capacity / 2
            || tail.events() >= self.options.segment_max_events / 2;
        (tail.prepared.is_none() && half_full && tail.cursor.open)
            .then(|| (tail.next_segment_id(), self.next_capacity(tail)))
    }

    /// Bytes after which a sync is due: no more than are left in the newest segment.
    fn sync_bytes(&self, tail: &Tail) -> u64 {
        let Some(segment) = &tail.cursor.segment else {
            return SYNC_BYTES;
        };
        let offset = tail.cursor.offset;
        let events = self
            .options
            .segment_max_events
            .saturating_sub(tail.events());
        let each = offset.checked_div(tail.events()).unwrap_or(u64::MAX);
        let left = segment.capacity.saturating_sub(offset);
        let left = left.min(events.saturating_mul(each));
        left.clamp(LEAST_SYNC_BYTES, SYNC_BYTES)
    }

    /// Wakes the background step when the unit just staged gives it something to do.
    pub(crate) fn wake_if_due(&self, tail: &Tail) {
        let unsynced = self.unsynced_bytes.load(Ordering::Acquire) >= self.sync_bytes(tail);
        let relaxed = self.options.durability == Durability::Written;
        let events = relaxed
            && self.options.sync_every_events.is_some_and(|every| {
                tail.last.get().saturating_sub(self.durable().get()) >= u64::from(every)
            });
        if self.wanted_segment(tail).is_some() || (relaxed && unsynced) || events {
            if !self.urged.load(Ordering::Acquire) && !self.urged.swap(true, Ordering::AcqRel) {
                self.wake_now();
            }
        } else if relaxed {
            self.wake_background();
        }
    }

    /// Wakes the background step unless it is awake or has a wake-up set.
    pub(crate) fn wake_background(&self) {
        if !self.awake.load(Ordering::Acquire) && !self.awake.swap(true, Ordering::AcqRel) {
            self.wake_now();
        }
    }

    fn wake_now(&self) {
        if let Some(steps) = self.lock_background().as_ref() {
            steps.upkeep.wake();
        }
    }

    /// Wakes the step that makes indexes.
    pub(crate) fn wake_sealing(&self) {
        if let Some(steps) = self.lock_background().as_ref() {
            steps.sealing.wake();
        }
    }

    fn lock_background(&self) -> MutexGuard<'_, Option<Steps>> {
        let background = self.background.lock();
        background.unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends the background steps; nothing of them runs when this returns.
    pub(crate) fn stop_background(&self) {
        let steps = self.lock_background().take();
        if let Some(mut steps) = steps {
            steps.upkeep.stop();
            steps.sealing.stop();
        }
    }

    /// Starts the background steps, with the first append.
    pub(crate) fn start_background(self: &Arc<Self>) -> Result<(), AppendError> {
        if self.started.load(Ordering::Acquire) {
            return Ok(());
        }
        let mut background = self.lock_background();
        if background.is_none() && !self.closed.load(Ordering::Acquire) {
            let start = |name, step| {
                let started = self.platform.tasks.start(name, step);
                started.map_err(|source| FileError::new("start", "a background step", source))
            };
            let (mut state, engine) = (Background::default(), Arc::downgrade(self));
            let upkeep = start("batpak-background", Box::new(move || state.run(&engine)))?;
            let engine = Arc::downgrade(self);
            let sealing = start("batpak-index", Box::new(move || seal(&engine)))?;
            if self.view.awaiting_index() > 0 {
                sealing.wake();
            }
            *background = Some(Steps { upkeep, sealing });
            self.started.store(true, Ordering::Release);
        }
        Ok(())
    }
}

/// Makes one index. What it does not come to, appends and the close do.
fn seal(engine: &Weak<Engine>) -> Next {
    match engine.upgrade() {
        Some(engine) if engine.check_open().is_ok() => match engine.seal_one() {
            true => Next::Again,
            false => Next::Park,
        },
        _ => Next::Stop,
    }
}
