//! The newest events of the streams that were appended to lately.

use std::fmt;
use std::sync::Arc;

use batpak_coordinate::Sequence;
use foldhash::fast::RandomState;
use lru::LruCache;

use crate::live::Head;

/// Most streams whose newest event is remembered: some 150 bytes each. More than the events of any
/// unit, so that a unit finds what it has put in itself.
const CAPACITY: usize = 16 << 10;

/// Newest events of streams with their event hashes, which the next event of the stream repeats.
///
/// What is not here is looked up, and its hash computed of its frame; that is not possible before the
/// frame is written. So an event leaves no sooner than it is written, whatever the number of streams.
pub(crate) struct HeadCache {
    heads: LruCache<Arc<str>, Head, RandomState>,
}

impl HeadCache {
    pub(crate) fn new() -> Self {
        Self {
            heads: LruCache::unbounded_with_hasher(RandomState::default()),
        }
    }

    /// Newest event of a stream, when it is here.
    pub(crate) fn get(&self, entity: &str) -> Option<Head> {
        self.heads.peek(entity).copied()
    }

    /// Remembers the newest event of a stream, and forgets the one that was not asked for longest, if
    /// it is written.
    pub(crate) fn put(&mut self, entity: &str, head: Head, written: Sequence) {
        if let Some(known) = self.heads.get_mut(entity) {
            *known = head;
            return;
        }
        self.heads.put(Arc::from(entity), head);
        // Twice: what had to stay for a while leaves as well, bit by bit.
        for _ in 0..2 {
            let oldest = self.heads.peek_lru().map(|(_, head)| head.sequence);
            if self.heads.len() > CAPACITY && oldest.is_some_and(|oldest| oldest <= written) {
                self.heads.pop_lru();
            }
        }
    }

    /// Forgets all of them.
    pub(crate) fn clear(&mut self) {
        self.heads.clear();
    }
}

impl fmt::Debug for HeadCache {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} heads", self.heads.len())
    }
}

#[cfg(test)]
mod tests {
    use super::{CAPACITY, HeadCache};
    use crate::live::Head;
    use batpak_coordinate::Sequence;

    fn head(sequence: usize) -> Head {
        Head {
            sequence: Sequence(sequence as u64),
            ..Head::default()
        }
    }

    #[test]
    fn the_streams_appended_to_last_stay() {
        let mut heads = HeadCache::new();
        for number in 1..=2 * CAPACITY {
            heads.put(&number.to_string(), head(number), Sequence(u64::MAX));
            heads.put("busy", head(number), Sequence(u64::MAX));
        }
        assert_eq!(heads.heads.len(), CAPACITY);
        assert!(heads.get("1").is_none());
        let newest = (2 * CAPACITY).to_string();
        assert!(heads.get(&newest).is_some() && heads.get("busy").is_some());
    }

    #[test]
    fn what_is_not_written_stays() {
        let mut heads = HeadCache::new();
        for number in 1..=CAPACITY + 100 {
            heads.put(&number.to_string(), head(number), Sequence(10));
        }
        assert_eq!(heads.heads.len(), CAPACITY + 90);
        for number in 11..=CAPACITY + 100 {
            assert!(heads.get(&number.to_string()).is_some());
        }
        for number in 1..=100 {
            heads.put(&format!("later {number}"), head(number), Sequence(u64::MAX));
        }
        assert_eq!(heads.heads.len(), CAPACITY);
    }
}
