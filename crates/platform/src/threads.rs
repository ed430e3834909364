//! Background steps on threads: one named thread per step.

use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::process_guard::ProcessGuard;
use crate::tasks::{Next, Step, TaskHandle, Tasks};

/// Runs every step on a thread of its own, asleep while the step has nothing to do.
///
/// A panic in a step ends that step and nothing else. Steps hold a thread from their start to
/// their stop, so a store starts few of them.
#[derive(Clone, Copy, Debug, Default)]
pub struct ThreadTasks;

impl Tasks for ThreadTasks {
    fn start(&self, name: &str, step: Step) -> io::Result<Box<dyn TaskHandle>> {
        let signal = Arc::new(Signal::default());
        let of_thread = Arc::clone(&signal);
        // A zero byte cannot be part of a thread's name.
        let thread = thread::Builder::new()
            .name(name.replace('\0', ""))
            .spawn(move || run(step, &of_thread))?;
        Ok(Box::new(ThreadHandle {
            signal,
            thread: Some(thread),
            process: ProcessGuard::new(),
        }))
    }

    fn pause(&self) {
        thread::yield_now();
    }
}

#[derive(Debug)]
struct ThreadHandle {
    signal: Arc<Signal>,
    thread: Option<JoinHandle<()>>,
    process: ProcessGuard,
}

impl TaskHandle for ThreadHandle {
    fn wake(&self) {
        self.signal.set(|asked| asked.wake = true);
    }

    fn stop(&mut self) {
        let Some(thread) = self.thread.take() else {
            return;
        };
        // After a fork the child has this value but not the thread: waiting would never end, and
        // letting go of the thread would touch memory that may be another thread's by now.
        if !self.process.is_home() {
            std::mem::forget(thread);
            return;
        }
        self.signal.set(|asked| asked.stop = true);
        // A step may end itself; its thread cannot wait for itself.
        if thread.thread().id() != thread::current().id() {
            // An error tells that the step panicked, which ended it: nothing is left to do.
            let _ = thread.join();
        }
    }
}

impl Drop for ThreadHandle {
    fn drop(&mut self) {
        self.stop();
    }
}

/// What a step's thread has been asked to do.
#[derive(Debug, Default)]
struct Signal {
    asked: Mutex<Asked>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Asked {
    wake: bool,
    stop: bool,
}

impl Signal {
    fn set(&self, change: impl FnOnce(&mut Asked)) {
        change(&mut self.lock());
        self.changed.notify_one();
    }

    /// Waits until woken, stopped or past `deadline`; false when the step is to end.
    fn wait(&self, deadline: Option<Instant>) -> bool {
        let mut asked = self.lock();
        while !asked.stop && !asked.wake {
            asked = match remaining(deadline) {
                None => self
                    .changed
                    .wait(asked)
                    .unwrap_or_else(PoisonError::into_inner),
                Some(Duration::ZERO) => break,
                Some(time) => {
                    self.changed
                        .wait_timeout(asked, time)
                        .unwrap_or_else(PoisonError::into_inner)
                        .0
                }
            };
        }
        asked.wake = false;
        !asked.stop
    }

    fn lock(&self) -> MutexGuard<'_, Asked> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn remaining(deadline: Option<Instant>) -> Option<Duration> {
    deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()))
}

/// The life of a step's thread. A panic of the step unwinds to the thread's end, and no further.
fn run(mut step: Step, signal: &Signal) {
    let mut deadline = None;
    while signal.wait(deadline) {
        match step() {
            Next::Again => deadline = Some(Instant::now()),
            // A deadline too far away to be told is none.
            Next::After(time) => deadline = Instant::now().checked_add(time),
            Next::Park => deadline = None,
            Next::Stop => return,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Receiver, Sender, channel};
    use std::time::Duration;

    use super::ThreadTasks;
    use crate::tasks::{Next, TaskHandle, Tasks};

    /// A step that answers from `script` and tells the number of each of its runs.
    fn scripted(script: &'static [Next]) -> (Box<dyn TaskHandle>, Receiver<usize>) {
        let (told, runs) = channel();
        let step = counting(script, told);
        (ThreadTasks.start("scripted", step).unwrap(), runs)
    }

    fn counting(script: &'static [Next], told: Sender<usize>) -> crate::Step {
        let mut run = 0;
        Box::new(move || {
            let next = script.get(run).copied().unwrap_or(Next::Park);
            run += 1;
            told.send(run).unwrap();
            next
        })
    }

    #[test]
    fn a_step_first_runs_when_woken() {
        let (mut handle, runs) = scripted(&[]);
        handle.stop();
        assert!(
            runs.try_recv().is_err(),
            "the step ran though nobody woke it"
        );
    }

    #[test]
    fn a_wake_is_not_lost_and_again_and_after_need_none() {
        const SCRIPT: &[Next] = &[
            Next::Again,
            Next::After(Duration::from_micros(1)),
            Next::Park,
        ];
        let (mut handle, runs) = scripted(SCRIPT);
        handle.wake();
        assert_eq!([1, 2, 3].map(|_| runs.recv().unwrap()), [1, 2, 3]);
        handle.wake();
        assert_eq!(runs.recv().unwrap(), 4);
        handle.stop();
        assert!(runs.recv().is_err());
    }

    #[test]
    fn waking_a_delayed_step_runs_it_early() {
        const SCRIPT: &[Next] = &[
            Next::After(Duration::MAX),
            Next::After(Duration::from_hours(24)),
        ];
        let (handle, runs) = scripted(SCRIPT);
        for run in 1..=3 {
            handle.wake();
            assert_eq!(runs.recv().unwrap(), run);
        }
    }

    #[test]
    fn stopping_waits_for_the_run_in_progress() {
        let (started, begun) = channel();
        let (told, ended) = channel();
        let step = Box::new(move || {
            started.send(()).unwrap();
            std::thread::yield_now();
            told.send(()).unwrap();
            Next::Again
        });
        let mut handle = ThreadTasks.start("slow", step).unwrap();
        handle.wake();
        begun.recv().unwrap();
        handle.stop();
        let runs = 1 + begun.try_iter().count();
        assert_eq!(ended.try_iter().count(), runs, "a run was cut");
        handle.wake();
        handle.stop();
    }

    #[test]
    fn a_panic_ends_the_step_and_nothing_else() {
        let (told, runs) = channel();
        let step = Box::new(move || {
            told.send(()).unwrap();
            std::panic::resume_unwind(Box::new("the step fails"));
        });
        let mut handle = ThreadTasks.start("failing", step).unwrap();
        handle.wake();
        runs.recv().unwrap();
        // The channel closes when the step is dropped: it has ended.
        assert!(runs.recv().is_err());
        handle.wake();
        handle.stop();
    }

    #[test]
    fn a_step_that_stops_itself_is_dropped() {
        let (handle, runs) = scripted(&[Next::Stop]);
        handle.wake();
        assert_eq!(runs.recv().unwrap(), 1);
        assert!(runs.recv().is_err());
    }

    #[test]
    fn dropping_the_handle_ends_the_step() {
        let (handle, runs) = scripted(&[Next::After(Duration::MAX)]);
        handle.wake();
        runs.recv().unwrap();
        drop(handle);
        assert!(runs.recv().is_err());
    }

    #[test]
    fn a_name_with_a_zero_byte_is_no_reason_to_panic() {
        let step = Box::new(|| Next::Stop);
        ThreadTasks.start("a\0b", step).unwrap().stop();
    }
}
