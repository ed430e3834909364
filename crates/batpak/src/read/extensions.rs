//! Extensions as they are stored, read back.

use std::collections::BTreeMap;

use batpak_event::encoding;

use crate::append::{EncodedBytes, ExtensionKey};
use crate::error::StoreError;

/// Reads the extension map of an event; empty bytes are no extensions.
///
/// Names are taken as they are: what is stored was checked when it was appended, and the store's
/// own names are not for callers to append.
pub(super) fn decode(bytes: &[u8]) -> Result<BTreeMap<ExtensionKey, EncodedBytes>, StoreError> {
    if bytes.is_empty() {
        return Ok(BTreeMap::new());
    }
    let stored: BTreeMap<String, EncodedBytes> = encoding::from_bytes(bytes)?;
    Ok(stored
        .into_iter()
        .map(|(key, bytes)| (ExtensionKey::stored(key), bytes))
        .collect())
}
