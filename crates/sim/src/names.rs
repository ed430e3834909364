//! The directory: which names are visible, which are durable, and the changes in between.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;

use crate::crash::Unit;
use crate::fault::{Aftermath, ENOENT, os_error};
use crate::sectors::{hash_bytes, mix};

/// Number of a file, whatever names it has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct InodeId(pub(crate) u64);

#[derive(Clone, Debug, Default)]
pub(crate) struct Names {
    visible: Map,
    durable: Map,
    pending: Vec<Pending>,
}

type Map = BTreeMap<Arc<str>, InodeId>;

#[derive(Clone, Debug)]
struct Pending {
    change: Change,
    /// A failed sync has marked it clean: no later sync writes it, the next crash decides.
    forgotten: bool,
}

#[derive(Clone, Debug)]
enum Change {
    Create {
        name: Arc<str>,
        inode: InodeId,
    },
    Rename {
        from: Arc<str>,
        to: Arc<str>,
        inode: InodeId,
    },
    Remove {
        name: Arc<str>,
    },
}

impl Names {
    pub(crate) fn get(&self, name: &str) -> Option<InodeId> {
        self.visible.get(name).copied()
    }

    /// The visible names in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&Arc<str>, InodeId)> {
        self.visible.iter().map(|(name, inode)| (name, *inode))
    }

    pub(crate) fn create(&mut self, name: Arc<str>, inode: InodeId) {
        self.change(Change::Create { name, inode });
    }

    pub(crate) fn rename(&mut self, from: Arc<str>, to: Arc<str>) -> io::Result<()> {
        let inode = self.get(&from).ok_or_else(|| os_error(ENOENT))?;
        if from != to {
            self.change(Change::Rename { from, to, inode });
        }
        Ok(())
    }

    pub(crate) fn remove(&mut self, name: Arc<str>) -> io::Result<()> {
        self.get(&name).ok_or_else(|| os_error(ENOENT))?;
        self.change(Change::Remove { name });
        Ok(())
    }

    /// Makes every pending change durable, but those that a failed sync has forgotten.
    ///
    /// A forgotten change is replaced when a later one with a name of it is written back, because
    /// the directory is written as it then is.
    pub(crate) fn sync(&mut self) {
        let pending = std::mem::take(&mut self.pending);
        for (position, entry) in pending.iter().enumerate() {
            if !entry.forgotten {
                entry.change.apply(&mut self.durable);
                continue;
            }
            let mut later = pending.iter().skip(position + 1);
            if !later.any(|other| !other.forgotten && other.change.touches(&entry.change)) {
                self.pending.push(entry.clone());
            }
        }
    }

    pub(crate) fn fail_sync(&mut self, aftermath: Aftermath) {
        match aftermath {
            // Directories are read through the cache: what is evicted would be read as it is on the
            // disk, which is what reverting shows.
            Aftermath::Kept => {
                for entry in &mut self.pending {
                    entry.forgotten = true;
                }
            }
            Aftermath::Reverted | Aftermath::Evicted => {
                self.pending.clear();
                self.visible = self.durable.clone();
            }
        }
    }

    /// What a crash decides about, in the order of the calls.
    pub(crate) fn units(&self) -> impl Iterator<Item = Unit> {
        self.pending.iter().map(|entry| entry.change.unit())
    }

    pub(crate) fn unit_count(&self) -> usize {
        self.pending.len()
    }

    /// A hash of everything that later calls and crashes can depend on, given a number for each file.
    pub(crate) fn state_hash(&self, number: impl Fn(InodeId) -> u64) -> u64 {
        let of_map = |map: &Map| {
            let names = map.iter();
            names.fold(0, |hash, (name, inode)| {
                mix(mix(hash, hash_bytes(name.as_bytes())), number(*inode))
            })
        };
        let pending = self.pending.iter().fold(0, |hash, entry| {
            let names = entry.change.names();
            let names = names.map(|name| hash_bytes(name.as_bytes()));
            let kind = match entry.change {
                Change::Create { .. } => 1,
                Change::Rename { .. } => 2,
                Change::Remove { .. } => 3,
            };
            let [one, two] = names;
            mix(
                mix(hash, kind << 1 | u64::from(entry.forgotten)),
                mix(one, two),
            )
        });
        mix(mix(of_map(&self.visible), of_map(&self.durable)), pending)
    }

    /// Keeps what `survives` says, one answer for each of [`units`](Self::units).
    pub(crate) fn crash(&mut self, survives: &mut dyn Iterator<Item = bool>) {
        for entry in std::mem::take(&mut self.pending) {
            if survives.next().unwrap_or(false) {
                entry.change.apply(&mut self.durable);
            }
        }
        self.visible = self.durable.clone();
    }

    /// Binds a name, or unbinds it, at once and durably, whatever is pending for it.
    pub(crate) fn settle(&mut self, name: &Arc<str>, inode: Option<InodeId>) {
        self.pending.retain(|entry| !entry.change.has(name));
        for map in [&mut self.visible, &mut self.durable] {
            match inode {
                Some(inode) => map.insert(Arc::clone(name), inode),
                None => map.remove(name),
            };
        }
    }

    /// Whether a name, or a change that may still become durable, leads to the file.
    pub(crate) fn reach(&self, inode: InodeId) -> bool {
        let bound = |map: &Map| map.values().any(|other| *other == inode);
        bound(&self.visible)
            || bound(&self.durable)
            || self.pending.iter().any(|entry| match entry.change {
                Change::Create { inode: other, .. } | Change::Rename { inode: other, .. } => {
                    other == inode
                }
                Change::Remove { .. } => false,
            })
    }

    fn change(&mut self, change: Change) {
        change.apply(&mut self.visible);
        self.pending.push(Pending {
            change,
            forgotten: false,
        });
    }
}

impl Change {
    /// Applies the change by name: it does not need the changes before it to have been applied.
    fn apply(&self, map: &mut Map) {
        match self {
            Self::Create { name, inode } => {
                map.insert(Arc::clone(name), *inode);
            }
            Self::Rename { from, to, inode } => {
                map.remove(from);
                map.insert(Arc::clone(to), *inode);
            }
            Self::Remove { name } => {
                map.remove(name);
            }
        }
    }

    fn unit(&self) -> Unit {
        match self {
            Self::Create { name, .. } => Unit::Create {
                name: Arc::clone(name),
            },
            Self::Rename { from, to, .. } => Unit::Rename {
                from: Arc::clone(from),
                to: Arc::clone(to),
            },
            Self::Remove { name } => Unit::Remove {
                name: Arc::clone(name),
            },
        }
    }

    fn names(&self) -> [&Arc<str>; 2] {
        match self {
            Self::Create { name, .. } | Self::Remove { name } => [name, name],
            Self::Rename { from, to, .. } => [from, to],
        }
    }

    fn has(&self, name: &Arc<str>) -> bool {
        self.names().contains(&name)
    }

    fn touches(&self, other: &Self) -> bool {
        other.names().into_iter().any(|name| self.has(name))
    }
}
