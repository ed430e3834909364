//! A point of the store's hybrid logical clock.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A point of the store's hybrid logical clock: wall time first, then the global sequence.
///
/// Ordered by both, in that order; watermarks are points of this kind. Prints as `1700ms/12`.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub struct HlcPoint {
    /// Wall time in milliseconds since 1970.
    pub wall_ms: u64,
    /// Global sequence; 0 means no event.
    pub global_sequence: u64,
}

impl HlcPoint {
    /// The point before every event.
    pub const ORIGIN: HlcPoint = HlcPoint {
        wall_ms: 0,
        global_sequence: 0,
    };
}

impl fmt::Display for HlcPoint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}ms/{}", self.wall_ms, self.global_sequence)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wall_time_orders_before_the_sequence() {
        let point = |wall_ms, global_sequence| HlcPoint {
            wall_ms,
            global_sequence,
        };
        let ascending = [
            HlcPoint::ORIGIN,
            point(0, 1),
            point(0, u64::MAX),
            point(1, 0),
            point(1, 2),
            point(u64::MAX, 0),
        ];
        assert!(ascending.is_sorted());
        assert_eq!(HlcPoint::default(), HlcPoint::ORIGIN);
        assert_eq!(point(1700, 12).to_string(), "1700ms/12");
    }
}
