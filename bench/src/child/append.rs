//! Appends to an empty store.

use std::fs;
use std::path::Path;
use std::thread;
use std::time::Instant;

use hdrhistogram::Histogram;

use super::store_dir;
use crate::Result;
use crate::event::{Draft, Events};
use crate::measure::{Figures, Meter, disk_bytes, histogram, percentiles};
use crate::peer::{Entry, Lack, Level, Peer, Scratch};
use crate::workload::{Appends, ENTITIES, Mode};

/// Measures appends, and counts the events after the store was opened again.
pub(super) fn measure(peer: &Entry, appends: &Appends, events: u64, dir: &Path) -> Result<Figures> {
    let entities = match appends.entities {
        0 => usize::try_from(events)?,
        entities => entities,
    };
    let payloads = Events::new(entities, appends.payload)?;
    let dir = store_dir(dir);
    fs::create_dir(&dir)?;
    let store = peer.open(&dir, appends.level, &payloads)?;
    let mut figures = Figures::new();
    let threads = appends.threads as u64;
    // Threads take equal parts, so the rest of the division is not appended.
    let each = events / threads;
    let events = each * threads;
    let meter = Meter::start()?;
    let latencies = thread::scope(|scope| {
        let store = &*store;
        let payloads = &payloads;
        let start = |thread| {
            let (appends, first) = (*appends, thread * each);
            scope.spawn(move || -> std::result::Result<_, String> {
                let part = Part {
                    appends,
                    thread,
                    first,
                    count: each,
                };
                part.append(store, payloads)
                    .map_err(|error| error.to_string())
            })
        };
        let threads: Vec<_> = (0..threads).map(start).collect();
        let mut all = histogram()?;
        for thread in threads {
            let latencies = thread
                .join()
                .map_err(|_| "an appending thread panicked")??;
            all.add(latencies)?;
        }
        Result::Ok(all)
    })?;
    meter.stop(events, &mut figures)?;
    percentiles(&latencies, &mut figures);
    let start = Instant::now();
    store.close()?;
    figures.insert("close_ns".to_owned(), start.elapsed().as_nanos() as f64);
    let disk = disk_bytes(&dir)? as f64 / events as f64;
    figures.insert("disk_bytes".to_owned(), disk);
    figures.insert("events".to_owned(), events as f64);
    if !peer.lacks.iter().any(|(lack, _)| *lack == Lack::Reading) {
        count(&*peer.open(&dir, appends.level, &payloads)?, events)?;
    }
    Ok(figures)
}

/// Fails unless the store has so many events.
pub(super) fn count(store: &dyn Peer, events: u64) -> Result<()> {
    let mut found = 0;
    store.scan(&mut |_| {
        found += 1;
        Ok(())
    })?;
    match found == events {
        true => Ok(()),
        false => Err(format!("{found} events after a new open, not {events}").into()),
    }
}

/// What one thread appends.
struct Part {
    appends: Appends,
    thread: u64,
    first: u64,
    count: u64,
}

impl Part {
    /// Appends it, and gives the time that each call took.
    fn append(&self, store: &dyn Peer, events: &Events) -> Result<Histogram<u64>> {
        let (mut times, mut scratch) = (histogram()?, Scratch::default());
        let mut ids = Vec::new();
        match self.appends.mode {
            Mode::Single => {
                for index in self.first..self.first + self.count {
                    let start = Instant::now();
                    store.append(&events.draft(index), &mut scratch)?;
                    times.saturating_record(start.elapsed().as_nanos() as u64);
                }
            }
            Mode::Guarded => {
                // Writers have streams of their own, so every condition holds.
                let streams = (events.names().len() as u64 / self.appends.threads as u64).max(1);
                let first = self.thread * streams;
                for index in 0..self.count {
                    let entity = first + index % streams;
                    let draft = events.draft_of(entity as usize, self.first + index);
                    let start = Instant::now();
                    if !store.append_expected(&draft, index / streams, &mut scratch)? {
                        return Err("a condition that holds was refused".into());
                    }
                    times.saturating_record(start.elapsed().as_nanos() as u64);
                }
            }
            Mode::Batch(size) | Mode::Pipelined(size) => {
                let mut first = self.first;
                let end = self.first + self.count;
                while first < end {
                    let last = end.min(first + size as u64);
                    let drafts: Vec<Draft<'_>> = (first..last).map(|i| events.draft(i)).collect();
                    ids.clear();
                    let start = Instant::now();
                    match self.appends.mode {
                        Mode::Pipelined(_) => store.append_pipelined(&drafts, &mut scratch)?,
                        _ => store.append_batch(&drafts, &mut scratch, &mut ids)?,
                    }
                    times.saturating_record(start.elapsed().as_nanos() as u64);
                    first = last;
                }
            }
        }
        Ok(times)
    }
}

/// Appends one by one, and gives the time of an event over the last half up to every power of ten.
pub(super) fn growth(peer: &Entry, events: u64, dir: &Path) -> Result<Figures> {
    let payloads = Events::new(ENTITIES, 100)?;
    let dir = store_dir(dir);
    fs::create_dir(&dir)?;
    let store = peer.open(&dir, Level::Written, &payloads)?;
    let mut scratch = Scratch::default();
    let mut figures = Figures::new();
    let mut done = 0;
    let mut target = 10_000;
    while target <= events {
        let half = target / 2;
        for index in done..half {
            store.append(&payloads.draft(index), &mut scratch)?;
        }
        let start = Instant::now();
        for index in half..target {
            store.append(&payloads.draft(index), &mut scratch)?;
        }
        let each = start.elapsed().as_nanos() as f64 / (target - half) as f64;
        figures.insert(format!("at_{target}_ns"), each);
        done = target;
        target *= 10;
    }
    store.close()?;
    if !peer.lacks.iter().any(|(lack, _)| *lack == Lack::Reading) {
        count(&*peer.open(&dir, Level::Written, &payloads)?, done)?;
    }
    Ok(figures)
}
