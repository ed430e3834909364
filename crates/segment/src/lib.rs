//! The bytes on disk: frames, segment files, their indexes and the store identity, without I/O.
//!
//! A store is a directory of segments and one identity file. A segment is a [`SegmentHeader`] and then frames,
//! each of which can be read without any other file. This crate turns facts into these bytes and bytes back
//! into facts; `docs/format.md` describes every one of them.
//!
//! - [`FrameHead`] is the fixed part of a frame, [`EventFrame`] an event read in place, [`ControlFrame`] and
//!   [`Seal`] the frames that are no events.
//! - [`Scanner`] walks over frames and ends in one [`Stop`]; [`search`] looks for a frame behind damage.
//! - [`identity`] holds what a store is, in two slots of which one is always whole.
//! - [`index`] answers questions about the events of a segment from a derived file.
//! - [`CloseFacts`] say how a segment ended, and [`names`] which files there are.
//!
//! # What makes a frame trustworthy
//!
//! The check over the fixed part covers the segment's [`Salt`] and the frame's own [`Offset`], so bytes of an
//! earlier file, moved frames and frames inside a payload never verify. No length is believed before that
//! check matches, and nothing is allocated for a count before it is compared with the bytes that are there.
//!
//! # What it does not do
//!
//! It opens no file and decides nothing about recovery: it reports what stands where. Checks find accidents;
//! only the event hashes, which `batpak-event` computes, find a careful forger.
//!
//! # Limits and failure modes
//!
//! A frame is at most 256 MiB long and has at most 4096 causes. Decoding is total: any bytes give facts or a
//! typed fault ([`FrameFault`], [`HeaderFault`], [`identity::IdentityFault`],
//! [`index::IndexFault`]), never a panic.
//!
//! # Example
//!
//! ```
//! use batpak_coordinate::{Sequence, StreamSequence};
//! use batpak_segment::{
//!     BodyParts, EventFrame, FrameFlags, FrameHead, FrameKind, Offset, Salt, body_crc, encode_body,
//! };
//!
//! let parts = BodyParts {
//!     lane: 0, depth: 0, correlation: None, causes: &[], entity: "user:1", scope: "billing",
//!     extensions: &[], salt: None, payload: b"\x81\xa1n\x01",
//! };
//! let mut head = FrameHead {
//!     flags: FrameFlags::COMMIT,
//!     sequence: Sequence(1),
//!     stream_sequence: StreamSequence(1),
//!     ..FrameHead::blank(FrameKind::Event)
//! };
//! head.fit(&parts)?;
//! let mut body = Vec::new();
//! encode_body(&parts, &mut body);
//! head.body_crc = body_crc(&body);
//! let frame = [head.encode(Salt(7), Offset(256)).as_slice(), &body].concat();
//!
//! let event = EventFrame::decode(&frame, Salt(7), Offset(256))?;
//! assert_eq!((event.entity(), event.payload()), ("user:1", parts.payload));
//! assert!(EventFrame::decode(&frame, Salt(7), Offset(512)).is_err());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Reading order: `units`, `frame` with its files, `scan`, then `header`, `close`, `identity` and `index`.

#![forbid(unsafe_code)]

mod close;
mod fixed;
mod frame;
mod header;
pub mod identity;
pub mod index;
pub mod names;
mod scan;
mod units;

#[cfg(test)]
mod format_tests;
#[cfg(test)]
mod testing;

pub use close::CloseFacts;
pub use frame::{
    BodyParts, BodyTooLarge, CauseIter, ControlFrame, EventFrame, FRAME_FIXED, FrameFault,
    FrameFlags, FrameHead, FrameKind, GapCause, KeyFacts, MAX_CAUSES, MAX_FRAME_LENGTH,
    SEAL_LENGTH, Seal, VisibilityChange, body_crc, body_flags, body_len, cause_offset, encode_body,
    encode_erased_body,
};
pub use header::{
    FORMAT_VERSION, HeaderFault, KNOWN_OPTIONAL, KNOWN_REQUIRED, SEGMENT_HEADER, SegmentHeader,
};
pub use scan::{ByteSource, Scanner, Step, Stop, search};
pub use units::{Offset, Salt, SegmentId};
