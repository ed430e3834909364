//! Staging: the short step under the `tail` lock that gives a unit its place in the log.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use batpak_coordinate::Sequence;
use batpak_event::{Cause, CorrelationId, Digest, EventFacts, EventId};
use batpak_graph::generation_after;
use batpak_segment::{ControlFrame, FrameFlags, FrameHead, Offset, Salt, SegmentId};
use smallvec::SmallVec;

use crate::check::{self, Lookups, Present, Verdict};
use crate::clock::Stamp;
use crate::condition::{Checked, Condition};
use crate::draft::{Committed, CommittedUnit, DraftCause};
use crate::engine::{Engine, Target};
use crate::error::AppendError;
use crate::live::{Addition, Live};
use crate::options::Durability;
use crate::prepare::{Prepared, following};
use crate::sabotage::{Bug, planted};
use crate::tail::Tail;

/// Closed segments whose index is still to be made; more than that, and whoever appends makes them.
pub(crate) const MOST_WITHOUT_INDEX: usize = 2;

/// What became of a unit.
#[derive(Debug)]
pub(crate) enum Staged {
    /// It has its place, and its facts were noted.
    New(Target),
    /// Every event of it is there already, at these sequences.
    Present(Vec<Sequence>, Target),
}

/// What may be done for a unit to get its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Effort {
    /// Whatever it takes: write what is staged, make indexes, wait for others.
    Any,
    /// The same, and the unit is written if nothing stands in its way.
    Write,
    /// None of these, and nothing at all while so many events or more are staged.
    AtOnce { most_staged: u64 },
}

/// Why a unit could not be staged at this moment.
pub(crate) enum Obstacle {
    NeedsSegment {
        id: SegmentId,
        bytes: u64,
        doubled: u64,
    },
    NeedsHeads,
    /// Index files have to be asked again about keys and causes.
    NeedsLookups,
    NeedsConditions,
    Present(Vec<Sequence>, Target),
    Full,
    Refused(AppendError),
    /// The refusal rests on this event, which may yet fail.
    RefusedBy(AppendError, Target),
}

impl Engine {
    /// Stages a unit, preparing what it needs outside the lock.
    /// The unit has a place only where the conditions hold; its facts are added to `committed` then.
    pub(crate) fn stage(
        &self,
        unit: &mut [Prepared<'_>],
        conditions: &[Condition],
        effort: Effort,
        committed: &mut CommittedUnit,
    ) -> Result<Staged, AppendError> {
        let mut lookups = Lookups::default();
        let mut checked = Checked::outside(conditions, &self.view)?;
        let patient = matches!(effort, Effort::Any | Effort::Write);
        loop {
            self.check_open()?;
            if self.view.awaiting_index() >= MOST_WITHOUT_INDEX {
                if !patient {
                    return Err(AppendError::Busy);
                }
                self.seal_closed();
                self.record_indexes();
            }
            if check::names_events(unit) && !lookups.hold(&self.view) {
                lookups = Lookups::make(unit, &self.view)?;
            }
            // Threads that write each for itself wait for one lock, and not for one after the other.
            let mut writer = (effort == Effort::Write).then(|| self.lock_write());
            let staged = self.try_stage(unit, &checked, &lookups, effort, committed);
            if let (Some(writer), Ok(Staged::New(_))) = (&mut writer, &staged) {
                self.write_staged(writer);
            }
            drop(writer);
            let obstacle = match staged {
                Ok(staged) => return Ok(staged),
                Err(obstacle) => obstacle,
            };
            match obstacle {
                Obstacle::NeedsLookups => {}
                Obstacle::NeedsConditions => {
                    checked = Checked::outside(conditions, &self.view)?;
                }
                Obstacle::NeedsHeads => {
                    lookups.add_heads(unit, &checked, &self.view, || self.written())?;
                }
                Obstacle::Present(_, target)
                    if !patient && self.judge(&target, self.options.durability).is_none() =>
                {
                    return Err(AppendError::Busy);
                }
                Obstacle::Present(sequences, target) => {
                    return Ok(Staged::Present(sequences, target));
                }
                Obstacle::NeedsSegment { id, bytes, doubled } if patient => {
                    self.prepare_segment(id, bytes, doubled)?;
                }
                Obstacle::NeedsSegment { id, bytes, .. } => {
                    if !self.prepare_small_segment(id, bytes)? {
                        return Err(AppendError::Busy);
                    }
                }
                Obstacle::Full if patient => self.write_all_staged(),
                Obstacle::Full => return Err(AppendError::Busy),
                Obstacle::Refused(error) => return Err(error),
                Obstacle::RefusedBy(error, target) => {
                    // The refusal stands once the event it rests on is visible; if that event
                    // failed, the unit is checked again.
                    let level = self.options.durability;
                    let verdict = match self.judge(&target, level) {
                        None if !patient => return Err(AppendError::Busy),
                        None => self.wait(&target, level, None).map(|_| ()),
                        Some(verdict) => verdict,
                    };
                    if verdict.is_ok() {
                        return Err(error);
                    }
                    checked = Checked::outside(conditions, &self.view)?;
                }
            }
        }
    }

    fn try_stage(
        &self,
        unit: &mut [Prepared<'_>],
        checked: &Checked<'_>,
        lookups: &Lookups,
        effort: Effort,
        committed: &mut CommittedUnit,
    ) -> Result<Staged, Obstacle> {
        let mut tail = self.lock_tail();
        self.check_open().map_err(Obstacle::Refused)?;
        if let Effort::AtOnce { most_staged } = effort
            && self.staged(&tail) >= most_staged
        {
            return Err(Obstacle::Full);
        }
        if check::names_events(unit) && !lookups.hold(&self.view) {
            return Err(Obstacle::NeedsLookups);
        }
        let parts = self.view.parts();
        let present = Present {
            view: &self.view,
            parts: &parts,
            lookups,
            current: lookups.hold(&self.view),
        };
        let checked = (!checked.conditions.is_empty()).then_some(checked);
        match check::check(unit, checked, &present) {
            Verdict::Go => {}
            Verdict::NeedsHeads => {
                // Those that are not known are noted for the look-up.
                present.look_up(unit);
                return Err(Obstacle::NeedsHeads);
            }
            Verdict::NeedsConditions => return Err(Obstacle::NeedsConditions),
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
        if !present.look_up(unit) {
            return Err(Obstacle::NeedsHeads);
        }
        tail.random
            .reserve(unit.len() + 2)
            .map_err(|error| Obstacle::Refused(error.into()))?;
        let stamp = Stamp::read(&*self.platform.clock).map_err(Obstacle::Refused)?;
        stamp.check_after(tail.wall_us).map_err(Obstacle::Refused)?;
        let segment = tail.segment_id();
        self.make_room(&mut tail, unit, stamp)?;
        let parts = match tail.segment_id() == segment {
            true => parts,
            false => {
                // Streams have no numbers in a new segment.
                unit.iter_mut().for_each(|prepared| prepared.stream = None);
                self.view.parts()
            }
        };
        // Room is where columns are: an index takes the place of columns only once their segment is
        // closed, and never without the tail lock.
        let live = parts.last().and_then(|part| part.columns());
        let live = live.ok_or(Obstacle::NeedsHeads)?;
        let first = tail.last.next();
        let unit_bytes: u64 = unit.iter().map(Prepared::frame_len).sum();
        if tail.epoch_due {
            self.stage_epoch(&mut tail, live, stamp);
        }
        self.place(&mut tail, live, unit, stamp, committed);
        tail.staged_bytes = tail.staged_bytes.saturating_add(unit_bytes);
        self.staged_units.fetch_add(1, Ordering::AcqRel);
        let target = Target {
            first,
            last: tail.last,
            stage: Arc::clone(&tail.stage),
        };
        self.wake_if_due(&tail);
        Ok(Staged::New(target))
    }

    /// How many events are staged and not written.
    pub(crate) fn staged(&self, tail: &Tail) -> u64 {
        tail.last.get().saturating_sub(self.written().get())
    }

    pub(crate) fn stage_epoch(&self, tail: &mut Tail, live: &Live, stamp: Stamp) {
        let random = u64::from(tail.random.draw()) << 32 | u64::from(tail.random.draw());
        let frame = self.epoch_frame(stamp, random);
        if self.stage_control(tail, &frame) {
            live.begin_epoch(self.view.epoch());
            tail.epoch_due = false;
            if let Some(buffer) = tail.queue.last_mut() {
                buffer.has_epoch = true;
            }
        }
    }

    pub(crate) fn epoch_frame(&self, stamp: Stamp, random: u64) -> ControlFrame {
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
        live: &Live,
        unit: &mut [Prepared<'_>],
        stamp: Stamp,
        committed: &mut CommittedUnit,
    ) {
        let count = unit.len();
        let mut earlier: SmallVec<[(EventId, u32); 1]> = SmallVec::with_capacity(count);
        committed.reserve(count);
        for (position, prepared) in unit.iter_mut().enumerate() {
            let sequence = tail.last.next();
            stamp.advance(&mut tail.wall_us, &mut tail.counter);
            let id = prepared.draft.key.map_or_else(
                || EventId::mint(tail.wall_us, sequence, tail.random.draw()),
                EventId::from,
            );
            let sealed = prepared.seal(&earlier);
            let entity = prepared.draft.coordinate.entity();
            // Only what was appended since the open has its hash there, earlier events of the unit too.
            let staged = (position > 0).then(|| live.head(entity, prepared.stream));
            let staged = staged.flatten().filter(|(_, head)| head.hash.is_some());
            let stream = staged.map(|(stream, _)| stream).or(prepared.stream);
            let staged = staged.map(|(_, head)| head);
            let head = staged.or(prepared.before).unwrap_or_default();
            let causes = prepared.cause_generation.into_iter();
            let generation = generation_after(
                causes
                    .chain(check::generations_in_unit(prepared, &earlier))
                    .chain((!head.sequence.is_none()).then_some(head.generation.get())),
            );
            earlier.push((id, generation));
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
            if position + 1 == count || planted(Bug::CommitEveryFrame) {
                prepared.head.flags = prepared.head.flags | FrameFlags::COMMIT;
            }
            let place = self.push_frame(tail, prepared, &facts, event_hash);
            let causes = resolved_causes(prepared, &earlier);
            let addition = Addition {
                sequence,
                id,
                offset: place.1,
                entity: prepared.draft.coordinate.entity(),
                stream,
                scope: prepared.draft.coordinate.scope(),
                stream_sequence: facts.stream_sequence,
                predecessor: facts.predecessor,
                generation: facts.generation,
                kind: facts.event_kind,
                keyed: prepared.draft.key.is_some(),
                hash: Some(&event_hash),
                correlation: prepared
                    .draft
                    .correlation
                    .filter(|correlation| *correlation != CorrelationId::from(id)),
                causes: &causes,
            };
            live.push(&addition);
            committed.push(Committed {
                event_id: id,
                sequence,
                stream_sequence: facts.stream_sequence,
                content_hash: facts.content_hash,
                event_hash,
                previous_hash,
                correlation,
                kind: facts.event_kind,
                wall_us: facts.wall_us + i64::from(planted(Bug::WrongTimeInReceipt)),
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
    }

    fn push_frame(
        &self,
        tail: &mut Tail,
        prepared: &mut Prepared<'_>,
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
        let lag = if planted(Bug::AttestTooMuch) { 0 } else { lag };
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

/// The events of this store that caused an event.
fn resolved_causes(prepared: &Prepared<'_>, earlier: &[(EventId, u32)]) -> Vec<EventId> {
    let causes = prepared.draft.causes.iter();
    causes
        .filter_map(|cause| match *cause {
            DraftCause::Known(Cause::Local(id)) => Some(id),
            DraftCause::Known(Cause::Foreign(_)) => None,
            DraftCause::Prior(position) => earlier.get(position).map(|(id, _)| *id),
        })
        .collect()
}

fn target(tail: &Tail, sequences: &[Sequence]) -> Target {
    Target {
        first: sequences.iter().copied().min().unwrap_or(Sequence::NONE),
        last: sequences.iter().copied().max().unwrap_or(Sequence::NONE),
        stage: Arc::clone(&tail.stage),
    }
}
