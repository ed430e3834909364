//! Keys with numbers.

use std::borrow::Borrow;
use std::fmt;
use std::hash::{BuildHasher, Hash};

use crate::log::Log;
use crate::sync::HashState;
use crate::table::Table;

/// Keys, numbered from 0 in the order of first appearance.
#[derive(Default)]
pub struct Dictionary<K> {
    keys: Log<K>,
    numbers: Table,
    hasher: HashState,
}

impl<K> Dictionary<K> {
    /// No keys; takes no memory beyond itself.
    #[must_use]
    pub fn new() -> Self {
        Self {
            keys: Log::new(),
            numbers: Table::new(),
            hasher: HashState::default(),
        }
    }

    /// Number of keys.
    #[must_use]
    pub fn len(&self) -> u32 {
        self.keys.len()
    }

    /// Whether there is no key.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// The key with a number.
    #[must_use]
    pub fn key(&self, number: u32) -> Option<&K> {
        self.keys.get(number)
    }

    /// The number of a key, if it has one.
    pub fn find<Q: Hash + Eq + ?Sized>(&self, key: &Q) -> Option<u32>
    where
        K: Borrow<Q>,
    {
        self.find_hashed(self.hasher.hash_one(key), key)
    }

    /// The number of a key, which gets the next one if it has none.
    pub fn number<Q: Hash + Eq + ?Sized>(&self, key: &Q, make: impl FnOnce(&Q) -> K) -> u32
    where
        K: Borrow<Q>,
    {
        let hash = self.hasher.hash_one(key);
        self.find_hashed(hash, key).unwrap_or_else(|| {
            let number = self.keys.push(make(key));
            self.numbers.insert(hash, number);
            number
        })
    }

    fn find_hashed<Q: Eq + ?Sized>(&self, hash: u64, key: &Q) -> Option<u32>
    where
        K: Borrow<Q>,
    {
        let is = |number| self.key(number).is_some_and(|found| found.borrow() == key);
        self.numbers.find(hash, is)
    }
}

impl<K> fmt::Debug for Dictionary<K> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} keys", self.len())
    }
}
