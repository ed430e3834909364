//! Where an error happened.

use std::path::Path;

use batpak_event::EventId;

use super::StoreError;

/// Where an error happened, as far as it is known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Locus<'a> {
    /// What was tried on a file.
    pub operation: Option<&'static str>,
    /// File or directory.
    pub path: Option<&'a Path>,
    /// Segment.
    pub segment: Option<u64>,
    /// Place in the file, in bytes.
    pub offset: Option<u64>,
    /// Entity.
    pub entity: Option<&'a str>,
    /// Event.
    pub event_id: Option<EventId>,
    /// Position in the batch, from 0.
    pub item: Option<usize>,
}

impl StoreError {
    /// Where it happened. For an error inside a batch: the item, and what the inner error knows.
    #[must_use]
    pub fn locus(&self) -> Locus<'_> {
        let mut locus = self.inner().map(StoreError::locus).unwrap_or_default();
        if let Some(context) = self.io_context() {
            locus.operation = Some(context.operation());
        }
        locus.path = self.path();
        match self {
            Self::CrcMismatch { segment_id, offset }
            | Self::CorruptFrame {
                segment_id, offset, ..
            } => {
                locus.segment = known_segment(*segment_id);
                locus.offset = Some(*offset);
            }
            Self::CorruptSegment { segment_id, .. }
            | Self::SegmentTooManyEntries { segment_id, .. } => {
                locus.segment = known_segment(*segment_id);
            }
            Self::StoreDamaged { offset, .. } => locus.offset = *offset,
            Self::SequenceMismatch { entity, .. }
            | Self::EntityClockOverflow { entity }
            | Self::StreamGap { entity, .. } => {
                locus.entity = Some(entity);
            }
            Self::NotFound(id) | Self::AncestryCorrupt { cycle_at: id } => {
                locus.event_id = Some(EventId::from(*id));
            }
            Self::CommittedNotReached { receipt, .. } => locus.event_id = Some(receipt.event_id),
            Self::KeyConflict { key } => locus.event_id = Some(*key),
            Self::UnknownCause { index, cause } => {
                locus.event_id = Some(*cause);
                locus.item = *index;
            }
            Self::BatchFailed { item_index, .. } | Self::InvalidCausation { item_index, .. } => {
                locus.item = Some(*item_index);
            }
            Self::BatchItemTooLarge { index, .. } => locus.item = Some(*index),
            Self::InvalidCoordinate { index, .. } | Self::ReservedKind { index, .. } => {
                locus.item = *index;
            }
            _ => {}
        }
        locus
    }

    /// The file or directory that the error is about.
    #[must_use]
    pub fn path(&self) -> Option<&Path> {
        match self {
            Self::StoreLocked { path, .. }
            | Self::PlatformProfileInvalid { path, .. }
            | Self::PlatformProfileMismatch { path, .. }
            | Self::DataDirMalformed { path }
            | Self::HiddenRangesCorrupt { path, .. }
            | Self::CursorCheckpointCorrupt { path, .. }
            | Self::CursorCheckpointRegionMismatch { path, .. }
            | Self::FutureVersion { path, .. }
            | Self::StoreDamaged { path, .. }
            | Self::NotAStore { path }
            | Self::Forked { path } => Some(path),
            other => match other.io_context() {
                Some(context) => Some(context.path()),
                None => other.inner()?.path(),
            },
        }
    }
}

/// Segments are numbered from 1; 0 stands for one that is not known.
fn known_segment(segment: u64) -> Option<u64> {
    (segment != 0).then_some(segment)
}

#[cfg(test)]
mod tests {
    use std::io::ErrorKind;

    use super::*;
    use crate::error::{CommitState, IoContext};

    #[test]
    fn a_batch_error_knows_its_item_and_what_the_inner_error_knows() {
        let context = IoContext::new(
            "write",
            "data/000007.fbat",
            CommitState::NotCommitted,
            ErrorKind::StorageFull.into(),
        );
        let error = StoreError::BatchFailed {
            item_index: 3,
            source: Box::new(context.into()),
        };
        assert_eq!(
            error.locus(),
            Locus {
                operation: Some("write"),
                path: Some(Path::new("data/000007.fbat")),
                item: Some(3),
                ..Locus::default()
            }
        );
        let inner = StoreError::CorruptFrame {
            segment_id: 7,
            offset: 128,
            reason: "x".into(),
        };
        let error = StoreError::BatchSyncFailed {
            item_count: 2,
            source: Box::new(inner),
        };
        let locus = error.locus();
        assert_eq!((locus.segment, locus.offset), (Some(7), Some(128)));
    }

    #[test]
    fn an_unknown_segment_is_no_place() {
        let error = StoreError::CorruptSegment {
            segment_id: 0,
            detail: "bad magic".into(),
        };
        assert_eq!(error.locus(), Locus::default());
    }

    #[test]
    fn events_and_entities_are_named() {
        let error = StoreError::NotFound(0xDEAD);
        assert_eq!(error.locus().event_id, Some(EventId::from(0xDEAD)));
        let error = StoreError::EntityClockOverflow {
            entity: "user:1".into(),
        };
        assert_eq!(error.locus().entity, Some("user:1"));
    }
}
