//! The validated address of a stream.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::validate::{CoordinateError, validate};

/// The address of a stream: an entity inside a scope, both validated.
///
/// Clones share the text. Serializes as a map of `entity` and `scope`; reading one validates.
///
/// ```
/// use batpak_coordinate::{Coordinate, CoordinateError};
///
/// # fn main() -> Result<(), CoordinateError> {
/// let order = Coordinate::new("order:17", "shop")?;
/// assert_eq!(order.to_string(), "order:17@shop");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "Unchecked")]
pub struct Coordinate {
    entity: Arc<str>,
    scope: Arc<str>,
}

impl Coordinate {
    /// The address of `entity` in `scope`. Copies both texts.
    ///
    /// # Errors
    /// [`CoordinateError`] names the first rule that is broken, in the order documented there.
    pub fn new(
        entity: impl AsRef<str>,
        scope: impl AsRef<str>,
    ) -> Result<Coordinate, CoordinateError> {
        let (entity, scope) = (entity.as_ref(), scope.as_ref());
        validate(entity, scope)?;
        Ok(Coordinate {
            entity: Arc::from(entity),
            scope: Arc::from(scope),
        })
    }

    /// The address made of two shared texts, without copying them.
    ///
    /// # Errors
    /// As for [`Coordinate::new`].
    pub fn from_shared(entity: Arc<str>, scope: Arc<str>) -> Result<Coordinate, CoordinateError> {
        validate(&entity, &scope)?;
        Ok(Coordinate { entity, scope })
    }

    /// Checks the rules again; a `Coordinate` that exists always passes.
    ///
    /// # Errors
    /// As for [`Coordinate::new`].
    pub fn validate(&self) -> Result<(), CoordinateError> {
        validate(&self.entity, &self.scope)
    }

    /// The entity: the name of the stream.
    #[must_use]
    pub fn entity(&self) -> &str {
        &self.entity
    }

    /// The scope the stream is recorded for.
    #[must_use]
    pub fn scope(&self) -> &str {
        &self.scope
    }

    /// The entity as shared text.
    #[must_use]
    pub fn entity_arc(&self) -> &Arc<str> {
        &self.entity
    }

    /// The scope as shared text.
    #[must_use]
    pub fn scope_arc(&self) -> &Arc<str> {
        &self.scope
    }
}

impl fmt::Display for Coordinate {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}@{}", self.entity, self.scope)
    }
}

/// What serde reads before the rules are checked.
#[derive(Deserialize)]
struct Unchecked {
    entity: Arc<str>,
    scope: Arc<str>,
}

impl TryFrom<Unchecked> for Coordinate {
    type Error = CoordinateError;

    fn try_from(unchecked: Unchecked) -> Result<Self, Self::Error> {
        Coordinate::from_shared(unchecked.entity, unchecked.scope)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn display_is_entity_at_scope() {
        let coordinate = Coordinate::new("user:1", "shop").unwrap();
        assert_eq!(coordinate.to_string(), "user:1@shop");
        assert_eq!(coordinate.validate(), Ok(()));
    }

    #[test]
    fn shared_text_is_not_copied() {
        let (entity, scope): (Arc<str>, Arc<str>) = (Arc::from("user:1"), Arc::from("shop"));
        let coordinate = Coordinate::from_shared(Arc::clone(&entity), Arc::clone(&scope)).unwrap();
        assert!(Arc::ptr_eq(coordinate.entity_arc(), &entity));
        assert!(Arc::ptr_eq(coordinate.scope_arc(), &scope));
    }

    #[test]
    fn serde_refuses_what_the_constructor_refuses() {
        for (json, rule) in [
            (r#"{"entity":"","scope":"s"}"#, "entity cannot be empty"),
            (r#"{"entity":"a/b","scope":"s"}"#, "path-traversal"),
            (r#"{"entity":"a","scope":"s\u0000"}"#, "NUL byte"),
            (r#"{"entity":"a"}"#, "missing field `scope`"),
        ] {
            let error = serde_json::from_str::<Coordinate>(json).unwrap_err();
            assert!(error.to_string().contains(rule), "{json}: {error}");
        }
    }

    #[test]
    fn serde_writes_both_names_and_reads_them_back() {
        let coordinate = Coordinate::new("user:1", "shop").unwrap();
        let json = serde_json::to_string(&coordinate).unwrap();
        assert_eq!(json, r#"{"entity":"user:1","scope":"shop"}"#);
        assert_eq!(
            serde_json::from_str::<Coordinate>(&json).unwrap(),
            coordinate
        );
    }
}
