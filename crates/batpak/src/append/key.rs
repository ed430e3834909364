//! The name of an extension.

use std::borrow::Borrow;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Longest extension key in bytes.
pub const MAX_EXTENSION_KEY_LEN: usize = 256;
/// The namespace that the store keeps for itself.
const RESERVED: &str = "batpak";

/// The name of an extension, `namespace.name`.
///
/// ASCII, at most [`MAX_EXTENSION_KEY_LEN`] bytes, exactly one `.` with something on both sides;
/// namespaces that begin with `batpak` are reserved. Reading one through serde checks again.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ExtensionKey(Box<str>);

impl ExtensionKey {
    /// Checks a name.
    ///
    /// # Errors
    /// The first rule that is broken, in the order of [`ExtensionKeyError`].
    pub fn new(key: impl AsRef<str>) -> Result<ExtensionKey, ExtensionKeyError> {
        let key = key.as_ref();
        check(key)?;
        Ok(ExtensionKey(key.into()))
    }

    /// A name that is stored already.
    pub(crate) fn stored(key: String) -> ExtensionKey {
        ExtensionKey(key.into())
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What stands before the dot.
    #[must_use]
    pub fn namespace(&self) -> &str {
        self.0
            .split_once('.')
            .map_or(&*self.0, |(namespace, _)| namespace)
    }
}

fn check(key: &str) -> Result<(), ExtensionKeyError> {
    if key.is_empty() {
        return Err(ExtensionKeyError::Empty);
    }
    if !key.is_ascii() {
        return Err(ExtensionKeyError::NonAscii);
    }
    if key.len() > MAX_EXTENSION_KEY_LEN {
        return Err(ExtensionKeyError::TooLong {
            len: key.len(),
            max: MAX_EXTENSION_KEY_LEN,
        });
    }
    let (namespace, name) = key
        .split_once('.')
        .ok_or(ExtensionKeyError::InvalidNamespaceFormat)?;
    if namespace.is_empty() || name.is_empty() || name.contains('.') {
        return Err(ExtensionKeyError::InvalidNamespaceFormat);
    }
    if namespace.starts_with(RESERVED) {
        return Err(ExtensionKeyError::ReservedNamespace);
    }
    Ok(())
}

/// Why a name is not an extension key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ExtensionKeyError {
    /// It is empty.
    #[error("extension key is empty")]
    Empty,
    /// It holds a character outside ASCII.
    #[error("extension key holds a character outside ASCII")]
    NonAscii,
    /// It is too long.
    #[error("extension key has {len} bytes, at most {max} are allowed")]
    TooLong {
        /// Its length in bytes.
        len: usize,
        /// The limit in bytes.
        max: usize,
    },
    /// It is not two parts with one dot between them.
    #[error("extension key is not of the form namespace.name")]
    InvalidNamespaceFormat,
    /// Its namespace begins with `batpak`.
    #[error("extension keys that begin with batpak are reserved")]
    ReservedNamespace,
}

impl fmt::Display for ExtensionKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(&self.0)
    }
}

impl AsRef<str> for ExtensionKey {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl Borrow<str> for ExtensionKey {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl FromStr for ExtensionKey {
    type Err = ExtensionKeyError;

    fn from_str(key: &str) -> Result<Self, Self::Err> {
        ExtensionKey::new(key)
    }
}

impl TryFrom<String> for ExtensionKey {
    type Error = ExtensionKeyError;

    fn try_from(key: String) -> Result<Self, Self::Error> {
        ExtensionKey::new(key)
    }
}

impl From<ExtensionKey> for String {
    fn from(key: ExtensionKey) -> String {
        key.0.into_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_names_are_refused_by_the_first_rule_they_break() {
        let form = ExtensionKeyError::InvalidNamespaceFormat;
        let reserved = ExtensionKeyError::ReservedNamespace;
        let long = format!("a.{}", "b".repeat(MAX_EXTENSION_KEY_LEN - 1));
        for (key, expected) in [
            ("", ExtensionKeyError::Empty),
            ("\u{e9}.b", ExtensionKeyError::NonAscii),
            (&"\u{e9}".repeat(300), ExtensionKeyError::NonAscii),
            (&*long, ExtensionKeyError::TooLong { len: 257, max: 256 }),
            ("a", form),
            (".", form),
            ("a.", form),
            (".b", form),
            ("a.b.c", form),
            ("a..b", form),
            ("batpak", form),
            ("batpak.x", reserved),
            ("batpak-x.y", reserved),
            ("batpaks.y", reserved),
        ] {
            assert_eq!(ExtensionKey::new(key), Err(expected), "{key:?}");
            assert!(serde_json::from_value::<ExtensionKey>(key.into()).is_err());
        }
    }

    #[test]
    fn good_names_are_kept_as_they_are() {
        let longest = format!("a.{}", "b".repeat(MAX_EXTENSION_KEY_LEN - 2));
        for key in [
            "a.b", "cli.key", "A-1_.x y", "bat.pak", "\0.\x7f", &*longest,
        ] {
            let parsed = ExtensionKey::new(key).unwrap();
            assert_eq!((parsed.as_str(), parsed.to_string().as_str()), (key, key));
            let json = serde_json::to_value(&parsed).unwrap();
            assert_eq!(
                serde_json::from_value::<ExtensionKey>(json).unwrap(),
                parsed
            );
        }
        assert_eq!(ExtensionKey::new("cli.key").unwrap().namespace(), "cli");
    }
}
