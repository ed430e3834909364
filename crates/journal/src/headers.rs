//! The identity as the segment headers tell it, for a store whose identity is missing or damaged.

use std::sync::Arc;

use batpak_coordinate::Sequence;
use batpak_platform::{Access, Platform, Storage};
use batpak_segment::identity::{BranchRecord, CleanClose, ClosedSegment, Identity};
use batpak_segment::{SegmentHeader, SegmentId};

use crate::error::{Damage, FileError, OpenError};
use crate::identity_file::IdentityFile;
use crate::open::hash_of;
use crate::recover::{Ground, Mode, recover};
use crate::segment_file::{open_file, read_header_bytes};
use crate::survey::{Names, damaged_segment, identity, names, take_directory};
use crate::view::{Origin, View};

/// Whether an open was refused because of the identity alone.
pub(crate) fn identity_is_lost(error: &OpenError) -> bool {
    matches!(
        error,
        OpenError::Damaged {
            damage: Damage::Identity(_) | Damage::IdentityMissing,
            ..
        }
    )
}

/// Puts the identity together from the headers: each repeats how its predecessor ended. What only
/// the identity knew, whether and where the store was closed, is lost.
pub(crate) fn identity_from_headers(
    storage: &dyn Storage,
    names: &Names,
) -> Result<Identity, OpenError> {
    let mut headers = Vec::with_capacity(names.segments.len());
    for id in &names.segments {
        headers.push(header(storage, *id)?);
    }
    let (Some(oldest), Some(newest)) = (headers.first(), headers.last()) else {
        return Err(OpenError::NotAStore);
    };
    if !oldest.predecessor.is_none() {
        let missing = oldest.predecessor.segment;
        return Err(damaged_segment(missing, Damage::SegmentMissing));
    }
    let mut closed = Vec::with_capacity(headers.len());
    for pair in headers.windows(2) {
        let [before, after] = pair else { continue };
        let close = after.predecessor;
        let follows = close.segment == before.segment
            && close.salt == before.salt
            && after.lineage == before.lineage;
        if !follows {
            return Err(damaged_segment(
                after.segment,
                Damage::NotTheSegment("predecessor"),
            ));
        }
        closed.push(ClosedSegment {
            close,
            first_sequence: before.first_sequence,
            index_hash: None,
        });
    }
    Ok(Identity {
        generation: 1,
        lineage: newest.lineage,
        branch: newest.branch,
        branches: vec![BranchRecord {
            branch: newest.branch,
            parent: None,
            last_shared: Sequence::NONE,
        }],
        epoch: newest.epoch,
        highest: newest.segment,
        durable: newest.predecessor.last_sequence,
        clean_close: None,
        closed,
    })
}

fn header(storage: &dyn Storage, id: SegmentId) -> Result<SegmentHeader, OpenError> {
    let file = open_file(storage, id, Access::Read)?;
    let bytes = read_header_bytes(&*file)
        .map_err(|source| FileError::new("read", id.file_name(), source))?;
    let header = bytes.as_ref().map(SegmentHeader::decode);
    match header {
        Some(Ok(header)) if header.segment == id => Ok(header),
        Some(Err(fault)) => Err(damaged_segment(id, Damage::Header(fault))),
        _ => Err(damaged_segment(id, Damage::NotTheSegment("segment id"))),
    }
}

/// Writes the identity of a store anew from its segment headers.
///
/// For a store whose identity is missing or damaged in both slots; any other is left as it is and
/// `Ok(false)` returned. The next writable open treats the store as after a crash.
///
/// # Errors
/// When a segment is missing or its header is damaged, when another writer has the directory, and
/// when the identity cannot be written.
pub fn repair_identity(platform: &Platform) -> Result<bool, OpenError> {
    let storage = &*platform.storage;
    let _lock = take_directory(platform)?;
    let names = names(storage)?;
    names.check()?;
    match identity(storage, &names) {
        Ok(Some(_)) => return Ok(false),
        Ok(None) => return Err(OpenError::NotAStore),
        Err(error) if identity_is_lost(&error) => {}
        Err(error) => return Err(error),
    }
    let mut identity = identity_from_headers(storage, &names)?;
    identity.clean_close = close_as_found(storage, &names, &identity)?;
    IdentityFile::create(Arc::clone(&platform.storage), identity)?;
    Ok(true)
}

/// What a clean close recorded, as far as the newest segment tells: one that is shorter than its
/// capacity was cut at a close, or cut by damage, which shows where its last unit ends.
fn close_as_found(
    storage: &dyn Storage,
    names: &Names,
    identity: &Identity,
) -> Result<Option<CleanClose>, OpenError> {
    let ground = Ground {
        storage,
        names,
        mode: Mode::Read,
        mapping: false,
    };
    let found = recover(ground, identity.clone(), true)?;
    let last = found.last();
    let newest_file = found.parts.last().map(|part| Arc::clone(&part.file));
    let (Some(newest), Some(segment)) = (&found.newest, newest_file) else {
        return Ok(None);
    };
    if newest.len >= segment.capacity || found.identity.highest != identity.highest {
        return Ok(None);
    }
    if newest.end != newest.len {
        let damage = Damage::Cut {
            found: newest.len,
            expected: segment.capacity,
        };
        return Err(damaged_segment(identity.highest, damage));
    }
    let origin = Origin {
        lineage: identity.lineage,
        branch: identity.branch,
        branches: identity.branches.clone(),
        epoch: identity.epoch,
    };
    let view = View::new(origin, found.parts, last, false);
    let last_hash = hash_of(&view, last)?;
    Ok(Some(CleanClose {
        epoch: identity.epoch,
        segment: identity.highest,
        length: newest.len,
        last_sequence: last,
        last_hash,
        tree: None,
    }))
}
