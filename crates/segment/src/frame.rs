//! Frames: the self-contained records that a segment consists of.

mod body;
mod change;
mod control;
mod event;
mod fault;
mod flags;
mod head;
pub(crate) mod layout;
mod seal;
mod whole;

pub use body::{
    BodyParts, body_crc, body_flags, body_len, cause_offset, encode_body, encode_erased_body,
};
pub use change::VisibilityChange;
pub use control::{ControlFrame, GapCause, KeyFacts};
pub use event::{CauseIter, EventFrame};
pub use fault::FrameFault;
pub use flags::{FrameFlags, FrameKind};
pub(crate) use head::is_possible_length;
pub use head::{BodyTooLarge, FrameHead};
pub use layout::{FRAME_FIXED, MAX_CAUSES, MAX_FRAME_LENGTH};
pub use seal::{SEAL_LENGTH, Seal};
pub(crate) use whole::check_parts;
