//! An event frame read in place.

use batpak_coordinate::EventKind;
use batpak_event::{
    Cause, CorrelationId, Digest, EventFacts, EventId, HashKey, content_hash, context_hash,
    salted_content_hash,
};

use super::layout::FRAME_FIXED;
use super::whole::verify;
use super::{FrameFault, FrameFlags, FrameHead, FrameKind};
use crate::fixed::size;
use crate::{Offset, Salt};

/// An event frame whose checks match, borrowed from the bytes it was decoded from.
///
/// Decoding copies the fixed part and slices the body; nothing is allocated. Hashes are computed on call.
#[derive(Debug, Clone, Copy)]
pub struct EventFrame<'a> {
    /// The fixed part.
    pub head: FrameHead,
    lane: u32,
    depth: u32,
    correlation: Option<CorrelationId>,
    causes: CauseIter<'a>,
    entity: &'a str,
    scope: &'a str,
    extensions: &'a [u8],
    content: Content<'a>,
}

/// What the body holds of the payload.
#[derive(Debug, Clone, Copy)]
enum Content<'a> {
    Plain(&'a [u8]),
    Salted(&'a [u8; 16], &'a [u8]),
    Erased(&'a Digest),
}

impl<'a> EventFrame<'a> {
    /// Reads and checks the event frame at the start of `frame`; bytes after it are not looked at.
    ///
    /// # Errors
    /// [`FrameFault`] when the bytes are not a valid frame at this offset under this salt, or not an event.
    pub fn decode(
        frame: &'a [u8],
        salt: Salt,
        offset: Offset,
    ) -> Result<EventFrame<'a>, FrameFault> {
        let (head, body) = verify(frame, salt, offset)?;
        EventFrame::from_parts(head, body)
    }

    /// Reads a frame whose checks are known to match, as those that a scanner hands out.
    ///
    /// # Errors
    /// [`FrameFault`] when `frame` is shorter than the head says, not an event, or its parts are malformed.
    #[inline]
    pub fn from_verified(head: FrameHead, frame: &'a [u8]) -> Result<EventFrame<'a>, FrameFault> {
        let body = frame
            .get(FRAME_FIXED..size(head.length))
            .ok_or(FrameFault::TooShort)?;
        EventFrame::from_parts(head, body)
    }

    #[inline(always)]
    fn from_parts(head: FrameHead, body: &'a [u8]) -> Result<EventFrame<'a>, FrameFault> {
        if head.kind != FrameKind::Event {
            return Err(FrameFault::Malformed("frame is not an event"));
        }
        let mut rest = Rest(body);
        let (lane, depth) = match head.flags.contains(FrameFlags::LANE) {
            true => (rest.number()?, rest.number()?),
            false => (0, 0),
        };
        let correlation = match head.flags.contains(FrameFlags::CORRELATED) {
            true => Some(CorrelationId::new(u128::from_le_bytes(*rest.array()?))),
            false => None,
        };
        let causes = rest.causes(head.cause_count)?;
        let (entity, scope) = rest.names(head.entity_len, head.scope_len)?;
        let extensions = rest.take(size(head.extensions_len))?;
        let content = rest.content(&head)?;
        if rest.0.len() >= 8 || rest.0.iter().fold(0, |all, byte| all | byte) != 0 {
            return Err(FrameFault::Malformed("padding is not zero"));
        }
        Ok(EventFrame {
            head,
            lane,
            depth,
            correlation,
            causes,
            entity,
            scope,
            extensions,
            content,
        })
    }

    /// Lane of the branch position.
    #[must_use]
    pub const fn lane(&self) -> u32 {
        self.lane
    }

    /// Depth of the branch position.
    #[must_use]
    pub const fn depth(&self) -> u32 {
        self.depth
    }

    /// Correlation; the event's own id when the frame holds no other.
    #[must_use]
    pub fn correlation(&self) -> CorrelationId {
        self.correlation
            .unwrap_or(CorrelationId::from(self.head.event_id))
    }

    /// Causes in their order.
    #[must_use]
    pub const fn causes(&self) -> CauseIter<'a> {
        self.causes
    }

    /// Entity of the stream.
    #[must_use]
    pub const fn entity(&self) -> &'a str {
        self.entity
    }

    /// Scope of the stream.
    #[must_use]
    pub const fn scope(&self) -> &'a str {
        self.scope
    }

    /// Extension map as MessagePack; empty when there is none.
    #[must_use]
    pub const fn extensions(&self) -> &'a [u8] {
        self.extensions
    }

    /// Salt of the payload commitment, where the frame holds one.
    #[must_use]
    pub const fn salt_bytes(&self) -> Option<&'a [u8; 16]> {
        match self.content {
            Content::Salted(salt, _) => Some(salt),
            Content::Plain(_) | Content::Erased(_) => None,
        }
    }

    /// Payload as stored; empty when it was erased.
    #[must_use]
    pub const fn payload(&self) -> &'a [u8] {
        match self.content {
            Content::Plain(payload) | Content::Salted(_, payload) => payload,
            Content::Erased(_) => &[],
        }
    }

    /// Whether the payload was erased.
    #[must_use]
    pub const fn is_erased(&self) -> bool {
        matches!(self.content, Content::Erased(_))
    }

    /// Kind of the event.
    #[must_use]
    pub const fn kind(&self) -> EventKind {
        EventKind::from_raw(self.head.event_kind)
    }

    /// The payload commitment, computed from the payload, or as stored when that was erased.
    #[must_use]
    pub fn content_hash(&self) -> Digest {
        match self.content {
            Content::Plain(payload) => content_hash(payload),
            Content::Salted(salt, payload) => salted_content_hash(salt, payload),
            Content::Erased(commitment) => *commitment,
        }
    }

    /// The hash of stream, causes and extensions, computed.
    #[must_use]
    pub fn context_hash(&self) -> Digest {
        context_hash(self.entity, self.scope, self.causes, self.extensions)
    }

    /// All facts that the event hash covers; computes content and context hash.
    #[must_use]
    pub fn facts(&self) -> EventFacts {
        EventFacts {
            event_id: self.head.event_id,
            sequence: self.head.sequence,
            stream_sequence: self.head.stream_sequence,
            predecessor: self.head.predecessor,
            event_kind: self.kind(),
            wall_us: self.head.wall_us,
            counter: self.head.counter,
            lane: self.lane,
            depth: self.depth,
            generation: self.head.generation,
            caller_flags: self.head.caller_flags,
            payload_version: self.head.payload_version,
            correlation: self.correlation(),
            payload_len: self.head.payload_len,
            context_hash: self.context_hash(),
            content_hash: self.content_hash(),
            previous_hash: self.head.previous_hash,
        }
    }

    /// The event hash, computed from all facts.
    #[must_use]
    pub fn event_hash(&self, key: &HashKey) -> Digest {
        self.facts().hash(key)
    }
}

/// The causes of an event frame, read in place.
#[derive(Debug, Clone, Copy)]
pub struct CauseIter<'a> {
    ids: &'a [[u8; 16]],
    marks: &'a [u8],
    next: usize,
}

impl Iterator for CauseIter<'_> {
    type Item = Cause;

    fn next(&mut self) -> Option<Cause> {
        let id = EventId::new(u128::from_le_bytes(*self.ids.get(self.next)?));
        let marks = self.marks.get(self.next / 8)?;
        let foreign = marks >> (self.next % 8) & 1 == 1;
        self.next += 1;
        Some(if foreign {
            Cause::Foreign(id)
        } else {
            Cause::Local(id)
        })
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = self.ids.len().saturating_sub(self.next);
        (left, Some(left))
    }
}

impl ExactSizeIterator for CauseIter<'_> {}

/// The bytes of a body that are not read yet. Every step checks that its bytes are there.
struct Rest<'a>(&'a [u8]);

impl<'a> Rest<'a> {
    const SHORT: FrameFault = FrameFault::Malformed("body is shorter than its parts");

    #[inline]
    fn take(&mut self, length: usize) -> Result<&'a [u8], FrameFault> {
        let (part, rest) = self.0.split_at_checked(length).ok_or(Self::SHORT)?;
        self.0 = rest;
        Ok(part)
    }

    fn array<const N: usize>(&mut self) -> Result<&'a [u8; N], FrameFault> {
        let (part, rest) = self.0.split_first_chunk().ok_or(Self::SHORT)?;
        self.0 = rest;
        Ok(part)
    }

    fn number(&mut self) -> Result<u32, FrameFault> {
        self.array().map(|bytes| u32::from_le_bytes(*bytes))
    }

    /// Entity and scope, which stand side by side: one look at both costs less than two.
    #[inline]
    fn names(&mut self, entity: u16, scope: u16) -> Result<(&'a str, &'a str), FrameFault> {
        let bytes = self.take(usize::from(entity) + usize::from(scope))?;
        let both = std::str::from_utf8(bytes).ok();
        both.and_then(|both| both.split_at_checked(usize::from(entity)))
            .ok_or(FrameFault::Malformed("entity or scope is not UTF-8"))
    }

    #[inline]
    fn causes(&mut self, count: u16) -> Result<CauseIter<'a>, FrameFault> {
        let count = usize::from(count);
        let (ids, _) = self.take(count * 16)?.as_chunks();
        let marks = self.take(count.div_ceil(8))?;
        let spare = marks.last().map_or(0, |last| match count % 8 {
            0 => 0,
            used => last >> used,
        });
        if spare != 0 {
            return Err(FrameFault::Malformed("unused cause marks are not zero"));
        }
        Ok(CauseIter {
            ids,
            marks,
            next: 0,
        })
    }

    #[inline]
    fn content(&mut self, head: &FrameHead) -> Result<Content<'a>, FrameFault> {
        if head.flags.contains(FrameFlags::ERASED) {
            return self.array().map(Content::Erased);
        }
        if head.flags.contains(FrameFlags::SALTED) {
            let salt = self.array()?;
            return Ok(Content::Salted(salt, self.take(size(head.payload_len))?));
        }
        self.take(size(head.payload_len)).map(Content::Plain)
    }
}

#[cfg(test)]
#[path = "event_tests.rs"]
mod tests;
