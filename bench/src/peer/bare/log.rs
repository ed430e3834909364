//! The log behind the lock: places, the index in memory, and the bytes that wait to be written.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::time::{SystemTime, UNIX_EPOCH};

use batpak_coordinate::{EventKind, Generation, Sequence, StreamSequence};
use batpak_event::{BranchId, CorrelationId, Digest, Epoch, EventFacts, EventId, HashKey, Lineage};
use batpak_segment::{
    CloseFacts, FORMAT_VERSION, FRAME_FIXED, FrameFlags, FrameHead, FrameKind, Offset,
    SEGMENT_HEADER, Salt, SegmentHeader, SegmentId,
};
use hashbrown::HashMap;

use super::parts;
use super::zeros::Zeros;
use crate::Result;
use crate::event::scatter;
use crate::peer::Level;

/// History of every bare log.
pub(super) const LINEAGE: Lineage = Lineage(0x0b5e);
const SALT: Salt = Salt(0x00c0_ffee);
const KIND: EventKind = EventKind::custom(0x1, 1);

/// What is known of an event before it has a place.
#[derive(Debug)]
pub(super) struct Prepared<'d> {
    pub(super) name: &'d str,
    pub(super) payload: usize,
    pub(super) content: Digest,
    pub(super) context: Digest,
    pub(super) body_crc: u32,
}

impl<'d> Prepared<'d> {
    /// An event that is neither hashed nor checked.
    pub(super) fn plain(name: &'d str, payload: usize) -> Prepared<'d> {
        Prepared {
            name,
            payload,
            content: [0; 32],
            context: [0; 32],
            body_crc: 0,
        }
    }

    fn is_plain(&self) -> bool {
        self.body_crc == 0 && self.context == [0; 32]
    }
}

/// A stream: its newest event, and the sequences of all.
#[derive(Debug, Default)]
struct Stream {
    last: u64,
    generation: u32,
    hash: Digest,
    sequences: Vec<u32>,
}

/// The log.
#[derive(Debug)]
pub(super) struct Log {
    file: File,
    zeros: Zeros,
    key: HashKey,
    /// Frames that have a place and are not written, and where they begin.
    staged: Vec<u8>,
    start: u64,
    /// Commits that were staged so far.
    units: u64,
    offsets: Vec<u64>,
    streams: HashMap<Box<str>, Stream>,
    wall_ms: i64,
    counter: u16,
}

impl Log {
    /// Writes the header of an empty file and fills space behind it.
    pub(super) fn create(file: File, level: Level) -> Result<Log> {
        let zeros = Zeros::start(file.try_clone()?, level)?;
        let header = SegmentHeader {
            version: FORMAT_VERSION,
            required: 0,
            optional: 0,
            lineage: LINEAGE,
            branch: BranchId(1),
            epoch: Epoch(1),
            segment: SegmentId(1),
            first_sequence: Sequence(1),
            salt: SALT,
            capacity: 1 << 40,
            created_us: 0,
            predecessor: CloseFacts::NONE,
            stands_for: None,
        };
        file.write_all_at(&header.encode(), 0)?;
        file.sync_data()?;
        Ok(Log {
            file,
            zeros,
            key: HashKey::for_lineage(LINEAGE),
            staged: Vec::new(),
            start: SEGMENT_HEADER as u64,
            units: 0,
            offsets: Vec::new(),
            streams: HashMap::new(),
            wall_ms: 0,
            counter: 0,
        })
    }

    /// Gives an event its place and adds its frame to what is to be written.
    pub(super) fn stage(&mut self, event: &Prepared<'_>, body: &[u8], ends: bool) -> Result<u128> {
        self.units += u64::from(ends);
        let offset = self.start + self.staged.len() as u64;
        let length = FRAME_FIXED + body.len();
        if event.is_plain() {
            self.staged
                .extend_from_slice(&(length as u32).to_le_bytes());
            self.staged.resize(self.staged.len() + FRAME_FIXED - 4, 0);
            self.staged.extend_from_slice(body);
            return Ok(0);
        }
        let sequence = self.offsets.len() as u64 + 1;
        let wall_us = self.stamp()?;
        let id = EventId::mint(wall_us, Sequence(sequence), scatter(sequence) as u32);
        let stream = match self.streams.get_mut(event.name) {
            Some(stream) => stream,
            None => self.streams.entry(event.name.into()).or_default(),
        };
        let previous = stream.sequences.last().copied().map_or(0, u64::from);
        let mut head = FrameHead {
            body_crc: event.body_crc,
            flags: if ends {
                FrameFlags::COMMIT
            } else {
                FrameFlags::NONE
            },
            sequence: Sequence(sequence),
            event_id: id,
            wall_us,
            stream_sequence: StreamSequence(stream.last + 1),
            predecessor: Sequence(previous),
            previous_hash: stream.hash,
            generation: Generation(stream.generation + 1),
            durable_lag: FrameHead::LAG_SATURATED,
            event_kind: KIND.as_raw_u16(),
            counter: self.counter,
            ..FrameHead::blank(FrameKind::Event)
        };
        head.fit(&parts(event.name, &body[..event.payload]))?;
        stream.hash = facts(&head, event).hash(&self.key);
        stream.last += 1;
        stream.generation += 1;
        stream.sequences.push(u32::try_from(sequence)?);
        self.offsets.push(offset);
        let fixed = head.encode(SALT, Offset(offset));
        self.staged.extend_from_slice(&fixed);
        self.staged.extend_from_slice(body);
        Ok(id.as_u128())
    }

    /// The time of an event, which never goes back.
    fn stamp(&mut self) -> Result<i64> {
        let wall_us = i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH)?.as_micros())?;
        let wall_ms = wall_us / 1000;
        self.counter = match wall_ms > self.wall_ms {
            true => 0,
            false => self.counter.wrapping_add(1),
        };
        self.wall_ms = self.wall_ms.max(wall_ms);
        Ok(wall_us)
    }

    /// Number of events of a stream.
    pub(super) fn stream_len(&self, name: &str) -> u64 {
        self.streams.get(name).map_or(0, |stream| stream.last)
    }

    /// Commits that were staged so far.
    pub(super) fn units(&self) -> u64 {
        self.units
    }

    /// Writes what is staged, in one call.
    pub(super) fn write(&mut self) -> Result<()> {
        let end = self.start + self.staged.len() as u64;
        self.zeros.reach(end)?;
        self.file.write_all_at(&self.staged, self.start)?;
        self.staged.clear();
        self.start = end;
        Ok(())
    }

    /// Cuts what was filled ahead, and syncs.
    pub(super) fn close(mut self, least: u64) -> Result<()> {
        self.write()?;
        self.zeros.stop()?;
        self.file.set_len(self.start.max(least))?;
        self.file.sync_all()?;
        Ok(())
    }
}

fn facts(head: &FrameHead, event: &Prepared<'_>) -> EventFacts {
    EventFacts {
        event_id: head.event_id,
        sequence: head.sequence,
        stream_sequence: head.stream_sequence,
        predecessor: head.predecessor,
        event_kind: KIND,
        wall_us: head.wall_us,
        counter: head.counter,
        lane: 0,
        depth: 0,
        generation: head.generation,
        caller_flags: 0,
        payload_version: 0,
        correlation: CorrelationId::new(head.event_id.as_u128()),
        payload_len: event.payload as u32,
        context_hash: event.context,
        content_hash: event.content,
        previous_hash: head.previous_hash,
    }
}
