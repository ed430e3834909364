//! Heads of the tree over all events.

use batpak_coordinate::Sequence;
use batpak_event::tree::TreeHead;

use super::state::{Open, ReadOnly, Store};
use crate::error::StoreError;
use crate::read::{not_found, read_error};

impl Store<Open> {
    /// The head of the tree over all durable events: one hash that commits to every one of them and to
    /// their order. Whoever keeps it elsewhere can tell later, with
    /// [`verify_against`](super::verify_against), whether the history still is or continues this one.
    ///
    /// Costs a hash for each 256 events, and a read of each event whose segment has no index file yet.
    /// Index files are believed here; only a verification reads every event. An event that is lost or
    /// gone stands in the tree as unknown.
    ///
    /// # Errors
    /// As for reading an event.
    pub fn head(&self) -> Result<TreeHead, StoreError> {
        let durable = self.state.journal.durable();
        self.head_of(durable.min(self.core.view.visible()))
    }
}

impl Store<ReadOnly> {
    /// The head of the tree over all visible events: one hash that commits to every one of them and to
    /// their order. Whoever keeps it elsewhere can tell later, with
    /// [`verify_against`](super::verify_against), whether the history still is or continues this one.
    ///
    /// Costs a hash for each 256 events, and a read of each event whose segment has no index file yet.
    /// Index files are believed here; only a verification reads every event. An event that is lost or
    /// gone stands in the tree as unknown.
    ///
    /// # Errors
    /// As for reading an event.
    pub fn head(&self) -> Result<TreeHead, StoreError> {
        self.head_of(self.core.view.visible())
    }
}

impl<State> Store<State> {
    /// The head of the tree over the events up to the sequence `size`: what [`Store::head`] was when
    /// that was the newest one, unless events before it have been lost since.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] with `size` when it is beyond the newest visible event; otherwise as
    /// for reading an event.
    pub fn head_at(&self, size: u64) -> Result<TreeHead, StoreError> {
        let size = Sequence(size);
        if size > self.core.view.visible() {
            return Err(not_found(size));
        }
        self.head_of(size)
    }

    fn head_of(&self, size: Sequence) -> Result<TreeHead, StoreError> {
        let head = self.core.view.tree_head(size);
        head.map_err(|error| read_error(error, &self.core.origin))
    }
}
