//! The world a store lives in, as one value.

use std::sync::Arc;

use crate::clock::{Clock, SystemClock};
use crate::directory::RealDirectory;
use crate::entropy::{Entropy, SystemEntropy};
use crate::storage::Storage;
use crate::tasks::Tasks;
use crate::threads::ThreadTasks;

/// The world a store lives in: one plain value, so that the store is not generic over it.
#[derive(Clone, Debug)]
pub struct Platform {
    /// The directory.
    pub storage: Arc<dyn Storage>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub entropy: Arc<dyn Entropy>,
    /// Background steps.
    pub tasks: Arc<dyn Tasks>,
}

impl Platform {
    /// The real machine around `storage`: its clocks, its randomness, and threads.
    #[must_use]
    pub fn real(storage: RealDirectory) -> Self {
        Self {
            storage: Arc::new(storage),
            clock: Arc::new(SystemClock::new()),
            entropy: Arc::new(SystemEntropy),
            tasks: Arc::new(ThreadTasks),
        }
    }
}
