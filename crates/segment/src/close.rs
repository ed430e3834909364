//! How a segment ended: the facts that its successor, its seal and the identity repeat.

use batpak_coordinate::Sequence;
use batpak_event::Digest;

use crate::fixed::{get, put};
use crate::{Offset, SEGMENT_HEADER, Salt, SegmentId};

pub(crate) const SEGMENT: usize = 0;
pub(crate) const SALT: usize = SEGMENT + 8;
pub(crate) const END_OFFSET: usize = SALT + 8;
pub(crate) const LAST_SEQUENCE: usize = END_OFFSET + 8;
pub(crate) const LAST_HASH: usize = LAST_SEQUENCE + 8;
pub(crate) const END: usize = LAST_HASH + 32;
const _: () = assert!(END == CloseFacts::LENGTH);

/// How a segment ended.
///
/// Authoritative: bytes of the segment at or after `end` are never read, whatever they look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CloseFacts {
    /// The segment.
    pub segment: SegmentId,
    /// Its salt.
    pub salt: Salt,
    /// The offset just after its last frame; the seal is a frame.
    pub end: Offset,
    /// The last sequence of the history up to its end.
    pub last_sequence: Sequence,
    /// The event hash of that event; zero when there is none.
    pub last_hash: Digest,
}

impl CloseFacts {
    /// Length of the encoding in bytes.
    pub const LENGTH: usize = 64;

    /// The close facts of no segment: what the first segment has before it. All zeros on disk.
    pub const NONE: CloseFacts = CloseFacts {
        segment: SegmentId::NONE,
        salt: Salt(0),
        end: Offset(0),
        last_sequence: Sequence::NONE,
        last_hash: [0; 32],
    };

    /// Whether these are the facts of no segment.
    #[must_use]
    pub fn is_none(&self) -> bool {
        *self == CloseFacts::NONE
    }

    /// The bytes on disk.
    #[must_use]
    pub fn encode(&self) -> [u8; CloseFacts::LENGTH] {
        let mut bytes = [0; CloseFacts::LENGTH];
        put::<SEGMENT, 8, _>(&mut bytes, self.segment.0.to_le_bytes());
        put::<SALT, 8, _>(&mut bytes, self.salt.0.to_le_bytes());
        put::<END_OFFSET, 8, _>(&mut bytes, self.end.0.to_le_bytes());
        put::<LAST_SEQUENCE, 8, _>(&mut bytes, self.last_sequence.0.to_le_bytes());
        put::<LAST_HASH, 32, _>(&mut bytes, self.last_hash);
        bytes
    }

    /// Reads the bytes on disk; `None` when no segment can have ended that way.
    ///
    /// Segment 0 requires zeros everywhere. Any other requires a salt, and an end that is a multiple of 8 at
    /// or after the end of the segment header.
    #[must_use]
    pub fn decode(bytes: &[u8; CloseFacts::LENGTH]) -> Option<CloseFacts> {
        let facts = CloseFacts {
            segment: SegmentId(u64::from_le_bytes(get::<SEGMENT, 8, _>(bytes))),
            salt: Salt(u64::from_le_bytes(get::<SALT, 8, _>(bytes))),
            end: Offset(u64::from_le_bytes(get::<END_OFFSET, 8, _>(bytes))),
            last_sequence: Sequence(u64::from_le_bytes(get::<LAST_SEQUENCE, 8, _>(bytes))),
            last_hash: get::<LAST_HASH, 32, _>(bytes),
        };
        let possible = if facts.segment.is_none() {
            facts.is_none()
        } else {
            facts.salt != Salt(0)
                && facts.end.0 >= crate::fixed::count(SEGMENT_HEADER)
                && facts.end.0.is_multiple_of(8)
        };
        possible.then_some(facts)
    }
}

#[cfg(test)]
pub(crate) const FIELDS: &[(&str, usize)] = &[
    ("segment", SEGMENT),
    ("salt", SALT),
    ("end", END_OFFSET),
    ("last sequence", LAST_SEQUENCE),
    ("last hash", LAST_HASH),
    ("", END),
];

#[cfg(test)]
mod tests {
    use super::*;

    const FACTS: CloseFacts = CloseFacts {
        segment: SegmentId(3),
        salt: Salt(9),
        end: Offset(256),
        last_sequence: Sequence(17),
        last_hash: [7; 32],
    };

    #[test]
    fn facts_that_no_segment_can_have_are_refused() {
        let impossible = [
            CloseFacts {
                segment: SegmentId(0),
                ..FACTS
            },
            CloseFacts {
                last_hash: [1; 32],
                ..CloseFacts::NONE
            },
            CloseFacts {
                end: Offset(8),
                ..CloseFacts::NONE
            },
            CloseFacts {
                salt: Salt(0),
                ..FACTS
            },
            CloseFacts {
                end: Offset(248),
                ..FACTS
            },
            CloseFacts {
                end: Offset(257),
                ..FACTS
            },
        ];
        for facts in impossible {
            assert_eq!(CloseFacts::decode(&facts.encode()), None, "{facts:?}");
        }
    }

    #[test]
    fn possible_facts_survive_the_round_trip() {
        let far = CloseFacts {
            end: Offset(u64::MAX - 7),
            ..FACTS
        };
        for facts in [CloseFacts::NONE, FACTS, far] {
            assert_eq!(CloseFacts::decode(&facts.encode()), Some(facts));
        }
        assert_eq!(CloseFacts::NONE.encode(), [0; 64]);
    }
}
