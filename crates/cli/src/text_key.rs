//! Text keys: a key given as text is an idempotency key and is kept verbatim beside the event.

use batpak::store::{AppendOptions, EncodedBytes, EventRef, ExtensionKey};
use batpak::{EventId, IdempotencyKey};

use crate::failure::Result;

/// The domain that separates these keys from a program's own.
const DOMAIN: &str = "batpak.key";
/// The extension that holds the text.
const EXTENSION: &str = "cli.key";

/// The idempotency key of a text.
pub(crate) fn idempotency_key(text: &str) -> IdempotencyKey {
    IdempotencyKey::for_operation(DOMAIN, &[text])
}

/// The id that an event with this text as its key has.
pub(crate) fn event_id(text: &str) -> EventId {
    EventId::from(idempotency_key(text))
}

/// Adds the key and its text to `options`.
pub(crate) fn with_text_key(options: AppendOptions, text: &str) -> Result<AppendOptions> {
    let name = ExtensionKey::new(EXTENSION).map_err(|error| {
        crate::failure::Failure::new(crate::failure::Exit::Error, "extension", error.to_string())
    })?;
    Ok(options
        .with_idempotency(idempotency_key(text))
        .with_extension(name, EncodedBytes::new(text.as_bytes().to_vec())))
}

/// The text of the key that `event` was appended with, if it was a text.
pub(crate) fn text_of(event: &EventRef<'_>) -> Option<String> {
    event
        .extension(EXTENSION)
        .and_then(|bytes| String::from_utf8(bytes).ok())
}
