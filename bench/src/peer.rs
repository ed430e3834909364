//! What is measured: one trait, and one file for each store behind it.

mod bare;
mod batpak;
#[cfg(feature = "fjall")]
mod fjall;
#[cfg(any(
    feature = "fjall",
    feature = "redb",
    feature = "lmdb",
    feature = "sqlite"
))]
mod keys;
#[cfg(feature = "lmdb")]
mod lmdb;
#[cfg(feature = "published")]
mod published;
#[cfg(feature = "redb")]
mod redb;
#[cfg(feature = "sqlite")]
mod sqlite;
#[cfg(feature = "tephra")]
mod tephra;

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::Result;
use crate::event::{Draft, Events};

/// What an acknowledged event survives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Level {
    /// The end of the process.
    Written,
    /// A power cut.
    Synced,
}

/// Buffers of one thread that appends.
#[derive(Debug, Default)]
pub(crate) struct Scratch {
    /// For encoded bytes.
    pub(crate) bytes: Vec<u8>,
    /// For a second part.
    pub(crate) more: Vec<u8>,
}

/// What is done with the payload of an event that is read.
pub(crate) type Each<'a> = &'a mut dyn FnMut(&[u8]) -> Result<()>;

/// A store under measurement. Every call that appends returns when the events have the level that
/// the store was opened with.
pub(crate) trait Peer: Send + Sync {
    /// Appends one event in a commit of its own.
    fn append(&self, event: &Draft<'_>, scratch: &mut Scratch) -> Result<()>;

    /// Appends one event in a commit of its own if its stream has exactly so many events, and
    /// tells whether it had.
    fn append_expected(
        &self,
        event: &Draft<'_>,
        expected: u64,
        scratch: &mut Scratch,
    ) -> Result<bool>;

    /// Appends events in one commit, and adds their ids.
    fn append_batch(
        &self,
        events: &[Draft<'_>],
        scratch: &mut Scratch,
        ids: &mut Vec<u128>,
    ) -> Result<()>;

    /// Appends events and then waits for all of them; one commit where a store has no other way.
    fn append_pipelined(&self, events: &[Draft<'_>], scratch: &mut Scratch) -> Result<()> {
        self.append_batch(events, scratch, &mut Vec::new())
    }

    /// Reads the event with an id.
    fn get(&self, id: u128, each: Each<'_>) -> Result<()>;

    /// Reads all events of a stream in its order.
    fn replay(&self, entity: &str, each: Each<'_>) -> Result<()>;

    /// Reads the events of the entities of a group, in global order.
    fn select(&self, group: usize, each: Each<'_>) -> Result<()>;

    /// Reads all events in global order.
    fn scan(&self, each: Each<'_>) -> Result<()>;

    /// Closes the store in an orderly way.
    fn close(self: Box<Self>) -> Result<()>;
}

/// One of the stores.
#[derive(Debug)]
pub(crate) struct Entry {
    /// Name on the command line and in results.
    pub(crate) name: &'static str,
    /// Name in tables.
    pub(crate) title: &'static str,
    /// How it is set up at either level.
    pub(crate) settings: &'static str,
    /// Share of the events that it is given in runs that append one by one: stores that take ten
    /// times longer would take all the time.
    pub(crate) share: u64,
    /// What it cannot do.
    pub(crate) lacks: &'static [(Lack, &'static str)],
    open: Option<Open>,
}

/// Opens a store in a directory that exists, empty or with a store in it.
type Open = fn(&Path, Level, &Events) -> Result<Box<dyn Peer>>;

/// A group of workloads that a store may be unable to take part in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lack {
    /// An acknowledgement before the sync.
    Written,
    /// Reading, and opening what is there.
    Reading,
    /// An expected sequence.
    Guard,
}

macro_rules! opener {
    ($feature:literal, $path:path) => {{
        #[cfg(feature = $feature)]
        let open: Option<Open> = Some($path);
        #[cfg(not(feature = $feature))]
        let open: Option<Open> = None;
        open
    }};
}

/// All stores, in the order of the tables.
pub(crate) fn all() -> Vec<Entry> {
    vec![
        Entry {
            name: "batpak",
            title: "batpak",
            settings: "this store; level `Written` or `Synced`; otherwise the defaults, but for batches of up to 4,096",
            share: 1,
            lacks: &[],
            open: Some(batpak::open),
        },
        Entry {
            name: "bare",
            title: "bare",
            settings: "straight code over one file, see below",
            share: 1,
            lacks: &[],
            open: Some(bare::open),
        },
        Entry {
            name: "bare-write",
            title: "bare write",
            settings: "the same bytes as `bare`, without hashes, checksums and index; cannot be read",
            share: 1,
            lacks: &[
                (Lack::Reading, "it has no index"),
                (Lack::Guard, "it knows no streams"),
            ],
            open: Some(bare::open_plain),
        },
        Entry {
            name: "published",
            title: "batpak 0.10",
            settings: "the published crate; `Written`: `sync_every_n_events(u32::MAX)`; `Synced`: 1, and a durable gate on every append; a batch is always synced",
            share: 5,
            lacks: &[],
            open: opener!("published", published::open),
        },
        Entry {
            name: "redb",
            title: "redb",
            settings: "cache 512 MiB; `Written`: `Durability::None`, which does not survive the end of the process; `Synced`: `Durability::Immediate`",
            share: 5,
            lacks: &[],
            open: opener!("redb", redb::open),
        },
        Entry {
            name: "fjall",
            title: "fjall",
            settings: "cache 256 MiB; `Written`: `PersistMode::Buffer`; `Synced`: `PersistMode::SyncData`",
            share: 1,
            lacks: &[],
            open: opener!("fjall", fjall::open),
        },
        Entry {
            name: "lmdb",
            title: "LMDB",
            settings: "heed, map of 64 GiB; `Written`: `NO_SYNC` and `WRITE_MAP`; `Synced`: the defaults; keys of the global order appended",
            share: 1,
            lacks: &[],
            open: opener!("lmdb", lmdb::open),
        },
        Entry {
            name: "sqlite",
            title: "SQLite",
            settings: "rusqlite, bundled; WAL, cache 256 MiB, mapping 4 GiB, checkpoints every 10,000 pages, prepared statements; `Written`: synchronous NORMAL; `Synced`: FULL",
            share: 5,
            lacks: &[],
            open: opener!("sqlite", sqlite::open),
        },
        Entry {
            name: "tephra",
            title: "tephra",
            settings: "segments of 256 MiB; a tag for the entity, its id is the position",
            share: 1,
            lacks: &[(Lack::Written, "it acknowledges nothing before a sync")],
            open: opener!("tephra", tephra::open),
        },
    ]
}

/// The store with this name.
pub(crate) fn named(name: &str) -> Result<Entry> {
    let found = all().into_iter().find(|entry| entry.name == name);
    found.ok_or_else(|| format!("there is no peer {name}").into())
}

impl Entry {
    /// Why it cannot be opened in this build.
    pub(crate) fn missing(&self) -> Option<&'static str> {
        self.open.is_none().then_some("built without it")
    }

    /// Opens it.
    pub(crate) fn open(&self, dir: &Path, level: Level, events: &Events) -> Result<Box<dyn Peer>> {
        let open = self.open.ok_or("built without it")?;
        open(dir, level, events)
    }
}
