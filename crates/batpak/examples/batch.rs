//! Several events that are in the log all or none, and many appends that share a sync.
//!
//! ```sh
//! cargo run -p batpak --example batch
//! ```

use std::error::Error;

use batpak::prelude::*;

#[derive(Serialize, Deserialize, EventPayload)]
#[serde(crate = "batpak::serde")]
#[batpak(category = 0x1, type_id = 0x001)]
struct Transferred {
    from: String,
    to: String,
    cents: i64,
}

#[derive(Serialize, Deserialize, EventPayload)]
#[serde(crate = "batpak::serde")]
#[batpak(category = 0x1, type_id = 0x002)]
struct Moved {
    cents: i64,
}

fn main() -> Result<(), Box<dyn Error>> {
    let temp = tempfile::tempdir()?;
    let store = Store::open(StoreConfig::new(temp.path()))?;

    // The transfer causes both movements. One without the other is never seen, also after a crash.
    let receipts = store.append_batch(transfer("anna", "ben", 2_500)?)?;
    for receipt in &receipts {
        let event = store.event_at(receipt.sequence)?;
        let causes: Vec<u64> = sequences(&store, event.causes())?;
        println!(
            "event {}, {}, caused by {causes:?}",
            receipt.sequence, event.coordinate
        );
    }

    // One item that cannot be appended refuses the whole batch.
    let mut items = transfer("ben", "carla", 900)?;
    let stale = AppendOptions::new().with_cas(0);
    let place = Coordinate::new("account:ben", "bank")?;
    items.push(BatchAppendItem::typed(
        place,
        &Moved { cents: -1 },
        stale,
        CausationRef::None,
    )?);
    if let Err(error) = store.append_batch(items) {
        println!("refused: {error}");
    }
    println!("{} events in the log", store.stats().event_count);

    // Not a unit, only together: the appends are under way at once and share their sync.
    let account = Coordinate::new("account:anna", "bank")?;
    let tickets: Result<Vec<AppendTicket>, StoreError> = (1..=100)
        .map(|cents| store.submit_typed(&account, &Moved { cents }))
        .collect();
    let mut newest = 0;
    for ticket in tickets? {
        newest = ticket.wait()?.sequence;
    }
    println!("{newest} events after 100 submits");
    store.close()?;
    Ok(())
}

/// The items of one transfer: the second and third name the first as their cause.
fn transfer(from: &str, to: &str, cents: i64) -> Result<Vec<BatchAppendItem>, Box<dyn Error>> {
    let account = |name: &str| Coordinate::new(format!("account:{name}"), "bank");
    let fact = Transferred {
        from: from.into(),
        to: to.into(),
        cents,
    };
    let place = Coordinate::new("transfers", "bank")?;
    let (options, first) = (AppendOptions::new, CausationRef::PriorItem(0));
    Ok(vec![
        BatchAppendItem::typed(place, &fact, options(), CausationRef::None)?,
        BatchAppendItem::typed(account(from)?, &Moved { cents: -cents }, options(), first)?,
        BatchAppendItem::typed(account(to)?, &Moved { cents }, options(), first)?,
    ])
}

/// The places of causes in the global order.
fn sequences(store: &Store, causes: &[Cause]) -> Result<Vec<u64>, StoreError> {
    let mut found = Vec::new();
    for cause in causes {
        found.push(store.read_raw(cause.id())?.global_sequence().get());
    }
    Ok(found)
}
