//! Recovery: from what the files say to what the log is. Decides; changes nothing.
//! The decisions on the newest segment are rows of `decide.rs`.

mod closed;
mod damage;

use std::sync::Arc;

use batpak_coordinate::Sequence;
use batpak_event::{Epoch, HashKey};
use batpak_platform::{Access, Storage};
use batpak_segment::identity::{CleanClose, ClosedSegment, Identity};
use batpak_segment::{CloseFacts, Offset, SEGMENT_HEADER, SegmentHeader, SegmentId};

use crate::decide::{
    Above, Body, Closed, Content, Decision, Facts, Header, Rest, Standing, above, closed, newest,
    standing,
};
use crate::error::{Damage, OpenError, ReadError};
use crate::live::{Live, Ordinal, Place, Why};
use crate::part::Part;
use crate::report::{DamagedRange, OpenReport};
use crate::segment_file::SegmentFile;
use crate::survey::{
    Names, Opened, check_predecessor, damage_of, damaged_segment, header_of, open_segment,
};
use crate::walk::{Behind, Ends, Stopped, Walk, Walked, plausible};

pub(crate) use damage::exhausted;
use damage::{MOST_LOST_AT_ONCE, cut, damaged, last_byte};

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
    /// For reading every frame, whatever an index says.
    Salvage,
}

impl Mode {
    /// How segments that may be written to are opened.
    fn access(self) -> Access {
        match self {
            Mode::Write | Mode::Accept => Access::ReadWrite,
            Mode::Read | Mode::Follow | Mode::Salvage => Access::Read,
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
    pub(crate) parts: Vec<Arc<Part>>,
    /// Places of the parts whose index is in memory and has no file.
    pub(crate) made: Vec<usize>,
    pub(crate) newest: Option<Newest>,
    /// Segments above the highest that hold nothing acknowledged.
    pub(crate) orphans: Vec<SegmentId>,
    /// Time and counter of the newest event, when its frame was walked over or has been looked up.
    stamp: Option<(i64, u16)>,
    /// Greatest epoch that a segment or a frame shows.
    seen_epoch: Epoch,
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

/// What recovery works on, and how.
#[derive(Clone, Copy)]
pub(crate) struct Ground<'a> {
    pub(crate) storage: &'a dyn Storage,
    pub(crate) names: &'a Names,
    pub(crate) mode: Mode,
    /// Whether index files are mapped; otherwise they are read into memory.
    pub(crate) mapping: bool,
}

pub(crate) fn recover(
    ground: Ground<'_>,
    identity: Identity,
    slot_damaged: bool,
) -> Result<Recovered, OpenError> {
    let mode = ground.mode;
    let report = OpenReport {
        live_writer: mode == Mode::Follow,
        identity_slot_damaged: slot_damaged,
        ..OpenReport::default()
    };
    let mut log = Recovered::empty(identity, report);
    let key = HashKey::for_lineage(log.identity.lineage);
    let mut before = CloseFacts::NONE;
    for place in 0..log.identity.closed.len() {
        before = log.take_closed(ground, place, &before, &key)?;
    }
    let highest = log.identity.highest;
    if !highest.is_none() && highest != before.segment {
        let lineage = log.identity.lineage;
        let opened = open_segment(ground.storage, highest, mode.access(), lineage)
            .and_then(|opened| check_predecessor(&opened.1, &before).map(|()| opened));
        match opened {
            Ok(opened) => log.take_newest(opened, &before, mode)?,
            Err(error) => log.take_absent_newest(error, &before, mode)?,
        }
    }
    log.take_above(ground)?;
    let last = log.last();
    log.report.events = log.parts.iter().map(|part| part.count_up_to(last)).sum();
    log.report.segments = log.parts.len() as u64;
    log.report.clean = match &log.newest {
        Some(newest) => newest.closed,
        None => !slot_damaged && log.was_closed(),
    };
    let seen = log.seen_epoch.max(log.identity.epoch);
    let beyond = if slot_damaged { 2 } else { 1 };
    log.next_epoch = seen
        .0
        .checked_add(beyond)
        .map(Epoch)
        .ok_or_else(exhausted)?;
    log.report.attested = log
        .newest
        .as_ref()
        .map_or(last, |newest| newest.attested.min(last));
    Ok(log)
}

impl Recovered {
    /// The log of a store that has just been created.
    pub(crate) fn empty(identity: Identity, report: OpenReport) -> Self {
        Self {
            identity,
            parts: Vec::new(),
            made: Vec::new(),
            newest: None,
            orphans: Vec::new(),
            stamp: None,
            seen_epoch: Epoch(0),
            next_epoch: Epoch(1),
            adopted: None,
            report,
        }
    }

    fn next_ordinal(&self) -> Ordinal {
        Ordinal(u32::try_from(self.parts.len()).unwrap_or(u32::MAX))
    }

    /// The last sequence of the log.
    pub(crate) fn last(&self) -> Sequence {
        let last = self.parts.last();
        last.map_or(Sequence::NONE, |part| part.last())
    }

    /// Whether a store all of whose segments are closed was left so by a close.
    fn was_closed(&self) -> bool {
        self.identity.highest.is_none() || self.clean_close(self.identity.highest).is_some()
    }

    /// Time and counter of the newest event that is there; zeros in a log without one.
    ///
    /// Every later event is stamped after it, so a time that is not known exactly is taken to be later.
    pub(crate) fn stamp(&mut self) -> Result<(i64, u16), OpenError> {
        let stamp = match self.stamp {
            Some(stamp) => stamp,
            None => self.stamp_of_indexed()?,
        };
        self.stamp = Some(stamp);
        Ok(stamp)
    }

    /// The same, of the segments that were not walked over.
    fn stamp_of_indexed(&self) -> Result<(i64, u16), OpenError> {
        for part in self.parts.iter().rev() {
            let Some(index) = part.index() else { continue };
            let Some(newest) = index.header().events.checked_sub(1) else {
                continue;
            };
            let newest = batpak_segment::index::Ordinal(newest);
            let wrong = |_| damaged_segment(part.file.id, Damage::NotTheSegment("newest event"));
            let offset = index.offset(newest).map_err(wrong)?;
            return match part.head_at(offset) {
                Ok(head) => Ok((head.wall_us, head.counter)),
                Err(ReadError::File(error)) if !error.is_media() => Err(error.into()),
                Err(_) => {
                    let (_, latest) = index.time_bounds(newest).map_err(wrong)?;
                    Ok((latest, u16::MAX))
                }
            };
        }
        Ok((0, 0))
    }

    fn push(&mut self, segment: Arc<SegmentFile>, live: Live) {
        self.seen_epoch = self.seen_epoch.max(live.greatest_epoch());
        self.parts.push(Part::live(segment, live));
    }

    /// How the frames of a segment are walked, and the columns for its events.
    fn begin(
        &self,
        segment: &Arc<SegmentFile>,
        header: &SegmentHeader,
        to: Offset,
        mode: Mode,
    ) -> (Walk, Live) {
        let live = Live::after(self.last());
        live.begin_epoch(header.epoch);
        let walk = Walk {
            segment: Arc::clone(segment),
            ordinal: self.next_ordinal(),
            to,
            tolerant: mode.tolerant(),
            committed: false,
        };
        (walk, live)
    }

    /// Notes the events of a segment that is missing or is not the one it should be as lost.
    fn take_absent(&mut self, id: SegmentId, last: Sequence, damage: Damage) {
        let live = Live::after(self.last());
        let first = live.last().next();
        let place = Place {
            segment: self.next_ordinal(),
            offset: Offset(0),
        };
        live.push_hole(last, Why::Lost(place));
        self.push(Arc::new(SegmentFile::absent(id, first)), live);
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
        live: &mut Live,
    ) -> Result<u64, OpenError> {
        let noted = self.report.damage.len();
        let around = walk.around(walked, last, ends, live)?;
        self.stamp = around.stamp.or(self.stamp);
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
        let (walk, mut live) = self.begin(&segment, &header, Offset(len), mode);
        let walked = walk.run(Offset(SEGMENT_HEADER as u64), &mut live)?;
        self.stamp = walked.stamp.or(self.stamp);
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
            (
                Mode::Read | Mode::Accept | Mode::Salvage,
                Decision::RefuseCut | Decision::RefuseDamage,
            ) => {
                let last = plausible(attested, before.last_sequence, len.max(segment.capacity));
                let short = decision == Decision::RefuseCut;
                let damage = short.then(|| cut(len, recorded.unwrap_or(segment.capacity)));
                end = self.go_around(&walk, walked, last, Ends::Unknown, damage, &mut live)?;
            }
            (
                Mode::Write | Mode::Accept | Mode::Read | Mode::Salvage,
                Decision::EndHere | Decision::Replace,
            ) => {
                let last_byte = last_byte(&segment, walked.end, len)?;
                self.report.discarded_bytes = last_byte.saturating_sub(walked.end);
            }
            _ => {}
        }
        self.push(segment, live);
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
    fn take_above(&mut self, ground: Ground<'_>) -> Result<(), OpenError> {
        let mode = ground.mode;
        let highest = self.identity.highest;
        let ids: Vec<SegmentId> = ground
            .names
            .segments
            .iter()
            .copied()
            .filter(|id| *id > highest)
            .collect();
        for id in ids {
            let opened = open_segment(ground.storage, id, mode.access(), self.identity.lineage);
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
                (Some(Above::RefuseOther), _) if matches!(mode, Mode::Read | Mode::Salvage) => {
                    self.orphans.push(id);
                }
                (_, Err(error)) => return Err(error),
                (_, Ok(_)) => {}
            }
        }
        Ok(())
    }

    fn continues(&self, header: &SegmentHeader) -> bool {
        let close = header.predecessor;
        let follows = match (&self.newest, self.parts.last()) {
            (Some(newest), Some(part)) => {
                close.segment == part.file.id
                    && close.salt == part.file.salt
                    && close.end.0 == newest.end
                    && close.last_sequence == self.last()
            }
            // Every segment is closed: the last one says how.
            (None, Some(_)) => {
                let last = self.identity.closed.last();
                last.is_some_and(|last| last.close == close)
            }
            _ => close.is_none(),
        };
        follows && header.first_sequence == close.last_sequence.next()
    }

    fn adopt(&mut self, opened: Opened, mode: Mode) -> Result<(), OpenError> {
        let close = opened.1.predecessor;
        if let (Some(part), Some(_)) = (self.parts.last(), &self.newest) {
            part.close_with(close);
            self.identity.closed.push(ClosedSegment {
                close,
                first_sequence: part.file.first_sequence,
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
