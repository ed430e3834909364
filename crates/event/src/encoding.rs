//! Canonical bytes of payloads: MessagePack with named fields.
//!
//! Fields are written by name in the order of their declaration, so a reader can pass over fields it does
//! not know and the bytes explain themselves without a schema. Equal values of one type give equal bytes,
//! as long as their maps iterate in one order.

use serde::Serialize;
use serde::de::DeserializeOwned;
use thiserror::Error;

/// A value could not be written as MessagePack.
#[derive(Debug, Error)]
#[error("value cannot be encoded as MessagePack: {0}")]
pub struct EncodeError(#[source] rmp_serde::encode::Error);

/// Bytes could not be read as the wanted type.
#[derive(Debug, Error)]
#[error("bytes cannot be decoded from MessagePack: {0}")]
pub struct DecodeError(#[source] rmp_serde::decode::Error);

/// Encodes a value into a new buffer.
///
/// # Errors
/// [`EncodeError`] when the value's own serialization fails, or when it holds a sequence of unknown length.
pub fn to_bytes<T: Serialize + ?Sized>(value: &T) -> Result<Vec<u8>, EncodeError> {
    rmp_serde::to_vec_named(value).map_err(EncodeError)
}

/// Appends the encoding of a value to a buffer; a buffer that is used again costs no allocation.
///
/// # Errors
/// As [`to_bytes`]; the buffer then holds what it held before.
pub fn write_to<T: Serialize + ?Sized>(buffer: &mut Vec<u8>, value: &T) -> Result<(), EncodeError> {
    let before = buffer.len();
    rmp_serde::encode::write_named(buffer, value).map_err(|error| {
        buffer.truncate(before);
        EncodeError(error)
    })
}

/// Decodes a value; never panics, and never allocates more than the bytes can fill.
///
/// # Errors
/// [`DecodeError`] when the bytes are not MessagePack or do not fit the type.
pub fn from_bytes<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, DecodeError> {
    rmp_serde::from_slice(bytes).map_err(DecodeError)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::error::Error as _;

    use serde::{Deserialize, Serialize, Serializer};

    use super::*;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Paid {
        amount: u32,
        note: Option<String>,
    }

    #[test]
    fn fields_are_written_by_name() {
        let paid = Paid {
            amount: 3,
            note: None,
        };
        let bytes = to_bytes(&paid).unwrap();
        assert_eq!(bytes, b"\x82\xa6amount\x03\xa4note\xc0");
        assert_eq!(from_bytes::<Paid>(&bytes).unwrap(), paid);
    }

    #[test]
    fn writing_appends_what_to_bytes_returns() {
        let paid = Paid {
            amount: 70_000,
            note: Some("x".into()),
        };
        let mut buffer = b"before".to_vec();
        write_to(&mut buffer, &paid).unwrap();
        assert_eq!(
            buffer,
            [b"before", to_bytes(&paid).unwrap().as_slice()].concat()
        );
    }

    #[test]
    fn a_failed_write_leaves_the_buffer_as_it_was() {
        struct Broken;
        impl Serialize for Broken {
            fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
                Err(serde::ser::Error::custom("refused"))
            }
        }
        let mut buffer = b"before".to_vec();
        let error = write_to(&mut buffer, &(1, Broken)).unwrap_err();
        assert_eq!(buffer, b"before");
        assert!(error.to_string().contains("refused"));
        assert!(error.source().is_some());
    }

    #[test]
    fn hostile_bytes_are_refused() {
        let huge_array = [0xdd, 0xff, 0xff, 0xff, 0xff];
        let huge_binary = [0xc6, 0xff, 0xff, 0xff, 0xff];
        let deep = [0x91_u8; 100_000];
        for bytes in [
            &[][..],
            &[0xc1],
            &huge_array,
            &huge_binary,
            &[0x91; 3],
            &deep,
        ] {
            assert!(from_bytes::<Vec<u64>>(bytes).is_err());
            assert!(from_bytes::<BTreeMap<String, Paid>>(bytes).is_err());
        }
    }
}
