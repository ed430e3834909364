//! The index file of one sealed segment: answers about its events without reading a frame.
//!
//! An [`IndexBuilder`] takes the facts of the events of a segment in their order and makes the bytes of the
//! file; a [`SegmentIndex`] answers from these bytes where they are, in a mapping or in memory. The file never
//! changes once it is written.
//!
//! It is a header, a table of chunks, and the chunks, each of which is one array of numbers or digests. Events
//! are numbered from 0 on as [`Ordinal`]s; lists of events are [`Postings`] of these, ascending.
//!
//! # What it does not do
//!
//! It does no I/O. It is derived from frames and never decides against one: who follows an answer to a frame
//! checks there what it asked for.
//!
//! # Limits and failure modes
//!
//! An index has at most 2^32 - 1 events. Reading is total: any bytes give answers or an [`IndexFault`].
//!
//! # Example
//!
//! ```
//! use batpak_coordinate::{EventKind, Generation, Sequence, StreamSequence};
//! use batpak_event::{Epoch, EventId, Lineage};
//! use batpak_segment::index::{IndexBuilder, IndexEnd, IndexEvent, IndexSource, SegmentIndex};
//! use batpak_segment::{Offset, Salt, SegmentId};
//!
//! let mut builder = IndexBuilder::new(IndexSource {
//!     lineage: Lineage(1), segment: SegmentId(1), salt: Salt(7), first_sequence: Sequence(1),
//! });
//! builder.push(&IndexEvent {
//!     sequence: Sequence(1), offset: Offset(256), id: EventId::mint(0, Sequence(1), 5), keyed: false,
//!     entity: "user:1", scope: "billing", stream_sequence: StreamSequence(1),
//!     predecessor: Sequence::NONE, generation: Generation(1), kind: EventKind::DATA, wall_us: 0,
//!     epoch: Epoch(1), correlation: None, causes: &[],
//! })?;
//! let bytes = builder.finish(&IndexEnd {
//!     end: Offset(400), last_sequence: Sequence(1), first_tile: 0, tiles: &[], directories: &[],
//! })?;
//!
//! let index = SegmentIndex::open(bytes)?;
//! assert_eq!(index.locate(Sequence(1))?, Some(Offset(256)));
//! let head = index.head("user:1")?.ok_or("the stream is there")?;
//! assert_eq!((head.last, index.kind(head.newest)?), (StreamSequence(1), EventKind::DATA));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Reading order: `layout`, `tag`, `table`, `segment_index`, then the questions in `events`, `names`, `links`,
//! `changes` and `directory`, then `build`.

mod build;
mod changes;
mod column;
mod directory;
mod events;
mod fault;
mod header;
mod layout;
mod links;
mod names;
mod postings;
mod segment_index;
mod table;
mod tag;

pub use build::{BuildFault, IndexBuilder, IndexEnd, IndexEvent, IndexSource};
pub use directory::{Directory, DirectoryTable, key_hash, stream_hash};
pub use events::EventEntry;
pub use fault::IndexFault;
pub use header::IndexHeader;
pub use layout::{INDEX_HEADER, INDEX_VERSION};
pub use links::{Causes, IndexCause, Tiles};
pub use names::{EntityOrdinal, ScopeOrdinal, StreamHead};
pub use postings::{MergedPostings, Ordinal, Postings};
pub use segment_index::SegmentIndex;

#[cfg(test)]
pub(crate) use layout::{ENTRY_FIELDS, INDEX_FIELDS, MAGIC_BYTES};
#[cfg(test)]
pub(crate) use tag::{Form, Length, Tag};

#[cfg(test)]
mod tests;
