//! A reused buffer that frames are read into and borrowed from.

use std::sync::Arc;

use batpak_coordinate::Sequence;
use batpak_platform::read_up_to_at;
use batpak_segment::{EventFrame, FRAME_FIXED, FrameFault, FrameHead, Offset, SegmentId};

use crate::error::ReadError;
use crate::segment_file::SegmentFile;

/// First read of a frame whose length is not known yet: most frames are whole in it.
const FIRST_READ: usize = 1 << 10;
/// Largest window read ahead when frames are read one after the other.
const LARGEST_READ: usize = 256 << 10;

/// Holds the bytes of frames while they are looked at. Reading neighbors reads ahead; reading
/// here and there reads little more than the frame.
#[derive(Debug, Default)]
pub struct FrameBuffer {
    bytes: Vec<u8>,
    segment: Option<SegmentId>,
    start: u64,
    window: usize,
    backward: bool,
    /// Whether the bytes are to be read again whatever they are.
    stale: bool,
    /// The segment that was read last, if it is read in place: nothing is copied then.
    mapped: Option<Arc<SegmentFile>>,
}

impl FrameBuffer {
    /// An empty buffer.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads ahead towards the front of the log instead of its end.
    pub(crate) fn reading_backward() -> Self {
        Self {
            backward: true,
            ..Self::default()
        }
    }

    #[inline]
    pub(crate) fn read(
        &mut self,
        segment: &Arc<SegmentFile>,
        offset: Offset,
        expected: Sequence,
    ) -> Result<EventFrame<'_>, ReadError> {
        let fault = |fault| ReadError::Frame {
            segment: segment.id,
            offset,
            fault,
        };
        let held = if self.is_mapped(segment) {
            None
        } else {
            let held = self.verified(segment, offset);
            if held.is_none() {
                self.fetch(segment, offset)?;
            }
            held
        };
        let head = match held {
            Some(head) => head,
            None => {
                let bytes = self.from(offset.0);
                let bytes = bytes.ok_or_else(|| fault(FrameFault::BeyondEnd))?;
                let head = FrameHead::verify(bytes, segment.salt, offset);
                head.map_err(|found| {
                    // Fewer bytes than the head asks for are left in the file.
                    fault(match found {
                        FrameFault::TooShort => FrameFault::BeyondEnd,
                        found => found,
                    })
                })?
            }
        };
        if head.sequence != expected {
            let found = head.sequence;
            return Err(ReadError::WrongEvent {
                segment: segment.id,
                offset,
                found,
                expected,
            });
        }
        let bytes = self.from(offset.0).unwrap_or_default();
        EventFrame::from_verified(head, bytes).map_err(fault)
    }

    /// Whether the segment is read in place; from now on if it can be.
    #[inline]
    fn is_mapped(&mut self, segment: &Arc<SegmentFile>) -> bool {
        if segment.mapped().is_none() {
            self.mapped = None;
            return false;
        }
        let same = |held: &Arc<SegmentFile>| Arc::ptr_eq(held, segment);
        if !self.mapped.as_ref().is_some_and(same) {
            self.mapped = Some(Arc::clone(segment));
        }
        true
    }

    /// The head of the frame when the whole of it is held already and verifies. Bytes read ahead of
    /// the writer do not: they were zeros then.
    #[inline]
    fn verified(&self, segment: &SegmentFile, offset: Offset) -> Option<FrameHead> {
        if self.segment != Some(segment.id) {
            return None;
        }
        FrameHead::verify(self.from(offset.0)?, segment.salt, offset).ok()
    }

    /// Reads the frame anew, whatever is held.
    fn fetch(&mut self, segment: &SegmentFile, offset: Offset) -> Result<(), ReadError> {
        self.stale = true;
        self.hold(segment, offset.0, FRAME_FIXED)?;
        let head = self
            .from(offset.0)
            .and_then(<[u8]>::first_chunk::<FRAME_FIXED>)
            .and_then(|fixed| FrameHead::decode(fixed, segment.salt, offset).ok());
        if let Some(head) = head {
            let length = usize::try_from(head.length).unwrap_or(usize::MAX);
            self.hold(segment, offset.0, length)?;
        }
        Ok(())
    }

    /// The event that was read just now, once more.
    pub(crate) fn again(&self, offset: Offset, head: FrameHead) -> Option<EventFrame<'_>> {
        EventFrame::from_verified(head, self.from(offset.0)?).ok()
    }

    /// The bytes of a frame that was read just now.
    pub(crate) fn frame(&self, offset: Offset, head: &FrameHead) -> &[u8] {
        let length = usize::try_from(head.length).unwrap_or(usize::MAX);
        self.slice(offset.0, length).unwrap_or_default()
    }

    /// Makes sure that `len` bytes at `offset` are held, unless the file ends before.
    fn hold(&mut self, segment: &SegmentFile, offset: u64, len: usize) -> Result<(), ReadError> {
        let current = self.segment == Some(segment.id) && !self.stale;
        if current && self.slice(offset, len).is_some() {
            return Ok(());
        }
        let near = self.segment == Some(segment.id)
            && offset.abs_diff(self.start) <= 2 * self.bytes.len() as u64;
        self.window = if near {
            (2 * self.window).min(LARGEST_READ)
        } else {
            FIRST_READ
        };
        let want = self.window.max(len);
        let before = if self.backward {
            (self.window.saturating_sub(len)) as u64
        } else {
            0
        };
        let start = offset.saturating_sub(before);
        let want = want + usize::try_from(offset - start).unwrap_or(0);
        self.segment = None;
        self.bytes.resize(want, 0);
        let read = read_up_to_at(&*segment.file, &mut self.bytes, start)
            .map_err(|source| segment.error("read", source))?;
        self.bytes.truncate(read);
        self.start = start;
        self.segment = Some(segment.id);
        self.stale = false;
        Ok(())
    }

    fn slice(&self, offset: u64, len: usize) -> Option<&[u8]> {
        self.from(offset)?.get(..len)
    }

    /// What is held from an offset on.
    #[inline]
    fn from(&self, offset: u64) -> Option<&[u8]> {
        let (bytes, start) = match &self.mapped {
            Some(segment) => (segment.mapped()?, 0),
            None => (&*self.bytes, self.start),
        };
        bytes.get(usize::try_from(offset.checked_sub(start)?).ok()?..)
    }
}
