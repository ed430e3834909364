//! What an open store holds in memory: nothing for each event of a closed segment.
#![cfg(test)]

use std::alloc::System;

use batpak_coordinate::{Coordinate, EventKind};
use batpak_journal::{Draft, Durability, Journal, Options, Reader};
use batpak_platform::{Platform, RealDirectory};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

fn options() -> Options {
    Options {
        durability: Durability::Written,
        segment_max_events: 8_000,
        ..Options::default()
    }
}

/// A closed store whose segments have all ended.
fn store(events: usize) -> (tempfile::TempDir, Platform) {
    let directory = tempfile::tempdir().unwrap();
    let platform = Platform::real(RealDirectory::create(directory.path()).unwrap());
    let (journal, _) = Journal::open(&platform, options()).unwrap();
    for first in (0..events).step_by(4_000) {
        let unit = (first..first + 4_000)
            .map(|number| {
                let entity = format!("user:{}", number % 1_000);
                let coordinate = Coordinate::new(entity, "scope").unwrap();
                Draft::new(coordinate, EventKind::DATA, vec![1; 20])
            })
            .collect();
        journal.append_unit(unit, Durability::Written).unwrap();
    }
    journal.close().unwrap();
    (directory, platform)
}

/// Bytes that are allocated and not freed.
fn held<T>(open: impl FnOnce() -> T) -> (isize, T) {
    let region = Region::new(ALLOCATOR);
    let opened = open();
    let change = region.change();
    let bytes = |bytes: usize| isize::try_from(bytes).unwrap();
    let held =
        bytes(change.bytes_allocated) - bytes(change.bytes_deallocated) + change.bytes_reallocated;
    (held, opened)
}

#[test]
fn an_open_store_holds_nothing_for_each_event_of_a_closed_segment() {
    const FEW: usize = 8_000;
    const MANY: usize = 96_000;
    let (_few, few) = store(FEW);
    let (_many, many) = store(MANY);
    let segments = isize::try_from((MANY - FEW) / 8_000).unwrap();
    let journal = |platform: &Platform| held(|| Journal::open(platform, options()).unwrap()).0;
    let difference = journal(&many) - journal(&few);
    assert!(difference < segments * (64 << 10), "{difference} bytes");
    let reader = |platform: &Platform| held(|| Reader::open(platform).unwrap()).0;
    let difference = reader(&many) - reader(&few);
    assert!(difference < segments * (64 << 10), "{difference} bytes");
}
