//! Reading an identity slot.

use batpak_coordinate::Sequence;
use batpak_event::{BranchId, Epoch, Lineage};

use super::layout::{
    BODY, BODY_LENGTH, BRANCH, BRANCH_COUNT, BRANCH_LENGTH, CHECKSUM_LENGTH, CLEAN_CLOSE,
    CLEAN_CLOSE_LENGTH, CLOSE_EPOCH, CLOSE_LAST_HASH, CLOSE_LAST_SEQUENCE, CLOSE_LENGTH,
    CLOSE_SEGMENT, CLOSE_TREE_ROOT, CLOSE_TREE_SIZE, CLOSED_COUNT, CLOSED_FACTS, CLOSED_FIRST,
    CLOSED_HAS_INDEX, CLOSED_INDEX_HASH, CLOSED_LENGTH, DURABLE, EPOCH, GENERATION,
    HAS_CLEAN_CLOSE, HAS_TREE, HIGHEST, LINEAGE, MAGIC, MAGIC_BYTES, OPTIONAL, PRESENT,
    RECORD_BRANCH, RECORD_HAS_PARENT, RECORD_LAST_SHARED, RECORD_PARENT, RECORDS, REQUIRED,
    RESERVED, RESERVED_BODY, SECTOR, SLOT_SIZE, VERSION,
};
use super::{BranchRecord, CleanClose, ClosedSegment, Identity, IdentityFault, TreeHead};
use crate::fixed::{count, get, is_zero, size};
use crate::header::{KNOWN_OPTIONAL, KNOWN_REQUIRED};
use crate::{CloseFacts, FORMAT_VERSION, SegmentId};

/// Everything of a slot before its records.
type Front = [u8; RECORDS];

/// Reads and checks one whole slot.
///
/// Order of the checks: emptiness, magic, lengths, checksum, version and features, slot size, values. Lengths
/// and counts are compared with the bytes that are there before anything is allocated.
///
/// # Errors
/// [`IdentityFault`].
pub fn decode_slot(slot: &[u8]) -> Result<Identity, IdentityFault> {
    if is_zero(slot) {
        return Err(IdentityFault::Empty);
    }
    let front = slot
        .first_chunk::<RECORDS>()
        .ok_or(IdentityFault::TooShort)?;
    if get::<MAGIC, 8, _>(front) != MAGIC_BYTES {
        return Err(IdentityFault::BadMagic);
    }
    let body = verified_body(front, slot)?;
    check_envelope(front, slot)?;
    let records = body.get(RECORDS - BODY..).ok_or(IdentityFault::TooShort)?;
    let (branches, closed) = decode_records(front, records)?;
    let identity = Identity {
        generation: u64::from_le_bytes(get::<GENERATION, 8, _>(front)),
        lineage: Lineage(u128::from_le_bytes(get::<LINEAGE, 16, _>(front))),
        branch: BranchId(u128::from_le_bytes(get::<BRANCH, 16, _>(front))),
        branches,
        epoch: Epoch(u64::from_le_bytes(get::<EPOCH, 8, _>(front))),
        highest: SegmentId(u64::from_le_bytes(get::<HIGHEST, 8, _>(front))),
        durable: Sequence(u64::from_le_bytes(get::<DURABLE, 8, _>(front))),
        clean_close: decode_clean_close(front)?,
        closed,
    };
    if identity.generation == 0 {
        return Err(IdentityFault::Malformed("generation is 0"));
    }
    Ok(identity)
}

/// The body, once its length is believed and the checksum behind it matches. In all versions alike.
fn verified_body<'a>(front: &Front, slot: &'a [u8]) -> Result<&'a [u8], IdentityFault> {
    let length = size(u32::from_le_bytes(get::<BODY_LENGTH, 4, _>(front)));
    let used = BODY.checked_add(length).ok_or(IdentityFault::TooShort)?;
    let (covered, rest) = slot.split_at_checked(used).ok_or(IdentityFault::TooShort)?;
    let (checksum, rest) = rest
        .split_first_chunk::<CHECKSUM_LENGTH>()
        .ok_or(IdentityFault::TooShort)?;
    if crc32c::crc32c(covered) != u32::from_le_bytes(*checksum) {
        return Err(IdentityFault::Checksum);
    }
    let written = (used + CHECKSUM_LENGTH).next_multiple_of(SECTOR);
    let padding = rest
        .get(..written - used - CHECKSUM_LENGTH)
        .ok_or(IdentityFault::TooShort)?;
    if !is_zero(padding) {
        return Err(IdentityFault::Malformed("padding is not zero"));
    }
    covered.get(BODY..).ok_or(IdentityFault::TooShort)
}

fn check_envelope(front: &Front, slot: &[u8]) -> Result<(), IdentityFault> {
    let version = u32::from_le_bytes(get::<VERSION, 4, _>(front));
    let recorded = u32::from_le_bytes(get::<SLOT_SIZE, 4, _>(front));
    let required = u32::from_le_bytes(get::<REQUIRED, 4, _>(front)) & !KNOWN_REQUIRED;
    let optional = u32::from_le_bytes(get::<OPTIONAL, 4, _>(front)) & !KNOWN_OPTIONAL;
    if version > FORMAT_VERSION {
        return Err(IdentityFault::FutureVersion {
            found: version,
            supported: FORMAT_VERSION,
        });
    }
    if version == 0 {
        return Err(IdentityFault::Malformed("version is 0"));
    }
    if required != 0 {
        return Err(IdentityFault::UnknownFeature { bits: required });
    }
    if optional != 0 {
        // An identity that this code rewrites would lose what it does not know.
        return Err(IdentityFault::UnknownFeature { bits: optional });
    }
    if u64::from(recorded) != count(slot.len()) {
        return Err(IdentityFault::SlotSize {
            recorded,
            found: count(slot.len()),
        });
    }
    if !is_zero(&front[RESERVED..BODY]) || !is_zero(&front[RESERVED_BODY..CLEAN_CLOSE]) {
        return Err(IdentityFault::Malformed("reserved bytes are not zero"));
    }
    Ok(())
}

fn decode_records(
    front: &Front,
    records: &[u8],
) -> Result<(Vec<BranchRecord>, Vec<ClosedSegment>), IdentityFault> {
    const COUNTS: IdentityFault = IdentityFault::Malformed("counts do not match the body length");
    let branch_count = size(u32::from_le_bytes(get::<BRANCH_COUNT, 4, _>(front)));
    let closed_count = size(u32::from_le_bytes(get::<CLOSED_COUNT, 4, _>(front)));
    let branches_len = branch_count.checked_mul(BRANCH_LENGTH).ok_or(COUNTS)?;
    let (branches, closed) = records.split_at_checked(branches_len).ok_or(COUNTS)?;
    let (closed, rest) = closed.as_chunks::<CLOSED_LENGTH>();
    if closed.len() != closed_count || !rest.is_empty() {
        return Err(COUNTS);
    }
    let (branches, _) = branches.as_chunks::<BRANCH_LENGTH>();
    Ok((
        branches
            .iter()
            .map(decode_branch)
            .collect::<Result<_, _>>()?,
        closed.iter().map(decode_closed).collect::<Result<_, _>>()?,
    ))
}

fn decode_clean_close(front: &Front) -> Result<Option<CleanClose>, IdentityFault> {
    let record = get::<CLEAN_CLOSE, CLEAN_CLOSE_LENGTH, _>(front);
    let present = u32::from_le_bytes(get::<PRESENT, 4, _>(front));
    let tree = TreeHead {
        size: u64::from_le_bytes(get::<CLOSE_TREE_SIZE, 8, _>(&record)),
        root: get::<CLOSE_TREE_ROOT, 32, _>(&record),
    };
    let tree = match present & HAS_TREE {
        0 if !is_zero(&record[CLOSE_TREE_SIZE..]) => {
            return Err(IdentityFault::Malformed("absent tree head is not zero"));
        }
        0 => None,
        _ => Some(tree),
    };
    match present {
        0 if is_zero(&record) => Ok(None),
        0 => Err(IdentityFault::Malformed(
            "absent clean-close record is not zero",
        )),
        HAS_CLEAN_CLOSE | 3 => Ok(Some(CleanClose {
            epoch: Epoch(u64::from_le_bytes(get::<CLOSE_EPOCH, 8, _>(&record))),
            segment: SegmentId(u64::from_le_bytes(get::<CLOSE_SEGMENT, 8, _>(&record))),
            length: u64::from_le_bytes(get::<CLOSE_LENGTH, 8, _>(&record)),
            last_sequence: Sequence(u64::from_le_bytes(get::<CLOSE_LAST_SEQUENCE, 8, _>(
                &record,
            ))),
            last_hash: get::<CLOSE_LAST_HASH, 32, _>(&record),
            tree,
        })),
        _ => Err(IdentityFault::Malformed("unknown parts are present")),
    }
}

fn decode_branch(bytes: &[u8; BRANCH_LENGTH]) -> Result<BranchRecord, IdentityFault> {
    let parent = u128::from_le_bytes(get::<RECORD_PARENT, 16, _>(bytes));
    let parent = match (
        u64::from_le_bytes(get::<RECORD_HAS_PARENT, 8, _>(bytes)),
        parent,
    ) {
        (0, 0) => None,
        (1, parent) => Some(BranchId(parent)),
        _ => return Err(IdentityFault::Malformed("parent of a branch is impossible")),
    };
    Ok(BranchRecord {
        branch: BranchId(u128::from_le_bytes(get::<RECORD_BRANCH, 16, _>(bytes))),
        parent,
        last_shared: Sequence(u64::from_le_bytes(get::<RECORD_LAST_SHARED, 8, _>(bytes))),
    })
}

fn decode_closed(bytes: &[u8; CLOSED_LENGTH]) -> Result<ClosedSegment, IdentityFault> {
    let close = CloseFacts::decode(&get::<CLOSED_FACTS, { CloseFacts::LENGTH }, _>(bytes))
        .filter(|close| !close.is_none())
        .ok_or(IdentityFault::Malformed(
            "close facts of a segment are impossible",
        ))?;
    let hash = get::<CLOSED_INDEX_HASH, 32, _>(bytes);
    let index_hash = match u64::from_le_bytes(get::<CLOSED_HAS_INDEX, 8, _>(bytes)) {
        0 if is_zero(&hash) => None,
        1 => Some(hash),
        _ => {
            return Err(IdentityFault::Malformed(
                "index hash of a segment is impossible",
            ));
        }
    };
    Ok(ClosedSegment {
        close,
        first_sequence: Sequence(u64::from_le_bytes(get::<CLOSED_FIRST, 8, _>(bytes))),
        index_hash,
    })
}
