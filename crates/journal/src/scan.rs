//! Streaming reads: frames in commit order, of one stream, of a region or of a conversation, forward
//! or backward.
//!
//! A scan goes from part to part. In a part with an index file it follows the shortest list of events
//! that holds all it is after; over columns in memory it looks at each event. Its lock is not held
//! while frames are read or a caller's selector is asked.

mod choose;
mod page;

use std::sync::Arc;

use arc_swap::Guard;

use batpak_coordinate::{Selector, Sequence, StreamSequence};
use batpak_event::CorrelationId;
use batpak_segment::EventFrame;

use crate::buffer::FrameBuffer;
use crate::error::ReadError;
use crate::hidden::HiddenRanges;
use crate::history;
use crate::live::{Hole, Ordinal, Place};
use crate::segment_file::SegmentFile;
use crate::view::View;

pub use choose::Chunk;

/// Which events a scan returns.
#[derive(Clone)]
pub enum Selection {
    /// Every event.
    All,
    /// The events of one entity.
    Stream(Arc<str>),
    /// Events that a selector matches.
    Matching(Arc<dyn Selector + Send + Sync>),
    /// Events whose correlation is this one and not their own id.
    Correlated(CorrelationId),
}

impl std::fmt::Debug for Selection {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::All => formatter.write_str("All"),
            Self::Stream(entity) => formatter.debug_tuple("Stream").field(entity).finish(),
            Self::Matching(_) => formatter.write_str("Matching(..)"),
            Self::Correlated(correlation) => formatter
                .debug_tuple("Correlated")
                .field(correlation)
                .finish(),
        }
    }
}

/// What to scan.
#[derive(Clone, Debug)]
pub struct ScanRequest {
    /// Which events.
    pub selection: Selection,
    /// Only events after this sequence; none for all.
    pub after: Sequence,
    /// Newest first.
    pub reverse: bool,
}

/// How a scan got at its events so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ScanPlan {
    /// Segments that were passed over, because their index or a directory says that they hold nothing.
    pub skipped: u64,
    /// Segments that were looked at, by what was used of their index.
    pub used: Vec<(Chunk, u64)>,
    /// Events that were looked at in the index.
    pub touched: u64,
}

/// A scan over the events that were visible when it began.
#[derive(Debug)]
pub struct Scan {
    view: View,
    request: ScanRequest,
    /// Newest visible event at the beginning.
    last: Sequence,
    /// Next sequence to look at, in the direction of the scan; none at its end.
    position: Option<Sequence>,
    page: Vec<Located>,
    taken: usize,
    /// Most events of the next page: the first pages are short, for callers that want few events.
    page_len: usize,
    /// The segment that was read last.
    segment: Option<(Ordinal, Arc<SegmentFile>)>,
    /// In a stream, the stream sequence that the next event must have.
    expected: Option<u64>,
    /// In a stream read backward, the predecessor of the last event read.
    before: Sequence,
    /// What is hidden, as of the beginning.
    hidden: Arc<HiddenRanges>,
    plan: ScanPlan,
    /// The segment that the plan counted last.
    counted: Option<Ordinal>,
    buffer: FrameBuffer,
}

/// What a scan comes to next.
#[derive(Clone, Copy, Debug)]
enum Located {
    Event(LocatedEvent),
    /// A run of lost events, reported once.
    Lost(Hole),
}

/// An event as the index knows it.
#[derive(Clone, Copy, Debug)]
struct LocatedEvent {
    sequence: Sequence,
    place: Place,
    stream_sequence: u64,
    predecessor: Sequence,
}

impl Scan {
    pub(crate) fn new(view: View, request: ScanRequest) -> Self {
        let last = view.visible();
        let hidden = Guard::into_inner(view.hidden());
        let reverse = request.reverse;
        let from_first = !reverse && request.after.is_none();
        let (position, buffer) = if reverse {
            (last, FrameBuffer::reading_backward())
        } else {
            (request.after.next(), FrameBuffer::new())
        };
        let streaming = matches!(request.selection, Selection::Stream(_));
        Self {
            view,
            last,
            position: Some(position),
            page: Vec::new(),
            taken: 0,
            page_len: page::FIRST_PAGE,
            segment: None,
            expected: (streaming && from_first).then_some(1),
            before: Sequence::NONE,
            hidden,
            plan: ScanPlan::default(),
            counted: None,
            buffer,
            request,
        }
    }

    /// The same, with the events that are hidden.
    pub(crate) fn with_hidden(self) -> Self {
        Self {
            hidden: Arc::default(),
            ..self
        }
    }

    /// How the scan got at its events so far.
    #[must_use]
    pub fn plan(&self) -> &ScanPlan {
        &self.plan
    }

    /// Ranges of events that the scan takes for hidden, both ends included, ascending: those that were
    /// when it began.
    #[must_use]
    pub fn hidden_ranges(&self) -> &[(Sequence, Sequence)] {
        self.hidden.ranges()
    }

    /// The next event, or `None` at the end. The frame is borrowed until the next call.
    ///
    /// # Errors
    /// A damaged or unreadable event is an error once, and so are events missing from a stream;
    /// the next call goes on behind them. Events that the log itself says are gone are passed over.
    #[inline]
    pub fn next_frame(&mut self) -> Result<Option<EventFrame<'_>>, ReadError> {
        let Some(event) = self.next_event()? else {
            return Ok(None);
        };
        let Place { segment, offset } = event.place;
        if self
            .segment
            .as_ref()
            .is_none_or(|(read, _)| *read != segment)
        {
            let file = self.view.segment(segment)?;
            file.check_mapping();
            self.segment = Some((segment, file));
        }
        let Some((_, file)) = &self.segment else {
            return Ok(None);
        };
        self.buffer.read(file, offset, event.sequence).map(Some)
    }

    /// The sequence of the next event, or `None` at the end. Reads no frame.
    ///
    /// # Errors
    /// As for [`next_frame`](Self::next_frame), frames aside.
    pub fn next_sequence(&mut self) -> Result<Option<Sequence>, ReadError> {
        Ok(self.next_event()?.map(|event| event.sequence))
    }

    #[inline]
    fn next_event(&mut self) -> Result<Option<LocatedEvent>, ReadError> {
        loop {
            if self.taken == self.page.len() {
                self.refill()?;
            }
            match self.page.get(self.taken).copied() {
                None => return self.check_first().map(|()| None),
                Some(Located::Lost(hole)) => {
                    self.taken += 1;
                    return Err(self.view.unreadable(hole));
                }
                Some(Located::Event(event)) => {
                    self.check_stream(&event)?;
                    self.taken += 1;
                    // It has its place in its stream all the same.
                    if !self.hidden.contains(event.sequence) {
                        return Ok(Some(event));
                    }
                }
            }
        }
    }

    /// Whether the event continues its stream where the one before it left off, or where the log
    /// says that events are gone.
    fn check_stream(&mut self, event: &LocatedEvent) -> Result<(), ReadError> {
        let Selection::Stream(entity) = &self.request.selection else {
            return Ok(());
        };
        let found = event.stream_sequence;
        let expected = self.expected.take();
        let missed = if self.request.reverse {
            std::mem::replace(&mut self.before, event.predecessor)
        } else {
            event.predecessor
        };
        if let Some(expected) = expected.filter(|expected| *expected != found)
            && !self.is_gone(missed)?
        {
            return Err(gap(entity, found, expected));
        }
        self.expected = if self.request.reverse {
            Some(found.saturating_sub(1))
        } else {
            found.checked_add(1)
        };
        Ok(())
    }

    /// Whether a stream that was read backward to its end began with its first event.
    fn check_first(&mut self) -> Result<(), ReadError> {
        let expected = self.expected.take();
        let Selection::Stream(entity) = &self.request.selection else {
            return Ok(());
        };
        match expected.filter(|expected| *expected > 0) {
            Some(expected)
                if self.request.reverse
                    && self.request.after.is_none()
                    && !self.is_gone(self.before)? =>
            {
                Err(gap(entity, 0, expected))
            }
            _ => Ok(()),
        }
    }

    fn is_gone(&self, sequence: Sequence) -> Result<bool, ReadError> {
        self.view.asking(|parts| history::is_gone(parts, sequence))
    }
}

fn gap(entity: &str, found: u64, expected: u64) -> ReadError {
    ReadError::StreamGap {
        entity: entity.to_owned(),
        found: StreamSequence(found),
        expected: StreamSequence(expected),
    }
}
