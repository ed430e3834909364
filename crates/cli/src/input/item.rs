//! From the event of a line to what the store is asked to append.

use batpak::store::{AppendOptions, BatchAppendItem, CausationRef, EventBuffer};
use batpak::{CorrelationId, EventId, EventKind, IdempotencyKey, Store, StoreError};

use super::{InputEvent, Label, LineError};
use crate::event_name::{EventName, id_at};
use crate::store::LARGEST_EVENT;
use crate::text_key::with_text_key;

/// Causes that an event may have.
const MOST_CAUSES: usize = 4096;

/// What happens with a cause that is no event of the store.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Foreign {
    /// The line is bad.
    Refused,
    /// A cause given by its id is an event of another store.
    Accepted,
}

/// An event to append, with what counts of it against the limits of a unit.
pub(crate) struct Draft {
    pub(crate) item: BatchAppendItem,
    pub(crate) bytes: usize,
}

/// Finds the events that labels mean.
pub(crate) trait Labels {
    /// The event of an earlier line with this label.
    fn of_line(&self, label: &Label) -> Result<Option<EventId>, LineError>;

    /// The event of the store with this name, that of an earlier line included.
    fn of_store(&self, label: &Label) -> Result<Option<EventId>, LineError>;

    /// An earlier line comes before the store.
    fn find(&self, label: &Label) -> Result<Option<EventId>, LineError> {
        match self.of_line(label)? {
            Some(id) => Ok(Some(id)),
            None => self.of_store(label),
        }
    }
}

/// The item for `event`. Without a key of its own it gets `key` where there is one.
pub(crate) fn draft(
    event: InputEvent,
    key: Option<IdempotencyKey>,
    foreign: Foreign,
    labels: &impl Labels,
) -> Result<Draft, LineError> {
    check_limits(&event)?;
    let bytes = counted_bytes(&event);
    let mut options = AppendOptions::new();
    if let Some(text) = &event.key {
        options = with_text_key(options, text)?;
    } else if let Some(key) = key {
        options = options.with_idempotency(key);
    }
    for cause in &event.causes {
        options = match (labels.find(cause)?, cause) {
            (Some(id), _) => options.with_cause(id),
            (None, Label::Id(id)) if foreign == Foreign::Accepted => {
                options.with_foreign_cause(*id)
            }
            (None, _) => return Err(LineError::Bad(format!("causes: no event {cause}"))),
        };
    }
    if let Some(label) = &event.correlation {
        // A conversation need not be named after an event.
        let found = match (labels.of_line(label)?, label) {
            (None, Label::Id(id)) => Some(*id),
            (None, _) => labels.of_store(label)?,
            (found, _) => found,
        };
        let id = found.ok_or_else(|| format!("correlation: no event {label}"))?;
        options = options.with_correlation(CorrelationId::from(id));
    }
    let item = BatchAppendItem::from_msgpack_bytes(
        event.coordinate,
        event.kind,
        event.payload,
        options,
        CausationRef::None,
    )
    .map_err(|error| LineError::Bad(format!("payload: {error}")))?;
    Ok(Draft { item, bytes })
}

/// The event of `store` that `label` names.
pub(crate) fn find_in_store<S>(
    store: &Store<S>,
    label: &Label,
) -> Result<Option<EventId>, LineError> {
    let name = match label {
        Label::Sequence(sequence) => return Ok(id_at(store, *sequence)?),
        Label::Id(id) => return Ok(holds(store, *id)?.then_some(*id)),
        Label::Text(text) => EventName::parse(text),
    };
    match name {
        Ok(name) => match name.find(store)? {
            Some(sequence) => Ok(id_at(store, sequence)?),
            None => Ok(None),
        },
        Err(_) => Ok(None),
    }
}

/// Whether `store` has an event with this id.
pub(crate) fn holds<S>(store: &Store<S>, id: EventId) -> Result<bool, StoreError> {
    match store.get_ref(id, &mut EventBuffer::new()) {
        Ok(_) => Ok(true),
        Err(StoreError::NotFound(_)) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Refuses what no store takes, in terms of the line.
fn check_limits(event: &InputEvent) -> Result<(), LineError> {
    refuse_reserved(event.kind)?;
    let bytes = event.payload.len() + event.key.as_ref().map_or(0, String::len);
    let most = usize::try_from(LARGEST_EVENT).unwrap_or(usize::MAX);
    if bytes > most {
        let message = format!("payload: {bytes} bytes exceed the limit of {most}");
        return Err(LineError::Bad(message));
    }
    let causes = event.causes.len();
    if causes > MOST_CAUSES {
        let message = format!("causes: {causes} exceed the limit of {MOST_CAUSES}");
        return Err(LineError::Bad(message));
    }
    Ok(())
}

fn refuse_reserved(kind: EventKind) -> Result<(), LineError> {
    match EventKind::try_custom(kind.category(), kind.type_id()) {
        Ok(_) => Ok(()),
        Err(error) => Err(LineError::Bad(format!("kind: {error}"))),
    }
}

/// About what a frame of the event takes.
fn counted_bytes(event: &InputEvent) -> usize {
    const FRAME: usize = 256;
    const CAUSE: usize = 17;
    let key = event.key.as_ref().map_or(0, String::len);
    FRAME + event.payload.len() + key + event.causes.len() * CAUSE
}
