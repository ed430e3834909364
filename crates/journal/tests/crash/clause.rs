//! The clauses of the oracle, how often each was checked, and what a failure is.

use std::fmt;

/// What a store promises after a crash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Clause {
    /// The store opens, for writing and for reading, and reports no damage.
    Opens,
    /// The log is what was submitted, in that order, from its beginning, without a hole.
    Prefix,
    /// Every acknowledged event is there.
    Acknowledged,
    /// An event that an earlier open did not have does not come back.
    Undead,
    /// An append that was answered with "not committed" has left nothing.
    Refused,
    /// Every fact and every byte of an event is the one that its receipt or its draft has.
    Bytes,
    /// A batch is there as a whole or not at all.
    Whole,
    /// A key that is there gives the original receipt and adds nothing; one that is lost is free, once.
    Keys,
    /// Hashes, generations and the head of the tree are those of the events; a verification finds nothing.
    Chain,
    /// With and without index files, every answer is the same.
    Index,
    /// Reading changes nothing, and shows what a writer recovers.
    Unchanged,
    /// What an open has, and what is appended after it, survives the next power cut.
    Kept,
    /// An open makes no more calls and moves no more bytes than the size of the store explains.
    Bounded,
    /// Nothing panics.
    Panics,
    /// Damage by the disk is refused or reported, unless it can be a torn end.
    Damage,
    /// What was acknowledged as hidden is hidden from every way to ask, nothing else is, and it is still there.
    Hidden,
}

impl Clause {
    pub(crate) const ALL: [Self; 16] = [
        Self::Opens,
        Self::Prefix,
        Self::Acknowledged,
        Self::Undead,
        Self::Refused,
        Self::Bytes,
        Self::Whole,
        Self::Keys,
        Self::Chain,
        Self::Index,
        Self::Unchanged,
        Self::Kept,
        Self::Bounded,
        Self::Panics,
        Self::Damage,
        Self::Hidden,
    ];
}

/// A promise that was not kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Failure {
    pub(crate) clause: Clause,
    pub(crate) message: String,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {}", self.clause, self.message)
    }
}

/// Checks clauses and counts how often.
#[derive(Clone, Debug, Default)]
pub(crate) struct Clauses {
    /// A clause that never fails, to see what the others are worth without it.
    pub(crate) without: Option<Clause>,
    checked: [u64; Clause::ALL.len()],
}

impl Clauses {
    pub(crate) fn check(
        &mut self,
        clause: Clause,
        holds: bool,
        message: impl FnOnce() -> String,
    ) -> Result<(), Failure> {
        self.checked[clause as usize] += 1;
        if holds || self.without == Some(clause) {
            return Ok(());
        }
        let message = message();
        Err(Failure { clause, message })
    }

    pub(crate) fn checked(&self, clause: Clause) -> u64 {
        self.checked[clause as usize]
    }

    pub(crate) fn add(&mut self, other: &Self) {
        for (sum, count) in self.checked.iter_mut().zip(other.checked) {
            *sum += count;
        }
    }
}
