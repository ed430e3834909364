//! An event borrowed from a scan.

use std::collections::BTreeMap;

use batpak_coordinate::EventKind;
use batpak_event::{
    Cause, CorrelationId, Digest, EventHeader, EventId, HashKey, StoredEvent, encoding,
};
use batpak_segment::EventFrame;

use super::index_entry::IndexEntry;
use super::stored::{replay_header, stored};
use crate::append::EncodedBytes;
use crate::error::StoreError;
use crate::typed::{EventPayload, StoredPayload, TypedDecodeError, decode};

/// An event borrowed from a scan: its frame in place, checksums verified, nothing copied.
///
/// Hashes are computed on call.
#[derive(Clone, Copy, Debug)]
pub struct EventRef<'a> {
    pub(super) frame: EventFrame<'a>,
    key: &'a HashKey,
}

impl<'a> EventRef<'a> {
    #[inline]
    pub(super) fn new(frame: EventFrame<'a>, key: &'a HashKey) -> EventRef<'a> {
        EventRef { frame, key }
    }

    /// Place in the global order, from 1.
    #[must_use]
    pub fn sequence(&self) -> u64 {
        self.frame.head.sequence.get()
    }

    /// Place in the stream, from 1.
    #[must_use]
    pub fn stream_sequence(&self) -> u64 {
        self.frame.head.stream_sequence.get()
    }

    /// Id.
    #[must_use]
    pub fn event_id(&self) -> EventId {
        self.frame.head.event_id
    }

    /// Entity: the stream.
    #[must_use]
    pub fn entity(&self) -> &'a str {
        self.frame.entity()
    }

    /// Scope.
    #[must_use]
    pub fn scope(&self) -> &'a str {
        self.frame.scope()
    }

    /// Kind.
    #[must_use]
    pub fn kind(&self) -> EventKind {
        self.frame.kind()
    }

    /// Time, microseconds since 1970.
    #[must_use]
    pub fn timestamp_us(&self) -> i64 {
        self.frame.head.wall_us
    }

    /// Conversation; the event's own id when it has no other.
    #[must_use]
    pub fn correlation_id(&self) -> CorrelationId {
        self.frame.correlation()
    }

    /// What caused the event, in the order it was given.
    #[must_use]
    pub fn causes(&self) -> Vec<Cause> {
        self.frame.causes().collect()
    }

    /// One more than the greatest generation among causes and the stream's previous event.
    #[must_use]
    pub fn generation(&self) -> u32 {
        self.frame.head.generation.get()
    }

    /// Flags that the caller set.
    #[must_use]
    pub fn flags(&self) -> u8 {
        self.frame.head.caller_flags
    }

    /// Lane hint.
    #[must_use]
    pub fn lane(&self) -> u32 {
        self.frame.lane()
    }

    /// Depth hint.
    #[must_use]
    pub fn depth(&self) -> u32 {
        self.frame.depth()
    }

    /// Version of the payload's schema; 0 when the event was appended without a type.
    #[must_use]
    pub fn payload_version(&self) -> u16 {
        self.frame.head.payload_version
    }

    /// Payload as MessagePack.
    #[must_use]
    pub fn payload(&self) -> &'a [u8] {
        self.frame.payload()
    }

    /// The payload as its type.
    ///
    /// # Errors
    /// [`TypedDecodeError`] when the event is of another kind, a newer version or other bytes.
    #[inline]
    pub fn decode<T: EventPayload>(&self) -> Result<T, TypedDecodeError> {
        let payload = StoredPayload::msgpack(self.payload());
        decode(self.kind(), self.payload_version(), payload)
    }

    /// The bytes of an extension. Decodes the extension map of events that have one.
    #[must_use]
    pub fn extension(&self, key: &str) -> Option<Vec<u8>> {
        if self.frame.extensions().is_empty() {
            return None;
        }
        let mut stored: BTreeMap<String, EncodedBytes> =
            encoding::from_bytes(self.frame.extensions()).ok()?;
        stored.remove(key).map(EncodedBytes::into_bytes)
    }

    /// BLAKE3 of the payload, computed.
    #[must_use]
    pub fn content_hash(&self) -> Digest {
        self.frame.content_hash()
    }

    /// Hash over every logical fact of the event, computed.
    #[must_use]
    pub fn event_hash(&self) -> Digest {
        self.frame.event_hash(self.key)
    }

    /// Event hash of the stream's previous event; zero at the first.
    #[must_use]
    pub fn previous_hash(&self) -> Digest {
        self.frame.head.previous_hash
    }

    /// The header, with the payload commitment computed.
    #[must_use]
    pub fn to_header(&self) -> EventHeader {
        replay_header(&self.frame)
    }

    /// The event on its own, with its payload copied and both hashes computed.
    ///
    /// # Errors
    /// When the stored names break the rules of coordinates.
    pub fn to_stored(&self) -> Result<StoredEvent<Vec<u8>>, StoreError> {
        stored(&self.frame, self.key)
    }

    /// Everything but the payload, with both hashes computed.
    ///
    /// # Errors
    /// When the stored names break the rules of coordinates, or the extensions do not decode.
    pub fn to_entry(&self) -> Result<IndexEntry, StoreError> {
        IndexEntry::new(&self.frame, self.key)
    }
}
