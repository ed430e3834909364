//! How much memory an open takes. All allocations of the process are counted, so it can be told only
//! while one thread works.

use std::alloc::System;

use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// Memory that something took.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Taken {
    /// Bytes allocated, whether or not they were freed: no more than these were ever held at once.
    total: u64,
    /// Bytes that are still held.
    held: u64,
}

/// Bytes that an open may allocate, how many more for a file, and how often each byte of the store.
const TOTAL: u64 = 400 << 10;
const TOTAL_PER_FILE: u64 = 16 << 10;
const TOTAL_EACH_BYTE: u64 = 4;
/// Bytes that an open store may hold, how many more for a file, and how often each byte of the store.
const HELD: u64 = 32 << 10;
const HELD_PER_FILE: u64 = 12 << 10;
const HELD_EACH_BYTE: u64 = 2;

impl Taken {
    /// Whether so many files of so many bytes in all explain it.
    pub(crate) fn is_explained_by(self, size: u64, files: u64) -> bool {
        self.total <= TOTAL + TOTAL_PER_FILE * files + TOTAL_EACH_BYTE * size
            && self.held <= HELD + HELD_PER_FILE * files + HELD_EACH_BYTE * size
    }
}

/// Runs something, and tells what memory it took.
pub(crate) fn measure<T>(work: impl FnOnce() -> T) -> (T, Taken) {
    let region = Region::new(ALLOCATOR);
    let worked = work();
    let change = region.change();
    let held = change
        .bytes_allocated
        .saturating_sub(change.bytes_deallocated);
    let taken = Taken {
        total: change.bytes_allocated as u64,
        held: held as u64,
    };
    (worked, taken)
}
