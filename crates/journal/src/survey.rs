//! What is in a directory: its files by class, its identity, and the headers of its segments.

use std::collections::BTreeSet;
use std::io;
use std::sync::Arc;

use batpak_event::Lineage;
use batpak_platform::{Access, EntryKind, LockError, LockOwner, Platform, Storage, StorageLock};
use batpak_segment::identity::{Identity, IdentityFault, SlotPair};
use batpak_segment::names::{IDENTITY, NameClass, TEMPORARY_SUFFIX, classify};
use batpak_segment::{CloseFacts, FORMAT_VERSION, HeaderFault, SegmentHeader, SegmentId};

use crate::error::{Damage, FileError, OpenError};
use crate::identity_file::{Loaded, load};
use crate::segment_file::{SegmentFile, open_file, read_header_bytes};

/// Takes the directory for writing, until the value is dropped.
pub(crate) fn take_directory(platform: &Platform) -> Result<Box<dyn StorageLock>, OpenError> {
    let owner = LockOwner::current(platform.clock.wall_us());
    platform.storage.lock(&owner).map_err(|error| match error {
        LockError::Held(owner) => OpenError::Locked { owner },
        LockError::Io(source) => FileError::new("lock", ".", source).into(),
    })
}

/// The names in a store's directory.
#[derive(Debug, Default)]
pub(crate) struct Names {
    pub(crate) segments: BTreeSet<SegmentId>,
    pub(crate) temporary: Vec<String>,
    /// The first name that ends like a segment's and is none, or names no regular file. It may be a
    /// segment that somebody renamed, so a writer goes no further; reading passes it by.
    pub(crate) malformed: Option<String>,
    /// Files of no class of ours.
    pub(crate) other: bool,
}

/// Lists and classifies the directory.
pub(crate) fn names(storage: &dyn Storage) -> Result<Names, OpenError> {
    let listed = storage
        .list()
        .map_err(|source| FileError::new("list", ".", source))?;
    let mut names = Names::default();
    for entry in listed {
        match classify(&entry.name) {
            NameClass::Segment(id) if entry.kind == EntryKind::File => {
                names.segments.insert(id);
            }
            NameClass::Segment(_) | NameClass::MalformedSegment => {
                names.malformed.get_or_insert(entry.name);
            }
            NameClass::Temporary if is_ours(&entry.name) && entry.kind == EntryKind::File => {
                names.temporary.push(entry.name);
            }
            NameClass::Temporary => names.other = true,
            NameClass::Other => names.other = true,
            _ => {}
        }
    }
    Ok(names)
}

/// Whether a temporary name is one that a writer gives: a segment's or the identity's.
fn is_ours(name: &str) -> bool {
    let becomes = name.strip_suffix(TEMPORARY_SUFFIX).map(classify);
    matches!(becomes, Some(NameClass::Segment(_) | NameClass::Identity))
}

/// The identity, or `None` in a directory where a store may be created.
pub(crate) fn identity(
    storage: &dyn Storage,
    names: &Names,
) -> Result<Option<(Identity, SlotPair, bool)>, OpenError> {
    let damaged = |damage| OpenError::Damaged {
        name: IDENTITY.to_owned(),
        offset: None,
        first: None,
        last: None,
        damage,
    };
    match load(storage)? {
        Loaded::Valid {
            identity,
            slots,
            other_bad,
        } => Ok(Some((*identity, slots, other_bad))),
        Loaded::Bad(IdentityFault::FutureVersion { found, supported }) => {
            Err(OpenError::FutureVersion {
                name: IDENTITY.to_owned(),
                found,
                supported,
            })
        }
        Loaded::Bad(fault) if !names.segments.is_empty() => Err(damaged(Damage::Identity(fault))),
        Loaded::Absent if !names.segments.is_empty() => Err(damaged(Damage::IdentityMissing)),
        Loaded::Absent | Loaded::Bad(_) if names.other => Err(OpenError::NotAStore),
        Loaded::Absent | Loaded::Bad(_) => Ok(None),
    }
}

/// An opened segment with its header.
pub(crate) type Opened = (Arc<SegmentFile>, SegmentHeader);

/// Opens a segment that must be there and reads its header.
pub(crate) fn open_segment(
    storage: &dyn Storage,
    id: SegmentId,
    access: Access,
    lineage: Lineage,
) -> Result<Opened, OpenError> {
    let file = match open_file(storage, id, access) {
        Ok(file) => file,
        Err(error) if error.source.kind() == io::ErrorKind::NotFound => {
            return Err(damaged_segment(id, Damage::SegmentMissing));
        }
        Err(error)
            if access == Access::Read && error.source.kind() == io::ErrorKind::InvalidInput =>
        {
            return Err(damaged_segment(id, Damage::NotAFile));
        }
        Err(error) => return Err(error.into()),
    };
    let bytes = read_header_bytes(&*file)
        .map_err(|source| FileError::new("read", id.file_name(), source))?
        .ok_or_else(|| damaged_segment(id, Damage::Header(HeaderFault::BadMagic)))?;
    let header = SegmentHeader::decode(&bytes).map_err(|fault| header_error(id, fault))?;
    if header.lineage != lineage {
        return Err(OpenError::Foreign {
            name: id.file_name(),
            found: header.lineage,
            expected: lineage,
        });
    }
    if header.segment != id {
        return Err(damaged_segment(id, Damage::NotTheSegment("segment id")));
    }
    if access == Access::ReadWrite && header.read_only_because().is_some() {
        return Err(OpenError::FutureVersion {
            name: id.file_name(),
            found: header.optional,
            supported: 0,
        });
    }
    Ok((Arc::new(SegmentFile::of_header(&header, file)), header))
}

fn header_error(id: SegmentId, fault: HeaderFault) -> OpenError {
    let name = id.file_name();
    match fault {
        HeaderFault::FutureVersion { found, supported } => OpenError::FutureVersion {
            name,
            found,
            supported,
        },
        HeaderFault::UnknownFeature { bits } => OpenError::FutureVersion {
            name,
            found: bits,
            supported: FORMAT_VERSION,
        },
        fault => damaged_segment(id, Damage::Header(fault)),
    }
}

/// Compares a segment's header with what comes before it.
pub(crate) fn check_predecessor(
    header: &SegmentHeader,
    before: &CloseFacts,
) -> Result<(), OpenError> {
    if header.predecessor != *before {
        return Err(damaged_segment(
            header.segment,
            Damage::NotTheSegment("predecessor"),
        ));
    }
    if header.first_sequence != before.last_sequence.next() {
        return Err(damaged_segment(
            header.segment,
            Damage::NotTheSegment("first sequence"),
        ));
    }
    Ok(())
}

pub(crate) fn damaged_segment(id: SegmentId, damage: Damage) -> OpenError {
    OpenError::Damaged {
        name: id.file_name(),
        offset: None,
        first: None,
        last: None,
        damage,
    }
}
