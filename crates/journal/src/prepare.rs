//! What an append does outside every lock: limits, body bytes, content and context hash, checksum.

use batpak_coordinate::StreamSequence;
use batpak_event::{Cause, Context, Digest, EventId, content_hash};
use batpak_segment::{
    BodyParts, FrameFlags, FrameHead, FrameKind, MAX_CAUSES, MAX_FRAME_LENGTH, body_crc, body_len,
    cause_offset, encode_body,
};
use smallvec::SmallVec;

use crate::draft::{Draft, DraftCause};
use crate::error::AppendError;
use crate::live::{Head, NameId};
use crate::options::Options;
use crate::sabotage::{Bug, planted};
use crate::spare::{give_back, spare_buffer};

/// The events of a unit, ready to be staged. A single one is not on the heap.
pub(crate) type Unit<'d> = SmallVec<[Prepared<'d>; 1]>;

/// An event ready to be staged.
#[derive(Debug)]
pub(crate) struct Prepared<'d> {
    /// As it was given; its payload is in the body.
    pub(crate) draft: &'d Draft<'d>,
    /// The fixed part, as far as it is known before the event has its place.
    pub(crate) head: FrameHead,
    pub(crate) body: Vec<u8>,
    pub(crate) content_hash: Digest,
    /// Known here unless a cause is an event of the same unit that has no identifier yet.
    pub(crate) sealed: Option<Sealed>,
    /// Its stream in the columns of the newest segment, looked up under the lock that stages it.
    pub(crate) stream: Option<NameId>,
    /// Newest event of its stream before the unit, when it is known under the lock that stages it.
    pub(crate) before: Option<Head>,
    /// Greatest generation of the causes that it names by id, looked up there as well.
    pub(crate) cause_generation: Option<u32>,
}

/// What depends on every byte of the body.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sealed {
    pub(crate) context_hash: Digest,
    pub(crate) body_crc: u32,
}

impl Prepared<'_> {
    /// Length of the whole frame.
    pub(crate) fn frame_len(&self) -> u64 {
        u64::from(self.head.length)
    }

    /// Puts the identifiers of in-unit causes into the body and computes what depends on them.
    /// `earlier` are the identifiers and generations of the events of the unit before it.
    pub(crate) fn seal(&mut self, earlier: &[(EventId, u32)]) -> Sealed {
        if let Some(sealed) = self.sealed {
            return sealed;
        }
        let causes: Vec<Cause> = self
            .draft
            .causes
            .iter()
            .map(|cause| match *cause {
                DraftCause::Known(cause) => cause,
                DraftCause::Prior(index) => {
                    Cause::Local(earlier.get(index).map_or(EventId::nil(), |(id, _)| *id))
                }
            })
            .collect();
        let parts = parts(self.draft, &causes, &[]);
        let places: Vec<usize> = (0..causes.len())
            .map(|index| cause_offset(index, &parts))
            .collect();
        for (cause, at) in causes.iter().zip(places) {
            if let Some(slot) = self.body.get_mut(at..at + 16) {
                slot.copy_from_slice(&cause.id().as_u128().to_le_bytes());
            }
        }
        let sealed = Sealed {
            context_hash: context_hash(self.draft, &causes),
            body_crc: body_crc(&self.body),
        };
        self.sealed = Some(sealed);
        sealed
    }
}

/// Checks a unit against the limits and prepares each of its events. Takes the payloads.
pub(crate) fn prepare<'d>(
    drafts: &'d mut [Draft<'_>],
    options: &Options,
) -> Result<Unit<'d>, AppendError> {
    check_unit(drafts, options)?;
    if planted(Bug::SwapInBatch) && drafts.len() > 2 {
        drafts.swap(1, 2);
    }
    let mut unit = Unit::with_capacity(drafts.len());
    for (index, draft) in drafts.iter_mut().enumerate() {
        unit.push(prepare_one(index, draft)?);
    }
    Ok(unit)
}

fn check_unit(drafts: &[Draft<'_>], options: &Options) -> Result<(), AppendError> {
    if drafts.len() > options.batch_max_events {
        return Err(AppendError::UnitTooLarge {
            what: "events",
            size: drafts.len(),
            limit: options.batch_max_events,
        });
    }
    let keyed = drafts.iter().filter(|draft| draft.key.is_some()).count();
    if keyed != 0 && keyed != drafts.len() {
        return Err(AppendError::PartialUnit(
            "some events of the unit have a key, some have none",
        ));
    }
    let mut total = 0_usize;
    for (index, draft) in drafts.iter().enumerate() {
        let size = draft.counted_bytes();
        if size > options.single_append_max_bytes {
            let limit = options.single_append_max_bytes;
            return Err(AppendError::TooLarge { index, size, limit });
        }
        let limit = usize::from(MAX_CAUSES);
        if draft.causes.len() > limit {
            let size = draft.causes.len();
            return Err(AppendError::TooLarge { index, size, limit });
        }
        for cause in &draft.causes {
            if let DraftCause::Prior(prior) = *cause
                && prior >= index
            {
                return Err(AppendError::InvalidPrior { index, prior });
            }
        }
        total = total.saturating_add(size);
    }
    if drafts.len() > 1 && total > options.batch_max_bytes {
        return Err(AppendError::UnitTooLarge {
            what: "bytes",
            size: total,
            limit: options.batch_max_bytes,
        });
    }
    Ok(())
}

fn prepare_one<'d>(index: usize, draft: &'d mut Draft<'_>) -> Result<Prepared<'d>, AppendError> {
    let causes: Vec<Cause> = draft
        .causes
        .iter()
        .map(|cause| match *cause {
            DraftCause::Known(cause) => cause,
            DraftCause::Prior(_) => Cause::Local(EventId::nil()),
        })
        .collect();
    let parts = parts(draft, &causes, &draft.payload);
    let mut head = FrameHead::blank(FrameKind::Event);
    head.fit(&parts).map_err(|_| AppendError::TooLarge {
        index,
        size: body_len(&parts),
        limit: usize::try_from(MAX_FRAME_LENGTH).unwrap_or(usize::MAX),
    })?;
    head.caller_flags = draft.flags;
    head.event_kind = draft.kind.as_raw_u16();
    head.payload_version = draft.payload_version;
    if draft.key.is_some() {
        head.flags = head.flags | FrameFlags::KEYED;
    }
    let mut body = spare_buffer();
    body.reserve(body_len(&parts));
    encode_body(&parts, &mut body);
    let content = content_hash(&draft.payload);
    let complete = draft
        .causes
        .iter()
        .all(|cause| matches!(cause, DraftCause::Known(_)));
    let sealed = complete.then(|| Sealed {
        context_hash: context_hash(draft, &causes),
        body_crc: body_crc(&body),
    });
    give_back(std::mem::take(&mut draft.payload));
    Ok(Prepared {
        draft,
        head,
        body,
        content_hash: content,
        sealed,
        stream: None,
        before: None,
        cause_generation: None,
    })
}

fn parts<'a>(draft: &'a Draft<'_>, causes: &'a [Cause], payload: &'a [u8]) -> BodyParts<'a> {
    BodyParts {
        lane: draft.lane,
        depth: draft.depth,
        correlation: draft.correlation,
        causes,
        entity: draft.coordinate.entity(),
        scope: draft.coordinate.scope(),
        extensions: &draft.extensions,
        salt: None,
        payload,
    }
}

pub(crate) fn context_hash(draft: &Draft<'_>, causes: &[Cause]) -> Digest {
    Context {
        entity: draft.coordinate.entity(),
        scope: draft.coordinate.scope(),
        causes,
        extensions: &draft.extensions,
    }
    .hash()
}

/// The stream sequence after this one.
pub(crate) fn following(sequence: StreamSequence) -> StreamSequence {
    StreamSequence(sequence.get().saturating_add(1))
}
