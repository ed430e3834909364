//! What kinds of disks there are: which subsets of pending changes a crash can leave, and what else a
//! disk does to the bytes it was given.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::choices::Choices;
use crate::crash::{Fate, Unit};
use crate::disk::SimDisk;
use crate::sectors::SECTOR;

/// A kind of disk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Profile {
    /// Any subset of what is pending survives: the least that POSIX promises.
    #[default]
    WeakestPosix,
    /// As [`WeakestPosix`](Self::WeakestPosix), and one sector may be torn at any byte.
    TornSectors,
    /// As a journaling file system that writes bytes before the lengths that show them: of the names
    /// survives what was changed first, and a length only with every byte below it that was written
    /// before it.
    Ext4Ordered,
    /// Syncs succeed and do nothing. What is acknowledged can be lost; what is left must be in order.
    LyingDisk,
    /// After the crash bits of one byte are flipped, or one sector is zeros.
    BitRot,
    /// After the crash one sector of a file is where another one should be.
    MisdirectedWrite,
}

impl Profile {
    /// Every profile.
    pub const ALL: [Self; 6] = [
        Self::WeakestPosix,
        Self::TornSectors,
        Self::Ext4Ordered,
        Self::LyingDisk,
        Self::BitRot,
        Self::MisdirectedWrite,
    ];

    /// Whether the disk keeps what it said is durable.
    #[must_use]
    pub fn is_honest(self) -> bool {
        !matches!(
            self,
            Self::LyingDisk | Self::BitRot | Self::MisdirectedWrite
        )
    }

    /// Makes a disk behave so, where that shows before a crash.
    pub fn prepare(self, disk: &SimDisk) {
        disk.lie_about_syncs(self == Self::LyingDisk);
    }

    /// What a crash can leave at all: fates that this kind of disk cannot bring about become losses.
    pub fn allow(self, units: &[Unit], fates: &mut [Fate]) {
        if self != Self::Ext4Ordered {
            return;
        }
        // A write past the end is pending as a length and then its bytes.
        let mut short: BTreeSet<&Arc<str>> = BTreeSet::new();
        for (unit, fate) in units.iter().zip(fates.iter_mut()).rev() {
            match unit {
                Unit::Sector { file, .. } if *fate == Fate::Lost => {
                    short.insert(file);
                }
                Unit::Length { file, .. } if short.contains(file) => *fate = Fate::Lost,
                _ => {}
            }
        }
        let mut lost_a_name = false;
        let mut lost_bytes: BTreeSet<&Arc<str>> = BTreeSet::new();
        for (unit, fate) in units.iter().zip(fates.iter_mut()) {
            match unit {
                Unit::Create { .. } | Unit::Rename { .. } | Unit::Remove { .. } => {
                    lost_a_name |= *fate == Fate::Lost;
                    if lost_a_name {
                        *fate = Fate::Lost;
                    }
                }
                Unit::Sector { file, .. } => {
                    if *fate == Fate::Lost {
                        lost_bytes.insert(file);
                    }
                }
                Unit::Length { file, .. } => {
                    if lost_bytes.contains(file) {
                        *fate = Fate::Lost;
                    } else if *fate == Fate::Lost {
                        lost_bytes.insert(file);
                    }
                }
            }
        }
    }

    /// A fate for each unit, drawn from the choices: first how many survive on the whole.
    pub fn draw(self, units: &[Unit], choices: &mut Choices) -> Vec<Fate> {
        let kept_in_eight = 8 - choices.below(9);
        let mut fates: Vec<Fate> = units
            .iter()
            .map(|_| match kept_in_eight {
                8 => Fate::Kept,
                0 => Fate::Lost,
                kept if choices.below(8) < kept => Fate::Kept,
                _ => Fate::Lost,
            })
            .collect();
        if self == Self::TornSectors && !units.is_empty() {
            let torn = choices.index(units.len());
            let kept = choices.index(SECTOR);
            if let (Some(Unit::Sector { .. }), Some(fate)) = (units.get(torn), fates.get_mut(torn))
            {
                *fate = Fate::Torn(kept);
            }
        }
        self.allow(units, &mut fates);
        fates
    }

    /// What the disk does to durable bytes after a crash; tells what, when it has done anything.
    pub fn damage(self, disk: &SimDisk, choices: &mut Choices) -> Option<String> {
        let names = disk.names();
        match self {
            Self::BitRot => {
                let name = choices.pick(&names)?;
                let len = disk.file_len(name)?;
                if choices.once_in(4) {
                    let at = choices.index(len / SECTOR) * SECTOR;
                    let rest = disk.contents(name)?.get(at..at + SECTOR)?.to_vec();
                    for (inside, byte) in rest.into_iter().enumerate() {
                        disk.corrupt(name, at + inside, byte);
                    }
                    return Some(format!("{name}: the sector at {at} is zeros"));
                }
                let (at, mask) = (choices.index(len), 1 + choices.below(255));
                let flipped = disk.corrupt(name, at, u8::try_from(mask).unwrap_or(1));
                flipped.then(|| format!("{name}: flipped {mask:#x} at {at}"))
            }
            Self::MisdirectedWrite => {
                let name = choices.pick(&names)?;
                let sectors = disk.file_len(name)?.div_ceil(SECTOR);
                let (from, to) = (choices.index(sectors), choices.index(sectors));
                let moved = from != to && disk.misdirect(name, from * SECTOR, to * SECTOR);
                moved.then(|| format!("{name}: sector {from} went to {to}"))
            }
            _ => None,
        }
    }
}
