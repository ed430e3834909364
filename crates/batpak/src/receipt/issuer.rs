//! Who issues the receipts of a store.

use std::sync::Arc;

use batpak_event::Lineage;
use batpak_event::receipt::SigningKey;

/// The history whose events are acknowledged, and the key that signs the receipts.
#[derive(Debug)]
pub(crate) struct Issuer {
    pub(super) lineage: Lineage,
    pub(super) key: Option<Arc<SigningKey>>,
}

impl Issuer {
    pub(crate) fn new(lineage: Lineage, key: Option<Arc<SigningKey>>) -> Issuer {
        Issuer { lineage, key }
    }
}

/// Of a store that is not open.
impl Default for Issuer {
    fn default() -> Issuer {
        Issuer::new(Lineage(0), None)
    }
}
