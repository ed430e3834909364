//! One segment of the log, and the index that answers for it.
//!
//! A part begins with columns in memory. Once its segment is closed and durable, an index file is
//! made of its frames, and a part with that index takes its place in the list of parts, for good.
//! A part is asked without a lock, and answers as long as somebody holds it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use batpak_coordinate::{Generation, Sequence};
use batpak_event::{Epoch, EventId};
use batpak_platform::FileBytes;
use batpak_segment::index::{IndexFault, SegmentIndex};
use batpak_segment::{CloseFacts, FRAME_FIXED, FrameHead, Offset, VisibilityChange};

use crate::error::ReadError;
use crate::live::{At, Hole, Live, Ordinal, Place, Why};
use crate::segment_file::SegmentFile;
use crate::walk::gap_around;

/// The index of a segment, read in place.
pub(crate) type Sealed = SegmentIndex<FileBytes>;

/// A segment with its index.
#[derive(Debug)]
pub(crate) struct Part {
    pub(crate) file: Arc<SegmentFile>,
    /// How the segment ended, once that is durable.
    close: OnceLock<CloseFacts>,
    /// Whether its index could not be made.
    without_index: AtomicBool,
    state: State,
}

#[derive(Debug)]
enum State {
    Live(Box<Live>),
    Sealed(Box<Sealed>),
}

/// What is known of an event without reading its frame.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row {
    pub(crate) sequence: Sequence,
    pub(crate) place: Place,
    pub(crate) generation: Generation,
    /// Its id, where the index has it.
    pub(crate) id: Option<EventId>,
}

/// What is at a sequence.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Found {
    Event(Row),
    Hole(Hole),
}

impl Part {
    /// A part whose events are in memory.
    pub(crate) fn live(file: Arc<SegmentFile>, live: Live) -> Arc<Self> {
        Self::new(file, OnceLock::new(), State::Live(Box::new(live)))
    }

    /// A part with its index file.
    pub(crate) fn sealed(file: Arc<SegmentFile>, close: CloseFacts, index: Sealed) -> Arc<Self> {
        Self::new(file, OnceLock::from(close), State::Sealed(Box::new(index)))
    }

    fn new(file: Arc<SegmentFile>, close: OnceLock<CloseFacts>, state: State) -> Arc<Self> {
        Arc::new(Self {
            file,
            close,
            without_index: AtomicBool::new(false),
            state,
        })
    }

    /// The same without the events after `last`, which are none of those with an index; nothing when
    /// there are no such events.
    pub(crate) fn up_to(&self, last: Sequence) -> Option<Arc<Self>> {
        let live = self.columns().filter(|live| live.last() > last)?;
        let file = Arc::clone(&self.file);
        let state = State::Live(Box::new(live.up_to(last)));
        Some(Self::new(file, self.close.clone(), state))
    }

    /// Notes how the segment ended.
    pub(crate) fn close_with(&self, close: CloseFacts) {
        // A segment ends once.
        let _same = self.close.set(close);
    }

    /// How the segment ended, once that is durable.
    pub(crate) fn closed(&self) -> Option<&CloseFacts> {
        self.close.get()
    }

    /// Asks what answers for the part: an index, or the columns.
    #[inline]
    fn ask<T>(&self, live: impl FnOnce(&Live) -> T, sealed: impl FnOnce(&Sealed) -> T) -> T {
        match &self.state {
            State::Live(columns) => live(columns),
            State::Sealed(index) => sealed(index),
        }
    }

    /// The index, when it answers for the part.
    pub(crate) fn index(&self) -> Option<&Sealed> {
        match &self.state {
            State::Sealed(index) => Some(index),
            State::Live(_) => None,
        }
    }

    /// The columns in memory, when they answer for the part.
    pub(crate) fn columns(&self) -> Option<&Live> {
        match &self.state {
            State::Live(live) => Some(live),
            State::Sealed(_) => None,
        }
    }

    /// Whether an index can take the place of the columns: the segment is closed, and all of it is
    /// readable.
    pub(crate) fn awaits_index(&self) -> bool {
        let whole = |live: &Live| !live.holes().any(|hole| matches!(hole.why, Why::Lost(_)));
        self.closed().is_some() && !self.is_without_index() && self.columns().is_some_and(whole)
    }

    /// Whether its index could not be made.
    pub(crate) fn is_without_index(&self) -> bool {
        self.without_index.load(Ordering::Acquire)
    }

    /// Leaves the part as it is: its index cannot be made.
    pub(crate) fn give_up_index(&self) {
        self.without_index.store(true, Ordering::Release);
    }

    /// What its frames say about which events are shown, in their order.
    pub(crate) fn visibility_changes(&self) -> Vec<VisibilityChange> {
        self.ask(
            |live| {
                let facts = live.facts();
                facts
                    .filter_map(|(_, fact)| VisibilityChange::of(fact))
                    .collect()
            },
            // An index that cannot say it is not taken at an open.
            |index| index.visibility_changes().unwrap_or_default(),
        )
    }

    /// Readable events from one sequence to another, both included.
    pub(crate) fn count_between(&self, first: Sequence, last: Sequence) -> u64 {
        self.ask(
            |live| {
                let before = Sequence(first.get().saturating_sub(1));
                live.count_up_to(last)
                    .saturating_sub(live.count_up_to(before))
            },
            |index| {
                let number = |at| index.first_from(at).map_or(0, |at| u64::from(at.0));
                number(last.next()).saturating_sub(number(first))
            },
        )
    }

    /// The last sequence of the history up to the end of the part.
    pub(crate) fn last(&self) -> Sequence {
        self.ask(Live::last, |index| index.header().last_sequence)
    }

    /// Readable events up to a sequence.
    pub(crate) fn count_up_to(&self, last: Sequence) -> u64 {
        self.ask(
            |live| live.count_up_to(last),
            |index| {
                let header = index.header();
                let all = u64::from(header.events);
                if header.last_sequence <= last {
                    return all;
                }
                let first_after = index.first_from(last.next());
                first_after.map_or(all, |at| u64::from(at.0))
            },
        )
    }

    /// What is at a sequence of this part; `ordinal` is the part's place in the list.
    pub(crate) fn at(
        &self,
        ordinal: Ordinal,
        sequence: Sequence,
    ) -> Result<Option<Found>, ReadError> {
        self.ask(
            |live| Ok(live.at(sequence).map(|at| row(ordinal, sequence, at))),
            |index| self.at_sealed(index, ordinal, sequence),
        )
    }

    fn at_sealed(
        &self,
        index: &Sealed,
        ordinal: Ordinal,
        sequence: Sequence,
    ) -> Result<Option<Found>, ReadError> {
        let fault = |fault| self.fault(fault);
        if let Some(event) = index.ordinal(sequence).map_err(fault)? {
            let row = sealed_row(index, ordinal, sequence, event);
            return Ok(Some(Found::Event(row.map_err(fault)?)));
        }
        let inside = self.file.first_sequence..=index.header().last_sequence;
        if inside.contains(&sequence) {
            return Ok(Some(Found::Hole(self.hole(index, sequence)?)));
        }
        Ok(None)
    }

    /// The range of events that are gone around a sequence: the frames tell.
    fn hole(&self, index: &Sealed, sequence: Sequence) -> Result<Hole, ReadError> {
        let fault = |fault| self.fault(fault);
        let after = index.first_from(sequence).map_err(fault)?;
        let from = match after.0.checked_sub(1) {
            Some(before) => index
                .offset(batpak_segment::index::Ordinal(before))
                .map_err(fault)?,
            None => Offset(batpak_segment::SEGMENT_HEADER as u64),
        };
        let end = index.header().end;
        gap_around(&self.file, from, end, sequence)?.ok_or(ReadError::Index {
            segment: self.file.id,
            fault: IndexFault::Malformed("it has a hole where the segment has none"),
        })
    }

    /// Epoch in which an event was written.
    pub(crate) fn epoch(&self, sequence: Sequence) -> Result<Option<Epoch>, ReadError> {
        let of_index = |index: &Sealed| {
            let event = index.ordinal(sequence)?;
            event.map(|event| index.epoch(event)).transpose()
        };
        let epoch = self.ask(|live| Ok(live.epoch(sequence)), of_index);
        epoch.map_err(|fault| self.fault(fault))
    }

    /// Streams whose first event is in this part.
    pub(crate) fn streams_begun(&self) -> Result<u64, ReadError> {
        let streams = self.ask(|live| Ok(live.streams_begun()), Sealed::streams_begun);
        streams.map_err(|fault| self.fault(fault))
    }

    /// The id in the frame at an offset.
    pub(crate) fn id_at(&self, offset: Offset) -> Result<EventId, ReadError> {
        Ok(self.head_at(offset)?.event_id)
    }

    /// The fixed part of the frame at an offset.
    pub(crate) fn head_at(&self, offset: Offset) -> Result<FrameHead, ReadError> {
        let mut bytes = [0; FRAME_FIXED];
        batpak_platform::read_exact_at(&*self.file.file, &mut bytes, offset.0)
            .map_err(|source| self.file.error("read", source))?;
        let head = FrameHead::decode(&bytes, self.file.salt, offset);
        head.map_err(|fault| ReadError::Frame {
            segment: self.file.id,
            offset,
            fault,
        })
    }

    /// A question that the index cannot answer, as an error of reading.
    pub(crate) fn fault(&self, fault: IndexFault) -> ReadError {
        ReadError::Index {
            segment: self.file.id,
            fault,
        }
    }
}

fn row(ordinal: Ordinal, sequence: Sequence, at: At) -> Found {
    match at {
        At::Hole(hole) => Found::Hole(hole),
        At::Event(entry) => Found::Event(Row {
            sequence,
            place: Place {
                segment: ordinal,
                offset: entry.offset,
            },
            generation: entry.generation,
            id: Some(entry.id),
        }),
    }
}

/// The facts of an event as its index file has them.
fn sealed_row(
    index: &Sealed,
    segment: Ordinal,
    sequence: Sequence,
    event: batpak_segment::index::Ordinal,
) -> Result<Row, IndexFault> {
    Ok(Row {
        sequence,
        place: Place {
            segment,
            offset: index.offset(event)?,
        },
        generation: index.generation(event)?,
        id: None,
    })
}
