//! Recovery: from what the files say to what the log is. Decides; changes nothing.
//! The decisions on the newest segment are rows of `decide.rs`.

mod damage;

use std::sync::Arc;

use batpak_coordinate::Sequence;
use batpak_event::Epoch;
use batpak_platform::{Access, Storage};
use batpak_segment::identity::{CleanClose, ClosedSegment, Identity};
use batpak_segment::{CloseFacts, Offset, SEGMENT_HEADER, SegmentHeader, SegmentId};

use crate::decide::{
    Above, Body, Closed, Content, Decision, Facts, Header, Rest, Standing, above, closed, newest,
    standing,
};
use crate::error::{Damage, OpenError};
use crate::index::{Hole, Index, Ordinal, Place, Why};
use crate::report::{DamagedRange, GoneRange, OpenReport};
use crate::segment_file::SegmentFile;
use crate::survey::{
    Names, Opened, check_predecessor, damage_of, damaged_segment, header_of, open_segment,
};
use crate::walk::{Behind, Ends, Stopped, Walk, Walked, plausible};

pub(crate) use damage::exhausted;
use damage::{MOST_LOST_AT_ONCE, damaged, last_byte};

/// How a directory is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// For writing: damage to what was durable is refused.
    Write,
    /// For writing around damage that the caller accepts.
    Accept,
    /// For reading without a writer: damage is served around.
    Read,
    /// For reading beside a writer: what does not verify yet is not there yet.
    Follow,
}

impl Mode {
    /// How segments that may be written to are opened.
    fn access(self) -> Access {
        match self {
            Mode::Write | Mode::Accept => Access::ReadWrite,
            Mode::Read | Mode::Follow => Access::Read,
        }
    }

    /// Whether bytes that the medium refuses to give are damage, instead of a failed call.
    fn tolerant(self) -> bool {
        self != Mode::Write
    }
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
    /// Whether it is damaged, and the damage is served around.
    pub(crate) damaged: bool,
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
        let lineage = log.identity.lineage;
        let opened = open_segment(storage, highest, mode.access(), lineage)
            .and_then(|opened| check_predecessor(&opened.1, &before).map(|()| opened));
        match opened {
            Ok(opened) => log.take_newest(opened, &before, mode)?,
            Err(error) => log.take_absent_newest(error, &before, mode)?,
        }
    }
    log.take_above(storage, names, mode)?;
    log.report.events = log.index.count_up_to(log.index.last());
    log.report.segments = log.segments.len() as u64;
    log.report.clean = match &log.newest {
        Some(newest) => newest.closed,
        None => !slot_damaged,
    };
    log.report.gone = log.index.holes().filter_map(gone).collect();
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
        entry: &ClosedSegment,
        before: &CloseFacts,
        mode: Mode,
    ) -> Result<(), OpenError> {
        let close = entry.close;
        let lineage = self.identity.lineage;
        let opened = open_segment(storage, close.segment, Access::Read, lineage)
            .and_then(|opened| check_named(&opened.1, &close, before).map(|()| opened));
        let (segment, header) = match opened {
            Ok(opened) => opened,
            Err(error) => {
                let found = header_of(&error, mode.tolerant());
                return match found.map(|header| closed(header, Body::Whole)) {
                    Some(Closed::Lose) if mode != Mode::Write => {
                        let last = close.last_sequence.max(before.last_sequence);
                        self.take_absent(close.segment, last, damage_of(error)?);
                        Ok(())
                    }
                    _ => Err(error),
                };
            }
        };
        let found = length(&segment)?;
        let short = (found < close.end.0).then_some(Damage::Cut {
            found,
            expected: close.end.0,
        });
        if let (Some(damage), Mode::Write) = (&short, mode) {
            return Err(damaged_segment(close.segment, damage.clone()));
        }
        let to = Offset(close.end.0.min(found));
        let walk = self.begin(&segment, &header, to, mode);
        let walked = walk.run(Offset(SEGMENT_HEADER as u64), &mut self.index)?;
        self.stamp = walked.stamp.unwrap_or(self.stamp);
        let whole = matches!(walked.stop, Stopped::Clean)
            && walked.end == close.end.0
            && walked.last == close.last_sequence;
        let body = match (whole, &short) {
            (true, None) => Body::Whole,
            (_, Some(_)) => Body::Short,
            (false, None) => Body::Broken,
        };
        match (closed(Header::Named, body), mode) {
            (Closed::Take, _) => Ok(()),
            (_, Mode::Write) => {
                let behind = match &walked.stop {
                    Stopped::At { offset, .. } => walk.look_behind(offset.after(8), walked.last)?,
                    Stopped::Clean => Behind::default(),
                };
                Err(damaged(&segment, walked, &behind, close.last_sequence))
            }
            _ => {
                let last = close.last_sequence.max(before.last_sequence);
                self.go_around(&walk, walked, last, Ends::Recorded, short)?;
                Ok(())
            }
        }
    }

    /// Adds a segment, and says how its frames are walked.
    fn begin(
        &mut self,
        segment: &Arc<SegmentFile>,
        header: &SegmentHeader,
        to: Offset,
        mode: Mode,
    ) -> Walk {
        let ordinal = self.next_ordinal();
        self.segments.push(Arc::clone(segment));
        self.index.begin_epoch(header.epoch);
        Walk {
            segment: Arc::clone(segment),
            ordinal,
            to,
            tolerant: mode.tolerant(),
        }
    }

    /// Notes the events of a segment that is missing or is not the one it should be as lost.
    fn take_absent(&mut self, id: SegmentId, last: Sequence, damage: Damage) {
        let first = self.index.last().next();
        let segment = self.next_ordinal();
        self.segments.push(Arc::new(SegmentFile::absent(id, first)));
        let offset = Offset(0);
        self.index
            .push_hole(last, Why::Lost(Place { segment, offset }));
        let lost = first <= last;
        self.report.damage.push(DamagedRange {
            file: id.file_name(),
            offset: None,
            first: lost.then_some(first),
            last: lost.then_some(last),
            damage,
        });
    }

    /// The newest segment is not there, or is not the one that the identity names.
    fn take_absent_newest(
        &mut self,
        error: OpenError,
        before: &CloseFacts,
        mode: Mode,
    ) -> Result<(), OpenError> {
        let found = header_of(&error, mode.tolerant()).map(|header| closed(header, Body::Whole));
        if found != Some(Closed::Lose) || matches!(mode, Mode::Write | Mode::Follow) {
            return Err(error);
        }
        let id = self.identity.highest;
        let record = self.clean_close(id);
        let last = record.map_or(self.identity.durable, |record| record.last_sequence);
        let bytes = record.map_or(MOST_LOST_AT_ONCE, |record| record.length);
        let last = plausible(last, before.last_sequence, bytes).max(before.last_sequence);
        self.take_absent(id, last, damage_of(error)?);
        self.newest = Some(Newest {
            predecessor: *before,
            end: SEGMENT_HEADER as u64,
            len: 0,
            closed: false,
            damaged: true,
            decision: Decision::EndHere,
            attested: last,
        });
        Ok(())
    }

    /// Goes on behind damage, and notes what is lost. Returns where the last whole unit ends.
    fn go_around(
        &mut self,
        walk: &Walk,
        walked: Walked,
        last: Sequence,
        ends: Ends,
        cut: Option<Damage>,
    ) -> Result<u64, OpenError> {
        let noted = self.report.damage.len();
        let around = walk.around(walked, last, ends, &mut self.index)?;
        self.stamp = around.stamp.unwrap_or(self.stamp);
        self.report.damage.extend(around.damage);
        if let Some(damage) = cut.filter(|_| self.report.damage.len() == noted) {
            self.report.damage.push(DamagedRange {
                file: walk.segment.name.clone(),
                offset: Some(around.end),
                first: None,
                last: None,
                damage,
            });
        }
        Ok(around.end)
    }

    fn take_newest(
        &mut self,
        (segment, header): Opened,
        before: &CloseFacts,
        mode: Mode,
    ) -> Result<(), OpenError> {
        let len = length(&segment)?;
        let record = self.clean_close(segment.id);
        let slot_damaged = self.report.identity_slot_damaged;
        let recorded = record.map(|record| record.length);
        let standing = standing(len, recorded, segment.capacity, slot_damaged);
        let walk = self.begin(&segment, &header, Offset(len), mode);
        let walked = walk.run(Offset(SEGMENT_HEADER as u64), &mut self.index)?;
        self.stamp = walked.stamp.unwrap_or(self.stamp);
        let behind = match &walked.stop {
            Stopped::At { offset, .. } if mode != Mode::Follow => {
                walk.look_behind(offset.after(8), walked.last)?
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
        let decision = newest(&facts);
        let refused = matches!(decision, Decision::RefuseCut | Decision::RefuseDamage);
        let mut end = walked.end;
        match (mode, decision) {
            (Mode::Write, Decision::RefuseCut) => {
                let damage = cut(len, recorded.unwrap_or(segment.capacity));
                return Err(damaged_segment(segment.id, damage));
            }
            (Mode::Write, Decision::RefuseDamage) => {
                return Err(damaged(&segment, walked, &behind, attested));
            }
            (Mode::Read | Mode::Accept, Decision::RefuseCut | Decision::RefuseDamage) => {
                let last = plausible(attested, before.last_sequence, len.max(segment.capacity));
                let short = decision == Decision::RefuseCut;
                let damage = short.then(|| cut(len, recorded.unwrap_or(segment.capacity)));
                end = self.go_around(&walk, walked, last, Ends::Unknown, damage)?;
            }
            (Mode::Write | Mode::Accept | Mode::Read, Decision::EndHere | Decision::Replace) => {
                let last_byte = last_byte(&segment, walked.end, len)?;
                self.report.discarded_bytes = last_byte.saturating_sub(walked.end);
            }
            _ => {}
        }
        self.newest = Some(Newest {
            predecessor: header.predecessor,
            end,
            len,
            closed: standing == Standing::Closed && !refused,
            damaged: refused && mode != Mode::Follow,
            decision: if refused && mode == Mode::Accept {
                Decision::EndHere
            } else {
                decision
            },
            attested,
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
        let ids: Vec<SegmentId> = names
            .segments
            .iter()
            .copied()
            .filter(|id| *id > highest)
            .collect();
        for id in ids {
            let opened = open_segment(storage, id, mode.access(), self.identity.lineage);
            let (header, continues) = match &opened {
                Ok((_, header)) => {
                    let next = id == highest.next();
                    (Some(Header::Named), next && self.continues(header))
                }
                Err(error) => (header_of(error, mode.tolerant()), false),
            };
            let decision = header.map(|header| above(header, continues));
            match (decision, opened) {
                (Some(Above::Adopt), Ok(opened)) => self.adopt(opened, mode)?,
                (Some(Above::SetAside), _) => self.orphans.push(id),
                (Some(Above::RefuseOther), _) if mode == Mode::Read => self.orphans.push(id),
                (_, Err(error)) => return Err(error),
                (_, Ok(_)) => {}
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

fn cut(found: u64, expected: u64) -> Damage {
    Damage::Cut { found, expected }
}

fn gone(hole: Hole) -> Option<GoneRange> {
    let Hole { first, last, why } = hole;
    match why {
        Why::Gone(cause) => Some(GoneRange { first, last, cause }),
        Why::Lost(_) => None,
    }
}
