//! Why a step failed.

use std::error::Error;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::CompensationAction;

/// Why a step failed, and what is to be done about what it had done by then.
///
/// ```
/// use batpak::outcome::{CompensationAction, ErrorKind, OutcomeError};
///
/// let error = OutcomeError::new(ErrorKind::Conflict, "seat 4 is taken")
///     .with_compensation(CompensationAction::Release { resource_ids: vec![4] });
/// assert_eq!(error.to_string(), "[Conflict] seat 4 is taken");
/// assert!(error.kind.is_domain() && error.compensation.is_some());
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutcomeError {
    /// What sort of failure it is.
    pub kind: ErrorKind,
    /// What happened, for people.
    pub message: String,
    /// What undoes what was done before the failure.
    pub compensation: Option<CompensationAction>,
}

impl OutcomeError {
    /// An error without a compensation.
    ///
    /// ```
    /// use batpak::outcome::{ErrorKind, OutcomeError};
    ///
    /// let error = OutcomeError::new(ErrorKind::Custom(7), "the printer is on fire");
    /// assert_eq!(error.to_string(), "[Custom(7)] the printer is on fire");
    /// ```
    #[must_use]
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> OutcomeError {
        OutcomeError {
            kind,
            message: message.into(),
            compensation: None,
        }
    }

    /// Sets what undoes what was done before the failure.
    ///
    /// ```
    /// use batpak::outcome::{CompensationAction, ErrorKind, OutcomeError};
    ///
    /// let undo = CompensationAction::Notify { target_id: 1, message: "call off".into() };
    /// let error = OutcomeError::new(ErrorKind::Timeout, "no answer").with_compensation(undo.clone());
    /// assert_eq!(error.compensation, Some(undo));
    /// ```
    #[must_use]
    pub fn with_compensation(mut self, compensation: CompensationAction) -> OutcomeError {
        self.compensation = Some(compensation);
        self
    }
}

impl fmt::Display for OutcomeError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "[{:?}] {}", self.kind, self.message)
    }
}

impl Error for OutcomeError {}

/// What sort of failure an [`OutcomeError`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub enum ErrorKind {
    /// What was asked for does not exist.
    NotFound,
    /// Somebody else was faster.
    Conflict,
    /// The request breaks a rule of its form.
    Validation,
    /// The request breaks a rule of the domain.
    PolicyRejection,
    /// It was given up.
    Cancelled,
    /// Storage failed.
    StorageError,
    /// It took too long.
    Timeout,
    /// It is not over.
    Pending,
    /// A value could not be encoded or decoded.
    Serialization,
    /// Something that must hold does not.
    Internal,
    /// Several outcomes were asked for as one value.
    BatchCollapse,
    /// A kind of the caller's own.
    Custom(u16),
}

impl ErrorKind {
    /// Whether the same step may succeed when it is done again.
    ///
    /// ```
    /// use batpak::outcome::ErrorKind;
    ///
    /// assert!(ErrorKind::Timeout.is_retryable() && !ErrorKind::Conflict.is_retryable());
    /// ```
    #[must_use]
    pub fn is_retryable(self) -> bool {
        matches!(self, ErrorKind::StorageError | ErrorKind::Timeout)
    }

    /// Whether it is an answer of the domain, which nobody has to repair.
    ///
    /// ```
    /// use batpak::outcome::ErrorKind;
    ///
    /// assert!(ErrorKind::PolicyRejection.is_domain() && !ErrorKind::Custom(1).is_domain());
    /// ```
    #[must_use]
    pub fn is_domain(self) -> bool {
        matches!(
            self,
            ErrorKind::NotFound
                | ErrorKind::Conflict
                | ErrorKind::Validation
                | ErrorKind::PolicyRejection
                | ErrorKind::Cancelled
        )
    }

    /// Whether it is about the running of the program, not about the request.
    ///
    /// ```
    /// use batpak::outcome::ErrorKind;
    ///
    /// assert!(ErrorKind::StorageError.is_operational() && !ErrorKind::NotFound.is_operational());
    /// ```
    #[must_use]
    pub fn is_operational(self) -> bool {
        !self.is_domain() && !matches!(self, ErrorKind::Custom(_))
    }
}
