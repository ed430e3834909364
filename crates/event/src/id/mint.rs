//! How identifiers come into being: minted from time and sequence, or derived from an operation.

use batpak_coordinate::Sequence;

use super::{EventId, IdempotencyKey};

/// Bits of the sequence that stand in the twelve bits after the version.
const HIGH_BITS: u32 = 12;
/// Bits of the sequence that stand after the variant.
const LOW_BITS: u32 = 30;
const HIGH_MASK: u64 = (1 << HIGH_BITS) - 1;
const LOW_MASK: u64 = (1 << LOW_BITS) - 1;
/// Sequences are carried modulo this number minus one, inclusive.
const HINT_MASK: u64 = (1 << (HIGH_BITS + LOW_BITS)) - 1;
const MILLISECOND_MASK: u64 = (1 << 48) - 1;

const VERSION: u128 = 7 << 76;
const VARIANT: u128 = 0b10 << 62;

const KEY_CONTEXT: &str = "batpak idempotency key v1";

impl EventId {
    /// Mints a UUID of version 7 that carries the low 42 bits of `sequence`.
    ///
    /// `wall_us` is microseconds since 1970; a negative time counts as 0, and times are taken modulo 2^48
    /// milliseconds. `random` fills the last 32 bits, so that ids cannot be guessed from neighbors.
    #[must_use]
    pub fn mint(wall_us: i64, sequence: Sequence, random: u32) -> EventId {
        let milliseconds = (u64::try_from(wall_us).unwrap_or(0) / 1000) & MILLISECOND_MASK;
        let high = sequence.get() >> LOW_BITS & HIGH_MASK;
        let low = sequence.get() & LOW_MASK;
        EventId(
            u128::from(milliseconds) << 80
                | VERSION
                | u128::from(high) << 64
                | VARIANT
                | u128::from(low) << 32
                | u128::from(random),
        )
    }

    /// The 42 bits in which a minted id carries the low bits of its sequence.
    ///
    /// Only a hint: an id that is an idempotency key carries arbitrary bits there, so the frame found by it
    /// decides.
    #[must_use]
    pub fn sequence_hint(self) -> u64 {
        let [a, b, c, d, e, f, g, h, ..] = (self.0 >> 32).to_le_bytes();
        let middle = u64::from_le_bytes([a, b, c, d, e, f, g, h]);
        (middle & LOW_MASK) | (middle >> 2 & (HIGH_MASK << LOW_BITS))
    }

    /// The low 42 bits of a sequence: what [`EventId::sequence_hint`] of its minted id answers.
    #[must_use]
    pub const fn hint_of(sequence: Sequence) -> u64 {
        sequence.0 & HINT_MASK
    }
}

impl IdempotencyKey {
    /// Derives the key of an operation from its domain and the parts that identify it.
    ///
    /// The same parts always give the same key, on every machine, and parts do not run into each other:
    /// `["ab", "c"]` and `["a", "bc"]` differ. The result is never nil. Cost: one BLAKE3 over all parts.
    ///
    /// ```
    /// use batpak_event::IdempotencyKey;
    ///
    /// let key = IdempotencyKey::for_operation("billing", &["invoice 7", "charge"]);
    /// assert_eq!(key, IdempotencyKey::for_operation("billing", &["invoice 7", "charge"]));
    /// assert_ne!(key, IdempotencyKey::for_operation("billing", &["invoice 7", "refund"]));
    /// assert_eq!(key.to_string(), "idempotency:472cac3fbeb39572d026e09750176e53");
    /// ```
    #[must_use]
    pub fn for_operation(domain: &str, components: &[&str]) -> IdempotencyKey {
        let mut hasher = blake3::Hasher::new_derive_key(KEY_CONTEXT);
        for part in std::iter::once(&domain).chain(components) {
            let length = u64::try_from(part.len()).unwrap_or(u64::MAX);
            hasher.update(&length.to_le_bytes());
            hasher.update(part.as_bytes());
        }
        let mut first = [0_u8; 16];
        hasher.finalize_xof().fill(&mut first);
        // One is as good a number as any other where nil must not appear.
        IdempotencyKey(u128::from_be_bytes(first).max(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_minted_id_is_a_version_7_uuid_of_its_millisecond() {
        let id = EventId::mint(0x0123_4567_89ab * 1000 + 999, Sequence(1), 0xdead_beef);
        assert_eq!(id.hex(), "0123456789ab700080000001deadbeef");
    }

    #[test]
    fn every_minted_id_carries_the_low_42_bits_of_its_sequence() {
        for sequence in [
            0,
            1,
            2,
            0x3fff_ffff,
            0x4000_0000,
            HINT_MASK,
            HINT_MASK + 1,
            u64::MAX,
        ] {
            for random in [0, u32::MAX] {
                let id = EventId::mint(i64::MAX, Sequence(sequence), random);
                assert_eq!(
                    id.sequence_hint(),
                    sequence & HINT_MASK,
                    "sequence {sequence}"
                );
                assert_eq!(id.sequence_hint(), EventId::hint_of(Sequence(sequence)));
                assert_eq!(id.as_u128() >> 76 & 0xf, 7);
                assert_eq!(id.as_u128() >> 62 & 0b11, 0b10);
            }
        }
    }

    #[test]
    fn every_hint_bit_stands_alone() {
        for bit in 0..42 {
            let id = EventId::mint(0, Sequence(1 << bit), 0);
            assert_eq!(id.sequence_hint(), 1 << bit);
        }
    }

    #[test]
    fn minted_ids_order_by_time_then_sequence() {
        let early = EventId::mint(1_000, Sequence(9), u32::MAX);
        let late = EventId::mint(2_000, Sequence(1), 0);
        let later = EventId::mint(2_999, Sequence(2), 0);
        assert!(early < late && late < later);
    }

    #[test]
    fn a_time_before_1970_counts_as_zero() {
        assert_eq!(
            EventId::mint(-5, Sequence(1), 0),
            EventId::mint(0, Sequence(1), 0)
        );
    }

    #[test]
    fn operation_keys_separate_their_parts() {
        let keys = [
            IdempotencyKey::for_operation("a", &[]),
            IdempotencyKey::for_operation("", &["a"]),
            IdempotencyKey::for_operation("a", &[""]),
            IdempotencyKey::for_operation("ab", &["c"]),
            IdempotencyKey::for_operation("a", &["bc"]),
            IdempotencyKey::for_operation("a", &["b", "c"]),
        ];
        for (index, key) in keys.iter().enumerate() {
            assert!(!key.is_nil());
            assert!(!keys[index + 1..].contains(key), "key {index} repeats");
        }
    }

    #[test]
    fn an_operation_key_is_the_derived_hash_of_its_length_prefixed_parts() {
        let mut bytes = Vec::new();
        for part in ["billing", "invoice 7"] {
            bytes.extend_from_slice(&(part.len() as u64).to_le_bytes());
            bytes.extend_from_slice(part.as_bytes());
        }
        let digest = blake3::derive_key(KEY_CONTEXT, &bytes);
        let expected = u128::from_be_bytes(*digest.first_chunk().unwrap());
        assert_eq!(
            IdempotencyKey::for_operation("billing", &["invoice 7"]).as_u128(),
            expected
        );
    }
}
