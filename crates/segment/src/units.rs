//! The numbers of the layout, one type per meaning.

use std::fmt;

/// Names one segment file, from 1; 0 names none.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct SegmentId(pub u64);

impl SegmentId {
    /// No segment.
    pub const NONE: SegmentId = SegmentId(0);

    /// The number.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0
    }

    /// The id after this one, saturating.
    #[must_use]
    pub const fn next(self) -> SegmentId {
        SegmentId(self.0.saturating_add(1))
    }

    /// Whether this names no segment.
    #[must_use]
    pub const fn is_none(self) -> bool {
        self.0 == 0
    }

    /// The name of the segment's file: at least six decimal digits and `.fbat`.
    #[must_use]
    pub fn file_name(self) -> String {
        format!("{:06}.fbat", self.0)
    }

    /// The name of the segment's index file: at least six decimal digits and `.fidx`.
    #[must_use]
    pub fn index_name(self) -> String {
        format!("{:06}.fidx", self.0)
    }
}

/// Random number of a segment file that every frame check covers; never 0 in a segment.
///
/// A frame that was written under one salt does not verify under another, so bytes that an earlier file left
/// behind are never taken for frames of this one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Salt(pub u64);

impl Salt {
    /// The number.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0
    }
}

/// A position in a file, in bytes from its start.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Offset(pub u64);

impl Offset {
    /// The number.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0
    }

    /// The position `length` bytes further, saturating.
    #[must_use]
    pub const fn after(self, length: u64) -> Offset {
        Offset(self.0.saturating_add(length))
    }
}

macro_rules! show_as_number {
    ($($name:ident)+) => {$(
        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, formatter)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(&self.0, formatter)
            }
        }
    )+};
}

show_as_number!(SegmentId Salt Offset);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_names_have_at_least_six_digits() {
        assert_eq!(SegmentId(1).file_name(), "000001.fbat");
        assert_eq!(SegmentId(999_999).index_name(), "999999.fidx");
        assert_eq!(SegmentId(1_234_567).file_name(), "1234567.fbat");
        assert_eq!(SegmentId(u64::MAX).file_name(), "18446744073709551615.fbat");
    }

    #[test]
    fn arithmetic_saturates() {
        assert_eq!(Offset(u64::MAX).after(1), Offset(u64::MAX));
        assert_eq!(SegmentId(u64::MAX).next(), SegmentId(u64::MAX));
    }
}
