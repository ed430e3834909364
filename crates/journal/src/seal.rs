//! Index files: made of the frames of a closed segment, found again at an open.
//!
//! An index file is derived. It is not synced, and it is believed only when the hash of its chunk table
//! is the one that the identity has; whatever else happens to it, it is made again.

mod file;

use std::collections::HashMap;
use std::sync::{Arc, PoisonError};

use batpak_coordinate::{EventKind, Sequence};
use batpak_event::tree::{TILE_LEAVES, TileBuilder, UNKNOWN_EVENT_HASH, leaf_hash};
use batpak_event::{Cause, Digest, Epoch, EventId, HashKey, Lineage};
use batpak_platform::FileBytes;
use batpak_segment::index::{
    DirectoryTable, IndexBuilder, IndexCause, IndexEnd, IndexEvent, IndexFault, IndexSource,
    SegmentIndex,
};
use batpak_segment::{
    CloseFacts, ControlFrame, EventFrame, FrameFlags, FrameKind, Offset, SEGMENT_HEADER, Scanner,
    Step, Stop, VisibilityChange,
};
use foldhash::fast::RandomState;

use crate::buffer::FrameBuffer;
use crate::engine::Engine;
use crate::error::ReadError;
use crate::history::{self, Parts, TIER};
use crate::part::Part;
use crate::sabotage::{Bug, planted};
use crate::source::FileSource;
use crate::tree_head::event_hash;

pub(crate) use file::{load, write};

/// Which history an index is made for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Made<'a> {
    pub(crate) lineage: Lineage,
    pub(crate) key: &'a HashKey,
}

/// The bytes of the index of the part at `at`, whose segment ended with `close`.
pub(crate) fn build(
    parts: &Parts,
    at: usize,
    close: &CloseFacts,
    made: Made<'_>,
) -> Result<Vec<u8>, ReadError> {
    let (Some(part), Some(before)) = (parts.get(at), parts.get(..at)) else {
        return Err(ReadError::NotFound);
    };
    let first = part.file.first_sequence;
    let source = IndexSource {
        lineage: made.lineage,
        segment: part.file.id,
        salt: part.file.salt,
        first_sequence: first,
    };
    let mut making = Making {
        builder: IndexBuilder::new(source),
        before,
        keys: HashMap::default(),
        events: Vec::new(),
        tiles: Vec::new(),
        tile: pending_tile(before, first, made.key),
        next: first,
        epoch: Epoch(0),
        key: made.key,
    };
    walk(part, close, &mut making)?;
    making.leaves(part, first)?;
    let leaves = making.next.get().saturating_sub(1);
    let first_tile = (leaves / TILE_LEAVES).saturating_sub(making.tiles.len() as u64);
    let directories = tiers(before, at, making.builder.directory());
    let end = IndexEnd {
        end: close.end,
        last_sequence: close.last_sequence,
        first_tile,
        tiles: &making.tiles,
        directories: &directories,
    };
    making.builder.finish(&end).map_err(|_| unreadable(part))
}

/// An index that is being made.
struct Making<'a> {
    builder: IndexBuilder,
    /// The parts before this one.
    before: &'a Parts,
    /// Events of this segment with a key, and all of them in order.
    keys: HashMap<EventId, Sequence, RandomState>,
    events: Vec<Seen>,
    tiles: Vec<Digest>,
    /// None when an event before this segment cannot be read: then the index has no tiles.
    tile: Option<TileBuilder>,
    /// Sequence that the next event has.
    next: Sequence,
    epoch: Epoch,
    key: &'a HashKey,
}

/// An event of the segment.
struct Seen {
    sequence: Sequence,
    id: EventId,
    offset: Offset,
    /// Its event hash as the next event of its stream repeats it; zeros until one does.
    hash: Digest,
}

fn walk(part: &Part, close: &CloseFacts, making: &mut Making<'_>) -> Result<(), ReadError> {
    let segment = &part.file;
    let source = FileSource::new(Arc::clone(&segment.file), close.end.0);
    let from = Offset(SEGMENT_HEADER as u64);
    let mut scanner = Scanner::new(source, segment.salt, from, close.end);
    making.epoch = segment.epoch;
    let mut in_unit = false;
    loop {
        let step = scanner
            .next()
            .map_err(|source| segment.error("read", source))?;
        match step {
            Step::Frame {
                offset,
                head,
                bytes,
            } => match head.kind {
                FrameKind::Event if head.sequence == making.next => {
                    let frame =
                        EventFrame::from_verified(head, bytes).map_err(|_| unreadable(part))?;
                    making.event(part, offset, &frame)?;
                    in_unit = !head.flags.contains(FrameFlags::COMMIT);
                }
                FrameKind::Event => return Err(unreadable(part)),
                _ if in_unit => return Err(unreadable(part)),
                FrameKind::Control => match ControlFrame::decode(bytes, segment.salt, offset) {
                    Ok(ControlFrame::Epoch { epoch, .. }) => making.epoch = epoch,
                    Ok(ControlFrame::Gap { first, last, .. }) if first == making.next => {
                        making.next = last.next();
                    }
                    Ok(ControlFrame::Gap { .. }) => return Err(unreadable(part)),
                    Ok(frame) => {
                        let change = VisibilityChange::of(&frame);
                        if let Some(change) = change.filter(|_| !planted(Bug::IndexShowsAll)) {
                            making.builder.change(change);
                        }
                    }
                    Err(_) => {}
                },
                _ => {}
            },
            Step::Stop(Stop::End) if !in_unit && making.next == close.last_sequence.next() => {
                return Ok(());
            }
            Step::Stop(_) => return Err(unreadable(part)),
        }
    }
}

impl Making<'_> {
    /// Makes the tiles, and adds the hash of the newest event of each stream. Only their frames are read
    /// and hashed again: the hash of any other stands in the next event of its stream.
    fn leaves(&mut self, part: &Part, first: Sequence) -> Result<(), ReadError> {
        let mut buffer = FrameBuffer::new();
        let mut next = first;
        for seen in std::mem::take(&mut self.events) {
            self.unknown_leaves(next, seen.sequence);
            let mut hash = seen.hash;
            if hash == UNKNOWN_EVENT_HASH {
                let frame = buffer.read(&part.file, seen.offset, seen.sequence)?;
                hash = frame.event_hash(self.key);
                let entity = frame.entity();
                self.builder.note_newest(entity, seen.sequence, hash);
            }
            self.leaf(&hash);
            next = seen.sequence.next();
        }
        self.unknown_leaves(next, self.next);
        Ok(())
    }

    /// Stand for the events from `next` on, before `end`, which are gone.
    fn unknown_leaves(&mut self, next: Sequence, end: Sequence) {
        for _ in next.get()..end.get() {
            self.leaf(&UNKNOWN_EVENT_HASH);
        }
    }

    fn leaf(&mut self, event_hash: &Digest) {
        if let Some(tile) = &mut self.tile {
            self.tiles.extend(tile.push(leaf_hash(event_hash)));
        }
    }

    fn event(
        &mut self,
        part: &Part,
        offset: Offset,
        frame: &EventFrame<'_>,
    ) -> Result<(), ReadError> {
        let head = &frame.head;
        let keyed = head.flags.contains(FrameFlags::KEYED);
        let mut causes = Vec::with_capacity(usize::from(head.cause_count));
        for cause in frame.causes() {
            causes.push(match cause {
                Cause::Foreign(id) => IndexCause::Foreign(id),
                Cause::Local(id) => match self.resolve(id)? {
                    Some(sequence) => IndexCause::Local(sequence),
                    // It is gone or lost: nothing here leads to it any more.
                    None => IndexCause::Foreign(id),
                },
            });
        }
        let event = IndexEvent {
            sequence: head.sequence,
            offset,
            id: head.event_id,
            keyed,
            entity: frame.entity(),
            scope: frame.scope(),
            stream_sequence: head.stream_sequence,
            predecessor: head.predecessor,
            generation: head.generation,
            kind: EventKind::from_raw(head.event_kind),
            wall_us: head.wall_us,
            epoch: self.epoch,
            correlation: Some(frame.correlation()),
            causes: &causes,
        };
        self.builder.push(&event).map_err(|_| unreadable(part))?;
        if keyed {
            self.keys.insert(head.event_id, head.sequence);
        }
        if let Some(before) = self.position(head.predecessor)
            && let Some(before) = self.events.get_mut(before)
        {
            before.hash = head.previous_hash;
        }
        self.events.push(Seen {
            sequence: head.sequence,
            id: head.event_id,
            offset,
            hash: UNKNOWN_EVENT_HASH,
        });
        self.next = self.next.next();
        Ok(())
    }

    /// Position of an event among those of this segment.
    fn position(&self, sequence: Sequence) -> Option<usize> {
        let first = self.events.first()?.sequence;
        let distance = usize::try_from(sequence.get().checked_sub(first.get())?).ok()?;
        // Without gaps its distance is its position.
        let at_distance = self.events.get(distance);
        if at_distance.is_some_and(|seen| seen.sequence == sequence) {
            return Some(distance);
        }
        let found = self
            .events
            .binary_search_by_key(&sequence, |seen| seen.sequence);
        found.ok()
    }

    /// The event that a cause names, in this segment or before it.
    fn resolve(&self, id: EventId) -> Result<Option<Sequence>, ReadError> {
        let hint = Sequence(id.sequence_hint());
        let hinted = self.position(hint).and_then(|at| self.events.get(at));
        if hinted.is_some_and(|seen| seen.id == id) {
            return Ok(Some(hint));
        }
        if let Some(sequence) = self.keys.get(&id) {
            return Ok(Some(*sequence));
        }
        match history::find(self.before, id) {
            Ok(found) => Ok(found.map(|row| row.sequence)),
            // The event that the id points at cannot be read to compare: the append found it.
            Err(ReadError::Frame { .. } | ReadError::WrongEvent { .. } | ReadError::File(_))
                if hint < self.next =>
            {
                Ok(Some(hint))
            }
            Err(error) => Err(error),
        }
    }
}

/// The leaves of the tile that is not full yet behind the parts `before`; none when one cannot be read.
fn pending_tile(before: &Parts, first: Sequence, key: &HashKey) -> Option<TileBuilder> {
    let leaves = first.get().saturating_sub(1);
    let mut tile = TileBuilder::new();
    let mut buffer = FrameBuffer::new();
    for leaf in leaves / TILE_LEAVES * TILE_LEAVES..leaves {
        let hash = event_hash(before, Sequence(leaf + 1), key, &mut buffer).ok()?;
        // Fewer leaves than a tile has.
        let _none = tile.push(leaf_hash(&hash));
    }
    Some(tile)
}

/// The directories over several parts that end with the part at `at`: of 8, of 64, and so on.
fn tiers(before: &Parts, at: usize, own: DirectoryTable) -> Vec<DirectoryTable> {
    let mut tiers: Vec<DirectoryTable> = Vec::new();
    let (mut run, mut number) = (1, 0_u32);
    let mut newest = own;
    while (at + 1).is_multiple_of(run * TIER) {
        let mut tables = Vec::with_capacity(TIER);
        for back in (1..TIER).rev() {
            let index = before.get(at - back * run).and_then(|part| part.index());
            // Without one of them there is no directory over all; the smaller ones do.
            let Some(index) = index else {
                return tiers;
            };
            let Ok(Some(directory)) = index.directory(number) else {
                return tiers;
            };
            tables.push(directory.to_table());
        }
        tables.push(newest);
        let Some(merged) = DirectoryTable::merge(tables) else {
            return tiers;
        };
        newest = merged.clone();
        tiers.push(merged);
        run *= TIER;
        number += 1;
    }
    tiers
}

/// The frames of a segment cannot be indexed: reading them one by one says why.
fn unreadable(part: &Part) -> ReadError {
    part.fault(IndexFault::Malformed(
        "the frames of the segment do not follow each other",
    ))
}

impl Engine {
    /// Makes the index files of closed segments that have none, in their order.
    pub(crate) fn seal_closed(&self) {
        if self.view.awaiting_index() == 0 {
            return;
        }
        let _sealing = self.sealing.lock().unwrap_or_else(PoisonError::into_inner);
        while self.seal_next() {}
        self.view.count_awaiting();
    }

    /// Makes one of them; whether there are more.
    pub(crate) fn seal_one(&self) -> bool {
        if self.view.awaiting_index() == 0 {
            return false;
        }
        let _sealing = self.sealing.lock().unwrap_or_else(PoisonError::into_inner);
        self.seal_next();
        self.view.count_awaiting();
        self.record_indexes();
        self.view.awaiting_index() > 0
    }

    /// Makes one index file; false when there is nothing left to make.
    fn seal_next(&self) -> bool {
        let parts = self.view.parts();
        let next = parts.iter().position(|part| part.awaits_index());
        let Some((at, part)) = next.and_then(|at| Some((at, parts.get(at)?))) else {
            return false;
        };
        let seen = self.view.repaired_indexes();
        let sealed = match self.seal_part(&parts, at) {
            // The index of an earlier part was damaged, and is made again.
            Err(error) if self.view.mend(&error, seen) => self.seal_part(&self.view.parts(), at),
            sealed => sealed,
        };
        match sealed {
            Ok(Some(hash)) => {
                let mut writer = self.lock_write();
                let mut closed = writer.desired.closed.iter_mut();
                if let Some(entry) = closed.find(|entry| entry.close.segment == part.file.id) {
                    entry.index_hash = Some(hash);
                    writer.new_indexes = true;
                }
            }
            Ok(None) => {}
            // Its columns go on to answer, and the next open tries again.
            Err(_) => part.give_up_index(),
        }
        true
    }

    /// Puts an index in the place of the columns of a closed part. Returns the hash of its chunk table
    /// when it has a file; without space for one it is kept in memory.
    fn seal_part(&self, parts: &Parts, at: usize) -> Result<Option<Digest>, ReadError> {
        let (Some(part), Some(close)) =
            (parts.get(at), parts.get(at).and_then(|part| part.closed()))
        else {
            return Ok(None);
        };
        let made = Made {
            lineage: self.view.lineage(),
            key: self.view.key(),
        };
        let bytes = build(parts, at, close, made)?;
        let storage = &*self.platform.storage;
        let file = write(storage, part.file.id, &bytes, self.options.mapping);
        let has_file = file.is_ok();
        let bytes = file.unwrap_or_else(|_| FileBytes::from(bytes));
        let index = SegmentIndex::open(bytes).map_err(|fault| part.fault(fault))?;
        let hash = index.table_hash();
        // Whoever stages under this lock finds the columns all the time, or notices that they are gone.
        let tail = self.lock_tail();
        self.view.seal(part, index);
        self.view.note_change();
        drop(tail);
        Ok(has_file.then_some(hash))
    }

    /// Notes how a segment ended, so that its index is made.
    pub(crate) fn close_part(&self, close: &CloseFacts) {
        let parts = self.view.parts();
        let closed = parts
            .iter()
            .rev()
            .find(|part| part.file.id == close.segment);
        if let Some(part) = closed {
            part.close_with(*close);
            self.view.count_awaiting();
            self.wake_sealing();
        }
    }
}
