//! Only gates make a receipt.

use batpak::guard::Receipt;
use batpak::prelude::*;

fn main() {
    let _ = Receipt { payload: "lamp", gates: vec!["limit"] };
    let _ = AppendReceipt { event_id: EventId::from(1), sequence: 1 };
}
