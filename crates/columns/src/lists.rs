//! Lists of ascending numbers.

use crate::pair::{pair, unpair};
use crate::rows::Rows;

/// Words of a node.
const ITEM_AND_LIST: usize = 0;
const BACK: usize = 1;
const NEXT_AND_DEPTH: usize = 2;

/// For each list, numbered from 0, items that ascend.
///
/// A list is walked forward and backward, and entered anywhere: the steps to an item grow with the
/// logarithm of the list's length, because every node has a link far back beside the one to its
/// neighbor, as in a skew-binary list.
#[derive(Debug, Default)]
pub struct Lists {
    /// Of each list its first node, and its last one above; plus one, and 0 for none.
    ends: Rows<1>,
    nodes: Rows<3>,
}

#[derive(Clone, Copy)]
struct Node {
    item: u32,
    list: u32,
    previous: Option<u32>,
    /// Itself at the first node.
    far: u32,
    next: Option<u32>,
    depth: u32,
}

impl Lists {
    /// No lists; takes no memory beyond itself.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Number of lists: one more than the greatest that has an item.
    #[must_use]
    pub fn len(&self) -> u32 {
        self.ends.len()
    }

    /// Whether there is no list.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Appends an item to a list. It is not less than any item in it.
    pub fn push(&self, list: u32, item: u32) {
        while self.ends.len() <= list && list < u32::MAX {
            self.ends.push([0]);
        }
        let number = self.nodes.len();
        let (first, last) = self.ends(list);
        let last = last.and_then(|last| Some((last, self.node(last)?)));
        let node = Node {
            item,
            list,
            previous: last.map(|(last, _)| last),
            far: last.map_or(number, |(last, node)| self.far(last, &node)),
            next: None,
            depth: last.map_or(0, |(_, node)| node.depth.saturating_add(1)),
        };
        self.nodes.push(node.to_words());
        if let Some((last, node)) = last {
            let linked = pair(plus_one(Some(number)), node.depth);
            self.nodes.set(last, NEXT_AND_DEPTH, linked);
        }
        let first = plus_one(first.or(Some(number)));
        self.ends.set(list, 0, pair(first, plus_one(Some(number))));
    }

    /// The first item of a list.
    #[must_use]
    pub fn first(&self, list: u32) -> Option<u32> {
        Some(self.node(self.ends(list).0?)?.item)
    }

    /// The newest item of a list.
    #[must_use]
    pub fn last(&self, list: u32) -> Option<u32> {
        Some(self.node(self.ends(list).1?)?.item)
    }

    /// The items of a list from `from` on, ascending.
    pub fn ascending(&self, list: u32, from: u32) -> impl Iterator<Item = u32> {
        let start = match from.checked_sub(1).and_then(|to| self.at_most(list, to)) {
            Some((_, node)) => node.next,
            None => self.ends(list).0,
        };
        self.walk(start, |node| node.next)
    }

    /// The items of a list up to `to`, descending.
    pub fn descending(&self, list: u32, to: u32) -> impl Iterator<Item = u32> {
        let start = self.at_most(list, to).map(|(number, _)| number);
        self.walk(start, |node| node.previous)
    }

    /// Number of items in all lists.
    #[must_use]
    pub fn items(&self) -> u32 {
        self.nodes.len()
    }

    /// Every item with its list, in the order they were appended.
    pub fn iter(&self) -> impl Iterator<Item = (u32, u32)> {
        self.iter_from(0)
    }

    /// The items with their lists, in the order they were appended, without the first `from` of them.
    pub fn iter_from(&self, from: u32) -> impl Iterator<Item = (u32, u32)> {
        let nodes = (from..self.nodes.len()).map_while(|number| self.node(number));
        nodes.map(|node| (node.list, node.item))
    }

    fn walk(
        &self,
        start: Option<u32>,
        step: impl Fn(&Node) -> Option<u32>,
    ) -> impl Iterator<Item = u32> {
        let mut at = start;
        std::iter::from_fn(move || {
            let node = self.node(at?)?;
            at = step(&node);
            Some(node.item)
        })
    }

    /// The newest node of a list whose item is not above `to`.
    fn at_most(&self, list: u32, to: u32) -> Option<(u32, Node)> {
        let mut at = self.ends(list).1?;
        loop {
            let node = self.node(at)?;
            if node.item <= to {
                return Some((at, node));
            }
            let far = self.node(node.far)?;
            at = if far.item > to && node.far != at {
                node.far
            } else {
                node.previous?
            };
        }
    }

    /// Where the link far back of a node behind this one leads: over two jumps of one length, or to
    /// this one.
    fn far(&self, number: u32, node: &Node) -> u32 {
        let depth = |number| self.node(number).map_or(0, |node| node.depth);
        let Some(far) = self.node(node.far) else {
            return number;
        };
        if node.depth - far.depth == far.depth - depth(far.far) {
            far.far
        } else {
            number
        }
    }

    fn ends(&self, list: u32) -> (Option<u32>, Option<u32>) {
        let [ends] = self.ends.get(list).unwrap_or_default();
        let (first, last) = unpair(ends);
        (first.checked_sub(1), last.checked_sub(1))
    }

    fn node(&self, number: u32) -> Option<Node> {
        self.nodes.get(number).map(Node::of_words)
    }
}

impl Node {
    fn to_words(self) -> [u64; 3] {
        let mut words = [0; 3];
        words[ITEM_AND_LIST] = pair(self.item, self.list);
        words[BACK] = pair(plus_one(self.previous), self.far);
        words[NEXT_AND_DEPTH] = pair(plus_one(self.next), self.depth);
        words
    }

    fn of_words(words: [u64; 3]) -> Self {
        let (item, list) = unpair(words[ITEM_AND_LIST]);
        let (previous, far) = unpair(words[BACK]);
        let (next, depth) = unpair(words[NEXT_AND_DEPTH]);
        Self {
            item,
            list,
            previous: previous.checked_sub(1),
            far,
            next: next.checked_sub(1),
            depth,
        }
    }
}

fn plus_one(number: Option<u32>) -> u32 {
    number.map_or(0, |number| number.saturating_add(1))
}
