//! A payment whose answer is lost is sent again, and happens once.
//!
//! ```sh
//! cargo run -p batpak --example idempotent_retry
//! ```

use std::error::Error;

use batpak::prelude::*;

#[derive(Serialize, Deserialize, EventPayload)]
#[serde(crate = "batpak::serde")]
#[batpak(category = 0x1, type_id = 0x001)]
struct Paid {
    cents: u64,
}

fn main() -> Result<(), Box<dyn Error>> {
    let temp = tempfile::tempdir()?;
    let account = Coordinate::new("account:ada", "bank")?;
    // The same operation has the same key, in every process and after every restart.
    let key = IdempotencyKey::for_operation("payment", &["order:17"]);
    let pay = |store: &Store, cents| {
        let options = AppendOptions::new().with_idempotency(key);
        store.append_typed_with_options(&account, &Paid { cents }, options)
    };

    let store = Store::open(StoreConfig::new(temp.path()))?;
    // The event is in the log, and whoever asked for it does not learn that.
    let _lost = pay(&store, 300)?;
    store.close()?;

    let store = Store::open(StoreConfig::new(temp.path()))?;
    let again = pay(&store, 300)?;
    println!(
        "sent again: event {}, already there: {}",
        again.sequence,
        again.is_duplicate()
    );
    println!(
        "the key is the id of the event: {}",
        EventId::from(key) == again.event_id
    );

    // Something else under the same key is a mistake, and not a repetition.
    if let Err(error) = pay(&store, 500) {
        println!("another amount is refused: {}", error.code());
    }
    let other = IdempotencyKey::for_operation("payment", &["order:18"]);
    let options = AppendOptions::new().with_idempotency(other);
    let next = store.append_typed_with_options(&account, &Paid { cents: 500 }, options)?;
    println!(
        "another order: event {}, already there: {}",
        next.sequence,
        next.is_duplicate()
    );

    let mut total = 0;
    for entry in store.by_entity("account:ada") {
        total += store
            .get_typed::<Paid>(entry.event_id())?
            .event
            .payload
            .cents;
    }
    println!("paid in all: {total}");
    Ok(())
}
