//! What was committed through a pipeline.

use super::bypass::BypassAudit;
use super::commit_metadata::CommitMetadata;

/// A payload that was committed, and what the commit says of itself.
///
/// ```
/// use batpak::guard::{GateSet, Proposal};
/// use batpak::pipeline::{CommitMetadata, Pipeline};
/// use batpak::{EventId, StoreError};
///
/// let pipeline = Pipeline::new(GateSet::<()>::new());
/// let receipt = pipeline.evaluate(&(), Proposal::new("lamp")).unwrap();
/// let committed = pipeline.commit::<_, StoreError>(receipt, |_| {
///     CommitMetadata::new(EventId::new(7), 1, [0; 32])
/// })?;
/// assert_eq!(committed.metadata().event_id(), EventId::new(7));
/// assert!(committed.bypass_audit().is_none());
/// # Ok::<(), StoreError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Committed<T> {
    payload: T,
    metadata: CommitMetadata,
    bypass: Option<BypassAudit>,
}

impl<T> Committed<T> {
    pub(super) fn new(
        payload: T,
        metadata: CommitMetadata,
        bypass: Option<BypassAudit>,
    ) -> Committed<T> {
        Committed {
            payload,
            metadata,
            bypass,
        }
    }

    /// What was committed.
    #[must_use]
    pub fn payload(&self) -> &T {
        &self.payload
    }

    /// What the commit says of itself.
    #[must_use]
    pub fn metadata(&self) -> &CommitMetadata {
        &self.metadata
    }

    /// Why it went around the gates; none when it went through them.
    #[must_use]
    pub fn bypass_audit(&self) -> Option<&BypassAudit> {
        self.bypass.as_ref()
    }

    /// All of it.
    #[must_use]
    pub fn into_parts(self) -> (T, CommitMetadata, Option<BypassAudit>) {
        (self.payload, self.metadata, self.bypass)
    }
}
