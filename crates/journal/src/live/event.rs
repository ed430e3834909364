//! What the columns know of one event.

use batpak_coordinate::{EventKind, Generation, Sequence, StreamSequence};
use batpak_event::{CorrelationId, Digest, EventId};
use batpak_segment::Offset;

/// Number of a stream or scope in the order of first appearance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NameId(pub(super) u32);

/// An event as the columns have it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) sequence: Sequence,
    pub(crate) id: EventId,
    pub(crate) offset: Offset,
    pub(crate) stream: NameId,
    pub(crate) scope: NameId,
    pub(crate) stream_sequence: StreamSequence,
    pub(crate) predecessor: Sequence,
    pub(crate) generation: Generation,
    pub(crate) kind: EventKind,
    pub(crate) keyed: bool,
}

/// An event as it is put into the columns.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Addition<'a> {
    pub(crate) sequence: Sequence,
    pub(crate) id: EventId,
    pub(crate) offset: Offset,
    pub(crate) entity: &'a str,
    /// Number of the entity in the columns that it is put into, when that is known.
    pub(crate) stream: Option<NameId>,
    pub(crate) scope: &'a str,
    pub(crate) stream_sequence: StreamSequence,
    pub(crate) predecessor: Sequence,
    pub(crate) generation: Generation,
    pub(crate) kind: EventKind,
    pub(crate) keyed: bool,
    /// Its event hash, when that is known.
    pub(crate) hash: Option<&'a Digest>,
    /// Its correlation, when that is not its own id.
    pub(crate) correlation: Option<CorrelationId>,
    /// The events of this store that caused it.
    pub(crate) causes: &'a [EventId],
}

/// Words of an entry: one cache line.
pub(super) const WORDS: usize = 8;

impl Entry {
    pub(super) fn to_words(self) -> [u64; WORDS] {
        let (id_low, id_high) = halves(self.id.as_u128());
        let facts = u128::from(self.generation.get())
            | u128::from(self.kind.as_raw_u16()) << 32
            | u128::from(self.keyed) << 48;
        [
            self.sequence.get(),
            id_low,
            id_high,
            self.offset.0,
            u64::from(self.scope.0) << 32 | u64::from(self.stream.0),
            self.stream_sequence.get(),
            self.predecessor.get(),
            halves(facts).0,
        ]
    }

    pub(super) fn of_words(words: [u64; WORDS]) -> Self {
        let [
            sequence,
            id_low,
            id_high,
            offset,
            names,
            stream_sequence,
            predecessor,
            facts,
        ] = words;
        let [a, b, c, d, e, f, keyed, _] = facts.to_le_bytes();
        let [g, h, i, j, k, l, m, n] = names.to_le_bytes();
        Self {
            sequence: Sequence(sequence),
            id: EventId::new(u128::from(id_high) << 64 | u128::from(id_low)),
            offset: Offset(offset),
            stream: NameId(u32::from_le_bytes([g, h, i, j])),
            scope: NameId(u32::from_le_bytes([k, l, m, n])),
            stream_sequence: StreamSequence(stream_sequence),
            predecessor: Sequence(predecessor),
            generation: Generation(u32::from_le_bytes([a, b, c, d])),
            kind: EventKind::from_raw(u16::from_le_bytes([e, f])),
            keyed: keyed != 0,
        }
    }

    /// The same event for other columns.
    pub(super) fn addition<'a>(
        &self,
        entity: &'a str,
        scope: &'a str,
        correlation: Option<CorrelationId>,
        causes: &'a [EventId],
    ) -> Addition<'a> {
        Addition {
            sequence: self.sequence,
            id: self.id,
            offset: self.offset,
            entity,
            stream: None,
            scope,
            stream_sequence: self.stream_sequence,
            predecessor: self.predecessor,
            generation: self.generation,
            kind: self.kind,
            keyed: self.keyed,
            hash: None,
            correlation,
            causes,
        }
    }
}

impl Addition<'_> {
    pub(super) fn entry(&self, stream: NameId, scope: NameId) -> Entry {
        Entry {
            sequence: self.sequence,
            id: self.id,
            offset: self.offset,
            stream,
            scope,
            stream_sequence: self.stream_sequence,
            predecessor: self.predecessor,
            generation: self.generation,
            kind: self.kind,
            keyed: self.keyed,
        }
    }
}

pub(super) fn words_of_hash(hash: &Digest) -> [u64; 4] {
    let mut words = hash.as_chunks().0.iter();
    std::array::from_fn(|_| words.next().map_or(0, |word| u64::from_le_bytes(*word)))
}

/// No event has a hash of zeros.
pub(super) fn hash_of_words(words: [u64; 4]) -> Option<Digest> {
    if words == [0; 4] {
        return None;
    }
    let mut hash = Digest::default();
    for (bytes, word) in hash.as_chunks_mut().0.iter_mut().zip(words) {
        *bytes = word.to_le_bytes();
    }
    Some(hash)
}

/// The low and the high half.
fn halves(word: u128) -> (u64, u64) {
    let bytes = word.to_le_bytes();
    let (low, high) = bytes.split_at(8);
    let half = |bytes: &[u8]| {
        bytes
            .first_chunk()
            .map_or(0, |half| u64::from_le_bytes(*half))
    };
    (half(low), half(high))
}
