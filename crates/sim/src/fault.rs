//! Faults: which call fails, how, and what it leaves behind.

use std::io;

/// Error numbers that Linux and macOS share.
const EINTR: i32 = 4;
const EIO: i32 = 5;
pub(crate) const ENOENT: i32 = 2;
pub(crate) const EBADF: i32 = 9;
pub(crate) const EEXIST: i32 = 17;
pub(crate) const EISDIR: i32 = 21;
pub(crate) const EFBIG: i32 = 27;
pub(crate) const ENOSPC: i32 = 28;

/// One kind of call on the simulated disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Operation {
    /// Opening a file.
    Open,
    /// Creating a file.
    Create,
    /// Renaming a file.
    Rename,
    /// Removing a name.
    Remove,
    /// Listing the directory.
    List,
    /// Making names durable.
    SyncDirectory,
    /// Taking the directory for writing.
    Lock,
    /// Asking whether a writer is there.
    WriterPresent,
    /// Asking for free space.
    FreeBytes,
    /// Asking for a file's length.
    Len,
    /// Reading, and mapping.
    ReadAt,
    /// Writing.
    WriteAt,
    /// Setting a file's length.
    SetLen,
    /// Making a file durable.
    SyncData,
}

impl Operation {
    /// Whether the call changes what a crash can leave behind.
    #[must_use]
    pub fn mutates(self) -> bool {
        matches!(
            self,
            Self::Create
                | Self::Rename
                | Self::Remove
                | Self::SyncDirectory
                | Self::WriteAt
                | Self::SetLen
                | Self::SyncData
        )
    }
}

/// How a call fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// EIO; the call does nothing. A failed sync leaves everything pending, for a later one.
    Io,
    /// ENOSPC; the call does nothing.
    NoSpace,
    /// EINTR; the call does nothing.
    Interrupted,
    /// This error number of the operating system; the call does nothing.
    Os(i32),
    /// A read or write transfers at most this many bytes; other calls, mapping included, are not
    /// affected.
    Short(usize),
    /// A read or write transfers nothing and succeeds; other calls, mapping included, are not affected.
    Zero,
    /// A write transfers this many bytes, then fails with EIO; other calls do nothing and fail.
    Partial(usize),
    /// A sync fails with EIO and leaves this behind; other calls do nothing and fail with EIO.
    SyncFailed(Aftermath),
}

/// What a failed sync leaves behind. In all cases a later successful sync proves nothing about
/// what was pending; only writing the bytes again and syncing does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Aftermath {
    /// Reads go on telling the new bytes, but no later sync writes them: each is on the disk or
    /// not, and the next crash decides. Lengths stay pending.
    Kept,
    /// As [`Kept`](Self::Kept) until the file is opened again, or [`SimDisk::evict`](crate::SimDisk::evict)
    /// is called: then the cache gives the bytes up, and reads tell what is durable. Names go back to the
    /// durable ones at once.
    Evicted,
    /// Reads tell what is durable: the bytes are gone, the length stays (and stays pending). Names
    /// go back to the durable ones.
    Reverted,
}

impl Fault {
    /// The error of a call that does nothing because of this fault.
    pub(crate) fn refusal(self) -> Option<io::Error> {
        match self {
            Self::Io | Self::Partial(_) | Self::SyncFailed(_) => Some(os_error(EIO)),
            Self::NoSpace => Some(os_error(ENOSPC)),
            Self::Interrupted => Some(os_error(EINTR)),
            Self::Os(number) => Some(os_error(number)),
            Self::Short(_) | Self::Zero => None,
        }
    }

    /// How many of `asked` bytes a transfer moves, for faults that limit it.
    pub(crate) fn limit(self, asked: usize) -> usize {
        match self {
            Self::Short(count) | Self::Partial(count) => asked.min(count),
            Self::Zero => 0,
            _ => asked,
        }
    }
}

/// Faults that have been ordered and not used up.
#[derive(Clone, Debug, Default)]
pub(crate) struct Schedule {
    orders: Vec<Order>,
}

#[derive(Clone, Debug)]
struct Order {
    /// Which calls are counted; `None` for all.
    operation: Option<Operation>,
    /// How many of them pass first.
    after: u64,
    sticky: bool,
    fault: Fault,
}

impl Schedule {
    pub(crate) fn add(
        &mut self,
        operation: Option<Operation>,
        after: u64,
        sticky: bool,
        fault: Fault,
    ) {
        self.orders.push(Order {
            operation,
            after,
            sticky,
            fault,
        });
    }

    /// Counts a call in every order; the first order that is due decides its fault.
    pub(crate) fn next(&mut self, operation: Operation) -> Option<Fault> {
        let mut fault = None;
        self.orders.retain_mut(|order| {
            if order.operation.is_some_and(|only| only != operation) {
                return true;
            }
            if order.after > 0 {
                order.after -= 1;
                return true;
            }
            if fault.is_some() {
                return true;
            }
            fault = Some(order.fault);
            order.sticky
        });
        fault
    }
}

pub(crate) fn os_error(number: i32) -> io::Error {
    io::Error::from_raw_os_error(number)
}

#[cfg(test)]
mod tests {
    use std::io::ErrorKind;

    use super::{Fault, Operation, Schedule};

    #[test]
    fn faults_fire_by_ordinal_and_one_at_a_time() {
        let mut schedule = Schedule::default();
        schedule.add(None, 1, false, Fault::Io);
        schedule.add(None, 1, false, Fault::Zero);
        schedule.add(Some(Operation::SyncData), 1, true, Fault::NoSpace);
        let calls = [
            (Operation::ReadAt, None),
            (Operation::SyncData, Some(Fault::Io)),
            (Operation::ReadAt, Some(Fault::Zero)),
            (Operation::ReadAt, None),
            (Operation::SyncData, Some(Fault::NoSpace)),
            (Operation::WriteAt, None),
            (Operation::SyncData, Some(Fault::NoSpace)),
        ];
        for (ordinal, (operation, expected)) in calls.into_iter().enumerate() {
            assert_eq!(schedule.next(operation), expected, "call {ordinal}");
        }
    }

    #[test]
    fn faults_have_the_kinds_of_the_operating_system() {
        for (fault, kind) in [
            (Fault::NoSpace, ErrorKind::StorageFull),
            (Fault::Interrupted, ErrorKind::Interrupted),
            (Fault::Os(super::EEXIST), ErrorKind::AlreadyExists),
            (Fault::Os(super::ENOENT), ErrorKind::NotFound),
            (Fault::Os(super::EISDIR), ErrorKind::IsADirectory),
            (Fault::Os(super::EFBIG), ErrorKind::FileTooLarge),
        ] {
            assert_eq!(fault.refusal().unwrap().kind(), kind, "{fault:?}");
        }
        assert_eq!(Fault::Io.refusal().unwrap().raw_os_error(), Some(5));
    }
}
