//! The fixed part of a frame, decoded and encoded.

use batpak_coordinate::{Generation, Sequence, StreamSequence};
use batpak_event::{Digest, EventId};
use thiserror::Error;

use super::body::{BodyParts, body_flags, body_len};
use super::control::is_known_control;
use super::layout::{
    BODY_CRC, CALLER_FLAGS, CAUSE_COUNT, COUNTER, DURABLE_LAG, ENTITY_LENGTH, EVENT_ID, EVENT_KIND,
    EXTENSIONS_LENGTH, FRAME_FIXED, FRAME_FLAGS, FRAME_KIND, GENERATION, HEADER_CRC, LENGTH,
    MAX_CAUSES, MAX_FRAME_LENGTH, PAYLOAD_LENGTH, PAYLOAD_VERSION, PREDECESSOR, PREVIOUS_HASH,
    RESERVED, SCOPE_LENGTH, SEQUENCE, STREAM_SEQUENCE, WALL_US,
};
use super::{FrameFault, FrameFlags, FrameKind};
use crate::fixed::{get, put};
use crate::{Offset, Salt};

/// The fixed part of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FrameHead {
    /// Length of the whole frame in bytes, a multiple of 8.
    pub length: u32,
    /// Check over the variable part.
    pub body_crc: u32,
    /// What the frame is.
    pub kind: FrameKind,
    /// Flags that the caller set on the event.
    pub caller_flags: u8,
    /// Flags of the frame.
    pub flags: FrameFlags,
    /// Global sequence; [`Sequence::NONE`] in frames that are not events.
    pub sequence: Sequence,
    /// Id of the event.
    pub event_id: EventId,
    /// Wall clock in microseconds since 1970, not negative.
    pub wall_us: i64,
    /// Sequence within the stream.
    pub stream_sequence: StreamSequence,
    /// Global sequence of the stream's previous event.
    pub predecessor: Sequence,
    /// Event hash of the stream's previous event; zero at the first.
    pub previous_hash: Digest,
    /// One more than the greatest generation among causes and predecessor.
    pub generation: Generation,
    /// This sequence minus the highest sequence known durable when the frame was written.
    pub durable_lag: u32,
    /// Kind of the event; in a control frame the control type.
    pub event_kind: u16,
    /// Counter among the events of one millisecond.
    pub counter: u16,
    /// Version of the payload's schema.
    pub payload_version: u16,
    /// Length of the entity in bytes.
    pub entity_len: u16,
    /// Length of the scope in bytes.
    pub scope_len: u16,
    /// Number of causes.
    pub cause_count: u16,
    /// Length of the extension map in bytes.
    pub extensions_len: u32,
    /// Length of the payload in bytes; of an erased one, the length that it had.
    pub payload_len: u32,
}

/// A part of a body is longer than a frame can hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("{part} is longer than a frame can hold")]
pub struct BodyTooLarge {
    /// Which part.
    pub part: &'static str,
}

impl FrameHead {
    /// The durable lag that attests nothing.
    pub const LAG_SATURATED: u32 = u32::MAX;

    /// A fixed part of this kind with every other field zero; the length is that of an empty body.
    #[must_use]
    pub const fn blank(kind: FrameKind) -> FrameHead {
        FrameHead {
            length: 128,
            body_crc: 0,
            kind,
            caller_flags: 0,
            flags: FrameFlags::NONE,
            sequence: Sequence::NONE,
            event_id: EventId::nil(),
            wall_us: 0,
            stream_sequence: StreamSequence(0),
            predecessor: Sequence::NONE,
            previous_hash: [0; 32],
            generation: Generation(0),
            durable_lag: 0,
            event_kind: 0,
            counter: 0,
            payload_version: 0,
            entity_len: 0,
            scope_len: 0,
            cause_count: 0,
            extensions_len: 0,
            payload_len: 0,
        }
    }

    /// Takes the lengths, and the flags that follow from them, of the body that the frame will have.
    ///
    /// Leaves the body check and the flags that do not describe the body alone.
    ///
    /// # Errors
    /// [`BodyTooLarge`] when a part, or the frame, is longer than the layout allows; nothing is changed then.
    pub fn fit(&mut self, parts: &BodyParts<'_>) -> Result<(), BodyTooLarge> {
        let too_large = |part| BodyTooLarge { part };
        let entity_len = u16::try_from(parts.entity.len()).map_err(|_| too_large("entity"))?;
        let scope_len = u16::try_from(parts.scope.len()).map_err(|_| too_large("scope"))?;
        let cause_count = u16::try_from(parts.causes.len())
            .ok()
            .filter(|count| *count <= MAX_CAUSES)
            .ok_or(too_large("list of causes"))?;
        let extensions_len =
            u32::try_from(parts.extensions.len()).map_err(|_| too_large("extension map"))?;
        let payload_len = u32::try_from(parts.payload.len()).map_err(|_| too_large("payload"))?;
        let length = u32::try_from(FRAME_FIXED.saturating_add(body_len(parts)))
            .ok()
            .filter(|length| *length <= MAX_FRAME_LENGTH)
            .ok_or(too_large("frame"))?;
        let described =
            FrameFlags::LANE | FrameFlags::CORRELATED | FrameFlags::SALTED | FrameFlags::ERASED;
        self.flags = self.flags.without(described) | body_flags(parts);
        self.length = length;
        self.entity_len = entity_len;
        self.scope_len = scope_len;
        self.cause_count = cause_count;
        self.extensions_len = extensions_len;
        self.payload_len = payload_len;
        Ok(())
    }

    /// The highest sequence that this frame attests to be durable, if it attests anything.
    #[must_use]
    pub fn attests(&self) -> Option<Sequence> {
        let says = self.kind == FrameKind::Event
            && self.durable_lag != 0
            && self.durable_lag != FrameHead::LAG_SATURATED;
        if !says {
            return None;
        }
        let durable = self.sequence.0.checked_sub(u64::from(self.durable_lag))?;
        (durable != 0).then_some(Sequence(durable))
    }

    /// The bytes on disk of a frame at this offset of the segment with this salt. No allocation.
    #[must_use]
    pub fn encode(&self, salt: Salt, offset: Offset) -> [u8; FRAME_FIXED] {
        let mut bytes = [0; FRAME_FIXED];
        put::<LENGTH, 4, _>(&mut bytes, self.length.to_le_bytes());
        put::<BODY_CRC, 4, _>(&mut bytes, self.body_crc.to_le_bytes());
        put::<FRAME_KIND, 1, _>(&mut bytes, [self.kind.to_byte()]);
        put::<CALLER_FLAGS, 1, _>(&mut bytes, [self.caller_flags]);
        put::<FRAME_FLAGS, 2, _>(&mut bytes, self.flags.bits().to_le_bytes());
        put::<SEQUENCE, 8, _>(&mut bytes, self.sequence.0.to_le_bytes());
        put::<EVENT_ID, 16, _>(&mut bytes, self.event_id.as_u128().to_le_bytes());
        put::<WALL_US, 8, _>(&mut bytes, self.wall_us.to_le_bytes());
        put::<STREAM_SEQUENCE, 8, _>(&mut bytes, self.stream_sequence.0.to_le_bytes());
        put::<PREDECESSOR, 8, _>(&mut bytes, self.predecessor.0.to_le_bytes());
        put::<PREVIOUS_HASH, 32, _>(&mut bytes, self.previous_hash);
        put::<GENERATION, 4, _>(&mut bytes, self.generation.0.to_le_bytes());
        put::<DURABLE_LAG, 4, _>(&mut bytes, self.durable_lag.to_le_bytes());
        put::<EVENT_KIND, 2, _>(&mut bytes, self.event_kind.to_le_bytes());
        put::<COUNTER, 2, _>(&mut bytes, self.counter.to_le_bytes());
        put::<PAYLOAD_VERSION, 2, _>(&mut bytes, self.payload_version.to_le_bytes());
        put::<ENTITY_LENGTH, 2, _>(&mut bytes, self.entity_len.to_le_bytes());
        put::<SCOPE_LENGTH, 2, _>(&mut bytes, self.scope_len.to_le_bytes());
        put::<CAUSE_COUNT, 2, _>(&mut bytes, self.cause_count.to_le_bytes());
        put::<EXTENSIONS_LENGTH, 4, _>(&mut bytes, self.extensions_len.to_le_bytes());
        put::<PAYLOAD_LENGTH, 4, _>(&mut bytes, self.payload_len.to_le_bytes());
        let checksum = header_crc(&bytes, salt, offset);
        put::<HEADER_CRC, 4, _>(&mut bytes, checksum.to_le_bytes());
        bytes
    }

    /// Reads and checks the fixed part of a frame at this offset of the segment with this salt.
    ///
    /// Nothing of the body is examined except that the length is the sum of the parts.
    ///
    /// # Errors
    /// [`FrameFault`]. No length is believed before the check over the fixed part matches.
    #[inline(always)]
    pub fn decode(
        bytes: &[u8; FRAME_FIXED],
        salt: Salt,
        offset: Offset,
    ) -> Result<FrameHead, FrameFault> {
        let length = u32::from_le_bytes(get::<LENGTH, 4, _>(bytes));
        if !is_possible_length(length) {
            return Err(match length {
                0 => FrameFault::ZeroLength,
                _ => FrameFault::BadLength,
            });
        }
        let checksum = u32::from_le_bytes(get::<HEADER_CRC, 4, _>(bytes));
        if header_crc(bytes, salt, offset) != checksum {
            return Err(FrameFault::HeaderChecksum);
        }
        let event_kind = u16::from_le_bytes(get::<EVENT_KIND, 2, _>(bytes));
        let kind = match FrameKind::from_byte(bytes[FRAME_KIND]) {
            Some(FrameKind::Control) => is_known_control(event_kind),
            kind => kind,
        }
        .ok_or(FrameFault::FutureVersion)?;
        if kind == FrameKind::Skippable {
            // What the other fields mean is unknown, so none of them is handed out.
            let body_crc = u32::from_le_bytes(get::<BODY_CRC, 4, _>(bytes));
            return Ok(FrameHead {
                length,
                body_crc,
                ..FrameHead::blank(kind)
            });
        }
        let flags = u16::from_le_bytes(get::<FRAME_FLAGS, 2, _>(bytes));
        let head = FrameHead {
            length,
            body_crc: u32::from_le_bytes(get::<BODY_CRC, 4, _>(bytes)),
            kind,
            caller_flags: bytes[CALLER_FLAGS],
            flags: FrameFlags::from_bits(flags).ok_or(FrameFault::FutureVersion)?,
            sequence: Sequence(u64::from_le_bytes(get::<SEQUENCE, 8, _>(bytes))),
            event_id: EventId::new(u128::from_le_bytes(get::<EVENT_ID, 16, _>(bytes))),
            wall_us: i64::from_le_bytes(get::<WALL_US, 8, _>(bytes)),
            stream_sequence: StreamSequence(u64::from_le_bytes(get::<STREAM_SEQUENCE, 8, _>(
                bytes,
            ))),
            predecessor: Sequence(u64::from_le_bytes(get::<PREDECESSOR, 8, _>(bytes))),
            previous_hash: get::<PREVIOUS_HASH, 32, _>(bytes),
            generation: Generation(u32::from_le_bytes(get::<GENERATION, 4, _>(bytes))),
            durable_lag: u32::from_le_bytes(get::<DURABLE_LAG, 4, _>(bytes)),
            event_kind,
            counter: u16::from_le_bytes(get::<COUNTER, 2, _>(bytes)),
            payload_version: u16::from_le_bytes(get::<PAYLOAD_VERSION, 2, _>(bytes)),
            entity_len: u16::from_le_bytes(get::<ENTITY_LENGTH, 2, _>(bytes)),
            scope_len: u16::from_le_bytes(get::<SCOPE_LENGTH, 2, _>(bytes)),
            cause_count: u16::from_le_bytes(get::<CAUSE_COUNT, 2, _>(bytes)),
            extensions_len: u32::from_le_bytes(get::<EXTENSIONS_LENGTH, 4, _>(bytes)),
            payload_len: u32::from_le_bytes(get::<PAYLOAD_LENGTH, 4, _>(bytes)),
        };
        if get::<RESERVED, 4, _>(bytes) != [0; 4] {
            return Err(FrameFault::Malformed("reserved bytes are not zero"));
        }
        head.check()?;
        Ok(head)
    }

    #[inline]
    fn check(&self) -> Result<(), FrameFault> {
        if self.kind == FrameKind::Event {
            self.check_event()?;
        } else if *self != self.expected_of_control() {
            return Err(FrameFault::Malformed(
                "control frame has the fields of an event",
            ));
        }
        if u64::from(self.length) != self.length_of_parts() {
            return Err(FrameFault::BadLength);
        }
        Ok(())
    }

    #[inline]
    fn check_event(&self) -> Result<(), FrameFault> {
        let fault = if self.sequence.is_none() {
            "sequence of an event is 0"
        } else if self.stream_sequence.0 == 0 {
            "stream sequence of an event is 0"
        } else if self.predecessor >= self.sequence {
            "predecessor is not before the event"
        } else if self.wall_us < 0 {
            "wall clock is before 1970"
        } else if self.cause_count > MAX_CAUSES {
            "event has too many causes"
        } else {
            return Ok(());
        };
        Err(FrameFault::Malformed(fault))
    }

    /// What a seal or control frame with this length and payload has in all its fields.
    fn expected_of_control(&self) -> FrameHead {
        FrameHead {
            length: self.length,
            body_crc: self.body_crc,
            flags: FrameFlags::COMMIT,
            event_kind: match self.kind {
                FrameKind::Control => self.event_kind,
                _ => 0,
            },
            payload_len: self.payload_len,
            ..FrameHead::blank(self.kind)
        }
    }

    /// The length that follows from counts and flags; in 64 bits nothing can overflow.
    #[inline]
    fn length_of_parts(&self) -> u64 {
        let causes = u64::from(self.cause_count);
        let when = |flag, length| if self.flags.contains(flag) { length } else { 0 };
        let content = if self.flags.contains(FrameFlags::ERASED) {
            32
        } else {
            when(FrameFlags::SALTED, 16) + u64::from(self.payload_len)
        };
        let sum = 128
            + when(FrameFlags::LANE, 8)
            + when(FrameFlags::CORRELATED, 16)
            + causes * 16
            + causes.div_ceil(8)
            + u64::from(self.entity_len)
            + u64::from(self.scope_len)
            + u64::from(self.extensions_len)
            + content;
        sum.next_multiple_of(8)
    }
}

/// What can be said of a length without knowing anything else of the frame.
#[inline]
pub(crate) const fn is_possible_length(length: u32) -> bool {
    length >= 128 && length <= MAX_FRAME_LENGTH && length.is_multiple_of(8)
}

/// Salt, offset, length and everything after the check itself.
#[inline]
fn header_crc(bytes: &[u8; FRAME_FIXED], salt: Salt, offset: Offset) -> u32 {
    let mut place = [0_u8; 20];
    put::<0, 8, _>(&mut place, salt.0.to_le_bytes());
    put::<8, 8, _>(&mut place, offset.0.to_le_bytes());
    put::<16, 4, _>(&mut place, get::<LENGTH, 4, _>(bytes));
    crc32c::crc32c_append(crc32c::crc32c(&place), &bytes[BODY_CRC..])
}

#[cfg(test)]
#[path = "head_tests.rs"]
mod tests;
