//! Time stamps: wall time that never decreases, with a counter within each millisecond.

use batpak_platform::Clock;

use crate::error::AppendError;

/// Last microsecond of the year 9999: a clock beyond it is broken.
const LATEST_US: i64 = 253_402_300_799_999_999;

/// One reading of the wall clock.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stamp(i64);

impl Stamp {
    pub(crate) fn read(clock: &dyn Clock) -> Result<Self, AppendError> {
        let timestamp_us = clock.wall_us();
        if (0..=LATEST_US).contains(&timestamp_us) {
            Ok(Self(timestamp_us))
        } else {
            Err(AppendError::InvalidClock { timestamp_us })
        }
    }

    /// Refuses a log whose newest event has a time that no later one can follow.
    pub(crate) fn check_after(self, newest_us: i64) -> Result<(), AppendError> {
        if newest_us > LATEST_US {
            return Err(AppendError::InvalidClock {
                timestamp_us: newest_us,
            });
        }
        Ok(())
    }

    pub(crate) fn wall_us(self) -> i64 {
        self.0
    }

    /// The stamp of the next event after one at `wall_us` and `counter`: never earlier, and with
    /// a counter that tells events of one millisecond apart. A full counter moves to the next
    /// millisecond.
    pub(crate) fn advance(self, wall_us: &mut i64, counter: &mut u16) {
        let now = self.0.max(*wall_us);
        if now / 1000 != *wall_us / 1000 {
            (*wall_us, *counter) = (now, 0);
        } else if let Some(next) = counter.checked_add(1) {
            (*wall_us, *counter) = (now, next);
        } else {
            (*wall_us, *counter) = ((*wall_us / 1000 + 1) * 1000, 0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stamps_never_go_back_and_count_within_a_millisecond() {
        let (mut wall, mut counter) = (5_000_100, 3);
        for (reading, expected) in [
            (5_000_050, (5_000_100, 4)),
            (5_000_900, (5_000_900, 5)),
            (5_001_000, (5_001_000, 0)),
            (0, (5_001_000, 1)),
        ] {
            Stamp(reading).advance(&mut wall, &mut counter);
            assert_eq!((wall, counter), expected, "reading {reading}");
        }
    }

    #[test]
    fn a_full_counter_moves_to_the_next_millisecond() {
        let (mut wall, mut counter) = (7_000_999, u16::MAX);
        Stamp(1).advance(&mut wall, &mut counter);
        assert_eq!((wall, counter), (7_001_000, 0));
    }

    #[test]
    fn impossible_clocks_are_refused() {
        #[derive(Debug)]
        struct At(i64);
        impl Clock for At {
            fn wall_us(&self) -> i64 {
                self.0
            }
            fn monotonic_ns(&self) -> u64 {
                0
            }
        }
        for (reading, good) in [
            (0, true),
            (LATEST_US, true),
            (-1, false),
            (i64::MIN, false),
            (i64::MAX, false),
        ] {
            assert_eq!(Stamp::read(&At(reading)).is_ok(), good, "{reading}");
        }
    }
}
