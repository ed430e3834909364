//! An open segment file: its facts, and a sync whose failure is never forgotten.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use batpak_coordinate::Sequence;
use batpak_event::Epoch;
use batpak_platform::{Access, FileBytes, Storage, StorageFile, read_exact_at, write_all_at};
use batpak_segment::{Offset, SEGMENT_HEADER, Salt, SegmentHeader, SegmentId};

use crate::error::FileError;
use crate::sabotage::{Bug, planted};

/// How many zero bytes are written at a time when a segment is filled ahead. A write of a mebibyte
/// makes the system keep the file in pages so large that every append into one costs three times as much.
const FILL_CHUNK: usize = 64 << 10;

/// A segment that events are read from, and perhaps written to.
#[derive(Debug)]
pub(crate) struct SegmentFile {
    pub(crate) id: SegmentId,
    pub(crate) salt: Salt,
    /// Epoch that created it.
    pub(crate) epoch: Epoch,
    pub(crate) first_sequence: Sequence,
    pub(crate) capacity: u64,
    pub(crate) name: String,
    pub(crate) file: Arc<dyn StorageFile>,
    /// Whether a sync failed: a later success would prove nothing about the writes before it.
    sync_failed: Mutex<bool>,
    /// Its bytes in place, once it is closed and somebody reads it; none where it cannot be mapped.
    mapping: OnceLock<Option<FileBytes>>,
    /// Whether somebody cut the file under the mapping.
    shortened: AtomicBool,
}

impl SegmentFile {
    /// A segment of which nothing can be read. Its salt is not known: it is none that a segment is
    /// likely to have.
    pub(crate) fn absent(id: SegmentId, first_sequence: Sequence) -> Self {
        Self {
            id,
            salt: Salt(u64::MAX),
            epoch: Epoch(0),
            first_sequence,
            capacity: 0,
            name: id.file_name(),
            file: Arc::new(Absent),
            sync_failed: Mutex::new(false),
            mapping: OnceLock::new(),
            shortened: AtomicBool::new(false),
        }
    }

    pub(crate) fn of_header(header: &SegmentHeader, file: Arc<dyn StorageFile>) -> Self {
        Self {
            id: header.segment,
            salt: header.salt,
            epoch: header.epoch,
            first_sequence: header.first_sequence,
            capacity: header.capacity,
            name: header.segment.file_name(),
            file,
            sync_failed: Mutex::new(false),
            mapping: OnceLock::new(),
            shortened: AtomicBool::new(false),
        }
    }

    pub(crate) fn error(&self, operation: &'static str, source: io::Error) -> FileError {
        FileError::new(operation, self.name.clone(), source)
    }

    /// Lets the frames up to `end` be read in place: none of them is written to again.
    pub(crate) fn map_up_to(&self, end: Offset) {
        if self.mapping.get().is_none() {
            // Nobody waits for a thread that makes it as well. Without one they are read by position.
            let _first_or_other = self.mapping.set(self.file.map(end.0).ok());
        }
    }

    /// Its bytes in place, where they can be read so.
    #[inline]
    pub(crate) fn mapped(&self) -> Option<&[u8]> {
        let bytes = self.mapping.get()?.as_ref()?;
        (!self.shortened.load(Ordering::Acquire)).then(|| bytes.as_ref())
    }

    /// Gives the mapping up when the file is shorter now: touching what is gone would end the process.
    pub(crate) fn check_mapping(&self) {
        if let Some(bytes) = self.mapped()
            && self.file.len().is_ok_and(|len| len < bytes.len() as u64)
        {
            self.shortened.store(true, Ordering::Release);
        }
    }

    pub(crate) fn write(&self, bytes: &[u8], offset: u64) -> Result<(), FileError> {
        write_all_at(&*self.file, bytes, offset).map_err(|source| self.error("write", source))
    }

    pub(crate) fn write_zeros(&self, from: u64, to: u64) -> Result<(), FileError> {
        fill(&*self.file, from, to).map_err(|source| self.error("clear", source))
    }

    /// Makes everything written so far durable. The system reports a failed sync once per open
    /// file: calls are serialized and the failure is kept, so that no caller takes the silence
    /// after it for success.
    pub(crate) fn sync(&self) -> Result<(), FileError> {
        let mut failed = self
            .sync_failed
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if *failed {
            return Err(self.error("sync", io::Error::other("an earlier sync of it failed")));
        }
        // Until it returns, a panic in it counts as a failure.
        *failed = true;
        let again = |error| {
            if planted(Bug::RetryFailedSync) {
                self.file.sync_data()
            } else {
                Err(error)
            }
        };
        let synced = if planted(Bug::SkipSync) {
            Ok(())
        } else {
            self.file.sync_data().or_else(again)
        };
        synced.map_err(|source| self.error("sync", source))?;
        *failed = false;
        Ok(())
    }
}

/// Stands for a file that cannot be read as the segment it should be: the events in it are lost.
#[derive(Debug)]
struct Absent;

impl StorageFile for Absent {
    fn len(&self) -> io::Result<u64> {
        Err(io::ErrorKind::NotFound.into())
    }

    fn read_at(&self, _: &mut [u8], _: u64) -> io::Result<usize> {
        Err(io::ErrorKind::NotFound.into())
    }

    fn write_at(&self, _: &[u8], _: u64) -> io::Result<usize> {
        Err(io::ErrorKind::NotFound.into())
    }

    fn set_len(&self, _: u64) -> io::Result<()> {
        Err(io::ErrorKind::NotFound.into())
    }

    /// Nothing was written, so nothing is left to make durable.
    fn sync_data(&self) -> io::Result<()> {
        Ok(())
    }
}

/// The 256 bytes before the first frame.
pub(crate) fn read_header_bytes(
    file: &dyn StorageFile,
) -> io::Result<Option<[u8; SEGMENT_HEADER]>> {
    let mut bytes = [0; SEGMENT_HEADER];
    match read_exact_at(file, &mut bytes, 0) {
        Ok(()) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(None),
        Err(error) => Err(error),
    }
}

/// Writes zeros in [from, to).
fn fill(file: &dyn StorageFile, from: u64, to: u64) -> io::Result<()> {
    let zeros = vec![0_u8; FILL_CHUNK];
    let mut at = from;
    while at < to {
        let len = usize::try_from(to - at)
            .unwrap_or(FILL_CHUNK)
            .min(FILL_CHUNK);
        write_all_at(file, zeros.get(..len).unwrap_or(&zeros), at)?;
        at += len as u64;
    }
    Ok(())
}

/// A file filled with zeros that has no final name yet: the next segment.
#[derive(Debug)]
pub(crate) struct NextSegment {
    pub(crate) id: SegmentId,
    pub(crate) salt: Salt,
    pub(crate) capacity: u64,
    pub(crate) temporary: String,
    pub(crate) file: Arc<dyn StorageFile>,
}

impl NextSegment {
    /// Name a segment has until its header is durable.
    pub(crate) fn temporary_name(id: SegmentId) -> String {
        format!("{}.tmp", id.file_name())
    }

    /// Creates and fills the file, and makes its bytes durable. A file that cannot be filled is
    /// removed again, so that a full disk is no fuller than before.
    pub(crate) fn prepare(
        storage: &dyn Storage,
        id: SegmentId,
        salt: Salt,
        capacity: u64,
    ) -> Result<Self, FileError> {
        let temporary = Self::temporary_name(id);
        let failed = |operation| {
            let name = temporary.clone();
            move |source| FileError::new(operation, name, source)
        };
        match storage.remove(&temporary) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(failed("replace")(error)),
        }
        let file = storage.create(&temporary).map_err(failed("create"))?;
        let filled = fill(&*file, 0, capacity).and_then(|()| file.sync_data());
        if let Err(error) = filled {
            drop(file);
            // The first error is the one worth reporting; a leftover is removed at the next open.
            let _leftover = storage.remove(&temporary);
            return Err(failed("fill ahead")(error));
        }
        Ok(Self {
            id,
            salt,
            capacity,
            temporary,
            file,
        })
    }
}

/// Opens a segment for reading, or for writing as well.
pub(crate) fn open_file(
    storage: &dyn Storage,
    id: SegmentId,
    access: Access,
) -> Result<Arc<dyn StorageFile>, FileError> {
    let name = id.file_name();
    storage
        .open(&name, access)
        .map_err(|source| FileError::new("open", name, source))
}
