//! Numbers, found again by a hash.

use std::fmt;
use std::sync::OnceLock;

use crate::pair::{pair, unpair};
use crate::sync::{AtomicU32, AtomicU64, Ordering};

/// Slots of the first table; each further one has twice as many.
const FIRST: usize = if cfg!(loom) { 2 } else { 32 };

/// As many as slots can be numbered by the bits that are kept of a hash.
const TABLES: usize = 32 - FIRST.ilog2() as usize;

/// A hash table of numbers, with open addressing. A slot holds 32 bits of the hash above the number
/// that was put in, plus one; 0 is an empty slot. At most half of the slots are taken.
pub struct Table {
    tables: [OnceLock<Box<[AtomicU64]>>; TABLES],
    /// The table in use.
    current: AtomicU32,
    len: AtomicU32,
}

impl Table {
    /// An empty table; takes no memory beyond itself.
    #[must_use]
    pub fn new() -> Self {
        Self {
            tables: std::array::from_fn(|_| OnceLock::new()),
            current: AtomicU32::new(0),
            len: AtomicU32::new(0),
        }
    }

    /// The number with a hash that `is` the right one. Of several with one hash, `is` may be asked
    /// about each.
    #[inline]
    pub fn find(&self, hash: u64, mut is: impl FnMut(u32) -> bool) -> Option<u32> {
        let current = self.current.load(Ordering::Acquire);
        let slots = self.tables.get(current as usize)?.get()?;
        let kept = kept(hash);
        for at in probes(kept, slots.len()) {
            let slot = slots.get(at)?.load(Ordering::Acquire);
            let (found, number) = parts(slot)?;
            if found == kept && is(number) {
                return Some(number);
            }
        }
        None
    }

    /// Puts a number in, whether it is there or not.
    pub fn insert(&self, hash: u64, number: u32) {
        let len = self.len.load(Ordering::Acquire);
        let current = self.current.load(Ordering::Acquire);
        let slots = self.slots(current);
        if (len as usize) < slots.len() / 2 {
            put(slots, slot(hash, number));
        } else if (current as usize) + 1 < TABLES {
            let grown = self.slots(current + 1);
            for taken in slots {
                let taken = taken.load(Ordering::Acquire);
                if taken != 0 {
                    put(grown, taken);
                }
            }
            put(grown, slot(hash, number));
            self.current.store(current + 1, Ordering::Release);
        }
        self.len.store(len.saturating_add(1), Ordering::Release);
    }

    fn slots(&self, table: u32) -> &[AtomicU64] {
        let table = table as usize;
        let made = self.tables.get(table).map(|slots| {
            slots.get_or_init(|| (0..FIRST << table).map(|_| AtomicU64::new(0)).collect())
        });
        made.map_or(&[], |slots| &**slots)
    }
}

/// What a slot keeps of a hash.
fn kept(hash: u64) -> u32 {
    unpair(hash).1
}

fn slot(hash: u64, number: u32) -> u64 {
    pair(number.saturating_add(1), kept(hash))
}

/// The bits of the hash and the number in a slot; nothing in an empty one.
fn parts(slot: u64) -> Option<(u32, u32)> {
    let (number, kept) = unpair(slot);
    Some((kept, number.checked_sub(1)?))
}

/// Where a hash is looked for, in this order.
fn probes(kept: u32, slots: usize) -> impl Iterator<Item = usize> {
    let mask = slots.wrapping_sub(1);
    (0..slots).map(move |step| (kept as usize).wrapping_add(step) & mask)
}

/// Puts a slot into the first empty place of its hash.
fn put(slots: &[AtomicU64], value: u64) {
    for at in probes(kept(value), slots.len()) {
        if let Some(slot) = slots.get(at)
            && slot.load(Ordering::Acquire) == 0
        {
            slot.store(value, Ordering::Release);
            return;
        }
    }
}

impl Default for Table {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Table {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} entries", self.len.load(Ordering::Acquire))
    }
}
