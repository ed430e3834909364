//! Frames one after the other, then one reason to stop.

use super::{ByteSource, WINDOW};
use crate::fixed::{is_zero, size};
use crate::frame::check_parts;
use crate::{FRAME_FIXED, FrameFault, FrameHead, Offset, Salt};

/// Walks over the frames of a segment.
///
/// Total: on any bytes it yields valid frames and then a stop, and once stopped it repeats that stop. It
/// fetches every byte at most twice, and the body of a frame only once the head has verified.
#[derive(Debug)]
pub struct Scanner<S> {
    source: S,
    salt: Salt,
    position: u64,
    end: u64,
    stop: Option<Stop>,
}

/// What the scanner found.
#[derive(Debug)]
pub enum Step<'a> {
    /// A valid frame.
    Frame {
        /// Where it starts.
        offset: Offset,
        /// Its fixed part.
        head: FrameHead,
        /// All its bytes.
        bytes: &'a [u8],
    },
    /// There is no further frame.
    Stop(Stop),
}

/// Why there is no further frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// The last frame ended exactly at the end of the range.
    End,
    /// Nothing but zeros from here to the end of the range.
    CleanZeros {
        /// The first zero byte: where the next frame would be.
        offset: Offset,
    },
    /// Something that is no frame.
    Bad {
        /// Where it starts.
        offset: Offset,
        /// What is wrong with it.
        fault: FrameFault,
    },
}

impl<S: ByteSource> Scanner<S> {
    /// Scans from `start`, where a frame begins, to `end` or the end of the source, whichever comes first.
    pub fn new(source: S, salt: Salt, start: Offset, end: Offset) -> Scanner<S> {
        let end = end.0.min(source.len());
        Scanner {
            source,
            salt,
            position: start.0,
            end,
            stop: None,
        }
    }

    /// Where the next frame begins, or the scan stopped.
    pub fn position(&self) -> Offset {
        Offset(self.position)
    }

    /// Gives the source back.
    pub fn into_source(self) -> S {
        self.source
    }

    /// The next frame, or the stop.
    ///
    /// # Errors
    /// Those of the source. The scan stays where it was, so the step may be tried again.
    pub fn next<'s>(&'s mut self) -> Result<Step<'s>, S::Error>
    where
        S: 's,
    {
        let offset = Offset(self.position);
        let head = match self.stop {
            Some(stop) => Err(stop),
            None => self.head()?,
        };
        let head = match head {
            Ok(head) => head,
            Err(stop) => {
                self.stop = Some(stop);
                return Ok(Step::Stop(stop));
            }
        };
        let bytes = self.source.window(self.position, size(head.length))?;
        if let Err(fault) = check_parts(&head, bytes, self.salt, offset) {
            let stop = Stop::Bad { offset, fault };
            self.stop = Some(stop);
            return Ok(Step::Stop(stop));
        }
        self.position += u64::from(head.length);
        Ok(Step::Frame {
            offset,
            head,
            bytes,
        })
    }

    /// The verified head of a frame that lies within the range, or the reason why there is none.
    fn head(&mut self) -> Result<Result<FrameHead, Stop>, S::Error> {
        let offset = Offset(self.position);
        let bad = |fault| Stop::Bad { offset, fault };
        let Some(left) = self.end.checked_sub(self.position) else {
            return Ok(Err(bad(FrameFault::BeyondEnd)));
        };
        if left == 0 {
            return Ok(Err(Stop::End));
        }
        let Some(fixed) = self.fixed_part(left)? else {
            let clean = self.is_zero_to_end()?;
            return Ok(Err(if clean {
                Stop::CleanZeros { offset }
            } else {
                bad(FrameFault::TooShort)
            }));
        };
        Ok(match FrameHead::decode(&fixed, self.salt, offset) {
            Ok(head) if u64::from(head.length) > left => Err(bad(FrameFault::BeyondEnd)),
            Ok(head) => Ok(head),
            Err(FrameFault::ZeroLength) if self.is_zero_to_end()? => {
                Err(Stop::CleanZeros { offset })
            }
            Err(fault) => Err(bad(fault)),
        })
    }

    /// `None` when fewer bytes are left than a fixed part takes.
    fn fixed_part(&mut self, left: u64) -> Result<Option<[u8; FRAME_FIXED]>, S::Error> {
        if left < crate::fixed::count(FRAME_FIXED) {
            return Ok(None);
        }
        Ok(self
            .source
            .window(self.position, FRAME_FIXED)?
            .first_chunk()
            .copied())
    }

    fn is_zero_to_end(&mut self) -> Result<bool, S::Error> {
        let mut position = self.position;
        while position < self.end {
            let length = WINDOW.min(self.end - position);
            if !is_zero(
                self.source
                    .window(position, usize::try_from(length).unwrap_or(0))?,
            ) {
                return Ok(false);
            }
            position += length;
        }
        Ok(true)
    }
}

#[cfg(test)]
#[path = "scanner_tests.rs"]
mod tests;
