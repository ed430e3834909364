//! Segments that the identity says are closed.

use std::sync::Arc;

use batpak_event::HashKey;
use batpak_platform::Access;
use batpak_segment::index::Ordinal;
use batpak_segment::{CloseFacts, Offset, SEGMENT_HEADER, SegmentHeader};

use super::damage::damaged;
use super::{Ground, Mode, Recovered, length};
use crate::decide::{Body, Closed, Header, closed};
use crate::error::{Damage, OpenError};
use crate::live::Live;
use crate::part::{Part, Sealed};
use crate::sabotage::{Bug, planted};
use crate::seal::{self, Made};
use crate::segment_file::SegmentFile;
use crate::stage::MOST_WITHOUT_INDEX;
use crate::survey::{check_predecessor, damage_of, damaged_segment, header_of, open_segment};
use crate::walk::{Behind, Ends, Stopped};

impl Recovered {
    pub(super) fn take_closed(
        &mut self,
        ground: Ground<'_>,
        place: usize,
        before: &CloseFacts,
        key: &HashKey,
    ) -> Result<CloseFacts, OpenError> {
        let mode = ground.mode;
        let Some(entry) = self.identity.closed.get(place).copied() else {
            return Ok(*before);
        };
        let close = entry.close;
        let lineage = self.identity.lineage;
        let opened = open_segment(ground.storage, close.segment, Access::Read, lineage)
            .and_then(|opened| check_named(&opened.1, &close, before).map(|()| opened));
        let (segment, header) = match opened {
            Ok(opened) => opened,
            Err(error) => {
                let found = header_of(&error, mode.tolerant());
                return match found.map(|header| closed(header, Body::Whole)) {
                    Some(Closed::Lose) if mode != Mode::Write => {
                        let last = close.last_sequence.max(before.last_sequence);
                        self.take_absent(close.segment, last, damage_of(error)?);
                        Ok(close)
                    }
                    _ => Err(error),
                };
            }
        };
        self.seen_epoch = self.seen_epoch.max(header.epoch);
        let found = length(&segment)?;
        let short = (found < close.end.0).then_some(Damage::Cut {
            found,
            expected: close.end.0,
        });
        if let (Some(damage), Mode::Write) = (&short, mode) {
            return Err(damaged_segment(close.segment, damage.clone()));
        }
        if short.is_none() && mode != Mode::Salvage {
            let index = seal::load(ground.storage, &entry, lineage, ground.mapping);
            // The newest closed event is looked up below: its index has to answer for that.
            let newest = self.identity.closed.last();
            let is_last =
                newest.is_some_and(|last| last.close.last_sequence == close.last_sequence);
            let index = index.filter(|index| !is_last || tells_its_end(index));
            let index = index.filter(|index| index.visibility_changes().is_ok());
            if let Some(index) = index {
                self.take_sealed(Part::sealed(segment, close, index));
                return Ok(close);
            }
            // A crash left it without one: to walk over it takes half the time, and its index is made
            // in the background.
            let left = self.identity.closed.len() - place;
            let lags = entry.index_hash.is_none() && left <= MOST_WITHOUT_INDEX;
            // Making the index looks at every frame. Where one is wrong, a walk tells which.
            if !lags && self.make_index(&segment, &close, key) {
                return Ok(close);
            }
        }
        let to = Offset(close.end.0.min(found));
        let (mut walk, mut live) = self.begin(&segment, &header, to, mode);
        walk.committed = true;
        let walked = walk.run(Offset(SEGMENT_HEADER as u64), &mut live)?;
        self.stamp = walked.stamp.or(self.stamp);
        let whole = matches!(walked.stop, Stopped::Clean)
            && walked.end == close.end.0
            && walked.last == close.last_sequence;
        let body = match (whole, &short) {
            (true, None) => Body::Whole,
            (_, Some(_)) => Body::Short,
            (false, None) => Body::Broken,
        };
        match (closed(Header::Named, body), mode) {
            (Closed::Take, _) => {
                self.push(segment, live);
                if let Some(part) = self.parts.last() {
                    part.close_with(close);
                }
            }
            (_, Mode::Write) => {
                let behind = match &walked.stop {
                    Stopped::At { offset, .. } => walk.look_behind(offset.after(8), walked.last)?,
                    Stopped::Clean => Behind::default(),
                };
                return Err(damaged(&segment, walked, &behind, close.last_sequence));
            }
            _ => {
                let last = close.last_sequence.max(before.last_sequence);
                self.go_around(&walk, walked, last, Ends::Recorded, short, &mut live)?;
                self.push(segment, live);
            }
        }
        Ok(close)
    }

    fn take_sealed(&mut self, part: Arc<Part>) {
        if let Some(index) = part.index() {
            let newest = index.header().events.checked_sub(1);
            let epoch = newest.map(|event| index.epoch(Ordinal(event)));
            if let Some(Ok(epoch)) = epoch {
                self.seen_epoch = self.seen_epoch.max(epoch);
                // It has a newer event than any that was walked over.
                self.stamp = None;
            }
        }
        self.parts.push(part);
    }

    /// Makes the index of a closed segment, in memory; false when its frames are not as they should be.
    fn make_index(
        &mut self,
        segment: &Arc<SegmentFile>,
        close: &CloseFacts,
        key: &HashKey,
    ) -> bool {
        let at = self.parts.len();
        let lineage = self.identity.lineage;
        self.parts
            .push(Part::live(Arc::clone(segment), Live::after(self.last())));
        let alone = if planted(Bug::IndexOneSegmentAlone) {
            at
        } else {
            0
        };
        let parts = self.parts.get(alone..).unwrap_or_default();
        let bytes = seal::build(parts, at - alone, close, Made { lineage, key });
        self.parts.truncate(at);
        let index = bytes.ok().and_then(|bytes| Sealed::open(bytes.into()).ok());
        let Some(index) = index else {
            return false;
        };
        self.take_sealed(Part::sealed(Arc::clone(segment), *close, index));
        self.made.push(at);
        self.report.rebuilt_indexes += 1;
        true
    }
}

/// Compares a closed segment's header with what the identity says of it.
fn check_named(
    header: &SegmentHeader,
    close: &CloseFacts,
    before: &CloseFacts,
) -> Result<(), OpenError> {
    if header.salt != close.salt {
        return Err(damaged_segment(
            close.segment,
            Damage::NotTheSegment("salt"),
        ));
    }
    check_predecessor(header, before)
}

/// Whether an index answers for its newest event.
fn tells_its_end(index: &Sealed) -> bool {
    let Some(newest) = index.header().events.checked_sub(1).map(Ordinal) else {
        return true;
    };
    index.offset(newest).is_ok() && index.time_bounds(newest).is_ok() && index.epoch(newest).is_ok()
}
