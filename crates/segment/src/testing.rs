//! Frames for tests.

use batpak_coordinate::{Generation, Sequence, StreamSequence};
use batpak_event::{Cause, CorrelationId, EventId};

use crate::{BodyParts, FrameHead, FrameKind, Offset, SEGMENT_HEADER, Salt, body_crc, encode_body};

pub(crate) const SALT: Salt = Salt(0x0123_4567_89ab_cdef);

pub(crate) const PLAIN: BodyParts<'static> = BodyParts {
    lane: 0,
    depth: 0,
    correlation: None,
    causes: &[],
    entity: "user:1",
    scope: "billing",
    extensions: &[],
    salt: None,
    payload: b"\x81\xa1n\x01",
};

/// Every optional part is there, and nine causes take two bytes of marks.
pub(crate) const FULL: BodyParts<'static> = BodyParts {
    lane: 3,
    depth: 4,
    correlation: Some(CorrelationId::new(0xc0ffee)),
    causes: &[
        Cause::Local(EventId::new(1)),
        Cause::Foreign(EventId::new(2)),
        Cause::Local(EventId::new(3)),
        Cause::Local(EventId::new(4)),
        Cause::Local(EventId::new(5)),
        Cause::Local(EventId::new(6)),
        Cause::Local(EventId::new(7)),
        Cause::Foreign(EventId::new(8)),
        Cause::Foreign(EventId::new(u128::MAX)),
    ],
    entity: "käse",
    scope: "s",
    extensions: b"\x81\xa1k\x02",
    salt: Some(&[0x5a; 16]),
    payload: b"\x93\x01\x02\x03 data",
};

/// The head of the event with this sequence, without what depends on the body.
pub(crate) fn head(sequence: u64) -> FrameHead {
    FrameHead {
        caller_flags: 0x09,
        sequence: Sequence(sequence),
        event_id: EventId::mint(1_700_000_000_000_000, Sequence(sequence), 77),
        wall_us: 1_700_000_000_000_000,
        stream_sequence: StreamSequence(sequence),
        predecessor: Sequence(sequence - 1),
        previous_hash: [0xab; 32],
        generation: Generation(5),
        durable_lag: 1,
        event_kind: 0x1001,
        counter: 2,
        payload_version: 7,
        ..FrameHead::blank(FrameKind::Event)
    }
}

/// A whole frame.
pub(crate) fn frame_of(mut head: FrameHead, parts: &BodyParts<'_>, offset: Offset) -> Vec<u8> {
    head.fit(parts).unwrap();
    let mut body = Vec::new();
    encode_body(parts, &mut body);
    head.body_crc = body_crc(&body);
    [head.encode(SALT, offset).as_slice(), &body].concat()
}

/// The frame of the event with this sequence.
pub(crate) fn frame(sequence: u64, parts: &BodyParts<'_>, offset: Offset) -> Vec<u8> {
    frame_of(head(sequence), parts, offset)
}

/// A segment: zeros for the header, then one frame per body, sequences from 1. Also returns their offsets.
pub(crate) fn segment(bodies: &[&BodyParts<'_>]) -> (Vec<u8>, Vec<Offset>) {
    let mut bytes = vec![0; SEGMENT_HEADER];
    let mut offsets = Vec::new();
    for (index, parts) in bodies.iter().enumerate() {
        let offset = Offset(bytes.len() as u64);
        offsets.push(offset);
        bytes.extend(frame(index as u64 + 1, parts, offset));
    }
    (bytes, offsets)
}

/// Writes the header check of a fixed part anew, as somebody who knows salt and offset could.
pub(crate) fn reseal(frame: &mut [u8], salt: Salt, offset: Offset) {
    let covered = [
        &salt.0.to_le_bytes()[..],
        &offset.0.to_le_bytes(),
        &frame[..4],
        &frame[8..128],
    ]
    .concat();
    frame[4..8].copy_from_slice(&crc32c::crc32c(&covered).to_le_bytes());
}

/// Writes both checks of a frame anew.
pub(crate) fn reseal_all(frame: &mut [u8], salt: Salt, offset: Offset) {
    let body = crc32c::crc32c(&frame[128..]);
    frame[8..12].copy_from_slice(&body.to_le_bytes());
    reseal(frame, salt, offset);
}

/// An offset as an index into bytes in memory.
pub(crate) fn index(offset: Offset) -> usize {
    usize::try_from(offset.0).unwrap()
}
