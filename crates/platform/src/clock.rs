//! The clock port: all time a store ever reads.

use std::fmt;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime};

/// Wall and monotonic time. A store never reads time from anywhere else.
pub trait Clock: Send + Sync + fmt::Debug {
    /// Microseconds since 1970; may jump in either direction, may be negative on a broken machine.
    fn wall_us(&self) -> i64;

    /// Nanoseconds since an arbitrary start; never decreases.
    fn monotonic_ns(&self) -> u64;
}

/// The machine's own clocks. Monotonic time starts when the value is made.
#[derive(Clone, Copy, Debug)]
pub struct SystemClock {
    start: Instant,
}

impl SystemClock {
    /// A clock whose monotonic time starts now.
    #[must_use]
    pub fn new() -> Self {
        Self {
            start: Instant::now(),
        }
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for SystemClock {
    fn wall_us(&self) -> i64 {
        match SystemTime::now().duration_since(SystemTime::UNIX_EPOCH) {
            Ok(since) => i64::try_from(since.as_micros()).unwrap_or(i64::MAX),
            Err(before) => {
                i64::try_from(before.duration().as_micros()).map_or(i64::MIN, |distance| -distance)
            }
        }
    }

    fn monotonic_ns(&self) -> u64 {
        u64::try_from(self.start.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }
}

/// A clock that moves only when it is read or told to, for tests and simulation.
#[derive(Debug)]
pub struct FixedClock {
    wall_us: AtomicI64,
    monotonic_ns: AtomicU64,
    step_us: u32,
}

impl FixedClock {
    /// A clock that tells `wall_us` first and moves on by `step_us` with every reading.
    ///
    /// Wall and monotonic time move separately, each by its own readings; monotonic time starts
    /// at 0. With a step of 0 time stands still.
    #[must_use]
    pub fn new(wall_us: i64, step_us: u32) -> Self {
        Self {
            wall_us: AtomicI64::new(wall_us),
            monotonic_ns: AtomicU64::new(0),
            step_us,
        }
    }

    /// Sets the wall time that the next reading tells; it may go backwards.
    pub fn set(&self, wall_us: i64) {
        self.wall_us.store(wall_us, Ordering::SeqCst);
    }

    /// Lets time pass on both clocks.
    pub fn advance(&self, by: Duration) {
        let micros = i64::try_from(by.as_micros()).unwrap_or(i64::MAX);
        let nanos = u64::try_from(by.as_nanos()).unwrap_or(u64::MAX);
        add_wall(&self.wall_us, micros);
        add_monotonic(&self.monotonic_ns, nanos);
    }
}

/// A copy goes on from the same time, independently.
impl Clone for FixedClock {
    fn clone(&self) -> Self {
        Self {
            wall_us: AtomicI64::new(self.wall_us.load(Ordering::SeqCst)),
            monotonic_ns: AtomicU64::new(self.monotonic_ns.load(Ordering::SeqCst)),
            step_us: self.step_us,
        }
    }
}

impl Clock for FixedClock {
    fn wall_us(&self) -> i64 {
        add_wall(&self.wall_us, i64::from(self.step_us))
    }

    fn monotonic_ns(&self) -> u64 {
        add_monotonic(&self.monotonic_ns, u64::from(self.step_us) * 1000)
    }
}

fn add_wall(clock: &AtomicI64, micros: i64) -> i64 {
    clock.update(Ordering::SeqCst, Ordering::SeqCst, |before| {
        before.saturating_add(micros)
    })
}

fn add_monotonic(clock: &AtomicU64, nanos: u64) -> u64 {
    clock.update(Ordering::SeqCst, Ordering::SeqCst, |before| {
        before.saturating_add(nanos)
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Clock, FixedClock, SystemClock};

    #[test]
    fn each_reading_of_a_fixed_clock_moves_it_by_one_step() {
        let clock = FixedClock::new(-1, 3);
        assert_eq!([clock.wall_us(), clock.wall_us()], [-1, 2]);
        assert_eq!([clock.monotonic_ns(), clock.monotonic_ns()], [0, 3000]);
        clock.set(-100);
        assert_eq!(clock.wall_us(), -100);
        clock.advance(Duration::from_micros(10));
        assert_eq!([clock.wall_us(), clock.wall_us()], [-87, -84]);
        assert_eq!(clock.monotonic_ns(), 16_000);
    }

    #[test]
    fn a_fixed_clock_at_its_end_stays_there() {
        let clock = FixedClock::new(i64::MAX - 1, 5);
        clock.advance(Duration::MAX);
        assert_eq!([clock.wall_us(), clock.wall_us()], [i64::MAX, i64::MAX]);
        assert_eq!(clock.monotonic_ns(), u64::MAX);
        assert_eq!(clock.monotonic_ns(), u64::MAX);
    }

    #[test]
    fn a_copy_of_a_fixed_clock_is_independent() {
        let clock = FixedClock::new(0, 1);
        let copy = clock.clone();
        assert_eq!([clock.wall_us(), clock.wall_us()], [0, 1]);
        assert_eq!(copy.wall_us(), 0);
    }

    #[test]
    fn monotonic_time_of_the_machine_never_decreases() {
        let clock = SystemClock::new();
        let mut last = clock.monotonic_ns();
        for _ in 0..1000 {
            let now = clock.monotonic_ns();
            assert!(now >= last);
            last = now;
        }
        let after_2020 = 1_577_836_800_000_000;
        assert!(clock.wall_us() > after_2020);
    }
}
