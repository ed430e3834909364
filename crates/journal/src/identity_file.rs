//! The store identity on disk: two slots written in turn.

use std::io;
use std::sync::Arc;

use batpak_platform::{Access, Storage, StorageFile, read_exact_at, write_all_at};
use batpak_segment::identity::{Choice, Identity, IdentityFault, SlotPair, choose, decode_slot};
use batpak_segment::names::IDENTITY;

use crate::error::{Failure, FileError};
use crate::sabotage::{Bug, planted};

/// Largest identity file: room for some three hundred thousand segments.
const MAX_IDENTITY_BYTES: u64 = 64 << 20;

/// What an identity file says.
#[derive(Debug)]
pub(crate) enum Loaded {
    /// No file, or one in which nothing was ever written.
    Absent,
    /// Slots that cannot be read as an identity.
    Bad(IdentityFault),
    /// The newest valid slot; whether the other one is damaged.
    Valid {
        identity: Box<Identity>,
        slots: SlotPair,
        other_bad: bool,
    },
}

/// The identity file of an open store.
#[derive(Debug)]
pub(crate) struct IdentityFile {
    storage: Arc<dyn Storage>,
    file: Arc<dyn StorageFile>,
    slots: SlotPair,
    pub(crate) identity: Identity,
}

/// Reads the identity of a directory.
pub(crate) fn load(storage: &dyn Storage) -> Result<Loaded, FileError> {
    let failed = |operation| move |source| FileError::new(operation, IDENTITY, source);
    let file = match storage.open(IDENTITY, Access::Read) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Loaded::Absent),
        Err(error) => return Err(failed("open")(error)),
    };
    load_file(&*file).map_err(failed("read"))
}

fn load_file(file: &dyn StorageFile) -> io::Result<Loaded> {
    let len = file.len()?;
    if len > MAX_IDENTITY_BYTES {
        let fault = IdentityFault::Malformed("the file is longer than any identity");
        return Ok(Loaded::Bad(fault));
    }
    let mut bytes = vec![0; usize::try_from(len).unwrap_or(0)];
    read_exact_at(file, &mut bytes, 0)?;
    let slots = match SlotPair::of_file(len) {
        Ok(slots) => slots,
        // A crash while the file was made leaves it short, with nothing in it.
        Err(_) if bytes.iter().all(|byte| *byte == 0) => return Ok(Loaded::Absent),
        Err(fault) => return Ok(Loaded::Bad(fault)),
    };
    let Some((first, second)) = slots.split(&bytes) else {
        return Ok(Loaded::Bad(IdentityFault::TooShort));
    };
    Ok(match choose(decode_slot(first), decode_slot(second)) {
        Choice::Empty => Loaded::Absent,
        Choice::Future(fault) | Choice::Damaged { first: fault, .. } => Loaded::Bad(fault),
        Choice::Current { identity, bad } => Loaded::Valid {
            identity: Box::new(identity),
            slots,
            other_bad: bad.is_some(),
        },
    })
}

impl IdentityFile {
    /// Writes the first identity of a new store and makes its name durable. A file left by a crash
    /// in the middle of this is written over: no segment exists, so it cannot be another store's.
    pub(crate) fn create(storage: Arc<dyn Storage>, identity: Identity) -> Result<Self, FileError> {
        let failed = |operation| move |source| FileError::new(operation, IDENTITY, source);
        let file = match storage.create(IDENTITY) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => storage
                .open(IDENTITY, Access::ReadWrite)
                .map_err(failed("open"))?,
            Err(error) => return Err(failed("create")(error)),
        };
        let slots = slots_for(&identity).map_err(failed("lay out"))?;
        file.set_len(0)
            .and_then(|()| file.set_len(slots.file_length()))
            .map_err(failed("extend"))?;
        let created = Self {
            storage,
            file,
            slots,
            identity,
        };
        created.write_slot().map_err(failed("write"))?;
        created
            .storage
            .sync_directory()
            .map_err(failed("sync the directory of"))?;
        Ok(created)
    }

    /// Opens the identity file for writing, with what [`load`] found in it, and writes that again
    /// in place: the slot that was read may be nowhere but in the page cache, and the other one is
    /// written next.
    pub(crate) fn open(
        storage: Arc<dyn Storage>,
        identity: Identity,
        slots: SlotPair,
    ) -> Result<Self, FileError> {
        let file = storage
            .open(IDENTITY, Access::ReadWrite)
            .map_err(|source| FileError::new("open", IDENTITY, source))?;
        let opened = Self {
            storage,
            file,
            slots,
            identity,
        };
        let written = if planted(Bug::SkipSlotThatWasRead) {
            Ok(())
        } else {
            opened.write_slot()
        };
        written.map_err(|source| FileError::new("write", IDENTITY, source))?;
        Ok(opened)
    }

    /// Makes `next` the durable identity. The file is read again first: a later epoch or
    /// generation in it means that another writer took the directory over.
    pub(crate) fn write(&mut self, mut next: Identity) -> Result<(), Failure> {
        let failed = |operation| {
            move |source| Failure::Identity(FileError::new(operation, IDENTITY, source))
        };
        if let Loaded::Valid { identity, .. } = load_file(&*self.file).map_err(failed("read"))?
            && (identity.epoch > self.identity.epoch
                || identity.generation > self.identity.generation)
        {
            return Err(Failure::Superseded {
                found: identity.epoch.0,
                ours: self.identity.epoch.0,
            });
        }
        next.generation = self.identity.generation.saturating_add(1);
        self.identity = next;
        let needed = slots_for(&self.identity).map_err(failed("lay out"))?;
        if needed.slot_size() > self.slots.slot_size() {
            return self.grow(needed).map_err(Failure::Identity);
        }
        self.write_slot().map_err(failed("write"))
    }

    /// Puts a copy in the place of the file, and makes its name durable.
    pub(crate) fn replace(&mut self) -> Result<(), FileError> {
        self.grow(self.slots)
    }

    fn write_slot(&self) -> io::Result<()> {
        let bytes = self
            .identity
            .encode_into(self.slots.slot_size())
            .map_err(io::Error::other)?;
        write_all_at(
            &*self.file,
            &bytes,
            self.slots.offset_of(if planted(Bug::OneSlot) {
                0
            } else {
                self.identity.generation
            }),
        )?;
        self.file.sync_data()
    }

    /// Replaces the file by one with larger slots. The old file is whole until the rename, the new
    /// one from then on.
    fn grow(&mut self, slots: SlotPair) -> Result<(), FileError> {
        let temporary = format!("{IDENTITY}.tmp");
        let failed = |operation| {
            let name = temporary.clone();
            move |source| FileError::new(operation, name, source)
        };
        match self.storage.remove(&temporary) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(failed("replace")(error));
            }
            _ => {}
        }
        self.file = self.storage.create(&temporary).map_err(failed("create"))?;
        self.slots = slots;
        self.file
            .set_len(slots.file_length())
            .and_then(|()| self.write_slot())
            .map_err(failed("write"))?;
        self.storage
            .rename(&temporary, IDENTITY)
            .and_then(|()| self.storage.sync_directory())
            .map_err(failed("name"))
    }
}

fn slots_for(identity: &Identity) -> io::Result<SlotPair> {
    SlotPair::new(identity.slot_size_for())
        .filter(|slots| slots.file_length() <= MAX_IDENTITY_BYTES)
        .ok_or_else(|| io::Error::other("the store has too many segments for one identity"))
}
