//! Reading events by id, in order, by stream and by page.

use std::hint::black_box;

use batpak::encoding;
use batpak::prelude::*;
use batpak::store::{DiskPos, EncodedBytes, EventBuffer, Scan};
use stats_alloc::INSTRUMENTED_SYSTEM;

use crate::bare::Files;
use crate::measure::Result;
use crate::table::{Row, Table, Unit};
use crate::world::{SHORT, World, config};

/// Reads events by id, in no order.
pub(crate) fn get(world: &World, table: &Table) -> Result<()> {
    let (store, files) = both(world)?;
    let sample = world.sample();
    let mut borrowed = EventBuffer::new();
    let mut ours = || {
        sample
            .iter()
            .try_for_each(|(id, _)| get_one(&store, *id, &mut borrowed))
    };
    let mut buffer = Vec::new();
    let bare = || {
        for (_, place) in &sample {
            black_box(files.frame(place, &mut buffer)?.payload());
        }
        Ok(())
    };
    let before = INSTRUMENTED_SYSTEM.stats().allocations;
    ours()?;
    let allocations = INSTRUMENTED_SYSTEM.stats().allocations - before;
    let each = allocations as f64 / sample.len() as f64;
    let row = Row::new("read by id", Unit::Time, "1.2 us");
    let row = row.note(format!("{each:.1} allocations each"));
    table.compare(&row, sample.len(), ours, bare)?;
    store.close()?;
    Ok(())
}

/// The read by id that is measured.
fn get_one(store: &Store, id: EventId, buffer: &mut EventBuffer) -> Result<()> {
    black_box(store.get_ref(id, buffer)?.payload());
    Ok(())
}

/// Scans all events with their checksums.
pub(crate) fn scan(world: &World, table: &Table) -> Result<()> {
    let (store, files) = both(world)?;
    let events = world.options.events;
    let row = Row::new("scan of all events", Unit::Rate, "10 M/s");
    let ours = || read_all(store.scan(&Region::all()), events, |_| Ok(()));
    table.compare(&row, events, ours, || same(files.scan()?, events))?;
    store.close()?;
    Ok(())
}

/// Replays one stream with its payloads decoded.
pub(crate) fn replay(world: &World, table: &Table) -> Result<()> {
    let (store, files) = both(world)?;
    let (entity, places) = &world.long();
    let events = places.len();
    let work = format!("replay of a stream of {events}, decoded");
    let row = Row::new(work, Unit::Rate, "1.5 M/s");
    let stream = || store.scan_entity(entity).limit(events);
    let ours = || read_all(stream(), events, decode);
    table.compare(&row, events, ours, || decode_frames(&files, places))?;
    store.close()?;
    Ok(())
}

/// Reads a page at either end of the log.
pub(crate) fn pages(world: &World, table: &Table) -> Result<()> {
    let (store, files) = both(world)?;
    let last_page = world.options.events - SHORT;
    for (end, after) in [("start", 0), ("end", last_page)] {
        let page = world.log.iter().skip(after).take(SHORT);
        let places: Vec<DiskPos> = page.map(|(_, place)| *place).collect();
        let row = Row::new(format!("page of 10 at the {end}"), Unit::Time, "");
        let page = || store.scan(&Region::all()).after(after as u64).limit(SHORT);
        let ours = || repeat(|| read_all(page(), SHORT, decode));
        let bare = || repeat(|| decode_frames(&files, &places));
        table.compare(&row, REPEATS, ours, bare)?;
    }
    store.close()?;
    Ok(())
}

/// Replays the streams of few events.
pub(crate) fn sparse(world: &World, table: &Table) -> Result<()> {
    let (store, files) = both(world)?;
    let work = format!("stream of 10 among {}", world.options.events);
    let row = Row::new(work, Unit::Time, "");
    let sparse = world.sparse();
    let read = |stream: &(String, Vec<DiskPos>)| {
        let (entity, places) = stream;
        read_all(store.scan_entity(entity), places.len(), decode)
    };
    let ours = || sparse.iter().try_for_each(read);
    let bare = || {
        sparse
            .iter()
            .try_for_each(|(_, places)| decode_frames(&files, places))
    };
    table.compare(&row, sparse.len(), ours, bare)?;
    store.close()?;
    Ok(())
}

/// How often short work is done in one round, so that the clock does not count.
const REPEATS: usize = 100;

fn repeat(mut work: impl FnMut() -> Result<()>) -> Result<()> {
    (0..REPEATS).try_for_each(|_| work())
}

fn both(world: &World) -> Result<(Store, Files)> {
    let store = Store::open(config(&world.store))?;
    Ok((store, Files::open(&world.store)?))
}

fn read_all(mut scan: Scan<'_>, events: usize, each: impl Fn(&[u8]) -> Result<()>) -> Result<()> {
    let mut found = 0;
    while let Some(event) = scan.next_event()? {
        each(black_box(event.payload()))?;
        found += 1;
    }
    same(found, events)
}

fn decode_frames(files: &Files, places: &[DiskPos]) -> Result<()> {
    let mut buffer = Vec::new();
    for place in places {
        decode(files.frame(place, &mut buffer)?.payload())?;
    }
    Ok(())
}

fn decode(payload: &[u8]) -> Result<()> {
    black_box(encoding::from_bytes::<EncodedBytes>(payload)?);
    Ok(())
}

fn same(found: usize, events: usize) -> Result<()> {
    match found == events {
        true => Ok(()),
        false => Err(format!("{found} events of {events}").into()),
    }
}
