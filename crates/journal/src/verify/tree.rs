//! The tree over all events as a verification finds it, and the heads that it is held against.

use batpak_coordinate::Sequence;
use batpak_event::Digest;
use batpak_event::tree::{Frontier, TreeHead, leaf_hash};

use super::Finding;

/// A head that the history must have had.
pub(crate) struct Claim {
    head: TreeHead,
    source: Source,
    /// What the tree had, once it was as large.
    found: Option<Found>,
}

/// Who says so.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Source {
    /// The record of the last close.
    Record,
    /// Whoever asked for the verification.
    Caller,
}

#[derive(Clone, Copy)]
struct Found {
    root: Digest,
    /// Events with a hash among its leaves.
    events: u64,
    /// The first events before it that are lost to damage.
    lost: Option<(Sequence, Sequence)>,
    /// Whether events before it are gone.
    gone: bool,
}

/// The tree over what was verified so far. Events that are gone or lost stand in it as unknown.
#[derive(Default)]
pub(crate) struct Tree {
    frontier: Frontier,
    claims: Vec<Claim>,
    /// Event hashes of a unit that has not ended yet.
    unit: Vec<Digest>,
    events: u64,
    lost: Option<(Sequence, Sequence)>,
    gone: bool,
}

impl Tree {
    pub(crate) fn claim(&mut self, head: TreeHead, source: Source) {
        self.claims.push(Claim {
            head,
            source,
            found: None,
        });
        self.look();
    }

    /// Sizes of the heads that the tree is held against.
    pub(crate) fn sizes(&self) -> impl Iterator<Item = Sequence> + '_ {
        self.claims.iter().map(|claim| Sequence(claim.head.size))
    }

    pub(crate) fn head(&self) -> TreeHead {
        self.frontier.head()
    }

    /// How many events stand in the tree as unknown.
    pub(crate) fn unknown(&self) -> u64 {
        self.frontier.size().saturating_sub(self.events)
    }

    /// Takes the next event; it counts when its unit has ended.
    pub(crate) fn event(&mut self, sequence: Sequence, hash: Digest) {
        let expected = self.frontier.size() + self.unit.len() as u64 + 1;
        if sequence.get() > expected {
            self.lost_to(Sequence(sequence.get() - 1));
        }
        self.unit.push(hash);
    }

    /// Ends a unit, or what damage left of one.
    pub(crate) fn commit(&mut self) {
        for hash in std::mem::take(&mut self.unit) {
            self.frontier.push_leaf(leaf_hash(&hash));
            self.events += 1;
            self.look();
        }
    }

    /// Forgets a unit that did not happen.
    pub(crate) fn forget_unit(&mut self) {
        self.unit.clear();
    }

    /// Passes over events up to `last` that are lost to damage.
    pub(crate) fn lost_to(&mut self, last: Sequence) {
        self.commit();
        let first = Sequence(self.frontier.size()).next();
        if first <= last {
            self.lost.get_or_insert((first, last));
            self.unknown_to(last);
        }
    }

    /// Passes over events up to `last` that the log says are gone.
    pub(crate) fn gone_to(&mut self, last: Sequence) {
        self.commit();
        self.gone = true;
        self.unknown_to(last);
    }

    fn unknown_to(&mut self, last: Sequence) {
        while let Some(left) = last.get().checked_sub(self.frontier.size()) {
            if left == 0 {
                return;
            }
            // Up to the next size at which somebody claims to know the root.
            let ahead = |claim: &Claim| claim.head.size.checked_sub(self.frontier.size());
            let ahead = self
                .claims
                .iter()
                .filter_map(ahead)
                .filter(|ahead| *ahead > 0);
            let step = ahead.min().unwrap_or(left).min(left);
            self.frontier.push_unknown(step);
            self.look();
        }
    }

    /// Notes the root where a head is claimed.
    fn look(&mut self) {
        let size = self.frontier.size();
        for claim in self
            .claims
            .iter_mut()
            .filter(|claim| claim.head.size == size)
        {
            claim.found.get_or_insert_with(|| Found {
                root: self.frontier.root(),
                events: self.events,
                lost: self.lost,
                gone: self.gone,
            });
        }
    }

    /// Size of the largest head that holds, and how many events it covers.
    pub(crate) fn proven(&self) -> Option<(Sequence, u64)> {
        let holding = self.claims.iter().filter_map(|claim| {
            let found = claim.found.filter(|found| found.root == claim.head.root)?;
            Some((Sequence(claim.head.size), found.events))
        });
        holding.max()
    }

    /// What is wrong with the heads.
    pub(crate) fn findings(&self) -> Vec<Finding> {
        let judged = self.claims.iter().map(|claim| self.judge(claim));
        judged.flatten().collect()
    }

    fn judge(&self, claim: &Claim) -> Option<Finding> {
        let (head, size) = (claim.head, self.frontier.size());
        let lost = claim.found.map_or(self.lost, |found| found.lost);
        let message = match claim.found {
            Some(found) if found.root == head.root => return None,
            Some(_) | None if lost.is_some() => return self.unproven(claim, lost),
            Some(found) => {
                let there = TreeHead {
                    root: found.root,
                    ..head
                };
                let gone = if found.gone {
                    "; events among them are gone, and a head from before they were is another one"
                } else {
                    ""
                };
                format!(
                    "the events do not have the head {head}, but {there}; which of them differ is \
                     not known{gone}"
                )
            }
            None => {
                let ends = self.head();
                format!(
                    "the head {head} is of more events than there are: {size}, with the head {ends}"
                )
            }
        };
        Some(match (claim.source, claim.found) {
            (Source::Record, _) => {
                let message =
                    format!("the record of the last close is not of these events: {message}");
                Finding::new(batpak_segment::names::IDENTITY, "tree-head-wrong", message)
            }
            (Source::Caller, Some(_)) => Finding::new(".", "head-wrong", message),
            (Source::Caller, None) => Finding::new(".", "head-beyond", message)
                .events(Sequence(size).next(), Sequence(head.size)),
        })
    }

    /// A head that nothing can be said about, because events before it are lost. A finding where
    /// somebody asked for it; the lost events themselves are findings in any case.
    fn unproven(&self, claim: &Claim, lost: Option<(Sequence, Sequence)>) -> Option<Finding> {
        let (first, last) = lost.filter(|_| claim.source == Source::Caller)?;
        let message = format!(
            "whether the events have the head {} cannot be told: events before it are lost, the first \
             ones from {first} to {last}",
            claim.head
        );
        Some(Finding::new(".", "head-unproven", message).events(first, last))
    }
}
