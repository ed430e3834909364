//! The frame that ends a segment in an orderly rotation.

use super::layout::FRAME_FIXED;
use super::whole::{encode_plain, verify};
use super::{FrameFault, FrameHead, FrameKind};
use crate::fixed::count;
use crate::{CloseFacts, Offset, Salt};

/// Length of a seal frame in bytes.
pub const SEAL_LENGTH: usize = FRAME_FIXED + CloseFacts::LENGTH;
const _: () = assert!(SEAL_LENGTH.is_multiple_of(8));

/// The last frame of a segment that was rotated in order: it repeats the close facts.
///
/// Recovery never writes one, so its absence says that the segment was left in a hurry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seal {
    /// The facts; `end` is the offset just after this frame.
    pub close: CloseFacts,
}

impl Seal {
    /// Appends the whole frame, to be written at `offset`.
    pub fn encode(&self, salt: Salt, offset: Offset, out: &mut Vec<u8>) {
        encode_plain(FrameKind::Seal, 0, &self.close.encode(), salt, offset, out);
    }

    /// Reads and checks the seal at the start of `frame`.
    ///
    /// # Errors
    /// [`FrameFault`]; malformed when its facts are of another segment or of another end.
    pub fn decode(frame: &[u8], salt: Salt, offset: Offset) -> Result<Seal, FrameFault> {
        let (head, body) = verify(frame, salt, offset)?;
        Seal::from_parts(&head, body, salt, offset)
    }

    pub(super) fn from_parts(
        head: &FrameHead,
        body: &[u8],
        salt: Salt,
        offset: Offset,
    ) -> Result<Seal, FrameFault> {
        if head.kind != FrameKind::Seal {
            return Err(FrameFault::Malformed("frame is not a seal"));
        }
        let close = <&[u8; CloseFacts::LENGTH]>::try_from(body)
            .ok()
            .and_then(CloseFacts::decode)
            .ok_or(FrameFault::Malformed(
                "close facts in the seal are impossible",
            ))?;
        if close.salt != salt || close.end != offset.after(count(SEAL_LENGTH)) {
            return Err(FrameFault::Malformed(
                "seal does not describe its own segment",
            ));
        }
        Ok(Seal { close })
    }
}
