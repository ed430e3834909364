//! LMDB through heed: three databases in one environment.

use std::path::Path;
use std::sync::Mutex;

use heed::byteorder::BE;
use heed::types::{Bytes, U64, U128};
use heed::{CommitOrAbort, Database, Env, EnvFlags, EnvOpenOptions, PutFlags, RoTxn};

use super::keys::{self, Tail};
use super::{Each, Level, Peer, Scratch};
use crate::Result;
use crate::event::{self, Draft, Events};

type Log = Database<'static, U64<BE>, Bytes>;

struct Lmdb {
    env: Env,
    log: Log,
    streams: Database<'static, Bytes, U64<BE>>,
    ids: Database<'static, U128<BE>, U64<BE>>,
    tail: Mutex<Tail>,
}

/// Opens or creates it.
pub(super) fn open(dir: &Path, level: Level, events: &Events) -> Result<Box<dyn Peer>> {
    let mut options = EnvOpenOptions::new();
    options.map_size(64 << 30).max_dbs(3);
    let flags = match level {
        Level::Written => EnvFlags::NO_SYNC | EnvFlags::WRITE_MAP | EnvFlags::NO_READ_AHEAD,
        Level::Synced => EnvFlags::NO_READ_AHEAD,
    };
    // SAFETY: the flags weaken what a power cut leaves, which is what this level allows, and nobody
    // else has the directory open, which belongs to this run.
    let env = unsafe { options.flags(flags).open(dir) }?;
    let opened =
        env.create_databases_and_commit(env.write_txn()?, |opener, write| -> heed::Result<_> {
            Ok(CommitOrAbort::<_, ()>::Commit((
                opener.create_database(write, Some("events"))?,
                opener.create_database(write, Some("streams"))?,
                opener.create_database(write, Some("ids"))?,
            )))
        })?;
    let (log, streams, ids) = opened.unwrap_commit();
    let (log, read): (Log, _) = (log, env.read_txn()?);
    let last = log.last(&read)?.map_or(0, |(sequence, _)| sequence);
    drop(read);
    let tail = Mutex::new(Tail::new(last, events.names().len()));
    Ok(Box::new(Lmdb {
        env,
        log,
        streams,
        ids,
        tail,
    }))
}

impl Lmdb {
    /// Appends events in one transaction, the first under a condition.
    fn commit(
        &self,
        events: &[Draft<'_>],
        expected: Option<u64>,
        scratch: &mut Scratch,
        mut each: impl FnMut(u128),
    ) -> Result<bool> {
        let mut tail = self.tail.lock().map_err(|_| "a writer panicked")?;
        let mut write = self.env.write_txn()?;
        for event in events {
            let stream = tail.stream(event, || self.last_of(&write, event.name))?;
            if expected.is_some_and(|expected| expected != stream) {
                return Ok(false);
            }
            let place = tail.place(event, stream, &mut scratch.bytes)?;
            let (sequence, record) = (place.sequence, &scratch.bytes);
            self.log
                .put_with_flags(&mut write, PutFlags::APPEND, &sequence, record)?;
            keys::stream_key(event.name, place.stream, &mut scratch.more);
            self.streams.put(&mut write, &scratch.more, &sequence)?;
            self.ids.put(&mut write, &place.id, &sequence)?;
            each(place.id);
        }
        write.commit()?;
        Ok(true)
    }

    fn last_of(&self, read: &RoTxn<'_>, name: &str) -> Result<u64> {
        let mut last = self.streams.rev_prefix_iter(read, name.as_bytes())?;
        match last.next().transpose()? {
            Some((key, _)) => keys::stream_of(key),
            None => Ok(0),
        }
    }

    fn one(&self, read: &RoTxn<'_>, sequence: u64, each: Each<'_>) -> Result<()> {
        let record = self.log.get(read, &sequence)?.ok_or("no such event")?;
        each(keys::payload(record)?)
    }
}

impl Peer for Lmdb {
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
        let read = self.env.read_txn()?;
        let sequence = self.ids.get(&read, &id)?.ok_or("no such event")?;
        self.one(&read, sequence, each)
    }

    fn replay(&self, entity: &str, each: Each<'_>) -> Result<()> {
        let read = self.env.read_txn()?;
        for entry in self.streams.prefix_iter(&read, entity.as_bytes())? {
            self.one(&read, entry?.1, each)?;
        }
        Ok(())
    }

    fn select(&self, group: usize, each: Each<'_>) -> Result<()> {
        let read = self.env.read_txn()?;
        let (prefix, mut sequences) = (event::group(group) + ":", Vec::new());
        for entry in self.streams.prefix_iter(&read, prefix.as_bytes())? {
            sequences.push(entry?.1);
        }
        sequences.sort_unstable();
        for sequence in sequences {
            self.one(&read, sequence, each)?;
        }
        Ok(())
    }

    fn scan(&self, each: Each<'_>) -> Result<()> {
        let read = self.env.read_txn()?;
        for entry in self.log.iter(&read)? {
            each(keys::payload(entry?.1)?)?;
        }
        Ok(())
    }

    fn close(self: Box<Self>) -> Result<()> {
        self.env.force_sync()?;
        self.env.prepare_for_closing().wait();
        Ok(())
    }
}
