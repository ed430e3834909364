//! Whether a stream changed since it was looked at.

use std::sync::Arc;

use batpak_coordinate::Sequence;
use batpak_journal::{ReadError, ScanRequest, Selection};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::event_sourced::EventSourced;
use super::freshness::Freshness;
use crate::error::StoreError;
use crate::read::read_error;
use crate::store::Store;

/// Bits of a generation below the number of changes of what is shown.
const SEQUENCE_BITS: u32 = 40;

impl<State> Store<State> {
    /// A number that changes whenever the stream shows other events: with each event that becomes visible in
    /// it, and with each change of which events are hidden, also in other streams. It only grows while the
    /// store is open. `None` for a stream that shows no event, or when the index cannot be read.
    ///
    /// ```
    /// # use batpak::prelude::*;
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let temp = tempfile::tempdir()?;
    /// # let store = Store::open(StoreConfig::new(temp.path()))?;
    /// let lamp = Coordinate::new("lamp:1", "house")?;
    /// assert_eq!(store.entity_generation("lamp:1"), None);
    /// store.append(&lamp, EventKind::DATA, &"on")?;
    /// let seen = store.entity_generation("lamp:1");
    /// assert!(seen.is_some());
    /// store.append(&lamp, EventKind::DATA, &"off")?;
    /// assert!(store.entity_generation("lamp:1") > seen);
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn entity_generation(&self, entity: &str) -> Option<u64> {
        self.generation(entity).ok().flatten()
    }

    /// Folds a stream unless its [generation](Self::entity_generation) is the one that the caller has seen, and
    /// returns the state with its generation; `None` when nothing changed. 0 is the generation of a stream
    /// that shows no event. [`Freshness::MaybeStale`] is treated as [`Freshness::Consistent`].
    ///
    /// ```
    /// # use batpak::prelude::*;
    /// # #[derive(Serialize, Deserialize, EventPayload)]
    /// # #[serde(crate = "batpak::serde")]
    /// # #[batpak(category = 0x1, type_id = 0x001)]
    /// # struct Visited {}
    /// # #[derive(Default, Serialize, Deserialize, EventSourced)]
    /// # #[serde(crate = "batpak::serde")]
    /// # #[batpak(input = RawMsgpackInput)]
    /// # #[batpak(event = Visited, handler = on_visited)]
    /// # struct Visits { count: u64 }
    /// # impl Visits { fn on_visited(&mut self, _: &Visited) { self.count += 1; } }
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let temp = tempfile::tempdir()?;
    /// # let store = Store::open(StoreConfig::new(temp.path()))?;
    /// # store.append_typed(&Coordinate::new("page:1", "site")?, &Visited {})?;
    /// let freshness = Freshness::Consistent;
    /// let changed = store.project_if_changed::<Visits>("page:1", 0, &freshness)?;
    /// let (seen, visits) = changed.ok_or("there is an event")?;
    /// assert_eq!(visits.map(|state| state.count), Some(1));
    /// assert!(store.project_if_changed::<Visits>("page:1", seen, &freshness)?.is_none());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As for [`project`](Self::project).
    pub fn project_if_changed<T>(
        &self,
        entity: &str,
        last_seen_generation: u64,
        freshness: &Freshness,
    ) -> Result<Option<(u64, Option<T>)>, StoreError>
    where
        T: EventSourced + Serialize + DeserializeOwned + 'static,
    {
        // Whoever asks whether something changed must not be told by an old state that it did.
        let _ = freshness;
        // Before the fold: what becomes visible in between is folded, and is a change once more.
        let generation = self.generation(entity)?.unwrap_or(0);
        if generation == last_seen_generation {
            return Ok(None);
        }
        let state = self.project(entity, &Freshness::Consistent)?;
        Ok(Some((generation, state)))
    }

    fn generation(&self, entity: &str) -> Result<Option<u64>, StoreError> {
        let view = &self.core.view;
        // Before the look at the stream, so that a change in between is told by the next number at the latest.
        let changes = view.visibility_changes();
        let mut newest_first = view.scan(ScanRequest {
            selection: Selection::Stream(Arc::from(entity)),
            after: Sequence::NONE,
            reverse: true,
        });
        let newest = loop {
            match newest_first.next_sequence() {
                Ok(newest) => break newest,
                // The scan goes on behind what is missing.
                Err(ReadError::Lost { .. } | ReadError::StreamGap { .. }) => {}
                Err(error) => return Err(read_error(error, &self.core.origin)),
            }
        };
        Ok(newest.map(|sequence| (changes << SEQUENCE_BITS).saturating_add(sequence.get())))
    }
}
