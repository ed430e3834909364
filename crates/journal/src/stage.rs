//! Staging: the short step under the `tail` lock that gives a unit its place in the log.

use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};

use batpak_coordinate::Sequence;
use batpak_event::{CorrelationId, Digest, EventFacts, EventId};
use batpak_graph::generation_after;
use batpak_segment::{
    CloseFacts, ControlFrame, FrameFlags, FrameHead, Offset, Salt, SegmentHeader, SegmentId,
};

use crate::check::{self, Verdict};
use crate::clock::Stamp;
use crate::draft::Committed;
use crate::engine::{Engine, Target};
use crate::error::AppendError;
use crate::index::{Addition, Index, Place};
use crate::options::Durability;
use crate::prepare::{Prepared, following};
use crate::segment_file::NextSegment;
use crate::tail::{Tail, random_salt, segment_for};

/// Capacity of the first segment of an epoch; each further one doubles it up to the threshold.
const FIRST_CAPACITY: u64 = 1 << 20;

/// What became of a unit.
#[derive(Debug)]
pub(crate) enum Staged {
    /// It has its place.
    New(Vec<Committed>, Target),
    /// Every event of it is there already, at these sequences.
    Present(Vec<Sequence>, Target, Vec<Prepared>),
}

/// Why a unit could not be staged at this moment.
enum Obstacle {
    NeedsSegment {
        id: SegmentId,
        bytes: u64,
        doubled: u64,
    },
    NeedsHeads,
    Present(Vec<Sequence>, Target),
    Full,
    Refused(AppendError),
    /// The refusal rests on this event, which may yet fail.
    RefusedBy(AppendError, Target),
}

impl Engine {
    /// Stages a unit, preparing what it needs outside the lock.
    pub(crate) fn stage(&self, mut unit: Vec<Prepared>) -> Result<Staged, AppendError> {
        loop {
            self.check_open()?;
            for prepared in &unit {
                self.view.know_head(prepared.draft.coordinate.entity())?;
            }
            let obstacle = match self.try_stage(&mut unit) {
                Ok(staged) => return Ok(staged),
                Err(obstacle) => obstacle,
            };
            match obstacle {
                Obstacle::NeedsHeads => {}
                Obstacle::Present(sequences, target) => {
                    return Ok(Staged::Present(sequences, target, unit));
                }
                Obstacle::NeedsSegment { id, bytes, doubled } => {
                    self.prepare_segment(id, bytes, doubled)?;
                }
                Obstacle::Full => self.write_all_staged(),
                Obstacle::Refused(error) => return Err(error),
                Obstacle::RefusedBy(error, target) => {
                    // The refusal stands once the event it rests on is visible; if that event
                    // failed, the unit is checked again.
                    if self.wait(&target, self.options.durability, None).is_ok() {
                        return Err(error);
                    }
                }
            }
        }
    }

    fn try_stage(&self, unit: &mut [Prepared]) -> Result<Staged, Obstacle> {
        let mut tail = self.lock_tail();
        self.check_open().map_err(Obstacle::Refused)?;
        let mut index = self.view.index_mut();
        match check::check(unit, &index) {
            Verdict::Go => {}
            Verdict::Present(sequences) => {
                let target = target(&tail, &sequences);
                return Err(Obstacle::Present(sequences, target));
            }
            Verdict::Refused(error) => return Err(Obstacle::Refused(error)),
            Verdict::RefusedBy(error, sequence) => {
                return Err(if sequence <= self.view.visible() {
                    Obstacle::Refused(error)
                } else {
                    Obstacle::RefusedBy(error, target(&tail, &[sequence]))
                });
            }
        }
        if unit.iter().any(|prepared| {
            let head = index.head(prepared.draft.coordinate.entity());
            !head.sequence.is_none() && head.hash.is_none()
        }) {
            return Err(Obstacle::NeedsHeads);
        }
        tail.random
            .reserve(unit.len() + 2)
            .map_err(|error| Obstacle::Refused(error.into()))?;
        let stamp = Stamp::read(&*self.platform.clock).map_err(Obstacle::Refused)?;
        stamp.check_after(tail.wall_us).map_err(Obstacle::Refused)?;
        self.make_room(&mut tail, unit, stamp)?;
        if tail.epoch_due {
            self.stage_epoch(&mut tail, &mut index, stamp);
        }
        let first = index.last().next();
        let unit_bytes: u64 = unit.iter().map(Prepared::frame_len).sum();
        let committed = self.place(&mut tail, &mut index, unit, stamp);
        tail.staged_bytes = tail.staged_bytes.saturating_add(unit_bytes);
        self.staged_units.fetch_add(1, Ordering::AcqRel);
        let target = Target {
            first,
            last: index.last(),
            stage: Arc::clone(&tail.stage),
        };
        self.wake_if_due(&tail);
        Ok(Staged::New(committed, target))
    }

    /// Makes the cursor stand where the unit fits as a whole.
    fn make_room(&self, tail: &mut Tail, unit: &[Prepared], stamp: Stamp) -> Result<(), Obstacle> {
        let mut bytes: u64 = unit.iter().map(Prepared::frame_len).sum();
        if tail.staged_bytes > 0
            && tail.staged_bytes.saturating_add(bytes) > self.options.staged_max_bytes
        {
            return Err(Obstacle::Full);
        }
        if tail.epoch_due {
            bytes += control_length(&self.epoch_frame(stamp, 0));
        }
        if tail.fits(bytes) {
            return Ok(());
        }
        if !tail.fits_prepared(bytes) {
            let capacity = tail
                .cursor
                .segment
                .as_ref()
                .map_or(0, |segment| segment.capacity);
            let doubled = if tail.epoch_due {
                FIRST_CAPACITY
            } else {
                capacity.saturating_mul(2)
            };
            let id = tail.next_segment_id();
            return Err(Obstacle::NeedsSegment { id, bytes, doubled });
        }
        if let Some(next) = tail.prepared.take() {
            let header = self.header(stamp);
            tail.rotate(next, header);
        }
        Ok(())
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
        let _preparing = self
            .preparing
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
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

    fn stage_epoch(&self, tail: &mut Tail, index: &mut Index, stamp: Stamp) {
        let random = u64::from(tail.random.draw()) << 32 | u64::from(tail.random.draw());
        let frame = self.epoch_frame(stamp, random);
        if self.stage_control(tail, &frame) {
            index.begin_epoch(self.view.epoch());
            tail.epoch_due = false;
            if let Some(buffer) = tail.queue.last_mut() {
                buffer.has_epoch = true;
            }
        }
    }

    fn epoch_frame(&self, stamp: Stamp, random: u64) -> ControlFrame {
        ControlFrame::Epoch {
            epoch: self.view.epoch(),
            wall_us: stamp.wall_us(),
            random,
        }
    }

    /// Puts a control frame at the cursor; false when there is no segment to put it in.
    pub(crate) fn stage_control(&self, tail: &mut Tail, frame: &ControlFrame) -> bool {
        let offset = tail.cursor.offset;
        let Some(salt) = tail.cursor.segment.as_ref().map(|segment| segment.salt) else {
            return false;
        };
        let mut bytes = Vec::new();
        frame.encode(salt, Offset(offset), &mut bytes);
        let len = bytes.len() as u64;
        let (last, last_hash) = (tail.last, tail.last_hash);
        let Some(buffer) = tail.buffer() else {
            return false;
        };
        buffer.push(&bytes, Vec::new());
        if buffer.last.is_none() {
            (buffer.last, buffer.last_hash) = (last, last_hash);
        }
        tail.cursor.offset = offset + len;
        true
    }

    /// Gives every event of the unit its place. Cannot fail.
    fn place(
        &self,
        tail: &mut Tail,
        index: &mut Index,
        unit: &mut [Prepared],
        stamp: Stamp,
    ) -> Vec<Committed> {
        let count = unit.len();
        let mut identifiers = Vec::with_capacity(count);
        let mut committed = Vec::with_capacity(count);
        for (position, prepared) in unit.iter_mut().enumerate() {
            let sequence = index.last().next();
            stamp.advance(&mut tail.wall_us, &mut tail.counter);
            let id = prepared.draft.key.map_or_else(
                || EventId::mint(tail.wall_us, sequence, tail.random.draw()),
                EventId::from,
            );
            let sealed = prepared.seal(&identifiers);
            identifiers.push(id);
            let head = index.head(prepared.draft.coordinate.entity());
            let generation = generation_after(
                check::cause_generations(prepared, &identifiers, index)
                    .chain((!head.sequence.is_none()).then_some(head.generation.get())),
            );
            let correlation = prepared
                .draft
                .correlation
                .unwrap_or(CorrelationId::from(id));
            let previous_hash = head.hash.unwrap_or_default();
            let facts = EventFacts {
                event_id: id,
                sequence,
                stream_sequence: following(head.stream_sequence),
                predecessor: head.sequence,
                event_kind: prepared.draft.kind,
                wall_us: tail.wall_us,
                counter: tail.counter,
                lane: prepared.draft.lane,
                depth: prepared.draft.depth,
                generation: batpak_coordinate::Generation(generation),
                caller_flags: prepared.draft.flags,
                payload_version: prepared.draft.payload_version,
                correlation,
                payload_len: prepared.head.payload_len,
                context_hash: sealed.context_hash,
                content_hash: prepared.content_hash,
                previous_hash,
            };
            let event_hash = facts.hash(self.view.key());
            prepared.head.body_crc = sealed.body_crc;
            if position + 1 == count {
                prepared.head.flags = prepared.head.flags | FrameFlags::COMMIT;
            }
            let place = self.push_frame(tail, prepared, &facts, event_hash);
            index.push(&Addition {
                sequence,
                id,
                place: Place {
                    segment: tail.cursor.ordinal,
                    offset: place.1,
                },
                entity: prepared.draft.coordinate.entity(),
                scope: prepared.draft.coordinate.scope(),
                stream_sequence: facts.stream_sequence,
                predecessor: facts.predecessor,
                generation: facts.generation,
                kind: facts.event_kind,
                keyed: prepared.draft.key.is_some(),
                hash: Some(event_hash),
            });
            committed.push(Committed {
                event_id: id,
                sequence,
                stream_sequence: facts.stream_sequence,
                content_hash: facts.content_hash,
                event_hash,
                previous_hash,
                correlation,
                wall_us: facts.wall_us,
                counter: facts.counter,
                generation: facts.generation,
                branch: self.view.branch(),
                epoch: self.view.epoch(),
                durability: Durability::Written,
                duplicate: false,
                segment: place.0,
                offset: place.1,
                length: place.2,
            });
        }
        if let Some(buffer) = tail.queue.last_mut() {
            buffer.units += 1;
        }
        committed
    }

    fn push_frame(
        &self,
        tail: &mut Tail,
        prepared: &mut Prepared,
        facts: &EventFacts,
        event_hash: Digest,
    ) -> (SegmentId, Offset, u32) {
        let offset = tail.cursor.offset;
        let head = &mut prepared.head;
        head.sequence = facts.sequence;
        head.event_id = facts.event_id;
        head.wall_us = facts.wall_us;
        head.stream_sequence = facts.stream_sequence;
        head.predecessor = facts.predecessor;
        head.previous_hash = facts.previous_hash;
        head.generation = facts.generation;
        head.counter = facts.counter;
        let lag = facts.sequence.get().saturating_sub(self.durable().get());
        head.durable_lag = u32::try_from(lag).unwrap_or(FrameHead::LAG_SATURATED);
        let (id, salt) = match &tail.cursor.segment {
            Some(segment) => (segment.id, segment.salt),
            None => (SegmentId::NONE, Salt(0)),
        };
        let fixed = head.encode(salt, Offset(offset));
        let length = head.length;
        let body = std::mem::take(&mut prepared.body);
        if let Some(buffer) = tail.buffer() {
            buffer.push(&fixed, body);
            buffer.last = facts.sequence;
            buffer.last_hash = event_hash;
        }
        tail.last = facts.sequence;
        tail.last_hash = event_hash;
        tail.cursor.offset = offset + u64::from(length);
        (id, Offset(offset), length)
    }
}

/// Length of a control frame.
pub(crate) fn control_length(frame: &ControlFrame) -> u64 {
    let mut bytes = Vec::new();
    frame.encode(Salt(0), Offset(0), &mut bytes);
    bytes.len() as u64
}

fn target(tail: &Tail, sequences: &[Sequence]) -> Target {
    Target {
        first: sequences.iter().copied().min().unwrap_or(Sequence::NONE),
        last: sequences.iter().copied().max().unwrap_or(Sequence::NONE),
        stage: Arc::clone(&tail.stage),
    }
}
