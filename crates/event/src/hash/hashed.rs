//! BLAKE3 over bytes that come in parts.

use super::Digest;

/// Enough for the names of most events and a few causes: two blocks.
const SHORT: usize = 128;

/// Parts that are hashed as one text. While they are short they are put together and hashed at once, which
/// costs half of what the state of a hash that goes on does.
pub(super) struct Hashed {
    short: [u8; SHORT],
    len: usize,
    long: Option<blake3::Hasher>,
}

impl Hashed {
    #[inline]
    pub(super) fn new() -> Self {
        Self {
            short: [0; SHORT],
            len: 0,
            long: None,
        }
    }

    pub(super) fn add(&mut self, part: &[u8]) {
        if let Some(hasher) = &mut self.long {
            hasher.update(part);
            return;
        }
        let end = self.len.saturating_add(part.len());
        if let Some(place) = self.short.get_mut(self.len..end) {
            place.copy_from_slice(part);
            self.len = end;
            return;
        }
        let mut hasher = blake3::Hasher::new();
        hasher.update(self.short.get(..self.len).unwrap_or_default());
        hasher.update(part);
        self.long = Some(hasher);
    }

    pub(super) fn finish(&self) -> Digest {
        let hash = match &self.long {
            Some(hasher) => hasher.finalize(),
            None => blake3::hash(self.short.get(..self.len).unwrap_or_default()),
        };
        *hash.as_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_any_length_hash_like_the_whole() {
        let bytes: Vec<u8> = (0..=255_u8).cycle().take(700).collect();
        for first in [0, 1, 63, 64, 127, 128, 129, 500] {
            for second in [0, 1, 100, 200] {
                let mut hashed = Hashed::new();
                let (start, rest) = bytes.split_at(first);
                let (middle, end) = rest.split_at(second);
                for part in [start, middle, end] {
                    hashed.add(part);
                }
                assert_eq!(hashed.finish(), *blake3::hash(&bytes).as_bytes());
                let mut short = Hashed::new();
                short.add(start);
                assert_eq!(short.finish(), *blake3::hash(start).as_bytes());
            }
        }
    }
}
