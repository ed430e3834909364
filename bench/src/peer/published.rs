//! The published crate, as its documentation describes it.

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use batpak_published::coordinate::{Coordinate, Region};
use batpak_published::event::EventKind;
use batpak_published::id::{EntityIdType, EventId, IdempotencyKey};
use batpak_published::store::{
    AppendOptions, BatchAppendItem, CausationRef, DurabilityGate, IndexEntry, Store, StoreConfig,
    StoreError, SyncMode, WatermarkKind,
};

use super::{Each, Level, Peer, Scratch};
use crate::Result;
use crate::event::{self, Draft, Events, SCOPE, scatter};

const KIND: EventKind = EventKind::custom(0x1, 1);
/// Far more than any sync takes.
const TIMEOUT: Duration = Duration::from_secs(60);
/// Entries of one page of a scan.
const PAGE: usize = 65_536;

struct Published {
    store: Store,
    level: Level,
    places: Vec<Coordinate>,
    /// Appends that share a sync must have keys.
    keys: AtomicU64,
}

/// Opens or creates it.
pub(super) fn open(dir: &Path, level: Level, events: &Events) -> Result<Box<dyn Peer>> {
    let config = StoreConfig::new(dir)
        .with_sync_mode(SyncMode::SyncData)
        .with_batch_max_size(4096)
        .with_batch_max_bytes(16 << 20);
    let config = match level {
        Level::Written => config.with_sync_every_n_events(u32::MAX),
        Level::Synced => config
            .with_sync_every_n_events(1)
            .with_group_commit_max_batch(256),
    };
    let names = events.names().iter();
    let places = names.map(|name| Coordinate::new(name.as_str(), SCOPE));
    let places = places.collect::<std::result::Result<_, _>>()?;
    Ok(Box::new(Published {
        store: Store::open(config)?,
        level,
        places,
        keys: AtomicU64::new(0),
    }))
}

impl Published {
    fn options(&self) -> AppendOptions {
        match self.level {
            Level::Written => AppendOptions::new(),
            Level::Synced => {
                let number = self.keys.fetch_add(1, Ordering::Relaxed);
                let key = u128::from(scatter(number)) << 64 | u128::from(number);
                AppendOptions::new()
                    .with_idempotency(IdempotencyKey::from_u128(key))
                    .with_gate(DurabilityGate::new(WatermarkKind::Durable, TIMEOUT))
            }
        }
    }

    fn each_of(&self, entries: &[IndexEntry], each: Each<'_>) -> Result<()> {
        for entry in entries {
            each(&self.store.read_raw(entry.event_id())?.event.payload)?;
        }
        Ok(())
    }
}

impl Peer for Published {
    fn append(&self, event: &Draft<'_>, _: &mut Scratch) -> Result<()> {
        let place = &self.places[event.entity];
        let receipt = match self.level {
            Level::Written => self.store.append(place, KIND, &event.payload),
            Level::Synced => {
                let options = self.options();
                self.store
                    .append_with_options(place, KIND, &event.payload, options)
            }
        };
        drop(receipt?);
        Ok(())
    }

    fn append_expected(&self, event: &Draft<'_>, expected: u64, _: &mut Scratch) -> Result<bool> {
        let place = &self.places[event.entity];
        // It counts from 0, and an absent stream counts as 0 as well.
        let expected = u32::try_from(expected.saturating_sub(1))?;
        let options = self.options().with_cas(expected);
        let appended = self
            .store
            .append_with_options(place, KIND, &event.payload, options);
        match appended {
            Ok(_) => Ok(true),
            Err(StoreError::SequenceMismatch { .. }) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    fn append_batch(
        &self,
        events: &[Draft<'_>],
        _: &mut Scratch,
        ids: &mut Vec<u128>,
    ) -> Result<()> {
        let item = |event: &Draft<'_>| {
            let place = self.places[event.entity].clone();
            let (options, cause) = (AppendOptions::new(), CausationRef::None);
            BatchAppendItem::new(place, KIND, &event.payload, options, cause)
        };
        let items = events.iter().map(item);
        let items = items.collect::<std::result::Result<_, _>>()?;
        let receipts = self.store.append_batch(items)?;
        ids.extend(receipts.iter().map(|receipt| receipt.event_id.as_u128()));
        Ok(())
    }

    fn append_pipelined(&self, events: &[Draft<'_>], _: &mut Scratch) -> Result<()> {
        let mut tickets = Vec::with_capacity(events.len());
        for event in events {
            let place = &self.places[event.entity];
            tickets.push(self.store.submit(place, KIND, &event.payload)?);
        }
        for ticket in tickets {
            drop(ticket.wait()?);
        }
        Ok(())
    }

    fn get(&self, id: u128, each: Each<'_>) -> Result<()> {
        each(&self.store.read_raw(EventId::from_u128(id))?.event.payload)
    }

    fn replay(&self, entity: &str, each: Each<'_>) -> Result<()> {
        self.each_of(&self.store.by_entity(entity), each)
    }

    fn select(&self, group: usize, each: Each<'_>) -> Result<()> {
        let mut entries = self.store.query(&Region::entity(event::group(group)));
        entries.sort_by_key(IndexEntry::global_sequence);
        self.each_of(&entries, each)
    }

    fn scan(&self, each: Each<'_>) -> Result<()> {
        // Its log also holds events that the store wrote about itself.
        let (region, mut after) = (Region::scope(SCOPE), None);
        loop {
            let page = self.store.query_entries_after(&region, after, PAGE);
            let Some(last) = page.last() else {
                return Ok(());
            };
            after = Some(last.global_sequence());
            self.each_of(&page, &mut *each)?;
        }
    }

    fn close(self: Box<Self>) -> Result<()> {
        self.store.close()?;
        Ok(())
    }
}
