//! A payload whose shape changed twice: events of every version are read as the newest one.
//!
//! ```sh
//! cargo run -p batpak --example upcasting
//! ```

use std::collections::BTreeMap;
use std::error::Error;

use batpak::prelude::*;

/// The first version: an amount in euros. Only its shape is kept.
#[derive(Deserialize)]
#[serde(crate = "batpak::serde")]
struct PaidV1 {
    euros: u64,
}

/// The second version: an amount in cents.
#[derive(Deserialize)]
#[serde(crate = "batpak::serde")]
struct PaidV2 {
    cents: u64,
}

/// The payload as the program knows it now.
#[derive(Debug, Serialize, Deserialize, EventPayload)]
#[serde(crate = "batpak::serde")]
#[batpak(
    category = 0x1, type_id = 0x001, version = 3,
    upcast(1 = PaidV1, 2 = PaidV2)
)]
struct Paid {
    cents: u64,
    currency: String,
}

/// A step that can fail is a `TryFrom`.
impl TryFrom<PaidV1> for PaidV2 {
    type Error = String;

    fn try_from(older: PaidV1) -> Result<PaidV2, String> {
        let cents = older.euros.checked_mul(100);
        let cents = cents.ok_or_else(|| format!("{} euros are too many", older.euros))?;
        Ok(PaidV2 { cents })
    }
}

impl From<PaidV2> for Paid {
    fn from(older: PaidV2) -> Paid {
        Paid {
            cents: older.cents,
            currency: "EUR".into(),
        }
    }
}

#[derive(Default, Serialize, Deserialize, EventSourced)]
#[serde(crate = "batpak::serde")]
#[batpak(input = RawMsgpackInput)]
#[batpak(event = Paid, handler = on_paid)]
struct Total {
    cents: u64,
}

impl Total {
    fn on_paid(&mut self, paid: &Paid) {
        self.cents += paid.cents;
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let temp = tempfile::tempdir()?;
    let store = Store::open(StoreConfig::new(temp.path()))?;
    let order = Coordinate::new("order:7", "shop")?;

    let mut ids = vec![
        store.append_typed(&order, &release::<1>("euros", 12))?,
        store.append_typed(&order, &release::<2>("cents", 350))?,
    ];
    let paid = Paid {
        cents: 99,
        currency: "USD".into(),
    };
    ids.push(store.append_typed(&order, &paid)?);
    for receipt in &ids {
        let event = store.get_typed::<Paid>(receipt.event_id)?;
        let (stored, paid) = (event.payload_version(), &event.event.payload);
        println!("version {stored}: {} cents, {}", paid.cents, paid.currency);
    }
    let total = store.project::<Total>("order:7", &Freshness::Consistent)?;
    println!("total: {} cents", total.unwrap_or_default().cents);

    // A program that is older than what it reads does not guess.
    let newer = store.append_typed(&order, &release::<4>("tokens", 5))?;
    if let Err(error) = store.read_raw(newer.event_id)?.decode_typed::<Paid>() {
        println!("get: {error}");
    }
    if store
        .project::<Total>("order:7", &Freshness::Consistent)
        .is_err()
    {
        println!("project: refused as well");
    }
    store.close()?;
    Ok(())
}

/// What another release of the program appended, in which `Paid` had another shape and version.
#[derive(Serialize, Deserialize)]
#[serde(crate = "batpak::serde")]
struct Release<const VERSION: u16>(BTreeMap<String, u64>);

impl<const VERSION: u16> EventPayload for Release<VERSION> {
    const KIND: EventKind = Paid::KIND;
    const PAYLOAD_VERSION: u16 = VERSION;
}

fn release<const VERSION: u16>(field: &str, value: u64) -> Release<VERSION> {
    Release(BTreeMap::from([(field.into(), value)]))
}
