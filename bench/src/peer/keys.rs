//! What the stores of keys and values share: the record of an event, its keys, and the tail of the log.

use std::time::{SystemTime, UNIX_EPOCH};

use batpak_coordinate::Sequence;
use batpak_event::EventId;

use crate::Result;
use crate::event::{Draft, SCOPE, encode, scatter};

/// Bytes of a record before its names.
const FIXED: usize = 38;

/// The tail of a log: the next sequence, and how many events every stream has. It is kept in memory
/// under the lock of the writer, which spares each store the look-ups.
#[derive(Debug)]
pub(super) struct Tail {
    /// The sequence of the newest event.
    pub(super) sequence: u64,
    /// How many events the entity with this number has, where that is known.
    streams: Vec<Option<u64>>,
}

/// The place of a new event.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    pub(super) sequence: u64,
    pub(super) stream: u64,
    pub(super) id: u128,
}

impl Tail {
    /// The tail behind this sequence.
    pub(super) fn new(sequence: u64, entities: usize) -> Tail {
        Tail {
            sequence,
            streams: vec![None; entities],
        }
    }

    /// How many events a stream has, looked up when it is not known.
    pub(super) fn stream(
        &mut self,
        event: &Draft<'_>,
        look_up: impl FnOnce() -> Result<u64>,
    ) -> Result<u64> {
        match self.streams[event.entity] {
            Some(stream) => Ok(stream),
            None => {
                let stream = look_up()?;
                self.streams[event.entity] = Some(stream);
                Ok(stream)
            }
        }
    }

    /// Gives the next event its sequence, and its place behind a stream of so many events.
    pub(super) fn advance(&mut self, event: &Draft<'_>, stream: u64) -> (u64, u64) {
        self.sequence += 1;
        self.streams[event.entity] = Some(stream + 1);
        (self.sequence, stream + 1)
    }

    /// Gives the next event its place, and its record, behind a stream of so many events.
    pub(super) fn place(
        &mut self,
        event: &Draft<'_>,
        stream: u64,
        record: &mut Vec<u8>,
    ) -> Result<Place> {
        let wall_us = i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH)?.as_micros())?;
        let (sequence, stream) = self.advance(event, stream);
        let random = scatter(sequence) as u32;
        let place = Place {
            sequence,
            stream,
            id: EventId::mint(wall_us, Sequence(sequence), random).as_u128(),
        };
        record.clear();
        record.extend_from_slice(&place.id.to_le_bytes());
        record.extend_from_slice(&wall_us.to_le_bytes());
        record.extend_from_slice(&place.stream.to_le_bytes());
        record.extend_from_slice(&0x1001_u16.to_le_bytes());
        record.extend_from_slice(&(event.name.len() as u16).to_le_bytes());
        record.extend_from_slice(&(SCOPE.len() as u16).to_le_bytes());
        record.extend_from_slice(event.name.as_bytes());
        record.extend_from_slice(SCOPE.as_bytes());
        encode(&event.payload, record)?;
        Ok(place)
    }
}

/// The payload in a record.
pub(super) fn payload(record: &[u8]) -> Result<&[u8]> {
    let length = |at: usize| -> Option<usize> {
        let bytes = record.get(at..at + 2)?;
        Some(usize::from(u16::from_le_bytes(bytes.try_into().ok()?)))
    };
    let names = length(34).zip(length(36));
    let names = names.ok_or("a record is shorter than its fixed part")?;
    let payload = record.get(FIXED + names.0 + names.1..);
    payload.ok_or_else(|| "a record is shorter than its names".into())
}

/// The key of an event in its stream: the name, and the place in the stream.
pub(super) fn stream_key(name: &str, stream: u64, key: &mut Vec<u8>) {
    key.clear();
    key.extend_from_slice(name.as_bytes());
    key.extend_from_slice(&stream.to_be_bytes());
}

/// The place in the stream that a key of a stream holds.
pub(super) fn stream_of(key: &[u8]) -> Result<u64> {
    let last = key.last_chunk().ok_or("a key of a stream is too short")?;
    Ok(u64::from_be_bytes(*last))
}

/// A number that is stored little-endian.
pub(super) fn number(bytes: &[u8]) -> Result<u64> {
    Ok(u64::from_le_bytes(bytes.try_into()?))
}
