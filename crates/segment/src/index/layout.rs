//! Where the fields of an index header and of an entry of its chunk table are.

/// Length of the header of an index file in bytes; the chunk table starts here.
pub const INDEX_HEADER: usize = 96;
/// The index version that this code writes, and the newest it reads.
pub const INDEX_VERSION: u32 = 1;
/// Required features that this code knows: none yet.
pub(super) const KNOWN_REQUIRED: u32 = 0;

/// The first eight bytes of every index.
pub(crate) const MAGIC_BYTES: [u8; 8] = *b"FBATINDX";

// The header.
pub(super) const MAGIC: usize = 0;
pub(super) const VERSION: usize = MAGIC + 8;
pub(super) const REQUIRED: usize = VERSION + 4;
pub(super) const OPTIONAL: usize = REQUIRED + 4;
pub(super) const CHUNK_COUNT: usize = OPTIONAL + 4;
pub(super) const LINEAGE: usize = CHUNK_COUNT + 4;
pub(super) const SEGMENT: usize = LINEAGE + 16;
pub(super) const SALT: usize = SEGMENT + 8;
pub(super) const END_OFFSET: usize = SALT + 8;
pub(super) const FIRST_SEQUENCE: usize = END_OFFSET + 8;
pub(super) const LAST_SEQUENCE: usize = FIRST_SEQUENCE + 8;
pub(super) const EVENT_COUNT: usize = LAST_SEQUENCE + 8;
pub(super) const STREAM_COUNT: usize = EVENT_COUNT + 4;
pub(super) const TABLE_CRC: usize = STREAM_COUNT + 4;
pub(super) const CHECKSUM: usize = TABLE_CRC + 4;
const HEADER_END: usize = CHECKSUM + 4;
const _: () = assert!(HEADER_END == INDEX_HEADER && INDEX_HEADER.is_multiple_of(8));

// An entry of the chunk table.
pub(super) const TAG: usize = 0;
pub(super) const PART: usize = TAG + 4;
pub(super) const WIDTH: usize = PART + 4;
pub(super) const CHUNK_CRC: usize = WIDTH + 4;
pub(super) const BASE: usize = CHUNK_CRC + 4;
pub(super) const OFFSET: usize = BASE + 8;
pub(super) const COUNT: usize = OFFSET + 8;
pub(super) const ENTRY: usize = COUNT + 8;
// So that the first chunk, behind the table, is aligned.
const _: () = assert!(ENTRY.is_multiple_of(8));

/// Events between two of which the time is in the index.
pub(super) const TIME_STEP: u32 = 64;

#[cfg(test)]
pub(crate) const INDEX_FIELDS: &[(&str, usize)] = &[
    ("magic", MAGIC),
    ("version", VERSION),
    ("required features", REQUIRED),
    ("optional features", OPTIONAL),
    ("chunk count", CHUNK_COUNT),
    ("lineage", LINEAGE),
    ("segment", SEGMENT),
    ("salt", SALT),
    ("end", END_OFFSET),
    ("first sequence", FIRST_SEQUENCE),
    ("last sequence", LAST_SEQUENCE),
    ("event count", EVENT_COUNT),
    ("stream count", STREAM_COUNT),
    ("table CRC", TABLE_CRC),
    ("checksum", CHECKSUM),
    ("", HEADER_END),
];

#[cfg(test)]
pub(crate) const ENTRY_FIELDS: &[(&str, usize)] = &[
    ("tag", TAG),
    ("part", PART),
    ("width", WIDTH),
    ("chunk CRC", CHUNK_CRC),
    ("base", BASE),
    ("offset", OFFSET),
    ("count", COUNT),
    ("", ENTRY),
];
