//! The right edge of a growing tree.

use std::fmt;

use thiserror::Error;

use super::{TILE_LEAVES, TILE_LEVEL, TreeHead, UNKNOWN_EVENT_HASH, leaf_hash, node_hash};
use crate::{Digest, content_hash};

/// As many as the size of a tree has bits.
const LEVELS: usize = 64;

/// A growing tree, of which only the roots of its complete subtrees are kept: about 2 KiB, whatever its size.
///
/// A tree of any size is a row of complete subtrees, one for each bit of the size, from large to small.
#[derive(Clone)]
pub struct Frontier {
    size: u64,
    /// The root of the complete subtree with 2^i leaves, where bit i of the size is set; stale elsewhere.
    subtrees: [Digest; LEVELS],
}

/// A tile was pushed behind leaves that do not fill the one before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("a tile follows whole tiles of {TILE_LEAVES} leaves, and the tree has {size} leaves")]
pub struct TileMisplaced {
    /// Leaves of the tree.
    pub size: u64,
}

impl Frontier {
    /// The tree without leaves.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            size: 0,
            subtrees: [[0; 32]; LEVELS],
        }
    }

    /// How many leaves the tree has.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// Appends one leaf, a [`leaf_hash`](super::leaf_hash). Cost: one hash on average.
    pub fn push_leaf(&mut self, leaf: Digest) {
        self.push_subtree(leaf, 0);
    }

    /// Appends the 256 leaves of a tile.
    ///
    /// # Errors
    /// [`TileMisplaced`] when the size is no multiple of [`TILE_LEAVES`]; the tree is then as before.
    pub fn push_tile(&mut self, tile: Digest) -> Result<(), TileMisplaced> {
        if !self.size.is_multiple_of(TILE_LEAVES) {
            return Err(TileMisplaced { size: self.size });
        }
        self.push_subtree(tile, TILE_LEVEL);
        Ok(())
    }

    /// Appends so many leaves of events whose hash is not known. Cost: at most some 200 hashes, whatever
    /// the count.
    pub fn push_unknown(&mut self, count: u64) {
        // 2^64 events are never appended, so what is beyond stands for nothing.
        let mut count = count.min(u64::MAX - self.size);
        let mut roots = [leaf_hash(&UNKNOWN_EVENT_HASH); LEVELS];
        for level in 1..LEVELS {
            roots[level] = node_hash(&roots[level - 1], &roots[level - 1]);
        }
        // A subtree joins where the size is a multiple of its leaves.
        while let Some(largest) = count.checked_ilog2() {
            let level = largest.min(self.size.trailing_zeros());
            let root = roots.get(level as usize).copied().unwrap_or_default();
            self.push_subtree(root, level);
            count -= 1 << level;
        }
    }

    /// The root of the tree as it is now. Cost: a hash per set bit of the size but one.
    ///
    /// The root of the empty tree is the BLAKE3 hash of nothing.
    #[must_use]
    pub fn root(&self) -> Digest {
        (0_u32..)
            .zip(&self.subtrees)
            .filter(|(level, _)| self.size >> level & 1 == 1)
            .map(|(_, subtree)| *subtree)
            .reduce(|right, left| node_hash(&left, &right))
            .unwrap_or_else(|| content_hash(&[]))
    }

    /// Size and root together.
    #[must_use]
    pub fn head(&self) -> TreeHead {
        TreeHead {
            size: self.size,
            root: self.root(),
        }
    }

    /// Adds 2^`level` leaves to a size that is a multiple of that, as one is added to a binary number:
    /// every subtree of the same size joins, and the sum is carried on.
    fn push_subtree(&mut self, mut subtree: Digest, level: u32) {
        let joined = (self.size >> level).trailing_ones();
        let mut larger = self.subtrees.iter_mut().skip(level as usize);
        for left in larger.by_ref().take(joined as usize) {
            subtree = node_hash(left, &subtree);
        }
        if let Some(place) = larger.next() {
            *place = subtree;
        }
        // 2^64 events are never appended, so saturation joins no two sizes.
        self.size = self.size.saturating_add(1 << level);
    }
}

impl Default for Frontier {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Frontier {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Frontier({})", self.head())
    }
}
