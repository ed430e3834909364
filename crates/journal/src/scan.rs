//! Streaming reads: frames in commit order or of one stream, forward or backward.

use std::sync::Arc;

use batpak_coordinate::{EventKind, Selector, Sequence, StreamSequence};
use batpak_segment::EventFrame;

use crate::buffer::FrameBuffer;
use crate::error::ReadError;
use crate::index::{At, Entry, Hole, Index, Place, Why};
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
    /// In a stream read backward, whether the log says that the event before the last one read is
    /// gone.
    after_gone: bool,
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
    /// Whether the log says that the event before it in its stream is gone.
    after_gone: bool,
}

/// An event that a selector has yet to look at, outside the lock of the index.
struct Candidate {
    located: Located,
    event: Option<(Arc<str>, Arc<str>, EventKind)>,
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
            after_gone: false,
            buffer,
            request,
        }
    }

    /// The next event, or `None` at the end. The frame is borrowed until the next call.
    ///
    /// # Errors
    /// A damaged or unreadable event is an error once, and so are events missing from a stream;
    /// the next call goes on behind them. Events that the log itself says are gone are passed over.
    pub fn next_frame(&mut self) -> Result<Option<EventFrame<'_>>, ReadError> {
        if self.taken == self.page.len() {
            self.refill();
        }
        let Some(located) = self.page.get(self.taken).copied() else {
            return self.check_first().map(|()| None);
        };
        match located {
            Located::Lost(hole) => {
                self.taken += 1;
                Err(self.view.unreadable(hole))
            }
            Located::Event(event) => {
                self.check_stream(&event)?;
                self.taken += 1;
                self.view
                    .read_place(event.sequence, event.place, &mut self.buffer)
                    .map(Some)
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
        let excused = if self.request.reverse {
            std::mem::replace(&mut self.after_gone, event.after_gone)
        } else {
            event.after_gone
        };
        let expected = self.expected.take();
        if let Some(expected) = expected.filter(|expected| *expected != found && !excused) {
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
                if self.request.reverse
                    && self.request.after.is_none()
                    && expected > 0
                    && !self.after_gone =>
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
                    let Some((located, _)) = self.step(&index) else {
                        return;
                    };
                    self.page.push(located);
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
                        candidate
                            .event
                            .as_ref()
                            .is_none_or(|(entity, scope, kind)| {
                                selector.matches(entity, scope, *kind)
                            })
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
            let Some((located, entry)) = self.step(&index) else {
                break;
            };
            let event = entry.map(|entry| {
                let (entity, scope) = (index.entity(entry), index.scope(entry));
                (Arc::clone(entity), Arc::clone(scope), entry.kind)
            });
            candidates.push(Candidate { located, event });
        }
        candidates
    }

    /// What stands at the position, which moves on; events that are gone are passed over.
    fn step<'i>(&mut self, index: &'i Index) -> Option<(Located, Option<&'i Entry>)> {
        loop {
            let sequence = Sequence(self.position);
            if sequence.is_none() || sequence > self.last || sequence <= self.request.after {
                return None;
            }
            match index.at(sequence)? {
                At::Event(entry) => {
                    self.move_past(sequence);
                    return Some((located(index, sequence, entry), Some(entry)));
                }
                At::Hole(hole) => {
                    self.move_past(if self.request.reverse {
                        hole.first
                    } else {
                        hole.last
                    });
                    if let Why::Lost(_) = hole.why {
                        return Some((Located::Lost(hole), None));
                    }
                }
            }
        }
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
            let entry = index.entry(sequence)?;
            Some(located(&index, sequence, entry))
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
        if let Some(Located::Event(last)) = self.page.last() {
            self.move_past(last.sequence);
        }
    }
}

fn located(index: &Index, sequence: Sequence, entry: &Entry) -> Located {
    Located::Event(LocatedEvent {
        sequence,
        place: entry.place,
        stream_sequence: entry.stream_sequence.get(),
        after_gone: index.is_gone(entry.predecessor),
    })
}

fn gap(entity: &str, found: u64, expected: u64) -> ReadError {
    ReadError::StreamGap {
        entity: entity.to_owned(),
        found: StreamSequence(found),
        expected: StreamSequence(expected),
    }
}
