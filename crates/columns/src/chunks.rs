//! Slots in chunks that double: none ever moves.

use std::fmt;
use std::sync::OnceLock;

/// Slots of the first chunk. A model has few of them, so that it comes to the second one.
const FIRST: usize = if cfg!(loom) { 2 } else { 64 };

/// Enough chunks for every number of 32 bits.
const CHUNKS: usize = 32 - FIRST.ilog2() as usize + 1;

/// Slots numbered from 0.
pub(crate) struct Chunks<T> {
    chunks: [OnceLock<Box<[T]>>; CHUNKS],
}

impl<T> Chunks<T> {
    pub(crate) fn new() -> Self {
        Self {
            chunks: std::array::from_fn(|_| OnceLock::new()),
        }
    }

    /// The slot with a number, if its chunk is there.
    #[inline]
    pub(crate) fn get(&self, number: u32) -> Option<&T> {
        let (chunk, at) = place(number);
        self.chunks.get(chunk)?.get()?.get(at)
    }

    /// The slot with a number; its chunk is made when it is not there.
    #[inline]
    pub(crate) fn make(&self, number: u32, empty: impl Fn() -> T) -> Option<&T> {
        let (chunk, at) = place(number);
        let slots = self.chunks.get(chunk)?;
        let slots = slots.get_or_init(|| (0..FIRST << chunk).map(|_| empty()).collect());
        slots.get(at)
    }
}

/// Chunk of a slot, and its place there.
#[inline]
fn place(number: u32) -> (usize, usize) {
    let shifted = number as usize + FIRST;
    let chunk = (shifted / FIRST).ilog2() as usize;
    (chunk, shifted - (FIRST << chunk))
}

impl<T> fmt::Debug for Chunks<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let made = self.chunks.iter().filter(|chunk| chunk.get().is_some());
        write!(formatter, "{} chunks", made.count())
    }
}

#[cfg(test)]
mod tests {
    use super::{CHUNKS, FIRST, place};

    #[test]
    fn every_number_has_a_slot_of_its_own_in_the_chunks() {
        let mut expected = (0, 0);
        for number in 0..10_000 {
            assert_eq!(place(number), expected, "{number}");
            expected.1 += 1;
            if expected.1 == FIRST << expected.0 {
                expected = (expected.0 + 1, 0);
            }
        }
        let (chunk, at) = place(u32::MAX);
        assert!(chunk < CHUNKS && at < FIRST << chunk);
    }
}
