//! Where the fields of a frame's fixed part are.

/// Length of the fixed part of a frame in bytes.
pub const FRAME_FIXED: usize = 128;
/// Length of the longest frame in bytes, fixed part and padding included.
pub const MAX_FRAME_LENGTH: u32 = 256 << 20;
/// Greatest number of causes of one event.
pub const MAX_CAUSES: u16 = 4096;

pub(crate) const LENGTH: usize = 0;
pub(crate) const HEADER_CRC: usize = LENGTH + 4;
pub(crate) const BODY_CRC: usize = HEADER_CRC + 4;
pub(crate) const FRAME_KIND: usize = BODY_CRC + 4;
pub(crate) const CALLER_FLAGS: usize = FRAME_KIND + 1;
pub(crate) const FRAME_FLAGS: usize = CALLER_FLAGS + 1;
pub(crate) const SEQUENCE: usize = FRAME_FLAGS + 2;
pub(crate) const EVENT_ID: usize = SEQUENCE + 8;
pub(crate) const WALL_US: usize = EVENT_ID + 16;
pub(crate) const STREAM_SEQUENCE: usize = WALL_US + 8;
pub(crate) const PREDECESSOR: usize = STREAM_SEQUENCE + 8;
pub(crate) const PREVIOUS_HASH: usize = PREDECESSOR + 8;
pub(crate) const GENERATION: usize = PREVIOUS_HASH + 32;
pub(crate) const DURABLE_LAG: usize = GENERATION + 4;
pub(crate) const EVENT_KIND: usize = DURABLE_LAG + 4;
pub(crate) const COUNTER: usize = EVENT_KIND + 2;
pub(crate) const PAYLOAD_VERSION: usize = COUNTER + 2;
pub(crate) const ENTITY_LENGTH: usize = PAYLOAD_VERSION + 2;
pub(crate) const SCOPE_LENGTH: usize = ENTITY_LENGTH + 2;
pub(crate) const CAUSE_COUNT: usize = SCOPE_LENGTH + 2;
pub(crate) const EXTENSIONS_LENGTH: usize = CAUSE_COUNT + 2;
pub(crate) const PAYLOAD_LENGTH: usize = EXTENSIONS_LENGTH + 4;
pub(crate) const RESERVED: usize = PAYLOAD_LENGTH + 4;
pub(crate) const END: usize = RESERVED + 4;
const _: () = assert!(END == FRAME_FIXED);
// Wide fields are aligned, so that a mapped frame can be read in place by any reader.
const _: () = assert!(SEQUENCE.is_multiple_of(8) && EVENT_ID.is_multiple_of(8));
const _: () = assert!(PREVIOUS_HASH.is_multiple_of(8) && PAYLOAD_LENGTH.is_multiple_of(4));

#[cfg(test)]
pub(crate) const FIELDS: &[(&str, usize)] = &[
    ("length", LENGTH),
    ("header CRC", HEADER_CRC),
    ("body CRC", BODY_CRC),
    ("frame kind", FRAME_KIND),
    ("caller flags", CALLER_FLAGS),
    ("frame flags", FRAME_FLAGS),
    ("sequence", SEQUENCE),
    ("event id", EVENT_ID),
    ("wall clock", WALL_US),
    ("stream sequence", STREAM_SEQUENCE),
    ("predecessor", PREDECESSOR),
    ("previous hash", PREVIOUS_HASH),
    ("generation", GENERATION),
    ("durable lag", DURABLE_LAG),
    ("event kind", EVENT_KIND),
    ("counter", COUNTER),
    ("payload version", PAYLOAD_VERSION),
    ("entity length", ENTITY_LENGTH),
    ("scope length", SCOPE_LENGTH),
    ("cause count", CAUSE_COUNT),
    ("extensions length", EXTENSIONS_LENGTH),
    ("payload length", PAYLOAD_LENGTH),
    ("reserved", RESERVED),
    ("", END),
];
