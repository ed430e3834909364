//! What a commit says of itself.

use batpak_event::{Digest, EventId};
use serde::{Deserialize, Serialize};

use crate::error::{Detail, DetailCause, StoreError};
use crate::receipt::{AppendReceipt, hex};

/// What a commit says of itself: which event, where in the global order, and of which payload.
///
/// Sequences begin at 1; 0 is that of a genesis, something that was there before the log. Reading
/// one through serde checks again.
///
/// ```
/// use batpak::EventId;
/// use batpak::pipeline::CommitMetadata;
///
/// let metadata = CommitMetadata::new(EventId::new(7), 3, [0; 32])?;
/// assert_eq!((metadata.sequence(), metadata.is_genesis()), (3, false));
/// # Ok::<(), batpak::StoreError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Facts", into = "Facts")]
pub struct CommitMetadata(Facts);

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Facts {
    event_id: EventId,
    sequence: u64,
    #[serde(with = "hex")]
    content_hash: Digest,
    genesis: bool,
}

impl CommitMetadata {
    /// The facts of an event in the log.
    ///
    /// # Errors
    /// [`StoreError::InvalidCommitMetadata`] for sequence 0, which no event has.
    ///
    /// ```
    /// use batpak::EventId;
    /// use batpak::pipeline::CommitMetadata;
    ///
    /// assert!(CommitMetadata::new(EventId::new(7), 0, [0; 32]).is_err());
    /// ```
    pub fn new(
        event_id: EventId,
        sequence: u64,
        content_hash: Digest,
    ) -> Result<CommitMetadata, StoreError> {
        let metadata = CommitMetadata(Facts {
            event_id,
            sequence,
            content_hash,
            genesis: false,
        });
        metadata.validate()?;
        Ok(metadata)
    }

    /// The facts of what was there before the log.
    ///
    /// ```
    /// use batpak::EventId;
    /// use batpak::pipeline::CommitMetadata;
    ///
    /// let metadata = CommitMetadata::genesis(EventId::new(7), [0; 32]);
    /// assert_eq!((metadata.sequence(), metadata.is_genesis()), (0, true));
    /// ```
    #[must_use]
    pub fn genesis(event_id: EventId, content_hash: Digest) -> CommitMetadata {
        CommitMetadata(Facts {
            event_id,
            sequence: 0,
            content_hash,
            genesis: true,
        })
    }

    /// The facts of an append.
    ///
    /// # Errors
    /// [`StoreError::InvalidCommitMetadata`] when the receipt has been tampered with.
    ///
    /// ```
    /// # use batpak::prelude::*;
    /// use batpak::pipeline::CommitMetadata;
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let temp = tempfile::tempdir()?;
    /// # let store = Store::open(StoreConfig::new(temp.path()))?;
    /// # let order = Coordinate::new("order:17", "shop")?;
    /// let receipt = store.append(&order, EventKind::DATA, "lamp")?;
    /// let metadata = CommitMetadata::from_append_receipt(&receipt)?;
    /// assert_eq!(metadata.event_id(), receipt.event_id);
    /// # Ok(())
    /// # }
    /// ```
    pub fn from_append_receipt(receipt: &AppendReceipt) -> Result<CommitMetadata, StoreError> {
        Self::new(receipt.event_id, receipt.sequence, receipt.content_hash)
    }

    /// Checks that the sequence is 0 at the genesis and nowhere else.
    ///
    /// # Errors
    /// [`StoreError::InvalidCommitMetadata`] when it is not.
    ///
    /// ```
    /// use batpak::EventId;
    /// use batpak::pipeline::CommitMetadata;
    ///
    /// assert!(CommitMetadata::genesis(EventId::new(7), [0; 32]).validate().is_ok());
    /// ```
    pub fn validate(&self) -> Result<(), StoreError> {
        self.0.check().map_err(|text| {
            let reason = Detail::new(DetailCause::OutOfRange, text);
            StoreError::InvalidCommitMetadata { reason }
        })
    }

    /// The event.
    #[must_use]
    pub fn event_id(&self) -> EventId {
        self.0.event_id
    }

    /// Its place in the global order, from 1; 0 at the genesis.
    #[must_use]
    pub fn sequence(&self) -> u64 {
        self.0.sequence
    }

    /// BLAKE3 of its encoded payload.
    #[must_use]
    pub fn content_hash(&self) -> &Digest {
        &self.0.content_hash
    }

    /// Whether it is of before the log.
    #[must_use]
    pub fn is_genesis(&self) -> bool {
        self.0.genesis
    }
}

impl Facts {
    fn check(&self) -> Result<(), String> {
        match (self.genesis, self.sequence) {
            (true, 0) => Ok(()),
            (true, sequence) => Err(format!("the genesis has sequence 0, not {sequence}")),
            (false, 0) => Err("only the genesis has sequence 0".to_owned()),
            (false, _) => Ok(()),
        }
    }
}

impl TryFrom<Facts> for CommitMetadata {
    type Error = String;

    fn try_from(facts: Facts) -> Result<Self, String> {
        facts.check()?;
        Ok(CommitMetadata(facts))
    }
}

impl From<CommitMetadata> for Facts {
    fn from(metadata: CommitMetadata) -> Facts {
        metadata.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facts_survive_both_forms_and_contradictions_do_not() {
        let event = CommitMetadata::new(EventId::new(7), 1, [3; 32]).unwrap();
        let genesis = CommitMetadata::genesis(EventId::new(7), [3; 32]);
        for (metadata, wrong) in [(event, 0), (genesis, 1)] {
            let bytes = batpak_event::encoding::to_bytes(&metadata).unwrap();
            let binary: CommitMetadata = batpak_event::encoding::from_bytes(&bytes).unwrap();
            let mut json = serde_json::to_value(&metadata).unwrap();
            let text: CommitMetadata = serde_json::from_value(json.clone()).unwrap();
            assert_eq!((&binary, &text), (&metadata, &metadata));
            json["sequence"] = wrong.into();
            let error = serde_json::from_value::<CommitMetadata>(json).unwrap_err();
            assert!(error.to_string().contains("sequence 0"), "{error}");
        }
    }
}
