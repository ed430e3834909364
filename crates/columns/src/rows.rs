//! Rows of words.

use crate::chunks::Chunks;
use crate::sync::{AtomicU32, AtomicU64, Ordering};

/// A column of rows of `N` words of 64 bits, numbered from 0.
#[derive(Debug)]
pub struct Rows<const N: usize> {
    len: AtomicU32,
    rows: Chunks<[AtomicU64; N]>,
}

impl<const N: usize> Rows<N> {
    /// No rows; takes no memory beyond itself.
    #[must_use]
    pub fn new() -> Self {
        Self {
            len: AtomicU32::new(0),
            rows: Chunks::new(),
        }
    }

    /// Number of rows.
    #[must_use]
    pub fn len(&self) -> u32 {
        self.len.load(Ordering::Acquire)
    }

    /// Whether there is no row.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The row with a number, if there is one.
    #[must_use]
    #[inline]
    pub fn get(&self, number: u32) -> Option<[u64; N]> {
        if number >= self.len() {
            return None;
        }
        let row = self.rows.get(number)?;
        Some(std::array::from_fn(|word| {
            row.get(word).map_or(0, |word| word.load(Ordering::Acquire))
        }))
    }

    /// Appends a row, and returns its number. The last number of 32 bits is not given out: rows
    /// beyond it are dropped.
    pub fn push(&self, row: [u64; N]) -> u32 {
        let number = self.len.load(Ordering::Acquire);
        let empty = || std::array::from_fn(|_| AtomicU64::new(0));
        if number < u32::MAX
            && let Some(words) = self.rows.make(number, empty)
        {
            for (word, value) in words.iter().zip(row) {
                word.store(value, Ordering::Release);
            }
            self.len.store(number + 1, Ordering::Release);
        }
        number
    }

    /// Replaces one word of a row that is there.
    /// Puts a row at a number, behind rows of zeros where there are fewer. Whoever reads it meanwhile
    /// may find words of both.
    pub fn put(&self, number: u32, row: [u64; N]) {
        while self.len() <= number && number < u32::MAX {
            self.push([0; N]);
        }
        for (word, value) in row.into_iter().enumerate() {
            self.set(number, word, value);
        }
    }

    pub(crate) fn set(&self, number: u32, word: usize, value: u64) {
        if let Some(word) = self.rows.get(number).and_then(|row| row.get(word)) {
            word.store(value, Ordering::Release);
        }
    }
}

impl<const N: usize> Default for Rows<N> {
    fn default() -> Self {
        Self::new()
    }
}
