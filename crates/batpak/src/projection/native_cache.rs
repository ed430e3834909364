//! A cache of one file per state, in a directory of its own.

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use batpak_event::content_hash;
use batpak_platform::{
    Access, EntryKind, RealDirectory, Storage, StorageFile, canonical_path, read_exact_at,
    write_all_at,
};

use super::cache::{CacheMeta, ProjectionCache};
use super::cache_damage::CacheDamage;
use super::cache_file::{decode, encode};
use crate::error::{CommitState, IoContext, StoreError};

/// The end of a file's name.
const SUFFIX: &str = ".state";
/// The end of the name that a file has until it is whole.
const TEMPORARY: &str = ".state.tmp";
/// The largest file that is written or read.
const MAX_FILE: u64 = 256 << 20;
/// How many names are tried for a temporary file before another process is left alone.
const MOST_NAMES: u32 = 64;

/// A [`ProjectionCache`] of one file per state, in a directory of its own.
///
/// A file is written under a temporary name and then renamed, so that a reader in any process finds the
/// old state or the new one. Nothing is synced unless [`sync`](ProjectionCache::sync) is called: what a
/// power cut leaves of a file does not pass its checksum, is reported, and is replaced.
///
/// ```
/// use batpak::store::{CacheMeta, NativeCache, ProjectionCache};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let temp = tempfile::tempdir()?;
/// let cache = NativeCache::open(temp.path().join("states"))?;
/// cache.put(b"lamp:1\0", b"on", CacheMeta::new(7, 0))?;
/// let (value, meta) = cache.get(b"lamp:1\0")?.ok_or("it was put")?;
/// assert_eq!((&value[..], meta.watermark), (&b"on"[..], 7));
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct NativeCache {
    storage: Arc<dyn Storage>,
    path: PathBuf,
    /// Numbers temporary files.
    next: AtomicU64,
    /// Files that were written since the last sync.
    unsynced: Mutex<BTreeSet<String>>,
}

impl NativeCache {
    /// Opens the cache in a directory, and creates the directory where there is none. Temporary files
    /// that a killed program left there are removed.
    ///
    /// # Errors
    /// [`StoreError::CacheFailed`] when the directory cannot be created or listed.
    pub fn open(path: impl AsRef<Path>) -> Result<NativeCache, StoreError> {
        let path = path.as_ref();
        let directory = RealDirectory::create(path)
            .map_err(|error| failed("create", canonical_path(path), error))?;
        NativeCache::open_on(Arc::new(directory), canonical_path(path))
    }

    /// Opens the cache in a directory of the caller's, for example on a simulated disk. The path is only
    /// a name in errors.
    ///
    /// ```
    /// use std::sync::Arc;
    ///
    /// use batpak::store::NativeCache;
    /// use batpak_platform::RealDirectory;
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let temp = tempfile::tempdir()?;
    /// let directory = RealDirectory::open(temp.path())?;
    /// let cache = NativeCache::open_on(Arc::new(directory), temp.path())?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`StoreError::CacheFailed`] when the directory cannot be listed.
    pub fn open_on(
        storage: Arc<dyn Storage>,
        path: impl Into<PathBuf>,
    ) -> Result<NativeCache, StoreError> {
        let cache = NativeCache {
            storage,
            path: path.into(),
            next: AtomicU64::new(0),
            unsynced: Mutex::default(),
        };
        for name in cache.names(TEMPORARY)? {
            cache.remove(&name)?;
        }
        Ok(cache)
    }

    /// The regular files whose names end so.
    fn names(&self, suffix: &str) -> Result<Vec<String>, StoreError> {
        let listed = self.storage.list();
        let entries = listed.map_err(|error| self.failed("list", ".", error))?;
        let ours = entries
            .into_iter()
            .filter(|entry| entry.kind == EntryKind::File && entry.name.ends_with(suffix));
        Ok(ours.map(|entry| entry.name).collect())
    }

    /// Removes a file; false when somebody else did.
    fn remove(&self, name: &str) -> Result<bool, StoreError> {
        match self.storage.remove(name) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(self.failed("remove", name, error)),
        }
    }

    /// The bytes of a file, if it is there.
    fn read(&self, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let file = match self.storage.open(name, Access::Read) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(self.failed("open", name, error)),
        };
        let len = file
            .len()
            .map_err(|error| self.failed("read", name, error))?;
        let size = usize::try_from(len).ok().filter(|_| len <= MAX_FILE);
        let size = size.ok_or_else(|| self.damage(name, "it is longer than any state"))?;
        let mut bytes = vec![0; size];
        let read = read_exact_at(&*file, &mut bytes, 0);
        read.map_err(|error| self.failed("read", name, error))?;
        Ok(Some(bytes))
    }

    /// A new file under a temporary name that nobody else has.
    fn create(&self, name: &str) -> Result<(String, Arc<dyn StorageFile>), StoreError> {
        let mut tries = 0;
        loop {
            tries += 1;
            let number = self.next.fetch_add(1, Ordering::AcqRel);
            let temporary = format!("{name}.{number}{TEMPORARY}");
            match self.storage.create(&temporary) {
                Ok(file) => return Ok((temporary, file)),
                Err(error)
                    if error.kind() == io::ErrorKind::AlreadyExists && tries < MOST_NAMES => {}
                Err(error) => return Err(self.failed("create", &temporary, error)),
            }
        }
    }

    fn damage(&self, name: &str, reason: &'static str) -> StoreError {
        CacheDamage::new(self.path.join(name).display().to_string(), reason).into()
    }

    fn failed(&self, operation: &'static str, name: &str, error: io::Error) -> StoreError {
        failed(operation, self.path.join(name), error)
    }
}

impl ProjectionCache for NativeCache {
    fn get(&self, key: &[u8]) -> Result<Option<(Vec<u8>, CacheMeta)>, StoreError> {
        let name = file_name(key);
        let Some(bytes) = self.read(&name)? else {
            return Ok(None);
        };
        let state = decode(&bytes).map_err(|reason| self.damage(&name, reason))?;
        if state.key != key {
            return Err(self.damage(&name, "it is the state of another key"));
        }
        Ok(Some((state.value.to_vec(), state.meta)))
    }

    fn put(&self, key: &[u8], value: &[u8], meta: CacheMeta) -> Result<(), StoreError> {
        let name = file_name(key);
        let bytes = encode(key, value, meta);
        if u64::try_from(bytes.len()).map_or(true, |len| len > MAX_FILE) {
            let error = io::Error::new(io::ErrorKind::FileTooLarge, "the state is too large");
            return Err(self.failed("write", &name, error));
        }
        let (temporary, file) = self.create(&name)?;
        let written = write_all_at(&*file, &bytes, 0)
            .map_err(|error| self.failed("write", &temporary, error))
            .and_then(|()| {
                let renamed = self.storage.rename(&temporary, &name);
                renamed.map_err(|error| self.failed("rename", &temporary, error))
            });
        if let Err(error) = written {
            // What is left of it would be removed by the next open.
            let _ = self.storage.remove(&temporary);
            return Err(error);
        }
        let mut unsynced = self.unsynced.lock().unwrap_or_else(PoisonError::into_inner);
        unsynced.insert(name);
        Ok(())
    }

    fn delete_prefix(&self, prefix: &[u8]) -> Result<u64, StoreError> {
        let mut deleted = 0;
        for name in self.names(SUFFIX)? {
            let Some(bytes) = self.read(&name)? else {
                continue;
            };
            // Whose state a damaged file is cannot be told; it is replaced when it is asked for.
            let Ok(state) = decode(&bytes) else { continue };
            if state.key.starts_with(prefix) {
                deleted += u64::from(self.remove(&name)?);
            }
        }
        Ok(deleted)
    }

    fn sync(&self) -> Result<(), StoreError> {
        let mut unsynced = self.unsynced.lock().unwrap_or_else(PoisonError::into_inner);
        let names = std::mem::take(&mut *unsynced);
        drop(unsynced);
        for name in &names {
            match self.storage.open(name, Access::ReadWrite) {
                Ok(file) => file
                    .sync_data()
                    .map_err(|error| self.failed("sync", name, error))?,
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(self.failed("open", name, error)),
            }
        }
        let synced = self.storage.sync_directory();
        synced.map_err(|error| self.failed("sync", ".", error))
    }
}

fn failed(operation: &'static str, path: PathBuf, error: io::Error) -> StoreError {
    let context = IoContext::new(operation, path, CommitState::NotCommitted, error);
    StoreError::CacheFailed(Box::new(context.into_io_error()))
}

/// Keys hold names of any length, and bytes that no file name may have.
fn file_name(key: &[u8]) -> String {
    let mut name = String::with_capacity(64 + SUFFIX.len());
    for byte in content_hash(key) {
        for digit in [byte >> 4, byte & 15] {
            name.extend(char::from_digit(u32::from(digit), 16));
        }
    }
    name + SUFFIX
}
