//! Where an event stands in its stream.

use std::cmp::Ordering;
use std::fmt;

use serde::{Deserialize, Serialize};

/// Where an event stands: its place in the stream, and the clock when it was accepted.
///
/// Two positions compare only inside one lane and depth, by sequence; two positions with the
/// same sequence and different clocks do not compare.
///
/// ```
/// use batpak_coordinate::DagPosition;
///
/// let (first, second) = (DagPosition::child(1), DagPosition::child(2));
/// assert!(first.is_ancestor_of(&second) && first < second);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[repr(C)]
pub struct DagPosition {
    wall_ms: u64,
    counter: u16,
    depth: u32,
    lane: u32,
    sequence: u32,
}

impl DagPosition {
    /// A position without a clock.
    #[must_use]
    pub const fn new(depth: u32, lane: u32, sequence: u32) -> DagPosition {
        DagPosition::with_hlc(0, 0, depth, lane, sequence)
    }

    /// A position with a clock: milliseconds since 1970 and the counter inside the millisecond.
    #[must_use]
    pub const fn with_hlc(
        wall_ms: u64,
        counter: u16,
        depth: u32,
        lane: u32,
        sequence: u32,
    ) -> DagPosition {
        DagPosition {
            wall_ms,
            counter,
            depth,
            lane,
            sequence,
        }
    }

    /// The position before the first event of a stream.
    #[must_use]
    pub const fn root() -> DagPosition {
        DagPosition::new(0, 0, 0)
    }

    /// The position `sequence` on the first lane, without a clock.
    #[must_use]
    pub const fn child(sequence: u32) -> DagPosition {
        DagPosition::new(0, 0, sequence)
    }

    /// The position `sequence` on the first lane, with a clock.
    #[must_use]
    pub const fn child_at(sequence: u32, wall_ms: u64, counter: u16) -> DagPosition {
        DagPosition::with_hlc(wall_ms, counter, 0, 0, sequence)
    }

    /// The first position of `lane`, one deeper than `parent_depth`. The deepest depth stays.
    #[must_use]
    pub const fn fork(parent_depth: u32, lane: u32) -> DagPosition {
        DagPosition::new(parent_depth.saturating_add(1), lane, 0)
    }

    /// Milliseconds since 1970 when the event was accepted.
    #[must_use]
    pub const fn wall_ms(&self) -> u64 {
        self.wall_ms
    }

    /// Counter inside the millisecond.
    #[must_use]
    pub const fn counter(&self) -> u16 {
        self.counter
    }

    /// How many forks lie above.
    #[must_use]
    pub const fn depth(&self) -> u32 {
        self.depth
    }

    /// The lane.
    #[must_use]
    pub const fn lane(&self) -> u32 {
        self.lane
    }

    /// The sequence in the stream; [`u32::MAX`] also stands for everything above it.
    #[must_use]
    pub const fn sequence(&self) -> u32 {
        self.sequence
    }

    /// Whether this is before the first event of the first lane, whatever the clock.
    #[must_use]
    pub const fn is_root(&self) -> bool {
        self.depth == 0 && self.lane == 0 && self.sequence == 0
    }

    /// Whether `other` comes later on the same lane at the same depth.
    #[must_use]
    pub const fn is_ancestor_of(&self, other: &DagPosition) -> bool {
        self.lane == other.lane && self.depth == other.depth && self.sequence < other.sequence
    }
}

impl PartialOrd for DagPosition {
    fn partial_cmp(&self, other: &DagPosition) -> Option<Ordering> {
        if self.lane != other.lane || self.depth != other.depth {
            return None;
        }
        match self.sequence.cmp(&other.sequence) {
            Ordering::Equal if self != other => None,
            ordering => Some(ordering),
        }
    }
}

impl fmt::Display for DagPosition {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let DagPosition {
            wall_ms,
            counter,
            depth,
            lane,
            sequence,
        } = self;
        write!(formatter, "{depth}:{lane}:{sequence}@{wall_ms}.{counter}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_compare_only_inside_one_lane_and_depth() {
        let base = DagPosition::with_hlc(100, 2, 1, 3, 7);
        for (other, expected) in [
            (base, Some(Ordering::Equal)),
            (DagPosition::with_hlc(100, 2, 1, 4, 8), None),
            (DagPosition::with_hlc(100, 2, 2, 3, 8), None),
            (DagPosition::with_hlc(101, 2, 1, 3, 7), None),
            (DagPosition::with_hlc(100, 3, 1, 3, 7), None),
            (DagPosition::with_hlc(1, 0, 1, 3, 8), Some(Ordering::Less)),
            (
                DagPosition::with_hlc(900, 0, 1, 3, 6),
                Some(Ordering::Greater),
            ),
        ] {
            assert_eq!(base.partial_cmp(&other), expected, "{base} {other}");
            assert_eq!(
                other.partial_cmp(&base),
                expected.map(Ordering::reverse),
                "{other} {base}"
            );
            assert_eq!(
                base.is_ancestor_of(&other),
                expected == Some(Ordering::Less)
            );
        }
    }

    #[test]
    fn constructors_set_the_parts_they_name() {
        for (position, text) in [
            (DagPosition::root(), "0:0:0@0.0"),
            (DagPosition::new(1, 2, 3), "1:2:3@0.0"),
            (DagPosition::child(9), "0:0:9@0.0"),
            (DagPosition::child_at(9, 77, 4), "0:0:9@77.4"),
            (DagPosition::fork(4, 6), "5:6:0@0.0"),
            (DagPosition::fork(u32::MAX, 6), "4294967295:6:0@0.0"),
        ] {
            assert_eq!(position.to_string(), text);
        }
        assert!(DagPosition::child_at(0, 5, 5).is_root());
        assert!(!DagPosition::child(1).is_root() && !DagPosition::fork(0, 1).is_root());
    }

    #[test]
    fn a_position_takes_24_bytes() {
        assert_eq!(size_of::<DagPosition>(), 24);
    }
}
