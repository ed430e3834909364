//! Writing an identity slot.

use thiserror::Error;

use super::layout::{
    BODY, BRANCH_LENGTH, CHECKSUM_LENGTH, CLEAN_CLOSE_LENGTH, CLOSE_EPOCH, CLOSE_LAST_HASH,
    CLOSE_LAST_SEQUENCE, CLOSE_LENGTH, CLOSE_SEGMENT, CLOSE_TREE_ROOT, CLOSE_TREE_SIZE,
    CLOSED_FACTS, CLOSED_FIRST, CLOSED_HAS_INDEX, CLOSED_INDEX_HASH, CLOSED_LENGTH,
    HAS_CLEAN_CLOSE, HAS_TREE, MAGIC_BYTES, MAX_SLOT_SIZE, MIN_SLOT_SIZE, RECORD_BRANCH,
    RECORD_HAS_PARENT, RECORD_LAST_SHARED, RECORD_PARENT, RECORDS, SECTOR,
};
use super::{BranchRecord, CleanClose, ClosedSegment, Identity};
use crate::fixed::{count, put};
use crate::{CloseFacts, FORMAT_VERSION};

/// An identity does not fit into a slot of the wanted size.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("identity of {needed} bytes does not fit into a slot of {slot_size} bytes")]
pub struct IdentityTooLarge {
    /// Bytes that it takes.
    pub needed: u64,
    /// Bytes that the slot has.
    pub slot_size: u32,
}

impl Identity {
    /// The size of the smallest slot that holds this identity: a power of two.
    #[must_use]
    pub fn slot_size_for(&self) -> u32 {
        let needed = self.used_len().next_multiple_of(SECTOR);
        let size = u32::try_from(needed)
            .ok()
            .and_then(u32::checked_next_power_of_two);
        size.unwrap_or(MAX_SLOT_SIZE)
            .clamp(MIN_SLOT_SIZE, MAX_SLOT_SIZE)
    }

    /// The bytes to write at the start of a slot of [`Identity::slot_size_for`] bytes, a multiple of 512.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        self.encode_for(self.slot_size_for())
    }

    /// The bytes to write at the start of a slot of a file whose slots already have this size.
    ///
    /// # Errors
    /// [`IdentityTooLarge`] when the file has to be made anew with larger slots.
    pub fn encode_into(&self, slot_size: u32) -> Result<Vec<u8>, IdentityTooLarge> {
        let needed = self.used_len().next_multiple_of(SECTOR);
        if needed > crate::fixed::size(slot_size) {
            return Err(IdentityTooLarge {
                needed: count(needed),
                slot_size,
            });
        }
        Ok(self.encode_for(slot_size))
    }

    fn used_len(&self) -> usize {
        let branches = self.branches.len().saturating_mul(BRANCH_LENGTH);
        let closed = self.closed.len().saturating_mul(CLOSED_LENGTH);
        (RECORDS + CHECKSUM_LENGTH)
            .saturating_add(branches)
            .saturating_add(closed)
    }

    fn encode_for(&self, slot_size: u32) -> Vec<u8> {
        let used = self.used_len();
        // Slots of four gigabytes exceed the largest slot, so that these counts never saturate in a file.
        let short = |length: usize| u32::try_from(length).unwrap_or(u32::MAX).to_le_bytes();
        let mut present = 0;
        if let Some(close) = &self.clean_close {
            present = HAS_CLEAN_CLOSE | if close.tree.is_some() { HAS_TREE } else { 0 };
        }
        let mut out = Vec::with_capacity(used.next_multiple_of(SECTOR));
        out.extend_from_slice(&MAGIC_BYTES);
        out.extend_from_slice(&FORMAT_VERSION.to_le_bytes());
        out.extend_from_slice(&[0; 8]); // features
        out.extend_from_slice(&slot_size.to_le_bytes());
        out.extend_from_slice(&self.generation.to_le_bytes());
        out.extend_from_slice(&short(used - BODY - CHECKSUM_LENGTH));
        out.extend_from_slice(&[0; 4]); // reserved
        out.extend_from_slice(&self.lineage.0.to_le_bytes());
        out.extend_from_slice(&self.branch.0.to_le_bytes());
        out.extend_from_slice(&self.epoch.0.to_le_bytes());
        out.extend_from_slice(&self.highest.0.to_le_bytes());
        out.extend_from_slice(&self.durable.0.to_le_bytes());
        out.extend_from_slice(&short(self.branches.len()));
        out.extend_from_slice(&short(self.closed.len()));
        out.extend_from_slice(&present.to_le_bytes());
        out.extend_from_slice(&[0; 4]); // reserved
        out.extend_from_slice(
            &self
                .clean_close
                .as_ref()
                .map_or([0; CLEAN_CLOSE_LENGTH], clean_close),
        );
        for record in &self.branches {
            out.extend_from_slice(&branch_record(record));
        }
        for segment in &self.closed {
            out.extend_from_slice(&closed_segment(segment));
        }
        let checksum = crc32c::crc32c(&out);
        out.extend_from_slice(&checksum.to_le_bytes());
        out.resize(out.len().next_multiple_of(SECTOR), 0);
        out
    }
}

fn clean_close(close: &CleanClose) -> [u8; CLEAN_CLOSE_LENGTH] {
    let mut bytes = [0; CLEAN_CLOSE_LENGTH];
    put::<CLOSE_EPOCH, 8, _>(&mut bytes, close.epoch.0.to_le_bytes());
    put::<CLOSE_SEGMENT, 8, _>(&mut bytes, close.segment.0.to_le_bytes());
    put::<CLOSE_LENGTH, 8, _>(&mut bytes, close.length.to_le_bytes());
    put::<CLOSE_LAST_SEQUENCE, 8, _>(&mut bytes, close.last_sequence.0.to_le_bytes());
    put::<CLOSE_LAST_HASH, 32, _>(&mut bytes, close.last_hash);
    if let Some(tree) = &close.tree {
        put::<CLOSE_TREE_SIZE, 8, _>(&mut bytes, tree.size.to_le_bytes());
        put::<CLOSE_TREE_ROOT, 32, _>(&mut bytes, tree.root);
    }
    bytes
}

fn branch_record(record: &BranchRecord) -> [u8; BRANCH_LENGTH] {
    let mut bytes = [0; BRANCH_LENGTH];
    put::<RECORD_BRANCH, 16, _>(&mut bytes, record.branch.0.to_le_bytes());
    if let Some(parent) = record.parent {
        put::<RECORD_PARENT, 16, _>(&mut bytes, parent.0.to_le_bytes());
        put::<RECORD_HAS_PARENT, 8, _>(&mut bytes, 1_u64.to_le_bytes());
    }
    put::<RECORD_LAST_SHARED, 8, _>(&mut bytes, record.last_shared.0.to_le_bytes());
    bytes
}

fn closed_segment(segment: &ClosedSegment) -> [u8; CLOSED_LENGTH] {
    let mut bytes = [0; CLOSED_LENGTH];
    put::<CLOSED_FACTS, { CloseFacts::LENGTH }, _>(&mut bytes, segment.close.encode());
    put::<CLOSED_FIRST, 8, _>(&mut bytes, segment.first_sequence.0.to_le_bytes());
    if let Some(hash) = segment.index_hash {
        put::<CLOSED_HAS_INDEX, 8, _>(&mut bytes, 1_u64.to_le_bytes());
        put::<CLOSED_INDEX_HASH, 32, _>(&mut bytes, hash);
    }
    bytes
}
