//! The first program: append, read, close. It leaves a directory `events` behind.
//!
//! ```sh
//! cargo run -p batpak --example quickstart
//! ```

use batpak::prelude::*;

#[derive(Serialize, Deserialize, EventPayload)]
#[serde(crate = "batpak::serde")]
#[batpak(category = 0x1, type_id = 0x001)]
struct OrderPlaced {
    item: String,
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let store = Store::open(StoreConfig::new("events"))?;
    let order = Coordinate::new("order:17", "shop")?;
    let item = "lamp".to_owned();
    store.append_typed(&order, &OrderPlaced { item })?;
    for entry in store.query(&Region::entity("order")) {
        let placed = store.get_typed::<OrderPlaced>(entry.event_id())?;
        println!("{}: {}", entry.global_sequence(), placed.event.payload.item);
    }
    store.close()?;
    Ok(())
}
