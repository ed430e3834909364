//! What an error of the journal means to a reader.

use batpak_coordinate::Sequence;
use batpak_journal::{ReadError, View};
use batpak_segment::{FrameFault, Offset, SegmentId};

use crate::error::{CommitState, Detail, DetailCause, IoContext, StoreError};
use crate::origin::Origin;

/// The store error for `error`, with everything it knows.
pub(crate) fn read_error(error: ReadError, origin: &Origin) -> StoreError {
    match error {
        ReadError::File(failed) => origin.io_error(failed, CommitState::NotCommitted),
        ReadError::NotFound => not_found(Sequence::NONE),
        ReadError::Frame {
            segment,
            offset,
            fault,
        } => frame_error(segment, offset, &fault),
        ReadError::WrongEvent {
            segment,
            offset,
            found,
            expected,
        } => StoreError::CorruptFrame {
            segment_id: segment.0,
            offset: offset.0,
            reason: Detail::new(
                DetailCause::Differs,
                format!("the frame is event {found}, expected {expected}"),
            ),
        },
        ReadError::StreamGap {
            entity,
            found,
            expected,
        } => StoreError::StreamGap {
            entity,
            found: found.get(),
            expected: expected.get(),
        },
        ReadError::Gone { first, last, cause } => StoreError::EventsGone {
            first_sequence: first.get(),
            last_sequence: last.get(),
            reason: Detail::new(DetailCause::Missing, cause.to_string()),
        },
        ReadError::Lost {
            segment,
            offset,
            first,
            last,
        } => StoreError::StoreDamaged {
            path: origin.file(&View::segment_name(segment)),
            offset: Some(offset.0),
            first_sequence: Some(first.get()),
            last_sequence: Some(last.get()),
            detail: Detail::new(DetailCause::Undecodable, "the events are lost to damage"),
        },
        other => IoContext::new(
            "read",
            origin.path(),
            CommitState::NotCommitted,
            std::io::Error::other(other),
        )
        .into(),
    }
}

/// A frame that does not verify: a checksum that does not match has a variant of its own.
pub(crate) fn frame_error(segment: SegmentId, offset: Offset, fault: &FrameFault) -> StoreError {
    let (segment_id, offset) = (segment.0, offset.0);
    let cause = match fault {
        FrameFault::HeaderChecksum | FrameFault::BodyChecksum => {
            return StoreError::CrcMismatch { segment_id, offset };
        }
        fault => fault_cause(fault),
    };
    let reason = Detail::new(cause, fault.to_string());
    StoreError::CorruptFrame {
        segment_id,
        offset,
        reason,
    }
}

/// What a fault is about.
pub(crate) fn fault_cause(fault: &FrameFault) -> DetailCause {
    match fault {
        FrameFault::HeaderChecksum | FrameFault::BodyChecksum => DetailCause::ChecksumMismatch,
        FrameFault::ZeroLength | FrameFault::BadLength => DetailCause::LengthOutOfBounds,
        FrameFault::TooShort | FrameFault::BeyondEnd => DetailCause::Truncated,
        FrameFault::FutureVersion => DetailCause::UnsupportedVersion,
        FrameFault::Malformed(_) => DetailCause::Undecodable,
        _ => DetailCause::Unspecified,
    }
}

/// No event has this sequence.
pub(crate) fn not_found(sequence: Sequence) -> StoreError {
    StoreError::NotFound(u128::from(sequence.get()))
}
