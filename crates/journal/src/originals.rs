//! Events that were appended before with the same keys: an append of them again returns these.

use batpak_coordinate::{EventKind, Sequence};
use batpak_event::Cause;
use batpak_segment::{EventFrame, SegmentId};

use crate::buffer::FrameBuffer;
use crate::draft::{Committed, CommittedUnit, DraftCause};
use crate::engine::Engine;
use crate::error::{AppendError, ReadError};
use crate::live::Place;
use crate::options::Durability;
use crate::prepare::Prepared;

impl Engine {
    /// The committed facts of events that hold the keys of `unit`, after comparing their bodies.
    pub(crate) fn originals(
        &self,
        unit: &[Prepared<'_>],
        sequences: &[Sequence],
    ) -> Result<CommittedUnit, AppendError> {
        let mut buffer = FrameBuffer::new();
        let mut found = CommittedUnit::with_capacity(unit.len());
        for (index, (prepared, sequence)) in unit.iter().zip(sequences).enumerate() {
            let row = self.view.event(*sequence)?;
            let place = row.ok_or(ReadError::NotFound)?.place;
            let frame = self.view.read_place(*sequence, place, &mut buffer)?;
            if !same_body(prepared, &frame, unit) {
                return Err(AppendError::KeyConflict {
                    index,
                    key: frame.head.event_id,
                });
            }
            found.push(self.original(&frame, place)?);
        }
        Ok(found)
    }

    /// The receipt of an event that was appended before.
    fn original(&self, frame: &EventFrame<'_>, place: Place) -> Result<Committed, ReadError> {
        let parts = self.view.parts();
        let segment = parts
            .get(place.segment.0 as usize)
            .map_or(SegmentId(0), |part| part.file.id);
        let epoch = self.view.epoch_of(frame.head.sequence)?;
        Ok(Committed {
            event_id: frame.head.event_id,
            sequence: frame.head.sequence,
            stream_sequence: frame.head.stream_sequence,
            content_hash: frame.content_hash(),
            event_hash: frame.event_hash(self.view.key()),
            previous_hash: frame.head.previous_hash,
            correlation: frame.correlation(),
            kind: EventKind::from_raw(frame.head.event_kind),
            wall_us: frame.head.wall_us,
            counter: frame.head.counter,
            generation: frame.head.generation,
            branch: self.view.branch(),
            epoch: epoch.unwrap_or(self.view.epoch()),
            durability: Durability::Written,
            duplicate: true,
            segment,
            offset: place.offset,
            length: frame.head.length,
        })
    }
}

/// Whether a stored event is what one with the same key was to be. Of the payloads the hashes are compared.
fn same_body(prepared: &Prepared<'_>, frame: &EventFrame<'_>, unit: &[Prepared<'_>]) -> bool {
    let draft = &prepared.draft;
    let id = frame.head.event_id;
    let causes = draft.causes.iter().map(|cause| match *cause {
        DraftCause::Known(cause) => Some(cause),
        DraftCause::Prior(prior) => unit
            .get(prior)
            .and_then(|earlier| earlier.draft.key)
            .map(|key| Cause::Local(key.into())),
    });
    draft.kind.as_raw_u16() == frame.head.event_kind
        && draft.coordinate.entity() == frame.entity()
        && draft.coordinate.scope() == frame.scope()
        && prepared.content_hash == frame.content_hash()
        && draft.flags == frame.head.caller_flags
        && draft.extensions == frame.extensions()
        && draft.correlation.unwrap_or_else(|| id.into()) == frame.correlation()
        && causes.eq(frame.causes().map(Some))
}
