//! Writes the segments of a new store: temporary names until everything is on stable storage.

use std::sync::Arc;

use batpak_coordinate::Sequence;
use batpak_event::{Digest, Epoch};
use batpak_platform::{Platform, StorageFile, write_all_at};
use batpak_segment::identity::ClosedSegment;
use batpak_segment::{
    CloseFacts, ControlFrame, FORMAT_VERSION, FRAME_FIXED, FrameFlags, FrameHead, GapCause, Offset,
    SEAL_LENGTH, SEGMENT_HEADER, Salt, SegmentHeader, SegmentId,
};

use crate::error::FileError;
use crate::options::SEGMENT_EVENTS;
use crate::segment_file::NextSegment;
use crate::tail::random_salt;
use crate::view::Origin;

/// Bytes from which on a segment is ended; as many events as a writer puts into one end it as well.
const SEGMENT_BYTES: u64 = 256 << 20;
/// Bytes that are written at a time.
const CHUNK: usize = 1 << 20;

/// The new store so far.
pub(super) struct Copy<'a> {
    platform: &'a Platform,
    origin: Origin,
    current: Option<Current>,
    /// The newest event: whether it ends its unit is known when the next frame is.
    pending: Option<Pending>,
    /// How the segment before the current one ended.
    before: CloseFacts,
    closed: Vec<ClosedSegment>,
    /// Newest sequence, events that are gone included, and its event hash where there is one.
    last: Sequence,
    last_hash: Digest,
}

struct Pending {
    head: FrameHead,
    body: Vec<u8>,
}

/// The segment that is being written.
struct Current {
    id: SegmentId,
    salt: Salt,
    first_sequence: Sequence,
    created_us: i64,
    /// Epoch of the newest event in it.
    epoch: Option<Epoch>,
    file: Arc<dyn StorageFile>,
    temporary: String,
    /// What is to be written next, and where.
    bytes: Vec<u8>,
    at: u64,
}

/// What [`Copy::finish`] leaves behind.
pub(super) struct Copied {
    pub(super) highest: SegmentId,
    /// Length of the newest segment.
    pub(super) length: u64,
    pub(super) last_hash: Digest,
    pub(super) closed: Vec<ClosedSegment>,
}

impl Current {
    fn position(&self) -> Offset {
        Offset(self.at + self.bytes.len() as u64)
    }

    fn flush(&mut self) -> Result<(), FileError> {
        write_all_at(&*self.file, &self.bytes, self.at)
            .map_err(|source| FileError::new("write", self.temporary.clone(), source))?;
        self.at += self.bytes.len() as u64;
        self.bytes.clear();
        Ok(())
    }

    fn push_control(&mut self, frame: &ControlFrame) {
        let offset = self.position();
        frame.encode(self.salt, offset, &mut self.bytes);
    }
}

impl<'a> Copy<'a> {
    pub(super) fn new(platform: &'a Platform, origin: Origin) -> Self {
        Self {
            platform,
            origin,
            current: None,
            pending: None,
            before: CloseFacts::NONE,
            closed: Vec::new(),
            last: Sequence::NONE,
            last_hash: [0; 32],
        }
    }

    /// Adds an event; `frame` is its whole frame as it was read.
    pub(super) fn event(
        &mut self,
        mut head: FrameHead,
        frame: &[u8],
        hash: Digest,
        epoch: Epoch,
    ) -> Result<(), FileError> {
        let same_epoch = self
            .current
            .as_ref()
            .is_some_and(|current| current.epoch == Some(epoch));
        let ends_unit = self
            .pending
            .as_ref()
            .is_none_or(|pending| pending.head.flags.contains(FrameFlags::COMMIT));
        if ends_unit || !same_epoch {
            self.settle(true)?;
            self.end_large_segment()?;
        } else {
            self.settle(false)?;
        }
        let random = random_salt(&*self.platform.entropy)?;
        let current = self.current()?;
        if current.epoch != Some(epoch) {
            current.epoch = Some(epoch);
            let wall_us = head.wall_us;
            current.push_control(&ControlFrame::Epoch {
                epoch,
                wall_us,
                random,
            });
        }
        (self.last, self.last_hash) = (head.sequence, hash);
        // What was durable when the event was written says nothing about this copy.
        head.durable_lag = FrameHead::LAG_SATURATED;
        let body = frame.get(FRAME_FIXED..).unwrap_or_default().to_vec();
        self.pending = Some(Pending { head, body });
        Ok(())
    }

    /// Names a range of events as gone.
    pub(super) fn gap(
        &mut self,
        first: Sequence,
        last: Sequence,
        cause: GapCause,
    ) -> Result<(), FileError> {
        self.control(&ControlFrame::Gap {
            first,
            last,
            cause,
            tree: Vec::new(),
        })?;
        (self.last, self.last_hash) = (last, [0; 32]);
        Ok(())
    }

    /// Adds a fact about the store.
    pub(super) fn control(&mut self, frame: &ControlFrame) -> Result<(), FileError> {
        self.settle(true)?;
        self.end_large_segment()?;
        self.current()?.push_control(frame);
        Ok(())
    }

    /// Makes everything durable, then gives the segments their names: from the newest down, so that a
    /// salvage that is cut off here leaves no history that seems whole without its end.
    pub(super) fn finish(mut self) -> Result<Copied, FileError> {
        self.settle(true)?;
        let length = match self.current.take() {
            Some(current) => self.end_segment(current)?,
            None => 0,
        };
        let highest = self.before.segment;
        let storage = &*self.platform.storage;
        // The last one is not closed: the record of the clean close says how it ended.
        let _newest = self.closed.pop();
        let closed = self.closed.iter().rev().map(|closed| closed.close.segment);
        let newest = Some(highest).filter(|id| !id.is_none());
        for id in newest.into_iter().chain(closed) {
            let (temporary, name) = (NextSegment::temporary_name(id), id.file_name());
            storage
                .rename(&temporary, &name)
                .map_err(|source| FileError::new("name", name, source))?;
        }
        storage
            .sync_directory()
            .map_err(|source| FileError::new("sync", ".", source))?;
        Ok(Copied {
            highest,
            length,
            last_hash: self.last_hash,
            closed: self.closed,
        })
    }

    /// Puts the pending event into the segment, as the last of its unit or not.
    fn settle(&mut self, ends_unit: bool) -> Result<(), FileError> {
        let Some(mut pending) = self.pending.take() else {
            return Ok(());
        };
        if ends_unit {
            pending.head.flags = pending.head.flags | FrameFlags::COMMIT;
        }
        let current = self.current()?;
        let fixed = pending.head.encode(current.salt, current.position());
        current.bytes.extend_from_slice(&fixed);
        current.bytes.extend_from_slice(&pending.body);
        if current.bytes.len() >= CHUNK {
            current.flush()?;
        }
        Ok(())
    }

    fn current(&mut self) -> Result<&mut Current, FileError> {
        if self.current.is_none() {
            let id = self.before.segment.next();
            let temporary = NextSegment::temporary_name(id);
            let storage = &*self.platform.storage;
            // One that is there already is left of a salvage that was cut off.
            let _none_there = storage.remove(&temporary);
            let file = storage
                .create(&temporary)
                .map_err(|source| FileError::new("create", temporary.clone(), source))?;
            self.current = Some(Current {
                id,
                salt: Salt(random_salt(&*self.platform.entropy)?),
                first_sequence: self.last.next(),
                created_us: self.platform.clock.wall_us().max(0),
                epoch: None,
                file,
                temporary,
                bytes: Vec::new(),
                at: SEGMENT_HEADER as u64,
            });
        }
        self.current
            .as_mut()
            .ok_or_else(|| FileError::new("create", ".", std::io::ErrorKind::NotFound.into()))
    }

    fn end_large_segment(&mut self) -> Result<(), FileError> {
        let last = self.last.get();
        let large = |current: &mut Current| {
            let events = last.saturating_sub(current.first_sequence.get()) + 1;
            current.position().0 >= SEGMENT_BYTES || events >= SEGMENT_EVENTS
        };
        if let Some(current) = self.current.take_if(large) {
            self.end_segment(current)?;
        }
        Ok(())
    }

    /// Makes a segment durable. Returns its length.
    fn end_segment(&mut self, mut current: Current) -> Result<u64, FileError> {
        current.flush()?;
        let header = SegmentHeader {
            version: FORMAT_VERSION,
            required: 0,
            optional: 0,
            lineage: self.origin.lineage,
            branch: self.origin.branch,
            epoch: self.origin.epoch,
            segment: current.id,
            first_sequence: current.first_sequence,
            salt: current.salt,
            capacity: current.at + SEAL_LENGTH as u64,
            created_us: current.created_us,
            predecessor: self.before,
            stands_for: None,
        };
        let failed = |source| FileError::new("write", current.temporary.clone(), source);
        write_all_at(&*current.file, &header.encode(), 0)
            .and_then(|()| current.file.sync_data())
            .map_err(failed)?;
        self.before = CloseFacts {
            segment: current.id,
            salt: current.salt,
            end: Offset(current.at),
            last_sequence: self.last,
            last_hash: self.last_hash,
        };
        self.closed.push(ClosedSegment {
            close: self.before,
            first_sequence: current.first_sequence,
            index_hash: None,
        });
        Ok(current.at)
    }
}
