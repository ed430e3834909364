//! What a store costs on disk.

use std::fmt;

use batpak_journal::FileError;
use batpak_platform::EntryKind;
use batpak_segment::names::{NameClass, classify};

use super::state::Store;
use crate::error::{CommitState, StoreError};
use crate::read::read_error;

/// What a file in a store's directory is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum FileClass {
    /// Events.
    Segment,
    /// Derived from a segment.
    Index,
    /// The store's identity.
    Identity,
    /// Facts about the writer.
    Lock,
    /// Ranges of events that maintenance has hidden.
    HiddenRanges,
    /// A file that was being made when somebody stopped, or that is filled ahead.
    Temporary,
    /// A file that recovery moved out of the way.
    SetAside,
    /// Not the store's.
    Other,
}

impl fmt::Display for FileClass {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(match self {
            Self::Segment => "segment",
            Self::Index => "index",
            Self::Identity => "identity",
            Self::Lock => "lock",
            Self::HiddenRanges => "hidden-ranges",
            Self::Temporary => "temporary",
            Self::SetAside => "set-aside",
            Self::Other => "other",
        })
    }
}

/// One file of a store's directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileUsage {
    /// Name.
    pub name: String,
    /// What it is.
    pub class: FileClass,
    /// Length in bytes.
    pub bytes: u64,
}

/// What a store costs on disk.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct StoreUsage {
    /// The files of the directory, sorted by name.
    pub files: Vec<FileUsage>,
    /// Segment files.
    pub segments: u64,
    /// Streams, those of events that are not visible yet included. A stream whose first event is lost
    /// or gone is not counted.
    pub streams: u64,
    /// Indexes that were found damaged since the store was opened, and made again in memory.
    pub repaired_indexes: u64,
    /// Bytes that can still be written to the file system, when it can tell.
    pub free_bytes: Option<u64>,
}

impl<State> Store<State> {
    /// What the store costs on disk. Costs one look at each file's size.
    ///
    /// # Errors
    /// [`StoreError::Io`] when the directory cannot be listed.
    pub fn usage(&self) -> Result<StoreUsage, StoreError> {
        let refused = |operation, source| {
            let failed = FileError {
                operation,
                name: ".".into(),
                source: std::sync::Arc::new(source),
            };
            self.core.origin.io_error(failed, CommitState::NotCommitted)
        };
        let storage = &self.core.storage;
        let entries = storage.list().map_err(|error| refused("list", error))?;
        let free_bytes = storage
            .free_bytes()
            .map_err(|error| refused("ask for the free space of", error))?;
        let files: Vec<FileUsage> = entries
            .into_iter()
            .filter(|entry| entry.kind == EntryKind::File)
            .map(|entry| FileUsage {
                class: class(&entry.name),
                bytes: entry.len,
                name: entry.name,
            })
            .collect();
        let streams = self.core.view.stream_count();
        let streams = streams.map_err(|error| read_error(error, &self.core.origin))?;
        let segments = files
            .iter()
            .filter(|file| file.class == FileClass::Segment)
            .count();
        Ok(StoreUsage {
            files,
            segments: u64::try_from(segments).unwrap_or(u64::MAX),
            streams,
            repaired_indexes: self.core.view.repaired_indexes(),
            free_bytes,
        })
    }
}

fn class(name: &str) -> FileClass {
    match classify(name) {
        NameClass::Segment(_) => FileClass::Segment,
        NameClass::Index(_) => FileClass::Index,
        NameClass::Identity => FileClass::Identity,
        NameClass::Lock => FileClass::Lock,
        NameClass::HiddenRanges => FileClass::HiddenRanges,
        NameClass::Temporary => FileClass::Temporary,
        NameClass::SetAside => FileClass::SetAside,
        _ => FileClass::Other,
    }
}
