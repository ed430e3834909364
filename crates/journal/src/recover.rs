//! Recovery: from what the files say to what the log is. Decides; changes nothing.
//! The decisions on the newest segment are rows of `decide.rs`.

mod damage;

use std::sync::Arc;

use batpak_coordinate::Sequence;
use batpak_event::Epoch;
use batpak_platform::{Access, Storage};
use batpak_segment::identity::{CleanClose, ClosedSegment, Identity};
use batpak_segment::{CloseFacts, Offset, SEGMENT_HEADER, SegmentHeader, SegmentId};

use crate::decide::{Content, Decision, Facts, Rest, Standing, decide, standing};
use crate::error::{Damage, OpenError};
use crate::index::{Index, Ordinal, Place, Why};
use crate::report::{LostRange, OpenReport};
use crate::segment_file::SegmentFile;
use crate::survey::{Names, Opened, check_predecessor, damaged_segment, open_segment};
use crate::walk::{Behind, Stopped, look_behind, plausible, walk, walk_around};

pub(crate) use damage::exhausted;
use damage::{MOST_LOST_AT_ONCE, damaged, last_byte};

/// How a directory is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// For writing: damage to what was durable is refused.
    Write,
    /// For reading without a writer: damage is served around.
    Read,
    /// For reading beside a writer: what does not verify yet is not there yet.
    Follow,
}

/// What the log is.
#[derive(Debug)]
pub(crate) struct Recovered {
    /// The identity, with a segment that it did not name yet adopted.
    pub(crate) identity: Identity,
    pub(crate) segments: Vec<Arc<SegmentFile>>,
    pub(crate) index: Index,
    pub(crate) newest: Option<Newest>,
    /// Segments above the highest that hold nothing acknowledged.
    pub(crate) orphans: Vec<SegmentId>,
    pub(crate) stamp: (i64, u16),
    /// Epoch of the next writable open: greater than any that a file shows, and than the one that
    /// a damaged identity slot may have held.
    pub(crate) next_epoch: Epoch,
    /// Whether the newest segment could not be read at all.
    pub(crate) lost_newest: bool,
    /// Segment that the identity did not name yet.
    pub(crate) adopted: Option<SegmentId>,
    pub(crate) report: OpenReport,
}

/// The segment that the log ends in.
#[derive(Debug)]
pub(crate) struct Newest {
    pub(crate) predecessor: CloseFacts,
    /// End of its last whole unit.
    pub(crate) end: u64,
    /// Length of the file.
    pub(crate) len: u64,
    /// Whether it is as the record of a clean close says.
    pub(crate) closed: bool,
    pub(crate) decision: Decision,
    /// Highest sequence attested to be durable.
    pub(crate) attested: Sequence,
}

pub(crate) fn recover(
    storage: &dyn Storage,
    names: &Names,
    identity: Identity,
    slot_damaged: bool,
    mode: Mode,
) -> Result<Recovered, OpenError> {
    let mut log = Recovered {
        identity,
        segments: Vec::new(),
        index: Index::default(),
        newest: None,
        orphans: Vec::new(),
        stamp: (0, 0),
        next_epoch: Epoch(0),
        lost_newest: false,
        adopted: None,
        report: OpenReport {
            live_writer: mode == Mode::Follow,
            identity_slot_damaged: slot_damaged,
            ..OpenReport::default()
        },
    };
    let mut before = CloseFacts::NONE;
    for closed in log.identity.closed.clone() {
        log.take_closed(storage, &closed, &before, mode)?;
        before = closed.close;
    }
    let highest = log.identity.highest;
    if !highest.is_none() && highest != before.segment {
        let access = if mode == Mode::Write {
            Access::ReadWrite
        } else {
            Access::Read
        };
        match open_segment(storage, highest, access, log.identity.lineage) {
            Err(OpenError::Damaged { .. }) if mode == Mode::Read => {
                let recorded = log.clean_close(highest);
                let last = recorded.map_or(log.identity.durable, |record| record.last_sequence);
                let bytes = recorded.map_or(MOST_LOST_AT_ONCE, |record| record.length);
                log.take_absent(highest, last, bytes);
                log.lost_newest = true;
            }
            opened => log.take_newest(opened?, &before, mode)?,
        }
    }
    log.take_above(storage, names, mode)?;
    log.report.events = log.index.last().get();
    log.report.segments = log.segments.len() as u64;
    log.report.clean = match &log.newest {
        Some(newest) => newest.closed,
        None => !slot_damaged && !log.lost_newest,
    };
    let seen = log.index.greatest_epoch().max(log.identity.epoch);
    let beyond = if slot_damaged { 2 } else { 1 };
    log.next_epoch = seen
        .0
        .checked_add(beyond)
        .map(Epoch)
        .ok_or_else(exhausted)?;
    let last = log.index.last();
    log.report.attested = log
        .newest
        .as_ref()
        .map_or(last, |newest| newest.attested.min(last));
    Ok(log)
}

impl Recovered {
    fn next_ordinal(&self) -> Ordinal {
        Ordinal(u32::try_from(self.segments.len()).unwrap_or(u32::MAX))
    }

    fn take_closed(
        &mut self,
        storage: &dyn Storage,
        closed: &ClosedSegment,
        before: &CloseFacts,
        mode: Mode,
    ) -> Result<(), OpenError> {
        let close = closed.close;
        let opened = open_segment(storage, close.segment, Access::Read, self.identity.lineage);
        let (segment, header) = match opened {
            Err(OpenError::Damaged { .. }) if mode != Mode::Write => {
                self.take_absent(close.segment, close.last_sequence, close.end.0);
                return Ok(());
            }
            opened => opened?,
        };
        if header.salt != close.salt {
            return Err(damaged_segment(
                close.segment,
                Damage::NotTheSegment("salt"),
            ));
        }
        check_predecessor(&header, before)?;
        let found = length(&segment)?;
        if found < close.end.0 {
            let damage = Damage::Cut {
                found,
                expected: close.end.0,
            };
            if mode == Mode::Write {
                return Err(damaged_segment(close.segment, damage));
            }
        }
        let ordinal = self.next_ordinal();
        let to = Offset(close.end.0.min(found));
        self.segments.push(Arc::clone(&segment));
        self.index.begin_epoch(header.epoch);
        if mode == Mode::Write {
            let from = Offset(SEGMENT_HEADER as u64);
            let walked = walk(&segment, ordinal, from, to, &mut self.index)?;
            self.stamp = walked.stamp.unwrap_or(self.stamp);
            return match walked.stop {
                Stopped::Clean
                    if walked.end == close.end.0 && walked.last == close.last_sequence =>
                {
                    Ok(())
                }
                _ => {
                    let behind = match &walked.stop {
                        Stopped::At { offset, .. } => {
                            look_behind(&segment, offset.after(8), to, walked.last)?
                        }
                        Stopped::Clean => Behind::default(),
                    };
                    Err(damaged(&segment, walked, &behind, close.last_sequence))
                }
            };
        }
        let last = plausible(close.last_sequence, before.last_sequence, close.end.0);
        self.walk_around(&segment, ordinal, to, last)
    }

    /// Notes the events of a segment that is missing or has no readable header as lost.
    fn take_absent(&mut self, id: SegmentId, last: Sequence, bytes: u64) {
        let first = self.index.last().next();
        let last = plausible(last, self.index.last(), bytes);
        let ordinal = self.next_ordinal();
        self.segments.push(Arc::new(SegmentFile::absent(id, first)));
        if first <= last {
            let place = Place {
                segment: ordinal,
                offset: Offset(0),
            };
            self.index.push_hole(last, Why::Lost(place));
            let file = id.file_name();
            self.report.lost.push(LostRange {
                file,
                offset: 0,
                first,
                last,
            });
        }
    }

    fn walk_around(
        &mut self,
        segment: &Arc<SegmentFile>,
        ordinal: Ordinal,
        to: Offset,
        last: Sequence,
    ) -> Result<(), OpenError> {
        let (walked, lost) = walk_around(segment, ordinal, to, last, &mut self.index)?;
        self.stamp = walked.stamp.unwrap_or(self.stamp);
        self.report.lost.extend(lost);
        Ok(())
    }

    fn take_newest(
        &mut self,
        (segment, header): Opened,
        before: &CloseFacts,
        mode: Mode,
    ) -> Result<(), OpenError> {
        check_predecessor(&header, before)?;
        let len = length(&segment)?;
        let record = self.clean_close(segment.id);
        let slot_damaged = self.report.identity_slot_damaged;
        let recorded = record.map(|record| record.length);
        let standing = standing(len, recorded, segment.capacity, slot_damaged);
        let ordinal = self.next_ordinal();
        self.segments.push(Arc::clone(&segment));
        self.index.begin_epoch(header.epoch);
        let from = Offset(SEGMENT_HEADER as u64);
        let walked = walk(&segment, ordinal, from, Offset(len), &mut self.index)?;
        self.stamp = walked.stamp.unwrap_or(self.stamp);
        let behind = match &walked.stop {
            Stopped::At { offset, .. } if mode != Mode::Follow => {
                look_behind(&segment, offset.after(8), Offset(len), walked.last)?
            }
            _ => Behind::default(),
        };
        let attested = [
            before.last_sequence,
            self.identity.durable,
            record.map_or(Sequence::NONE, |record| record.last_sequence),
            walked.attested,
            behind.attested,
        ]
        .into_iter()
        .fold(Sequence::NONE, Ord::max);
        let facts = Facts {
            standing,
            missing: attested > walked.last || recorded.is_some_and(|end| walked.end < end),
            rest: match walked.stop {
                Stopped::Clean => Rest::Clean,
                Stopped::At { .. } => Rest::Torn,
            },
            content: match (walked.any, walked.sealed) {
                (false, _) => Content::Nothing,
                (true, false) => Content::Units,
                (true, true) => Content::Sealed,
            },
        };
        let decision = decide(&facts);
        self.newest = Some(Newest {
            predecessor: header.predecessor,
            end: walked.end,
            len,
            closed: standing == Standing::Closed,
            decision,
            attested,
        });
        match (mode, decision) {
            (Mode::Write, Decision::RefuseCut) => {
                let expected = recorded.unwrap_or(segment.capacity);
                let damage = Damage::Cut {
                    found: len,
                    expected,
                };
                return Err(damaged_segment(segment.id, damage));
            }
            (Mode::Write, Decision::RefuseDamage) => {
                return Err(damaged(&segment, walked, &behind, attested));
            }
            (Mode::Read, Decision::RefuseCut | Decision::RefuseDamage) => {
                self.index.truncate(before.last_sequence);
                let last = plausible(attested, before.last_sequence, len.max(segment.capacity));
                self.walk_around(&segment, ordinal, Offset(len), last)?;
            }
            (Mode::Write | Mode::Read, Decision::EndHere | Decision::Replace) => {
                let last_byte = last_byte(&segment, walked.end, len)?;
                self.report.discarded_bytes = last_byte.saturating_sub(walked.end);
            }
            _ => {}
        }
        Ok(())
    }

    /// The record of a clean close, if it speaks of the newest epoch and segment.
    fn clean_close(&self, segment: SegmentId) -> Option<CleanClose> {
        self.identity
            .clean_close
            .filter(|record| record.epoch == self.identity.epoch && record.segment == segment)
    }

    /// A segment above the highest that the identity names holds nothing acknowledged. One that
    /// continues the log exactly is adopted: a crash came between its name and the identity.
    fn take_above(
        &mut self,
        storage: &dyn Storage,
        names: &Names,
        mode: Mode,
    ) -> Result<(), OpenError> {
        let highest = self.identity.highest;
        let above: Vec<SegmentId> = names
            .segments
            .iter()
            .copied()
            .filter(|id| *id > highest)
            .collect();
        for id in above {
            let access = if mode == Mode::Write {
                Access::ReadWrite
            } else {
                Access::Read
            };
            let opened = match open_segment(storage, id, access, self.identity.lineage) {
                Ok(opened) => opened,
                Err(OpenError::Damaged {
                    damage: Damage::Header(_),
                    ..
                }) => {
                    self.orphans.push(id);
                    continue;
                }
                Err(error) => return Err(error),
            };
            if id == highest.next() && self.continues(&opened.1) {
                self.adopt(opened, mode)?;
            } else {
                self.orphans.push(id);
            }
        }
        Ok(())
    }

    fn continues(&self, header: &SegmentHeader) -> bool {
        let close = header.predecessor;
        let follows = match (&self.newest, self.segments.last()) {
            (Some(newest), Some(segment)) => {
                close.segment == segment.id
                    && close.salt == segment.salt
                    && close.end.0 == newest.end
                    && close.last_sequence == self.index.last()
            }
            _ => close.is_none(),
        };
        follows && header.first_sequence == close.last_sequence.next()
    }

    fn adopt(&mut self, opened: Opened, mode: Mode) -> Result<(), OpenError> {
        let close = opened.1.predecessor;
        if let Some(segment) = self.segments.last() {
            let first_sequence = segment.first_sequence;
            self.identity.closed.push(ClosedSegment {
                close,
                first_sequence,
                index_hash: None,
            });
        }
        self.identity.highest = opened.0.id;
        self.adopted = Some(opened.0.id);
        self.identity.clean_close = None;
        self.take_newest(opened, &close, mode)
    }
}

fn length(segment: &SegmentFile) -> Result<u64, OpenError> {
    segment
        .file
        .len()
        .map_err(|source| segment.error("measure", source).into())
}
