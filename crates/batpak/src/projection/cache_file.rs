//! The bytes of a cache file.
//!
//! ```text
//! 8    magic and version
//! 8    watermark, little-endian
//! 8    time, microseconds since 1970, little-endian
//! 4    length of the key, little-endian
//! ..   key
//! ..   value
//! 32   BLAKE3 of everything before
//! ```

use batpak_event::content_hash;

use super::cache::CacheMeta;

const MAGIC: [u8; 8] = *b"BATPROJ1";

/// What a file holds.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct CachedFile<'a> {
    pub(super) key: &'a [u8],
    pub(super) value: &'a [u8],
    pub(super) meta: CacheMeta,
}

/// The bytes of a file. A key is an entity and a digest, so its length fits.
pub(super) fn encode(key: &[u8], value: &[u8], meta: CacheMeta) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(MAGIC.len() + 20 + key.len() + value.len() + 32);
    bytes.extend_from_slice(&MAGIC);
    bytes.extend_from_slice(&meta.watermark.to_le_bytes());
    bytes.extend_from_slice(&meta.cached_at_us.to_le_bytes());
    bytes.extend_from_slice(&u32::try_from(key.len()).unwrap_or(u32::MAX).to_le_bytes());
    bytes.extend_from_slice(key);
    bytes.extend_from_slice(value);
    bytes.extend_from_slice(&content_hash(&bytes));
    bytes
}

/// What a file holds, or what is wrong with it.
pub(super) fn decode(bytes: &[u8]) -> Result<CachedFile<'_>, &'static str> {
    let short = "it is too short";
    let (content, checksum) = bytes.split_last_chunk::<32>().ok_or(short)?;
    if content_hash(content) != *checksum {
        return Err("its checksum does not match");
    }
    let rest = content.strip_prefix(&MAGIC);
    let rest = rest.ok_or("it is of another version")?;
    let (watermark, rest) = rest.split_first_chunk().ok_or(short)?;
    let (cached_at_us, rest) = rest.split_first_chunk().ok_or(short)?;
    let (key_len, rest) = rest.split_first_chunk().ok_or(short)?;
    let key_len = usize::try_from(u32::from_le_bytes(*key_len)).map_err(|_| short)?;
    let (key, value) = rest.split_at_checked(key_len).ok_or(short)?;
    let meta = CacheMeta::new(
        u64::from_le_bytes(*watermark),
        i64::from_le_bytes(*cached_at_us),
    );
    Ok(CachedFile { key, value, meta })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_holds_what_was_put() {
        for (key, value) in [
            (&b""[..], &b""[..]),
            (b"lamp:1\0", b"on"),
            (b"k", &[0; 999]),
        ] {
            let meta = CacheMeta::new(u64::MAX, -1);
            let bytes = encode(key, value, meta);
            assert_eq!(decode(&bytes), Ok(CachedFile { key, value, meta }));
        }
    }

    #[test]
    fn every_flipped_bit_and_every_cut_is_found() {
        let bytes = encode(b"lamp:1\0", b"on", CacheMeta::new(1, 2));
        for at in 0..bytes.len() {
            for bit in 0..8 {
                let mut flipped = bytes.clone();
                flipped[at] ^= 1 << bit;
                assert!(decode(&flipped).is_err(), "{at} {bit}");
            }
            assert!(decode(&bytes[..at]).is_err(), "{at}");
        }
    }

    #[test]
    fn a_made_up_file_with_a_right_checksum_never_panics() {
        for content in [
            &b""[..],
            b"BATPROJ1",
            b"BATPROJ2000000000000000000000",
            b"BATPROJ10000000000000000\xff\xff\xff\xff",
        ] {
            let bytes = [content, &content_hash(content)].concat();
            assert!(decode(&bytes).is_err());
        }
    }
}
