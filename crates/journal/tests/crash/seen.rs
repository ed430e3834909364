//! States that were judged already, by any explorer.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

/// States that were judged already, by any explorer.
#[derive(Default)]
pub(crate) struct Seen {
    /// Of disks with what they must hold.
    pub(crate) cases: Shards,
    /// Of disks alone.
    pub(crate) images: Shards,
}

type Shard = Mutex<HashSet<u64, Mixed>>;

#[derive(Default)]
pub(crate) struct Shards([Shard; 16]);

impl Shards {
    pub(crate) fn insert(&self, hash: u64) -> bool {
        let shard = &self.0[usize::try_from(hash % 16).unwrap_or(0)];
        shard
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(hash)
    }

    pub(crate) fn len(&self) -> usize {
        let lens = self
            .0
            .iter()
            .map(|shard| shard.lock().unwrap_or_else(PoisonError::into_inner).len());
        lens.sum()
    }
}

impl Seen {
    /// Distinct disks on which the whole oracle ran.
    pub(crate) fn distinct(&self) -> usize {
        self.images.len()
    }
}

/// Hashes are mixed already.
#[derive(Clone, Default)]
pub(crate) struct Mixed(u64);

impl std::hash::BuildHasher for Mixed {
    type Hasher = Self;

    fn build_hasher(&self) -> Self {
        Self(0)
    }
}

impl std::hash::Hasher for Mixed {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = number;
    }
}
