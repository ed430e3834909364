//! An event in memory: header, payload and its place in the chain of its stream.

use batpak_coordinate::{DagPosition, EventKind};
use serde::{Deserialize, Serialize};

use crate::{Digest, EventHeader, EventId, content_hash};

/// An event with a payload of type `P`.
///
/// ```
/// use batpak_coordinate::{DagPosition, EventKind};
/// use batpak_event::{Event, EventHeader, EventId};
///
/// let id = EventId::new(7);
/// let header = EventHeader::new(7, 7, None, 0, DagPosition::root(), 2, EventKind::DATA);
/// let event = Event::new(header, "hi");
/// assert_eq!((event.event_id(), event.map_payload(str::len).payload), (id, 2));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event<P> {
    /// What is known of it without its payload.
    pub header: EventHeader,
    /// The payload.
    pub payload: P,
    /// Its hashes; `None` for an event that is not stored.
    pub hash_chain: Option<HashChain>,
}

/// The hash of an event and that of the one before it in its stream.
///
/// ```
/// use batpak_event::HashChain;
///
/// let first = HashChain { prev_hash: [0; 32], event_hash: HashChain::compute_hash(b"first") };
/// let second = HashChain { prev_hash: first.event_hash, event_hash: HashChain::compute_hash(b"second") };
/// assert_eq!(second.prev_hash, first.event_hash);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub struct HashChain {
    /// Event hash of the stream's previous event; zero at the first.
    pub prev_hash: Digest,
    /// Event hash of this event.
    pub event_hash: Digest,
}

impl<P> Event<P> {
    /// An event that is not stored.
    #[must_use]
    pub const fn new(header: EventHeader, payload: P) -> Event<P> {
        Event {
            header,
            payload,
            hash_chain: None,
        }
    }

    /// The same event with these hashes.
    #[must_use]
    pub fn with_hash_chain(self, hash_chain: HashChain) -> Event<P> {
        Event {
            hash_chain: Some(hash_chain),
            ..self
        }
    }

    /// The event's id.
    #[must_use]
    pub const fn event_id(&self) -> EventId {
        self.header.event_id
    }

    /// The event's kind.
    #[must_use]
    pub const fn event_kind(&self) -> EventKind {
        self.header.event_kind
    }

    /// The event's place in its stream and in time.
    #[must_use]
    pub const fn position(&self) -> &DagPosition {
        &self.header.position
    }

    /// Whether nothing comes before it in its stream, as far as its hashes tell.
    #[must_use]
    pub fn is_genesis(&self) -> bool {
        self.hash_chain
            .is_none_or(|chain| chain.prev_hash == [0; 32])
    }

    /// The same event with its payload replaced by what `map` makes of it.
    #[must_use]
    pub fn map_payload<Q>(self, map: impl FnOnce(P) -> Q) -> Event<Q> {
        Event {
            header: self.header,
            payload: map(self.payload),
            hash_chain: self.hash_chain,
        }
    }
}

impl HashChain {
    /// The content hash of these payload bytes. It is one fact among those that the event hash covers.
    #[must_use]
    pub fn compute_hash(bytes: &[u8]) -> Digest {
        content_hash(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event() -> Event<u32> {
        let position = DagPosition::new(0, 0, 1);
        Event::new(
            EventHeader::new(1, 1, None, 0, position, 1, EventKind::DATA),
            5,
        )
    }

    #[test]
    fn an_event_is_genesis_until_a_previous_hash_says_otherwise() {
        let chained = |byte| {
            let mut prev_hash = [0; 32];
            prev_hash[31] = byte;
            event().with_hash_chain(HashChain {
                prev_hash,
                event_hash: [1; 32],
            })
        };
        assert!(event().is_genesis());
        assert!(chained(0).is_genesis());
        assert!(!chained(1).is_genesis());
    }

    #[test]
    fn mapping_keeps_everything_but_the_payload() {
        let chain = HashChain {
            prev_hash: [1; 32],
            event_hash: [2; 32],
        };
        let mapped = event()
            .with_hash_chain(chain)
            .map_payload(|number| number.to_string());
        assert_eq!(mapped.payload, "5");
        assert_eq!(mapped.header, event().header);
        assert_eq!(mapped.hash_chain, Some(chain));
        assert_eq!(mapped.event_id(), EventId::new(1));
        assert_eq!(mapped.event_kind(), EventKind::DATA);
        assert_eq!(mapped.position().sequence(), 1);
    }

    #[test]
    fn the_hash_of_bytes_is_the_content_hash() {
        assert_eq!(HashChain::compute_hash(b"x"), content_hash(b"x"));
    }
}
