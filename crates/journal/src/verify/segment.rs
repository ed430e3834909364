//! Verification of one segment's frames.

use std::sync::Arc;

use batpak_coordinate::Sequence;
use batpak_event::Digest;
use batpak_segment::identity::CleanClose;
use batpak_segment::{
    CloseFacts, ControlFrame, EventFrame, FrameFlags, FrameHead, FrameKind, Offset, Scanner, Seal,
    Step, Stop,
};

use super::{Finding, State};
use crate::error::OpenError;
use crate::segment_file::SegmentFile;
use crate::source::FileSource;
use crate::walk::{look_behind, plausible};

/// How often progress is told, in bytes.
const TELL_EVERY: u64 = 1 << 20;

/// How far a segment reaches, and how that is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Extent {
    /// Its successor and the identity say where it ends.
    Closed(CloseFacts),
    /// The record of a clean close says so.
    Recorded(CleanClose),
    /// Nobody closed it: what no frame attests may be missing.
    /// The identity says what was durable when it was written.
    Open {
        slot_damaged: bool,
        durable: Sequence,
    },
    /// A writer is adding to it.
    Growing { durable: Sequence },
    /// The identity does not name it yet: nothing acknowledged is in it.
    Unnamed,
}

impl Extent {
    /// The event it ends with or behind, where known.
    pub(crate) fn last(self) -> Option<Sequence> {
        match self {
            Self::Closed(close) => Some(close.last_sequence),
            Self::Recorded(record) => Some(record.last_sequence),
            Self::Open { durable, .. } | Self::Growing { durable } => Some(durable),
            Self::Unnamed => None,
        }
    }

    /// The event it ends with, as far as so many bytes can hold so many events after `before`.
    pub(crate) fn plausible_last(self, before: Sequence, len: u64) -> Option<Sequence> {
        self.last()
            .map(|last| plausible(last, before, self.end().unwrap_or(len)))
    }

    /// The event hash of that event.
    fn last_hash(self) -> Option<Digest> {
        match self {
            Self::Closed(close) => Some(close.last_hash),
            Self::Recorded(record) => Some(record.last_hash),
            _ => None,
        }
    }

    fn end(self) -> Option<u64> {
        match self {
            Self::Closed(close) => Some(close.end.0),
            Self::Recorded(record) => Some(record.length),
            _ => None,
        }
    }
}

pub(crate) fn verify_segment(
    segment: &Arc<SegmentFile>,
    mut from: Offset,
    extent: Extent,
    state: &mut State<'_>,
) -> Result<(), OpenError> {
    let len = segment
        .file
        .len()
        .map_err(|source| segment.error("measure", source))?;
    let end = extent.end().unwrap_or(len);
    check_length(segment, len, extent, state);
    let to = Offset(end.min(len));
    let mut looked_at_again = None;
    while let Some((offset, message)) = frames(segment, from, to, extent, state)? {
        if matches!(extent, Extent::Growing { .. }) && looked_at_again != Some(offset) {
            // Beside a writer the bytes may have been read before it wrote them.
            looked_at_again = Some(offset);
            from = offset;
            continue;
        }
        match behind(segment, offset, to, message, extent, state)? {
            Some(next) => from = next,
            None => break,
        }
    }
    if extent.end().is_some() {
        state.tree.commit();
    } else {
        state.tree.forget_unit();
    }
    check_end(segment, len, extent, state);
    Ok(())
}

fn check_length(segment: &SegmentFile, len: u64, extent: Extent, state: &mut State<'_>) {
    let expected = match extent {
        Extent::Open {
            slot_damaged: false,
            ..
        } => segment.capacity,
        _ => extent.end().unwrap_or(0),
    };
    if len < expected {
        let message = format!("the file is {len} bytes long, {expected} were durable");
        state.find(Finding::new(&segment.name, "segment-cut", message).at(len));
    }
}

/// Checks frames until they end; where they stop verifying, says where and why.
fn frames(
    segment: &Arc<SegmentFile>,
    from: Offset,
    to: Offset,
    extent: Extent,
    state: &mut State<'_>,
) -> Result<Option<(Offset, String)>, OpenError> {
    let source = FileSource::tolerant(Arc::clone(&segment.file), to.0);
    let mut scanner = Scanner::new(source, segment.salt, from, to);
    let mut told = state.report.bytes;
    let mut in_unit = None;
    loop {
        match scanner
            .next()
            .map_err(|source| segment.error("read", source))?
        {
            Step::Frame {
                offset,
                head,
                bytes,
            } => {
                frame(segment, offset, &head, bytes, extent, state);
                in_unit = (!head.flags.contains(FrameFlags::COMMIT)).then_some(offset);
                if in_unit.is_none() {
                    state.tree.commit();
                }
                state.report.bytes += u64::from(head.length);
                if state.report.bytes - told >= TELL_EVERY {
                    told = state.report.bytes;
                    state.tell();
                }
            }
            Step::Stop(Stop::Bad { offset, fault }) => {
                return Ok(Some((offset, fault.to_string())));
            }
            Step::Stop(stop) => {
                if let Stop::CleanZeros { offset } = stop
                    && extent.end().is_some()
                {
                    let message = "zeros where frames were, up to the recorded end".to_owned();
                    let finding = Finding::new(&segment.name, "frames-zeroed", message);
                    state.find(finding.at(offset.0));
                }
                if let Some(offset) = in_unit.filter(|_| extent.end().is_some()) {
                    let message = "a unit of events ends without its last one".to_owned();
                    let finding = Finding::new(&segment.name, "unit-incomplete", message);
                    state.find(finding.at(offset.0));
                }
                return Ok(None);
            }
        }
    }
}

fn frame(
    segment: &SegmentFile,
    offset: Offset,
    head: &FrameHead,
    bytes: &[u8],
    extent: Extent,
    state: &mut State<'_>,
) {
    match head.kind {
        FrameKind::Event => event(segment, offset, head, bytes, state),
        FrameKind::Seal => {
            let close = Seal::decode(bytes, segment.salt, offset).map(|seal| seal.close);
            if let (Ok(close), Extent::Closed(expected)) = (close, extent)
                && close != expected
            {
                let message =
                    format!("the seal says {close:?}, the store identity says {expected:?}");
                state.find(Finding::new(&segment.name, "seal-wrong", message).at(offset.0));
            }
        }
        FrameKind::Control => {
            if let Ok(ControlFrame::Gap { first, last, .. }) =
                ControlFrame::decode(bytes, segment.salt, offset)
            {
                gap(segment, offset, (first, last), state);
            }
        }
        _ => {}
    }
}

/// Events that the log says are gone stand where they were.
fn gap(
    segment: &SegmentFile,
    offset: Offset,
    (first, last): (Sequence, Sequence),
    state: &mut State<'_>,
) {
    let expected = state.last.next();
    if first == expected {
        state.last = last;
        state.tree.gone_to(last);
        state.chains.skip_gone(first, last);
        state.report.gone.push((first, last));
    } else {
        let message = format!("events from {first} on are said to be gone, {expected} is next");
        state.find(Finding::new(&segment.name, "gap-misplaced", message).at(offset.0));
    }
}

fn event(
    segment: &SegmentFile,
    offset: Offset,
    head: &FrameHead,
    bytes: &[u8],
    state: &mut State<'_>,
) {
    let sequence = head.sequence;
    let expected = state.last.next();
    if sequence != expected {
        let message = format!("sequence {sequence} where {expected} was expected");
        let finding = Finding::new(&segment.name, "sequence-gap", message).at(offset.0);
        state.find(finding.events(expected, Sequence(sequence.get().saturating_sub(1))));
        if sequence < expected {
            return;
        }
        state.pass_lost(Sequence(sequence.get() - 1));
    }
    match EventFrame::from_verified(*head, bytes) {
        Ok(frame) => {
            state.report.events += 1;
            state.last = sequence;
            let hash = frame.event_hash(&state.key);
            state.tree.event(sequence, hash);
            for (code, message) in state.chains.follow(&frame, hash) {
                let finding = Finding::new(&segment.name, code, message).at(offset.0);
                state.find(finding.events(sequence, sequence));
            }
        }
        Err(fault) => {
            let finding = Finding::new(&segment.name, "frame-malformed", fault.to_string());
            state.find(finding.at(offset.0).events(sequence, sequence));
            state.pass_lost(sequence);
        }
    }
}

/// What lies behind a frame that does not verify: a finding where it was durable, nothing where
/// it is the torn end of a log that nobody closed. Returns where to go on.
fn behind(
    segment: &Arc<SegmentFile>,
    offset: Offset,
    to: Offset,
    message: String,
    extent: Extent,
    state: &mut State<'_>,
) -> Result<Option<Offset>, OpenError> {
    let source = FileSource::tolerant(Arc::clone(&segment.file), to.0);
    let behind = look_behind(segment, source, offset.after(8), to, state.last)?;
    let claimed = extent.last().unwrap_or(Sequence::NONE).max(behind.attested);
    let known = plausible(claimed, state.last, to.0.saturating_sub(offset.0));
    let torn = known <= state.last && extent.end().is_none();
    if torn {
        return Ok(None);
    }
    let last = behind
        .first
        .map_or(known, |(_, sequence)| Sequence(sequence.get() - 1));
    let finding = Finding::new(&segment.name, "frame-damaged", message).at(offset.0);
    state.find(finding.events(state.last.next(), last));
    state.pass_lost(last);
    Ok(behind.first.map(|(offset, _)| offset))
}

/// Whether the segment ends with the event it is known to end with.
fn check_end(segment: &SegmentFile, len: u64, extent: Extent, state: &mut State<'_>) {
    if let Some(last) = extent.plausible_last(state.last, len)
        && state.last < last
    {
        let message = format!("events up to {last} were durable");
        let finding = Finding::new(&segment.name, "events-missing", message);
        state.find(finding.events(state.last.next(), last));
        state.pass_lost(last);
    }
    let (Some(last), Some(expected)) = (extent.last(), extent.last_hash()) else {
        return;
    };
    match state.chains.hash_of(last) {
        Some(found) if found != expected => {
            let message = format!("event {last} is not the one that the segment was closed with");
            let finding = Finding::new(&segment.name, "close-hash-wrong", message);
            state.find(finding.events(last, last));
        }
        Some(_) => state.chains.close_with(last),
        None => {}
    }
}
