//! Making events durable, and ending a store.

use super::state::{Closed, Open, Store};
use crate::append::{Scope, append_error, failure_error};
use crate::error::StoreError;

impl Store<Open> {
    /// Makes everything appended so far durable, submitted events included.
    ///
    /// # Errors
    /// [`StoreError::CommitUnknown`] when the sync failed: the writer accepts nothing more, and
    /// what is on the disk shows when the store is opened again.
    pub fn sync(&self) -> Result<(), StoreError> {
        let synced = self.state.journal.sync();
        synced.map_err(|error| append_error(error, &self.core.origin, Scope::Single))
    }

    /// Makes everything durable, records that the store was closed, and releases the directory.
    ///
    /// # Errors
    /// When something could not be made durable; the directory is released all the same.
    pub fn close(self) -> Result<Closed, StoreError> {
        match self.state.journal.close() {
            Ok(()) => Ok(Closed),
            Err(error) => Err(append_error(error, &self.core.origin, Scope::Single)),
        }
    }

    /// Why appends are answered by [`StoreError::WriterCrashed`], once one of them was.
    #[must_use]
    pub fn writer_failure(&self) -> Option<StoreError> {
        let failure = self.core.origin.failure()?.clone();
        Some(failure_error(failure, &self.core.origin))
    }
}
