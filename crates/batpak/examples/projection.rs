//! A state folded from the events of a stream, kept in a cache from one run to the next.
//!
//! ```sh
//! cargo run -p batpak --example projection
//! ```

use std::error::Error;
use std::path::Path;

use batpak::prelude::*;

#[derive(Serialize, Deserialize, EventPayload)]
#[serde(crate = "batpak::serde")]
#[batpak(category = 0x1, type_id = 0x001)]
struct Deposited {
    cents: u64,
}

#[derive(Serialize, Deserialize, EventPayload)]
#[serde(crate = "batpak::serde")]
#[batpak(category = 0x1, type_id = 0x002)]
struct Withdrawn {
    cents: u64,
}

/// What an account holds. Raise `cache_version` when the fields change, or what a handler does.
#[derive(Debug, Default, Serialize, Deserialize, EventSourced)]
#[serde(crate = "batpak::serde")]
#[batpak(input = RawMsgpackInput, cache_version = 1)]
#[batpak(event = Deposited, handler = on_deposited)]
#[batpak(event = Withdrawn, handler = on_withdrawn)]
struct Balance {
    cents: u64,
    movements: u64,
}

impl Balance {
    fn on_deposited(&mut self, deposited: &Deposited) {
        self.cents += deposited.cents;
        self.movements += 1;
    }

    fn on_withdrawn(&mut self, withdrawn: &Withdrawn) {
        self.cents = self.cents.saturating_sub(withdrawn.cents);
        self.movements += 1;
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let temp = tempfile::tempdir()?;
    let account = Coordinate::new("account:ada", "bank")?;

    println!("first run");
    let store = open(temp.path())?;
    for cents in [10_000, 2_500] {
        store.append_typed(&account, &Deposited { cents })?;
    }
    show(&store, "two deposits")?;
    store.append_typed(&account, &Withdrawn { cents: 4_000 })?;
    show(&store, "a withdrawal")?;
    show(&store, "nothing new")?;
    store.close()?;

    println!("second run");
    let store = open(temp.path())?;
    show(&store, "the state of the first run")?;

    // Asks first whether there is anything to fold.
    let seen = store.entity_generation("account:ada").unwrap_or(0);
    let freshness = Freshness::Consistent;
    let changed = store.project_if_changed::<Balance>("account:ada", seen, &freshness)?;
    println!("  changed since: {}", changed.is_some());
    store.append_typed(&account, &Deposited { cents: 1 })?;
    let changed = store.project_if_changed::<Balance>("account:ada", seen, &freshness)?;
    println!("  changed since: {}", changed.is_some());
    store.close()?;
    Ok(())
}

/// The store, with its cached states in a directory beside it.
fn open(dir: &Path) -> Result<Store, StoreError> {
    let config = StoreConfig::new(dir.join("events"));
    Store::open_with_native_cache(config, dir.join("states"))
}

fn show(store: &Store, what: &str) -> Result<(), StoreError> {
    let balance = store.project::<Balance>("account:ada", &Freshness::Consistent)?;
    let Balance { cents, movements } = balance.unwrap_or_default();
    println!("  {what}: {cents} cents after {movements} movements");
    let report = store.cache_report();
    println!(
        "    as cached {}, brought up to date {}, folded from the start {}",
        report.hits, report.advanced, report.absent,
    );
    Ok(())
}
