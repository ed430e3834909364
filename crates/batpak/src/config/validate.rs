//! The ranges of the options, checked before the directory is touched.

use super::StoreConfig;
use crate::error::{Detail, DetailCause, StoreError};

/// Largest event that may be configured.
const LARGEST_APPEND: u32 = 64 << 20;
/// Most events of a batch that may be configured.
const LARGEST_BATCH: u32 = 4096;
/// Most bytes of a batch that may be configured.
const LARGEST_BATCH_BYTES: u32 = 16 << 20;

impl StoreConfig {
    /// Checks every option; the first one out of its range is reported.
    pub(crate) fn validate(&self) -> Result<(), StoreError> {
        let (batch, writer) = (self.batch(), self.writer());
        let rules = [
            (
                self.segment_max_bytes() > 0,
                "segment_max_bytes must be > 0",
            ),
            (
                writer.channel_capacity > 0,
                "writer.channel_capacity must be > 0: 0 is a rendezvous channel, on which the \
                 writer and its callers can deadlock",
            ),
            (
                (1..=100).contains(&writer.pressure_retry_threshold_pct),
                "writer.pressure_retry_threshold_pct must be 1..=100",
            ),
            (self.fd_budget() > 0, "fd_budget must be > 0"),
            (
                self.broadcast_capacity() > 0,
                "broadcast_capacity must be > 0: 0 is a rendezvous channel, which starves \
                 subscribers",
            ),
            (
                (1..=LARGEST_APPEND).contains(&self.single_append_max_bytes()),
                "single_append_max_bytes must be 1..=64MB",
            ),
            (
                (1..=LARGEST_BATCH).contains(&batch.max_size),
                "batch.max_size must be 1..=4096",
            ),
            (
                (1..=LARGEST_BATCH_BYTES).contains(&batch.max_bytes),
                "batch.max_bytes must be 1..=16MB",
            ),
        ];
        match rules.into_iter().find(|(holds, _)| !holds) {
            Some((_, rule)) => Err(StoreError::Configuration(Detail::new(
                DetailCause::OutOfRange,
                rule,
            ))),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(config: &StoreConfig) -> Option<String> {
        config.validate().err().map(|error| error.to_string())
    }

    #[test]
    fn every_option_out_of_its_range_is_named() {
        let new = || StoreConfig::new("unused");
        for (config, needle) in [
            (
                new().with_segment_max_bytes(0),
                "segment_max_bytes must be > 0",
            ),
            (
                new().with_writer_channel_capacity(0),
                "channel_capacity must be > 0",
            ),
            (
                new().with_pressure_retry_threshold_pct(0),
                "writer.pressure_retry_threshold_pct must be 1..=100",
            ),
            (
                new().with_pressure_retry_threshold_pct(101),
                "writer.pressure_retry_threshold_pct must be 1..=100",
            ),
            (new().with_fd_budget(0), "fd_budget must be > 0"),
            (
                new().with_broadcast_capacity(0),
                "broadcast_capacity must be > 0",
            ),
            (
                new().with_single_append_max_bytes(0),
                "single_append_max_bytes must be 1..=64MB",
            ),
            (
                new().with_single_append_max_bytes((64 << 20) + 1),
                "single_append_max_bytes must be 1..=64MB",
            ),
            (
                new().with_batch_max_size(0),
                "batch.max_size must be 1..=4096",
            ),
            (
                new().with_batch_max_size(4097),
                "batch.max_size must be 1..=4096",
            ),
            (
                new().with_batch_max_bytes(0),
                "batch.max_bytes must be 1..=16MB",
            ),
            (
                new().with_batch_max_bytes((16 << 20) + 1),
                "batch.max_bytes must be 1..=16MB",
            ),
        ] {
            let text = refusal(&config).unwrap_or_default();
            assert!(
                text.contains("invalid config") && text.contains(needle),
                "{text}"
            );
        }
    }

    #[test]
    fn the_ends_of_every_range_are_accepted() {
        let smallest = StoreConfig::new("unused")
            .with_segment_max_bytes(1)
            .with_writer_channel_capacity(1)
            .with_pressure_retry_threshold_pct(1)
            .with_fd_budget(1)
            .with_broadcast_capacity(1)
            .with_single_append_max_bytes(1)
            .with_batch_max_size(1)
            .with_batch_max_bytes(1);
        let largest = StoreConfig::new("unused")
            .with_pressure_retry_threshold_pct(100)
            .with_single_append_max_bytes(64 << 20)
            .with_batch_max_size(4096)
            .with_batch_max_bytes(16 << 20);
        for config in [StoreConfig::new("unused"), smallest, largest] {
            assert_eq!(refusal(&config), None, "{config:?}");
        }
    }

    #[test]
    fn the_first_rule_that_is_broken_is_reported() {
        let config = StoreConfig::new("unused")
            .with_batch_max_bytes(0)
            .with_fd_budget(0)
            .with_writer_channel_capacity(0);
        assert!(
            refusal(&config)
                .unwrap_or_default()
                .contains("channel_capacity")
        );
    }
}
