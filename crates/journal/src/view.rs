//! What readers see: the visible events, by sequence, identifier and stream.

mod origin;
mod repair;
mod stream;

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use arc_swap::{ArcSwap, Guard};
use batpak_coordinate::Sequence;
use batpak_event::tree::TreeHead;
use batpak_event::{BranchId, Epoch, EventId, HashKey, Lineage};
use batpak_segment::identity::BranchRecord;
use batpak_segment::{EventFrame, SegmentId, VisibilityChange};

use crate::buffer::FrameBuffer;
use crate::causal::CausalView;
use crate::error::ReadError;
use crate::hidden::HiddenRanges;
use crate::history;
use crate::live::{Hole, Ordinal, Place, Why};
use crate::part::{Found, Part, Row, Sealed};
use crate::scan::{Scan, ScanRequest};
use crate::segment_file::SegmentFile;
use crate::tree_head;

/// The visible part of a log. Cheap to clone; a clone sees the same log as it grows, unless it is
/// [pinned](View::pinned).
#[derive(Clone, Debug)]
pub struct View {
    shared: Arc<Shared>,
    pinned: Option<Pinned>,
}

/// What a view shows that does not go on.
#[derive(Clone, Debug)]
struct Pinned {
    visible: Sequence,
    hidden: Arc<HiddenRanges>,
}

#[derive(Debug)]
struct Shared {
    lineage: Lineage,
    branch: BranchId,
    branches: Vec<BranchRecord>,
    epoch: Epoch,
    key: HashKey,
    /// Whether closed segments are read in place.
    mapping: bool,
    parts: ArcSwap<Vec<Arc<Part>>>,
    /// Counts how often an index took the place of columns in memory, or parts were dropped.
    version: AtomicU64,
    /// Closed parts whose index is still to be made.
    awaiting: AtomicUsize,
    /// Indexes that were damaged while they were in use, and made again in memory.
    repaired: AtomicU64,
    /// Held while one is made again.
    repairing: Mutex<()>,
    visible: AtomicU64,
    hidden: ArcSwap<HiddenRanges>,
}

/// What a log is, beside its events.
#[derive(Clone, Debug)]
pub(crate) struct Origin {
    pub(crate) lineage: Lineage,
    pub(crate) branch: BranchId,
    /// Which branches were left for it, and after which event.
    pub(crate) branches: Vec<BranchRecord>,
    pub(crate) epoch: Epoch,
}

impl View {
    pub(crate) fn new(
        origin: Origin,
        parts: Vec<Arc<Part>>,
        visible: Sequence,
        mapping: bool,
    ) -> Self {
        let shared = Shared {
            lineage: origin.lineage,
            branch: origin.branch,
            branches: origin.branches,
            epoch: origin.epoch,
            key: HashKey::for_lineage(origin.lineage),
            mapping,
            hidden: ArcSwap::from_pointee(HiddenRanges::of(&parts)),
            parts: ArcSwap::from_pointee(parts),
            version: AtomicU64::new(0),
            awaiting: AtomicUsize::new(0),
            repaired: AtomicU64::new(0),
            repairing: Mutex::new(()),
            visible: AtomicU64::new(visible.get()),
        };
        Self {
            shared: Arc::new(shared),
            pinned: None,
        }
    }

    /// The log as it is shown now, whatever is appended or hidden from now on. Costs two look-ups.
    #[must_use]
    pub fn pinned(&self) -> Self {
        let pinned = Pinned {
            visible: self.visible(),
            hidden: Guard::into_inner(self.hidden()),
        };
        Self {
            shared: Arc::clone(&self.shared),
            pinned: Some(pinned),
        }
    }

    /// Whether the view stays as it is.
    #[must_use]
    pub fn is_pinned(&self) -> bool {
        self.pinned.is_some()
    }

    /// Sequence of the newest visible event; none in an empty log.
    #[must_use]
    #[inline]
    pub fn visible(&self) -> Sequence {
        match &self.pinned {
            None => Sequence(self.shared.visible.load(Ordering::Acquire)),
            Some(pinned) => pinned.visible,
        }
    }

    /// Ranges of events that are hidden, both ends included, ascending.
    #[must_use]
    pub fn hidden_ranges(&self) -> Vec<(Sequence, Sequence)> {
        self.hidden().ranges().to_vec()
    }

    /// How often events were hidden or shown again so far; the same in every open that shows as much.
    #[must_use]
    pub fn visibility_changes(&self) -> u64 {
        self.hidden().changes()
    }

    /// Number of visible events that are not hidden, gone or lost. Costs a look at each segment, and one
    /// for each hidden range.
    #[must_use]
    pub fn event_count(&self) -> u64 {
        let visible = self.visible();
        let parts = self.parts();
        let begun = parts
            .iter()
            .filter(|part| part.file.first_sequence <= visible);
        let hidden = self.hidden();
        let hidden_in = |part: &Part| {
            let ranges = hidden.ranges().iter();
            let counts = ranges.map(|(first, last)| part.count_between(*first, *last));
            counts.sum::<u64>()
        };
        begun
            .map(|part| part.count_up_to(visible).saturating_sub(hidden_in(part)))
            .sum()
    }

    /// Number of streams, those of events that are not visible yet included. Costs a look at each
    /// stream of each segment. A stream whose first event is lost or gone is not counted.
    ///
    /// # Errors
    /// When an index cannot be read and not be made again.
    pub fn stream_count(&self) -> Result<u64, ReadError> {
        self.asking(|parts| {
            let mut streams = 0;
            for part in parts {
                streams += part.streams_begun()?;
            }
            Ok(streams)
        })
    }

    /// Index files that were found damaged while they were in use, and made again in memory.
    #[must_use]
    pub fn repaired_indexes(&self) -> u64 {
        self.shared.repaired.load(Ordering::Acquire)
    }

    /// Sequence of the visible event with this identifier. Costs a few look-ups, whatever the size of
    /// the log, and a read of the fixed part of one frame.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub fn find(&self, id: EventId) -> Result<Option<Sequence>, ReadError> {
        let found = self.asking(|parts| history::find(parts, id))?;
        let sequence = found.map(|row| row.sequence);
        Ok(sequence.filter(|sequence| self.shows(*sequence)))
    }

    /// Reads one visible event into `buffer`. Verifies its checksums and its sequence.
    ///
    /// # Errors
    /// `NotFound` beyond the visible events, `Gone` for one that the log says is not in it any more;
    /// a damaged or unreadable frame is typed.
    pub fn read<'a>(
        &self,
        sequence: Sequence,
        buffer: &'a mut FrameBuffer,
    ) -> Result<EventFrame<'a>, ReadError> {
        if !self.shows(sequence) {
            return Err(ReadError::NotFound);
        }
        match self.at(sequence)?.ok_or(ReadError::NotFound)? {
            Found::Event(row) => self.read_place(sequence, row.place, buffer),
            Found::Hole(hole) => Err(self.unreadable(hole)),
        }
    }

    /// Reads the visible event with this identifier into `buffer`; nothing when there is none. One
    /// read of one frame, unless the identifier is a key.
    ///
    /// # Errors
    /// A damaged or unreadable frame is typed.
    pub fn read_id<'a>(
        &self,
        id: EventId,
        buffer: &'a mut FrameBuffer,
    ) -> Result<Option<EventFrame<'a>>, ReadError> {
        let hint = Sequence(id.sequence_hint());
        if hint <= self.visible()
            && let Some(Found::Event(row)) = self.at(hint)?
        {
            let head = match self.read_place(hint, row.place, buffer) {
                Ok(frame) => Some(frame.head),
                // The id may be a key all the same.
                Err(error) if row.id == Some(id) => return Err(error),
                Err(_) => None,
            };
            if let Some(head) = head.filter(|head| head.event_id == id) {
                let shown = self.shows(hint);
                return Ok(buffer.again(row.place.offset, head).filter(|_| shown));
            }
        }
        match self.find(id)? {
            Some(sequence) => self.read(sequence, buffer).map(Some),
            None => Ok(None),
        }
    }

    /// The causal graph of the events that are visible now. Costs nothing.
    #[must_use]
    pub fn causal(&self) -> CausalView {
        CausalView::new(self.clone())
    }

    /// Events in commit order or of one stream, from either end.
    #[must_use]
    pub fn scan(&self, request: ScanRequest) -> Scan {
        Scan::new(self.clone(), request)
    }

    /// Name of the file that holds a segment.
    #[must_use]
    pub fn segment_name(id: SegmentId) -> String {
        id.file_name()
    }

    /// What is at a sequence, visible or not.
    pub(crate) fn at(&self, sequence: Sequence) -> Result<Option<Found>, ReadError> {
        self.asking(|parts| history::at(parts, sequence))
    }

    /// A readable event, visible or not.
    pub(crate) fn event(&self, sequence: Sequence) -> Result<Option<Row>, ReadError> {
        self.asking(|parts| history::event(parts, sequence))
    }

    pub(crate) fn read_place<'a>(
        &self,
        sequence: Sequence,
        place: Place,
        buffer: &'a mut FrameBuffer,
    ) -> Result<EventFrame<'a>, ReadError> {
        let segment = self.segment(place.segment)?;
        buffer.read(&segment, place.offset, sequence)
    }

    /// Why nothing in a range can be read.
    pub(crate) fn unreadable(&self, hole: Hole) -> ReadError {
        let Hole { first, last, why } = hole;
        match why {
            Why::Gone(cause) => ReadError::Gone { first, last, cause },
            Why::Lost(place) => match self.segment(place.segment) {
                Err(error) => error,
                Ok(segment) => ReadError::Lost {
                    segment: segment.id,
                    offset: place.offset,
                    first,
                    last,
                },
            },
        }
    }

    /// Name of the file at a position in the list of segments; empty beyond it.
    pub(crate) fn segment_file_name(&self, ordinal: Ordinal) -> String {
        self.segment(ordinal)
            .map_or_else(|_| String::new(), |segment| segment.name.clone())
    }

    pub(crate) fn segment(&self, ordinal: Ordinal) -> Result<Arc<SegmentFile>, ReadError> {
        let parts = self.parts();
        let part = parts.get(ordinal.0 as usize).ok_or(ReadError::NotFound)?;
        // With an index, all of the segment is readable and final.
        if self.shared.mapping
            && part.index().is_some()
            && let Some(close) = part.closed()
        {
            part.file.map_up_to(close.end);
        }
        Ok(Arc::clone(&part.file))
    }

    /// The current list of parts, which stays as it is for whoever holds it.
    #[inline]
    pub(crate) fn parts(&self) -> Guard<Arc<Vec<Arc<Part>>>> {
        self.shared.parts.load()
    }

    /// How many closed parts still await their index, as last counted.
    pub(crate) fn awaiting_index(&self) -> usize {
        self.shared.awaiting.load(Ordering::Acquire)
    }

    /// Counts the closed parts that await their index.
    pub(crate) fn count_awaiting(&self) {
        let parts = self.parts();
        let awaiting = parts.iter().filter(|part| part.awaits_index()).count();
        self.shared.awaiting.store(awaiting, Ordering::Release);
    }

    /// The part that the newest event is in, or would be.
    pub(crate) fn newest(&self) -> Option<Arc<Part>> {
        self.parts().last().cloned()
    }

    /// Changes with every index that takes the place of columns in memory, and when parts are dropped.
    pub(crate) fn version(&self) -> u64 {
        self.shared.version.load(Ordering::Acquire)
    }

    /// Says so: under the `tail` lock, or before it happens.
    pub(crate) fn note_change(&self) {
        self.shared.version.fetch_add(1, Ordering::AcqRel);
    }

    /// Puts a changed list in the place of the current one; the change is made again when somebody
    /// else was first.
    fn change_parts(&self, change: impl Fn(&mut Vec<Arc<Part>>)) {
        self.shared.parts.rcu(|parts| {
            let mut parts = Vec::clone(parts);
            change(&mut parts);
            parts
        });
    }

    /// Adds the part that events will be staged into next.
    pub(crate) fn push_part(&self, part: &Arc<Part>) {
        self.change_parts(|parts| parts.push(Arc::clone(part)));
    }

    /// Puts another reading of the same log in the place of this one, which shows at least as much.
    pub(crate) fn replace(&self, parts: Vec<Arc<Part>>, visible: Sequence) {
        self.note_change();
        let hidden = HiddenRanges::of(&parts);
        self.shared.hidden.store(Arc::new(hidden));
        self.shared.parts.store(Arc::new(parts));
        self.raise_visible(visible);
    }

    /// Forgets the parts from the `keep`-th on, and the events after `last` in the newest one kept.
    pub(crate) fn truncate(&self, keep: usize, last: Sequence) {
        self.note_change();
        self.change_parts(|parts| {
            parts.truncate(keep);
            if let Some(newest) = parts.last_mut()
                && let Some(kept) = newest.up_to(last)
            {
                *newest = kept;
            }
        });
    }

    /// Puts an index in the place of what answered for a segment so far.
    pub(crate) fn seal(&self, part: &Part, index: Sealed) {
        let Some(close) = part.closed() else { return };
        let sealed = Part::sealed(Arc::clone(&part.file), *close, index);
        self.change_parts(|parts| {
            let at = parts.partition_point(|other| other.file.id < part.file.id);
            if let Some(slot) = parts.get_mut(at)
                && Arc::ptr_eq(&slot.file, &part.file)
            {
                *slot = Arc::clone(&sealed);
            }
        });
    }

    /// Whether an event is visible and not hidden.
    #[inline]
    fn shows(&self, sequence: Sequence) -> bool {
        sequence <= self.visible() && !self.hidden().contains(sequence)
    }

    /// What is hidden now.
    #[inline]
    pub(crate) fn hidden(&self) -> Guard<Arc<HiddenRanges>> {
        match &self.pinned {
            None => self.shared.hidden.load(),
            Some(pinned) => Guard::from_inner(Arc::clone(&pinned.hidden)),
        }
    }

    /// Shows the log with one more change.
    pub(crate) fn apply(&self, change: VisibilityChange) {
        self.shared.hidden.rcu(|hidden| {
            let mut hidden = HiddenRanges::clone(hidden);
            hidden.apply(change);
            hidden
        });
    }

    pub(crate) fn raise_visible(&self, mark: Sequence) {
        self.shared.visible.fetch_max(mark.get(), Ordering::AcqRel);
    }
}

impl View {
    /// The head of the tree over the events up to `size`, which is at most the newest visible one.
    ///
    /// Costs a hash for each 256 events, and a read of each event whose segment has no index file yet.
    ///
    /// # Errors
    /// `NotFound` for more than is visible; otherwise when a file cannot be read. An event that is lost
    /// or gone stands in the tree as one whose hash nobody knows.
    pub fn tree_head(&self, size: Sequence) -> Result<TreeHead, ReadError> {
        if size > self.visible() {
            return Err(ReadError::NotFound);
        }
        self.asking(|parts| tree_head::tree_head(parts, size, &self.shared.key))
    }

    /// The visible events that name an event as a cause, ascending. Costs a look-up in each segment from
    /// that of the cause on.
    ///
    /// # Errors
    /// When an index cannot be read and not be made again.
    pub fn effects(&self, cause: Sequence) -> Result<Vec<Sequence>, ReadError> {
        let last = self.visible();
        let mut effects = self.asking(|parts| history::effects(parts, cause, last))?;
        effects.retain(|effect| self.shows(*effect));
        Ok(effects)
    }
}
