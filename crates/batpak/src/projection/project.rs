//! A stream, folded into a state, with the help of a cache where there is one.

use batpak_coordinate::Sequence;
use batpak_event::Digest;
use batpak_journal::FrameBuffer;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::cache::CacheMeta;
use super::event_sourced::EventSourced;
use super::fold::Fold;
use super::freshness::Freshness;
use super::row::{self, Hidden, Mark, Row};
use crate::error::StoreError;
use crate::read::Scan;
use crate::store::Store;

/// A state, and the newest event of its stream that was looked at.
struct Folded<T> {
    state: Option<T>,
    last: u64,
    hidden: Hidden,
}

/// What a cached state comes to.
enum Resumed<T> {
    /// It is as good as new.
    AsCached(T),
    /// Later events were folded onto it.
    Advanced(Folded<T>),
    /// The stream has to be folded from its beginning.
    Stale,
}

impl<State> Store<State> {
    /// Folds the events of one stream into a state, in the order in which they were committed; `None`
    /// when the stream has no event that the type folds. Hidden events are not folded.
    ///
    /// With a cache, a state that is in it is checked against the log with the read of one event, and
    /// only events after it are folded. A cache that fails or is damaged costs time and nothing else: see
    /// [`cache_report`](Self::cache_report).
    ///
    /// ```
    /// # use batpak::prelude::*;
    /// # #[derive(Serialize, Deserialize, EventPayload)]
    /// # #[serde(crate = "batpak::serde")]
    /// # #[batpak(category = 0x1, type_id = 0x001)]
    /// # struct Visited {}
    /// #[derive(Default, Serialize, Deserialize, EventSourced)]
    /// # #[serde(crate = "batpak::serde")]
    /// #[batpak(input = RawMsgpackInput)]
    /// #[batpak(event = Visited, handler = on_visited)]
    /// struct Visits {
    ///     count: u64,
    /// }
    ///
    /// impl Visits {
    ///     fn on_visited(&mut self, _: &Visited) {
    ///         self.count += 1;
    ///     }
    /// }
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let temp = tempfile::tempdir()?;
    /// # let store = Store::open(StoreConfig::new(temp.path()))?;
    /// # store.append_typed(&Coordinate::new("page:1", "site")?, &Visited {})?;
    /// let visits = store.project::<Visits>("page:1", &Freshness::Consistent)?;
    /// assert_eq!(visits.map(|state| state.count), Some(1));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`StoreError::Serialization`] around a [`ProjectionError`](crate::store::ProjectionError) when a
    /// payload cannot be read; otherwise as for reading an event.
    pub fn project<T>(&self, entity: &str, freshness: &Freshness) -> Result<Option<T>, StoreError>
    where
        T: EventSourced + Serialize + DeserializeOwned + 'static,
    {
        let kept = &self.core.cache;
        if kept.cache.capabilities().is_noop {
            return Ok(self.fold_stream(entity)?.state);
        }
        let view = &self.core.view;
        let key = row::key::<T>(entity, [view.lineage().get(), view.branch().get()]);
        if let Some(row) = self.cached(&key) {
            if view.is_pinned() && row.mark.last > view.visible().get() {
                // It stays in the cache for others: only this view does not show so much.
                return Ok(self.fold_stream(entity)?.state);
            }
            match self.resume(entity, row, freshness)? {
                Resumed::AsCached(state) => {
                    kept.note(|report| report.hits += 1);
                    return Ok(Some(state));
                }
                Resumed::Advanced(folded) => {
                    kept.note(|report| report.advanced += 1);
                    self.keep(&key, &folded);
                    return Ok(folded.state);
                }
                Resumed::Stale => kept.note(|report| report.stale += 1),
            }
        }
        let folded = self.fold_stream(entity)?;
        self.keep(&key, &folded);
        Ok(folded.state)
    }

    /// Folds a stream from its beginning.
    fn fold_stream<T: EventSourced>(&self, entity: &str) -> Result<Folded<T>, StoreError> {
        let mut scan = self.scan_entity(entity);
        let hidden = scan.hidden();
        let mut fold = Fold::<T>::new();
        let mut last = 0;
        while let Some(event) = scan.next_event()? {
            fold.take(&event)?;
            last = event.sequence();
        }
        Ok(Folded {
            state: fold.finish(),
            last,
            hidden,
        })
    }

    /// Goes on from a cached state, when it was folded from what the log shows now.
    fn resume<T: EventSourced>(
        &self,
        entity: &str,
        row: Row<T>,
        freshness: &Freshness,
    ) -> Result<Resumed<T>, StoreError> {
        // The scan begins with the event that was the newest then, and so checks what follows on it.
        let before = row.mark.last.saturating_sub(1);
        let mut scan = self.scan_entity(entity).after(before);
        let hidden = scan.hidden();
        if up_to(&hidden, row.mark.last) != row.mark.hidden || !begins(&mut scan, &row.mark)? {
            return Ok(Resumed::Stale);
        }
        if self.is_fresh(row.cached_at_us, freshness) {
            return Ok(Resumed::AsCached(row.state));
        }
        let mut fold = Fold::from_state(row.state);
        let mut last = row.mark.last;
        while let Some(event) = scan.next_event()? {
            if fold.wants(event.kind()) && !T::supports_incremental_apply() {
                return Ok(Resumed::Stale);
            }
            fold.take(&event)?;
            last = event.sequence();
        }
        let moved = last > row.mark.last;
        Ok(match fold.finish() {
            Some(state) if !moved => Resumed::AsCached(state),
            state => Resumed::Advanced(Folded {
                state,
                last,
                hidden,
            }),
        })
    }

    /// Whether a cached state will do as it is.
    fn is_fresh(&self, cached_at_us: i64, freshness: &Freshness) -> bool {
        let Freshness::MaybeStale { max_stale_ms } = freshness else {
            return false;
        };
        let age = self.core.clock.wall_us().checked_sub(cached_at_us);
        // A state of the future was put before the clock went back: its age is not known.
        let age = age.and_then(|age| u64::try_from(age).ok());
        age.is_some_and(|age| age < max_stale_ms.saturating_mul(1000))
    }

    /// The state that the cache has, if it has a whole one.
    fn cached<T: DeserializeOwned>(&self, key: &[u8]) -> Option<Row<T>> {
        let kept = &self.core.cache;
        let row = match kept.cache.get(key) {
            Ok(Some((value, _))) => row::decode(key, &value),
            Ok(None) => {
                kept.note(|report| report.absent += 1);
                return None;
            }
            Err(error) => Err(error),
        };
        row.map_err(|error| kept.note_problem(&error)).ok()
    }

    /// Puts a state into the cache. When that fails it is folded again next time.
    fn keep<T: Serialize>(&self, key: &[u8], folded: &Folded<T>) {
        let Some(state) = &folded.state else { return };
        // An event that was hidden meanwhile has no place in a mark.
        let Some(hash) = self.hash_of(folded.last) else {
            return;
        };
        let mark = Mark {
            last: folded.last,
            hash,
            hidden: up_to(&folded.hidden, folded.last),
        };
        let now = self.core.clock.wall_us();
        let kept = &self.core.cache;
        let put = row::encode(key, &mark, now, state)
            .and_then(|value| kept.cache.put(key, &value, CacheMeta::new(mark.last, now)));
        if let Err(error) = put {
            kept.note_problem(&error);
        }
    }

    fn hash_of(&self, sequence: u64) -> Option<Digest> {
        let (view, mut buffer) = (&self.core.view, FrameBuffer::new());
        let frame = view.read(Sequence(sequence), &mut buffer).ok()?;
        Some(frame.event_hash(view.key()))
    }
}

/// Whether the next event of a scan is the one that a mark stands at.
fn begins(scan: &mut Scan<'_>, mark: &Mark) -> Result<bool, StoreError> {
    let first = scan.next_event()?;
    Ok(first.is_some_and(|event| event.sequence() == mark.last && event.event_hash() == mark.hash))
}

/// What is hidden up to a sequence.
fn up_to(hidden: &Hidden, last: u64) -> Hidden {
    let begun = hidden.iter().filter(|(first, _)| *first <= last);
    begun
        .map(|(first, end)| (*first, (*end).min(last)))
        .collect()
}
