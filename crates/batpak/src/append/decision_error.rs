//! Why a decision was not appended.

use thiserror::Error;

use crate::error::{CommitState, StoreError};
use crate::guard::Denial;

/// Why a decision was not appended: it, or a gate, denied; or a call of the store failed.
///
/// Both convert with `?`, inside a decision and behind it.
///
/// ```
/// use batpak::guard::Denial;
/// use batpak::store::DecisionError;
///
/// let denied = DecisionError::from(Denial::new("limit", "above 1000"));
/// assert_eq!(denied.to_string(), "[limit] above 1000");
/// assert_eq!(denied.denial(), Some(Denial::new("limit", "above 1000")));
/// ```
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum DecisionError {
    /// It was denied. Nothing was appended.
    #[error(transparent)]
    Denied(#[from] Denial),
    /// A call of the store failed. [`StoreError::commit_state`] says whether events may be in the log.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl DecisionError {
    /// What can be [recorded](crate::Store::append_denial): the denial, or one that says why the log did
    /// not let the events in ([`Denial::from_refusal`]). `None` for what is no refusal.
    ///
    /// ```
    /// use batpak::StoreError;
    /// use batpak::store::DecisionError;
    ///
    /// assert_eq!(DecisionError::from(StoreError::WriterCrashed).denial(), None);
    /// ```
    #[must_use]
    pub fn denial(&self) -> Option<Denial> {
        match self {
            Self::Denied(denial) => Some(denial.clone()),
            Self::Store(error) => Denial::from_refusal(error),
        }
    }

    /// Whether events of it are in the log.
    ///
    /// ```
    /// use batpak::guard::Denial;
    /// use batpak::store::{CommitState, DecisionError};
    ///
    /// let denied = DecisionError::from(Denial::new("limit", "above 1000"));
    /// assert_eq!(denied.commit_state(), CommitState::NotCommitted);
    /// ```
    #[must_use]
    pub fn commit_state(&self) -> CommitState {
        match self {
            Self::Denied(_) => CommitState::NotCommitted,
            Self::Store(error) => error.commit_state(),
        }
    }
}
