//! The variable part of an event frame, measured and encoded.

use batpak_event::{Cause, CorrelationId, Digest};

use super::FrameFlags;
use crate::fixed::align;

/// The parts of an event frame's body, in the order in which they stand there.
#[derive(Debug, Clone, Copy)]
pub struct BodyParts<'a> {
    /// Lane; stored with the depth when either is not 0.
    pub lane: u32,
    /// Depth.
    pub depth: u32,
    /// Correlation; `None` when it is the event's own id.
    pub correlation: Option<CorrelationId>,
    /// Causes, at most [`MAX_CAUSES`](super::MAX_CAUSES).
    pub causes: &'a [Cause],
    /// Entity of the stream.
    pub entity: &'a str,
    /// Scope of the stream.
    pub scope: &'a str,
    /// Extension map as MessagePack; empty when there is none.
    pub extensions: &'a [u8],
    /// Salt of the payload commitment.
    pub salt: Option<&'a [u8; 16]>,
    /// Payload as stored.
    pub payload: &'a [u8],
}

/// The flags that say which optional parts the body holds.
#[must_use]
pub fn body_flags(parts: &BodyParts<'_>) -> FrameFlags {
    let when = |present, flag| if present { flag } else { FrameFlags::NONE };
    when(has_lane(parts), FrameFlags::LANE)
        | when(parts.correlation.is_some(), FrameFlags::CORRELATED)
        | when(parts.salt.is_some(), FrameFlags::SALTED)
}

/// Length of the encoded body in bytes, padding included.
#[must_use]
pub fn body_len(parts: &BodyParts<'_>) -> usize {
    let salt = if parts.salt.is_some() { 16 } else { 0 };
    align(
        surroundings_len(parts)
            .saturating_add(salt)
            .saturating_add(parts.payload.len()),
    )
}

/// Appends the encoded and padded body to a buffer. Its parts fit when [`FrameHead::fit`] says so.
///
/// [`FrameHead::fit`]: super::FrameHead::fit
pub fn encode_body(parts: &BodyParts<'_>, out: &mut Vec<u8>) {
    let start = out.len();
    out.reserve(body_len(parts));
    encode_surroundings(parts, out);
    if let Some(salt) = parts.salt {
        out.extend_from_slice(salt);
    }
    out.extend_from_slice(parts.payload);
    pad(start, out);
}

/// Appends the body of an event whose payload was erased: the commitment stands in place of salt and payload.
///
/// The head of the frame carries the flag ERASED, keeps its other flags and its payload length, and has a
/// length of [`FRAME_FIXED`](super::FRAME_FIXED) plus what this appends. `parts.salt` and `parts.payload` are
/// not looked at.
pub fn encode_erased_body(parts: &BodyParts<'_>, commitment: &Digest, out: &mut Vec<u8>) {
    let start = out.len();
    encode_surroundings(parts, out);
    out.extend_from_slice(commitment);
    pad(start, out);
}

/// The check over an encoded body: CRC-32C.
#[must_use]
pub fn body_crc(body: &[u8]) -> u32 {
    crc32c::crc32c(body)
}

/// Where the id of a cause stands in the encoded body, so that it can be overwritten in place.
#[must_use]
pub fn cause_offset(index: usize, parts: &BodyParts<'_>) -> usize {
    causes_start(parts).saturating_add(index.saturating_mul(16))
}

fn has_lane(parts: &BodyParts<'_>) -> bool {
    parts.lane != 0 || parts.depth != 0
}

fn causes_start(parts: &BodyParts<'_>) -> usize {
    let lane = if has_lane(parts) { 8 } else { 0 };
    let correlation = if parts.correlation.is_some() { 16 } else { 0 };
    lane + correlation
}

/// Everything before salt and payload.
fn surroundings_len(parts: &BodyParts<'_>) -> usize {
    let causes = parts.causes.len();
    cause_offset(causes, parts)
        .saturating_add(causes.div_ceil(8))
        .saturating_add(parts.entity.len())
        .saturating_add(parts.scope.len())
        .saturating_add(parts.extensions.len())
}

fn encode_surroundings(parts: &BodyParts<'_>, out: &mut Vec<u8>) {
    if has_lane(parts) {
        out.extend_from_slice(&parts.lane.to_le_bytes());
        out.extend_from_slice(&parts.depth.to_le_bytes());
    }
    if let Some(correlation) = parts.correlation {
        out.extend_from_slice(&correlation.as_u128().to_le_bytes());
    }
    for cause in parts.causes {
        out.extend_from_slice(&cause.id().as_u128().to_le_bytes());
    }
    for eight in parts.causes.chunks(8) {
        let marks = eight.iter().enumerate();
        out.push(marks.fold(0, |byte, (bit, cause)| {
            byte | u8::from(cause.is_foreign()) << bit
        }));
    }
    out.extend_from_slice(parts.entity.as_bytes());
    out.extend_from_slice(parts.scope.as_bytes());
    out.extend_from_slice(parts.extensions);
}

fn pad(start: usize, out: &mut Vec<u8>) {
    let length = out.len().saturating_sub(start);
    out.resize(start.saturating_add(align(length)), 0);
}
