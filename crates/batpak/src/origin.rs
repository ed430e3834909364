//! Where a store is, for errors that name its files, and what failed its writer.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use batpak_journal::{Failure, FileError};

use crate::error::{CommitState, IoContext, StoreError};

/// Where a store is, and what failed its writer. Shared by a store and its tickets.
#[derive(Debug)]
pub(crate) struct Origin {
    path: PathBuf,
    failure: OnceLock<Failure>,
}

impl Origin {
    pub(crate) fn new(path: PathBuf) -> Origin {
        Origin {
            path,
            failure: OnceLock::new(),
        }
    }

    /// The store's directory.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// A file of the directory; `.` is the directory.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        if name == "." {
            self.path.clone()
        } else {
            self.path.join(name)
        }
    }

    /// A refused operation on a file, with its path.
    pub(crate) fn io_error(&self, failed: FileError, commit: CommitState) -> StoreError {
        let path = self.file(&failed.name);
        IoContext::shared(failed.operation, path, commit, failed.source).into()
    }

    /// Remembers why the writer accepts nothing more. The first reason counts.
    pub(crate) fn note_failure(&self, failure: &Failure) {
        // A forked child says nothing of the writer, and must not wait for a thread of its parent.
        if !matches!(failure, Failure::Forked) {
            // A later failure follows from the first one.
            let _ = self.failure.set(failure.clone());
        }
    }

    /// Why the writer accepts nothing more.
    pub(crate) fn failure(&self) -> Option<&Failure> {
        self.failure.get()
    }
}
