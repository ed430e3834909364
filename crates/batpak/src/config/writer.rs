//! Settings of the writer.

/// What happens after the writer met a panic.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum RestartPolicy {
    /// It is restarted once.
    #[default]
    Once,
    /// It is restarted up to a number of times within a window.
    Bounded {
        /// Most restarts inside the window.
        max_restarts: u32,
        /// Length of the window in milliseconds.
        within_ms: u64,
    },
}

/// Settings of the writer.
///
/// Events are written on the thread that appends them: there is no writer thread and no channel.
/// The settings that describe a thread are kept and validated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct WriterConfig {
    /// How many events may wait to be written before whoever appends writes first, at least 1.
    pub channel_capacity: usize,
    /// Percentage of the capacity from which on `try_submit` is to be tried again later, 1 to 100.
    pub pressure_retry_threshold_pct: u8,
    /// Stack size of the writer thread in 0.8, in bytes. Without effect.
    pub stack_size: Option<usize>,
    /// What happens after a panic of the writer. Without effect: no thread is there to restart.
    pub restart_policy: RestartPolicy,
    /// Most queued appends that 0.8 writes at shutdown. Without effect: closing writes all.
    pub shutdown_drain_limit: usize,
}

impl Default for WriterConfig {
    fn default() -> Self {
        Self {
            channel_capacity: 4096,
            pressure_retry_threshold_pct: 75,
            stack_size: None,
            restart_policy: RestartPolicy::Once,
            shutdown_drain_limit: 1024,
        }
    }
}
