//! Room for a unit: in the newest segment, or in the next one, which is filled ahead.

use std::sync::{MutexGuard, PoisonError, TryLockError};

use batpak_coordinate::Sequence;
use batpak_segment::{CloseFacts, Salt, SegmentHeader, SegmentId};

use crate::clock::Stamp;
use crate::engine::Engine;
use crate::error::AppendError;
use crate::live::Live;
use crate::part::Part;
use crate::prepare::Prepared;
use crate::segment_file::NextSegment;
use crate::stage::{Obstacle, control_length};
use crate::tail::{Tail, random_salt, segment_for};

/// Capacity of the first segment of an epoch; each further one doubles it up to the threshold.
const FIRST_CAPACITY: u64 = 1 << 20;

impl Engine {
    /// Makes the cursor stand where the unit fits as a whole.
    pub(crate) fn make_room(
        &self,
        tail: &mut Tail,
        unit: &[Prepared<'_>],
        stamp: Stamp,
    ) -> Result<(), Obstacle> {
        let mut bytes: u64 = unit.iter().map(Prepared::frame_len).sum();
        let staged = self.staged(tail);
        let too_many = staged.saturating_add(unit.len() as u64) > self.options.staged_max_events;
        let too_large = tail.staged_bytes.saturating_add(bytes) > self.options.staged_max_bytes;
        if (staged > 0 && too_many) || (tail.staged_bytes > 0 && too_large) {
            return Err(Obstacle::Full);
        }
        if tail.epoch_due {
            bytes += control_length(&self.epoch_frame(stamp, 0));
        }
        if tail.fits(bytes) && tail.holds(unit.len() as u64, self.options.segment_max_events) {
            return Ok(());
        }
        if !tail.fits_prepared(bytes) {
            let doubled = if tail.epoch_due {
                FIRST_CAPACITY
            } else {
                self.next_capacity(tail)
            };
            let id = tail.next_segment_id();
            return Err(Obstacle::NeedsSegment { id, bytes, doubled });
        }
        if let Some(next) = tail.prepared.take() {
            let header = self.header(stamp);
            self.rotate_tail(tail, next, header);
        }
        Ok(())
    }

    /// Goes on in the next segment; its part is there before an event is staged into it.
    pub(crate) fn rotate_tail(&self, tail: &mut Tail, next: NextSegment, header: SegmentHeader) {
        let segment = tail.rotate(next, header);
        let live = Live::after(tail.last);
        live.begin_epoch(segment.epoch);
        self.view.push_part(&Part::live(segment, live));
    }

    /// Capacity that the segment after the newest one is given: twice as much, but no more than the
    /// events it may hold are likely to take.
    pub(crate) fn next_capacity(&self, tail: &Tail) -> u64 {
        let Some(segment) = &tail.cursor.segment else {
            return FIRST_CAPACITY;
        };
        let doubled = segment.capacity.saturating_mul(2);
        let (events, bytes) = (tail.events(), tail.cursor.offset);
        let Some(each) = bytes.checked_div(events) else {
            return doubled;
        };
        let likely = each.saturating_mul(self.options.segment_max_events);
        doubled.min(likely.saturating_add(likely / 8))
    }

    pub(crate) fn header(&self, stamp: Stamp) -> SegmentHeader {
        SegmentHeader {
            version: batpak_segment::FORMAT_VERSION,
            required: 0,
            optional: 0,
            lineage: self.view.lineage(),
            branch: self.view.branch(),
            epoch: self.view.epoch(),
            segment: SegmentId(0),
            first_sequence: Sequence::NONE,
            salt: Salt(0),
            capacity: 0,
            created_us: stamp.wall_us(),
            predecessor: CloseFacts::NONE,
            stands_for: None,
        }
    }

    /// Fills the next segment ahead, unless somebody did so meanwhile.
    pub(crate) fn prepare_segment(
        &self,
        id: SegmentId,
        bytes: u64,
        doubled: u64,
    ) -> Result<(), AppendError> {
        let preparing = self.preparing.lock();
        let preparing = preparing.unwrap_or_else(PoisonError::into_inner);
        self.prepare_under(&preparing, id, bytes, doubled)
    }

    /// Fills a next segment that is as small as can be, unless somebody is filling one: then it is not
    /// waited for, and the answer is false.
    pub(crate) fn prepare_small_segment(
        &self,
        id: SegmentId,
        bytes: u64,
    ) -> Result<bool, AppendError> {
        let preparing = match self.preparing.try_lock() {
            Ok(preparing) => preparing,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            Err(TryLockError::WouldBlock) => return Ok(false),
        };
        self.prepare_under(&preparing, id, bytes, 0)?;
        Ok(true)
    }

    fn prepare_under(
        &self,
        _preparing: &MutexGuard<'_, ()>,
        id: SegmentId,
        bytes: u64,
        doubled: u64,
    ) -> Result<(), AppendError> {
        {
            let mut tail = self.lock_tail();
            if tail.next_segment_id() != id || tail.fits_prepared(bytes) {
                return Ok(());
            }
            tail.prepared = None;
        }
        let size = |wanted: u64| {
            wanted
                .min(self.options.segment_max_bytes)
                .max(segment_for(bytes))
                .next_multiple_of(8)
        };
        let (capacity, least) = (
            size(doubled.max(FIRST_CAPACITY).min(self.affordable())),
            size(FIRST_CAPACITY),
        );
        let salt = Salt(random_salt(&*self.platform.entropy)?);
        let prepare = |capacity| NextSegment::prepare(&*self.platform.storage, id, salt, capacity);
        // A quota or a limit on files is not in the free space: what is refused may be had smaller.
        let next = match prepare(capacity) {
            Err(_) if least < capacity => prepare(least)?,
            prepared => prepared?,
        };
        let mut tail = self.lock_tail();
        if tail.next_segment_id() == id {
            tail.prepared = Some(next);
        }
        Ok(())
    }

    /// Half of the free space, but no less than the first segment of an epoch has: a nearly full
    /// disk gets small segments before it gets none.
    fn affordable(&self) -> u64 {
        let free = self.platform.storage.free_bytes().ok().flatten();
        free.map_or(u64::MAX, |free| (free / 2).max(FIRST_CAPACITY))
    }
}
