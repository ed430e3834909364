//! What is in a directory: its files by class, its identity, and the headers of its segments.

use std::collections::BTreeSet;
use std::io;
use std::sync::Arc;

use batpak_event::Lineage;
use batpak_platform::{Access, EntryKind, LockError, LockOwner, Platform, Storage, StorageLock};
use batpak_segment::identity::{Identity, IdentityFault, SlotPair};
use batpak_segment::names::{IDENTITY, NameClass, TEMPORARY_SUFFIX, classify};
use batpak_segment::{CloseFacts, FORMAT_VERSION, HeaderFault, SegmentHeader, SegmentId};

use crate::decide::{Header, Slots, Start, start};
use crate::error::{Damage, FileError, OpenError};
use crate::identity_file::{Loaded, load};
use crate::sabotage::{Bug, planted};
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
    /// Names that end like a segment's and are none, or name no regular file. One may be a segment
    /// that somebody renamed, so a writer goes no further; reading passes them by.
    pub(crate) malformed: Vec<String>,
    /// Files of no class of ours.
    pub(crate) other: bool,
}

impl Names {
    /// Refuses a directory in which something poses as a segment: a writer would have to guess.
    pub(crate) fn check(&self) -> Result<(), OpenError> {
        match self.malformed.first() {
            Some(name) => Err(OpenError::Malformed { name: name.clone() }),
            None => Ok(()),
        }
    }
}

/// Lists and classifies the directory.
pub(crate) fn names(storage: &dyn Storage) -> Result<Names, OpenError> {
    let repeats = if planted(Bug::ListOverAndOver) {
        200
    } else {
        0
    };
    let _repeated: Vec<_> = (0..repeats).map(|_| storage.list()).collect();
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
                names.malformed.push(entry.name);
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

/// Whether a temporary name is one that a writer gives: a segment's, an index's or the identity's.
fn is_ours(name: &str) -> bool {
    let becomes = name.strip_suffix(TEMPORARY_SUFFIX).map(classify);
    matches!(
        becomes,
        Some(NameClass::Segment(_) | NameClass::Index(_) | NameClass::Identity)
    )
}

/// How often a slot is read again that a writer may be writing.
const ATTEMPTS: u32 = 8;

/// The identity, read without the lock: a slot that a writer is writing looks damaged for a moment, so it is
/// read again.
pub(crate) fn identity_beside(
    live_writer: bool,
    storage: &dyn Storage,
    names: &Names,
) -> Result<Option<(Identity, SlotPair, bool)>, OpenError> {
    for _ in 1..ATTEMPTS {
        let found = identity(storage, names);
        if !live_writer || !matches!(found, Ok(Some((_, _, true)))) {
            return found;
        }
    }
    identity(storage, names)
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
    let loaded = load(storage)?;
    let slots = match &loaded {
        Loaded::Absent => Slots::Absent,
        Loaded::Valid { other_bad, .. } if *other_bad => Slots::OneDamaged,
        Loaded::Valid { .. } => Slots::Whole,
        Loaded::Bad(fault) if future(fault).is_some() => Slots::Future,
        Loaded::Bad(_) => Slots::Unreadable,
    };
    let start = start(slots, !names.segments.is_empty(), names.other);
    match (start, loaded) {
        (
            Start::Use | Start::UseOlder,
            Loaded::Valid {
                identity,
                slots,
                other_bad,
            },
        ) => Ok(Some((*identity, slots, other_bad))),
        (Start::RefuseVersion, Loaded::Bad(fault)) => {
            let (found, supported) = future(&fault).unwrap_or_default();
            Err(OpenError::FutureVersion {
                name: IDENTITY.to_owned(),
                found,
                supported,
            })
        }
        (Start::FromHeaders, Loaded::Bad(fault)) => Err(damaged(Damage::Identity(fault))),
        (Start::FromHeaders, _) => Err(damaged(Damage::IdentityMissing)),
        (Start::Create, _) => Ok(None),
        _ => Err(OpenError::NotAStore),
    }
}

/// The version or feature bits of a newer version, and what this one knows.
fn future(fault: &IdentityFault) -> Option<(u32, u32)> {
    match fault {
        IdentityFault::FutureVersion { found, supported } => Some((*found, *supported)),
        IdentityFault::UnknownFeature { bits } => Some((*bits, FORMAT_VERSION)),
        _ => None,
    }
}

/// An opened segment with its header.
pub(crate) type Opened = (Arc<SegmentFile>, SegmentHeader);

/// What the recovery tables call a segment that could not be opened; none when the machine failed
/// to tell. A tolerant caller takes bytes that the medium refuses to give for damaged ones.
pub(crate) fn header_of(error: &OpenError, tolerant: bool) -> Option<Header> {
    match error {
        OpenError::File(error) if tolerant && error.is_media() => Some(Header::Damaged),
        OpenError::FutureVersion { .. } => Some(Header::Future),
        OpenError::Foreign { .. } => Some(Header::Other),
        OpenError::Damaged { damage, .. } => Some(match damage {
            Damage::SegmentMissing | Damage::NotAFile => Header::Missing,
            Damage::NotTheSegment(_) => Header::Other,
            _ => Header::Damaged,
        }),
        _ => None,
    }
}

/// Whether an open was refused because of damage to segments.
pub(crate) fn is_damage(error: &OpenError) -> bool {
    matches!(error, OpenError::Damaged { .. } | OpenError::Foreign { .. })
}

/// The damage in a refusal.
pub(crate) fn damage_of(error: OpenError) -> Result<Damage, OpenError> {
    match error {
        OpenError::Damaged { damage, .. } => Ok(damage),
        OpenError::Foreign { found, .. } => Ok(Damage::Foreign(found)),
        OpenError::File(error) if error.is_media() => Ok(Damage::Unreadable(error.to_string())),
        error => Err(error),
    }
}

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
        // A link, a directory, a FIFO: what the name of a segment must not be.
        Err(error)
            if access == Access::Read && error.source.kind() == io::ErrorKind::InvalidInput =>
        {
            return Err(damaged_segment(id, Damage::NotAFile));
        }
        Err(error) => return Err(error.into()),
    };
    let bytes = match read_header_bytes(&*file) {
        Ok(Some(bytes)) => bytes,
        Ok(None) => return Err(damaged_segment(id, Damage::Header(HeaderFault::BadMagic))),
        Err(error) => return Err(FileError::new("read", id.file_name(), error).into()),
    };
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
