//! Serde forms: 128-bit numbers as sixteen big-endian bytes, data as byte strings.
//!
//! Not every format has 128-bit numbers, and none has to here: the form is that of identifiers.

/// One number.
pub(super) mod number {
    use batpak_event::EventId;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(in crate::outcome) fn serialize<S: Serializer>(
        number: &u128,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        EventId::new(*number).serialize(serializer)
    }

    pub(in crate::outcome) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<u128, D::Error> {
        EventId::deserialize(deserializer).map(u128::from)
    }
}

/// A list of numbers.
pub(super) mod numbers {
    use batpak_event::EventId;
    use serde::{Deserialize, Deserializer, Serializer};

    pub(in crate::outcome) fn serialize<S: Serializer>(
        numbers: &[u128],
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(numbers.iter().copied().map(EventId::new))
    }

    pub(in crate::outcome) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Vec<u128>, D::Error> {
        let ids = Vec::<EventId>::deserialize(deserializer)?;
        Ok(ids.into_iter().map(u128::from).collect())
    }
}

/// Data of the caller's.
pub(super) mod blob {
    use serde::{Deserialize, Deserializer, Serializer};

    use crate::append::EncodedBytes;

    pub(in crate::outcome) fn serialize<S: Serializer>(
        data: &[u8],
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(data)
    }

    pub(in crate::outcome) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Vec<u8>, D::Error> {
        EncodedBytes::deserialize(deserializer).map(EncodedBytes::into_bytes)
    }
}
