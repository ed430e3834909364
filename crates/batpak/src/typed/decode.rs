//! Reading a payload as the type it was written from.

use batpak_coordinate::EventKind;
use thiserror::Error;

use super::EventPayload;
use super::stored_payload::{DecodeSource, StoredPayload};

/// Why a payload cannot be read as a type.
///
/// ```
/// use batpak::prelude::*;
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let directory = tempfile::tempdir()?;
/// # let store = Store::open(StoreConfig::new(directory.path()))?;
/// #[derive(Debug, Serialize, Deserialize, EventPayload)]
/// #[serde(crate = "batpak::serde")]
/// #[batpak(category = 0x1, type_id = 0x002)]
/// struct Paid {
///     cents: u64,
/// }
///
/// let order = Coordinate::new("order:17", "shop")?;
/// let placed = store.append(&order, EventKind::DATA, &"placed")?;
/// let error = store.read_raw(placed.event_id)?.decode_typed::<Paid>().unwrap_err();
/// assert!(matches!(error, TypedDecodeError::KindMismatch { expected: Paid::KIND, .. }));
/// # Ok(())
/// # }
/// ```
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
    /// The payload does not fit the type.
    #[error("payload of kind {kind} cannot be decoded: {source}")]
    DecodeFailure {
        /// The kind of the event.
        kind: EventKind,
        /// Why.
        source: DecodeSource,
    },
}

/// Reads a payload of `kind` that was recorded with schema version `stored`, 0 when the event was
/// appended without a type.
#[inline]
pub(crate) fn decode<T: EventPayload>(
    kind: EventKind,
    stored: u16,
    payload: StoredPayload<'_>,
) -> Result<T, TypedDecodeError> {
    if kind != T::KIND {
        return Err(TypedDecodeError::KindMismatch {
            expected: T::KIND,
            got: kind,
        });
    }
    let current = T::PAYLOAD_VERSION;
    if stored > current {
        return Err(TypedDecodeError::FutureVersion {
            kind,
            stored,
            current,
        });
    }
    // Version 0 says nothing of the schema, so the payload is read as the type is now.
    let decoded = if stored == current || stored == 0 {
        payload.decode()
    } else {
        T::upcast(stored, payload)
    };
    decoded.map_err(|source| TypedDecodeError::DecodeFailure { kind, source })
}

#[cfg(test)]
mod tests {
    use batpak_event::encoding;
    use serde_json::json;

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
            let payload = StoredPayload::msgpack(payload);
            let error = decode::<Renamed>(kind, version, payload).unwrap_err();
            assert!(error.to_string().contains(needle), "{error}");
        }
        for version in [0, 1, 3] {
            let payload = StoredPayload::msgpack(&bytes);
            let decoded = decode::<Renamed>(Renamed::KIND, version, payload).unwrap();
            assert_eq!(decoded, Renamed { to: "a".into() });
        }
    }

    #[derive(serde::Serialize, serde::Deserialize)]
    struct PaidV1 {
        euros: u64,
    }

    #[derive(serde::Serialize, serde::Deserialize)]
    struct PaidV3 {
        cents: u64,
    }

    #[derive(Debug, PartialEq, serde::Serialize, serde::Deserialize, crate::EventPayload)]
    #[batpak(category = 2, type_id = 8, version = 5, upcast(1 = PaidV1, 3 = PaidV3))]
    struct Paid {
        cents: u64,
        currency: String,
    }

    impl TryFrom<PaidV1> for PaidV3 {
        type Error = String;

        fn try_from(older: PaidV1) -> Result<PaidV3, String> {
            let cents = older.euros.checked_mul(100);
            let cents = cents.ok_or_else(|| format!("{} euros are too many", older.euros))?;
            Ok(PaidV3 { cents })
        }
    }

    impl From<PaidV3> for Paid {
        fn from(older: PaidV3) -> Paid {
            Paid {
                cents: older.cents,
                currency: "EUR".into(),
            }
        }
    }

    #[test]
    fn an_older_version_goes_through_every_later_shape() {
        let paid = |cents, currency: &str| Paid {
            cents,
            currency: currency.into(),
        };
        for (version, value, expected) in [
            (1, json!({"euros": 3}), paid(300, "EUR")),
            (2, json!({"cents": 4}), paid(4, "EUR")),
            (3, json!({"cents": 5}), paid(5, "EUR")),
            (4, json!({"cents": 6, "currency": "USD"}), paid(6, "USD")),
            (5, json!({"cents": 7, "currency": "USD"}), paid(7, "USD")),
            (0, json!({"cents": 8, "currency": "USD"}), paid(8, "USD")),
        ] {
            let bytes = encoding::to_bytes(&value).unwrap();
            for payload in [StoredPayload::msgpack(&bytes), StoredPayload::json(&value)] {
                let decoded = decode::<Paid>(Paid::KIND, version, payload).unwrap();
                assert_eq!(decoded, expected, "{version}");
            }
        }
    }

    #[test]
    fn what_is_wrong_with_an_older_payload_is_told() {
        for (version, value, needle) in [
            (1, json!({"euros": u64::MAX}), "euros are too many"),
            (1, json!({"cents": 1}), "euros"),
            (4, json!({"cents": 1}), "currency"),
            (6, json!({"cents": 1}), "has version 6"),
        ] {
            let bytes = encoding::to_bytes(&value).unwrap();
            for payload in [StoredPayload::msgpack(&bytes), StoredPayload::json(&value)] {
                let error = decode::<Paid>(Paid::KIND, version, payload).unwrap_err();
                assert!(error.to_string().contains(needle), "{error}");
            }
        }
    }
}
