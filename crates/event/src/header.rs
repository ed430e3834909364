//! The header of an event: what is known of it without its payload.

use batpak_coordinate::{DagPosition, EventKind};
use serde::{Deserialize, Serialize};

use crate::{CausationId, CorrelationId, Digest, EventId};

/// What is known of an event without its payload.
///
/// ```
/// use batpak_coordinate::{DagPosition, EventKind};
/// use batpak_event::EventHeader;
///
/// let header = EventHeader::new(7, 7, None, 5_000, DagPosition::root(), 0, EventKind::DATA);
/// assert_eq!((header.age_us(6_000), header.age_us(0)), (1_000, 0));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[repr(C)]
pub struct EventHeader {
    /// The event's id.
    pub event_id: EventId,
    /// Its correlation; its own id when it has no other.
    pub correlation_id: CorrelationId,
    /// Its first cause; `None` when nothing led to it.
    pub causation_id: Option<CausationId>,
    /// The store's clock in microseconds since 1970.
    pub timestamp_us: i64,
    /// Lane, depth, sequence within the stream, and hybrid logical clock.
    pub position: DagPosition,
    /// Exact length of the encoded payload in bytes.
    pub payload_size: u32,
    /// What kind of event this is.
    pub event_kind: EventKind,
    /// Flags that the caller set: the `FLAG_` constants.
    pub flags: u8,
    #[serde(default, skip_serializing_if = "is_unversioned")]
    payload_version: u16,
    /// The payload commitment; zero where it was not recorded.
    #[serde(default)]
    pub content_hash: Digest,
}

impl EventHeader {
    /// Flag: the producer waits for an acknowledging event.
    pub const FLAG_REQUIRES_ACK: u8 = 0x01;
    /// Flag: the event is part of something that holds as a whole.
    pub const FLAG_TRANSACTIONAL: u8 = 0x02;
    /// Flag: the event repeats an earlier one.
    pub const FLAG_REPLAY: u8 = 0x08;

    /// A header from plain numbers, without flags and without a content hash.
    #[must_use]
    pub fn new(
        event_id: u128,
        correlation_id: u128,
        causation_id: Option<u128>,
        timestamp_us: i64,
        position: DagPosition,
        payload_size: u32,
        event_kind: EventKind,
    ) -> EventHeader {
        EventHeader::new_typed(
            EventId::new(event_id),
            CorrelationId::new(correlation_id),
            causation_id.map(CausationId::new),
            timestamp_us,
            position,
            payload_size,
            event_kind,
        )
    }

    /// A header from identifiers, without flags and without a content hash.
    #[must_use]
    pub const fn new_typed(
        event_id: EventId,
        correlation_id: CorrelationId,
        causation_id: Option<CausationId>,
        timestamp_us: i64,
        position: DagPosition,
        payload_size: u32,
        event_kind: EventKind,
    ) -> EventHeader {
        EventHeader {
            event_id,
            correlation_id,
            causation_id,
            timestamp_us,
            position,
            payload_size,
            event_kind,
            flags: 0,
            payload_version: 0,
            content_hash: [0; 32],
        }
    }

    /// The same header with these flags in place of its own.
    #[must_use]
    pub const fn with_flags(mut self, flags: u8) -> EventHeader {
        self.flags = flags;
        self
    }

    /// The same header for a payload of this version of its schema.
    #[must_use]
    pub const fn with_payload_version(mut self, version: u16) -> EventHeader {
        self.payload_version = version;
        self
    }

    /// Version of the payload's schema; 0 when the event was appended without a type.
    #[must_use]
    pub const fn payload_version(&self) -> u16 {
        self.payload_version
    }

    /// Whether the producer waits for an acknowledging event.
    #[must_use]
    pub const fn requires_ack(&self) -> bool {
        self.flags & EventHeader::FLAG_REQUIRES_ACK != 0
    }

    /// Whether the event is part of something that holds as a whole.
    #[must_use]
    pub const fn is_transactional(&self) -> bool {
        self.flags & EventHeader::FLAG_TRANSACTIONAL != 0
    }

    /// Whether the event repeats an earlier one.
    #[must_use]
    pub const fn is_replay(&self) -> bool {
        self.flags & EventHeader::FLAG_REPLAY != 0
    }

    /// Microseconds from the event to `now_us`; 0 when the event is later, the largest number when it does
    /// not fit.
    #[must_use]
    pub fn age_us(&self, now_us: i64) -> u64 {
        u64::try_from(now_us.saturating_sub(self.timestamp_us)).unwrap_or(0)
    }
}

// The signature is that of `skip_serializing_if`.
fn is_unversioned(version: &u16) -> bool {
    *version == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(timestamp_us: i64) -> EventHeader {
        let position = DagPosition::new(1, 2, 3);
        EventHeader::new(7, 8, Some(9), timestamp_us, position, 100, EventKind::DATA)
    }

    #[test]
    fn ages_never_wrap() {
        let cases = [
            (100, 150, 50),
            (150, 100, 0),
            (0, i64::MAX, i64::MAX as u64),
            (i64::MIN, i64::MAX, i64::MAX as u64),
            (i64::MAX, i64::MIN, 0),
        ];
        for (event, now, age) in cases {
            assert_eq!(header(event).age_us(now), age, "{event} to {now}");
        }
    }

    #[test]
    fn each_flag_is_its_own_bit() {
        let seen = |flags| {
            let header = header(0).with_flags(flags);
            (
                header.requires_ack(),
                header.is_transactional(),
                header.is_replay(),
            )
        };
        assert_eq!(seen(0x01), (true, false, false));
        assert_eq!(seen(0x02), (false, true, false));
        assert_eq!(seen(0x08), (false, false, true));
        assert_eq!(seen(0xf4), (false, false, false));
        assert_eq!(seen(0xff), (true, true, true));
    }

    #[test]
    fn a_header_survives_serialization_with_and_without_its_content_hash() {
        let header = EventHeader {
            content_hash: [5; 32],
            ..header(1).with_flags(3)
        };
        let bytes = crate::encoding::to_bytes(&header).unwrap();
        assert_eq!(
            crate::encoding::from_bytes::<EventHeader>(&bytes).unwrap(),
            header
        );

        // An older writer: the last field is missing. Its name and its 32 numbers end the map.
        let tail = bytes.len() - (1 + "content_hash".len() + 3 + 32);
        let mut older = bytes[..tail].to_vec();
        older[0] -= 1;
        let decoded = crate::encoding::from_bytes::<EventHeader>(&older).unwrap();
        assert_eq!(
            decoded,
            EventHeader {
                content_hash: [0; 32],
                ..header
            }
        );
    }

    #[test]
    fn a_payload_version_survives_serialization_and_costs_nothing_where_there_is_none() {
        let plain = crate::encoding::to_bytes(&header(1)).unwrap();
        let versioned = header(1).with_payload_version(3);
        let bytes = crate::encoding::to_bytes(&versioned).unwrap();
        assert!(plain.len() < bytes.len());
        for (bytes, version) in [(plain, 0), (bytes, 3)] {
            let decoded = crate::encoding::from_bytes::<EventHeader>(&bytes).unwrap();
            assert_eq!(decoded.payload_version(), version);
        }
    }
}
