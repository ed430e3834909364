//! Stores that were filled before: opening and reading them.

use std::fs;
use std::hint::black_box;
use std::path::Path;
use std::time::Instant;

use nix::sys::signal::{Signal, raise};

use super::append::count;
use super::store_dir;
use crate::Result;
use crate::event::{Draft, Events, decode, entity, scatter};
use crate::measure::{Figures, anonymous_bytes, disk_bytes, histogram, make_cold, percentiles};
use crate::peer::{Entry, Level, Peer, Scratch};
use crate::workload::ENTITIES;

/// Events in one commit while a store is filled.
const BATCH: u64 = 1_000;
/// Events that are read by id.
const SAMPLE: usize = 20_000;
/// Streams that are replayed.
const STREAMS: usize = 50;
/// How often a region is read.
const SELECTS: usize = 5;
/// The ids of a fill, beside the store.
const IDS: &str = "ids";
/// The group of entities that is read as a region: one in a hundred of the entities.
const REGION: usize = 12;

/// Fills a store, and closes it or is killed.
pub(super) fn fill(
    peer: &Entry,
    level: Level,
    events: u64,
    dir: &Path,
    killed: bool,
) -> Result<Figures> {
    let payloads = Events::new(ENTITIES, 100)?;
    let store_dir = store_dir(dir);
    fs::create_dir(&store_dir)?;
    let store = peer.open(&store_dir, level, &payloads)?;
    let (mut scratch, mut ids) = (Scratch::default(), Vec::new());
    let start = Instant::now();
    for first in (0..events).step_by(BATCH as usize) {
        let batch = first..events.min(first + BATCH);
        let drafts: Vec<Draft<'_>> = batch.map(|index| payloads.draft(index)).collect();
        store.append_batch(&drafts, &mut scratch, &mut ids)?;
    }
    let mut figures = Figures::new();
    let fill = start.elapsed().as_nanos() as f64 / events as f64;
    figures.insert("fill_ns".to_owned(), fill);
    let bytes: Vec<u8> = ids.iter().flat_map(|id| id.to_le_bytes()).collect();
    fs::write(dir.join(IDS), bytes)?;
    if killed {
        raise(Signal::SIGKILL)?;
    }
    let start = Instant::now();
    store.close()?;
    figures.insert("close_ns".to_owned(), start.elapsed().as_nanos() as f64);
    let disk = disk_bytes(&store_dir)? as f64 / events as f64;
    figures.insert("disk_bytes".to_owned(), disk);
    Ok(figures)
}

/// Opens a store whose writer was killed, and counts its events.
pub(super) fn open_killed(peer: &Entry, level: Level, events: u64, dir: &Path) -> Result<Figures> {
    let mut figures = Figures::new();
    let payloads = Events::new(ENTITIES, 100)?;
    let store = open(peer, level, &payloads, &store_dir(dir), &mut figures)?;
    count(&*store, events)?;
    store.close()?;
    Ok(figures)
}

/// Opens, and tells the time and the memory it took.
fn open(
    peer: &Entry,
    level: Level,
    events: &Events,
    dir: &Path,
    figures: &mut Figures,
) -> Result<Box<dyn Peer>> {
    let before = anonymous_bytes();
    let start = Instant::now();
    let store = peer.open(dir, level, events)?;
    figures.insert("open_ns".to_owned(), start.elapsed().as_nanos() as f64);
    // One page is the least that can be told.
    let added = (anonymous_bytes() - before).max(4096.0);
    figures.insert("anonymous_bytes".to_owned(), added);
    Ok(store)
}

/// Opens a store that was closed, and reads it in every way.
pub(super) fn read(peer: &Entry, level: Level, events: u64, dir: &Path) -> Result<Figures> {
    let mut figures = Figures::new();
    let payloads = Events::new(ENTITIES, 100)?;
    let store_dir = store_dir(dir);
    let ids = sample(&fs::read(dir.join(IDS))?)?;
    let store = open(peer, level, &payloads, &store_dir, &mut figures)?;
    gets(&*store, &ids, &mut figures)?;
    replays(&*store, events, &mut figures)?;
    let selected = events / 100;
    let mut best = f64::INFINITY;
    for _ in 0..SELECTS {
        best = best.min(select(&*store, selected)?);
    }
    figures.insert("select_ns".to_owned(), best / selected as f64);
    count(&*store, events)?;
    let start = Instant::now();
    count(&*store, events)?;
    let scan = start.elapsed().as_nanos() as f64 / events as f64;
    figures.insert("scan_ns".to_owned(), scan);
    store.close()?;
    make_cold(&store_dir)?;
    // Some stores read everything when they open, so that the open belongs to a cold read.
    let start = Instant::now();
    let store = peer.open(&store_dir, level, &payloads)?;
    select(&*store, selected)?;
    let cold = start.elapsed().as_nanos() as f64;
    figures.insert("cold_ns".to_owned(), cold);
    store.close()?;
    Ok(figures)
}

/// Ids of events anywhere in the log, in no order.
fn sample(bytes: &[u8]) -> Result<Vec<u128>> {
    let mut ids = Vec::new();
    for id in bytes.chunks_exact(16) {
        ids.push(u128::from_le_bytes(id.try_into()?));
    }
    if ids.is_empty() {
        return Err("no ids were kept".into());
    }
    let take = |n: usize| ids[(scatter(n as u64) % ids.len() as u64) as usize];
    Ok((0..SAMPLE).map(take).collect())
}

fn gets(store: &dyn Peer, ids: &[u128], figures: &mut Figures) -> Result<()> {
    let mut bytes = 0;
    let mut get = |id: u128| {
        store.get(id, &mut |payload| {
            bytes += black_box(payload).len();
            Ok(())
        })
    };
    // The first turn brings what is read into caches, of all alike.
    ids.iter().try_for_each(|id| get(*id))?;
    let mut times = histogram()?;
    let start = Instant::now();
    for id in ids {
        get(*id)?;
    }
    let each = start.elapsed().as_nanos() as f64 / ids.len() as f64;
    for id in ids {
        let start = Instant::now();
        get(*id)?;
        times.saturating_record(start.elapsed().as_nanos() as u64);
    }
    percentiles(&times, figures);
    figures.insert("get_ns".to_owned(), each);
    match bytes == 3 * ids.len() * 100 {
        true => Ok(()),
        false => Err(format!("{bytes} bytes of payload were read by id").into()),
    }
}

fn replays(store: &dyn Peer, events: u64, figures: &mut Figures) -> Result<()> {
    let (mut found, mut digest) = (0_u64, 0);
    let mut replay = |stream: usize| {
        let number = (scatter(stream as u64) % ENTITIES as u64) as usize;
        store.replay(&entity(number), &mut |payload| {
            digest ^= decode(payload)?.digest();
            found += 1;
            Ok(())
        })
    };
    (0..STREAMS).try_for_each(&mut replay)?;
    let start = Instant::now();
    (0..STREAMS).try_for_each(&mut replay)?;
    let elapsed = start.elapsed().as_nanos() as f64;
    black_box(digest);
    let expected = 2 * STREAMS as u64 * (events / ENTITIES as u64);
    figures.insert("replay_ns".to_owned(), elapsed * 2.0 / expected as f64);
    match found == expected {
        true => Ok(()),
        false => Err(format!("{found} events were replayed, not {expected}").into()),
    }
}

/// Reads the region once and gives the nanoseconds it took.
fn select(store: &dyn Peer, expected: u64) -> Result<f64> {
    let mut found = 0;
    let start = Instant::now();
    store.select(REGION, &mut |payload| {
        black_box(payload);
        found += 1;
        Ok(())
    })?;
    let elapsed = start.elapsed().as_nanos() as f64;
    match found == expected {
        true => Ok(elapsed),
        false => Err(format!("{found} events are in the region, not {expected}").into()),
    }
}
