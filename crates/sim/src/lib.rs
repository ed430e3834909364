//! A simulated disk for testing code that must survive crashes.
//!
//! # Model
//!
//! A [`SimDisk`] is a machine with one directory. The process on it sees every change at once;
//! what is durable changes only by syncs, and in between everything is *pending*:
//!
//! - A file has visible bytes, durable bytes, and pending changes. A write becomes one change for
//!   each 512-byte sector it touches, and one for the length if the file grows; both are
//!   independent, so a crash can leave a longer file of zeros, or bytes beyond an old end, which
//!   nobody sees. A sector change holds the whole sector as it was in the cache at that moment:
//!   sectors are not torn inside, and a later version includes the earlier ones.
//! - The directory has visible names, durable names, and pending changes: create, rename, remove.
//!   Syncing a file does not make its name durable, nor the other way round. A crash keeps any
//!   subset of the changes, applied by name in the order of the calls. A rename is atomic and
//!   binds the new name to the file it moved even when the creation of the old name was lost.
//! - [`SimDisk::crash`] asks for every pending change, a [`Unit`], whether it survived.
//!   [`SimDisk::kill`] ends the process alone: everything stays visible, and pending.
//! - A [`Fault`] can be ordered for any call by its ordinal. [`SimDisk::stop_after`] cuts the
//!   power at any mutating call; [`SimDisk::record_crash_points`] keeps the machine as it was before each.
//! - A [`Profile`] says which subsets survive, whether a sector is torn, whether syncs are true, and what
//!   rots or goes astray afterwards.
//! - [`Choices`] is one stream of decisions, at random, from bytes, from a word, or all of them in order;
//!   [`shrink`] makes a failing one small.
//!
//! Every run is a function of the calls made: there is no time, no thread and no randomness that
//! is not seeded.
//!
//! Files keep only sectors that are not zero, and their hashes, so that a [`SimDisk::snapshot`] and a
//! [`SimDisk::fingerprint`] cost nothing in proportion to the zeros that a file was filled with.
//!
//! # What it does not do
//!
//! It keeps no order between pending changes, as the weakest file system POSIX allows, unless the
//! profile does; and that one keeps the order of names, and of each file, not between files. It has no links and no directories below. The lock is a fact
//! of the disk without a lock file. Mapping a file copies what the process sees at that moment. Files are in memory, and at most 1 GiB long.
//!
//! # Example
//!
//! Every place where the power can fail, with many outcomes each: what was acknowledged is there.
//!
//! ```
//! use batpak_platform::{Storage, write_all_at};
//! use batpak_sim::{SimDisk, Stopped};
//!
//! fn script(storage: &dyn Storage, acknowledged: &mut Vec<u8>) -> std::io::Result<()> {
//!     let file = storage.create("log")?;
//!     storage.sync_directory()?;
//!     for (offset, byte) in (b'a'..=b'e').enumerate() {
//!         write_all_at(&*file, &[byte], offset as u64)?;
//!         file.sync_data()?;
//!         acknowledged.push(byte);
//!     }
//!     Ok(())
//! }
//!
//! # fn main() -> std::io::Result<()> {
//! let whole = SimDisk::new();
//! script(&*whole.storage(), &mut Vec::new())?;
//! for calls in 0..whole.mutating_calls() {
//!     let disk = SimDisk::new();
//!     disk.stop_after(calls);
//!     let mut acknowledged = Vec::new();
//!     let end = script(&*disk.storage(), &mut acknowledged).unwrap_err();
//!     assert_eq!(Stopped::of(&end), Some(Stopped::PowerCut));
//!     for seed in 0..20 {
//!         let outcome = disk.snapshot();
//!         outcome.crash_seeded(seed);
//!         // Here a store would be opened on `outcome.platform()`.
//!         let kept = outcome.contents("log").unwrap_or_default();
//!         assert!(kept.starts_with(&acknowledged));
//!     }
//! }
//! # Ok(())
//! # }
//! ```

#![forbid(unsafe_code)]

mod choices;
mod crash;
mod disk;
mod fault;
mod file;
mod inode;
mod names;
mod profile;
mod sectors;
mod state;
mod stopped;
mod storage;

pub use choices::{Choices, ParseChoicesError, shrink};
pub use crash::{Fate, Unit};
pub use disk::SimDisk;
pub use fault::{Aftermath, Fault, Operation};
pub use profile::Profile;
pub use stopped::Stopped;
