//! Walking a segment's frames into the index: whole units only, and what they attest.

use std::sync::Arc;

use batpak_coordinate::{EventKind, Sequence};
use batpak_segment::{
    ByteSource, ControlFrame, EventFrame, FRAME_FIXED, FrameFlags, FrameHead, FrameKind, Offset,
    SEGMENT_HEADER, Scanner, Step, Stop, search,
};

use crate::error::{Damage, FileError};
use crate::index::{Addition, Index, Ordinal, Place, Why};
use crate::report::LostRange;
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

/// Puts the events of `segment` in [`from`, `to`) into the index.
pub(crate) fn walk(
    segment: &Arc<SegmentFile>,
    ordinal: Ordinal,
    from: Offset,
    to: Offset,
    index: &mut Index,
) -> Result<Walked, FileError> {
    let failed = |source| segment.error("read", source);
    let source = FileSource::new(Arc::clone(&segment.file), to.0);
    let mut scanner = Scanner::new(source, segment.salt, from, to);
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
                walked.attested = walked.attested.max(attests(&head, bytes, segment, offset));
                if let Err(damage) = take(
                    &head,
                    bytes,
                    segment,
                    (ordinal, offset),
                    index,
                    open_unit.is_some(),
                ) {
                    walked.stop = Stopped::At {
                        offset: open_unit.unwrap_or(offset),
                        damage,
                    };
                    break;
                }
                if head.flags.contains(FrameFlags::COMMIT) {
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

/// Takes one verified frame into the index, or says why it does not follow.
fn take(
    head: &FrameHead,
    bytes: &[u8],
    segment: &SegmentFile,
    (ordinal, offset): (Ordinal, Offset),
    index: &mut Index,
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
            index.push(&addition(&frame, ordinal, offset));
            Ok(())
        }
        // A seal or control frame is a unit of its own.
        _ if in_unit => Err(Damage::IncompleteUnit),
        FrameKind::Control => {
            let frame = ControlFrame::decode(bytes, segment.salt, offset);
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

fn addition<'a>(frame: &EventFrame<'a>, ordinal: Ordinal, offset: Offset) -> Addition<'a> {
    Addition {
        sequence: frame.head.sequence,
        id: frame.head.event_id,
        place: Place {
            segment: ordinal,
            offset,
        },
        entity: frame.entity(),
        scope: frame.scope(),
        stream_sequence: frame.head.stream_sequence,
        predecessor: frame.head.predecessor,
        generation: frame.head.generation,
        kind: EventKind::from_raw(frame.head.event_kind),
        keyed: frame.head.flags.contains(FrameFlags::KEYED),
        hash: None,
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
    /// First of them.
    pub(crate) first: Option<(Offset, Sequence)>,
}

/// Searches every aligned position in [`from`, `to`) for event frames after `after`.
pub(crate) fn look_behind(
    segment: &Arc<SegmentFile>,
    from: Offset,
    to: Offset,
    after: Sequence,
) -> Result<Behind, FileError> {
    let failed = |source| segment.error("search", source);
    let mut source = FileSource::new(Arc::clone(&segment.file), to.0);
    let mut behind = Behind::default();
    let mut at = Offset(from.0.next_multiple_of(8));
    while let Some((offset, head)) = search(&mut source, segment.salt, at, to, |head| {
        head.kind != FrameKind::Event || head.sequence > after
    })
    .map_err(failed)?
    {
        let length = usize::try_from(head.length).unwrap_or(usize::MAX);
        let bytes = source.window(offset.0, length).map_err(failed)?;
        behind.attested = behind.attested.max(attests(&head, bytes, segment, offset));
        if head.kind == FrameKind::Event && behind.first.is_none() {
            behind.first = Some((offset, head.sequence));
        }
        at = offset.after(u64::from(head.length));
    }
    Ok(behind)
}

/// As [`walk`], and where frames do not verify, notes the events up to the next one that does as
/// lost and goes on there. For reading only; `last` is the event the segment is known to end with.
pub(crate) fn walk_around(
    segment: &Arc<SegmentFile>,
    ordinal: Ordinal,
    to: Offset,
    last: Sequence,
    index: &mut Index,
) -> Result<(Walked, Vec<LostRange>), FileError> {
    let mut lost = Vec::new();
    let mut from = Offset(SEGMENT_HEADER as u64);
    loop {
        let walked = walk(segment, ordinal, from, to, index)?;
        let offset = match &walked.stop {
            Stopped::At { offset, .. } => *offset,
            Stopped::Clean if index.last() < last => Offset(walked.end),
            Stopped::Clean => return Ok((walked, lost)),
        };
        if index.last() >= last {
            return Ok((walked, lost));
        }
        let behind = look_behind(segment, offset.after(8), to, index.last())?;
        // What follows the last event known to be durable without a hole is whole as well.
        let next = behind
            .first
            .filter(|(_, sequence)| *sequence <= last.next());
        let first_lost = index.last().next();
        let last_lost = next.map_or(last, |(_, sequence)| Sequence(sequence.get() - 1));
        let place = Place {
            segment: ordinal,
            offset,
        };
        index.push_hole(last_lost, Why::Lost(place));
        lost.push(LostRange {
            file: segment.name.clone(),
            offset: offset.0,
            first: first_lost,
            last: last_lost,
        });
        match next {
            Some((offset, _)) => from = offset,
            None => return Ok((walked, lost)),
        }
    }
}
