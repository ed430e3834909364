//! Waiting for a level, and who leads the sync that reaches it.
//!
//! Whoever needs *written* takes the `write` lock; whoever needs *durable* leads a sync when
//! nobody does, else sleeps on its own parker. `durable` is raised to the `written` mark read
//! before the sync began: what was written during it may not be on the disk.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use batpak_coordinate::Sequence;
use batpak_platform::Parker;

use crate::engine::{Engine, Target};
use crate::error::{AppendError, Failure, FileError};
use crate::options::Durability;
use crate::sabotage::{Bug, planted};

/// Everything under the `frontier` lock.
#[derive(Debug, Default)]
pub(crate) struct Frontier {
    leading: bool,
    waiters: Vec<Waiter>,
    /// How long the last sync took, and how many units it carried: a crowd that just shared a
    /// sync is about to come back.
    last_sync_ns: u64,
    last_units: usize,
}

#[derive(Debug)]
struct Waiter {
    last: Sequence,
    parker: Arc<Parker>,
}

impl Frontier {
    /// Wakes every waiter to judge its target again.
    pub(crate) fn wake_all(&mut self) {
        for waiter in self.waiters.drain(..) {
            waiter.parker.unpark();
        }
    }

    /// Wakes those whose target is reached, and one more to lead the next sync.
    pub(crate) fn wake_after_sync(&mut self, durable: Sequence) {
        self.waiters.retain(|waiter| {
            let reached = waiter.last <= durable;
            if reached {
                waiter.parker.unpark();
            }
            !reached
        });
        self.wake_a_leader();
    }

    /// Wakes one waiter to lead, when nobody does.
    fn wake_a_leader(&mut self) {
        if !self.leading && !self.waiters.is_empty() {
            self.waiters.swap_remove(0).parker.unpark();
        }
    }
}

impl Engine {
    /// Waits until `target` has reached `level`, leading the work where nobody else does.
    ///
    /// With a `limit`, gives up after that long and returns `Ok(false)`; the events stay staged.
    pub(crate) fn wait(
        &self,
        target: &Target,
        level: Durability,
        limit: Option<Duration>,
    ) -> Result<bool, AppendError> {
        let deadline = limit.map(|limit| self.now_ns().saturating_add(nanoseconds(limit)));
        let mut woken = Woken {
            engine: self,
            may_lead: false,
        };
        loop {
            if let Some(verdict) = self.judge(target, level) {
                return verdict.map(|()| true);
            }
            match level {
                // Does the work itself, so that no limit cuts it short.
                Durability::Written => self.write_for(target),
                Durability::Synced => {
                    let left = match deadline {
                        None => None,
                        Some(deadline) => {
                            let left = deadline.saturating_sub(self.now_ns());
                            if left == 0 {
                                return Ok(false);
                            }
                            Some(Duration::from_nanos(left))
                        }
                    };
                    woken.may_lead |= self.lead_or_sleep(target, left);
                }
            }
        }
    }

    fn write_for(&self, target: &Target) {
        let mut writer = self.lock_write();
        if self.judge(target, Durability::Written).is_none() {
            self.write_staged(&mut writer);
        }
    }

    /// Leads a sync, or sleeps while somebody else does; true when it slept.
    fn lead_or_sleep(&self, target: &Target, limit: Option<Duration>) -> bool {
        let parker = {
            let mut frontier = self.lock_frontier();
            // Judged again under the lock that wakes: a verdict reached before is not slept over.
            if self.judge(target, Durability::Synced).is_some() {
                return false;
            }
            if frontier.leading {
                let parker = Arc::new(Parker::new());
                frontier.waiters.push(Waiter {
                    last: target.last,
                    parker: Arc::clone(&parker),
                });
                parker
            } else {
                frontier.leading = true;
                drop(frontier);
                self.lead();
                return false;
            }
        };
        if !parker.park(limit) {
            self.lock_frontier()
                .waiters
                .retain(|waiter| !Arc::ptr_eq(&waiter.parker, &parker));
        }
        true
    }

    /// Writes, syncs, and hands leadership on. The caller has set the leading flag.
    pub(crate) fn lead(&self) {
        let unfinished = Unfinished(self);
        self.let_the_crowd_stage();
        let (mark, active, units) = {
            let mut writer = self.lock_write();
            let units = self.write_staged(&mut writer);
            (writer.last, writer.active.clone(), units)
        };
        let started = self.now_ns();
        let before = self.unsynced_bytes.swap(0, Ordering::AcqRel);
        let outcome = match &active {
            _ if planted(Bug::AcknowledgeBeforeSync) => Ok(()),
            _ if planted(Bug::SkipSyncOfLaterEpochs) && self.view.epoch().0 > 1 => Ok(()),
            Some(active) if self.failure.get().is_none() => active.sync(),
            _ => Ok(()),
        };
        match outcome {
            Ok(()) if self.failure.get().is_none() => self.raise_durable(mark),
            Ok(()) => {}
            Err(error) => {
                self.unsynced_bytes.fetch_add(before, Ordering::AcqRel);
                self.fail(Failure::Sync(error));
            }
        }
        let took = self.now_ns().saturating_sub(started);
        std::mem::forget(unfinished);
        let mut frontier = self.lock_frontier();
        frontier.leading = false;
        frontier.last_units = units;
        frontier.last_sync_ns = took;
        frontier.wake_after_sync(self.durable());
        drop(frontier);
        self.wake_background();
    }

    /// Leads a sync of everything written, unless somebody does so already.
    pub(crate) fn lead_if_nobody_does(&self) {
        let mut frontier = self.lock_frontier();
        if !frontier.leading {
            frontier.leading = true;
            drop(frontier);
            self.lead();
        }
    }

    /// Yields until as many units are staged as the last sync carried, or a fifth of its time has
    /// passed: a sync shared by k callers finds most of them about to append again.
    fn let_the_crowd_stage(&self) {
        let (units, patience) = {
            let frontier = self.lock_frontier();
            (frontier.last_units, frontier.last_sync_ns / 5)
        };
        if units <= 1 {
            return;
        }
        let until = self.now_ns().saturating_add(patience);
        while self.staged_units.load(Ordering::Acquire) < units && self.now_ns() < until {
            self.platform.tasks.pause();
        }
    }

    /// Raises `durable`, and with it what is visible in a store at level `Synced`.
    pub(crate) fn raise_durable(&self, mark: Sequence) {
        self.durable.fetch_max(mark.get(), Ordering::AcqRel);
        if self.options.durability == Durability::Synced {
            self.view.raise_visible(mark);
        }
    }

    pub(crate) fn now_ns(&self) -> u64 {
        self.platform.clock.monotonic_ns()
    }
}

/// Dropped when a waiter stops waiting, by a panic as well. It may have been woken to lead, and does
/// not: another waiter does.
struct Woken<'a> {
    engine: &'a Engine,
    may_lead: bool,
}

impl Drop for Woken<'_> {
    fn drop(&mut self) {
        if self.may_lead {
            self.engine.lock_frontier().wake_a_leader();
        }
    }
}

/// Dropped only when a panic leaves [`Engine::lead`]: what has reached the disk is then unknown,
/// and nobody may sleep for a leader that is gone.
struct Unfinished<'a>(&'a Engine);

impl Drop for Unfinished<'_> {
    fn drop(&mut self) {
        self.0.lock_frontier().leading = false;
        self.0.fail(Failure::Sync(interrupted("sync")));
    }
}

/// Dropped only when a panic leaves work that others rely on: the writer fails, so that nobody
/// goes on behind what was left undone.
pub(crate) struct Undone<'a>(pub(crate) &'a Engine);

impl Drop for Undone<'_> {
    fn drop(&mut self) {
        self.0.fail(Failure::Write(interrupted("write")));
    }
}

fn interrupted(operation: &'static str) -> FileError {
    let source = std::io::Error::other("interrupted by a panic");
    FileError::new(operation, ".", source)
}

fn nanoseconds(limit: Duration) -> u64 {
    u64::try_from(limit.as_nanos()).unwrap_or(u64::MAX)
}
