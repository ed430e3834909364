//! Streaming reads that borrow events in place.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use batpak_coordinate::{Region, Sequence};
use batpak_event::CorrelationId;
use batpak_journal::{FrameBuffer, Scan as JournalScan, ScanRequest, Selection, View};

use super::entries::{Entries, Events};
use super::event_ref::EventRef;
use super::failure::read_error;
use crate::error::StoreError;
use crate::origin::Origin;
use crate::store::Store;

/// A scan over events in commit order. It shows the events that are visible when the first one is
/// asked for, and borrows each in place: no allocation per event.
pub struct Scan<'s> {
    pub(super) view: View,
    pub(super) origin: Arc<Origin>,
    pub(super) clocks: Option<(u32, u32)>,
    selection: Selection,
    after: Sequence,
    reverse: bool,
    pub(super) left: usize,
    pub(super) running: Option<JournalScan>,
    /// Where events are read into when their stream sequence decides whether they are wanted.
    buffer: FrameBuffer,
    store: PhantomData<&'s ()>,
}

impl<State> Store<State> {
    /// Scans the events of a region in commit order.
    ///
    /// Costs a look at the shortest list of each segment's index that holds all that is wanted, and a
    /// read of each event that is; see [`Store::explain`]. Of one entity alone,
    /// [`Store::scan_entity`] costs no more than its events.
    #[must_use]
    pub fn scan(&self, region: &Region) -> Scan<'_> {
        let everything = region.entity_prefix().is_none()
            && region.exact_scope().is_none()
            && region.fact().is_none();
        let selection = if everything {
            Selection::All
        } else {
            Selection::Matching(Arc::new(region.clone()))
        };
        self.scan_selected(selection, region.clock_range())
    }

    /// Scans the stream of one entity.
    #[must_use]
    pub fn scan_entity(&self, entity: &str) -> Scan<'_> {
        self.scan_selected(Selection::Stream(Arc::from(entity)), None)
    }

    /// Scans a conversation in commit order: the events that were appended with this correlation. The event
    /// whose own id it is, if there is one, is not among them: [`Store::get_ref`] reads it.
    ///
    /// Costs a look-up in each segment, and a read of each event.
    #[must_use]
    pub fn scan_correlation(&self, correlation: CorrelationId) -> Scan<'_> {
        self.scan_selected(Selection::Correlated(correlation), None)
    }

    fn scan_selected(&self, selection: Selection, clocks: Option<(u32, u32)>) -> Scan<'_> {
        Scan {
            view: self.core.view.clone(),
            origin: Arc::clone(&self.core.origin),
            clocks,
            selection,
            after: Sequence::NONE,
            reverse: false,
            left: usize::MAX,
            running: None,
            buffer: FrameBuffer::new(),
            store: PhantomData,
        }
    }
}

impl Scan<'_> {
    /// Leaves out events up to this sequence; 0 leaves out none.
    #[must_use]
    pub fn after(mut self, sequence: u64) -> Self {
        self.after = Sequence(sequence);
        self
    }

    /// Newest first.
    #[must_use]
    pub fn rev(mut self) -> Self {
        self.reverse = true;
        self
    }

    /// Ends after this many events.
    #[must_use]
    pub fn limit(mut self, events: usize) -> Self {
        self.left = events;
        self
    }

    /// The next event, or `None` at the end. It is borrowed until the next call.
    ///
    /// # Errors
    /// A damaged or unreadable event is an error once; the next call goes on behind it.
    #[inline]
    pub fn next_event(&mut self) -> Result<Option<EventRef<'_>>, StoreError> {
        if self.left == 0 {
            return Ok(None);
        }
        let view = &self.view;
        if self.running.is_none() {
            self.running = Some(view.scan(self.request()));
        }
        let Some(running) = &mut self.running else {
            return Ok(None);
        };
        let origin = &*self.origin;
        let frame = match self.clocks {
            None => running
                .next_frame()
                .map_err(|error| read_error(error, origin))?,
            Some(clocks) => {
                let wanted = next_within(running, clocks, origin)?;
                let read = wanted.map(|sequence| view.read(sequence, &mut self.buffer));
                read.transpose()
                    .map_err(|error| read_error(error, origin))?
            }
        };
        self.left -= usize::from(frame.is_some());
        Ok(frame.map(|frame| EventRef::new(frame, view.key())))
    }
}

impl Scan<'_> {
    /// The ranges of events that this scan takes for hidden. It begins now, unless it has.
    pub(crate) fn hidden(&mut self) -> Vec<(u64, u64)> {
        let request = self.request();
        let running = self.running.get_or_insert_with(|| self.view.scan(request));
        let ranges = running.hidden_ranges().iter();
        ranges
            .map(|(first, last)| (first.get(), last.get()))
            .collect()
    }

    /// What to ask the journal for.
    pub(super) fn request(&self) -> ScanRequest {
        ScanRequest {
            selection: self.selection.clone(),
            after: self.after,
            reverse: self.reverse,
        }
    }
}

impl<'s> Scan<'s> {
    /// The rest as owned events.
    #[must_use]
    pub fn events(self) -> Events<'s> {
        Events::new(self)
    }

    /// The rest as entries, without payloads.
    #[must_use]
    pub fn entries(self) -> Entries<'s> {
        Entries::new(self)
    }
}

/// The next event whose stream sequence is in the range.
fn next_within(
    running: &mut JournalScan,
    (first, last): (u32, u32),
    origin: &Origin,
) -> Result<Option<Sequence>, StoreError> {
    let range = u64::from(first)..=u64::from(last);
    while let Some(frame) = running
        .next_frame()
        .map_err(|error| read_error(error, origin))?
    {
        if range.contains(&frame.head.stream_sequence.get()) {
            return Ok(Some(frame.head.sequence));
        }
    }
    Ok(None)
}

impl fmt::Debug for Scan<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Scan")
            .field("selection", &self.selection)
            .field("after", &self.after)
            .field("reverse", &self.reverse)
            .finish_non_exhaustive()
    }
}
