//! The rules an entity and a scope obey, and which one a value breaks.

use thiserror::Error;

/// The longest entity and the longest scope, in bytes.
pub const MAX_COORDINATE_COMPONENT_LEN: usize = 1024;

/// The first rule that an entity or a scope breaks.
///
/// Checked in this order: empty entity, empty scope, length of the entity, length of the scope;
/// then for the entity and after it for the scope: the first control byte, path traversal,
/// separators.
///
/// ```
/// use batpak_coordinate::{Coordinate, CoordinateError};
///
/// assert_eq!(Coordinate::new("", "shop"), Err(CoordinateError::EmptyEntity));
/// assert_eq!(Coordinate::new("a/b", "shop"), Err(CoordinateError::PathTraversal));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum CoordinateError {
    /// The entity is the empty text.
    #[error("entity cannot be empty")]
    EmptyEntity,
    /// The scope is the empty text.
    #[error("scope cannot be empty")]
    EmptyScope,
    /// The entity is longer than a component may be.
    #[error("entity length {len} exceeds maximum {max}")]
    EntityTooLong {
        /// Its length in bytes.
        len: usize,
        /// The limit in bytes.
        max: usize,
    },
    /// The scope is longer than a component may be.
    #[error("scope length {len} exceeds maximum {max}")]
    ScopeTooLong {
        /// Its length in bytes.
        len: usize,
        /// The limit in bytes.
        max: usize,
    },
    /// A component holds the byte 0, which ends text in many programs.
    #[error("coordinate component contains a NUL byte")]
    NulByte,
    /// A component holds a byte below 0x20 or the byte 0x7F.
    #[error("coordinate component contains a forbidden ASCII control character")]
    ControlChar,
    /// A component holds `/` or `..`, which would leave a directory if used in a path.
    #[error("coordinate component contains a forbidden path-traversal substring (`..` or `/`)")]
    PathTraversal,
    /// A component holds `|` or `=`, which separate the parts of a region's identity.
    #[error("coordinate component contains a forbidden identity-separator character (`|` or `=`)")]
    ForbiddenSeparator,
}

impl CoordinateError {
    /// The stable name of the rule, in lower case with hyphens, for programs and documentation.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::EmptyEntity => "coordinate-empty-entity",
            Self::EmptyScope => "coordinate-empty-scope",
            Self::EntityTooLong { .. } => "coordinate-entity-too-long",
            Self::ScopeTooLong { .. } => "coordinate-scope-too-long",
            Self::NulByte => "coordinate-nul-byte",
            Self::ControlChar => "coordinate-control-char",
            Self::PathTraversal => "coordinate-path-traversal",
            Self::ForbiddenSeparator => "coordinate-separator",
        }
    }
}

/// Checks both components; costs one pass over each.
pub(crate) fn validate(entity: &str, scope: &str) -> Result<(), CoordinateError> {
    let max = MAX_COORDINATE_COMPONENT_LEN;
    if entity.is_empty() {
        return Err(CoordinateError::EmptyEntity);
    }
    if scope.is_empty() {
        return Err(CoordinateError::EmptyScope);
    }
    if entity.len() > max {
        let len = entity.len();
        return Err(CoordinateError::EntityTooLong { len, max });
    }
    if scope.len() > max {
        let len = scope.len();
        return Err(CoordinateError::ScopeTooLong { len, max });
    }
    validate_component(entity)?;
    validate_component(scope)
}

fn validate_component(component: &str) -> Result<(), CoordinateError> {
    match component.bytes().find(u8::is_ascii_control) {
        Some(0) => return Err(CoordinateError::NulByte),
        Some(_) => return Err(CoordinateError::ControlChar),
        None => {}
    }
    if component.contains('/') || component.contains("..") {
        return Err(CoordinateError::PathTraversal);
    }
    if component.contains(['|', '=']) {
        return Err(CoordinateError::ForbiddenSeparator);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_broken_rule_is_reported() {
        let long = "x".repeat(1025);
        let widest = "y".repeat(1024);
        let (len, max) = (1025, 1024);
        let too_long_in_bytes = "é".repeat(513);
        let cases: &[(&str, &str, Result<(), CoordinateError>)] = &[
            ("a", "b", Ok(())),
            (&widest, &widest, Ok(())),
            ("user:1 \u{85} é", "b", Ok(())),
            ("a.b", ".", Ok(())),
            ("", "", Err(CoordinateError::EmptyEntity)),
            ("\0", "", Err(CoordinateError::EmptyScope)),
            (
                &long,
                &long,
                Err(CoordinateError::EntityTooLong { len, max }),
            ),
            ("\0", &long, Err(CoordinateError::ScopeTooLong { len, max })),
            (
                &too_long_in_bytes,
                "b",
                Err(CoordinateError::EntityTooLong { len: 1026, max }),
            ),
            ("a\0\n/|", "b", Err(CoordinateError::NulByte)),
            ("a\n\0", "b", Err(CoordinateError::ControlChar)),
            ("/|\u{1f}", "b", Err(CoordinateError::ControlChar)),
            ("a\u{7f}", "b", Err(CoordinateError::ControlChar)),
            ("a|/", "b", Err(CoordinateError::PathTraversal)),
            ("a..b", "\0", Err(CoordinateError::PathTraversal)),
            ("a|b", "\0", Err(CoordinateError::ForbiddenSeparator)),
            ("a", "k=v", Err(CoordinateError::ForbiddenSeparator)),
            ("a", "b\t", Err(CoordinateError::ControlChar)),
            ("a", "..", Err(CoordinateError::PathTraversal)),
        ];
        for (entity, scope, expected) in cases {
            assert_eq!(&validate(entity, scope), expected, "{entity:?} {scope:?}");
        }
    }

    #[test]
    fn every_message_names_the_rule() {
        let (len, max) = (2000, 1024);
        for (error, needles) in [
            (CoordinateError::EmptyEntity, ["entity", "empty"]),
            (CoordinateError::EmptyScope, ["scope", "empty"]),
            (
                CoordinateError::EntityTooLong { len, max },
                ["entity length 2000", "1024"],
            ),
            (
                CoordinateError::ScopeTooLong { len, max },
                ["scope length 2000", "1024"],
            ),
            (CoordinateError::NulByte, ["component", "NUL byte"]),
            (
                CoordinateError::ControlChar,
                ["forbidden", "ASCII control character"],
            ),
            (
                CoordinateError::PathTraversal,
                ["path-traversal substring", "`..` or `/`"],
            ),
            (
                CoordinateError::ForbiddenSeparator,
                ["identity-separator", "`|` or `=`"],
            ),
        ] {
            let text = error.to_string();
            for needle in needles {
                assert!(text.contains(needle), "{text:?} lacks {needle:?}");
            }
        }
    }
}
