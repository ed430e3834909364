//! Receipts outside a store: what the acknowledgement of an append says, its signature, and whether it is right.
//!
//! A store and a verifier that has no store judge by the same functions, so that their verdicts agree: the store
//! looks the event up, the other one was given it, or has only the receipt and the keys.

mod facts;
#[cfg(feature = "signatures")]
mod key;
#[cfg(not(feature = "signatures"))]
#[path = "receipt/no_key.rs"]
mod key;
mod portable;
mod verdict;

pub use facts::{Provenance, ReceiptFacts, extensions_hash};
#[cfg(feature = "signatures")]
pub use key::InvalidVerifyingKey;
pub use key::{SigningKey, VerifyingKey};
pub use portable::PortableReceipt;
pub use verdict::{ReceiptVerification, ReceiptVerificationError};

/// An Ed25519 signature.
pub type Signature = [u8; 64];
