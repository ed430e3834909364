//! What programs are made of.

use batpak_journal::{Durability, Options};
use batpak_sim::{Fate, Fault, Operation, Profile};

/// What a program runs on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Setup {
    pub(crate) durability: Durability,
    pub(crate) segment_max_bytes: u64,
    pub(crate) segment_max_events: u64,
    pub(crate) profile: Profile,
}

impl Setup {
    /// Segments of a few sectors, so that a few events begin the next one.
    pub(crate) const SMALL: Self = Self {
        durability: Durability::Synced,
        segment_max_bytes: 1536,
        segment_max_events: 65_536,
        profile: Profile::WeakestPosix,
    };

    pub(crate) fn options(&self) -> Options {
        Options {
            durability: self.durability,
            segment_max_bytes: self.segment_max_bytes,
            segment_max_events: self.segment_max_events,
            ..Options::default()
        }
    }
}

/// One thing that a program does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Op {
    /// Appends an event of this size to a stream.
    Append { entity: usize, size: usize },
    /// Appends three events as one unit.
    Batch { size: usize },
    /// Appends an event with a key.
    Keyed,
    /// Submits the last unit with a key again.
    Retry,
    /// Submits an event and does not wait.
    Submit { size: usize },
    /// Waits for everything.
    Sync,
    /// Runs the background step, as if time had passed.
    Step,
    /// Hides so many events, the last of which is so many before the newest one.
    Hide { back: u64, count: u64 },
    /// Shows them again.
    Unhide { back: u64, count: u64 },
    /// Closes and opens.
    Close,
    /// Lets go without closing, and opens.
    Drop,
    /// Kills the process, and opens.
    Kill,
    /// Cuts the power, with these fates of what is pending, and opens.
    PowerCut(Vec<Fate>),
    /// Makes a coming call fail: which, after how many, from then on or once, how.
    Fail(Option<Operation>, u64, bool, Fault),
    /// Limits the disk to what is on it and so many bytes.
    Capacity(u64),
    /// Ends faults and limits.
    Repair,
}
