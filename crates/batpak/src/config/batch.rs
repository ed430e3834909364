//! Limits of batches.

/// Limits of batches, and the rule of group commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct BatchConfig {
    /// Most events in one batch, 1 to 4096.
    pub max_size: u32,
    /// Most bytes of payloads and extensions in one batch, 1 to 16 MiB.
    pub max_bytes: u32,
    /// Above 1 every single append needs an idempotency key; 0 and 1 set no rule.
    ///
    /// The writer always commits together what was appended together, with or without keys.
    pub group_commit_max_batch: u32,
}

impl BatchConfig {
    /// Whether single appends need an idempotency key.
    #[must_use]
    pub fn requires_keys(&self) -> bool {
        self.group_commit_max_batch > 1
    }
}

impl Default for BatchConfig {
    fn default() -> Self {
        Self {
            max_size: 256,
            max_bytes: 1 << 20,
            group_commit_max_batch: 1,
        }
    }
}
