//! Walking a segment's frames into the index: whole units only, and what they attest.

use std::sync::Arc;

use batpak_coordinate::{EventKind, Sequence};
use batpak_event::{Cause, CorrelationId, EventId};
use batpak_segment::{
    ByteSource, ControlFrame, EventFrame, FRAME_FIXED, FrameFlags, FrameHead, FrameKind, Offset,
    Scanner, Step, Stop, search,
};

use crate::error::{Damage, FileError, ReadError};
use crate::live::{Addition, Hole, Live, Ordinal, Place, Why};
use crate::report::DamagedRange;
use crate::sabotage::{Bug, planted};
use crate::segment_file::SegmentFile;
use crate::source::FileSource;

/// What a walk came to.
#[derive(Debug)]
pub(crate) struct Walked {
    /// End of the last whole unit.
    pub(crate) end: u64,
    /// Last event of it.
    pub(crate) last: Sequence,
    /// Where and why reading stopped.
    pub(crate) stop: Stopped,
    /// Highest sequence that a verified frame attests to be durable.
    pub(crate) attested: Sequence,
    /// Whether any frame at all was kept, and whether the last one was a seal: nothing follows it.
    pub(crate) any: bool,
    pub(crate) sealed: bool,
    pub(crate) stamp: Option<(i64, u16)>,
}

/// Why a walk stopped.
#[derive(Debug)]
pub(crate) enum Stopped {
    /// At the end it was given, or at zeros up to it.
    Clean,
    /// At a frame that does not verify or does not follow.
    At { offset: Offset, damage: Damage },
}

/// How the frames of one segment are walked.
#[derive(Debug)]
pub(crate) struct Walk {
    pub(crate) segment: Arc<SegmentFile>,
    pub(crate) ordinal: Ordinal,
    /// Where its frames end, or the file does.
    pub(crate) to: Offset,
    /// Whether bytes that the medium refuses to give are damage, instead of a failed call.
    pub(crate) tolerant: bool,
    /// Whether all events up to `to` are known to be committed, so that what damage leaves of a unit
    /// is kept.
    pub(crate) committed: bool,
}

impl Walk {
    fn source(&self) -> FileSource {
        let file = Arc::clone(&self.segment.file);
        if self.tolerant {
            FileSource::tolerant(file, self.to.0)
        } else {
            FileSource::new(file, self.to.0)
        }
    }

    fn place(&self, offset: Offset) -> Place {
        Place {
            segment: self.ordinal,
            offset,
        }
    }

    /// Puts the events from `from` on into the index, up to the first thing that does not follow.
    pub(crate) fn run(&self, from: Offset, index: &mut Live) -> Result<Walked, FileError> {
        let segment = &*self.segment;
        let failed = |source| segment.error("read", source);
        let mut scanner = Scanner::new(self.source(), segment.salt, from, self.to);
        let mut walked = Walked {
            end: from.0,
            last: index.last(),
            stop: Stopped::Clean,
            attested: Sequence::NONE,
            any: false,
            sealed: false,
            stamp: None,
        };
        let mut open_unit: Option<Offset> = None;
        loop {
            match scanner.next().map_err(failed)? {
                Step::Frame {
                    offset,
                    head,
                    bytes,
                } => {
                    if planted(Bug::RoomForEveryFrame) {
                        let len = usize::try_from(self.to.0).unwrap_or(0);
                        drop(std::hint::black_box(vec![0_u8; len]));
                    }
                    walked.attested = walked.attested.max(attests(&head, bytes, segment, offset));
                    let place = self.place(offset);
                    let in_unit = open_unit.is_some();
                    if let Err(damage) = take(&head, bytes, segment, place, index, in_unit) {
                        walked.stop = Stopped::At {
                            offset: open_unit.unwrap_or(offset),
                            damage,
                        };
                        break;
                    }
                    if head.flags.contains(FrameFlags::COMMIT) || planted(Bug::IgnoreCommit) {
                        open_unit = None;
                        walked.any = true;
                        walked.sealed = head.kind == FrameKind::Seal;
                        walked.end = offset.0 + u64::from(head.length);
                        walked.last = index.last();
                        if head.kind == FrameKind::Event {
                            walked.stamp = Some((head.wall_us, head.counter));
                        }
                    } else {
                        open_unit = open_unit.or(Some(offset));
                        if self.committed {
                            walked.any = true;
                            walked.end = offset.0 + u64::from(head.length);
                            walked.last = index.last();
                            walked.stamp = Some((head.wall_us, head.counter));
                        }
                    }
                }
                Step::Stop(Stop::End | Stop::CleanZeros { .. }) => {
                    if let Some(offset) = open_unit {
                        walked.stop = Stopped::At {
                            offset,
                            damage: Damage::IncompleteUnit,
                        };
                    }
                    break;
                }
                Step::Stop(Stop::Bad { offset, fault }) => {
                    walked.stop = Stopped::At {
                        offset,
                        damage: Damage::Frame(fault),
                    };
                    break;
                }
            }
        }
        index.truncate(walked.last);
        Ok(walked)
    }

    /// Searches every aligned position from `from` on for event frames after `after`.
    pub(crate) fn look_behind(&self, from: Offset, after: Sequence) -> Result<Behind, FileError> {
        look_behind(&self.segment, self.source(), from, self.to, after)
    }

    /// Goes on where a walk stopped: notes the events up to the next frame that verifies as lost,
    /// until the segment ends. `last` is the event that it is known to end with, or behind.
    pub(crate) fn around(
        &self,
        mut walked: Walked,
        last: Sequence,
        ends: Ends,
        index: &mut Live,
    ) -> Result<Around, FileError> {
        let mut around = Around {
            end: walked.end,
            stamp: walked.stamp,
            damage: Vec::new(),
        };
        loop {
            let found = index.last();
            // The lost events begin where the last whole unit ends, though their unit may be damaged
            // further on. Unlike the damaged frame, this place is the same however far the file is read.
            let lost_from = Offset(walked.end);
            let (offset, damage) = match walked.stop {
                Stopped::At { offset, damage } => (offset, damage),
                Stopped::Clean if found < last => {
                    let expected = found.next();
                    let damage = Damage::SequenceGap {
                        found: last,
                        expected,
                    };
                    (lost_from, damage)
                }
                Stopped::Clean => return Ok(around),
            };
            if found >= last && ends == Ends::Unknown && !around.damage.is_empty() {
                // A torn end: nothing durable is missing.
                return Ok(around);
            }
            // What follows the last event known to be durable without a hole is whole as well.
            let next = self
                .look_behind(offset.after(8), found)?
                .first
                .filter(|(_, sequence)| *sequence <= last.next());
            let last_lost = match next {
                Some((_, sequence)) => Sequence(sequence.get() - 1),
                None => last.max(found),
            };
            index.push_hole(last_lost, Why::Lost(self.place(lost_from)));
            let lost = found < last_lost;
            around.damage.push(DamagedRange {
                file: self.segment.name.clone(),
                offset: Some(lost_from.0),
                first: lost.then_some(found.next()),
                last: lost.then_some(last_lost),
                damage,
            });
            let Some((offset, _)) = next else {
                return Ok(around);
            };
            walked = self.run(offset, index)?;
            around.end = walked.end;
            around.stamp = walked.stamp.or(around.stamp);
        }
    }
}

/// Whether it is known where a segment ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ends {
    /// The identity and the next header say so.
    Recorded,
    /// Nobody closed it, or what closed it does not agree with the file.
    Unknown,
}

/// What a walk around damage came to.
#[derive(Debug)]
pub(crate) struct Around {
    /// End of the last whole unit.
    pub(crate) end: u64,
    pub(crate) stamp: Option<(i64, u16)>,
    pub(crate) damage: Vec<DamagedRange>,
}

/// Takes one verified frame into the index, or says why it does not follow.
fn take(
    head: &FrameHead,
    bytes: &[u8],
    segment: &SegmentFile,
    place: Place,
    index: &mut Live,
    in_unit: bool,
) -> Result<(), Damage> {
    match head.kind {
        FrameKind::Event => {
            let expected = index.last().next();
            if head.sequence != expected {
                return Err(Damage::SequenceGap {
                    found: head.sequence,
                    expected,
                });
            }
            let frame = EventFrame::from_verified(*head, bytes).map_err(Damage::Frame)?;
            let causes: Vec<EventId> = frame
                .causes()
                .filter_map(|cause| match cause {
                    Cause::Local(id) => Some(id),
                    Cause::Foreign(_) => None,
                })
                .collect();
            index.push(&addition(&frame, place.offset, &causes));
            Ok(())
        }
        // A seal or control frame is a unit of its own.
        _ if in_unit => Err(Damage::IncompleteUnit),
        FrameKind::Control => {
            let frame = ControlFrame::decode(bytes, segment.salt, place.offset);
            match frame {
                Ok(ControlFrame::Epoch { epoch, .. }) => index.begin_epoch(epoch),
                Ok(ControlFrame::Gap {
                    first, last, cause, ..
                }) => {
                    let expected = index.last().next();
                    if first != expected {
                        let found = first;
                        return Err(Damage::SequenceGap { found, expected });
                    }
                    index.push_hole(last, Why::Gone(cause));
                }
                Ok(
                    fact @ (ControlFrame::Hide { .. }
                    | ControlFrame::Unhide { .. }
                    | ControlFrame::KeyFacts(_)),
                ) => index.note(fact),
                _ => {}
            }
            Ok(())
        }
        _ => Ok(()),
    }
}

/// The part of a claim about sequences that so many bytes of frames can hold: what a damaged or
/// hostile file claims beyond it is not believed.
pub(crate) fn plausible(claimed: Sequence, before: Sequence, bytes: u64) -> Sequence {
    claimed.min(Sequence(
        before.get().saturating_add(bytes / FRAME_FIXED as u64),
    ))
}

fn addition<'a>(frame: &EventFrame<'a>, offset: Offset, causes: &'a [EventId]) -> Addition<'a> {
    let own = CorrelationId::from(frame.head.event_id);
    Addition {
        sequence: frame.head.sequence,
        id: frame.head.event_id,
        offset,
        entity: frame.entity(),
        stream: None,
        scope: frame.scope(),
        stream_sequence: frame.head.stream_sequence,
        predecessor: frame.head.predecessor,
        generation: frame.head.generation,
        kind: EventKind::from_raw(frame.head.event_kind),
        keyed: frame.head.flags.contains(FrameFlags::KEYED),
        hash: None,
        correlation: Some(frame.correlation()).filter(|correlation| *correlation != own),
        causes,
    }
}

/// The highest sequence that a verified frame says was durable when it was written.
fn attests(head: &FrameHead, bytes: &[u8], segment: &SegmentFile, offset: Offset) -> Sequence {
    match head.kind {
        FrameKind::Event => head.attests().unwrap_or(Sequence::NONE),
        FrameKind::Control => match ControlFrame::decode(bytes, segment.salt, offset) {
            Ok(ControlFrame::DurableMark { durable }) => durable,
            _ => Sequence::NONE,
        },
        _ => Sequence::NONE,
    }
}

/// What lies behind a stop.
#[derive(Debug, Default)]
pub(crate) struct Behind {
    /// Highest sequence that one of them attests to be durable.
    pub(crate) attested: Sequence,
    /// First of them, and how many there are.
    pub(crate) first: Option<(Offset, Sequence)>,
    pub(crate) events: u64,
}

/// Searches every aligned position in [`from`, `to`) for event frames after `after`.
pub(crate) fn look_behind(
    segment: &SegmentFile,
    mut source: FileSource,
    from: Offset,
    to: Offset,
    after: Sequence,
) -> Result<Behind, FileError> {
    let failed = |source| segment.error("search", source);
    let mut behind = Behind::default();
    if planted(Bug::StopAtFirstBadFrame) {
        return Ok(behind);
    }
    let mut at = Offset(from.0.next_multiple_of(8));
    while let Some((offset, head)) = search(&mut source, segment.salt, at, to, |head| {
        head.kind != FrameKind::Event || head.sequence > after
    })
    .map_err(failed)?
    {
        let length = usize::try_from(head.length).unwrap_or(usize::MAX);
        let bytes = source.window(offset.0, length).map_err(failed)?;
        behind.attested = behind.attested.max(attests(&head, bytes, segment, offset));
        if head.kind == FrameKind::Event {
            behind.first = behind.first.or(Some((offset, head.sequence)));
            behind.events += 1;
        }
        at = offset.after(u64::from(head.length));
    }
    Ok(behind)
}

/// The range of events around `sequence` that the frames in [`from`, `to`) say are gone; `from` is
/// where an event before it stands, or the first frame.
pub(crate) fn gap_around(
    segment: &SegmentFile,
    from: Offset,
    to: Offset,
    sequence: Sequence,
) -> Result<Option<Hole>, ReadError> {
    let source = FileSource::small(Arc::clone(&segment.file), to.0);
    let mut scanner = Scanner::new(source, segment.salt, from, to);
    loop {
        let step = scanner
            .next()
            .map_err(|source| segment.error("read", source))?;
        let (offset, head, bytes) = match step {
            Step::Frame {
                offset,
                head,
                bytes,
            } => (offset, head, bytes),
            Step::Stop(Stop::Bad { offset, fault }) => {
                return Err(ReadError::Frame {
                    segment: segment.id,
                    offset,
                    fault,
                });
            }
            Step::Stop(_) => return Ok(None),
        };
        if head.kind == FrameKind::Event && head.sequence > sequence {
            return Ok(None);
        }
        if head.kind == FrameKind::Control
            && let Ok(ControlFrame::Gap {
                first, last, cause, ..
            }) = ControlFrame::decode(bytes, segment.salt, offset)
            && (first..=last).contains(&sequence)
        {
            let why = Why::Gone(cause);
            return Ok(Some(Hole { first, last, why }));
        }
    }
}
