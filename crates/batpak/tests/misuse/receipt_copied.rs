//! A receipt of the gates cannot be copied.

use batpak::guard::{GateSet, Proposal};

fn main() {
    let receipt = GateSet::new().evaluate(&(), Proposal::new("lamp")).unwrap();
    let _ = (receipt.clone(), receipt);
}
