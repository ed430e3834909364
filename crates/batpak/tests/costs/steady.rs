//! What an append and a read cost once a store runs.

use batpak::prelude::*;
use batpak::store::EventBuffer;
use batpak_platform::RealDirectory;
use stats_alloc::Region as Heap;

use super::calls::{Calls, Counting};
use super::{ALLOCATOR, COUNTING, PoisonError};

#[derive(Serialize, Deserialize, EventPayload)]
#[batpak(category = 0x1, type_id = 0x002)]
struct Booked {
    account: u64,
    cents: i64,
    text: String,
}

fn booked() -> Booked {
    Booked {
        account: 4_711,
        cents: -1_250,
        text: "x".repeat(60),
    }
}

/// A store in a new directory, and what it asks of the disk.
fn counted(config: impl Fn(StoreConfig) -> StoreConfig) -> (tempfile::TempDir, Counting, Store) {
    let directory = tempfile::tempdir().unwrap();
    let open = || RealDirectory::create(directory.path()).unwrap();
    let counting = Counting::new(open());
    let config = config(StoreConfig::new(directory.path()));
    let store = Store::open_on(config, counting.platform(open())).unwrap();
    (directory, counting, store)
}

fn places() -> Vec<Coordinate> {
    let places = (0..100).map(|number| Coordinate::new(format!("account:{number:05}"), "bank"));
    places.collect::<Result<_, _>>().unwrap()
}

/// Allocations of some work.
fn allocations_of<T>(work: impl FnOnce() -> T) -> (usize, T) {
    let heap = Heap::new(ALLOCATOR);
    let result = work();
    let change = heap.change();
    (change.allocations + change.reallocations, result)
}

const ONE_WRITE: Calls = Calls {
    reads: 0,
    writes: 1,
    syncs: 0,
    others: 0,
};

#[test]
fn an_append_allocates_nothing_and_is_one_write() {
    let _counting = COUNTING.lock().unwrap_or_else(PoisonError::into_inner);
    let (_directory, counting, store) =
        counted(|config| config.with_durability(Durability::Written));
    let (places, payload) = (places(), booked());
    let append = |number: usize| {
        let place = &places[number % places.len()];
        store.append_typed(place, &payload).unwrap()
    };
    // In the third segment, far from its ends.
    for number in 0..20_000 {
        append(number);
    }
    let mut allocating = 0;
    for number in 0..1_000 {
        let (calls, (allocations, _)) = counting.calls_of(|| allocations_of(|| append(number)));
        assert_eq!(calls, ONE_WRITE);
        allocating += usize::from(allocations > 0);
    }
    // The columns of the index grow in chunks.
    assert!(allocating <= 5, "{allocating} of 1,000 appends allocate");
}

#[test]
fn a_unit_that_is_synced_is_one_write_and_one_sync() {
    let _counting = COUNTING.lock().unwrap_or_else(PoisonError::into_inner);
    let (_directory, counting, store) = counted(|config| config);
    let (places, payload) = (places(), booked());
    let item = |place: &Coordinate| {
        let options = AppendOptions::new();
        BatchAppendItem::typed(place.clone(), &payload, options, CausationRef::None).unwrap()
    };
    store.append_typed(&places[0], &payload).unwrap();
    let expected = Calls {
        syncs: 1,
        ..ONE_WRITE
    };
    for round in 0..100 {
        let (calls, _) = counting.calls_of(|| store.append_typed(&places[1], &payload).unwrap());
        assert_eq!(calls, expected, "{round}");
        let batch = places[..10].iter().map(item).collect();
        let (calls, _) = counting.calls_of(|| store.append_batch(batch).unwrap());
        assert_eq!(calls, expected, "batch {round}");
    }
}

#[test]
fn a_read_by_id_allocates_nothing_and_calls_nothing() {
    let _counting = COUNTING.lock().unwrap_or_else(PoisonError::into_inner);
    let small = |config: StoreConfig| {
        let written = config.with_durability(Durability::Written);
        written.with_segment_max_bytes(1 << 20)
    };
    let (directory, _, store) = counted(small);
    let (places, payload) = (places(), booked());
    let append = |number: usize| {
        let place = &places[number % places.len()];
        store.append_typed(place, &payload).unwrap().event_id
    };
    let ids: Vec<EventId> = (0..20_000).map(append).collect();
    store.close().unwrap();

    let open = || RealDirectory::open(directory.path()).unwrap();
    let counting = Counting::new(open());
    let config = StoreConfig::new(directory.path());
    let store = Store::open_read_only_on(config, counting.platform(open())).unwrap();
    let mut buffer = EventBuffer::new();
    // The first reads map the closed segments; the newest one is read by calls.
    let closed = &ids[..15_000];
    for id in closed {
        store.get_ref(*id, &mut buffer).unwrap();
    }
    for id in closed.iter().rev().step_by(7) {
        let (calls, (allocations, found)) = counting.calls_of(|| {
            allocations_of(|| {
                store
                    .get_ref(*id, &mut buffer)
                    .map(|event| event.event_id())
            })
        });
        assert_eq!(found.unwrap(), *id);
        assert_eq!((calls, allocations), (Calls::default(), 0));
    }
}

#[test]
fn a_page_costs_the_same_in_a_store_of_any_size() {
    let _counting = COUNTING.lock().unwrap_or_else(PoisonError::into_inner);
    let page_of_a_store_of = |events: usize| {
        let (_directory, counting, store) =
            counted(|config| config.with_durability(Durability::Written));
        let (places, payload) = (places(), booked());
        for number in 0..events {
            let place = &places[number % places.len()];
            store.append_typed(place, &payload).unwrap();
        }
        let after = events as u64 - 10;
        let page = || store.query_entries_after(&Region::all(), Some(after), 10);
        page();
        let (calls, (allocations, page)) = counting.calls_of(|| allocations_of(page));
        assert_eq!(page.len(), 10);
        (calls, allocations)
    };
    assert_eq!(page_of_a_store_of(1_000), page_of_a_store_of(30_000));
}
