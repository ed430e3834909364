//! SQLite through rusqlite: one table with two further indexes.

use std::path::Path;
use std::sync::Mutex;
use std::time::{SystemTime, UNIX_EPOCH};

use batpak_coordinate::Sequence;
use batpak_event::EventId;
use rusqlite::{Connection, OptionalExtension, params};

use super::keys::Tail;
use super::{Each, Level, Peer, Scratch};
use crate::Result;
use crate::event::{self, Draft, Events, SCOPE, encode};

const SCHEMA: &str = "
CREATE TABLE IF NOT EXISTS events (
    sequence INTEGER PRIMARY KEY,
    id BLOB NOT NULL,
    entity TEXT NOT NULL,
    scope TEXT NOT NULL,
    stream INTEGER NOT NULL,
    kind INTEGER NOT NULL,
    wall INTEGER NOT NULL,
    payload BLOB NOT NULL
);
CREATE UNIQUE INDEX IF NOT EXISTS by_id ON events (id);
CREATE UNIQUE INDEX IF NOT EXISTS by_stream ON events (entity, stream);
";

const INSERT: &str = "INSERT INTO events VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
const GET: &str = "SELECT payload FROM events WHERE id = ?1";
const REPLAY: &str = "SELECT payload FROM events WHERE entity = ?1 ORDER BY stream";
const SELECT: &str =
    "SELECT payload FROM events WHERE entity >= ?1 AND entity < ?2 ORDER BY sequence";
const SCAN: &str = "SELECT payload FROM events ORDER BY sequence";
const STREAM: &str = "SELECT max(stream) FROM events WHERE entity = ?1";
const LAST: &str = "SELECT max(sequence) FROM events";

struct Sqlite(Mutex<Inner>);

struct Inner {
    connection: Connection,
    tail: Tail,
}

/// Opens or creates it.
pub(super) fn open(dir: &Path, level: Level, events: &Events) -> Result<Box<dyn Peer>> {
    let connection = Connection::open(dir.join("events.sqlite"))?;
    let synchronous = match level {
        Level::Written => "NORMAL",
        Level::Synced => "FULL",
    };
    connection.execute_batch(&format!(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = {synchronous};
         PRAGMA cache_size = -262144; PRAGMA mmap_size = 4294967296;
         PRAGMA wal_autocheckpoint = 10000; {SCHEMA}"
    ))?;
    let last: Option<u64> = connection.query_row(LAST, [], |row| row.get(0))?;
    Ok(Box::new(Sqlite(Mutex::new(Inner {
        connection,
        tail: Tail::new(last.unwrap_or(0), events.names().len()),
    }))))
}

impl Inner {
    fn insert(&mut self, event: &Draft<'_>, stream: u64, scratch: &mut Scratch) -> Result<u128> {
        scratch.bytes.clear();
        encode(&event.payload, &mut scratch.bytes)?;
        let wall_us = i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH)?.as_micros())?;
        let (sequence, stream) = self.tail.advance(event, stream);
        let random = event::scatter(sequence) as u32;
        let id = EventId::mint(wall_us, Sequence(sequence), random).as_u128();
        let mut insert = self.connection.prepare_cached(INSERT)?;
        insert.execute(params![
            sequence,
            id.to_be_bytes(),
            event.name,
            SCOPE,
            stream,
            0x1001,
            wall_us,
            scratch.bytes
        ])?;
        Ok(id)
    }

    fn stream(&mut self, event: &Draft<'_>) -> Result<u64> {
        let Inner { connection, tail } = self;
        tail.stream(event, || {
            let mut query = connection.prepare_cached(STREAM)?;
            let last: Option<u64> = query.query_row([event.name], |row| row.get(0))?;
            Ok(last.unwrap_or(0))
        })
    }
}

impl Sqlite {
    fn with<T>(&self, work: impl FnOnce(&mut Inner) -> Result<T>) -> Result<T> {
        work(&mut *self.0.lock().map_err(|_| "a writer panicked")?)
    }

    fn rows(&self, sql: &str, parameters: impl rusqlite::Params, each: Each<'_>) -> Result<()> {
        self.with(|inner| {
            let mut statement = inner.connection.prepare_cached(sql)?;
            let mut rows = statement.query(parameters)?;
            while let Some(row) = rows.next()? {
                each(row.get_ref(0)?.as_blob()?)?;
            }
            Ok(())
        })
    }
}

impl Peer for Sqlite {
    fn append(&self, event: &Draft<'_>, scratch: &mut Scratch) -> Result<()> {
        self.with(|inner| {
            let stream = inner.stream(event)?;
            // One statement outside a transaction is a transaction.
            inner.insert(event, stream, scratch)?;
            Ok(())
        })
    }

    fn append_expected(
        &self,
        event: &Draft<'_>,
        expected: u64,
        scratch: &mut Scratch,
    ) -> Result<bool> {
        self.with(|inner| {
            let stream = inner.stream(event)?;
            if stream != expected {
                return Ok(false);
            }
            inner.insert(event, stream, scratch)?;
            Ok(true)
        })
    }

    fn append_batch(
        &self,
        events: &[Draft<'_>],
        scratch: &mut Scratch,
        ids: &mut Vec<u128>,
    ) -> Result<()> {
        self.with(|inner| {
            inner
                .connection
                .prepare_cached("BEGIN IMMEDIATE")?
                .execute([])?;
            for event in events {
                let stream = inner.stream(event)?;
                ids.push(inner.insert(event, stream, scratch)?);
            }
            inner.connection.prepare_cached("COMMIT")?.execute([])?;
            Ok(())
        })
    }

    fn get(&self, id: u128, each: Each<'_>) -> Result<()> {
        self.with(|inner| {
            let mut statement = inner.connection.prepare_cached(GET)?;
            let mut read = Ok(());
            let found = statement.query_row([id.to_be_bytes()], |row| {
                read = each(row.get_ref(0)?.as_blob()?);
                Ok(())
            });
            found.optional()?.ok_or("no such event")?;
            read
        })
    }

    fn replay(&self, entity: &str, each: Each<'_>) -> Result<()> {
        self.rows(REPLAY, [entity], each)
    }

    fn select(&self, group: usize, each: Each<'_>) -> Result<()> {
        // `;` is the character behind `:`.
        let group = event::group(group);
        self.rows(SELECT, [format!("{group}:"), format!("{group};")], each)
    }

    fn scan(&self, each: Each<'_>) -> Result<()> {
        self.rows(SCAN, [], each)
    }

    fn close(self: Box<Self>) -> Result<()> {
        let inner = self.0.into_inner().map_err(|_| "a writer panicked")?;
        inner.connection.close().map_err(|(_, error)| error)?;
        Ok(())
    }
}
