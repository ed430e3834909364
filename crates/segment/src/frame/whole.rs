//! Checks of a whole frame, whatever it is, and the making of frames that are not events.

use super::layout::FRAME_FIXED;
use super::{
    ControlFrame, EventFrame, FrameFault, FrameFlags, FrameHead, FrameKind, Seal, body_crc,
};
use crate::fixed::{align, size};
use crate::{Offset, Salt};

/// Checks both sums of the frame at the start of `frame`, and returns its head and its body.
#[inline]
pub(super) fn verify(
    frame: &[u8],
    salt: Salt,
    offset: Offset,
) -> Result<(FrameHead, &[u8]), FrameFault> {
    let fixed = frame
        .first_chunk::<FRAME_FIXED>()
        .ok_or(FrameFault::TooShort)?;
    let head = FrameHead::decode(fixed, salt, offset)?;
    let body = frame
        .get(FRAME_FIXED..size(head.length))
        .ok_or(FrameFault::TooShort)?;
    if body_crc(body) != head.body_crc {
        return Err(FrameFault::BodyChecksum);
    }
    Ok((head, body))
}

impl FrameHead {
    /// Checks both sums of the frame at the start of `frame`, and returns its head: what
    /// [`EventFrame::from_verified`] takes.
    ///
    /// # Errors
    /// [`FrameFault`] when the bytes are not those of a frame at this offset under this salt.
    #[inline]
    pub fn verify(frame: &[u8], salt: Salt, offset: Offset) -> Result<FrameHead, FrameFault> {
        verify(frame, salt, offset).map(|(head, _)| head)
    }
}

/// Checks everything of a frame that its verified head does not tell: body sum, parts and padding.
///
/// This is the one definition of a valid frame that scanner and search share.
pub(crate) fn check_parts(
    head: &FrameHead,
    frame: &[u8],
    salt: Salt,
    offset: Offset,
) -> Result<(), FrameFault> {
    let body = frame
        .get(FRAME_FIXED..size(head.length))
        .ok_or(FrameFault::TooShort)?;
    if body_crc(body) != head.body_crc {
        return Err(FrameFault::BodyChecksum);
    }
    match head.kind {
        FrameKind::Event => EventFrame::from_verified(*head, frame).map(drop),
        FrameKind::Seal => Seal::from_parts(head, body, salt, offset).map(drop),
        FrameKind::Control => ControlFrame::from_parts(head, body).map(drop),
        FrameKind::Skippable => Ok(()),
    }
}

/// Appends a whole seal or control frame with this body.
pub(super) fn encode_plain(
    kind: FrameKind,
    control_type: u16,
    body: &[u8],
    salt: Salt,
    offset: Offset,
    out: &mut Vec<u8>,
) {
    let start = out.len();
    let padded = align(body.len());
    let body_start = start + FRAME_FIXED;
    out.resize(body_start, 0);
    out.extend_from_slice(body);
    out.resize(body_start + padded, 0);
    // The bodies of these frames are bounded far below what saturates.
    let head = FrameHead {
        length: u32::try_from(FRAME_FIXED + padded).unwrap_or(u32::MAX),
        body_crc: body_crc(&out[body_start..]),
        flags: FrameFlags::COMMIT,
        event_kind: control_type,
        payload_len: u32::try_from(body.len()).unwrap_or(u32::MAX),
        ..FrameHead::blank(kind)
    };
    out[start..body_start].copy_from_slice(&head.encode(salt, offset));
}
