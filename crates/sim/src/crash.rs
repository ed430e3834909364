//! Crashes: what a power cut decides about, and the ends of simulated processes.

use std::sync::Arc;

use batpak_platform::FixedEntropy;

use crate::disk::SimDisk;

/// One pending change that a crash keeps or loses as a whole.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Unit {
    /// The 512 bytes of a file at `offset`, as they were in the cache after one write. Keeping a
    /// later version of a sector keeps what earlier ones changed.
    Sector {
        /// The last name of the file.
        file: Arc<str>,
        /// A multiple of 512.
        offset: usize,
    },
    /// A length of a file, set or grown to.
    Length {
        /// The last name of the file.
        file: Arc<str>,
        /// The length in bytes.
        len: usize,
    },
    /// A new name.
    Create {
        /// The name.
        name: Arc<str>,
    },
    /// A rename: both names change, or neither.
    Rename {
        /// The old name.
        from: Arc<str>,
        /// The new name.
        to: Arc<str>,
    },
    /// A removed name.
    Remove {
        /// The name.
        name: Arc<str>,
    },
}

/// What a crash makes of a pending change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Fate {
    /// As if it had not been made.
    Lost,
    /// It is on the disk.
    Kept,
    /// The first bytes of a sector are on the disk, the others are as before; any other change is kept.
    Torn(usize),
}

impl Unit {
    /// Whether the change is one of names, not of bytes or lengths.
    #[must_use]
    pub fn is_name(&self) -> bool {
        matches!(
            self,
            Self::Create { .. } | Self::Rename { .. } | Self::Remove { .. }
        )
    }
}

impl SimDisk {
    /// How many changes a crash would decide about now.
    #[must_use]
    pub fn pending_count(&self) -> usize {
        let state = self.state();
        let data: usize = state.inodes.values().map(|inode| inode.unit_count()).sum();
        state.names.unit_count() + data
    }

    /// What a crash would decide about now: names first, then file by file in the order of their
    /// creation, each in the order of the calls.
    #[must_use]
    pub fn pending_units(&self) -> Vec<Unit> {
        let state = self.state();
        let data = state.inodes.values().flat_map(|inode| inode.units());
        state.names.units().chain(data).collect()
    }

    /// Cuts the power: of what is not durable only that is kept for which `survivors` says so.
    ///
    /// It is asked once for each of [`pending_units`](Self::pending_units), in that order, and may
    /// answer as it likes: the changes are independent of each other. Afterwards the process is
    /// gone (every handle fails with [`Stopped::ProcessEnded`](crate::Stopped), locks are free, the
    /// next process has no background steps, ordered faults and stops are forgotten), and
    /// everything on the disk is durable.
    pub fn crash(&self, survivors: &mut dyn FnMut(Unit) -> bool) {
        // Asked outside the lock, so that the caller may look at the disk.
        let units = self.pending_units().into_iter();
        let answers: Vec<bool> = units.map(survivors).collect();
        self.crash_into(
            &mut answers
                .into_iter()
                .map(|survives| if survives { Fate::Kept } else { Fate::Lost }),
        );
    }

    /// Cuts the power like [`crash`](Self::crash), with one fate for each of
    /// [`pending_units`](Self::pending_units) in order; what has none is lost.
    pub fn crash_into(&self, fates: &mut dyn Iterator<Item = Fate>) {
        self.end_process();
        let mut state = self.state();
        state.names.crash(&mut fates.map(|fate| fate != Fate::Lost));
        for inode in state.inodes.values_mut() {
            inode.crash(fates);
        }
        state.drop_unreachable();
    }

    /// Cuts the power and loses everything that was not durable.
    pub fn crash_keep_nothing(&self) {
        self.crash(&mut |_| false);
    }

    /// Cuts the power just after everything reached the disk by itself.
    pub fn crash_keep_all(&self) {
        self.crash(&mut |_| true);
    }

    /// Cuts the power and keeps what the seed says; equal seeds on equal disks keep the same.
    ///
    /// How much is kept on the whole differs from seed to seed, from nothing to everything.
    pub fn crash_seeded(&self, seed: u64) {
        let random = FixedEntropy::new(seed);
        let kept_in_eight = random.next_u64() % 9;
        self.crash(&mut |_| random.next_u64() % 8 < kept_in_eight);
    }

    /// Ends the process and keeps the machine: what was written stays visible, and pending.
    /// Everything else is as after a [`crash`](Self::crash).
    pub fn kill(&self) {
        self.end_process();
        self.state().drop_unreachable();
    }

    fn end_process(&self) {
        self.state().end_process();
        // Outside the lock: steps may hold handles, whose end looks at the state.
        drop(self.replace_tasks());
    }
}
