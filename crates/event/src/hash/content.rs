//! The commitment to a payload.

use super::Digest;

const SALT_CONTEXT: &str = "batpak payload salt v1";

/// The commitment to a payload as stored: its plain BLAKE3 hash.
#[must_use]
pub fn content_hash(payload: &[u8]) -> Digest {
    *blake3::hash(payload).as_bytes()
}

/// The commitment to a payload that may have to be erased: BLAKE3 keyed by a salt stored beside it.
///
/// Once payload and salt are gone, nobody can test a guess against the commitment that stays.
#[must_use]
pub fn salted_content_hash(salt: &[u8; 16], payload: &[u8]) -> Digest {
    let key = blake3::derive_key(SALT_CONTEXT, salt);
    *blake3::keyed_hash(&key, payload).as_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_plain_commitment_is_blake3() {
        let hex: String = content_hash(b"")
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        // The published BLAKE3 test vector for empty input.
        assert_eq!(
            hex,
            "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262"
        );
    }

    #[test]
    fn salt_and_payload_both_count() {
        let salted = salted_content_hash(&[1; 16], b"payload");
        assert_ne!(salted, content_hash(b"payload"));
        assert_ne!(salted, salted_content_hash(&[2; 16], b"payload"));
        assert_ne!(salted, salted_content_hash(&[1; 16], b"payloae"));
        assert_eq!(salted, salted_content_hash(&[1; 16], b"payload"));
    }
}
