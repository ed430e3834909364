//! What readers see: the visible events, by sequence, identifier and stream.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use batpak_coordinate::Sequence;
use batpak_event::{BranchId, Epoch, EventId, HashKey, Lineage};
use batpak_segment::{EventFrame, SegmentId};

use crate::buffer::FrameBuffer;
use crate::error::{AppendError, ReadError};
use crate::index::{At, Entry, Hole, Index, Ordinal, Place, Why};
use crate::scan::{Scan, ScanRequest};
use crate::segment_file::SegmentFile;

/// The visible part of a log. Cheap to clone; a clone sees the same log as it grows.
#[derive(Clone, Debug)]
pub struct View {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    lineage: Lineage,
    branch: BranchId,
    epoch: Epoch,
    key: HashKey,
    index: RwLock<Index>,
    segments: RwLock<Arc<Vec<Arc<SegmentFile>>>>,
    visible: AtomicU64,
}

/// What a log is, beside its events.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Origin {
    pub(crate) lineage: Lineage,
    pub(crate) branch: BranchId,
    pub(crate) epoch: Epoch,
}

impl View {
    pub(crate) fn new(
        origin: Origin,
        index: Index,
        segments: Vec<Arc<SegmentFile>>,
        visible: Sequence,
    ) -> Self {
        let shared = Shared {
            lineage: origin.lineage,
            branch: origin.branch,
            epoch: origin.epoch,
            key: HashKey::for_lineage(origin.lineage),
            index: RwLock::new(index),
            segments: RwLock::new(Arc::new(segments)),
            visible: AtomicU64::new(visible.get()),
        };
        Self {
            shared: Arc::new(shared),
        }
    }

    /// History that the log belongs to.
    #[must_use]
    pub fn lineage(&self) -> Lineage {
        self.shared.lineage
    }

    /// Branch of that history.
    #[must_use]
    pub fn branch(&self) -> BranchId {
        self.shared.branch
    }

    /// Number of writable opens so far.
    #[must_use]
    pub fn epoch(&self) -> Epoch {
        self.shared.epoch
    }

    /// Key of the event hashes of this history.
    #[must_use]
    pub fn key(&self) -> &HashKey {
        &self.shared.key
    }

    /// Sequence of the newest visible event; none in an empty log.
    #[must_use]
    pub fn visible(&self) -> Sequence {
        Sequence(self.shared.visible.load(Ordering::Acquire))
    }

    /// Number of visible events that are not gone or lost. Costs a look at each range of such events.
    #[must_use]
    pub fn event_count(&self) -> u64 {
        let visible = self.visible();
        self.index().count_up_to(visible)
    }

    /// Number of streams, those of events that are not visible yet included.
    #[must_use]
    pub fn stream_count(&self) -> u64 {
        self.index().stream_count()
    }

    /// Sequence of the visible event with this identifier. Costs a table look-up.
    #[must_use]
    pub fn find(&self, id: EventId) -> Option<Sequence> {
        self.index()
            .find(id)
            .filter(|sequence| *sequence <= self.visible())
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
        if sequence > self.visible() {
            return Err(ReadError::NotFound);
        }
        let place = match self.index().at(sequence).ok_or(ReadError::NotFound)? {
            At::Event(entry) => Ok(entry.place),
            At::Hole(hole) => Err(hole),
        };
        match place {
            Ok(place) => self.read_place(sequence, place, buffer),
            Err(hole) => Err(self.unreadable(hole)),
        }
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

    fn segment(&self, ordinal: Ordinal) -> Result<Arc<SegmentFile>, ReadError> {
        let list = self.segments();
        list.get(ordinal.0 as usize)
            .cloned()
            .ok_or(ReadError::NotFound)
    }

    /// The current list of segments.
    pub(crate) fn segments(&self) -> Arc<Vec<Arc<SegmentFile>>> {
        Arc::clone(
            &self
                .shared
                .segments
                .read()
                .unwrap_or_else(PoisonError::into_inner),
        )
    }

    /// Puts another reading of the same log in the place of this one, which shows at least as much.
    pub(crate) fn replace(&self, index: Index, segments: Vec<Arc<SegmentFile>>, visible: Sequence) {
        let mut list = self
            .shared
            .segments
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        *self.index_mut() = index;
        *list = Arc::new(segments);
        drop(list);
        self.raise_visible(visible);
    }

    /// Adds the segment that events will be written to next.
    pub(crate) fn push_segment(&self, segment: Arc<SegmentFile>) {
        let mut list = self
            .shared
            .segments
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        Arc::make_mut(&mut list).push(segment);
    }

    pub(crate) fn raise_visible(&self, mark: Sequence) {
        self.shared.visible.fetch_max(mark.get(), Ordering::AcqRel);
    }

    pub(crate) fn index(&self) -> RwLockReadGuard<'_, Index> {
        self.shared
            .index
            .read()
            .unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn index_mut(&self) -> RwLockWriteGuard<'_, Index> {
        self.shared
            .index
            .write()
            .unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn entry(&self, sequence: Sequence) -> Option<Entry> {
        self.index().entry(sequence).copied()
    }

    /// Makes sure that the event hash of a stream's newest event is in the index, reading its
    /// frame the first time the stream is touched after an open.
    pub(crate) fn know_head(&self, entity: &str) -> Result<(), AppendError> {
        let head = self.index().head(entity);
        if head.sequence.is_none() || head.hash.is_some() {
            return Ok(());
        }
        let Some(entry) = self.entry(head.sequence) else {
            return Ok(());
        };
        let mut buffer = FrameBuffer::new();
        let hash = self
            .read_place(head.sequence, entry.place, &mut buffer)?
            .event_hash(&self.shared.key);
        self.index_mut().set_head_hash(entity, head.sequence, hash);
        Ok(())
    }
}
