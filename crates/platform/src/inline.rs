//! Background steps without threads, run by whoever drives a simulation or a test.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::tasks::{Next, Step, TaskHandle, Tasks};

/// Runs steps only inside [`run_pending`](Self::run_pending), in the order they were started, so
/// that a run of a program is a function of its input.
///
/// Clones share the same steps: one goes into the [`Platform`](crate::Platform), one stays with
/// the driver. A panic in a step reaches the driver and ends that step.
#[derive(Clone, Debug, Default)]
pub struct InlineTasks {
    slots: Arc<Mutex<Vec<Arc<Slot>>>>,
}

impl InlineTasks {
    /// No steps yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Runs every step that is woken now, each until it asks for anything but to run again at
    /// once; tells how many steps ran.
    ///
    /// A step woken during the call by another one waits for the next call, so the call ends even
    /// when steps wake each other for ever. Nothing is locked while a step runs.
    pub fn run_pending(&self) -> usize {
        let slots: Vec<_> = lock(&self.slots).clone();
        let woken: Vec<_> = slots.iter().filter(|slot| slot.take_wake()).collect();
        let count = woken.iter().filter(|slot| slot.run()).count();
        lock(&self.slots).retain(|slot| !slot.has_ended());
        count
    }

    /// Wakes every step that waits for a time to pass, as if it had; tells how many.
    pub fn expire_delays(&self) -> usize {
        let slots = lock(&self.slots);
        slots.iter().filter(|slot| slot.expire_delay()).count()
    }
}

impl Tasks for InlineTasks {
    fn start(&self, name: &str, step: Step) -> io::Result<Box<dyn TaskHandle>> {
        let slot = Arc::new(Slot {
            name: name.to_owned(),
            state: Mutex::new(State {
                step: Some(step),
                ..State::default()
            }),
        });
        lock(&self.slots).push(Arc::clone(&slot));
        Ok(Box::new(InlineHandle { slot }))
    }

    fn pause(&self) {}
}

#[derive(Debug)]
struct InlineHandle {
    slot: Arc<Slot>,
}

impl TaskHandle for InlineHandle {
    fn wake(&self) {
        lock(&self.slot.state).woken = true;
    }

    fn stop(&mut self) {
        let step = {
            let mut state = lock(&self.slot.state);
            state.ended = true;
            state.step.take()
        };
        // Outside the lock: dropping a step may drop what looks at this slot.
        drop(step);
    }
}

impl Drop for InlineHandle {
    fn drop(&mut self) {
        self.stop();
    }
}

struct Slot {
    name: String,
    state: Mutex<State>,
}

/// `step` is absent while it runs and once it has ended.
#[derive(Default)]
struct State {
    step: Option<Step>,
    woken: bool,
    delayed: bool,
    ended: bool,
}

impl Slot {
    fn take_wake(&self) -> bool {
        std::mem::take(&mut lock(&self.state).woken)
    }

    /// Runs the step; false when it has ended or is running further up the stack.
    fn run(&self) -> bool {
        let Some(mut step) = lock(&self.state).step.take() else {
            return false;
        };
        loop {
            let next = step();
            let mut state = lock(&self.state);
            match next {
                Next::Again if !state.ended => {}
                Next::After(_) | Next::Park if !state.ended => {
                    state.delayed = matches!(next, Next::After(_));
                    state.step = Some(step);
                    return true;
                }
                _ => {
                    state.ended = true;
                    return true;
                }
            }
        }
    }

    fn expire_delay(&self) -> bool {
        let mut state = lock(&self.state);
        let expired = std::mem::take(&mut state.delayed) && state.step.is_some();
        state.woken |= expired;
        expired
    }

    fn has_ended(&self) -> bool {
        lock(&self.state).ended
    }
}

impl std::fmt::Debug for Slot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Slot")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};
    use std::time::Duration;

    use super::InlineTasks;
    use crate::tasks::{Next, TaskHandle, Tasks};

    type Log = Arc<Mutex<Vec<&'static str>>>;

    fn start(
        tasks: &InlineTasks,
        name: &'static str,
        log: &Log,
        script: Vec<Next>,
    ) -> Box<dyn TaskHandle> {
        let log = Arc::clone(log);
        let mut script = script.into_iter();
        let step = move || {
            log.lock().unwrap().push(name);
            script.next().unwrap_or(Next::Park)
        };
        tasks.start(name, Box::new(step)).unwrap()
    }

    #[test]
    fn woken_steps_run_in_the_order_of_their_start_until_they_rest() {
        let tasks = InlineTasks::new();
        let log = Log::default();
        let first = start(&tasks, "first", &log, vec![Next::Again, Next::Park]);
        let second = start(&tasks, "second", &log, vec![]);
        let _idle = start(&tasks, "idle", &log, vec![]);
        assert_eq!(tasks.run_pending(), 0);
        second.wake();
        first.wake();
        first.wake();
        assert_eq!(tasks.run_pending(), 2);
        assert_eq!(*log.lock().unwrap(), ["first", "first", "second"]);
        assert_eq!(tasks.run_pending(), 0);
    }

    #[test]
    fn a_delay_ends_when_told_or_woken() {
        let tasks = InlineTasks::new();
        let log = Log::default();
        let delay = Next::After(Duration::from_secs(1));
        let handle = start(&tasks, "delayed", &log, vec![delay, delay, Next::Park]);
        handle.wake();
        assert_eq!((tasks.run_pending(), tasks.run_pending()), (1, 0));
        assert_eq!((tasks.expire_delays(), tasks.run_pending()), (1, 1));
        handle.wake();
        assert_eq!((tasks.run_pending(), tasks.expire_delays()), (1, 0));
    }

    #[test]
    fn a_stopped_step_runs_no_more_and_is_dropped() {
        let tasks = InlineTasks::new();
        let log = Log::default();
        for end in [Next::Stop, Next::Park] {
            let mut handle = start(&tasks, "ending", &log, vec![end]);
            handle.wake();
            assert_eq!(tasks.run_pending(), 1);
            if end == Next::Park {
                handle.stop();
            }
            handle.wake();
            assert_eq!(tasks.run_pending(), 0);
            assert_eq!(Arc::strong_count(&log), 1, "the step is still held");
        }
    }

    #[test]
    fn a_step_may_wake_itself_start_others_and_run_the_rest() {
        let tasks = InlineTasks::new();
        let log = Log::default();
        let own: Arc<Mutex<Option<Box<dyn TaskHandle>>>> = Arc::default();
        let (of_step, driver, inner) = (Arc::clone(&own), tasks.clone(), Arc::clone(&log));
        let mut others = Vec::new();
        let step = move || {
            let other = start(&driver, "other", &inner, vec![]);
            other.wake();
            others.push(other);
            of_step.lock().unwrap().as_ref().unwrap().wake();
            driver.run_pending();
            Next::Park
        };
        *own.lock().unwrap() = Some(tasks.start("self", Box::new(step)).unwrap());
        own.lock().unwrap().as_ref().unwrap().wake();
        assert_eq!(tasks.run_pending(), 1);
        assert_eq!(log.lock().unwrap().len(), 1);
        drop(own.lock().unwrap().take());
    }

    #[test]
    fn a_panic_reaches_the_driver_and_ends_the_step() {
        let tasks = InlineTasks::new();
        let step = Box::new(|| std::panic::resume_unwind(Box::new("the step fails")));
        let handle = tasks.start("failing", step).unwrap();
        handle.wake();
        let run = std::panic::AssertUnwindSafe(|| tasks.run_pending());
        assert!(std::panic::catch_unwind(run).is_err());
        handle.wake();
        assert_eq!(tasks.run_pending(), 0);
    }
}
