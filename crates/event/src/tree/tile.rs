//! Tiles: the roots of 256 leaves each.

use std::fmt;

use super::{TILE_LEAVES, node_hash};
use crate::Digest;

const LEAVES: usize = 256;
const _: () = assert!(LEAVES as u64 == TILE_LEAVES);

/// Collects leaves until they are a tile. Holds 8 KiB in place and allocates nothing.
#[derive(Clone)]
pub struct TileBuilder {
    /// How many leaves are pending, always fewer than a tile has.
    pending: usize,
    leaves: [Digest; LEAVES],
}

impl TileBuilder {
    /// A builder at the start of a tile.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            pending: 0,
            leaves: [[0; 32]; LEAVES],
        }
    }

    /// Takes the next leaf; returns the tile that it completes, and is then at the start of the next one.
    ///
    /// Cost: a copy, and for a leaf that completes a tile 255 hashes.
    #[must_use = "a tile is returned once"]
    pub fn push(&mut self, leaf: Digest) -> Option<Digest> {
        if let Some(place) = self.leaves.get_mut(self.pending) {
            *place = leaf;
            self.pending += 1;
        }
        if self.pending < LEAVES {
            return None;
        }
        self.pending = 0;
        Some(halve_to_one(&mut self.leaves))
    }

    /// The leaves after the last whole tile, fewer than [`TILE_LEAVES`].
    #[must_use]
    pub fn pending(&self) -> &[Digest] {
        self.leaves.get(..self.pending).unwrap_or_default()
    }
}

impl Default for TileBuilder {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for TileBuilder {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "TileBuilder({} pending)", self.pending)
    }
}

/// Joins neighbours, level by level, in place.
fn halve_to_one(leaves: &mut [Digest; LEAVES]) -> Digest {
    let mut count = LEAVES;
    while count > 1 {
        count /= 2;
        for index in 0..count {
            leaves[index] = node_hash(&leaves[2 * index], &leaves[2 * index + 1]);
        }
    }
    leaves[0]
}
