//! Receipts that prove what a store acknowledged, to somebody who has a public key and no store.
//!
//! ```sh
//! cargo run -p batpak --example signed_receipts
//! ```

use std::error::Error;

use batpak::guard::{Denial, GateSet};
use batpak::prelude::*;
use batpak::store::{DenialReceipt, SigningKey, VerifyingKey};

#[derive(Serialize, Deserialize, EventPayload)]
#[serde(crate = "batpak::serde")]
#[batpak(category = 0x1, type_id = 0x001)]
struct Paid {
    cents: u64,
}

fn main() -> Result<(), Box<dyn Error>> {
    let temp = tempfile::tempdir()?;
    // A real seed comes from the system's source of randomness, and is kept where secrets are kept.
    let key = SigningKey::from_bytes([7; 32]);
    let public = key.verifying_key().to_bytes();
    let store = Store::open(StoreConfig::new(temp.path()).with_signing_key(key))?;
    let account = Coordinate::new("account:ada", "bank")?;

    // What the customer takes home: text.
    let receipt = store.append_typed(&account, &Paid { cents: 1_200 })?;
    let slip = serde_json::to_string(&receipt)?;
    println!(
        "event {} is signed: {}",
        receipt.sequence,
        receipt.signature.is_some()
    );

    let kind = Paid::KIND;
    let denial = Denial::new("limit", "90000 is above 50000").with_code("LIMIT");
    let (gates, options) = (GateSet::<u64>::new(), AppendOptions::new());
    let denied = store.append_denial(&account, kind, &gates, &denial, None, None, options)?;
    let denied_slip = serde_json::to_string(&denied)?;
    store.close()?;

    // Somebody else, who has the slips and the public key.
    println!("without the store");
    let keys = [VerifyingKey::from_bytes(public)?];
    let read: AppendReceipt = serde_json::from_str(&slip)?;
    println!("  the receipt: {:?}", read.verify(&keys));
    println!("  it was {:?} when it was acknowledged", read.durability());

    let forged: AppendReceipt =
        serde_json::from_str(&slip.replace("\"sequence\":1,", "\"sequence\":9,"))?;
    println!("  with another sequence: {}", because(forged.verify(&keys)));
    let stranger = [SigningKey::from_bytes([8; 32]).verifying_key()];
    println!(
        "  by the key of a stranger: {}",
        because(read.verify(&stranger))
    );

    let denial: DenialReceipt = serde_json::from_str(&denied_slip)?;
    println!("  the denial: {:?}", denial.verify(&keys));
    let passed_off: DenialReceipt = serde_json::from_str(&slip)?;
    println!(
        "  a payment as a denial: {}",
        because(passed_off.verify(&keys))
    );

    // With the log there is more to compare, and what is wrong has a name.
    println!("with the store");
    let config = StoreConfig::new(temp.path()).with_verifying_key(keys[0]);
    let store = Store::open_read_only(config)?;
    println!(
        "  the receipt: {:?}",
        store.verify_append_receipt_detailed(&read)
    );
    println!(
        "  with another sequence: {}",
        because(store.verify_append_receipt_detailed(&forged))
    );
    println!(
        "  the denial: {:?}",
        store.verify_denial_receipt_detailed(&denial)
    );
    Ok(())
}

fn because(verdict: ReceiptVerification) -> String {
    match verdict {
        ReceiptVerification::Invalid(wrong) => wrong.to_string(),
        believed => format!("{believed:?}"),
    }
}
