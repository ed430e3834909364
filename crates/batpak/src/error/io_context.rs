//! What was tried on which file, carried inside a system error.

use std::error::Error;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::CommitState;

/// What was tried on which file when the system refused, and what that means for a commit.
///
/// Lives inside an `io::Error` of the same kind, so that code which knows only `io::Error` keeps
/// working. Such an `io::Error` has no `raw_os_error`; ask
/// [`StoreError::os_error`](super::StoreError::os_error) instead.
#[derive(Debug)]
pub struct IoContext {
    operation: &'static str,
    path: PathBuf,
    commit: CommitState,
    pub(super) source: io::Error,
}

impl IoContext {
    /// Context for `source`. `operation` is a verb phrase that reads well before the path.
    #[must_use]
    pub fn new(
        operation: &'static str,
        path: impl Into<PathBuf>,
        commit: CommitState,
        source: io::Error,
    ) -> IoContext {
        IoContext {
            operation,
            path: path.into(),
            commit,
            source,
        }
    }

    /// Context for an error that several calls share. Its kind and its number are kept.
    #[must_use]
    pub fn shared(
        operation: &'static str,
        path: impl Into<PathBuf>,
        commit: CommitState,
        source: Arc<io::Error>,
    ) -> IoContext {
        let source = match source.raw_os_error() {
            Some(number) => io::Error::from_raw_os_error(number),
            None => io::Error::new(source.kind(), source),
        };
        IoContext::new(operation, path, commit, source)
    }

    /// What was tried.
    #[must_use]
    pub fn operation(&self) -> &'static str {
        self.operation
    }

    /// The file or directory.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether the events of the failed call are in the log.
    #[must_use]
    pub fn commit(&self) -> CommitState {
        self.commit
    }

    /// What the system answered.
    #[must_use]
    pub fn io_error(&self) -> &io::Error {
        &self.source
    }

    /// An `io::Error` of the same kind with this context inside.
    #[must_use]
    pub fn into_io_error(self) -> io::Error {
        io::Error::new(self.source.kind(), self)
    }
}

impl fmt::Display for IoContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let IoContext {
            operation,
            path,
            source,
            ..
        } = self;
        write!(f, "{operation} {}: {source}", path.display())
    }
}

impl Error for IoContext {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.source)
    }
}

#[cfg(test)]
mod tests {
    use std::io::ErrorKind;

    use super::*;
    use crate::error::StoreError;

    /// The system's number for "no space left".
    const NO_SPACE: i32 = 28;

    fn refused() -> io::Error {
        io::Error::from_raw_os_error(NO_SPACE)
    }

    #[test]
    fn context_keeps_kind_number_and_text() {
        let context = IoContext::new("write", "d/000001.fbat", CommitState::Unknown, refused());
        let error = StoreError::from(context.into_io_error());
        let text = error.to_string();
        assert!(
            text.starts_with("IO error: write d/000001.fbat: "),
            "{text}"
        );
        assert_eq!(error.os_error(), Some(NO_SPACE));
        assert_eq!(error.commit_state(), CommitState::Unknown);
        let context = error.io_context().unwrap();
        assert_eq!(context.operation(), "write");
        assert_eq!(context.path(), Path::new("d/000001.fbat"));
        assert_eq!(context.io_error().raw_os_error(), Some(NO_SPACE));
        let StoreError::Io(io) = error else {
            unreachable!("an io error stays one")
        };
        assert_eq!(io.kind(), ErrorKind::StorageFull);
    }

    #[test]
    fn the_number_is_found_through_every_wrapper() {
        let twice = |inner: io::Error| io::Error::new(inner.kind(), inner);
        let shared = |inner: io::Error| io::Error::new(inner.kind(), Arc::new(inner));
        for io in [refused(), twice(refused()), shared(twice(refused()))] {
            let context = IoContext::new("sync", "d", CommitState::NotCommitted, io);
            let error = StoreError::CommitUnknown {
                first: 1,
                last: 2,
                source: Box::new(StoreError::BatchSyncFailed {
                    item_count: 2,
                    source: Box::new(context.into()),
                }),
            };
            assert_eq!(error.os_error(), Some(NO_SPACE));
            assert_eq!(error.io_context().map(IoContext::operation), Some("sync"));
        }
        assert_eq!(StoreError::WriterCrashed.os_error(), None);
        let plain = StoreError::Io(io::Error::other("no number"));
        assert_eq!(plain.os_error(), None);
    }

    #[test]
    fn a_shared_error_keeps_kind_and_number() {
        let shared = Arc::new(refused());
        for _ in 0..2 {
            let context = IoContext::shared("sync", "d", CommitState::Unknown, Arc::clone(&shared));
            assert_eq!(context.io_error().raw_os_error(), Some(NO_SPACE));
        }
        let text_only = Arc::new(io::Error::new(ErrorKind::TimedOut, "disk timed out"));
        let context = IoContext::shared("sync", "d", CommitState::Unknown, text_only);
        assert_eq!(context.io_error().kind(), ErrorKind::TimedOut);
        assert_eq!(context.to_string(), "sync d: disk timed out");
    }
}
