//! Writing: one write call per crowd, segment changes, and what happens when a write fails.
//!
//! Rotation order, under the `write` lock: sync the old segment (its seal included); write the new
//! one's header and sync it; give it its name and sync the directory; record it in the identity;
//! only then write units into it. Hence nothing in a segment is acknowledged before the identity
//! names it.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use batpak_coordinate::Sequence;
use batpak_segment::identity::ClosedSegment;

use crate::clock::Stamp;
use crate::engine::{Engine, Writer};
use crate::error::{AppendError, Failure, FileError};
use crate::live::Ordinal;
use crate::options::Durability;
use crate::sabotage::{Bug, planted};
use crate::segment_file::SegmentFile;
use crate::sync::Undone;
use crate::tail::{Cursor, FailedStage, Rotation, Stage, StagedBuffer};

/// Why writing stopped.
enum Stop {
    /// Bytes could not be written: the part of `segment` from `good_end` to `dirty_end` is
    /// unknown, nothing else is.
    Write {
        error: FileError,
        good_end: u64,
        dirty_end: u64,
        segment: Option<Arc<SegmentFile>>,
    },
    /// The writer cannot go on.
    Fatal(Failure),
}

impl Engine {
    /// Ends the newest segment without adding to it, and begins the next one durably.
    pub(crate) fn next_segment_now(&self, bytes: u64) -> Result<(), AppendError> {
        let id = self.lock_tail().next_segment_id();
        self.prepare_segment(id, bytes, 0)?;
        let stamp = Stamp::read(&*self.platform.clock)?;
        let stage = {
            let mut tail = self.lock_tail();
            let header = self.header(stamp);
            if let Some(next) = tail.prepared.take() {
                self.rotate_tail(&mut tail, next, header);
            }
            Arc::clone(&tail.stage)
        };
        self.write_all_staged();
        match (stage.outcome.get(), self.failure.get()) {
            (Some(outcome), _) => Err(AppendError::NotWritten(outcome.error.clone())),
            (None, Some(failure)) => Err(AppendError::Failed(failure.clone())),
            (None, None) => Ok(()),
        }
    }

    /// Writes whatever is staged.
    pub(crate) fn write_all_staged(&self) {
        let mut writer = self.lock_write();
        self.write_staged(&mut writer);
    }

    /// Writes all staged buffers in order; returns how many units they held. A failure is
    /// recorded where waiters look: in the stage, or as the failure of the writer.
    pub(crate) fn write_staged(&self, writer: &mut Writer) -> usize {
        if self.failure.get().is_some() {
            return 0;
        }
        let mut buffers = {
            let mut tail = self.lock_tail();
            tail.staged_bytes = 0;
            if tail.spare.is_none() {
                tail.spare = writer.spare.take();
            }
            self.staged_units.store(0, Ordering::Release);
            self.attempted.fetch_max(tail.last.get(), Ordering::SeqCst);
            std::mem::replace(&mut tail.queue, std::mem::take(&mut writer.emptied))
        };
        if self.failed.load(Ordering::SeqCst) {
            return 0;
        }
        let mut units = 0;
        // Units that were taken from the queue and not written leave a gap before later ones.
        let undone = Undone(self);
        for buffer in buffers.drain(..) {
            units += buffer.units;
            if let Err(stop) = self.write_buffer(writer, buffer) {
                match stop {
                    Stop::Fatal(failure) => self.fail(failure),
                    Stop::Write {
                        error,
                        good_end,
                        dirty_end,
                        segment,
                    } => {
                        self.undo(writer, error, good_end, dirty_end, segment.as_deref());
                    }
                }
                break;
            }
        }
        std::mem::forget(undone);
        writer.emptied = buffers;
        units
    }

    fn write_buffer(&self, writer: &mut Writer, buffer: StagedBuffer) -> Result<(), Stop> {
        if let Some(rotation) = &buffer.rotation {
            self.rotate(writer, &buffer, rotation)?;
        }
        let mut at = buffer.start;
        for piece in &buffer.pieces {
            buffer
                .segment
                .write(piece, at)
                .map_err(|error| Stop::Write {
                    error,
                    good_end: buffer.start,
                    dirty_end: buffer.start + buffer.len,
                    segment: Some(Arc::clone(&buffer.segment)),
                })?;
            at += piece.len() as u64;
        }
        writer.end = at;
        writer.last = buffer.last;
        writer.last_hash = buffer.last_hash;
        writer.epoch_written |= buffer.has_epoch;
        self.unsynced_bytes.fetch_add(buffer.len, Ordering::AcqRel);
        self.raise_written(buffer.last);
        let mut pieces = buffer.pieces;
        pieces.truncate(1);
        if let Some(piece) = pieces.first_mut() {
            piece.clear();
            writer.spare = Some(pieces);
        }
        Ok(())
    }

    /// Makes the identity on disk know the indexes that were made since its last write: an open after a
    /// crash believes them then, and has none of them to make again.
    pub(crate) fn record_indexes(&self) {
        let mut writer = self.lock_write();
        if !std::mem::take(&mut writer.new_indexes) || self.check_open().is_err() {
            return;
        }
        let desired = writer.desired.clone();
        if let Err(failure) = writer.identity.write(desired) {
            self.fail(failure);
        }
    }

    fn raise_written(&self, last: Sequence) {
        self.written.fetch_max(last.get(), Ordering::AcqRel);
        if self.options.durability == Durability::Written {
            self.view.raise_visible(last);
        }
    }

    fn rotate(
        &self,
        writer: &mut Writer,
        buffer: &StagedBuffer,
        rotation: &Rotation,
    ) -> Result<(), Stop> {
        let close = rotation.header.predecessor;
        if let Some(active) = writer
            .active
            .as_ref()
            .filter(|_| !planted(Bug::SkipSyncOfOldSegment))
        {
            active
                .sync()
                .map_err(|error| Stop::Fatal(Failure::Sync(error)))?;
            self.raise_durable(close.last_sequence);
        }
        let segment = &buffer.segment;
        let header = rotation.header.encode();
        segment
            .write(&header, 0)
            .and_then(|()| {
                if planted(Bug::SkipSyncOfHeader) {
                    Ok(())
                } else {
                    segment.sync()
                }
            })
            .map_err(|error| Stop::Write {
                error,
                good_end: writer.end,
                dirty_end: writer.end,
                segment: None,
            })?;
        let storage = &*self.platform.storage;
        storage
            .rename(&rotation.temporary, &segment.name)
            .map_err(|source| Stop::Write {
                error: segment.error("name", source),
                good_end: writer.end,
                dirty_end: writer.end,
                segment: None,
            })?;
        let late = planted(Bug::SkipSyncOfName) || planted(Bug::NameAfterIdentity);
        let named = if late {
            Ok(())
        } else {
            storage.sync_directory()
        };
        named.map_err(|source| {
            Stop::Fatal(Failure::Sync(
                segment.error("sync the directory of", source),
            ))
        })?;
        writer.desired.highest = segment.id;
        writer.desired.durable = writer.desired.durable.max(close.last_sequence);
        let ended = writer.ended().is_some();
        if let Some(active) = writer.active.as_ref().filter(|_| !ended) {
            writer.desired.closed.push(ClosedSegment {
                close,
                first_sequence: active.first_sequence,
                index_hash: None,
            });
        }
        let desired = writer.desired.clone();
        writer.new_indexes = false;
        writer.identity.write(desired).map_err(Stop::Fatal)?;
        let _late = planted(Bug::NameAfterIdentity).then(|| storage.sync_directory());
        if let Some(active) = writer.active.replace(Arc::clone(segment)) {
            // The zeros behind the close facts are never read; a file that keeps them is only
            // larger than it needs to be.
            if !std::mem::take(&mut writer.evidence) && !ended {
                let _kept_longer = active.file.set_len(close.end.0);
            }
            writer.ordinal = Ordinal(writer.ordinal.0 + 1);
        }
        writer.end = buffer.start;
        self.close_part(&close);
        Ok(())
    }

    /// Makes a failed write as if it had never been: its range reads as zeros on stable storage,
    /// its units leave the index, and the next unit goes to a new segment, so that no frame is
    /// ever written where a failed write has been.
    fn undo(
        &self,
        writer: &mut Writer,
        error: FileError,
        good_end: u64,
        dirty_end: u64,
        segment: Option<&SegmentFile>,
    ) {
        let kept = planted(Bug::KeepFailedWrite) || planted(Bug::WriteWhereAWriteFailed);
        if let Some(segment) = segment.filter(|_| !kept) {
            let cleared = segment
                .write_zeros(good_end, dirty_end)
                .and_then(|()| segment.sync());
            if let Err(error) = cleared {
                self.fail(Failure::Write(error));
                return;
            }
        }
        let mut tail = self.lock_tail();
        let kept = writer.last;
        let parts = match &writer.active {
            Some(_) => writer.ordinal.0 as usize + 1,
            None => 0,
        };
        if !planted(Bug::KeepFailedUnits) {
            self.view.truncate(parts, kept);
        }
        tail.queue.clear();
        tail.staged_bytes = 0;
        tail.last = kept;
        tail.last_hash = writer.last_hash;
        tail.epoch_due = !writer.epoch_written;
        tail.cursor = Cursor {
            segment: writer.active.clone(),
            ordinal: writer.ordinal,
            offset: good_end,
            open: planted(Bug::WriteWhereAWriteFailed),
            ended: writer.ended(),
        };
        // It was filled for another place in the order of segments.
        tail.prepared = None;
        self.staged_units.store(0, Ordering::Release);
        self.attempted.store(kept.get(), Ordering::SeqCst);
        let failed = std::mem::replace(&mut tail.stage, Arc::new(Stage::default()));
        drop(tail);
        let _only_once = failed.outcome.set(FailedStage { kept, error });
        self.lock_frontier().wake_all();
    }
}
