//! Reading and writing fields of blocks whose size is known at compile time.
//!
//! Offsets are constant parameters, so a field outside its block does not compile and no access checks bounds
//! at run time.

/// Copies the field of `N` bytes at `AT` out of a block.
#[inline]
pub(crate) fn get<const AT: usize, const N: usize, const SIZE: usize>(
    block: &[u8; SIZE],
) -> [u8; N] {
    const { assert!(AT + N <= SIZE) };
    let mut bytes = [0_u8; N];
    bytes.copy_from_slice(&block[AT..AT + N]);
    bytes
}

/// Copies a field of `N` bytes into a block at `AT`.
#[inline]
pub(crate) fn put<const AT: usize, const N: usize, const SIZE: usize>(
    block: &mut [u8; SIZE],
    bytes: [u8; N],
) {
    const { assert!(AT + N <= SIZE) };
    block[AT..AT + N].copy_from_slice(&bytes);
}

/// The length of something in memory as the format counts it; saturates where it cannot fit anyway.
#[inline]
pub(crate) fn count(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}

/// A length of the format as a length in memory; saturates, so that a slice of it does not exist.
#[inline]
pub(crate) fn size(length: u32) -> usize {
    usize::try_from(length).unwrap_or(usize::MAX)
}

/// Whether all bytes are zero; examines blocks at a time.
pub(crate) fn is_zero(bytes: &[u8]) -> bool {
    let (blocks, rest) = bytes.as_chunks::<64>();
    blocks
        .iter()
        .all(|block| block.iter().fold(0, |all, byte| all | byte) == 0)
        && rest.iter().all(|byte| *byte == 0)
}

/// The next multiple of eight, saturating.
#[inline]
pub(crate) const fn align(length: usize) -> usize {
    length.saturating_add(7) & !7
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_set_bit_anywhere_is_not_zero() {
        for length in [1, 63, 64, 65, 128, 200] {
            assert!(is_zero(&vec![0; length]));
            for at in 0..length {
                let mut bytes = vec![0; length];
                bytes[at] = 0x80;
                assert!(!is_zero(&bytes), "byte {at} of {length}");
            }
        }
        assert!(is_zero(&[]));
    }

    #[test]
    fn alignment_rounds_up_to_eight() {
        assert_eq!([0, 1, 7, 8, 9].map(align), [0, 8, 8, 8, 16]);
        assert_eq!(align(usize::MAX) % 8, 0);
    }
}
