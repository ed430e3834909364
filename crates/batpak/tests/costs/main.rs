//! What work costs, counted and not timed: memory that an open store holds, allocations, and calls of the
//! storage.
#![cfg(test)]

mod calls;
mod steady;

use std::alloc::System;
use std::sync::{Mutex, PoisonError};

use batpak_coordinate::{Coordinate, EventKind};
use batpak_journal::{Draft, Durability, Journal, Options, Reader};
use batpak_platform::{Platform, RealDirectory};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// Held while allocations are counted: those of another test would count.
static COUNTING: Mutex<()> = Mutex::new(());

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
        let unit: Vec<Draft<'static>> = (first..first + 4_000)
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
    let _counting = COUNTING.lock().unwrap_or_else(PoisonError::into_inner);
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

mod replay {
    use batpak::event::ReplayBuffer;
    use batpak::prelude::*;
    use stats_alloc::Region;

    use super::{ALLOCATOR, COUNTING, PoisonError};

    #[derive(Serialize, Deserialize, EventPayload)]
    #[batpak(category = 0x1, type_id = 0x001)]
    struct Measured {
        value: u64,
        valid: bool,
    }

    /// Read in place by the derived replay.
    #[derive(Default, Serialize, Deserialize, EventSourced)]
    #[batpak(input = RawMsgpackInput)]
    #[batpak(event = Measured, handler = on_measured)]
    struct Sum {
        value: u64,
    }

    impl Sum {
        fn on_measured(&mut self, measured: &Measured) {
            self.value += measured.value;
        }
    }

    /// Written by hand, one event at a time.
    #[derive(Serialize, Deserialize)]
    struct Bytes {
        read: usize,
    }

    impl EventSourced for Bytes {
        type Input = RawMsgpackInput;

        fn from_events(events: &[ProjectionEvent<Self>]) -> Option<Self> {
            let mut state = Self::initial_state()?;
            events.iter().for_each(|event| state.apply_event(event));
            Some(state)
        }

        fn apply_event(&mut self, event: &ProjectionEvent<Self>) {
            self.read += event.payload.len();
        }

        fn relevant_event_kinds() -> &'static [EventKind] {
            &[]
        }

        fn initial_state() -> Option<Self> {
            Some(Bytes { read: 0 })
        }
    }

    #[test]
    fn a_raw_replay_allocates_nothing_for_each_event() {
        let _counting = COUNTING.lock().unwrap_or_else(PoisonError::into_inner);
        let dir = tempfile::tempdir().unwrap();
        let config = StoreConfig::new(dir.path()).with_durability(Durability::Written);
        let store = Store::open(config).unwrap();
        for (entity, events) in [("few", 1_000), ("many", 5_000)] {
            let place = Coordinate::new(entity, "test").unwrap();
            for value in 0..events {
                let valid = value % 3 == 0;
                let measured = Measured { value, valid };
                store.append_typed(&place, &measured).unwrap();
            }
        }
        store.close().unwrap();
        let store = Store::open_read_only(StoreConfig::new(dir.path())).unwrap();
        let replay = |entity| {
            let region = Region::new(ALLOCATOR);
            let folded = store.project_fused2::<Sum, Bytes>(entity).unwrap();
            let allocations = region.change().allocations;
            assert!(folded.0.is_some() && folded.1.is_some());
            allocations
        };
        // The first one also maps files.
        replay("many");
        let (few, many) = (replay("few"), replay("many"));
        assert!(many < few + 50, "{few} of 1,000 events, {many} of 5,000");

        let mut buffer = ReplayBuffer::<RawMsgpackInput>::new();
        let mut scan = store.scan_entity("many");
        while let Some(event) = scan.next_event().unwrap() {
            let region = Region::new(ALLOCATOR);
            let loaded = buffer.load(&event).unwrap();
            let allocations = region.change().allocations;
            let first = loaded.position().sequence() == 1;
            assert!(first || allocations == 0, "{allocations}");
        }
    }
}
