//! One sync for all who wait: the first leads, the others follow.

use std::fs::File;
use std::sync::{Condvar, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use super::log::Log;
use crate::Result;

/// Who syncs, and how far it came.
#[derive(Debug)]
pub(super) struct Group {
    file: File,
    state: Mutex<State>,
    done: Condvar,
}

#[derive(Debug, Default)]
struct State {
    durable: u64,
    leading: bool,
    /// Commits of the last sync, and how long it took: a leader waits a little for as many again.
    last_units: u64,
    last_sync: Duration,
}

impl Group {
    pub(super) fn new(file: File) -> Group {
        Group {
            file,
            state: Mutex::default(),
            done: Condvar::new(),
        }
    }

    /// Returns when so many commits are on the disk.
    pub(super) fn wait(&self, target: u64, log: &Mutex<Log>) -> Result<()> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if state.durable >= target {
                return Ok(());
            }
            if !state.leading {
                break;
            }
            state = self
                .done
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
        state.leading = true;
        let (units, sync) = (state.durable + state.last_units, state.last_sync);
        drop(state);
        let start = Instant::now();
        let synced = self.lead(units, sync / 5, log);
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.leading = false;
        if let Ok(durable) = synced {
            state.last_units = durable - state.durable;
            state.last_sync = start.elapsed();
            state.durable = durable;
        }
        drop(state);
        self.done.notify_all();
        synced.map(|_| ())
    }

    /// Waits a little for so many commits, then writes and syncs all there are.
    fn lead(&self, units: u64, patience: Duration, log: &Mutex<Log>) -> Result<u64> {
        let start = Instant::now();
        loop {
            let mut log = log.lock().unwrap_or_else(PoisonError::into_inner);
            if log.units() < units && start.elapsed() < patience {
                drop(log);
                thread::yield_now();
                continue;
            }
            let durable = log.units();
            log.write()?;
            drop(log);
            self.file.sync_data()?;
            return Ok(durable);
        }
    }
}
