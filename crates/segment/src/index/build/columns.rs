//! Orders over what has been collected: names by name, events by what they have in common.

use super::builder::Interned;
use crate::fixed::{count, size};

/// A dictionary: names in their order, and where each stands that was known by another number.
#[derive(Debug)]
pub(super) struct Sorted<'a> {
    pub(super) names: Vec<&'a str>,
    /// The place in the order, by the number in which the name came.
    pub(super) ranks: Vec<u32>,
    /// The number in which the name came, by the place in the order.
    pub(super) numbers: Vec<u32>,
}

impl<'a> Sorted<'a> {
    pub(super) fn new(interned: &'a Interned) -> Sorted<'a> {
        let mut pairs: Vec<(&str, u32)> = interned
            .numbers
            .iter()
            .map(|(name, number)| (&**name, *number))
            .collect();
        pairs.sort_unstable();
        let mut ranks = vec![0; pairs.len()];
        for (rank, (_, number)) in (0..).zip(&pairs) {
            if let Some(slot) = ranks.get_mut(size(*number)) {
                *slot = rank;
            }
        }
        Sorted {
            names: pairs.iter().map(|(name, _)| *name).collect(),
            numbers: pairs.iter().map(|(_, number)| *number).collect(),
            ranks,
        }
    }

    /// The place in the order of a name that came in this number.
    pub(super) fn rank(&self, number: u32) -> u32 {
        self.ranks.get(size(number)).copied().unwrap_or(u32::MAX)
    }

    /// Where each name starts and where the last ends; nothing when there are no names.
    pub(super) fn starts(&self) -> Vec<u64> {
        starts(self.names.iter().map(|name| count(name.len())))
    }

    pub(super) fn bytes(&self) -> Vec<u8> {
        self.names.concat().into_bytes()
    }
}

/// Running sums from 0 on; nothing for nothing.
pub(super) fn starts(lengths: impl Iterator<Item = u64>) -> Vec<u64> {
    let mut sum = 0_u64;
    let mut starts = vec![0];
    starts.extend(lengths.map(|length| {
        sum = sum.saturating_add(length);
        sum
    }));
    if starts.len() == 1 {
        starts.clear();
    }
    starts
}

/// Events by the group each is in: where the list of each of `groups` starts, and the lists.
pub(super) fn group(
    groups: usize,
    members: impl Iterator<Item = u32> + Clone,
) -> (Vec<u64>, Vec<u32>) {
    let mut lengths = vec![0_u64; groups];
    let mut total = 0_usize;
    for group in members.clone() {
        if let Some(length) = lengths.get_mut(size(group)) {
            *length += 1;
            total += 1;
        }
    }
    let starts = starts(lengths.into_iter());
    let mut next = starts.clone();
    let mut events = vec![0; total];
    for (event, group) in (0..).zip(members) {
        if let Some(place) = next.get_mut(size(group)) {
            let slot = usize::try_from(*place).ok();
            if let Some(slot) = slot.and_then(|slot| events.get_mut(slot)) {
                *slot = event;
            }
            *place += 1;
        }
    }
    (starts, events)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_grouped_in_their_order() {
        let members = [2, 0, 2, 2, 0];
        let grouped = group(3, members.into_iter());
        assert_eq!(grouped, (vec![0, 2, 2, 5], vec![1, 4, 0, 2, 3]));
        assert_eq!(group(0, std::iter::empty()), (vec![], vec![]));
    }
}
