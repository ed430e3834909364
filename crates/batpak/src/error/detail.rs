//! Text that explains an error, with a cause that programs can compare.

use std::fmt;
use std::ops::Deref;

use batpak_coordinate::CoordinateError;

/// What a [`Detail`] is about, independent of its words.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DetailCause {
    /// Made from text alone.
    #[default]
    Unspecified,
    /// A file does not begin with the bytes that identify it.
    BadMagic,
    /// A version that is not known.
    UnsupportedVersion,
    /// A file or a frame ends too early.
    Truncated,
    /// A length is outside its bounds.
    LengthOutOfBounds,
    /// A checksum does not match.
    ChecksumMismatch,
    /// Bytes do not decode.
    Undecodable,
    /// A file or a part of it is missing.
    Missing,
    /// A file belongs to another store, or to another place in this one.
    WrongFile,
    /// Sequences are missing between two that are there.
    SequenceGap,
    /// Events that were committed together are not all there.
    IncompleteUnit,
    /// A value is out of its range.
    OutOfRange,
    /// A request exceeds a limit.
    LimitExceeded,
    /// An option or a combination of options is not supported.
    Unsupported,
    /// Some items have an idempotency key and some do not.
    MixedKeys,
    /// Two items have the same idempotency key.
    RepeatedKey,
    /// Some items are already in the store and some are not.
    PartlyPresent,
    /// A batch item is named that is not before the one that names it.
    NotEarlier,
    /// An entity or a scope breaks a rule.
    InvalidName,
    /// Two values that must agree differ.
    Differs,
    /// What was read for a decision was appended to by others, each time that it was made.
    Overtaken,
    /// What is known of an ability does not allow its use.
    NotAdmissible,
}

/// Text that explains an error; reads like a `str`, and carries its cause as a value.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Detail {
    cause: DetailCause,
    text: Box<str>,
}

impl Detail {
    /// Text with its cause.
    #[must_use]
    pub fn new(cause: DetailCause, text: impl Into<Box<str>>) -> Detail {
        Detail {
            cause,
            text: text.into(),
        }
    }

    /// What the text is about.
    #[must_use]
    pub fn cause(&self) -> DetailCause {
        self.cause
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl Deref for Detail {
    type Target = str;

    fn deref(&self) -> &str {
        &self.text
    }
}

impl AsRef<str> for Detail {
    fn as_ref(&self) -> &str {
        &self.text
    }
}

impl fmt::Display for Detail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.text, f)
    }
}

impl fmt::Debug for Detail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.text, f)
    }
}

impl From<&str> for Detail {
    fn from(text: &str) -> Detail {
        Detail::new(DetailCause::Unspecified, text)
    }
}

impl From<String> for Detail {
    fn from(text: String) -> Detail {
        Detail::new(DetailCause::Unspecified, text)
    }
}

impl From<&CoordinateError> for Detail {
    fn from(error: &CoordinateError) -> Detail {
        Detail::new(DetailCause::InvalidName, error.to_string())
    }
}

impl From<Detail> for String {
    fn from(detail: Detail) -> String {
        detail.text.into_string()
    }
}

impl PartialEq<str> for Detail {
    fn eq(&self, other: &str) -> bool {
        self.as_str() == other
    }
}

impl PartialEq<&str> for Detail {
    fn eq(&self, other: &&str) -> bool {
        self.as_str() == *other
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_detail_reads_like_text_and_keeps_its_cause() {
        let detail = Detail::new(DetailCause::BadMagic, "bad magic");
        assert!(detail.contains("magic") && detail == "bad magic" && detail == *"bad magic");
        assert_eq!(format!("{detail} {detail:?}"), r#"bad magic "bad magic""#);
        assert_eq!(detail.cause(), DetailCause::BadMagic);
        assert_eq!(String::from(detail), "bad magic");
    }

    #[test]
    fn text_alone_has_no_cause() {
        let owned = Detail::from(String::from("x"));
        assert_eq!(owned, Detail::from("x"));
        assert_ne!(owned, Detail::new(DetailCause::Missing, "x"));
        assert_eq!(owned.cause(), DetailCause::Unspecified);
    }
}
