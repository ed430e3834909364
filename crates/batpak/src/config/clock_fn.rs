//! A function as a clock.

use std::fmt;

use batpak_platform::{Clock, SystemClock};

/// Wall time from a function, monotonic time from the machine.
pub(super) struct ClockFn<F> {
    wall_us: F,
    machine: SystemClock,
}

impl<F> ClockFn<F> {
    pub(super) fn new(wall_us: F) -> ClockFn<F> {
        ClockFn {
            wall_us,
            machine: SystemClock::new(),
        }
    }
}

impl<F: Fn() -> i64 + Send + Sync> Clock for ClockFn<F> {
    fn wall_us(&self) -> i64 {
        (self.wall_us)()
    }

    fn monotonic_ns(&self) -> u64 {
        self.machine.monotonic_ns()
    }
}

impl<F> fmt::Debug for ClockFn<F> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("ClockFn")
    }
}
