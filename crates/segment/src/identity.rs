//! The identity of a store: what it is, how far it got, and how each segment ended.
//!
//! The file consists of two slots of equal size that are written in turn, so that one of them is whole at
//! every moment.

mod choose;
mod decode;
mod encode;
mod layout;
mod slots;

use batpak_coordinate::Sequence;
use batpak_event::{BranchId, Digest, Epoch, Lineage};
use thiserror::Error;

pub use batpak_event::tree::TreeHead;
pub use choose::{Choice, choose};
pub use decode::decode_slot;
pub use encode::IdentityTooLarge;
pub use layout::{MAX_SLOT_SIZE, MIN_SLOT_SIZE};
pub use slots::SlotPair;

#[cfg(test)]
pub(crate) use layout::{BRANCH_FIELDS, CLEAN_CLOSE_FIELDS, CLOSED_FIELDS, SLOT_FIELDS};

use crate::{CloseFacts, SegmentId};

/// The identity of a store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// Counts the writes of the identity, from 1; the valid slot with the greater one holds.
    pub generation: u64,
    /// The history that the store holds.
    pub lineage: Lineage,
    /// The branch of it that the store continues.
    pub branch: BranchId,
    /// Every branch that the history went through, in order.
    pub branches: Vec<BranchRecord>,
    /// The last epoch.
    pub epoch: Epoch,
    /// The newest segment; [`SegmentId::NONE`] before the first.
    pub highest: SegmentId,
    /// The last sequence that was durable when the identity was written.
    pub durable: Sequence,
    /// How the store was closed, when it was closed and not opened for writing since.
    pub clean_close: Option<CleanClose>,
    /// The segments that are complete, in the order of the history.
    pub closed: Vec<ClosedSegment>,
}

/// One branch of a history.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BranchRecord {
    /// The branch.
    pub branch: BranchId,
    /// The branch it left; `None` for the first.
    pub parent: Option<BranchId>,
    /// The last sequence that both have in common.
    pub last_shared: Sequence,
}

/// How a store was closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CleanClose {
    /// The epoch that closed it; the record counts only in this one.
    pub epoch: Epoch,
    /// The active segment.
    pub segment: SegmentId,
    /// Length of that segment's file in bytes.
    pub length: u64,
    /// The last sequence.
    pub last_sequence: Sequence,
    /// The event hash of that event; zero when there is none.
    pub last_hash: Digest,
    /// The head of the tree over all events, where it was known.
    pub tree: Option<TreeHead>,
}

/// One complete segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClosedSegment {
    /// How it ended.
    pub close: CloseFacts,
    /// Sequence of its first event.
    pub first_sequence: Sequence,
    /// Hash of the chunk table of its index, where there is one.
    pub index_hash: Option<Digest>,
}

/// Why a slot holds no identity that can be used.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum IdentityFault {
    /// The slot was never written: all its bytes are zero.
    #[error("identity slot is empty")]
    Empty,
    /// The slot is shorter than what it needs.
    #[error("identity slot is too short")]
    TooShort,
    /// The slot does not start like one.
    #[error("identity slot does not start with the identity magic")]
    BadMagic,
    /// The checksum does not match.
    #[error("identity slot checksum does not match")]
    Checksum,
    /// A newer format wrote the slot.
    #[error("identity has format version {found}, newest supported is {supported}")]
    FutureVersion {
        /// Version of the slot.
        found: u32,
        /// Newest version of this code.
        supported: u32,
    },
    /// The slot needs features that this code does not have.
    #[error("identity needs unknown features {bits:#010x}")]
    UnknownFeature {
        /// The unknown bits of the required mask.
        bits: u32,
    },
    /// The slot was written for slots of another size than the file has.
    #[error(
        "identity slot records a slot size of {recorded} bytes in a file whose slots have {found}"
    )]
    SlotSize {
        /// Size that the slot records.
        recorded: u32,
        /// Size that the file has.
        found: u64,
    },
    /// The checksum matches and a value is impossible.
    #[error("identity slot is malformed: {0}")]
    Malformed(&'static str),
}

#[cfg(test)]
mod tests;
