//! The tree over all events: one hash that commits to every event in global order.
//!
//! Its shape is the one of RFC 6962, with BLAKE3: leaf `k` stands for the event with sequence `k + 1`, and a
//! tree of `n` leaves joins the tree of the first `p` with the tree of the rest, where `p` is the largest power
//! of two below `n`. So the head of a longer tree can be proven to continue a shorter one.
//!
//! A *tile* is the root of [`TILE_LEAVES`] consecutive leaves whose first number is a multiple of it.
//! [`TileBuilder`] makes tiles of leaves. [`Frontier`] makes a head of tiles and the leaves after the last one,
//! so nobody has to keep a hash per event:
//!
//! ```
//! use batpak_event::tree::{Frontier, TILE_LEAVES, TileBuilder, leaf_hash};
//!
//! let mut builder = TileBuilder::new();
//! let mut frontier = Frontier::new();
//! let events = (1..=1000_u64).map(|sequence| *blake3::hash(&sequence.to_le_bytes()).as_bytes());
//! for event_hash in events {
//!     if let Some(tile) = builder.push(leaf_hash(&event_hash)) {
//!         frontier.push_tile(tile)?;
//!     }
//! }
//! for leaf in builder.pending() {
//!     frontier.push_leaf(*leaf);
//! }
//! assert_eq!(frontier.size(), 1000);
//! assert_eq!(frontier.size() % TILE_LEAVES, 232);
//! # Ok::<(), batpak_event::tree::TileMisplaced>(())
//! ```

mod frontier;
mod head;
mod tile;

pub use frontier::{Frontier, TileMisplaced};
pub use head::{TreeHead, TreeHeadParseError};
pub use tile::TileBuilder;

use crate::Digest;

/// How many leaves a tile covers.
pub const TILE_LEAVES: u64 = 1 << TILE_LEVEL;

/// How many times a tile's leaves are halved to get to one.
const TILE_LEVEL: u32 = 8;

/// Stands for the event hash of an event that is gone and whose hash nobody knows.
pub const UNKNOWN_EVENT_HASH: Digest = [0; 32];

const LEAF: u8 = 0;
const NODE: u8 = 1;

/// The leaf of an event, by its event hash. No leaf is a node: the first hashed byte tells them apart.
#[must_use]
pub fn leaf_hash(event_hash: &Digest) -> Digest {
    let mut bytes = [LEAF; 33];
    bytes.split_at_mut(1).1.copy_from_slice(event_hash);
    *blake3::hash(&bytes).as_bytes()
}

/// The node above two neighbours.
#[must_use]
pub fn node_hash(left: &Digest, right: &Digest) -> Digest {
    let mut bytes = [NODE; 65];
    let (places, _) = bytes.split_at_mut(1).1.as_chunks_mut::<32>();
    for (place, hash) in places.iter_mut().zip([left, right]) {
        *place = *hash;
    }
    *blake3::hash(&bytes).as_bytes()
}

#[cfg(test)]
mod tests;
