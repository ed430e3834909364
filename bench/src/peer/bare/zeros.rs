//! Space that is filled with zeros ahead of the log by a thread, so that a sync need not grow the file.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{self, JoinHandle};

use crate::Result;
use crate::peer::Level;

/// How much is filled at a time; the next part is begun when half of the last is used.
const PART: u64 = 16 << 20;

/// The thread, and how far it came.
#[derive(Debug)]
pub(super) struct Zeros {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<std::io::Result<()>>>,
    wanted: u64,
}

#[derive(Debug)]
struct Shared {
    filled: AtomicU64,
    wanted: AtomicU64,
    stop: AtomicBool,
}

impl Zeros {
    /// Fills the first part, and starts the thread.
    pub(super) fn start(file: File, level: Level) -> Result<Zeros> {
        fill(&file, 0, level)?;
        let shared = Arc::new(Shared {
            filled: AtomicU64::new(PART),
            wanted: AtomicU64::new(PART),
            stop: AtomicBool::new(false),
        });
        let theirs = Arc::clone(&shared);
        let thread = thread::spawn(move || {
            while !theirs.stop.load(Ordering::Acquire) {
                let filled = theirs.filled.load(Ordering::Relaxed);
                if filled >= theirs.wanted.load(Ordering::Acquire) {
                    thread::park();
                    continue;
                }
                fill(&file, filled, level)?;
                theirs.filled.store(filled + PART, Ordering::Release);
            }
            Ok(())
        });
        Ok(Zeros {
            shared,
            thread: Some(thread),
            wanted: PART,
        })
    }

    /// Returns when the file is filled up to here, and has the thread fill more in time.
    pub(super) fn reach(&mut self, end: u64) -> Result<()> {
        if end + PART / 2 > self.wanted {
            self.wanted = (end / PART + 2) * PART;
            self.shared.wanted.store(self.wanted, Ordering::Release);
            if let Some(thread) = &self.thread {
                thread.thread().unpark();
            }
        }
        while end > self.shared.filled.load(Ordering::Acquire) {
            if self.thread.as_ref().is_none_or(JoinHandle::is_finished) {
                return Err("no space could be filled".into());
            }
            thread::yield_now();
        }
        Ok(())
    }

    /// Ends the thread.
    pub(super) fn stop(&mut self) -> Result<()> {
        self.shared.stop.store(true, Ordering::Release);
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            thread.join().map_err(|_| "the filling thread panicked")??;
        }
        Ok(())
    }
}

fn fill(file: &File, from: u64, level: Level) -> std::io::Result<()> {
    // Larger writes make larger pages in memory, and every small write into one costs more then.
    let zeros = vec![0; 64 << 10];
    for offset in (from..from + PART).step_by(zeros.len()) {
        file.write_all_at(&zeros, offset)?;
    }
    match level {
        Level::Written => Ok(()),
        Level::Synced => file.sync_data(),
    }
}
