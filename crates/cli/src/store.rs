//! Choosing a store, and opening it for reading or for writing.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use batpak::store::{Durability, Open, ReadOnly};
use batpak::{Store, StoreConfig};

use crate::context::Context;
use crate::failure::{Exit, Failure, Result};

/// The variable that names a store when `--store` does not.
const VARIABLE: &str = "BATPAK_STORE";
/// Most events that an import may make one unit.
pub(crate) const BATCH_EVENTS: u32 = 4096;
/// Most bytes of such a unit, so that a large event still fits behind others.
const BATCH_BYTES: u32 = 16 * 1024 * 1024;
/// Bytes of payload and key that an event may have: the most that a store can be set to, so that
/// an import takes what any program has appended.
pub(crate) const LARGEST_EVENT: u32 = 64 * 1024 * 1024;

/// The directory that the user named.
pub(crate) fn named(context: &Context) -> Result<PathBuf> {
    if let Some(dir) = &context.global.store {
        return Ok(dir.clone());
    }
    match std::env::var_os(VARIABLE) {
        Some(dir) if !dir.is_empty() => Ok(PathBuf::from(dir)),
        _ => Err(Failure::usage(
            "no-store",
            "no store named: --store DIR or BATPAK_STORE",
        )),
    }
}

/// Opens the named store for reading, beside a writer if there is one.
pub(crate) fn open_for_reading(context: &Context) -> Result<Store<ReadOnly>> {
    let dir = existing(context)?;
    open_read_only(&dir)
}

/// The named directory, which must hold a store.
pub(crate) fn existing(context: &Context) -> Result<PathBuf> {
    let dir = named(context)?;
    existing_at(&dir)?;
    Ok(dir)
}

/// Refuses a directory that holds no store.
pub(crate) fn existing_at(dir: &Path) -> Result<()> {
    match contents(dir)? {
        Contents::Store => Ok(()),
        Contents::Missing => Err(not_a_store("no such directory", dir)),
        Contents::Empty | Contents::Foreign => Err(not_a_store("not a store", dir)),
    }
}

/// Does `work` on the named store, opened for writing and created where there is nothing yet, and
/// closes it in any case. What failed in the work comes before what failed in the close.
pub(crate) fn write<T>(
    context: &Context,
    durability: Durability,
    work: impl FnOnce(&Store<Open>) -> Result<T>,
) -> Result<T> {
    let store = open_or_create(&named(context)?, durability)?;
    let result = work(&store);
    let closed = store.close();
    let done = result?;
    closed?;
    Ok(done)
}

/// Opens the store in `dir` for writing, and creates it where there is nothing yet.
pub(crate) fn open_or_create(dir: &Path, durability: Durability) -> Result<Store<Open>> {
    match contents(dir)? {
        Contents::Store | Contents::Missing | Contents::Empty => {}
        Contents::Foreign => {
            return Err(Failure::usage(
                "not-a-store",
                "the directory is not empty and not a store",
            )
            .with_path(dir)
            .with_hint("name a new or an empty directory"));
        }
    }
    let config = StoreConfig::new(dir)
        .with_durability(durability)
        .with_single_append_max_bytes(LARGEST_EVENT)
        .with_batch_max_size(BATCH_EVENTS)
        .with_batch_max_bytes(BATCH_BYTES);
    Store::open(config).map_err(Failure::opening)
}

/// Opens the store in `dir` for reading.
pub(crate) fn open_read_only(dir: &Path) -> Result<Store<ReadOnly>> {
    Store::open_read_only(StoreConfig::new(dir)).map_err(Failure::opening)
}

/// What a directory holds, as far as choosing a store goes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Contents {
    /// There is no such directory.
    Missing,
    /// Nothing, or only what creating a store leaves before it is one.
    Empty,
    /// A store.
    Store,
    /// Something else.
    Foreign,
}

/// Looks at the names in `dir`.
pub(crate) fn contents(dir: &Path) -> Result<Contents> {
    let entries = match fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Contents::Missing),
        Err(error) if error.kind() == io::ErrorKind::NotADirectory => {
            return Err(not_a_store("not a directory", dir)
                .with_hint("the directory of a store, or a new one, is needed"));
        }
        Err(error) => return Err(Failure::io("cannot read the directory", dir, &error)),
    };
    let mut contents = Contents::Empty;
    for entry in entries {
        let entry = entry.map_err(|error| Failure::io("cannot read the directory", dir, &error))?;
        match contents_by_name(&entry.file_name().to_string_lossy()) {
            Contents::Store => return Ok(Contents::Store),
            Contents::Foreign => contents = Contents::Foreign,
            Contents::Empty | Contents::Missing => {}
        }
    }
    Ok(contents)
}

fn contents_by_name(name: &str) -> Contents {
    if name == "store.fbatm" || name.ends_with(".fbat") {
        Contents::Store
    } else if name == ".batpak.lock" || (name.contains(".fbat") && name.ends_with(".tmp")) {
        Contents::Empty
    } else {
        Contents::Foreign
    }
}

fn not_a_store(what: &str, dir: &Path) -> Failure {
    Failure::new(Exit::Usage, "not-a-store", what)
        .with_path(dir)
        .with_hint("`batpak append` and `batpak import` create a store")
}

#[cfg(test)]
mod tests {
    use super::{Contents, contents};

    #[test]
    fn a_directory_is_judged_by_the_names_in_it() {
        let cases: [(&[&str], Contents); 6] = [
            (&[], Contents::Empty),
            (&[".batpak.lock"], Contents::Empty),
            (&[".batpak.lock", "store.fbatm.tmp"], Contents::Empty),
            (&["notes.txt", "store.fbatm"], Contents::Store),
            (&["000001.fbat"], Contents::Store),
            (&[".batpak.lock", "notes.txt"], Contents::Foreign),
        ];
        for (names, expected) in cases {
            let dir = tempfile::tempdir().expect("directory");
            for name in names {
                std::fs::write(dir.path().join(name), b"").expect("file");
            }
            assert_eq!(
                contents(dir.path()).expect("readable"),
                expected,
                "{names:?}"
            );
        }
        let dir = tempfile::tempdir().expect("directory");
        assert_eq!(
            contents(&dir.path().join("no")).expect("missing"),
            Contents::Missing
        );
    }
}
