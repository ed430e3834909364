//! What has been staged: the next place in the log, and the bytes that wait to be written.

use std::sync::{Arc, OnceLock};

use batpak_coordinate::Sequence;
use batpak_event::Digest;
use batpak_platform::Entropy;
use batpak_segment::{
    CloseFacts, Offset, SEAL_LENGTH, SEGMENT_HEADER, Seal, SegmentHeader, SegmentId,
};

use crate::error::FileError;
use crate::live::Ordinal;
use crate::segment_file::{NextSegment, SegmentFile};
use crate::spare::give_back;

/// Frame bytes of this length and more are moved into the buffer instead of copied, so that the
/// time under the lock does not grow with the payload.
const MOVE_FROM: usize = 16 << 10;

/// Everything under the `tail` lock.
#[derive(Debug)]
pub(crate) struct Tail {
    /// Staged buffers in log order; each belongs to one segment.
    pub(crate) queue: Vec<StagedBuffer>,
    pub(crate) cursor: Cursor,
    /// The next segment, filled ahead.
    pub(crate) prepared: Option<NextSegment>,
    pub(crate) wall_us: i64,
    pub(crate) counter: u16,
    /// Newest staged event of the whole log.
    pub(crate) last: Sequence,
    /// Its event hash.
    pub(crate) last_hash: Digest,
    /// Whether the frame that starts this epoch is still to be staged.
    pub(crate) epoch_due: bool,
    pub(crate) stage: Arc<Stage>,
    pub(crate) staged_bytes: u64,
    pub(crate) random: RandomPool,
    /// The pieces of a buffer that was written, emptied to use again.
    pub(crate) spare: Option<Vec<Vec<u8>>>,
}

/// Where the next frame goes.
#[derive(Debug)]
pub(crate) struct Cursor {
    /// Newest segment; none in a store without one.
    pub(crate) segment: Option<Arc<SegmentFile>>,
    /// Its position in the list of segments.
    pub(crate) ordinal: Ordinal,
    pub(crate) offset: u64,
    /// Whether more frames may be put into it. A torn segment, and one in which a write failed,
    /// is ended by its successor at `offset`, without a seal.
    pub(crate) open: bool,
    /// How it ended, when the identity says so already: whoever follows repeats exactly this.
    pub(crate) ended: Option<CloseFacts>,
}

/// What the units staged since the last failed write have in common: they are written or fail
/// together. Sequences are used again after a failure, so a ticket holds its stage as well.
#[derive(Debug, Default)]
pub(crate) struct Stage {
    pub(crate) outcome: OnceLock<FailedStage>,
}

/// How a stage ended.
#[derive(Debug)]
pub(crate) struct FailedStage {
    /// Events up to here were written before the failure.
    pub(crate) kept: Sequence,
    pub(crate) error: FileError,
}

/// Bytes that wait to be written to one segment.
#[derive(Debug)]
pub(crate) struct StagedBuffer {
    pub(crate) segment: Arc<SegmentFile>,
    /// What must happen before the first byte: the segment is new.
    pub(crate) rotation: Option<Rotation>,
    pub(crate) start: u64,
    pub(crate) len: u64,
    pub(crate) pieces: Vec<Vec<u8>>,
    /// Whether the last piece may be appended to.
    extendable: bool,
    /// Newest event in it or before it, and its event hash.
    pub(crate) last: Sequence,
    pub(crate) last_hash: Digest,
    pub(crate) units: usize,
    pub(crate) has_epoch: bool,
}

/// A segment change.
#[derive(Debug)]
pub(crate) struct Rotation {
    pub(crate) header: SegmentHeader,
    pub(crate) temporary: String,
}

impl StagedBuffer {
    fn new(segment: Arc<SegmentFile>, start: u64, spare: Option<Vec<Vec<u8>>>) -> Self {
        let pieces = spare.unwrap_or_default();
        Self {
            segment,
            rotation: None,
            start,
            len: 0,
            extendable: !pieces.is_empty(),
            pieces,
            last: Sequence::NONE,
            last_hash: [0; 32],
            units: 0,
            has_epoch: false,
        }
    }

    /// Appends a frame: its fixed part, then its body, which is moved when it is large.
    pub(crate) fn push(&mut self, head: &[u8], body: Vec<u8>) {
        self.len += (head.len() + body.len()) as u64;
        let piece = self.open_piece();
        piece.extend_from_slice(head);
        if body.len() < MOVE_FROM {
            piece.extend_from_slice(&body);
            give_back(body);
        } else {
            self.pieces.push(body);
            self.extendable = false;
        }
    }

    fn open_piece(&mut self) -> &mut Vec<u8> {
        if !self.extendable || self.pieces.is_empty() {
            self.pieces.push(Vec::new());
            self.extendable = true;
        }
        let last = self.pieces.len() - 1;
        &mut self.pieces[last]
    }
}

impl Tail {
    /// Whether `events` more fit into the newest segment, of which each holds `most`.
    pub(crate) fn holds(&self, events: u64, most: u64) -> bool {
        let held = self.events();
        held == 0 || held.saturating_add(events) <= most
    }

    /// Whether `bytes` more fit into the newest segment, with room left for a seal.
    pub(crate) fn fits(&self, bytes: u64) -> bool {
        let capacity = self
            .cursor
            .segment
            .as_ref()
            .map_or(0, |segment| segment.capacity);
        self.cursor.open
            && self
                .cursor
                .offset
                .saturating_add(bytes)
                .saturating_add(SEAL_LENGTH as u64)
                <= capacity
    }

    /// Whether `bytes` fit into the prepared segment.
    pub(crate) fn fits_prepared(&self, bytes: u64) -> bool {
        self.prepared
            .as_ref()
            .is_some_and(|next| next.capacity >= segment_for(bytes))
    }

    /// The buffer that ends at the cursor.
    pub(crate) fn buffer(&mut self) -> Option<&mut StagedBuffer> {
        let segment = self.cursor.segment.as_ref()?;
        let continues = self
            .queue
            .last()
            .is_some_and(|last| last.segment.id == segment.id);
        if !continues {
            let spare = self.spare.take();
            let segment = Arc::clone(segment);
            self.queue
                .push(StagedBuffer::new(segment, self.cursor.offset, spare));
        }
        self.queue.last_mut()
    }

    /// Ends the newest segment, with a seal when that is orderly, and goes on in the prepared one.
    /// `header` is given the facts that only the tail knows.
    /// Returns the new segment.
    pub(crate) fn rotate(
        &mut self,
        next: NextSegment,
        mut header: SegmentHeader,
    ) -> Arc<SegmentFile> {
        let last = self.last;
        header.predecessor = self.close_segment();
        header.segment = next.id;
        header.salt = next.salt;
        header.capacity = next.capacity;
        header.first_sequence = last.next();
        let had_segment = self.cursor.segment.is_some();
        let segment = Arc::new(SegmentFile::of_header(&header, next.file));
        let spare = self.spare.take();
        let mut buffer = StagedBuffer::new(Arc::clone(&segment), SEGMENT_HEADER as u64, spare);
        buffer.last = last;
        buffer.last_hash = self.last_hash;
        buffer.rotation = Some(Rotation {
            header,
            temporary: next.temporary,
        });
        self.queue.push(buffer);
        self.cursor = Cursor {
            segment: Some(Arc::clone(&segment)),
            ordinal: Ordinal(self.cursor.ordinal.0 + u32::from(had_segment)),
            offset: SEGMENT_HEADER as u64,
            open: true,
            ended: None,
        };
        segment
    }

    /// Events in the newest segment, those that are gone included.
    pub(crate) fn events(&self) -> u64 {
        let segment = self.cursor.segment.as_ref();
        segment.map_or(0, |segment| {
            self.last
                .next()
                .get()
                .saturating_sub(segment.first_sequence.get())
        })
    }

    /// Ends the newest segment, with a seal when that is orderly. Returns how it ended.
    pub(crate) fn close_segment(&mut self) -> CloseFacts {
        if let Some(ended) = self.cursor.ended {
            return ended;
        }
        let last = self.last;
        let Some(segment) = self.cursor.segment.clone() else {
            return CloseFacts::NONE;
        };
        let offset = self.cursor.offset;
        let seal_length = if self.cursor.open {
            SEAL_LENGTH as u64
        } else {
            0
        };
        let close = CloseFacts {
            segment: segment.id,
            salt: segment.salt,
            end: Offset(offset + seal_length),
            last_sequence: last,
            last_hash: self.last_hash,
        };
        if self.cursor.open {
            let mut seal = Vec::with_capacity(SEAL_LENGTH);
            Seal { close }.encode(segment.salt, Offset(offset), &mut seal);
            let last_hash = self.last_hash;
            if let Some(buffer) = self.buffer() {
                buffer.push(&seal, Vec::new());
                buffer.last = last;
                buffer.last_hash = last_hash;
            }
        }
        close
    }

    /// The newest segment; none in a store without one.
    pub(crate) fn segment_id(&self) -> Option<SegmentId> {
        self.cursor.segment.as_ref().map(|segment| segment.id)
    }

    /// The id of the segment after the newest one.
    pub(crate) fn next_segment_id(&self) -> SegmentId {
        let newest = self.cursor.segment.as_ref();
        newest.map_or(SegmentId(1), |segment| segment.id.next())
    }
}

/// Smallest segment that holds this many bytes of frames.
pub(crate) fn segment_for(bytes: u64) -> u64 {
    bytes
        .saturating_add(SEGMENT_HEADER as u64)
        .saturating_add(SEAL_LENGTH as u64)
}

/// Random bytes, taken from the system a few hundred at a time.
#[derive(Debug)]
pub(crate) struct RandomPool {
    entropy: Arc<dyn Entropy>,
    bytes: Vec<u8>,
}

impl RandomPool {
    const REFILL: usize = 1024;

    pub(crate) fn new(entropy: Arc<dyn Entropy>) -> Self {
        Self {
            entropy,
            bytes: Vec::new(),
        }
    }

    /// Takes the bytes for `count` identifiers ahead, so that drawing them cannot fail.
    pub(crate) fn reserve(&mut self, count: usize) -> Result<(), FileError> {
        let needed = count.saturating_mul(4).max(4);
        if self.bytes.len() >= needed {
            return Ok(());
        }
        self.bytes.resize(needed.max(Self::REFILL), 0);
        self.entropy.fill(&mut self.bytes).map_err(|source| {
            self.bytes.clear();
            FileError::new("read randomness for", "event identifiers", source)
        })
    }

    /// Four of the reserved bytes.
    pub(crate) fn draw(&mut self) -> u32 {
        self.bytes
            .split_last_chunk::<4>()
            .map(|(_, chunk)| u32::from_le_bytes(*chunk))
            .inspect(|_| self.bytes.truncate(self.bytes.len() - 4))
            .unwrap_or_default()
    }
}

/// A random number that is not zero.
pub(crate) fn random_salt(entropy: &dyn Entropy) -> Result<u64, FileError> {
    let mut bytes = [0; 8];
    entropy
        .fill(&mut bytes)
        .map_err(|source| FileError::new("read randomness for", "a new segment", source))?;
    Ok(u64::from_le_bytes(bytes).max(1))
}
