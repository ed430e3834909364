//! The keys of a store: the one that signs receipts, and those that verify them.

use std::sync::Arc;

use batpak_event::receipt::{SigningKey, VerifyingKey};

use super::StoreConfig;

impl StoreConfig {
    /// Adds a key that signs receipts. The last one signs, and all verify: a key that was replaced stays good for
    /// the receipts that it signed.
    ///
    /// A store with keys refuses receipts that nobody signed. Each receipt costs some 15 microseconds more.
    ///
    /// ```
    /// use batpak::prelude::*;
    /// use batpak::store::SigningKey;
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let temp = tempfile::tempdir()?;
    /// let key = SigningKey::from_bytes([7; 32]);
    /// let id = key.verifying_key().id();
    /// let store = Store::open(StoreConfig::new(temp.path()).with_signing_key(key))?;
    /// let receipt = store.append(&Coordinate::new("order:17", "shop")?, EventKind::DATA, "lamp")?;
    /// assert_eq!(receipt.key_id, id);
    /// assert_eq!(store.verify_append_receipt_detailed(&receipt), ReceiptVerification::Signed);
    /// # Ok(())
    /// # }
    /// ```
    #[cfg(feature = "signatures")]
    #[must_use]
    pub fn with_signing_key(mut self, key: SigningKey) -> StoreConfig {
        self.verifying_keys.push(key.verifying_key());
        self.signing_key = Some(Arc::new(key));
        self
    }

    /// Adds a public key that verifies receipts and signs none.
    ///
    /// ```
    /// use batpak::prelude::*;
    /// use batpak::store::SigningKey;
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let temp = tempfile::tempdir()?;
    /// let public = SigningKey::from_bytes([7; 32]).verifying_key();
    /// let store = Store::open(StoreConfig::new(temp.path()).with_verifying_key(public))?;
    /// let receipt = store.append(&Coordinate::new("order:17", "shop")?, EventKind::DATA, "lamp")?;
    /// assert_eq!(receipt.signature, None);
    /// assert!(!store.verify_append_receipt(&receipt));
    /// # Ok(())
    /// # }
    /// ```
    #[cfg(feature = "signatures")]
    #[must_use]
    pub fn with_verifying_key(mut self, key: VerifyingKey) -> StoreConfig {
        self.verifying_keys.push(key);
        self
    }

    /// The public keys that verify receipts, those of signing keys included; none without the feature
    /// `signatures`.
    ///
    /// ```
    /// assert!(batpak::StoreConfig::new("events").verifying_keys().is_empty());
    /// ```
    #[must_use]
    pub fn verifying_keys(&self) -> &[VerifyingKey] {
        &self.verifying_keys
    }

    /// The key that signs.
    pub(crate) fn signing_key(&self) -> Option<Arc<SigningKey>> {
        self.signing_key.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_key_signs_and_all_verify() {
        let keys = [[1; 32], [2; 32], [3; 32]].map(SigningKey::from_bytes);
        let public = keys.each_ref().map(SigningKey::verifying_key);
        let [first, second, third] = keys;
        let config = StoreConfig::new("here")
            .with_signing_key(first)
            .with_signing_key(second)
            .with_verifying_key(third.verifying_key());
        assert_eq!(config.verifying_keys(), public);
        let signing = config.signing_key().map(|key| key.verifying_key());
        assert_eq!(signing, Some(public[1]));
        // The seeds are 32 bytes of one value.
        let shown = format!("{config:?}");
        assert!(shown.contains("SigningKey"), "{shown}");
        for secret in ["1, 1, 1", "2, 2, 2", "0101", "0202"] {
            assert!(!shown.contains(secret), "{shown}");
        }
    }
}
