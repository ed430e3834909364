//! The content of one file: what reads tell, what is durable, and the changes in between.

use std::sync::Arc;

use batpak_platform::EntryKind;

use crate::crash::Unit;
use crate::fault::Aftermath;

/// Bytes that reach the disk together or not at all.
pub(crate) const SECTOR: usize = 512;

/// Longest file of the simulation; more is a mistake of the code under test.
pub(crate) const MAX_FILE: usize = 1 << 30;

#[derive(Clone, Debug)]
pub(crate) struct Inode {
    pub(crate) kind: EntryKind,
    /// The name it had last, for people.
    pub(crate) label: Arc<str>,
    visible: Arc<Vec<u8>>,
    durable: Arc<Vec<u8>>,
    pending: Vec<Pending>,
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
    Sector { index: usize, bytes: Arc<[u8]> },
}

impl Inode {
    pub(crate) fn new(kind: EntryKind, label: Arc<str>) -> Self {
        Self {
            kind,
            label,
            visible: Arc::default(),
            durable: Arc::default(),
            pending: Vec::new(),
        }
    }

    /// A file whose content is durable already.
    pub(crate) fn durable(label: Arc<str>, bytes: Vec<u8>) -> Self {
        let bytes = Arc::new(bytes);
        Self {
            visible: Arc::clone(&bytes),
            durable: bytes,
            ..Self::new(EntryKind::File, label)
        }
    }

    /// What reads tell.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.visible
    }

    pub(crate) fn write(&mut self, offset: usize, bytes: &[u8]) {
        let end = offset + bytes.len();
        if bytes.is_empty() {
            return;
        }
        let visible = Arc::make_mut(&mut self.visible);
        if end > visible.len() {
            visible.resize(end, 0);
            self.push(Change::Grow(end));
        }
        let visible = Arc::make_mut(&mut self.visible);
        if let Some(target) = visible.get_mut(offset..end) {
            target.copy_from_slice(bytes);
        }
        for index in offset / SECTOR..end.div_ceil(SECTOR) {
            self.dirty(index);
        }
    }

    pub(crate) fn set_len(&mut self, len: usize) {
        if len != self.visible.len() {
            Arc::make_mut(&mut self.visible).resize(len, 0);
            self.push(Change::SetLen(len));
        }
    }

    /// Makes every pending change durable, but those that a failed sync has forgotten.
    pub(crate) fn sync(&mut self) {
        let pending = std::mem::take(&mut self.pending);
        self.pending = still_forgotten(&pending);
        let mut image = Image::of(&mut self.durable);
        for entry in pending.iter().filter(|entry| !entry.forgotten) {
            image.apply(&entry.change);
        }
        image.finish();
    }

    pub(crate) fn fail_sync(&mut self, aftermath: Aftermath) {
        match aftermath {
            Aftermath::Kept => {
                for entry in &mut self.pending {
                    entry.forgotten |= matches!(entry.change, Change::Sector { .. });
                }
            }
            Aftermath::Reverted => {
                let len = self.visible.len();
                self.visible = Arc::clone(&self.durable);
                Arc::make_mut(&mut self.visible).resize(len, 0);
                self.pending
                    .retain(|entry| !matches!(entry.change, Change::Sector { .. }));
            }
        }
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

    /// Keeps what `survives` says, one answer for each of [`units`](Self::units).
    pub(crate) fn crash(&mut self, survives: &mut dyn Iterator<Item = bool>) {
        let mut image = Image::of(&mut self.durable);
        for entry in std::mem::take(&mut self.pending) {
            if survives.next().unwrap_or(false) {
                image.apply(&entry.change);
            }
        }
        image.finish();
        self.visible = Arc::clone(&self.durable);
    }

    /// Flips bits of one byte, visible and durable; false when the file is shorter.
    pub(crate) fn corrupt(&mut self, offset: usize, mask: u8) -> bool {
        let mut found = false;
        for bytes in [&mut self.visible, &mut self.durable] {
            if let Some(byte) = Arc::make_mut(bytes).get_mut(offset) {
                *byte ^= mask;
                found = true;
            }
        }
        found
    }

    /// Notes the sector as changed, unless the disk holds the same bytes whatever a crash decides.
    fn dirty(&mut self, index: usize) {
        let bytes = sector(&self.visible, index);
        let settled = !self.pending.iter().any(|entry| match entry.change {
            Change::Sector { index: other, .. } => other == index,
            Change::SetLen(_) => true,
            Change::Grow(_) => false,
        });
        if !settled || bytes != sector(&self.durable, index) {
            self.push(Change::Sector {
                index,
                bytes: Arc::new(bytes),
            });
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

/// One sector of a file, zeros beyond its end.
fn sector(bytes: &[u8], index: usize) -> [u8; SECTOR] {
    let mut copy = [0; SECTOR];
    let rest = bytes.get(index * SECTOR..).unwrap_or_default();
    for (target, source) in copy.iter_mut().zip(rest) {
        *target = *source;
    }
    copy
}

/// Durable bytes while changes are applied: sectors may lie beyond the length for a while.
struct Image<'a> {
    bytes: &'a mut Vec<u8>,
    len: usize,
}

impl<'a> Image<'a> {
    fn of(durable: &'a mut Arc<Vec<u8>>) -> Self {
        let len = durable.len();
        Self {
            bytes: Arc::make_mut(durable),
            len,
        }
    }

    fn apply(&mut self, change: &Change) {
        match change {
            Change::Grow(len) => self.len = self.len.max(*len),
            Change::SetLen(len) => {
                self.bytes.truncate(*len);
                self.len = *len;
            }
            Change::Sector { index, bytes } => {
                let start = index * SECTOR;
                let end = start + SECTOR;
                if self.bytes.len() < end {
                    self.bytes.resize(end, 0);
                }
                if let Some(target) = self.bytes.get_mut(start..end) {
                    target.copy_from_slice(bytes);
                }
            }
        }
    }

    fn finish(self) {
        self.bytes.resize(self.len, 0);
    }
}
