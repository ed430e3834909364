//! A set of nodes that walks keep: what waits to be visited, or what was.
//!
//! A bit for each node, in pages of 4,096 nodes that exist only where there is one. Walks go
//! through sequences from one end, so pages become empty behind them and are used again: the memory
//! of a walk follows what waits, with at most 560 bytes for each node and little over a bit for
//! each node of the span.

use std::collections::BTreeMap;
use std::mem::size_of;

use crate::Node;

/// Which nodes share a page: those with the same number shifted by this.
const PAGE_BITS: u32 = 12;
/// How many pages are remembered by number, so that the index is rarely asked.
const REMEMBERED: usize = 16;

#[derive(Clone, Debug, Default)]
pub(crate) struct NodeSet {
    /// By number of page, where it lies in `pages`.
    index: BTreeMap<u64, usize>,
    pages: Vec<Page>,
    unused: Vec<usize>,
    remembered: [Option<(u64, usize)>; REMEMBERED],
}

#[derive(Clone, Debug)]
struct Page {
    /// A bit for each word that is not zero.
    summary: u64,
    words: [u64; 64],
}

impl NodeSet {
    /// Adds a node; whether it is new.
    pub(crate) fn insert(&mut self, node: Node) -> bool {
        let (number, word, bit) = place(node);
        let at = match self.find(number) {
            Some(at) => at,
            None => self.add_page(number),
        };
        let page = &mut self.pages[at];
        let is_new = page.words[word] & bit == 0;
        page.words[word] |= bit;
        page.summary |= 1 << word;
        is_new
    }

    pub(crate) fn contains(&mut self, node: Node) -> bool {
        let (number, word, bit) = place(node);
        self.find(number)
            .is_some_and(|at| self.pages[at].words[word] & bit != 0)
    }

    pub(crate) fn first(&self) -> Option<Node> {
        let (number, at) = self.index.first_key_value()?;
        let page = &self.pages[*at];
        let word = page.summary.trailing_zeros();
        let bit = page.words[word as usize].trailing_zeros();
        Some(node_at(*number, word, bit))
    }

    pub(crate) fn last(&self) -> Option<Node> {
        let (number, at) = self.index.last_key_value()?;
        let page = &self.pages[*at];
        let word = 63 - page.summary.leading_zeros();
        let bit = 63 - page.words[word as usize].leading_zeros();
        Some(node_at(*number, word, bit))
    }

    pub(crate) fn pop_first(&mut self) -> Option<Node> {
        let node = self.first()?;
        self.remove(node);
        Some(node)
    }

    pub(crate) fn pop_last(&mut self) -> Option<Node> {
        let node = self.last()?;
        self.remove(node);
        Some(node)
    }

    pub(crate) fn remove(&mut self, node: Node) {
        let (number, word, bit) = place(node);
        let Some(at) = self.find(number) else { return };
        let page = &mut self.pages[at];
        page.words[word] &= !bit;
        if page.words[word] == 0 {
            page.summary &= !(1 << word);
        }
        if page.summary == 0 {
            self.index.remove(&number);
            self.remembered[slot(number)] = None;
            self.unused.push(at);
        }
    }

    /// How many bytes the set takes.
    pub(crate) fn memory(&self) -> usize {
        let entry = size_of::<(u64, usize)>() + size_of::<usize>();
        self.pages.capacity() * size_of::<Page>() + self.index.len() * entry + size_of::<NodeSet>()
    }

    fn find(&mut self, number: u64) -> Option<usize> {
        let remembered = &mut self.remembered[slot(number)];
        match remembered {
            Some((found, at)) if *found == number => Some(*at),
            _ => {
                let at = *self.index.get(&number)?;
                *remembered = Some((number, at));
                Some(at)
            }
        }
    }

    fn add_page(&mut self, number: u64) -> usize {
        // A page that is not used any more is empty: that is why it is not.
        let at = self.unused.pop().unwrap_or_else(|| {
            self.pages.push(Page {
                summary: 0,
                words: [0; 64],
            });
            self.pages.len() - 1
        });
        self.index.insert(number, at);
        self.remembered[slot(number)] = Some((number, at));
        at
    }
}

/// Which page a node is on, the number of its word, and its bit in the word.
fn place(node: Node) -> (u64, usize, u64) {
    let word = ((node.0 >> 6) & 63) as usize;
    (node.0 >> PAGE_BITS, word, 1 << (node.0 & 63))
}

fn node_at(page: u64, word: u32, bit: u32) -> Node {
    Node(page << PAGE_BITS | u64::from(word << 6 | bit))
}

/// Where a page is remembered.
fn slot(number: u64) -> usize {
    (number & 15) as usize
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    #[derive(Clone, Debug)]
    enum Step {
        Insert(u64),
        Remove(u64),
        PopFirst,
        PopLast,
    }

    /// Sequences close to each other, far apart, and at the ends.
    fn sequence() -> impl Strategy<Value = u64> {
        prop_oneof![
            0..200_u64,
            (0..40_u64).prop_map(|page| page << PAGE_BITS),
            (0..9_u64).prop_map(|from_end| u64::MAX - from_end),
            any::<u64>(),
        ]
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            4 => sequence().prop_map(Step::Insert),
            2 => sequence().prop_map(Step::Remove),
            1 => Just(Step::PopFirst),
            1 => Just(Step::PopLast),
        ]
    }

    proptest! {
        #[test]
        fn it_is_a_set(steps in prop::collection::vec(step(), 0..300)) {
            let (mut set, mut model) = (NodeSet::default(), BTreeSet::new());
            for step in steps {
                match step {
                    Step::Insert(node) => {
                        prop_assert_eq!(set.insert(Node(node)), model.insert(Node(node)));
                    }
                    Step::Remove(node) => {
                        set.remove(Node(node));
                        model.remove(&Node(node));
                        prop_assert!(!set.contains(Node(node)));
                    }
                    Step::PopFirst => prop_assert_eq!(set.pop_first(), model.pop_first()),
                    Step::PopLast => prop_assert_eq!(set.pop_last(), model.pop_last()),
                }
                prop_assert_eq!(set.first(), model.first().copied());
                prop_assert_eq!(set.last(), model.last().copied());
            }
            for node in &model {
                prop_assert!(set.contains(*node));
            }
        }
    }

    #[test]
    fn pages_are_used_again() {
        let mut set = NodeSet::default();
        let mut most = 0;
        for node in (1..1_000_000).rev() {
            set.insert(Node(node));
            set.insert(Node(node / 2));
            most = most.max(set.memory());
            set.pop_last();
        }
        assert!(most < 1_000_000 / 8, "{most} bytes");
        assert!(set.memory() <= most);
    }
}
