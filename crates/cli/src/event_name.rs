//! Naming an event: by sequence, by id, or by text key.

use std::fmt;

use batpak::store::{EventBuffer, EventRef, Scan};
use batpak::{EventId, Region, Store, StoreError};

use crate::failure::{Exit, Failure, Result};
use crate::text_key;

/// A name for one event of a store.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum EventName {
    /// Its position in commit order, from 1.
    Sequence(u64),
    /// Its id.
    Id(EventId),
    /// The text that it was appended with as its key.
    Key(String),
}

/// What the forms of a name are, for messages.
pub(crate) const FORMS: &str = "a sequence (5 or seq:5), an id (32 hex digits), or key:TEXT";

impl EventName {
    /// Reads a name: up to 20 digits are a sequence, 32 hex digits (hyphens accepted) an id.
    pub(crate) fn parse(text: &str) -> std::result::Result<EventName, String> {
        if let Some(key) = text.strip_prefix("key:") {
            return Ok(EventName::Key(key.to_owned()));
        }
        let digits = text.strip_prefix("seq:").unwrap_or(text);
        if (1..=20).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit()) {
            // 20 digits can exceed every sequence there is: such an event does not exist.
            return Ok(EventName::Sequence(digits.parse().unwrap_or(u64::MAX)));
        }
        match parse_id(text) {
            Some(id) => Ok(EventName::Id(id)),
            None => Err(format!("expected {FORMS}, found \"{text}\"")),
        }
    }

    /// The sequence of the event, or `None` when the store has no such event.
    pub(crate) fn find<S>(&self, store: &Store<S>) -> Result<Option<u64>> {
        match self {
            EventName::Sequence(sequence) => Ok(id_at(store, *sequence)?.map(|_| *sequence)),
            EventName::Id(id) => find(store, *id, |_| true),
            EventName::Key(text) => find(store, text_key::event_id(text), |event| {
                text_key::text_of(event).is_some_and(|kept| kept == *text)
            }),
        }
    }

    /// The sequence of the event; an event that is not there is a failure.
    pub(crate) fn locate<S>(&self, store: &Store<S>) -> Result<u64> {
        self.find(store)?.ok_or_else(|| self.not_found())
    }

    /// The id of the event; an event that is not there is a failure.
    pub(crate) fn locate_id<S>(&self, store: &Store<S>) -> Result<EventId> {
        id_at(store, self.locate(store)?)?.ok_or_else(|| self.not_found())
    }

    fn not_found(&self) -> Failure {
        Failure::new(
            Exit::Error,
            "not-found",
            format!("no event {self} in the store"),
        )
    }
}

impl fmt::Display for EventName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            EventName::Sequence(sequence) => write!(f, "{sequence}"),
            EventName::Id(id) => f.write_str(&id.hex()),
            EventName::Key(text) => write!(f, "key:{text}"),
        }
    }
}

/// A scan whose first event is the one at `sequence`.
pub(crate) fn scan_from<S>(store: &Store<S>, sequence: u64) -> Scan<'_> {
    store
        .scan(&Region::all())
        .after(sequence.saturating_sub(1))
        .limit(1)
}

/// The id of the event at `sequence`, or `None` when the store has no such event.
pub(crate) fn id_at<S>(store: &Store<S>, sequence: u64) -> Result<Option<EventId>> {
    if !(1..=store.stats().global_sequence).contains(&sequence) {
        return Ok(None);
    }
    let mut scan = scan_from(store, sequence);
    if let Ok(Some(event)) = scan.next_event()
        && event.sequence() == sequence
    {
        return Ok(Some(event.event_id()));
    }
    // A scan passes over events that are lost: only a look at the place tells why.
    match store.event_at(sequence) {
        Ok(event) => Ok(Some(event.event.event_id())),
        Err(StoreError::NotFound(_)) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Reads 32 hex digits, with or without hyphens.
pub(crate) fn parse_id(text: &str) -> Option<EventId> {
    let digits = text.bytes().filter(|byte| *byte != b'-');
    let valid = digits.clone().count() == 32 && digits.into_iter().all(|b| b.is_ascii_hexdigit());
    if valid {
        EventId::from_hex(text).ok()
    } else {
        None
    }
}

/// The sequence of the event with this id, if it is there and passes `accept`.
fn find<S>(
    store: &Store<S>,
    id: EventId,
    accept: impl Fn(&EventRef<'_>) -> bool,
) -> Result<Option<u64>> {
    match store.get_ref(id, &mut EventBuffer::new()) {
        Ok(event) => Ok(accept(&event).then_some(event.sequence())),
        Err(StoreError::NotFound(_)) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::{EventId, EventName};

    #[test]
    fn names_are_told_apart_by_their_form() {
        let id = EventId::new(0x0123_4567_89ab_cdef_0123_4567_89ab_cdef);
        for (text, name) in [
            ("5", EventName::Sequence(5)),
            ("seq:5", EventName::Sequence(5)),
            ("00000000000000000005", EventName::Sequence(5)),
            ("99999999999999999999", EventName::Sequence(u64::MAX)),
            ("0123456789abcdef0123456789abcdef", EventName::Id(id)),
            ("01234567-89AB-cdef-0123-456789abcdef", EventName::Id(id)),
            (
                "00000000000000000000000000000005",
                EventName::Id(EventId::new(5)),
            ),
            ("key:", EventName::Key(String::new())),
            ("key:a key:b", EventName::Key("a key:b".to_owned())),
        ] {
            assert_eq!(EventName::parse(text), Ok(name), "{text}");
        }
    }

    #[test]
    fn everything_else_is_no_name() {
        for text in [
            "",
            "-5",
            "+5",
            "5.0",
            "seq:",
            "seq:x",
            "abc",
            "000000000000000000005",
            "0123456789abcdef0123456789abcde",
            "0123456789abcdef0123456789abcdefa",
            "0123456789abcdeg0123456789abcdef",
            "--------------------------------",
        ] {
            assert!(EventName::parse(text).is_err(), "{text}");
        }
    }
}
