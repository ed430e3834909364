//! Serde form of the durability: its name in lower case.

use batpak_journal::Durability;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Level {
    Written,
    Synced,
}

pub(super) fn serialize<S: Serializer>(
    durability: &Durability,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match durability {
        Durability::Written => Level::Written,
        Durability::Synced => Level::Synced,
    }
    .serialize(serializer)
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Durability, D::Error> {
    Ok(match Level::deserialize(deserializer)? {
        Level::Written => Durability::Written,
        Level::Synced => Durability::Synced,
    })
}
