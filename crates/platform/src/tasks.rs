//! The tasks port: background steps, and parking a caller until another wakes it.

use std::fmt;
use std::io;
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

/// What a background step wants next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Run again at once.
    Again,
    /// Run again after this long, or earlier when woken.
    After(Duration),
    /// Run again when woken.
    Park,
    /// Never run again.
    Stop,
}

/// A background step: bounded work, then what it wants next.
pub type Step = Box<dyn FnMut() -> Next + Send>;

/// Runs background steps.
pub trait Tasks: Send + Sync + fmt::Debug {
    /// Starts running `step`; it first runs when woken. `name` names its thread.
    ///
    /// # Errors
    /// When no thread can be had.
    fn start(&self, name: &str, step: Step) -> io::Result<Box<dyn TaskHandle>>;

    /// Gives other threads a chance to run; returns at once where there are none.
    fn pause(&self);
}

/// Wakes and ends one background step. Dropping it ends the step as well.
pub trait TaskHandle: Send + Sync + fmt::Debug {
    /// Asks the step to run soon.
    fn wake(&self);

    /// Ends the step: it finishes what it runs, runs no more, and its thread is gone on return.
    fn stop(&mut self);
}

/// Lets one caller sleep until another wakes it. A wake before the sleep is not lost.
#[derive(Debug, Default)]
pub struct Parker {
    woken: Mutex<bool>,
    signal: Condvar,
}

impl Parker {
    /// A parker that nobody has woken yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sleeps until woken or until `limit` has passed; true when woken. Consumes the wake.
    pub fn park(&self, limit: Option<Duration>) -> bool {
        let guard = self.woken.lock().unwrap_or_else(PoisonError::into_inner);
        let mut guard = match limit {
            None => self
                .signal
                .wait_while(guard, |woken| !*woken)
                .unwrap_or_else(PoisonError::into_inner),
            Some(limit) => {
                self.signal
                    .wait_timeout_while(guard, limit, |woken| !*woken)
                    .unwrap_or_else(PoisonError::into_inner)
                    .0
            }
        };
        std::mem::take(&mut *guard)
    }

    /// Wakes the sleeper, or lets its next sleep return at once.
    pub fn unpark(&self) {
        *self.woken.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.signal.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use super::Parker;

    #[test]
    fn a_wake_before_the_sleep_is_kept_once() {
        let parker = Parker::new();
        parker.unpark();
        parker.unpark();
        assert!(parker.park(None));
        assert!(!parker.park(Some(Duration::ZERO)));
    }

    #[test]
    fn a_limit_too_far_away_to_be_told_is_none() {
        let parker = Arc::new(Parker::new());
        let waker = Arc::clone(&parker);
        let thread = std::thread::spawn(move || waker.unpark());
        assert!(parker.park(Some(Duration::MAX)));
        thread.join().unwrap();
    }
}
