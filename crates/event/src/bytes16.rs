//! Serde form of the 128-bit numbers: sixteen big-endian bytes.

use std::fmt;

use serde::de::{Error, SeqAccess, Visitor};
use serde::{Deserializer, Serializer};

/// Writes the number as a byte string; the most significant byte first, so that byte order is number order.
// serde's `with` attribute passes every field by reference.
pub(crate) fn serialize<S: Serializer>(value: &u128, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_bytes(&value.to_be_bytes())
}

/// Reads a byte string, or a sequence of bytes for formats that have no byte strings.
pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u128, D::Error> {
    deserializer.deserialize_bytes(Sixteen)
}

struct Sixteen;

impl<'de> Visitor<'de> for Sixteen {
    type Value = u128;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("16 bytes")
    }

    fn visit_bytes<E: Error>(self, bytes: &[u8]) -> Result<u128, E> {
        <[u8; 16]>::try_from(bytes)
            .map(u128::from_be_bytes)
            .map_err(|_| E::invalid_length(bytes.len(), &self))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<u128, A::Error> {
        let mut bytes = [0_u8; 16];
        for (index, byte) in bytes.iter_mut().enumerate() {
            *byte = sequence
                .next_element()?
                .ok_or_else(|| A::Error::invalid_length(index, &self))?;
        }
        if sequence.next_element::<u8>()?.is_some() {
            return Err(A::Error::invalid_length(17, &self));
        }
        Ok(u128::from_be_bytes(bytes))
    }
}
