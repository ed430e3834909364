//! Values in the order they were appended.

use std::sync::OnceLock;

use crate::chunks::Chunks;
use crate::sync::{AtomicU32, Ordering};

/// A column of values, numbered from 0.
#[derive(Debug)]
pub struct Log<T> {
    len: AtomicU32,
    values: Chunks<OnceLock<T>>,
}

impl<T> Log<T> {
    /// No values; takes no memory beyond itself.
    #[must_use]
    pub fn new() -> Self {
        Self {
            len: AtomicU32::new(0),
            values: Chunks::new(),
        }
    }

    /// Number of values.
    #[must_use]
    pub fn len(&self) -> u32 {
        self.len.load(Ordering::Acquire)
    }

    /// Whether there is no value.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The value with a number, if there is one.
    #[must_use]
    #[inline]
    pub fn get(&self, number: u32) -> Option<&T> {
        self.values.get(number)?.get()
    }

    /// The newest value.
    #[must_use]
    pub fn last(&self) -> Option<&T> {
        self.get(self.len().checked_sub(1)?)
    }

    /// Appends a value, and returns its number. The last number of 32 bits is not given out: values
    /// beyond it are dropped.
    pub fn push(&self, value: T) -> u32 {
        let number = self.len.load(Ordering::Acquire);
        if number < u32::MAX
            && let Some(slot) = self.values.make(number, OnceLock::new)
            && slot.set(value).is_ok()
        {
            self.len.store(number + 1, Ordering::Release);
        }
        number
    }

    /// The values in their order, as far as they are there when one is asked for.
    pub fn iter(&self) -> impl Iterator<Item = &T> {
        (0..self.len()).map_while(|number| self.get(number))
    }

    /// How many values at the start satisfy a condition that none behind them does.
    pub fn partition_point(&self, mut holds: impl FnMut(&T) -> bool) -> u32 {
        let (mut from, mut to) = (0, self.len());
        while from < to {
            let middle = from + (to - from) / 2;
            if self.get(middle).is_some_and(&mut holds) {
                from = middle + 1;
            } else {
                to = middle;
            }
        }
        from
    }
}

impl<T> Default for Log<T> {
    fn default() -> Self {
        Self::new()
    }
}
