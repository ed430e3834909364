//! The error of every call that comes from a process, or on a machine, that is no more.

use std::error::Error;
use std::fmt;
use std::io;

/// Why a call was not made at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stopped {
    /// [`SimDisk::stop_after`](crate::SimDisk::stop_after) has cut the power.
    PowerCut,
    /// The handle belongs to a process that a crash or a kill has ended.
    ProcessEnded,
    /// More calls were made than [`SimDisk::limit_calls`](crate::SimDisk::limit_calls) allows. This is no
    /// error but what a panic carries.
    TooManyCalls,
}

impl Stopped {
    /// Why `error` came about, if it is of this kind; every other error is a fault or a refusal.
    #[must_use]
    pub fn of(error: &io::Error) -> Option<Self> {
        error.get_ref()?.downcast_ref().copied()
    }
}

impl fmt::Display for Stopped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::PowerCut => "the simulated machine has no power",
            Self::TooManyCalls => "too many calls were made on the simulated disk",
            Self::ProcessEnded => "the handle belongs to a simulated process that has ended",
        })
    }
}

impl Error for Stopped {}

impl From<Stopped> for io::Error {
    fn from(stopped: Stopped) -> Self {
        Self::other(stopped)
    }
}
