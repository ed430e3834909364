//! The recorded name of a gate.

use std::fmt;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// The recorded name of a gate: ASCII and not empty. Reading one through serde checks again.
///
/// ```
/// use batpak::guard::{GateId, GateIdError};
///
/// assert_eq!(GateId::new("limit")?.as_str(), "limit");
/// assert_eq!(GateId::new(""), Err(GateIdError::Empty));
/// # Ok::<(), GateIdError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct GateId(Box<str>);

impl GateId {
    /// Checks a name.
    ///
    /// # Errors
    /// The rule that it breaks.
    ///
    /// ```
    /// use batpak::guard::{GateId, GateIdError};
    ///
    /// assert_eq!(GateId::new("gr\u{f6}\u{df}e"), Err(GateIdError::NonAscii));
    /// ```
    pub fn new(name: impl Into<String>) -> Result<GateId, GateIdError> {
        let name = name.into();
        if name.is_empty() {
            return Err(GateIdError::Empty);
        }
        if !name.is_ascii() {
            return Err(GateIdError::NonAscii);
        }
        Ok(GateId(name.into()))
    }

    /// The name.
    ///
    /// ```
    /// use batpak::guard::GateId;
    ///
    /// assert_eq!(GateId::new("limit").map(|id| id.as_str().len()), Ok(5));
    /// ```
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The id of a gate in the program. A denial is recorded even if its gate has a name that breaks
    /// the rules, so what is not ASCII is escaped, and no name at all is `unnamed`.
    pub(crate) fn of(name: &str) -> GateId {
        let name = match name {
            "" => "unnamed".to_owned(),
            name if name.is_ascii() => name.to_owned(),
            name => name.escape_default().to_string(),
        };
        GateId(name.into())
    }
}

impl fmt::Display for GateId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(&self.0)
    }
}

impl TryFrom<String> for GateId {
    type Error = GateIdError;

    fn try_from(name: String) -> Result<Self, Self::Error> {
        GateId::new(name)
    }
}

impl From<GateId> for String {
    fn from(id: GateId) -> String {
        id.0.into_string()
    }
}

/// Why a name is not a [`GateId`].
///
/// ```
/// use batpak::guard::GateIdError;
///
/// assert_eq!(GateIdError::Empty.to_string(), "gate id is empty");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum GateIdError {
    /// It is empty.
    #[error("gate id is empty")]
    Empty,
    /// It holds a character outside ASCII.
    #[error("gate id holds a character outside ASCII")]
    NonAscii,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn serde_refuses_what_new_refuses_and_keeps_the_rest() {
        for (name, expected) in [
            ("", Some(GateIdError::Empty)),
            ("\u{e9}", Some(GateIdError::NonAscii)),
            ("a b\n", None),
            ("limit", None),
        ] {
            let made = GateId::new(name);
            assert_eq!(made.clone().err(), expected, "{name:?}");
            let read = serde_json::from_value::<GateId>(name.into());
            assert_eq!(read.ok(), made.ok(), "{name:?}");
        }
    }

    #[test]
    fn every_name_in_a_program_has_an_id() {
        for (name, id) in [("", "unnamed"), ("gr\u{f6}\u{df}e", r"gr\u{f6}\u{df}e")] {
            assert_eq!(GateId::of(name).as_str(), id);
            assert_eq!(GateId::new(id), Ok(GateId::of(name)));
        }
    }
}
