//! Keys without the feature `signatures`: there is none, so nothing is signed and no signature is known.

use super::{PortableReceipt, Signature};
use crate::Digest;

/// The secret key that signs receipts; without the feature `signatures` there is none.
#[derive(Debug)]
pub enum SigningKey {}

impl SigningKey {
    /// The public key.
    #[must_use]
    pub const fn verifying_key(&self) -> VerifyingKey {
        match *self {}
    }
}

impl PortableReceipt {
    /// Signs the receipt; without the feature `signatures` nobody has a key to call it with.
    pub fn sign(&mut self, key: &SigningKey) {
        match *key {}
    }
}

/// A public key, which verifies receipts; without the feature `signatures` there is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VerifyingKey {}

impl VerifyingKey {
    /// The 32 bytes.
    #[must_use]
    pub const fn to_bytes(&self) -> [u8; 32] {
        match *self {}
    }

    /// How receipts name the key.
    #[must_use]
    pub const fn id(&self) -> Digest {
        match *self {}
    }

    pub(super) fn has_signed(&self, _bytes: &[u8], _signature: &Signature) -> bool {
        match *self {}
    }
}
