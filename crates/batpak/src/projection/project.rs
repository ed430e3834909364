//! A stream, folded into a state.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::event_sourced::EventSourced;
use super::fold::Fold;
use super::freshness::Freshness;
use crate::error::StoreError;
use crate::store::Store;

impl<State> Store<State> {
    /// Folds the events of one stream into a state, in the order in which they were committed; `None`
    /// when the stream has no event that the type folds. Hidden events are not folded.
    ///
    /// # Errors
    /// [`StoreError::Serialization`] around a [`ProjectionError`](crate::store::ProjectionError) when a
    /// payload cannot be read; otherwise as for reading an event.
    pub fn project<T>(&self, entity: &str, freshness: &Freshness) -> Result<Option<T>, StoreError>
    where
        T: EventSourced + Serialize + DeserializeOwned + 'static,
    {
        let _ = freshness;
        let mut fold = Fold::<T>::new();
        let mut scan = self.scan_entity(entity);
        while let Some(event) = scan.next_event()? {
            fold.take(&event)?;
        }
        Ok(fold.finish())
    }
}
