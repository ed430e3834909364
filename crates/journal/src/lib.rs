//! The engine under a batpak store: append, commit, recovery and reading of one directory.
//!
//! A journal is one log of events in the segment files of one directory. [`Journal`] is its only
//! writer; [`Reader`] and every [`View`] read it, beside the writer or without one. The engine
//! knows events, streams, causes and keys; it does not know what a payload means and never runs a
//! caller's code.
//!
//! # How an append goes
//!
//! 1. Outside every lock the event is encoded, hashed and checked against the limits.
//! 2. Under the `tail` lock, for less than a microsecond, it is checked against the log (key,
//!    expected sequence, causes) and gets its sequence, identifier, time, and place in a buffer.
//! 3. Whoever needs the event *written* writes everything staged in one call; whoever needs it
//!    *durable* leads one sync for everybody who waits. There is no writer thread.
//!
//! # What can go wrong
//!
//! A failed write is undone and reported as not committed; the next append goes to a new segment.
//! A failed sync fails the writer, because what is on the disk is then unknown; opening again
//! finds out. Opening refuses when bytes that were durable are missing or damaged, and takes
//! nothing for durable that only the page cache shows.
//!
//! # What it does not do
//!
//! It does not encode payloads, evaluate gates or fold projections: the `batpak` crate does.
//!
//! # Reading order
//!
//! `stage.rs` (the place of a unit), `write.rs` (writing and rotation), `sync.rs` (durability),
//! then `recover.rs` with `walk.rs` (what a crash leaves), `part.rs` with `live.rs` and `seal.rs` (the
//! index of a segment), `history.rs`, `view.rs` and `scan.rs` (reading).
//!
//! ```
//! use batpak_coordinate::{Coordinate, EventKind};
//! use batpak_journal::{Draft, Durability, Journal, Options, ScanRequest, Selection};
//! use batpak_platform::{Platform, RealDirectory};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let directory = tempfile::tempdir()?;
//! let platform = Platform::real(RealDirectory::create(directory.path())?);
//! let (journal, _report) = Journal::open(&platform, Options::default())?;
//! let place = Coordinate::new("order:1", "shop")?;
//! let draft = Draft::new(place, EventKind::DATA, vec![0xc0]);
//! let committed = journal.append(draft, Durability::Synced)?;
//! assert_eq!(committed.sequence.get(), 1);
//!
//! let mut scan = journal.view().scan(ScanRequest {
//!     selection: Selection::Stream("order:1".into()),
//!     after: Default::default(),
//!     reverse: false,
//! });
//! let frame = scan.next_frame()?.ok_or("the event is visible")?;
//! assert_eq!(frame.payload(), [0xc0]);
//! drop(scan);
//! journal.close()?;
//! # Ok(())
//! # }
//! ```

#![forbid(unsafe_code)]

mod background;
mod buffer;
mod causal;
mod check;
mod clock;
mod condition;
mod decide;
mod draft;
mod engine;
mod error;
mod headers;
mod hidden;
mod history;
mod identity_file;
mod journal;
mod live;
mod open;
mod options;
mod originals;
mod part;
mod prepare;
mod reader;
mod recover;
mod report;
mod room;
#[cfg(not(feature = "sabotage"))]
mod sabotage;
#[cfg(feature = "sabotage")]
#[doc(hidden)]
pub mod sabotage;
mod salvage;
mod scan;
mod seal;
mod segment_file;
mod source;
mod spare;
mod stage;
mod survey;
mod sync;
mod tail;
mod ticket;
mod tree_head;
mod verify;
mod view;
mod walk;
mod write;

pub use buffer::FrameBuffer;
pub use causal::CausalView;
pub use condition::Condition;
pub use draft::{Committed, CommittedUnit, Draft, DraftCause};
pub use error::{AppendError, Damage, Failure, FileError, OpenError, ReadError};
pub use headers::repair_identity;
pub use journal::Journal;
pub use options::{Durability, ExpectedSequence, Options};
pub use reader::Reader;
pub use report::{DamageDigest, DamagedRange, OpenReport, ParseDigestError};
pub use salvage::{SalvageError, SalvageReport, salvage};
pub use scan::{Chunk, Scan, ScanPlan, ScanRequest, Selection};
pub use spare::spare_buffer;
pub use ticket::Ticket;
pub use verify::{Finding, VerifyProgress, VerifyReport, verify, verify_against};
pub use view::View;
