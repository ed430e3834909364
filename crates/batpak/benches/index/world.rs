//! The stores that are measured, and where in their files the events are that the rows read.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use batpak::prelude::*;
use batpak::store::{DiskPos, EncodedBytes};
use tempfile::TempDir;

use crate::bare::segments;
use crate::measure::Result;
use crate::options::Options;

/// Bytes of one encoded payload: a MessagePack byte string with its two bytes of header.
pub(crate) const PAYLOAD: usize = 100;
/// Events of the long stream that a row replays.
const LONG: usize = 1_000;
/// Events of a page, and of a sparse stream.
pub(crate) const SHORT: usize = 10;
/// Sparse streams.
const SPARSE: usize = 100;
/// Events that are read by id in one round.
const SAMPLE: usize = 10_000;
/// Segments of the stores of many.
pub(crate) const MANY_SEGMENTS: usize = 1_000;
/// Events of one batch while stores are filled.
const BATCH: usize = 256;
/// Events of one batch, and so of one segment, in a store of many segments.
const SMALL_BATCH: usize = 3;

/// The store of the run, and what the bare loops know about it.
#[derive(Debug)]
pub(crate) struct World {
    /// What was asked for.
    pub(crate) options: Options,
    /// The store, closed.
    pub(crate) store: PathBuf,
    /// Every event, in the order of the log.
    pub(crate) log: Vec<(EventId, DiskPos)>,
    root: TempDir,
}

impl World {
    /// Fills the store, closes it, and keeps it until the end of the run.
    pub(crate) fn build(options: Options) -> Result<World> {
        let mut root = tempfile::Builder::new();
        let root = root.prefix("batpak-bench-").tempdir_in(&options.dir)?;
        let store = root.path().join("store");
        let log = fill(config(&store), options.events, BATCH)?;
        Ok(World {
            options,
            store,
            log,
            root,
        })
    }

    /// A name in the directory of the run.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }

    /// A copy of a store that nobody has open, on the disk; it replaces an earlier one.
    pub(crate) fn copy(&self, store: &Path, name: &str) -> Result<PathBuf> {
        let copy = self.path(name);
        if copy.is_dir() {
            fs::remove_dir_all(&copy)?;
        }
        fs::create_dir(&copy)?;
        for entry in fs::read_dir(store)? {
            let entry = entry?;
            let to = copy.join(entry.file_name());
            fs::copy(entry.path(), &to)?;
            File::open(&to)?.sync_all()?;
        }
        Ok(copy)
    }

    /// A new closed store of some events.
    pub(crate) fn small(&self, name: &str, events: usize) -> Result<PathBuf> {
        fill(config(&self.path(name)), events, BATCH)?;
        Ok(self.path(name))
    }

    /// Two new closed stores of the same events, in one segment and in many.
    pub(crate) fn segmented(&self, name: &str) -> Result<[PathBuf; 2]> {
        let many = self.path(&format!("{name}-many"));
        let events = MANY_SEGMENTS * SMALL_BATCH;
        let small = config(&many).with_segment_max_bytes(1024);
        fill(small, events, SMALL_BATCH)?;
        let one = self.small(&format!("{name}-one"), events)?;
        for (store, expected) in [(&one, 1), (&many, MANY_SEGMENTS)] {
            let found = segments(store)?.len();
            if found != expected {
                return Err(format!("a store has {found} segments, not {expected}").into());
            }
        }
        Ok([one, many])
    }

    /// Events anywhere in the log, in no order.
    pub(crate) fn sample(&self) -> Vec<(EventId, DiskPos)> {
        let mut indices: Vec<usize> = (0..self.log.len()).collect();
        indices.sort_by_key(|index| scatter(*index as u64));
        let taken = indices.into_iter().take(SAMPLE);
        taken
            .filter_map(|index| self.log.get(index).copied())
            .collect()
    }

    /// An entity, and where the first thousand of its events are.
    pub(crate) fn long(&self) -> (String, Vec<DiskPos>) {
        let mut places = self.places(&entity(0));
        places.truncate(LONG);
        (entity(0), places)
    }

    /// The entities of few events, and where these are.
    pub(crate) fn sparse(&self) -> Vec<(String, Vec<DiskPos>)> {
        let names = (0..SPARSE).map(sparse);
        names
            .map(|name| (name.clone(), self.places(&name)))
            .collect()
    }

    fn places(&self, entity: &str) -> Vec<DiskPos> {
        let events = self.log.len();
        let log = self.log.iter().enumerate();
        log.filter(|(index, _)| name(events, *index) == entity)
            .map(|(_, (_, place))| *place)
            .collect()
    }
}

/// The options of every store here.
pub(crate) fn config(dir: &Path) -> StoreConfig {
    StoreConfig::new(dir).with_durability(Durability::Written)
}

/// Appends events in batches, closes the store, and returns where they are.
fn fill(config: StoreConfig, events: usize, batch: usize) -> Result<Vec<(EventId, DiskPos)>> {
    let store = Store::open(config)?;
    let log = append(&store, events, batch)?;
    store.close()?;
    Ok(log)
}

/// Appends the first so many events of the run.
pub(crate) fn append(
    store: &Store,
    events: usize,
    batch: usize,
) -> Result<Vec<(EventId, DiskPos)>> {
    let mut log = Vec::with_capacity(events);
    let item = |index| {
        let (options, causes) = (AppendOptions::new(), CausationRef::None);
        let (place, payload) = (place(&name(events, index))?, payload(index as u64));
        BatchAppendItem::new(place, kind(index as u64), &payload, options, causes)
            .map_err(Into::into)
    };
    while log.len() < events {
        let indices = log.len()..events.min(log.len() + batch);
        let items = indices.map(item).collect::<Result<_>>()?;
        let receipts = store.append_batch(items)?;
        let places = receipts.iter().map(|r| (r.event_id, r.disk_pos()));
        log.extend(places);
    }
    Ok(log)
}

/// The entity of an event: one for every thousand events and at most a thousand share the log,
/// but for ten events in each of a hundred sparse streams, spread over the log.
fn name(events: usize, index: usize) -> String {
    let step = events / (SPARSE * SHORT);
    if step > 1 && index % step == step / 2 && index / step < SPARSE * SHORT {
        sparse(index / step % SPARSE)
    } else {
        entity(index % (events / LONG).clamp(1, 1_000))
    }
}

/// The name of an entity that is not sparse.
pub(crate) fn entity(number: usize) -> String {
    format!("entity:{number:06}")
}

fn sparse(number: usize) -> String {
    format!("sparse:{number:06}")
}

/// A place of the lengths that every event here has: 13 bytes and 8.
pub(crate) fn place(entity: &str) -> Result<Coordinate> {
    Ok(Coordinate::new(entity, "scope:01")?)
}

/// One of four kinds.
pub(crate) fn kind(index: u64) -> EventKind {
    const TYPES: [u16; 4] = [1, 2, 3, 4];
    EventKind::custom(0x1, TYPES[(index % 4) as usize])
}

/// A payload that differs from event to event.
pub(crate) fn payload(index: u64) -> EncodedBytes {
    let words = (0..13).map(|word| scatter(index.wrapping_mul(13).wrapping_add(word)));
    let mut bytes: Vec<u8> = words.flat_map(u64::to_le_bytes).collect();
    bytes.truncate(PAYLOAD - 2);
    EncodedBytes::new(bytes)
}

/// A number that looks random, always the same for the same index.
pub(crate) fn scatter(index: u64) -> u64 {
    let mixed = index.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}
