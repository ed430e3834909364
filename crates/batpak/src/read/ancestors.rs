//! Walking a stream backwards, from one event to the one that its hash names.

use batpak_coordinate::{Sequence, StreamSequence};
use batpak_event::{Digest, EventId, HashChain, StoredEvent};
use batpak_journal::{FrameBuffer, ReadError};
use serde_json::Value;
use thiserror::Error;

use super::failure::read_error;
use super::get::with_json;
use super::stored::stored;
use crate::error::StoreError;
use crate::store::Store;

/// The events of a walk along a stream, and why it stopped.
#[derive(Debug)]
#[non_exhaustive]
pub struct AncestorWalk {
    /// The events, newest first, with their payloads as stored. Each is the one that the event before it in
    /// this list names by its hash, which was computed again.
    pub events: Vec<StoredEvent<Vec<u8>>>,
    /// Why there are no more.
    pub stopped: WalkStop,
}

/// An event as the next one of its stream names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NamedEvent {
    /// Place in the global order, from 1.
    pub sequence: u64,
    /// Event hash.
    pub event_hash: Digest,
}

/// Why a walk along a stream stopped.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum WalkStop {
    /// The last event is the first of its stream.
    #[error("the first event of the stream is reached")]
    Genesis,
    /// There are as many events as were asked for; this one comes next.
    #[error("the limit is reached, event {} comes next", .0.sequence)]
    Limit(NamedEvent),
    /// The next event is [hidden](Store::hide_range).
    #[error("event {} comes next and is hidden", .0.sequence)]
    Hidden(NamedEvent),
    /// The log holds no event at the place of the next one, and does not say why; place 0 is that of an event
    /// which names none before it and is not the first of its stream.
    #[error("event {} comes next and is not there", .0.sequence)]
    Missing(NamedEvent),
    /// Another event lies at the place of the next one: it has another hash, or is not the one before in
    /// the stream. One of the two events is forged; [`verify`](crate::store::verify) tells more.
    #[error("event {} comes next, and another event is in its place", .named.sequence)]
    Mismatch {
        /// What the last event names.
        named: NamedEvent,
        /// Hash of the event that is there.
        found: Digest,
    },
    /// The next event cannot be read: it is damaged, lost to damage
    /// ([`StoreError::StoreDamaged`]), or the log says that it is gone ([`StoreError::EventsGone`]).
    #[error("event {} comes next and cannot be read: {error}", .named.sequence)]
    Unreadable {
        /// What the last event names.
        named: NamedEvent,
        /// What reading it gives.
        #[source]
        error: Box<StoreError>,
    },
}

impl<State> Store<State> {
    /// Reads an event and those before it in its stream, newest first, at most `limit` of them, and says why
    /// it stopped there.
    ///
    /// Follows the hash of the previous event that every event carries: the hash of each event is computed
    /// again and compared. So whoever trusts the first event can trust all that are returned. A hidden
    /// event ends the walk; [`Store::scan_entity`] with [`rev`](crate::Scan::rev) passes over it.
    ///
    /// Costs a look-up by sequence and a read for each event that is returned, and one for the event that it
    /// stopped at; none for other streams or for the rest of this one.
    ///
    /// ```
    /// # use batpak::prelude::*;
    /// use batpak::store::WalkStop;
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let temp = tempfile::tempdir()?;
    /// # let store = Store::open(StoreConfig::new(temp.path()))?;
    /// let lamp = Coordinate::new("lamp:1", "house")?;
    /// for level in [10, 20, 30] {
    ///     store.append(&lamp, EventKind::DATA, &level)?;
    /// }
    /// let newest = store.by_entity("lamp:1")[2].event_id();
    /// let walk = store.ancestor_walk(newest, 10)?;
    /// assert_eq!(walk.events.len(), 3);
    /// assert!(matches!(walk.stopped, WalkStop::Genesis));
    /// let walk = store.ancestor_walk(newest, 2)?;
    /// assert!(matches!(walk.stopped, WalkStop::Limit(next) if next.sequence == 1));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As for [`Store::read_raw`], about the first event: [`StoreError::NotFound`] when no visible event has
    /// the id. What is wrong with a later one is why the walk stopped.
    pub fn ancestor_walk(&self, from: EventId, limit: usize) -> Result<AncestorWalk, StoreError> {
        let mut next = self.read_raw(from)?;
        let mut walk = AncestorWalk {
            events: Vec::new(),
            stopped: WalkStop::Genesis,
        };
        if limit == 0 {
            walk.stopped = WalkStop::Limit(NamedEvent {
                sequence: next.global_sequence().get(),
                event_hash: hash(&next),
            });
            return Ok(walk);
        }
        loop {
            let before = named_by(&next);
            let found = match before {
                Some(named) if walk.events.len() + 1 < limit => self.read_named(named, &next),
                Some(named) => Err(WalkStop::Limit(named)),
                None => Err(WalkStop::Genesis),
            };
            walk.events.push(next);
            match found {
                Ok(event) => next = event,
                Err(stopped) => {
                    walk.stopped = stopped;
                    return Ok(walk);
                }
            }
        }
    }

    /// Reads an event and those before it in its stream, newest first, at most `limit` of them, with their
    /// payloads as JSON like [`Store::get`]. Empty when no visible event has the id.
    ///
    /// The list ends where [`Store::ancestor_walk`] stops, for whatever reason: a `Vec` has no place for it.
    #[must_use]
    pub fn walk_ancestors(&self, from: EventId, limit: usize) -> Vec<StoredEvent<Value>> {
        let Ok(walk) = self.ancestor_walk(from, limit) else {
            return Vec::new();
        };
        let events = walk.events.into_iter().map(with_json);
        events.map_while(Result::ok).collect()
    }

    /// The event that `next` names as the one before it.
    fn read_named(
        &self,
        named: NamedEvent,
        next: &StoredEvent<Vec<u8>>,
    ) -> Result<StoredEvent<Vec<u8>>, WalkStop> {
        let unreadable = |error| WalkStop::Unreadable {
            named,
            error: Box::new(error),
        };
        let (view, sequence) = (&self.core.view, Sequence(named.sequence));
        let read = || {
            // A buffer that is used again reads ahead, towards the end of the log.
            let mut buffer = FrameBuffer::new();
            let frame = view.read(sequence, &mut buffer)?;
            Ok(stored(&frame, view.key()))
        };
        let mut found = read();
        if matches!(found, Err(ReadError::NotFound)) {
            let mut hidden = view.hidden_ranges().into_iter();
            if hidden.any(|(first, last)| first <= sequence && sequence <= last) {
                return Err(WalkStop::Hidden(named));
            }
            // It may have been shown again between the two looks.
            found = read();
        }
        let event = match found {
            Ok(event) => event.map_err(unreadable)?,
            Err(ReadError::NotFound) => return Err(WalkStop::Missing(named)),
            Err(error) => return Err(unreadable(read_error(error, &self.core.origin))),
        };
        let found = hash(&event);
        let is_before = event.coordinate.entity() == next.coordinate.entity()
            && event.stream_sequence_exact().next() == next.stream_sequence_exact();
        if found != named.event_hash || !is_before {
            return Err(WalkStop::Mismatch { named, found });
        }
        Ok(event)
    }
}

/// What an event names as the one before it; nothing when it is the first of its stream.
fn named_by(event: &StoredEvent<Vec<u8>>) -> Option<NamedEvent> {
    let named = NamedEvent {
        sequence: event.predecessor().get(),
        event_hash: chain(event).prev_hash,
    };
    let is_first = event.stream_sequence_exact() == StreamSequence(1)
        && named.sequence == 0
        && named.event_hash == Digest::default();
    (!is_first).then_some(named)
}

fn hash(event: &StoredEvent<Vec<u8>>) -> Digest {
    chain(event).event_hash
}

/// Both hashes, which every event has that was read from a frame.
fn chain(event: &StoredEvent<Vec<u8>>) -> HashChain {
    event.event.hash_chain.unwrap_or_default()
}
