//! The tree over all events: of the tiles that index files hold, and of frames where there are none.

use batpak_coordinate::Sequence;
use batpak_event::tree::{Frontier, TILE_LEAVES, TreeHead, UNKNOWN_EVENT_HASH, leaf_hash};
use batpak_event::{Digest, HashKey};
use batpak_segment::index::IndexFault;

use crate::buffer::FrameBuffer;
use crate::error::ReadError;
use crate::history::{self, Parts};
use crate::part::Found;

/// The hash that stands for a sequence in the tree over all events.
pub(crate) fn event_hash(
    parts: &Parts,
    sequence: Sequence,
    key: &HashKey,
    buffer: &mut FrameBuffer,
) -> Result<Digest, ReadError> {
    let Some(Found::Event(row)) = history::at(parts, sequence)? else {
        return Ok(UNKNOWN_EVENT_HASH);
    };
    let part = parts.get(row.place.segment.0 as usize);
    let part = part.ok_or(ReadError::NotFound)?;
    let frame = buffer.read(&part.file, row.place.offset, sequence)?;
    Ok(frame.event_hash(key))
}

/// The head of the tree over the events up to `size`: of the tiles in index files, then of events.
pub(crate) fn tree_head(
    parts: &Parts,
    size: Sequence,
    key: &HashKey,
) -> Result<TreeHead, ReadError> {
    let mut frontier = Frontier::new();
    let mut buffer = FrameBuffer::new();
    let whole = size.get() / TILE_LEAVES;
    for part in parts {
        let Some(index) = part.index() else { continue };
        let tiles = index.tiles().map_err(|fault| part.fault(fault))?;
        // Parts before that have no tiles are read event by event.
        if !tiles.digests.is_empty() {
            let to = tiles.first.min(whole) * TILE_LEAVES;
            push_events(&mut frontier, parts, Sequence(to), key, &mut buffer)?;
        }
        let next = frontier.size() / TILE_LEAVES;
        let skip = next.checked_sub(tiles.first).unwrap_or(u64::MAX);
        let skip = usize::try_from(skip).unwrap_or(usize::MAX);
        let left = usize::try_from(whole.saturating_sub(next)).unwrap_or(usize::MAX);
        for tile in tiles.digests.iter().skip(skip).take(left) {
            frontier
                .push_tile(*tile)
                .map_err(|_| part.fault(IndexFault::Malformed("its tiles do not fit together")))?;
        }
    }
    push_events(&mut frontier, parts, size, key, &mut buffer)?;
    Ok(frontier.head())
}

/// Adds the events up to a sequence, by their frames.
fn push_events(
    frontier: &mut Frontier,
    parts: &Parts,
    to: Sequence,
    key: &HashKey,
    buffer: &mut FrameBuffer,
) -> Result<(), ReadError> {
    while frontier.size() < to.get() {
        let sequence = Sequence(frontier.size() + 1);
        if let Some(Found::Hole(hole)) = history::at(parts, sequence)? {
            let last = hole.last.max(sequence).min(to);
            frontier.push_unknown(last.get() - frontier.size());
            continue;
        }
        let hash = event_hash(parts, sequence, key, buffer)?;
        frontier.push_leaf(leaf_hash(&hash));
    }
    Ok(())
}
