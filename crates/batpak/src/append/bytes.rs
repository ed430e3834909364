//! Opaque bytes of an extension, and the map they are stored in.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{Error, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::key::ExtensionKey;

/// Opaque bytes, encoded as their owner likes; the store never looks into them.
///
/// Serializes as a byte string.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EncodedBytes(Vec<u8>);

impl EncodedBytes {
    /// Takes bytes as they are.
    #[must_use]
    pub fn new(bytes: impl Into<Vec<u8>>) -> EncodedBytes {
        EncodedBytes(bytes.into())
    }

    /// The bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The bytes, without copying.
    #[must_use]
    pub fn into_bytes(self) -> Vec<u8> {
        self.0
    }

    /// How many bytes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl AsRef<[u8]> for EncodedBytes {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl From<Vec<u8>> for EncodedBytes {
    fn from(bytes: Vec<u8>) -> EncodedBytes {
        EncodedBytes(bytes)
    }
}

impl Serialize for EncodedBytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&self.0)
    }
}

impl<'de> Deserialize<'de> for EncodedBytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_byte_buf(Bytes).map(EncodedBytes)
    }
}

/// Reads a byte string, or a sequence of bytes for formats that have no byte strings.
struct Bytes;

impl<'de> Visitor<'de> for Bytes {
    type Value = Vec<u8>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("bytes")
    }

    fn visit_bytes<E: Error>(self, bytes: &[u8]) -> Result<Vec<u8>, E> {
        Ok(bytes.to_vec())
    }

    fn visit_byte_buf<E: Error>(self, bytes: Vec<u8>) -> Result<Vec<u8>, E> {
        Ok(bytes)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Vec<u8>, A::Error> {
        let mut bytes = Vec::new();
        while let Some(byte) = sequence.next_element()? {
            bytes.push(byte);
        }
        Ok(bytes)
    }
}

/// Extensions by name, in the order of the names: the same extensions always give the same bytes.
pub(crate) type Extensions = BTreeMap<ExtensionKey, EncodedBytes>;

#[cfg(test)]
mod tests {
    use super::*;
    use batpak_event::encoding::{from_bytes, to_bytes};

    #[test]
    fn an_extension_map_is_a_messagepack_map_of_text_to_bytes_sorted_by_name() {
        let mut extensions = Extensions::new();
        for (key, bytes) in [("b.x", vec![]), ("a.x", vec![1, 2])] {
            extensions.insert(ExtensionKey::new(key).unwrap(), EncodedBytes::new(bytes));
        }
        let bytes = to_bytes(&extensions).unwrap();
        let expected = b"\x82\xa3a.x\xc4\x02\x01\x02\xa3b.x\xc4\x00";
        assert_eq!(bytes, expected);
        assert_eq!(from_bytes::<Extensions>(&bytes).unwrap(), extensions);
        assert!(from_bytes::<Extensions>(b"\x81\xa1a\xc4\x00").is_err());
    }
}
