//! Kinds and flags of frames.

use std::fmt;
use std::ops::BitOr;

/// What a frame is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FrameKind {
    /// An event.
    Event,
    /// The end of a segment in an orderly rotation.
    Seal,
    /// A fact about the store that takes no sequence.
    Control,
    /// Something of a newer format that a reader may pass over. Never written by this code.
    Skippable,
}

impl FrameKind {
    /// From this value on, an unknown kind may be passed over.
    pub(crate) const SKIPPABLE: u8 = 0x80;

    pub(crate) const fn to_byte(self) -> u8 {
        match self {
            FrameKind::Event => 1,
            FrameKind::Seal => 2,
            FrameKind::Control => 3,
            FrameKind::Skippable => Self::SKIPPABLE,
        }
    }

    /// `None` for a kind of a newer format that may not be passed over.
    pub(crate) const fn from_byte(byte: u8) -> Option<FrameKind> {
        match byte {
            1 => Some(FrameKind::Event),
            2 => Some(FrameKind::Seal),
            3 => Some(FrameKind::Control),
            Self::SKIPPABLE.. => Some(FrameKind::Skippable),
            _ => None,
        }
    }
}

/// The set of flags of a frame.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct FrameFlags(u16);

impl FrameFlags {
    /// No flag.
    pub const NONE: FrameFlags = FrameFlags(0);
    /// The frame is the last of its unit.
    pub const COMMIT: FrameFlags = FrameFlags(1);
    /// The event id is the event's idempotency key.
    pub const KEYED: FrameFlags = FrameFlags(2);
    /// The body holds a correlation.
    pub const CORRELATED: FrameFlags = FrameFlags(4);
    /// The body holds lane and depth.
    pub const LANE: FrameFlags = FrameFlags(8);
    /// The payload commitment is salted; unless erased, the body holds the salt.
    pub const SALTED: FrameFlags = FrameFlags(16);
    /// The body holds the payload commitment in place of salt and payload.
    pub const ERASED: FrameFlags = FrameFlags(32);

    const KNOWN: u16 = 0b11_1111;

    const NAMES: [(FrameFlags, &'static str); 6] = [
        (FrameFlags::COMMIT, "COMMIT"),
        (FrameFlags::KEYED, "KEYED"),
        (FrameFlags::CORRELATED, "CORRELATED"),
        (FrameFlags::LANE, "LANE"),
        (FrameFlags::SALTED, "SALTED"),
        (FrameFlags::ERASED, "ERASED"),
    ];

    /// The set of these bits; `None` when one of them is unknown.
    #[must_use]
    pub const fn from_bits(bits: u16) -> Option<FrameFlags> {
        match bits & !Self::KNOWN {
            0 => Some(FrameFlags(bits)),
            _ => None,
        }
    }

    /// The bits as the frame holds them.
    #[must_use]
    pub const fn bits(self) -> u16 {
        self.0
    }

    /// Whether all flags of `other` are set.
    #[must_use]
    pub const fn contains(self, other: FrameFlags) -> bool {
        self.0 & other.0 == other.0
    }

    /// The flags of either set.
    #[must_use]
    pub const fn union(self, other: FrameFlags) -> FrameFlags {
        FrameFlags(self.0 | other.0)
    }

    /// The flags of this set that `other` does not have.
    #[must_use]
    pub const fn without(self, other: FrameFlags) -> FrameFlags {
        FrameFlags(self.0 & !other.0)
    }
}

impl BitOr for FrameFlags {
    type Output = FrameFlags;

    fn bitor(self, other: FrameFlags) -> FrameFlags {
        self.union(other)
    }
}

impl fmt::Debug for FrameFlags {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = Self::NAMES.iter().filter(|(flag, _)| self.contains(*flag));
        formatter
            .debug_set()
            .entries(names.map(|(_, name)| name))
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_bits_are_refused() {
        assert_eq!(FrameFlags::from_bits(0x40), None);
        assert_eq!(FrameFlags::from_bits(0x8001), None);
        let all = FrameFlags::NAMES
            .iter()
            .fold(FrameFlags::NONE, |set, (flag, _)| set | *flag);
        assert_eq!(FrameFlags::from_bits(FrameFlags::KNOWN), Some(all));
    }

    #[test]
    fn flags_are_independent() {
        for (index, (flag, name)) in FrameFlags::NAMES.iter().enumerate() {
            assert_eq!(flag.bits(), 1 << index, "{name}");
            assert!(!FrameFlags::NONE.contains(*flag));
            let without = FrameFlags(FrameFlags::KNOWN).without(*flag);
            assert!(!without.contains(*flag) && without | *flag == FrameFlags(FrameFlags::KNOWN));
        }
        assert_eq!(
            format!("{:?}", FrameFlags::COMMIT | FrameFlags::LANE),
            r#"{"COMMIT", "LANE"}"#
        );
    }

    #[test]
    fn only_kinds_with_the_top_bit_may_be_passed_over() {
        for byte in 0..=u8::MAX {
            let kind = FrameKind::from_byte(byte);
            assert_eq!(
                kind == Some(FrameKind::Skippable),
                byte & 0x80 != 0,
                "{byte}"
            );
            assert_eq!(
                kind.is_none(),
                byte == 0 || (4..0x80).contains(&byte),
                "{byte}"
            );
        }
        for kind in [FrameKind::Event, FrameKind::Seal, FrameKind::Control] {
            assert_eq!(FrameKind::from_byte(kind.to_byte()), Some(kind));
        }
    }
}
