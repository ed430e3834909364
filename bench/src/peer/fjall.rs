//! fjall: three keyspaces, one batch for each commit.

use std::path::Path;
use std::sync::Mutex;

use fjall::{Database, Keyspace, KeyspaceCreateOptions, PersistMode};

use super::keys::{self, Tail};
use super::{Each, Level, Peer, Scratch};
use crate::Result;
use crate::event::{self, Draft, Events};

struct Fjall {
    database: Database,
    mode: PersistMode,
    log: Keyspace,
    streams: Keyspace,
    ids: Keyspace,
    tail: Mutex<Tail>,
}

/// Opens or creates it.
pub(super) fn open(dir: &Path, level: Level, events: &Events) -> Result<Box<dyn Peer>> {
    let database = Database::builder(dir).cache_size(256 << 20).open()?;
    let keyspace = |name| database.keyspace(name, KeyspaceCreateOptions::default);
    let (log, streams, ids) = (keyspace("events")?, keyspace("streams")?, keyspace("ids")?);
    let last = match log.last_key_value() {
        Some(entry) => u64::from_be_bytes(entry.key()?.as_ref().try_into()?),
        None => 0,
    };
    let mode = match level {
        Level::Written => PersistMode::Buffer,
        Level::Synced => PersistMode::SyncData,
    };
    let tail = Mutex::new(Tail::new(last, events.names().len()));
    Ok(Box::new(Fjall {
        database,
        mode,
        log,
        streams,
        ids,
        tail,
    }))
}

impl Fjall {
    /// Appends events in one batch, the first under a condition.
    fn commit(
        &self,
        events: &[Draft<'_>],
        expected: Option<u64>,
        scratch: &mut Scratch,
        mut each: impl FnMut(u128),
    ) -> Result<bool> {
        let mut tail = self.tail.lock().map_err(|_| "a writer panicked")?;
        let batch = self.database.batch();
        let mut batch = batch.durability(Some(self.mode));
        for event in events {
            let stream = tail.stream(event, || self.last_of(event.name))?;
            if expected.is_some_and(|expected| expected != stream) {
                return Ok(false);
            }
            let place = tail.place(event, stream, &mut scratch.bytes)?;
            let sequence = place.sequence.to_be_bytes();
            batch.insert(&self.log, sequence, scratch.bytes.as_slice());
            keys::stream_key(event.name, place.stream, &mut scratch.more);
            let value = place.sequence.to_le_bytes();
            batch.insert(&self.streams, scratch.more.as_slice(), value);
            batch.insert(&self.ids, place.id.to_be_bytes(), value);
            each(place.id);
        }
        batch.commit()?;
        Ok(true)
    }

    fn last_of(&self, name: &str) -> Result<u64> {
        match self.streams.prefix(name).next_back() {
            Some(entry) => keys::stream_of(entry.key()?.as_ref()),
            None => Ok(0),
        }
    }

    fn one(&self, sequence: u64, each: Each<'_>) -> Result<()> {
        let record = self.log.get(sequence.to_be_bytes())?;
        each(keys::payload(record.ok_or("no such event")?.as_ref())?)
    }
}

impl Peer for Fjall {
    fn append(&self, event: &Draft<'_>, scratch: &mut Scratch) -> Result<()> {
        self.commit(std::slice::from_ref(event), None, scratch, |_| ())?;
        Ok(())
    }

    fn append_expected(
        &self,
        event: &Draft<'_>,
        expected: u64,
        scratch: &mut Scratch,
    ) -> Result<bool> {
        self.commit(std::slice::from_ref(event), Some(expected), scratch, |_| ())
    }

    fn append_batch(
        &self,
        events: &[Draft<'_>],
        scratch: &mut Scratch,
        ids: &mut Vec<u128>,
    ) -> Result<()> {
        self.commit(events, None, scratch, |id| ids.push(id))?;
        Ok(())
    }

    fn get(&self, id: u128, each: Each<'_>) -> Result<()> {
        let sequence = self.ids.get(id.to_be_bytes())?.ok_or("no such event")?;
        self.one(keys::number(sequence.as_ref())?, each)
    }

    fn replay(&self, entity: &str, each: Each<'_>) -> Result<()> {
        for entry in self.streams.prefix(entity) {
            self.one(keys::number(entry.value()?.as_ref())?, each)?;
        }
        Ok(())
    }

    fn select(&self, group: usize, each: Each<'_>) -> Result<()> {
        let mut sequences = Vec::new();
        for entry in self.streams.prefix(event::group(group) + ":") {
            sequences.push(keys::number(entry.value()?.as_ref())?);
        }
        sequences.sort_unstable();
        for sequence in sequences {
            self.one(sequence, each)?;
        }
        Ok(())
    }

    fn scan(&self, each: Each<'_>) -> Result<()> {
        for entry in self.log.iter() {
            each(keys::payload(entry.value()?.as_ref())?)?;
        }
        Ok(())
    }

    fn close(self: Box<Self>) -> Result<()> {
        self.database.persist(PersistMode::SyncAll)?;
        Ok(())
    }
}
