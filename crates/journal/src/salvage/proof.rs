//! What vouches for an event beyond its checksum: the event before it, the one after it, or the end of
//! its segment.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use batpak_coordinate::Sequence;
use batpak_event::{Digest, HashKey};
use batpak_segment::{EventFrame, Offset};
use foldhash::fast::RandomState;

use crate::report::DamagedRange;

/// The newest event of a stream.
struct Head {
    sequence: Sequence,
    hash: Digest,
}

/// The hash chains of the events looked at so far.
pub(super) struct Proof {
    key: HashKey,
    heads: HashMap<Arc<str>, Head, RandomState>,
    /// Where the first damage of a file starts.
    damaged: HashMap<String, u64, RandomState>,
    /// Hashes that ends of segments repeat.
    repeated: HashMap<Sequence, Digest, RandomState>,
    unproven: BTreeSet<Sequence>,
}

impl Proof {
    pub(super) fn new(damage: &[DamagedRange], key: HashKey) -> Self {
        let mut damaged: HashMap<String, u64, RandomState> = HashMap::default();
        for range in damage {
            let offset = range.offset.unwrap_or(0);
            let first = damaged.entry(range.file.clone()).or_insert(offset);
            *first = offset.min(*first);
        }
        Self {
            key,
            heads: HashMap::default(),
            damaged,
            repeated: HashMap::default(),
            unproven: BTreeSet::new(),
        }
    }

    /// Notes a hash that the end of a segment repeats.
    pub(super) fn repeated(&mut self, sequence: Sequence, hash: Digest) {
        if hash != [0; 32] {
            self.repeated.insert(sequence, hash);
        }
    }

    /// The event hash of an event that nothing contradicts.
    pub(super) fn judge(
        &mut self,
        frame: &EventFrame<'_>,
        file: &str,
        offset: Offset,
    ) -> Option<Digest> {
        let head = &frame.head;
        let (sequence, hash) = (head.sequence, frame.event_hash(&self.key));
        let ended = self
            .repeated
            .get(&sequence)
            .map(|repeated| *repeated == hash);
        if ended == Some(false) {
            return None;
        }
        let before = self.heads.get(frame.entity());
        let linked = match before {
            Some(before) if before.sequence == head.predecessor => {
                if before.hash != head.previous_hash {
                    return None;
                }
                self.unproven.remove(&head.predecessor);
                true
            }
            // The event before it is not there to be compared, or it is the first of its stream.
            _ => before.is_none() && head.predecessor.is_none(),
        };
        let searched = self.damaged.get(file).is_some_and(|from| offset.0 > *from);
        if searched && !linked && ended.is_none() {
            self.unproven.insert(sequence);
        }
        let entity = frame.entity();
        match self.heads.get_mut(entity) {
            Some(newest) => *newest = Head { sequence, hash },
            None => {
                self.heads
                    .insert(Arc::from(entity), Head { sequence, hash });
            }
        }
        Some(hash)
    }

    /// Events that no hash vouches for.
    pub(super) fn unproven(self) -> Vec<Sequence> {
        self.unproven.into_iter().collect()
    }
}
