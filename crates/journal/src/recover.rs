//! Recovery: from what the files say to what the log is. Decides; changes nothing.
//!
//! | newest segment | later frames attest more than is whole | decision |
//! |---|---|---|
//! | closed, length as recorded, whole | no | as recorded |
//! | closed, length as recorded, not whole | yes, by the record | refuse |
//! | shorter than recorded, or than its capacity | yes, by the record or header | refuse |
//! | zeros to the end behind the last whole unit | no | continue in it |
//! | anything else behind the last whole unit | no | torn: end it there, continue in the next |
//! | anything behind the last whole unit | yes | refuse |

use std::sync::Arc;

use batpak_coordinate::Sequence;
use batpak_platform::{Access, Storage};
use batpak_segment::identity::{CleanClose, ClosedSegment, Identity};
use batpak_segment::{CloseFacts, Offset, SEGMENT_HEADER, SegmentHeader, SegmentId};

use crate::error::{Damage, OpenError};
use crate::index::{Index, Ordinal};
use crate::report::OpenReport;
use crate::segment_file::SegmentFile;
use crate::survey::{Names, Opened, check_predecessor, damaged_segment, open_segment};
use crate::walk::{Behind, Stopped, look_behind, walk, walk_around};

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
    /// Whether bytes that are not zeros follow.
    pub(crate) torn: bool,
    /// Whether it holds a whole unit.
    pub(crate) any: bool,
    /// Whether it ends with a seal.
    pub(crate) sealed: bool,
    pub(crate) clean: bool,
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
        let opened = open_segment(storage, highest, access, log.identity.lineage)?;
        log.take_newest(opened, &before, mode)?;
    }
    log.take_above(storage, names, mode)?;
    log.report.events = log.index.last().get();
    log.report.segments = log.segments.len() as u64;
    log.report.clean = match &log.newest {
        Some(newest) => newest.clean,
        None => !slot_damaged,
    };
    log.report.attested = log
        .newest
        .as_ref()
        .map_or(log.index.last(), |newest| newest.attested);
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
        let (segment, header) =
            open_segment(storage, close.segment, Access::Read, self.identity.lineage)?;
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
                stop => Err(damaged(
                    &segment,
                    stop,
                    walked.end,
                    walked.last,
                    close.last_sequence,
                )),
            };
        }
        self.walk_around(&segment, ordinal, to, close.last_sequence)
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
        let expected = record.map_or(segment.capacity, |record| record.length);
        // The damaged slot may have held the record of the close that cut the file.
        let known = record.is_some() || !self.report.identity_slot_damaged;
        if len < expected && known && mode != Mode::Follow {
            let damage = Damage::Cut {
                found: len,
                expected,
            };
            if mode == Mode::Write {
                return Err(damaged_segment(segment.id, damage));
            }
        }
        let ordinal = self.next_ordinal();
        self.segments.push(Arc::clone(&segment));
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
            record.map_or(Sequence::NONE, |record| record.last_sequence),
            walked.attested,
            behind.attested,
        ]
        .into_iter()
        .fold(Sequence::NONE, Ord::max);
        if attested > walked.last && mode != Mode::Follow {
            if mode == Mode::Write {
                return Err(damaged(
                    &segment,
                    walked.stop,
                    walked.end,
                    walked.last,
                    attested,
                ));
            }
            self.index.truncate(before.last_sequence);
            self.walk_around(&segment, ordinal, Offset(len), attested)?;
        }
        let clean = record.is_some() && walked.end == len && !self.report.identity_slot_damaged;
        let torn = !clean && !matches!(walked.stop, Stopped::Clean);
        if torn && mode != Mode::Follow {
            let last_byte = last_byte(&segment, walked.end, len)?;
            self.report.discarded_bytes = last_byte.saturating_sub(walked.end);
        }
        self.newest = Some(Newest {
            predecessor: header.predecessor,
            end: walked.end,
            len,
            torn,
            any: walked.any,
            sealed: walked.sealed,
            clean,
            attested: attested.min(self.index.last()),
        });
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

fn damaged(
    segment: &SegmentFile,
    stop: Stopped,
    end: u64,
    kept: Sequence,
    durable: Sequence,
) -> OpenError {
    let (offset, damage) = match stop {
        Stopped::At { offset, damage } => (offset, damage),
        Stopped::Clean => {
            let damage = Damage::SequenceGap {
                found: durable,
                expected: kept.next(),
            };
            (Offset(end), damage)
        }
    };
    OpenError::Damaged {
        name: segment.name.clone(),
        offset: Some(offset),
        first: (kept < durable).then(|| kept.next()),
        last: (kept < durable).then_some(durable),
        damage,
    }
}

/// Offset after the last byte in [from, to) that is not zero; `from` when all are.
fn last_byte(segment: &SegmentFile, from: u64, to: u64) -> Result<u64, OpenError> {
    const CHUNK: u64 = 64 << 10;
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
