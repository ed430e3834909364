//! What a store and its tickets share: where it is, for errors that name its files, what failed its writer, and
//! who issues its receipts.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use batpak_journal::{Failure, FileError};

use crate::error::{CommitState, IoContext, StoreError};
use crate::receipt::Issuer;

/// Where a store is, what failed its writer, and who issues its receipts. Shared by a store and its tickets.
#[derive(Debug)]
pub(crate) struct Origin {
    path: PathBuf,
    failure: OnceLock<Failure>,
    issuer: Issuer,
}

impl Origin {
    pub(crate) fn new(path: PathBuf) -> Origin {
        Origin {
            path,
            failure: OnceLock::new(),
            issuer: Issuer::default(),
        }
    }

    /// The same of a store that is open, which issues receipts.
    pub(crate) fn issuing(mut self, issuer: Issuer) -> Origin {
        self.issuer = issuer;
        self
    }

    /// Who issues the receipts.
    pub(crate) fn issuer(&self) -> &Issuer {
        &self.issuer
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
