//! Streaming reads: frames in commit order or of one stream, forward or backward.

use std::sync::Arc;

use batpak_coordinate::{Selector, Sequence};
use batpak_segment::EventFrame;

use crate::buffer::FrameBuffer;
use crate::error::ReadError;
use crate::index::{Index, Place};
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
    /// Next sequence to look at; going backward the next one to look at from above.
    position: u64,
    page: Vec<(Sequence, Place)>,
    taken: usize,
    buffer: FrameBuffer,
}

impl Scan {
    pub(crate) fn new(view: View, request: ScanRequest) -> Self {
        let last = view.visible();
        let position = if request.reverse {
            last.get()
        } else {
            request.after.get().saturating_add(1)
        };
        let buffer = if request.reverse {
            FrameBuffer::reading_backward()
        } else {
            FrameBuffer::new()
        };
        Self {
            view,
            request,
            last,
            position,
            page: Vec::new(),
            taken: 0,
            buffer,
        }
    }

    /// The next event, or `None` at the end. The frame is borrowed until the next call.
    ///
    /// # Errors
    /// A damaged or unreadable event is an error once; the next call goes on after it.
    pub fn next_frame(&mut self) -> Result<Option<EventFrame<'_>>, ReadError> {
        if self.taken == self.page.len() {
            self.refill();
        }
        let Some(&(sequence, place)) = self.page.get(self.taken) else {
            return Ok(None);
        };
        self.taken += 1;
        self.view
            .read_place(sequence, place, &mut self.buffer)
            .map(Some)
    }

    fn refill(&mut self) {
        self.page.clear();
        self.taken = 0;
        let index = self.view.index();
        match self.request.selection.clone() {
            Selection::All => {
                let step = |_: &Index, _: Sequence| true;
                fill(
                    &mut self.page,
                    &mut self.position,
                    &self.request,
                    self.last,
                    &index,
                    step,
                );
            }
            Selection::Matching(selector) => {
                let step = |index: &Index, sequence: Sequence| {
                    index.entry(sequence).is_some_and(|entry| {
                        selector.matches(index.entity(entry), index.scope(entry), entry.kind)
                            || matches!(entry.place, Place::Lost(..))
                    })
                };
                fill(
                    &mut self.page,
                    &mut self.position,
                    &self.request,
                    self.last,
                    &index,
                    step,
                );
            }
            Selection::Stream(entity) => {
                let all = index.stream(&entity);
                let from = all.partition_point(|sequence| *sequence <= self.request.after.get());
                let to = all.partition_point(|sequence| *sequence <= self.last.get());
                let range = all.get(from..to).unwrap_or_default();
                let place = |sequence: &u64| {
                    let sequence = Sequence(*sequence);
                    index.entry(sequence).map(|entry| (sequence, entry.place))
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
                if let Some((sequence, _)) = self.page.last() {
                    self.position = if self.request.reverse {
                        sequence.get().saturating_sub(1)
                    } else {
                        sequence.get().saturating_add(1)
                    };
                }
            }
        }
    }
}

/// Takes the next page of matching places and moves the position behind what was looked at. A run
/// of lost events is reported once, at the first of them that is met.
fn fill(
    page: &mut Vec<(Sequence, Place)>,
    position: &mut u64,
    request: &ScanRequest,
    last: Sequence,
    index: &Index,
    matches: impl Fn(&Index, Sequence) -> bool,
) {
    while page.len() < PAGE {
        let sequence = Sequence(*position);
        if sequence.is_none() || sequence > last || sequence <= request.after {
            return;
        }
        *position = if request.reverse {
            *position - 1
        } else {
            *position + 1
        };
        let Some(entry) = index.entry(sequence) else {
            return;
        };
        let repeated = matches!(entry.place, Place::Lost(..))
            && page.last().is_some_and(|(_, place)| *place == entry.place);
        if matches(index, sequence) && !repeated {
            page.push((sequence, entry.place));
        }
    }
}
