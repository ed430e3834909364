//! Where the fields of an identity slot are.

use crate::CloseFacts;

/// Size of the smallest slot in bytes.
pub const MIN_SLOT_SIZE: u32 = 4096;
/// Size of the largest slot in bytes.
pub const MAX_SLOT_SIZE: u32 = 1 << 30;
/// Slots are written in multiples of this many bytes; what a write adds to the used bytes is zero.
pub(super) const SECTOR: usize = 512;

/// The first eight bytes of every slot.
pub(super) const MAGIC_BYTES: [u8; 8] = *b"FBATMETA";

// The slot.
pub(super) const MAGIC: usize = 0;
pub(super) const VERSION: usize = MAGIC + 8;
pub(super) const REQUIRED: usize = VERSION + 4;
pub(super) const OPTIONAL: usize = REQUIRED + 4;
pub(super) const SLOT_SIZE: usize = OPTIONAL + 4;
pub(super) const GENERATION: usize = SLOT_SIZE + 4;
pub(super) const BODY_LENGTH: usize = GENERATION + 8;
pub(super) const RESERVED: usize = BODY_LENGTH + 4;
/// Here the part begins whose length the slot records, and behind that part stands the checksum.
pub(super) const BODY: usize = RESERVED + 4;
pub(super) const LINEAGE: usize = BODY;
pub(super) const BRANCH: usize = LINEAGE + 16;
pub(super) const EPOCH: usize = BRANCH + 16;
pub(super) const HIGHEST: usize = EPOCH + 8;
pub(super) const DURABLE: usize = HIGHEST + 8;
pub(super) const BRANCH_COUNT: usize = DURABLE + 8;
pub(super) const CLOSED_COUNT: usize = BRANCH_COUNT + 4;
pub(super) const PRESENT: usize = CLOSED_COUNT + 4;
pub(super) const RESERVED_BODY: usize = PRESENT + 4;
pub(super) const CLEAN_CLOSE: usize = RESERVED_BODY + 4;
/// Here the branch records begin, then the closed segments.
pub(super) const RECORDS: usize = CLEAN_CLOSE + CLEAN_CLOSE_LENGTH;
const _: () = assert!(BODY == 40 && RECORDS == 216);

/// The checksum behind the body.
pub(super) const CHECKSUM_LENGTH: usize = 4;

/// Bit of `PRESENT`: there is a clean-close record.
pub(super) const HAS_CLEAN_CLOSE: u32 = 1;
/// Bit of `PRESENT`: that record has a tree head.
pub(super) const HAS_TREE: u32 = 2;

// The clean-close record.
pub(super) const CLOSE_EPOCH: usize = 0;
pub(super) const CLOSE_SEGMENT: usize = CLOSE_EPOCH + 8;
pub(super) const CLOSE_LENGTH: usize = CLOSE_SEGMENT + 8;
pub(super) const CLOSE_LAST_SEQUENCE: usize = CLOSE_LENGTH + 8;
pub(super) const CLOSE_LAST_HASH: usize = CLOSE_LAST_SEQUENCE + 8;
pub(super) const CLOSE_TREE_SIZE: usize = CLOSE_LAST_HASH + 32;
pub(super) const CLOSE_TREE_ROOT: usize = CLOSE_TREE_SIZE + 8;
pub(super) const CLEAN_CLOSE_LENGTH: usize = CLOSE_TREE_ROOT + 32;

// A branch record.
pub(super) const RECORD_BRANCH: usize = 0;
pub(super) const RECORD_PARENT: usize = RECORD_BRANCH + 16;
pub(super) const RECORD_HAS_PARENT: usize = RECORD_PARENT + 16;
pub(super) const RECORD_LAST_SHARED: usize = RECORD_HAS_PARENT + 8;
pub(super) const BRANCH_LENGTH: usize = RECORD_LAST_SHARED + 8;

// A closed segment.
pub(super) const CLOSED_FACTS: usize = 0;
pub(super) const CLOSED_FIRST: usize = CLOSED_FACTS + CloseFacts::LENGTH;
pub(super) const CLOSED_HAS_INDEX: usize = CLOSED_FIRST + 8;
pub(super) const CLOSED_INDEX_HASH: usize = CLOSED_HAS_INDEX + 8;
pub(super) const CLOSED_LENGTH: usize = CLOSED_INDEX_HASH + 32;

#[cfg(test)]
pub(crate) const SLOT_FIELDS: &[(&str, usize)] = &[
    ("magic", MAGIC),
    ("version", VERSION),
    ("required features", REQUIRED),
    ("optional features", OPTIONAL),
    ("slot size", SLOT_SIZE),
    ("generation", GENERATION),
    ("body length", BODY_LENGTH),
    ("reserved", RESERVED),
    ("lineage", LINEAGE),
    ("branch", BRANCH),
    ("epoch", EPOCH),
    ("highest segment", HIGHEST),
    ("durable mark", DURABLE),
    ("branch count", BRANCH_COUNT),
    ("closed count", CLOSED_COUNT),
    ("present", PRESENT),
    ("reserved body", RESERVED_BODY),
    ("clean close", CLEAN_CLOSE),
    ("", RECORDS),
];

#[cfg(test)]
pub(crate) const CLEAN_CLOSE_FIELDS: &[(&str, usize)] = &[
    ("epoch", CLOSE_EPOCH),
    ("segment", CLOSE_SEGMENT),
    ("length", CLOSE_LENGTH),
    ("last sequence", CLOSE_LAST_SEQUENCE),
    ("last hash", CLOSE_LAST_HASH),
    ("tree size", CLOSE_TREE_SIZE),
    ("tree root", CLOSE_TREE_ROOT),
    ("", CLEAN_CLOSE_LENGTH),
];

#[cfg(test)]
pub(crate) const BRANCH_FIELDS: &[(&str, usize)] = &[
    ("branch", RECORD_BRANCH),
    ("parent", RECORD_PARENT),
    ("has parent", RECORD_HAS_PARENT),
    ("last shared", RECORD_LAST_SHARED),
    ("", BRANCH_LENGTH),
];

#[cfg(test)]
pub(crate) const CLOSED_FIELDS: &[(&str, usize)] = &[
    ("close facts", CLOSED_FACTS),
    ("first sequence", CLOSED_FIRST),
    ("has index", CLOSED_HAS_INDEX),
    ("index hash", CLOSED_INDEX_HASH),
    ("", CLOSED_LENGTH),
];
