//! The atomics of the machine, or those of a model that tries every order of their operations; a model
//! also has to do the same in every run, so that its hashes are not random.

#[cfg(loom)]
pub(crate) use loom::sync::atomic::{AtomicU32, AtomicU64, Ordering};
#[cfg(not(loom))]
pub(crate) use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

#[cfg(loom)]
pub(crate) use foldhash::fast::FixedState as HashState;
#[cfg(not(loom))]
pub(crate) use foldhash::fast::RandomState as HashState;
