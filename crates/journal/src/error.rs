//! What can go wrong, by what the caller was doing: opening, appending, reading.

use std::io;
use std::sync::Arc;

use batpak_coordinate::{Sequence, StreamSequence};
use batpak_event::{EventId, Lineage};
use batpak_platform::{LockOwner, is_media_error};
use batpak_segment::identity::IdentityFault;
use batpak_segment::index::IndexFault;
use batpak_segment::{FrameFault, GapCause, HeaderFault, Offset, SegmentId};
use thiserror::Error;

/// A failed call on a file: what was tried, on which name of the directory.
#[derive(Clone, Debug, Error)]
#[error("{operation} {name}: {source}")]
pub struct FileError {
    /// What was tried, as a verb phrase.
    pub operation: &'static str,
    /// File name inside the store's directory.
    pub name: String,
    /// The system's answer; shared, because one failed write fails every unit it carried.
    pub source: Arc<io::Error>,
}

impl FileError {
    /// Whether the medium refused to give the bytes.
    pub(crate) fn is_media(&self) -> bool {
        is_media_error(&self.source)
    }

    pub(crate) fn new(operation: &'static str, name: impl Into<String>, source: io::Error) -> Self {
        Self {
            operation,
            name: name.into(),
            source: Arc::new(source),
        }
    }
}

/// Why the bytes of a store cannot be what a writer left.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum Damage {
    /// A frame does not verify although later frames attest that it was durable.
    #[error("a frame that was durable does not verify: {0}")]
    Frame(FrameFault),
    /// A segment's header does not verify.
    #[error("the segment header does not verify: {0}")]
    Header(HeaderFault),
    /// Both identity slots are unreadable while segments exist.
    #[error("the store identity does not verify: {0}")]
    Identity(IdentityFault),
    /// The identity file is missing while segments exist.
    #[error("the store identity is missing while segments exist")]
    IdentityMissing,
    /// A segment that the identity names is missing.
    #[error("a segment that the store identity names is missing")]
    SegmentMissing,
    /// Something that is not a regular file has the name of a segment.
    #[error("what has the name of a segment that the store identity names is not a regular file")]
    NotAFile,
    /// The medium refuses to give the bytes.
    #[error("the bytes cannot be read from the medium: {0}")]
    Unreadable(String),
    /// A segment belongs to another history.
    #[error("the segment belongs to another history, lineage {0}")]
    Foreign(Lineage),
    /// A segment is shorter than what was durable.
    #[error("the file is {found} bytes long, {expected} were durable")]
    Cut {
        /// Length now.
        found: u64,
        /// Length that was durable.
        expected: u64,
    },
    /// A segment's header disagrees with the identity or its predecessor.
    #[error("the segment is not the one the store identity names: {0} differs")]
    NotTheSegment(&'static str),
    /// Events are missing between two that verify.
    #[error("events are missing: found sequence {found}, expected {expected}")]
    SequenceGap {
        /// Sequence found.
        found: Sequence,
        /// Sequence expected.
        expected: Sequence,
    },
    /// A unit ends without its last frame although it was durable.
    #[error("a unit of events is incomplete although it was durable")]
    IncompleteUnit,
}

/// Why a store could not be opened.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum OpenError {
    /// Another writer has the directory.
    #[error("the store is locked by another writer")]
    Locked {
        /// Who, when the lock file tells.
        owner: Option<LockOwner>,
    },
    /// A file could not be read or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// The directory holds other files and no store.
    #[error("the directory holds files but no store")]
    NotAStore,
    /// A directory that must be empty holds something.
    #[error("the directory is not empty")]
    NotEmpty,
    /// A name ends like a segment's and is not one, or what has a segment's name is not a file.
    #[error("unexpected file {name}")]
    Malformed {
        /// File name.
        name: String,
    },
    /// A segment belongs to another store.
    #[error("{name} belongs to lineage {found}, this store is {expected}")]
    Foreign {
        /// File name.
        name: String,
        /// Lineage in the file.
        found: Lineage,
        /// Lineage of the store.
        expected: Lineage,
    },
    /// A newer version of the software wrote the store.
    #[error("{name} has format {found}, this version reads up to {supported}")]
    FutureVersion {
        /// File name.
        name: String,
        /// Version or feature bits found.
        found: u32,
        /// Highest version read.
        supported: u32,
    },
    /// Bytes that were durable are not there any more.
    #[error("{name} is damaged: {damage}")]
    Damaged {
        /// File name.
        name: String,
        /// Where in the file.
        offset: Option<Offset>,
        /// First sequence affected, where known.
        first: Option<Sequence>,
        /// Last sequence affected, where known.
        last: Option<Sequence>,
        /// What is wrong.
        damage: Damage,
    },
    /// An option is out of its range.
    #[error("{0}")]
    Options(&'static str),
}

/// Why the writer accepts nothing any more.
#[derive(Clone, Debug, Error)]
#[non_exhaustive]
pub enum Failure {
    /// A sync failed: what is on the disk is unknown until the store is opened again.
    #[error("a sync failed: {0}")]
    Sync(FileError),
    /// A failed write could not be cleaned up.
    #[error("a failed write could not be undone: {0}")]
    Write(FileError),
    /// The identity could not be written, or another writer wrote it.
    #[error("the store identity could not be written: {0}")]
    Identity(FileError),
    /// Another writer took the store over.
    #[error("another writer opened the store (epoch {found}, ours is {ours})")]
    Superseded {
        /// Epoch in the identity now.
        found: u64,
        /// Epoch of this writer.
        ours: u64,
    },
    /// This process is a fork of the one that opened the store, which alone can write.
    #[error("this process is a fork of the one that opened the store")]
    Forked,
}

/// Why an append did not return its receipt. Each variant says whether events are in the log.
#[derive(Clone, Debug, Error)]
#[non_exhaustive]
pub enum AppendError {
    /// Nothing was committed: the bytes could not be written or space could not be had.
    #[error(transparent)]
    NotWritten(#[from] FileError),
    /// The writer failed after the events were handed to the disk: whether they are there shows
    /// when the store is opened again.
    #[error("whether events {first} to {last} are durable is unknown: {failure}")]
    Unknown {
        /// First sequence in doubt.
        first: Sequence,
        /// Last sequence in doubt.
        last: Sequence,
        /// What failed.
        failure: Failure,
    },
    /// The writer had failed before; nothing was committed.
    #[error("the writer has failed: {0}")]
    Failed(Failure),
    /// This process is a fork of the one that opened the journal; nothing was committed.
    #[error("this process is a fork of the one that opened the store, which alone can write")]
    Forked,
    /// The journal is closed; nothing was committed.
    #[error("the store is closed")]
    Closed,
    /// The unit would have had to wait, or what is staged to be written first; nothing was committed.
    #[error("what was appended before has to be written first")]
    Busy,
    /// No range of visible events; nothing was committed.
    #[error("{first} to {last} is no range of events up to the newest one, {newest}")]
    NoSuchRange {
        /// First sequence.
        first: Sequence,
        /// Last sequence.
        last: Sequence,
        /// Newest visible event.
        newest: Sequence,
    },
    /// A condition does not hold; nothing was committed.
    #[error("{}", broken(events, stream.as_deref()))]
    ConditionBroken {
        /// Position of the first condition that is broken.
        condition: usize,
        /// The events that break it, ascending, as far as they are named; of a stream its newest one.
        events: Vec<Sequence>,
        /// The stream that is not as expected, with what was expected and found, if it is one.
        stream: Option<Box<(String, StreamSequence, StreamSequence)>>,
    },
    /// The stream is not as expected; nothing was committed.
    #[error("the newest event of {entity} has stream sequence {actual}, expected {expected}")]
    SequenceMismatch {
        /// Position in the unit.
        index: usize,
        /// Entity.
        entity: String,
        /// What the caller expected.
        expected: StreamSequence,
        /// What is there.
        actual: StreamSequence,
    },
    /// The key is taken by an event with another body; nothing was committed.
    #[error("the idempotency key {key} is taken by an event with another body")]
    KeyConflict {
        /// Position in the unit.
        index: usize,
        /// The key.
        key: EventId,
    },
    /// A unit mixes keyed and unkeyed events, repeats a key, or is partly present already.
    #[error("{0}")]
    PartialUnit(&'static str),
    /// A cause is not in the store and not marked foreign; nothing was committed.
    #[error("cause {cause} is not in the store")]
    UnknownCause {
        /// Position in the unit.
        index: usize,
        /// The cause.
        cause: EventId,
    },
    /// A cause names an event of the unit that does not come before it; nothing was committed.
    #[error("event {index} of the unit names event {prior} as its cause, which is not before it")]
    InvalidPrior {
        /// Position in the unit.
        index: usize,
        /// The position named.
        prior: usize,
    },
    /// An event is larger than the limit; nothing was committed.
    #[error("event {index} has {size} bytes, the limit is {limit}")]
    TooLarge {
        /// Position in the unit.
        index: usize,
        /// Bytes of payload and extensions, or number of causes.
        size: usize,
        /// The limit.
        limit: usize,
    },
    /// The unit has too many events or bytes; nothing was committed.
    #[error("the unit has {size} {what}, the limit is {limit}")]
    UnitTooLarge {
        /// What is counted.
        what: &'static str,
        /// How many.
        size: usize,
        /// The limit.
        limit: usize,
    },
    /// The clock gives a time no event can have; nothing was committed.
    #[error("the clock says {timestamp_us} microseconds since 1970")]
    InvalidClock {
        /// What the clock says.
        timestamp_us: i64,
    },
    /// The stored event that a key names could not be read to compare it; nothing was committed.
    #[error("the event that holds the key cannot be read: {0}")]
    Unreadable(#[from] ReadError),
}

/// Why an event could not be read.
#[derive(Clone, Debug, Error)]
#[non_exhaustive]
pub enum ReadError {
    /// The file could not be read.
    #[error(transparent)]
    File(#[from] FileError),
    /// The index of a segment cannot answer, and could not be made again from the segment.
    #[error("the index of segment {segment} cannot be used: {fault}")]
    Index {
        /// Segment.
        segment: SegmentId,
        /// What is wrong with it.
        fault: IndexFault,
    },
    /// No such event is visible.
    #[error("no event with that sequence is visible")]
    NotFound,
    /// The frame does not verify.
    #[error("segment {segment} at {offset}: {fault}")]
    Frame {
        /// Segment.
        segment: SegmentId,
        /// Where the frame starts.
        offset: Offset,
        /// What is wrong with it.
        fault: FrameFault,
    },
    /// The frame verifies and is not the event that the index says it is.
    #[error("segment {segment} at {offset}: the frame is event {found}, expected {expected}")]
    WrongEvent {
        /// Segment.
        segment: SegmentId,
        /// Where the frame starts.
        offset: Offset,
        /// Sequence in the frame.
        found: Sequence,
        /// Sequence expected.
        expected: Sequence,
    },
    /// Events of a stream are missing between two that were read.
    #[error("{entity}: stream sequence {found} follows where {expected} was expected")]
    StreamGap {
        /// The stream.
        entity: String,
        /// Stream sequence found.
        found: StreamSequence,
        /// Stream sequence expected.
        expected: StreamSequence,
    },
    /// The log says that the events are not in it any more.
    #[error("events {first} to {last} are not in the log any more ({cause})")]
    Gone {
        /// First event of the range.
        first: Sequence,
        /// Last event of the range.
        last: Sequence,
        /// Why.
        cause: GapCause,
    },
    /// The events are in a damaged range.
    #[error("events {first} to {last} are lost to damage in segment {segment} at {offset}")]
    Lost {
        /// Segment.
        segment: SegmentId,
        /// Where the damage starts.
        offset: Offset,
        /// First event lost.
        first: Sequence,
        /// Last event lost.
        last: Sequence,
    },
}

/// What breaks a condition.
fn broken(
    events: &[Sequence],
    stream: Option<&(String, StreamSequence, StreamSequence)>,
) -> String {
    if let Some((entity, expected, actual)) = stream {
        return format!(
            "the newest event of {entity} has stream sequence {actual}, expected {expected}"
        );
    }
    if events.is_empty() {
        return "a condition is broken by a change of which events are shown".to_owned();
    }
    let named: Vec<String> = events.iter().map(Sequence::to_string).collect();
    format!(
        "a condition is broken by events that came before: {}",
        named.join(", ")
    )
}
