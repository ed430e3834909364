//! What a verification comes to.

use thiserror::Error;

/// What the verification of a receipt comes to.
///
/// ```
/// use batpak_event::receipt::{ReceiptVerification, ReceiptVerificationError};
///
/// assert!(ReceiptVerification::Signed.is_valid());
/// let refused = ReceiptVerification::Invalid(ReceiptVerificationError::InvalidSignature);
/// assert!(!refused.is_valid());
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub enum ReceiptVerification {
    /// Everything that the receipt says is right, and a known key signed it.
    Signed,
    /// Everything that can be compared is right; nobody signed it, and no key is known that should have.
    UnsignedAccepted,
    /// It is not believed.
    Invalid(ReceiptVerificationError),
}

impl ReceiptVerification {
    /// Whether the receipt is believed, signed or not.
    #[must_use]
    pub const fn is_valid(&self) -> bool {
        !matches!(self, ReceiptVerification::Invalid(_))
    }
}

/// Why a receipt is not believed.
///
/// ```
/// use batpak_event::receipt::ReceiptVerificationError;
///
/// let text = ReceiptVerificationError::UnknownSigningKey.to_string();
/// assert!(text.contains("key"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ReceiptVerificationError {
    /// The log shows neither an event with the id nor one at the sequence.
    #[error(
        "no event of the receipt is in the log: it was never committed here, is hidden, or is lost; ask the \
         store that issued the receipt"
    )]
    MissingCommittedEvent,
    /// The event at the sequence has another id.
    #[error(
        "the event at the sequence of the receipt has another id: the receipt is of another event, or of another copy of the store"
    )]
    EventIdMismatch,
    /// The event with the id has another sequence.
    #[error("the event of the receipt is at another sequence: the receipt was changed")]
    SequenceMismatch,
    /// The position on disk differs.
    #[deprecated(note = "where a frame lies is no fact of an event: never returned")]
    #[error("the event of the receipt is at another position on disk")]
    DiskPositionMismatch,
    /// The payload commitment differs.
    #[error(
        "the payload of the event has another hash than the receipt says: one of them was changed"
    )]
    ContentHashMismatch,
    /// The extensions differ.
    #[error("the event has other extensions than the receipt says: one of them was changed")]
    ExtensionsMismatch,
    /// The receipt is given as that of a denial, and its event records none.
    #[error("the event of the receipt records no denial: it is no receipt of a denial")]
    DenialKindMismatch,
    /// The receipt is of another history.
    #[error("the receipt is of another store: verify it with that one")]
    LineageMismatch,
    /// The receipt is of another branch of the history.
    #[error(
        "the receipt is of another branch of the history: verify it with the store that issued it"
    )]
    BranchMismatch,
    /// Another writable open wrote the event.
    #[error(
        "the event was written in another epoch than the receipt says: the receipt was changed, or is of \
             a copy of the store that went its own way"
    )]
    EpochMismatch,
    /// The kind differs.
    #[error("the event is of another kind than the receipt says: one of them was changed")]
    EventKindMismatch,
    /// The place in the stream differs.
    #[error("the event has another stream sequence than the receipt says: one of them was changed")]
    StreamSequenceMismatch,
    /// The generation differs.
    #[error("the event has another generation than the receipt says: one of them was changed")]
    GenerationMismatch,
    /// The correlation differs.
    #[error("the event has another correlation than the receipt says: one of them was changed")]
    CorrelationMismatch,
    /// The time differs.
    #[error("the event has another time than the receipt says: one of them was changed")]
    TimestampMismatch,
    /// The event hash of the event before it in the stream differs.
    #[error(
        "the event follows another one in its stream than the receipt says: one of them was changed"
    )]
    PreviousHashMismatch,
    /// The event hash differs.
    #[error(
        "the event has another hash than the receipt says: its stream, causes, flags or what else the receipt \
         does not repeat were changed"
    )]
    EventHashMismatch,
    /// Keys are known, and nobody signed the receipt.
    #[error(
        "the receipt is not signed, and only signed ones are accepted where keys are configured"
    )]
    UnsignedReceiptRejected,
    /// The receipt names a key and has no signature.
    #[error("the receipt names a signing key and has no signature: it was cut off")]
    MissingSignature,
    /// The receipt has a signature and names no key.
    #[error("the receipt has a signature and names no signing key: it was changed")]
    ZeroKeyWithSignature,
    /// The key is not among the known ones.
    #[error(
        "the receipt is signed with a key that is not known here: configure its public key, if it is trusted"
    )]
    UnknownSigningKey,
    /// The signature is not that of what the receipt says.
    #[error("the signature is not of what the receipt says: the receipt was changed, or is forged")]
    InvalidSignature,
    /// What the signature should cover cannot be put together.
    #[error("what the signature covers cannot be put together: {reason}")]
    CoverBuildFailed {
        /// Why.
        reason: String,
    },
}
