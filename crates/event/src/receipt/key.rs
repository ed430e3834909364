//! Keys that sign receipts and verify them: Ed25519.

use std::fmt;

use ed25519_dalek::Signer;
use thiserror::Error;
use zeroize::Zeroize;

use super::{PortableReceipt, Signature};
use crate::{Digest, content_hash};

/// The secret key that signs receipts.
///
/// It signs nothing but receipts. Dropping it overwrites it in memory; it is neither serialized nor shown.
///
/// ```
/// use batpak_event::receipt::SigningKey;
///
/// let key = SigningKey::from_bytes([7; 32]);
/// assert!(!format!("{key:?}").contains('7'.to_string().repeat(8).as_str()));
/// ```
pub struct SigningKey {
    secret: ed25519_dalek::SigningKey,
    public: VerifyingKey,
}

impl SigningKey {
    /// The key of an Ed25519 seed: 32 bytes that nobody can guess, drawn from the system's source of randomness.
    ///
    /// The bytes that were passed are overwritten here; copies that the caller has are his.
    #[must_use]
    pub fn from_bytes(mut seed: [u8; 32]) -> SigningKey {
        let secret = ed25519_dalek::SigningKey::from_bytes(&seed);
        seed.zeroize();
        let public = VerifyingKey::new(secret.verifying_key());
        SigningKey { secret, public }
    }

    /// The public key, which verifies what this one signs.
    ///
    /// ```
    /// use batpak_event::receipt::{SigningKey, VerifyingKey};
    ///
    /// let public = SigningKey::from_bytes([7; 32]).verifying_key();
    /// assert_eq!(VerifyingKey::from_bytes(public.to_bytes())?, public);
    /// # Ok::<(), batpak_event::receipt::InvalidVerifyingKey>(())
    /// ```
    #[must_use]
    pub const fn verifying_key(&self) -> VerifyingKey {
        self.public
    }

    /// Signs bytes; the same bytes always give the same signature.
    fn sign(&self, bytes: &[u8]) -> Signature {
        self.secret.sign(bytes).to_bytes()
    }
}

// Hides the secret.
impl fmt::Debug for SigningKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = formatter.debug_struct("SigningKey");
        shown.field("public", &self.public).finish_non_exhaustive()
    }
}

impl PortableReceipt {
    /// Signs the receipt. Cost: some 15 microseconds.
    pub fn sign(&mut self, key: &SigningKey) {
        self.key_id = key.public.id();
        self.signature = Some(key.sign(&self.signed_bytes()));
    }
}

/// A public key, which verifies receipts.
///
/// ```
/// use batpak_event::receipt::{SigningKey, VerifyingKey};
///
/// let public = SigningKey::from_bytes([7; 32]).verifying_key();
/// assert_eq!(public.id(), batpak_event::content_hash(&public.to_bytes()));
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct VerifyingKey {
    key: ed25519_dalek::VerifyingKey,
    id: Digest,
}

impl VerifyingKey {
    fn new(key: ed25519_dalek::VerifyingKey) -> VerifyingKey {
        let id = content_hash(key.as_bytes());
        VerifyingKey { key, id }
    }

    /// A public key from its 32 bytes.
    ///
    /// # Errors
    /// [`InvalidVerifyingKey`] for bytes that are no key, or one under which anybody could sign.
    ///
    /// ```
    /// use batpak_event::receipt::VerifyingKey;
    ///
    /// assert!(VerifyingKey::from_bytes([0; 32]).is_err());
    /// ```
    pub fn from_bytes(bytes: [u8; 32]) -> Result<VerifyingKey, InvalidVerifyingKey> {
        let key = ed25519_dalek::VerifyingKey::from_bytes(&bytes);
        let strong = key.ok().filter(|key| !key.is_weak());
        strong.map(VerifyingKey::new).ok_or(InvalidVerifyingKey)
    }

    /// The 32 bytes.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; 32] {
        self.key.to_bytes()
    }

    /// How receipts name the key: BLAKE3 of its bytes.
    #[must_use]
    pub const fn id(&self) -> Digest {
        self.id
    }

    /// Whether the signature is of these bytes, by the strict rules: of all signatures that the secret key can
    /// make of them, only the one that is encoded in the one right way.
    pub(super) fn has_signed(&self, bytes: &[u8], signature: &Signature) -> bool {
        let signature = ed25519_dalek::Signature::from_bytes(signature);
        self.key.verify_strict(bytes, &signature).is_ok()
    }
}

impl fmt::Debug for VerifyingKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("VerifyingKey(")?;
        for byte in self.to_bytes() {
            write!(formatter, "{byte:02x}")?;
        }
        formatter.write_str(")")
    }
}

/// Bytes are not a public key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the 32 bytes are no Ed25519 public key, or one under which anybody could sign")]
pub struct InvalidVerifyingKey;
