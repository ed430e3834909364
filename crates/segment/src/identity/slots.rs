//! Where the two slots of an identity file are.

use super::IdentityFault;
use super::layout::{MAX_SLOT_SIZE, MIN_SLOT_SIZE};

/// The geometry of an identity file: two slots of one size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SlotPair {
    slot_size: u32,
}

impl SlotPair {
    /// Slots of this size; `None` when it is not a power of two from 4096 bytes to 1 GiB.
    #[must_use]
    pub const fn new(slot_size: u32) -> Option<SlotPair> {
        let possible =
            slot_size.is_power_of_two() && slot_size >= MIN_SLOT_SIZE && slot_size <= MAX_SLOT_SIZE;
        if possible {
            Some(SlotPair { slot_size })
        } else {
            None
        }
    }

    /// The slots of a file of this length.
    ///
    /// # Errors
    /// [`IdentityFault::TooShort`] below two slots of the smallest size, [`IdentityFault::Malformed`] for a
    /// length that is not that of two slots.
    pub fn of_file(length: u64) -> Result<SlotPair, IdentityFault> {
        if length < u64::from(MIN_SLOT_SIZE) * 2 {
            return Err(IdentityFault::TooShort);
        }
        u32::try_from(length / 2)
            .ok()
            .filter(|_| length.is_multiple_of(2))
            .and_then(SlotPair::new)
            .ok_or(IdentityFault::Malformed(
                "file length is not that of two slots",
            ))
    }

    /// Size of one slot in bytes.
    #[must_use]
    pub const fn slot_size(self) -> u32 {
        self.slot_size
    }

    /// Length of the file in bytes.
    #[must_use]
    pub fn file_length(self) -> u64 {
        u64::from(self.slot_size) * 2
    }

    /// Which slot the identity of this generation is written to: 0 or 1.
    #[must_use]
    pub const fn index_of(generation: u64) -> usize {
        if generation.is_multiple_of(2) { 0 } else { 1 }
    }

    /// Where in the file that slot begins.
    #[must_use]
    pub fn offset_of(self, generation: u64) -> u64 {
        match SlotPair::index_of(generation) {
            0 => 0,
            _ => u64::from(self.slot_size),
        }
    }

    /// The two slots of a whole file; `None` when the bytes are not that long.
    #[must_use]
    pub fn split(self, file: &[u8]) -> Option<(&[u8], &[u8])> {
        let size = crate::fixed::size(self.slot_size);
        let (first, second) = file.split_at_checked(size)?;
        (second.len() == size).then_some((first, second))
    }
}
