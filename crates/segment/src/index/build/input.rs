//! What an index is built of, and why it may not be.

use batpak_coordinate::{EventKind, Generation, Sequence, StreamSequence};
use batpak_event::{CorrelationId, Epoch, EventId, Lineage};
use thiserror::Error;

use crate::index::IndexCause;
use crate::{Offset, Salt, SegmentId};

/// Which segment an index is built for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IndexSource {
    /// The history that the segment belongs to.
    pub lineage: Lineage,
    /// The segment.
    pub segment: SegmentId,
    /// Its salt.
    pub salt: Salt,
    /// The first sequence that it has, or would have.
    pub first_sequence: Sequence,
}

/// The facts of an event that the index of its segment takes.
#[derive(Debug, Clone, Copy)]
pub struct IndexEvent<'a> {
    /// Its place among all events of the store.
    pub sequence: Sequence,
    /// Where its frame is.
    pub offset: Offset,
    /// Its id.
    pub id: EventId,
    /// Whether the id is its idempotency key.
    pub keyed: bool,
    /// Its entity.
    pub entity: &'a str,
    /// Its scope.
    pub scope: &'a str,
    /// Its place in its stream.
    pub stream_sequence: StreamSequence,
    /// The sequence of the stream's previous event; 0 at the first.
    pub predecessor: Sequence,
    /// Its depth in the causal graph.
    pub generation: Generation,
    /// What it says happened.
    pub kind: EventKind,
    /// Its time, in microseconds since 1970.
    pub wall_us: i64,
    /// The epoch that wrote it.
    pub epoch: Epoch,
    /// Its correlation; its own id when there is none.
    pub correlation: Option<CorrelationId>,
    /// What led to it, in the order of the frame.
    pub causes: &'a [IndexCause],
}

/// Why an index cannot be built of what was handed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum BuildFault {
    /// An event does not come after the one before it, or it is before the segment's first.
    #[error("event {sequence} does not come after what was indexed before it")]
    NotAscending {
        /// The event.
        sequence: Sequence,
    },
    /// A fact of an event is one that no event of a segment has.
    #[error("event {sequence} cannot be indexed: {reason}")]
    Impossible {
        /// The event.
        sequence: Sequence,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// There are as many events as an index can number.
    #[error("index is full")]
    Full,
    /// The facts of the whole segment do not fit together.
    #[error("index cannot be finished: {0}")]
    End(&'static str),
}
