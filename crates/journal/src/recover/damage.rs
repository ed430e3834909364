//! What recovery says of a log that it refuses, and how far the bytes behind it reach.

use batpak_coordinate::Sequence;
use batpak_segment::Offset;
use batpak_segment::identity::IdentityFault;
use batpak_segment::names::IDENTITY;

use crate::error::{Damage, OpenError};
use crate::sabotage::{Bug, planted};
use crate::segment_file::SegmentFile;
use crate::walk::{Behind, Stopped, Walked};

/// Most events noted as lost with a newest segment whose length nothing records: as many as the
/// smallest frames fill a segment of the default size with.
pub(super) const MOST_LOST_AT_ONCE: u64 = 256 << 20;

/// An identity that counted to its end: no writer leaves one.
pub(crate) fn exhausted() -> OpenError {
    let fault = IdentityFault::Malformed("epoch or generation is at its end");
    OpenError::Damaged {
        name: IDENTITY.to_owned(),
        offset: None,
        first: None,
        last: None,
        damage: Damage::Identity(fault),
    }
}

/// The refusal of a segment that is whole only up to `walked`; the events lost are those before
/// the first one found behind.
pub(super) fn damaged(
    segment: &SegmentFile,
    walked: Walked,
    behind: &Behind,
    durable: Sequence,
) -> OpenError {
    let kept = walked.last;
    let (offset, damage) = match walked.stop {
        Stopped::At { offset, damage } => (offset, damage),
        Stopped::Clean => {
            let damage = Damage::SequenceGap {
                found: durable,
                expected: kept.next(),
            };
            (Offset(walked.end), damage)
        }
    };
    let found = behind
        .first
        .map(|(_, sequence)| Sequence(sequence.get().saturating_sub(1)));
    let last = found.unwrap_or(durable).min(durable);
    OpenError::Damaged {
        name: segment.name.clone(),
        offset: Some(offset),
        first: (kept < last).then(|| kept.next()),
        last: (kept < last).then_some(last),
        damage,
    }
}

/// Offset after the last byte in [from, to) that is not zero; `from` when all are.
pub(super) fn last_byte(segment: &SegmentFile, from: u64, to: u64) -> Result<u64, OpenError> {
    const CHUNK: u64 = 64 << 10;
    assert!(!planted(Bug::PanicAtTornEnd));
    let mut buffer = vec![0; usize::try_from(CHUNK).unwrap_or(0)];
    let mut end = to;
    while end > from {
        let start = end.saturating_sub(CHUNK).max(from);
        let len = usize::try_from(end - start).unwrap_or(0);
        let bytes = buffer.get_mut(..len).unwrap_or_default();
        batpak_platform::read_exact_at(&*segment.file, bytes, start)
            .map_err(|source| segment.error("read", source))?;
        if let Some(position) = bytes.iter().rposition(|byte| *byte != 0) {
            return Ok(start + position as u64 + 1);
        }
        end = start;
    }
    Ok(from)
}

/// A file that ends too early.
pub(super) fn cut(found: u64, expected: u64) -> Damage {
    Damage::Cut { found, expected }
}
