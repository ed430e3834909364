//! Streaming reads: frames in commit order or of one stream, forward or backward.

use std::sync::Arc;

use batpak_coordinate::{EventKind, Selector, Sequence, StreamSequence};
use batpak_segment::EventFrame;

use crate::buffer::FrameBuffer;
use crate::error::ReadError;
use crate::index::{Entry, Index, Place};
use crate::view::View;

/// How many places are taken from the index at a time; its lock is not held while frames are read.
const PAGE: usize = 512;

/// Which events a scan returns.
#[derive(Clone)]
pub enum Selection {
    /// Every event.
    All,
    /// The events of one entity.
    Stream(Arc<str>),
    /// Events that a selector matches. Costs a look at the columns of every event.
    Matching(Arc<dyn Selector + Send + Sync>),
}

impl std::fmt::Debug for Selection {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::All => formatter.write_str("All"),
            Self::Stream(entity) => formatter.debug_tuple("Stream").field(entity).finish(),
            Self::Matching(_) => formatter.write_str("Matching(..)"),
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

/// A scan over the events that were visible when it began.
#[derive(Debug)]
pub struct Scan {
    view: View,
    request: ScanRequest,
    /// Newest visible event at the beginning.
    last: Sequence,
    /// Next sequence to look at, in the direction of the scan.
    position: u64,
    page: Vec<Located>,
    taken: usize,
    /// In a stream, the stream sequence that the next event must have.
    expected: Option<u64>,
    /// The damaged place that was reported last: a run of lost events is reported once.
    reported: Option<Place>,
    buffer: FrameBuffer,
}

/// An event as the index knows it.
#[derive(Clone, Copy, Debug)]
struct Located {
    sequence: Sequence,
    place: Place,
    stream_sequence: u64,
}

/// An event that a selector has yet to look at, outside the lock of the index.
struct Candidate {
    located: Located,
    entity: Arc<str>,
    scope: Arc<str>,
    kind: EventKind,
}

impl Scan {
    pub(crate) fn new(view: View, request: ScanRequest) -> Self {
        let last = view.visible();
        let reverse = request.reverse;
        let from_first = !reverse && request.after.is_none();
        let (position, buffer) = if reverse {
            (last.get(), FrameBuffer::reading_backward())
        } else {
            (request.after.get().saturating_add(1), FrameBuffer::new())
        };
        let streaming = matches!(request.selection, Selection::Stream(_));
        Self {
            view,
            last,
            position,
            page: Vec::new(),
            taken: 0,
            expected: (streaming && from_first).then_some(1),
            reported: None,
            buffer,
            request,
        }
    }

    /// The next event, or `None` at the end. The frame is borrowed until the next call.
    ///
    /// # Errors
    /// A damaged or unreadable event is an error once, and so are events missing from a stream;
    /// the next call goes on behind them.
    pub fn next_frame(&mut self) -> Result<Option<EventFrame<'_>>, ReadError> {
        let Some(located) = self.peek() else {
            return self.check_first().map(|()| None);
        };
        self.check_stream(&located)?;
        self.taken += 1;
        if matches!(located.place, Place::Lost(..)) {
            self.reported = Some(located.place);
        }
        let Located {
            sequence, place, ..
        } = located;
        self.view
            .read_place(sequence, place, &mut self.buffer)
            .map(Some)
    }

    /// The next event to read, passing over lost ones that were reported already.
    fn peek(&mut self) -> Option<Located> {
        loop {
            if self.taken == self.page.len() {
                self.refill();
            }
            let located = *self.page.get(self.taken)?;
            if self.reported != Some(located.place) {
                return Some(located);
            }
            self.taken += 1;
        }
    }

    /// Whether the event continues its stream where the one before it left off.
    fn check_stream(&mut self, located: &Located) -> Result<(), ReadError> {
        let Selection::Stream(entity) = &self.request.selection else {
            return Ok(());
        };
        let found = located.stream_sequence;
        let expected = self.expected.take();
        if let Some(expected) = expected.filter(|expected| *expected != found) {
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
        match (&self.request.selection, self.expected.take()) {
            (Selection::Stream(entity), Some(expected))
                if self.request.reverse && self.request.after.is_none() && expected > 0 =>
            {
                Err(gap(entity, 0, expected))
            }
            _ => Ok(()),
        }
    }

    fn refill(&mut self) {
        self.page.clear();
        self.taken = 0;
        match self.request.selection.clone() {
            Selection::All => {
                let view = self.view.clone();
                let index = view.index();
                while self.page.len() < PAGE {
                    let Some((sequence, entry)) = self.step(&index) else {
                        return;
                    };
                    self.page.push(located(sequence, entry));
                }
            }
            Selection::Stream(entity) => self.refill_from_stream(&entity),
            Selection::Matching(selector) => {
                // Pages of candidates, until one holds a match or none are left.
                while self.page.is_empty() {
                    let candidates = self.candidates();
                    if candidates.is_empty() {
                        return;
                    }
                    let chosen = candidates.into_iter().filter(|candidate| {
                        matches!(candidate.located.place, Place::Lost(..))
                            || selector.matches(&candidate.entity, &candidate.scope, candidate.kind)
                    });
                    self.page.extend(chosen.map(|candidate| candidate.located));
                }
            }
        }
    }

    fn candidates(&mut self) -> Vec<Candidate> {
        let view = self.view.clone();
        let index = view.index();
        let mut candidates = Vec::with_capacity(PAGE);
        while candidates.len() < PAGE {
            let Some((sequence, entry)) = self.step(&index) else {
                break;
            };
            candidates.push(Candidate {
                located: located(sequence, entry),
                entity: Arc::clone(index.entity(entry)),
                scope: Arc::clone(index.scope(entry)),
                kind: entry.kind,
            });
        }
        candidates
    }

    /// The entry at the position, which moves on.
    fn step<'i>(&mut self, index: &'i Index) -> Option<(Sequence, &'i Entry)> {
        let sequence = Sequence(self.position);
        if sequence.is_none() || sequence > self.last || sequence <= self.request.after {
            return None;
        }
        let entry = index.entry(sequence)?;
        self.move_past(sequence);
        Some((sequence, entry))
    }

    fn move_past(&mut self, sequence: Sequence) {
        self.position = if self.request.reverse {
            sequence.get().saturating_sub(1)
        } else {
            sequence.get().saturating_add(1)
        };
    }

    fn refill_from_stream(&mut self, entity: &str) {
        let view = self.view.clone();
        let index = view.index();
        let all = index.stream(entity);
        let from = all.partition_point(|sequence| *sequence <= self.request.after.get());
        let to = all.partition_point(|sequence| *sequence <= self.last.get());
        let range = all.get(from..to).unwrap_or_default();
        let place = |sequence: &u64| {
            let sequence = Sequence(*sequence);
            index.entry(sequence).map(|entry| located(sequence, entry))
        };
        if self.request.reverse {
            let end = range.partition_point(|sequence| *sequence <= self.position);
            let rest = range.get(..end).unwrap_or_default();
            self.page
                .extend(rest.iter().rev().take(PAGE).filter_map(place));
        } else {
            let start = range.partition_point(|sequence| *sequence < self.position);
            let rest = range.get(start..).unwrap_or_default();
            self.page.extend(rest.iter().take(PAGE).filter_map(place));
        }
        if let Some(last) = self.page.last().map(|located| located.sequence) {
            self.move_past(last);
        }
    }
}

fn located(sequence: Sequence, entry: &Entry) -> Located {
    let (place, stream_sequence) = (entry.place, entry.stream_sequence.get());
    Located {
        sequence,
        place,
        stream_sequence,
    }
}

fn gap(entity: &str, found: u64, expected: u64) -> ReadError {
    ReadError::StreamGap {
        entity: entity.to_owned(),
        found: StreamSequence(found),
        expected: StreamSequence(expected),
    }
}
