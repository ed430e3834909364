//! How much waits to be written.

use crate::store::{Open, Store};

/// How many events wait to be written, and how many may.
///
/// ```
/// use batpak::store::WriterPressure;
///
/// let pressure = WriterPressure { queue_len: 1_024, capacity: 4_096 };
/// assert_eq!((pressure.utilization(), pressure.headroom()), (0.25, 3_072));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct WriterPressure {
    /// Events that have a place in the log and are not written yet.
    pub queue_len: usize,
    /// How many there may be: [`with_writer_channel_capacity`](crate::StoreConfig::with_writer_channel_capacity).
    /// Only one batch alone may have more.
    pub capacity: usize,
}

impl WriterPressure {
    /// The part of the capacity that is used, from 0.0; above 1.0 for a batch that is larger than it.
    ///
    /// ```
    /// use batpak::store::WriterPressure;
    ///
    /// assert_eq!(WriterPressure { queue_len: 3, capacity: 4 }.utilization(), 0.75);
    /// ```
    #[must_use]
    pub fn utilization(&self) -> f64 {
        let number = |count| f64::from(u32::try_from(count).unwrap_or(u32::MAX));
        number(self.queue_len) / number(self.capacity.max(1))
    }

    /// How many more events there may be.
    ///
    /// ```
    /// use batpak::store::WriterPressure;
    ///
    /// assert_eq!(WriterPressure { queue_len: 9, capacity: 4 }.headroom(), 0);
    /// ```
    #[must_use]
    pub fn headroom(&self) -> usize {
        self.capacity.saturating_sub(self.queue_len)
    }

    /// Whether nothing waits to be written.
    ///
    /// ```
    /// use batpak::store::WriterPressure;
    ///
    /// assert!(WriterPressure { queue_len: 0, capacity: 4 }.is_idle());
    /// ```
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.queue_len == 0
    }

    /// From how many events on [`Store::try_submit`] is to be tried again later.
    pub(super) fn threshold(&self, percent: u8) -> u64 {
        let share = u128::from(percent) * u128::try_from(self.capacity).unwrap_or(u128::MAX >> 8);
        u64::try_from(share.div_ceil(100))
            .unwrap_or(u64::MAX)
            .max(1)
    }
}

impl Store<Open> {
    /// How many events wait to be written now. They are written by whoever waits for one of them, and
    /// otherwise in the background within milliseconds.
    ///
    /// ```
    /// # use batpak::prelude::*;
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let temp = tempfile::tempdir()?;
    /// let store = Store::open(StoreConfig::new(temp.path()))?;
    /// store.append(&Coordinate::new("order:17", "shop")?, EventKind::DATA, "lamp")?;
    /// assert!(store.writer_pressure().is_idle());
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn writer_pressure(&self) -> WriterPressure {
        let staged = self.state.journal.staged_events();
        WriterPressure {
            queue_len: usize::try_from(staged).unwrap_or(usize::MAX),
            capacity: self.core.config.writer().channel_capacity,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::WriterPressure;

    #[test]
    fn the_threshold_is_rounded_up_and_at_least_one() {
        for (capacity, percent, threshold) in [
            (1, 1, 1),
            (1, 100, 1),
            (3, 75, 3),
            (4, 75, 3),
            (5, 75, 4),
            (100, 1, 1),
            (101, 1, 2),
            (4096, 75, 3072),
            (usize::MAX, 100, u64::MAX),
        ] {
            let pressure = WriterPressure {
                queue_len: 0,
                capacity,
            };
            assert_eq!(
                pressure.threshold(percent),
                threshold,
                "{percent}% of {capacity}"
            );
        }
    }

    #[test]
    fn a_pressure_without_capacity_divides_nothing_by_zero() {
        let none = WriterPressure {
            queue_len: 0,
            capacity: 0,
        };
        assert_eq!((none.utilization(), none.headroom()), (0.0, 0));
        let full = WriterPressure {
            queue_len: usize::MAX,
            capacity: usize::MAX,
        };
        assert_eq!(
            (full.utilization(), full.headroom(), full.is_idle()),
            (1.0, 0, false)
        );
    }
}
