//! What the options mean to the journal.

use batpak_journal::Options;

use super::StoreConfig;

impl StoreConfig {
    /// What the journal gets to know. Limits of batches are checked above it, where an item of a
    /// batch and a single append are told apart.
    pub(crate) fn journal_options(&self) -> Options {
        let bytes = |limit: u32| usize::try_from(limit).unwrap_or(usize::MAX);
        Options {
            durability: self.durability(),
            segment_max_bytes: self.segment_max_bytes(),
            single_append_max_bytes: bytes(self.single_append_max_bytes()),
            batch_max_events: bytes(self.batch().max_size),
            batch_max_bytes: bytes(self.batch().max_bytes),
            staged_max_events: u64::try_from(self.writer().channel_capacity).unwrap_or(u64::MAX),
            sync_every_events: self.sync().cadence(),
            accept_damage: self.accepted_damage(),
            mapping: self.mapping(),
            ..Options::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use batpak_journal::Durability;

    use super::*;

    #[test]
    fn the_cadence_of_syncs_decides_the_level_unless_one_is_set() {
        let with = |events| StoreConfig::new("unused").with_sync_every_n_events(events);
        for (config, durability, cadence) in [
            (StoreConfig::new("unused"), Durability::Synced, None),
            (with(0), Durability::Synced, None),
            (with(1), Durability::Synced, None),
            (with(2), Durability::Written, Some(2)),
            (with(1000), Durability::Written, Some(1000)),
            (
                with(9).with_durability(Durability::Synced),
                Durability::Synced,
                Some(9),
            ),
            (
                with(1).with_durability(Durability::Written),
                Durability::Written,
                None,
            ),
        ] {
            let options = config.journal_options();
            assert_eq!(config.durability(), durability, "{config:?}");
            assert_eq!(options.durability, durability);
            assert_eq!(options.sync_every_events, cadence);
        }
    }
}
