//! The eight jobs of a store, one after the other.
//!
//! ```sh
//! cargo run -p batpak --example eight_jobs
//! ```

use std::error::Error;

use batpak::prelude::*;

#[derive(Serialize, Deserialize, EventPayload)]
#[serde(crate = "batpak::serde")]
#[batpak(category = 0x1, type_id = 0x001)]
struct Stocked {
    pieces: u64,
}

#[derive(Serialize, Deserialize, EventPayload)]
#[serde(crate = "batpak::serde")]
#[batpak(category = 0x1, type_id = 0x002)]
struct Sold {
    pieces: u64,
}

#[derive(Default, Serialize, Deserialize, EventSourced)]
#[serde(crate = "batpak::serde")]
#[batpak(input = RawMsgpackInput)]
#[batpak(event = Stocked, handler = on_stocked)]
#[batpak(event = Sold, handler = on_sold)]
struct Stock {
    pieces: u64,
}

impl Stock {
    fn on_stocked(&mut self, stocked: &Stocked) {
        self.pieces += stocked.pieces;
    }

    fn on_sold(&mut self, sold: &Sold) {
        self.pieces = self.pieces.saturating_sub(sold.pieces);
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let temp = tempfile::tempdir()?;

    // Open.
    let store = Store::open(StoreConfig::new(temp.path()))?;
    println!("open: {} events", store.stats().event_count);

    // Append.
    let lamps = Coordinate::new("lamp:3", "shop")?;
    store.append_typed(&lamps, &Stocked { pieces: 12 })?;
    store.append_typed(&lamps, &Sold { pieces: 2 })?;
    let receipt = store.append_typed(&lamps, &Sold { pieces: 1 })?;
    println!("append: the third is event {}", receipt.sequence);

    // Page in commit order.
    let first = store.query_entries_after(&Region::all(), None, 2);
    let seen = first.last().map(IndexEntry::global_sequence);
    let second = store.query_entries_after(&Region::all(), seen, 2);
    println!("page: {} and {} events", first.len(), second.len());

    // Get one.
    let sold = store.get_typed::<Sold>(receipt.event_id)?;
    println!("get: {} sold", sold.event.payload.pieces);

    // Walk along the hashes of its stream.
    let walk = store.ancestor_walk(receipt.event_id, 10)?;
    println!("walk: {} events, {}", walk.events.len(), walk.stopped);

    // Verify the receipt.
    let verdict = store.verify_append_receipt_detailed(&receipt);
    println!("verify: {verdict:?}");

    // Project.
    let stock = store.project::<Stock>("lamp:3", &Freshness::Consistent)?;
    println!("project: {} pieces left", stock.unwrap_or_default().pieces);

    // Close.
    store.close()?;
    println!("close: done");
    Ok(())
}
