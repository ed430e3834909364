//! The store through its public interface, over temporary directories and simulated disks.
#![cfg(test)]

mod ancestors;
mod append;
mod batch;
mod bypass;
mod canonical;
mod closing;
mod cookbook;
mod crowd;
mod damage;
mod decisions;
mod door;
mod durability_gate;
mod expected;
mod explain;
mod failure;
mod full;
mod gated;
mod gates;
mod graph;
mod hiding;
mod idempotency;
mod machine;
mod meddling;
mod media;
mod misuse;
mod opening;
mod pressure;
mod projection;
mod query;
mod receipts;
mod refusal;
mod registry;
mod submit;
mod typestate;

use batpak::prelude::*;
use batpak::store::{EncodedBytes, ExtensionKey};
use batpak_sim::SimDisk;
use tempfile::TempDir;

/// A kind that callers may use.
const KIND: EventKind = EventKind::custom(0x1, 0x001);
/// Another one of another category.
const OTHER: EventKind = EventKind::custom(0x2, 0x001);

/// A payload with a type.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, EventPayload)]
#[batpak(category = 0x3, type_id = 0x00A, version = 2)]
struct Renamed {
    from: String,
    to: String,
}

fn renamed() -> Renamed {
    Renamed {
        from: "a".into(),
        to: "b".into(),
    }
}

fn place(entity: &str) -> Coordinate {
    Coordinate::new(entity, "test").unwrap()
}

/// A new store in a directory that lives as long as the first value.
fn new_store() -> (TempDir, Store) {
    let dir = tempfile::tempdir().unwrap();
    let store = open(&dir);
    (dir, store)
}

fn open(dir: &TempDir) -> Store {
    Store::open(StoreConfig::new(dir.path())).unwrap()
}

fn open_read_only(dir: &TempDir) -> Store<ReadOnly> {
    Store::open_read_only(StoreConfig::new(dir.path())).unwrap()
}

/// The store on a simulated disk.
fn open_sim(disk: &SimDisk) -> Store {
    Store::open_on(StoreConfig::new("/sim"), disk.platform()).unwrap()
}

fn item(entity: &str, number: u64, options: AppendOptions) -> BatchAppendItem {
    BatchAppendItem::new(place(entity), KIND, &number, options, CausationRef::None).unwrap()
}

/// Appends a plain number that takes so many bytes more on disk.
fn append_padded(store: &Store, number: u64, bytes: usize) -> Result<AppendReceipt, StoreError> {
    let options = AppendOptions::new().with_extension(
        ExtensionKey::new("test.padding").unwrap(),
        EncodedBytes::new(vec![7; bytes]),
    );
    store.append_with_options(&place("a"), KIND, &number, options)
}

/// The plain numbers that the events of a store carry, in commit order.
fn numbers<S>(store: &Store<S>) -> Vec<u64> {
    let mut scan = store.scan(&Region::all());
    let mut found = Vec::new();
    while let Some(event) = scan.next_event().unwrap() {
        found.push(batpak::canonical::from_bytes(event.payload()).unwrap());
    }
    found
}
