//! Reading a payload as the type it was written from.

use batpak_coordinate::EventKind;
use batpak_event::encoding::{self, DecodeError};
use thiserror::Error;

use super::EventPayload;

/// Why a payload cannot be read as a type.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum TypedDecodeError {
    /// The event is of another kind than the type.
    #[error("event kind is {got}, the type is for {expected}")]
    KindMismatch {
        /// The kind of the type.
        expected: EventKind,
        /// The kind of the event.
        got: EventKind,
    },
    /// A newer version of the program wrote the payload.
    #[error("payload of kind {kind} has version {stored}, the type reads up to {current}")]
    FutureVersion {
        /// The kind of the event.
        kind: EventKind,
        /// The version recorded with the event.
        stored: u16,
        /// The version of the type.
        current: u16,
    },
    /// The bytes do not fit the type.
    #[error("payload of kind {kind} cannot be decoded: {source}")]
    DecodeFailure {
        /// The kind of the event.
        kind: EventKind,
        /// Why.
        source: DecodeError,
    },
}

/// Reads a payload of `kind` that was recorded with schema version `stored`, 0 when the event was
/// appended without a type.
pub(crate) fn decode<T: EventPayload>(
    kind: EventKind,
    stored: u16,
    payload: &[u8],
) -> Result<T, TypedDecodeError> {
    if kind != T::KIND {
        return Err(TypedDecodeError::KindMismatch {
            expected: T::KIND,
            got: kind,
        });
    }
    if stored > T::PAYLOAD_VERSION {
        let current = T::PAYLOAD_VERSION;
        return Err(TypedDecodeError::FutureVersion {
            kind,
            stored,
            current,
        });
    }
    encoding::from_bytes(payload).map_err(|source| TypedDecodeError::DecodeFailure { kind, source })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq, serde::Serialize, serde::Deserialize, crate::EventPayload)]
    #[batpak(category = 2, type_id = 7, version = 3)]
    struct Renamed {
        to: String,
    }

    #[test]
    fn kind_and_version_are_checked_before_the_bytes() {
        let bytes = encoding::to_bytes(&Renamed { to: "a".into() }).unwrap();
        let other = EventKind::custom(2, 8);
        for (kind, version, payload, needle) in [
            (
                other,
                9,
                &bytes[..],
                "kind is 0x2008, the type is for 0x2007",
            ),
            (Renamed::KIND, 4, &[], "version 4, the type reads up to 3"),
            (Renamed::KIND, 3, &[], "cannot be decoded"),
            (Renamed::KIND, 3, &[0xc0], "cannot be decoded"),
        ] {
            let error = decode::<Renamed>(kind, version, payload).unwrap_err();
            assert!(error.to_string().contains(needle), "{error}");
        }
        for version in [0, 1, 3] {
            let decoded = decode::<Renamed>(Renamed::KIND, version, &bytes).unwrap();
            assert_eq!(decoded, Renamed { to: "a".into() });
        }
    }
}
