//! What an error of the journal means to whoever opens a store.

use batpak_coordinate::Sequence;
use batpak_journal::{Damage, OpenError};
use batpak_segment::identity::IdentityFault;
use batpak_segment::names::{NameClass, classify};
use batpak_segment::{HeaderFault, Offset, SegmentId};

use crate::error::{CommitState, Detail, DetailCause, IoContext, StoreError, StoreLockMode};
use crate::origin::Origin;
use crate::read::{fault_cause, frame_error};

/// The store error for `error`, with everything it knows.
pub(crate) fn open_error(error: OpenError, origin: &Origin, mode: StoreLockMode) -> StoreError {
    match error {
        OpenError::Locked { owner: _ } => StoreError::StoreLocked {
            path: origin.path().to_path_buf(),
            mode,
        },
        OpenError::File(failed) => origin.io_error(failed, CommitState::NotCommitted),
        OpenError::NotAStore => StoreError::NotAStore {
            path: origin.path().to_path_buf(),
        },
        OpenError::Malformed { name } => StoreError::DataDirMalformed {
            path: origin.file(&name),
        },
        OpenError::Foreign {
            name,
            found,
            expected,
        } => StoreError::StoreDamaged {
            path: origin.file(&name),
            offset: None,
            first_sequence: None,
            last_sequence: None,
            detail: Detail::new(
                DetailCause::WrongFile,
                format!("the file belongs to lineage {found}, this store is {expected}"),
            ),
        },
        OpenError::FutureVersion {
            name,
            found,
            supported,
        } => StoreError::FutureVersion {
            path: origin.file(&name),
            found,
            supported,
        },
        OpenError::Damaged {
            name,
            offset,
            first,
            last,
            damage,
        } => damaged(
            &Site {
                name,
                offset,
                first,
                last,
            },
            &damage,
            origin,
        ),
        OpenError::Options(rule) => {
            StoreError::Configuration(Detail::new(DetailCause::OutOfRange, rule))
        }
        other => IoContext::new(
            "open",
            origin.path(),
            CommitState::NotCommitted,
            std::io::Error::other(other),
        )
        .into(),
    }
}

/// Where damage is and what it touches.
struct Site {
    name: String,
    offset: Option<Offset>,
    first: Option<Sequence>,
    last: Option<Sequence>,
}

impl Site {
    fn segment(&self) -> Option<SegmentId> {
        match classify(&self.name) {
            NameClass::Segment(id) => Some(id),
            _ => None,
        }
    }
}

/// A frame or a header alone has a variant that names the segment; damage that is known to touch
/// events names the file and their sequences.
fn damaged(site: &Site, damage: &Damage, origin: &Origin) -> StoreError {
    match (damage, site.segment(), site.offset) {
        (Damage::Frame(fault), Some(segment), Some(offset)) if site.first.is_none() => {
            frame_error(segment, offset, fault)
        }
        (Damage::Header(fault), Some(segment), _) if site.first.is_none() => {
            StoreError::CorruptSegment {
                segment_id: segment.0,
                detail: Detail::new(header_cause(fault), damage.to_string()),
            }
        }
        _ => StoreError::StoreDamaged {
            path: origin.file(&site.name),
            offset: site.offset.map(|offset| offset.0),
            first_sequence: site.first.map(Sequence::get),
            last_sequence: site.last.map(Sequence::get),
            detail: Detail::new(cause(damage), damage.to_string()),
        },
    }
}

fn cause(damage: &Damage) -> DetailCause {
    match damage {
        Damage::Frame(fault) => fault_cause(fault),
        Damage::Header(fault) => header_cause(fault),
        Damage::Identity(fault) => identity_cause(fault),
        Damage::IdentityMissing | Damage::SegmentMissing => DetailCause::Missing,
        Damage::Unreadable(_) => DetailCause::Undecodable,
        Damage::Cut { .. } => DetailCause::Truncated,
        Damage::NotTheSegment(_) | Damage::NotAFile | Damage::Foreign(_) => DetailCause::WrongFile,
        Damage::SequenceGap { .. } => DetailCause::SequenceGap,
        Damage::IncompleteUnit => DetailCause::IncompleteUnit,
        _ => DetailCause::Unspecified,
    }
}

fn header_cause(fault: &HeaderFault) -> DetailCause {
    match fault {
        HeaderFault::BadMagic => DetailCause::BadMagic,
        HeaderFault::FutureVersion { .. } | HeaderFault::UnknownFeature { .. } => {
            DetailCause::UnsupportedVersion
        }
        HeaderFault::Checksum => DetailCause::ChecksumMismatch,
        HeaderFault::Malformed(_) => DetailCause::Undecodable,
        _ => DetailCause::Unspecified,
    }
}

fn identity_cause(fault: &IdentityFault) -> DetailCause {
    match fault {
        IdentityFault::BadMagic => DetailCause::BadMagic,
        IdentityFault::Checksum => DetailCause::ChecksumMismatch,
        IdentityFault::Empty => DetailCause::Missing,
        IdentityFault::TooShort => DetailCause::Truncated,
        IdentityFault::FutureVersion { .. } | IdentityFault::UnknownFeature { .. } => {
            DetailCause::UnsupportedVersion
        }
        IdentityFault::SlotSize { .. } => DetailCause::Differs,
        IdentityFault::Malformed(_) => DetailCause::Undecodable,
        _ => DetailCause::Unspecified,
    }
}
