//! redb: three tables, one transaction for each commit.

use std::ops::RangeInclusive;
use std::path::Path;
use std::sync::Mutex;

use redb::{
    Builder, Database, Durability, ReadableDatabase, ReadableTable, Table, TableDefinition,
    WriteTransaction,
};

use super::keys::{self, Tail};
use super::{Each, Level, Peer, Scratch};
use crate::Result;
use crate::event::{self, Draft, Events};

const EVENTS: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("events");
const STREAMS: TableDefinition<'_, &[u8], u64> = TableDefinition::new("streams");
const IDS: TableDefinition<'_, u128, u64> = TableDefinition::new("ids");

struct Redb {
    database: Database,
    level: Level,
    tail: Mutex<Tail>,
}

/// Opens or creates it.
pub(super) fn open(dir: &Path, level: Level, events: &Events) -> Result<Box<dyn Peer>> {
    let database = Builder::new()
        .set_cache_size(512 << 20)
        .create(dir.join("events.redb"))?;
    let transaction = database.begin_write()?;
    let last = {
        let table = transaction.open_table(EVENTS)?;
        transaction.open_table(STREAMS)?;
        transaction.open_table(IDS)?;
        table.last()?.map_or(0, |(key, _)| key.value())
    };
    match last {
        0 => transaction.commit()?,
        _ => transaction.abort()?,
    }
    let tail = Mutex::new(Tail::new(last, events.names().len()));
    Ok(Box::new(Redb {
        database,
        level,
        tail,
    }))
}

impl Redb {
    fn begin(&self) -> Result<WriteTransaction> {
        let mut transaction = self.database.begin_write()?;
        transaction.set_durability(match self.level {
            Level::Written => Durability::None,
            Level::Synced => Durability::Immediate,
        })?;
        Ok(transaction)
    }

    /// Appends events in one transaction, the first under a condition; `None` when that fails.
    fn commit(
        &self,
        events: &[Draft<'_>],
        expected: Option<u64>,
        scratch: &mut Scratch,
        mut each: impl FnMut(u128),
    ) -> Result<bool> {
        let mut tail = self.tail.lock().map_err(|_| "a writer panicked")?;
        let transaction = self.begin()?;
        {
            let mut log = transaction.open_table(EVENTS)?;
            let mut streams = transaction.open_table(STREAMS)?;
            let mut ids = transaction.open_table(IDS)?;
            for event in events {
                let stream = tail.stream(event, || last_of(&streams, event.name))?;
                if expected.is_some_and(|expected| expected != stream) {
                    return Ok(false);
                }
                let place = tail.place(event, stream, &mut scratch.bytes)?;
                log.insert(place.sequence, scratch.bytes.as_slice())?;
                keys::stream_key(event.name, place.stream, &mut scratch.more);
                streams.insert(scratch.more.as_slice(), place.sequence)?;
                ids.insert(place.id, place.sequence)?;
                each(place.id);
            }
        }
        transaction.commit()?;
        Ok(true)
    }
}

fn last_of(streams: &Table<'_, &[u8], u64>, name: &str) -> Result<u64> {
    let mut last = streams.range(keys_of(name).0.as_slice()..=keys_of(name).1.as_slice())?;
    match last.next_back().transpose()? {
        Some((key, _)) => keys::stream_of(key.value()),
        None => Ok(0),
    }
}

/// The least and the greatest key of the streams whose names start so.
fn keys_of(prefix: &str) -> (Vec<u8>, Vec<u8>) {
    let greatest = [prefix.as_bytes(), &[0xff; 24]].concat();
    (prefix.as_bytes().to_vec(), greatest)
}

impl Peer for Redb {
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
        let read = self.database.begin_read()?;
        let sequence = read.open_table(IDS)?.get(id)?.ok_or("no such event")?;
        let log = read.open_table(EVENTS)?;
        let record = log.get(sequence.value())?.ok_or("no such event")?;
        each(keys::payload(record.value())?)
    }

    fn replay(&self, entity: &str, each: Each<'_>) -> Result<()> {
        let read = self.database.begin_read()?;
        let log = read.open_table(EVENTS)?;
        let (from, to) = keys_of(entity);
        let range: RangeInclusive<&[u8]> = &from..=&to;
        for entry in read.open_table(STREAMS)?.range::<&[u8]>(range)? {
            let record = log.get(entry?.1.value())?.ok_or("no such event")?;
            each(keys::payload(record.value())?)?;
        }
        Ok(())
    }

    fn select(&self, group: usize, each: Each<'_>) -> Result<()> {
        let read = self.database.begin_read()?;
        let log = read.open_table(EVENTS)?;
        let (from, to) = keys_of(&(event::group(group) + ":"));
        let range: RangeInclusive<&[u8]> = &from..=&to;
        let mut sequences = Vec::new();
        for entry in read.open_table(STREAMS)?.range::<&[u8]>(range)? {
            sequences.push(entry?.1.value());
        }
        sequences.sort_unstable();
        for sequence in sequences {
            let record = log.get(sequence)?.ok_or("no such event")?;
            each(keys::payload(record.value())?)?;
        }
        Ok(())
    }

    fn scan(&self, each: Each<'_>) -> Result<()> {
        let read = self.database.begin_read()?;
        for entry in read.open_table(EVENTS)?.iter()? {
            each(keys::payload(entry?.1.value())?)?;
        }
        Ok(())
    }

    fn close(self: Box<Self>) -> Result<()> {
        // What was committed without a sync becomes durable with the next commit that has one.
        let transaction = self.database.begin_write()?;
        transaction.commit()?;
        self.database.close()?;
        Ok(())
    }
}
