//! The content of one file: what reads tell, what is durable, and the changes in between.

use std::sync::Arc;

use batpak_platform::EntryKind;

use crate::crash::{Fate, Unit};
use crate::fault::Aftermath;
use crate::sectors::{SECTOR, Sector, Sectors, mix};

/// Longest file of the simulation; more is a mistake of the code under test.
pub(crate) const MAX_FILE: usize = 1 << 30;

#[derive(Clone, Debug)]
pub(crate) struct Inode {
    pub(crate) kind: EntryKind,
    /// The name it had last, for people.
    pub(crate) label: Arc<str>,
    visible: Sectors,
    durable: Sectors,
    pending: Vec<Pending>,
    /// A failed sync has left pages in the cache that are gone at the next look for them.
    evicts: bool,
}

/// A change that is visible and not durable.
#[derive(Clone, Debug)]
struct Pending {
    change: Change,
    /// A failed sync has marked it clean: no later sync writes it, the next crash decides.
    forgotten: bool,
}

#[derive(Clone, Debug)]
enum Change {
    /// A write past the end: at least this long.
    Grow(usize),
    /// An explicit length: what lies beyond is gone.
    SetLen(usize),
    /// The whole sector as it is in the cache after a write. A later version contains the earlier
    /// ones, as the cache does.
    Sector {
        index: usize,
        sector: Option<Sector>,
    },
}

impl Inode {
    pub(crate) fn new(kind: EntryKind, label: Arc<str>) -> Self {
        Self {
            kind,
            label,
            visible: Sectors::default(),
            durable: Sectors::default(),
            pending: Vec::new(),
            evicts: false,
        }
    }

    /// A file whose content is durable already.
    pub(crate) fn durable(label: Arc<str>, bytes: &[u8]) -> Self {
        let durable = Sectors::of(bytes);
        Self {
            visible: durable.clone(),
            durable,
            ..Self::new(EntryKind::File, label)
        }
    }

    /// What reads tell.
    pub(crate) fn content(&self) -> &Sectors {
        &self.visible
    }

    pub(crate) fn len(&self) -> usize {
        self.visible.len()
    }

    /// A hash of what reads tell.
    pub(crate) fn visible_hash(&self) -> u64 {
        self.visible.hash()
    }

    /// A hash of everything that later calls and crashes can depend on.
    pub(crate) fn state_hash(&self) -> u64 {
        let pending = self.pending.iter().fold(0, |hash, entry| {
            let change = match &entry.change {
                Change::Grow(len) => mix(1, *len as u64),
                Change::SetLen(len) => mix(2, *len as u64),
                Change::Sector { index, .. } => mix(3, *index as u64),
            };
            mix(hash, change ^ u64::from(entry.forgotten))
        });
        mix(mix(self.visible.hash(), self.durable.hash()), pending)
    }

    pub(crate) fn write(&mut self, offset: usize, bytes: &[u8]) {
        let end = offset + bytes.len();
        if bytes.is_empty() {
            return;
        }
        if end > self.visible.len() {
            self.visible.grow(end);
            self.push(Change::Grow(end));
        }
        let mut rest = bytes;
        for index in offset / SECTOR..end.div_ceil(SECTOR) {
            let inside = offset.saturating_sub(index * SECTOR);
            let (part, behind) = rest.split_at(rest.len().min(SECTOR - inside));
            rest = behind;
            let zeros = self.visible.get(index).is_none() && part.iter().all(|byte| *byte == 0);
            if !zeros {
                let mut block = *self.visible.block(index);
                if let Some(target) = block.get_mut(inside..inside + part.len()) {
                    target.copy_from_slice(part);
                }
                self.visible.put(index, Sector::of(block));
            }
            self.dirty(index);
        }
    }

    pub(crate) fn set_len(&mut self, len: usize) {
        if len < self.visible.len() {
            self.visible.cut(len);
            self.push(Change::SetLen(len));
        } else if len > self.visible.len() {
            self.visible.grow(len);
            self.push(Change::SetLen(len));
        }
    }

    /// Makes every pending change durable, but those that a failed sync has forgotten.
    pub(crate) fn sync(&mut self) {
        let pending = std::mem::take(&mut self.pending);
        self.pending = still_forgotten(&pending);
        for entry in pending.iter().filter(|entry| !entry.forgotten) {
            apply(&mut self.durable, &entry.change);
        }
        finish(&mut self.durable);
    }

    pub(crate) fn fail_sync(&mut self, aftermath: Aftermath) {
        match aftermath {
            Aftermath::Kept | Aftermath::Evicted => {
                for entry in &mut self.pending {
                    entry.forgotten |= matches!(entry.change, Change::Sector { .. });
                }
                self.evicts |= aftermath == Aftermath::Evicted;
            }
            Aftermath::Reverted => self.revert(),
        }
    }

    /// The cache gives up what a failed sync has left in it, where the sync said so.
    pub(crate) fn evict(&mut self) {
        if !std::mem::take(&mut self.evicts) {
            return;
        }
        let mut lost = Vec::new();
        self.pending.retain(|entry| match entry.change {
            Change::Sector { index, .. } if entry.forgotten => {
                lost.push(index);
                false
            }
            _ => true,
        });
        for index in lost {
            let written_since = self.pending.iter().any(
                |entry| matches!(entry.change, Change::Sector { index: other, .. } if other == index),
            );
            if !written_since {
                self.visible.put(index, self.durable.get(index).cloned());
            }
        }
        let len = self.visible.len();
        self.visible.cut(len);
    }

    /// What a crash decides about, in the order of the calls.
    pub(crate) fn units(&self) -> impl Iterator<Item = Unit> {
        self.pending.iter().map(|entry| {
            let file = Arc::clone(&self.label);
            match &entry.change {
                Change::Grow(len) | Change::SetLen(len) => Unit::Length { file, len: *len },
                Change::Sector { index, .. } => Unit::Sector {
                    file,
                    offset: index * SECTOR,
                },
            }
        })
    }

    pub(crate) fn unit_count(&self) -> usize {
        self.pending.len()
    }

    /// Keeps what `fates` says, one answer for each of [`units`](Self::units).
    pub(crate) fn crash(&mut self, fates: &mut dyn Iterator<Item = Fate>) {
        for entry in std::mem::take(&mut self.pending) {
            match (fates.next().unwrap_or(Fate::Lost), &entry.change) {
                (Fate::Lost, _) => {}
                (Fate::Torn(kept), Change::Sector { index, sector }) => {
                    let mut block = *self.durable.block(*index);
                    let new = sector.as_ref().map(Sector::bytes);
                    for (at, byte) in block.iter_mut().enumerate().take(kept) {
                        *byte = new.and_then(|new| new.get(at)).copied().unwrap_or(0);
                    }
                    self.durable.put(*index, Sector::of(block));
                }
                (Fate::Kept | Fate::Torn(_), change) => apply(&mut self.durable, change),
            }
        }
        finish(&mut self.durable);
        self.visible = self.durable.clone();
        self.evicts = false;
    }

    /// Flips bits of one byte, visible and durable; false when the file is shorter.
    pub(crate) fn corrupt(&mut self, offset: usize, mask: u8) -> bool {
        let mut found = false;
        for content in [&mut self.visible, &mut self.durable] {
            if offset >= content.len() {
                continue;
            }
            let mut block = *content.block(offset / SECTOR);
            if let Some(byte) = block.get_mut(offset % SECTOR) {
                *byte ^= mask;
                found = true;
            }
            content.put(offset / SECTOR, Sector::of(block));
        }
        found
    }

    /// What was to go to one sector has gone to another, visibly and durably; false when the file is
    /// shorter. The sector that was to be written is as if it had never been.
    pub(crate) fn misdirect(&mut self, from: usize, to: usize) -> bool {
        let len = self.visible.len().min(self.durable.len());
        if from.max(to) >= len.div_ceil(SECTOR) {
            return false;
        }
        for content in [&mut self.visible, &mut self.durable] {
            let moved = content.get(from).cloned();
            content.put(to, moved);
            content.put(from, None);
            let len = content.len();
            content.cut(len);
        }
        true
    }

    fn revert(&mut self) {
        let len = self.visible.len();
        self.visible = self.durable.clone();
        self.visible.cut(len);
        self.pending
            .retain(|entry| !matches!(entry.change, Change::Sector { .. }));
    }

    /// Notes the sector as changed, unless the disk holds the same bytes whatever a crash decides.
    fn dirty(&mut self, index: usize) {
        let sector = self.visible.get(index);
        // Setting a length only makes zeros: it matters to sectors that hold something else.
        let zeros = sector.is_none() && self.durable.get(index).is_none();
        let settled = !self.pending.iter().any(|entry| match entry.change {
            Change::Sector { index: other, .. } => other == index,
            Change::SetLen(_) => !zeros,
            Change::Grow(_) => false,
        });
        if !settled || sector != self.durable.get(index) {
            let sector = sector.cloned();
            self.push(Change::Sector { index, sector });
        }
    }

    fn push(&mut self, change: Change) {
        self.pending.push(Pending {
            change,
            forgotten: false,
        });
    }
}

/// The forgotten changes that nothing later, and written back, has replaced.
fn still_forgotten(pending: &[Pending]) -> Vec<Pending> {
    let replaced = |position: usize, index: usize| {
        pending.iter().skip(position + 1).any(|later| {
            !later.forgotten
                && match later.change {
                    Change::Sector { index: other, .. } => other == index,
                    Change::SetLen(len) => len <= index * SECTOR,
                    Change::Grow(_) => false,
                }
        })
    };
    pending
        .iter()
        .enumerate()
        .filter(|(position, entry)| match entry.change {
            Change::Sector { index, .. } => entry.forgotten && !replaced(*position, index),
            _ => entry.forgotten,
        })
        .map(|(_, entry)| entry.clone())
        .collect()
}

/// Applies a change to durable bytes. Until [`finish`], sectors may lie beyond the length.
fn apply(durable: &mut Sectors, change: &Change) {
    match change {
        Change::Grow(len) => durable.grow(*len),
        Change::SetLen(len) => durable.cut(*len),
        Change::Sector { index, sector } => durable.put(*index, sector.clone()),
    }
}

/// Nobody sees what lies beyond the end.
fn finish(durable: &mut Sectors) {
    let len = durable.len();
    durable.cut(len);
}
