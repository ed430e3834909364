//! What a decision reads.

use std::collections::HashSet;
use std::fmt;
use std::sync::{Mutex, PoisonError};

use batpak_coordinate::{Region, Sequence};
use batpak_event::{EventId, StoredEvent};
use batpak_journal::Condition;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::error::StoreError;
use crate::projection::{EventSourced, Freshness};
use crate::read::{IndexEntry, Scan, read_error};
use crate::store::{Pinned, Store};
use crate::typed::EventPayload;

/// The log at one position, for a decision: it shows what was visible then, and remembers what it was
/// asked for.
///
/// [`Store::append_decided`] and [`Store::append_gated`] make one. What they append has a place in the log
/// only where nothing came after the position that the same questions would have shown. So a decision may
/// rest on anything that it reads here, and on nothing that it reads elsewhere.
///
/// Only what was asked for counts: a question about one stream is broken by events of that stream alone.
///
/// ```
/// # use batpak::prelude::*;
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let temp = tempfile::tempdir()?;
/// # let store = Store::open(StoreConfig::new(temp.path()))?;
/// let bell = Coordinate::new("bell:1", "tower")?;
/// store.append(&bell, EventKind::DATA, "rung")?;
/// store.append_decided(|view| {
///     let rung = view.query(&Region::entity("bell"))?.len() as u64;
///     assert_eq!((view.position(), view.stream_sequence("bell:1")?), (1, rung));
///     let (options, none) = (AppendOptions::new(), CausationRef::None);
///     let again = BatchAppendItem::new(bell.clone(), EventKind::DATA, &(rung + 1), options, none)?;
///     Ok(vec![again])
/// })?;
/// assert_eq!(store.stats().event_count, 2);
/// # Ok(())
/// # }
/// ```
pub struct DecisionView {
    store: Store<Pinned>,
    reads: Mutex<HashSet<Read>>,
}

/// What was read.
#[derive(Debug, PartialEq, Eq, Hash)]
enum Read {
    Stream(Box<str>),
    Region(Region),
    /// No event with this id was there.
    Absent(EventId),
}

impl DecisionView {
    pub(super) fn new(store: Store<Pinned>) -> DecisionView {
        DecisionView {
            store,
            reads: Mutex::default(),
        }
    }

    /// Sequence of the newest event that it shows; 0 in an empty store. Every position is as good as
    /// another one: that events came after it changes nothing, unless they answer a question.
    #[must_use]
    pub fn position(&self) -> u64 {
        self.store.core.view.visible().get()
    }

    /// Scans a region, as [`Store::scan`] does. Events that come to the region later break it, also where
    /// the scan is not read to its end.
    #[must_use]
    pub fn scan(&self, region: &Region) -> Scan<'_> {
        self.note(Read::Region(region.clone()));
        self.store.scan(region)
    }

    /// Scans the stream of one entity, as [`Store::scan_entity`] does.
    #[must_use]
    pub fn scan_entity(&self, entity: &str) -> Scan<'_> {
        self.note(Read::Stream(entity.into()));
        self.store.scan_entity(entity)
    }

    /// The entries of a region, in commit order.
    ///
    /// # Errors
    /// When an event of it cannot be read: nothing is decided by half of the log.
    pub fn query(&self, region: &Region) -> Result<Vec<IndexEntry>, StoreError> {
        self.scan(region).entries().collect()
    }

    /// The entries of one stream, in the order of the stream. Costs what the stream is long.
    ///
    /// # Errors
    /// As for [`DecisionView::query`].
    pub fn by_entity(&self, entity: &str) -> Result<Vec<IndexEntry>, StoreError> {
        self.scan_entity(entity).entries().collect()
    }

    /// Reads an event by its id, as [`Store::get`] does. That there is none is broken when one comes.
    ///
    /// # Errors
    /// As for [`Store::get`].
    pub fn get(&self, id: EventId) -> Result<StoredEvent<Value>, StoreError> {
        self.found(id, self.store.get(id))
    }

    /// Reads an event by its id, as [`Store::get_typed`] does.
    ///
    /// # Errors
    /// As for [`Store::get_typed`].
    pub fn get_typed<T: EventPayload>(&self, id: EventId) -> Result<StoredEvent<T>, StoreError> {
        self.found(id, self.store.get_typed(id))
    }

    /// Folds a stream into a state, as [`Store::project`] does, up to the position. Uses the store's
    /// cache.
    ///
    /// # Errors
    /// As for [`Store::project`].
    pub fn project<T>(&self, entity: &str) -> Result<Option<T>, StoreError>
    where
        T: EventSourced + Serialize + DeserializeOwned + 'static,
    {
        self.note(Read::Stream(entity.into()));
        // A state that may be old would be no answer at the position.
        self.store.project(entity, &Freshness::Consistent)
    }

    /// Stream sequence of the newest event of a stream, hidden ones included; 0 for a stream without
    /// events.
    ///
    /// # Errors
    /// When the event cannot be read.
    pub fn stream_sequence(&self, entity: &str) -> Result<u64, StoreError> {
        self.note(Read::Stream(entity.into()));
        let core = &self.store.core;
        let sequence = core.view.stream_sequence(entity);
        let sequence = sequence.map_err(|error| read_error(error, &core.origin))?;
        Ok(sequence.get())
    }

    /// What has to hold of the log for every question to have the same answer.
    pub(super) fn into_conditions(self) -> impl Iterator<Item = Condition> {
        let view = &self.store.core.view;
        let (after, changes) = (view.visible(), view.visibility_changes());
        let reads = self.reads.into_inner();
        let reads = reads.unwrap_or_else(PoisonError::into_inner);
        let shown = (!reads.is_empty()).then_some(Condition::ShownAsAfter { changes });
        let reads = reads.into_iter().map(move |read| read.unanswered(after));
        shown.into_iter().chain(reads)
    }

    fn found<T>(&self, id: EventId, event: Result<T, StoreError>) -> Result<T, StoreError> {
        // An event that is there stays as it is.
        if matches!(event, Err(StoreError::NotFound(_))) {
            self.note(Read::Absent(id));
        }
        event
    }

    fn note(&self, read: Read) {
        let reads = self.reads.lock();
        reads.unwrap_or_else(PoisonError::into_inner).insert(read);
    }
}

impl Read {
    /// That nothing after a sequence answers the question.
    fn unanswered(self, after: Sequence) -> Condition {
        match self {
            Self::Stream(entity) => Condition::StreamEndsAt { entity, after },
            Self::Region(region) => Condition::NothingAfter { region, after },
            Self::Absent(id) => Condition::NoEvent { id, after },
        }
    }
}

impl fmt::Debug for DecisionView {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("DecisionView")
            .field("position", &self.position())
            .field("reads", &self.reads)
            .finish_non_exhaustive()
    }
}
