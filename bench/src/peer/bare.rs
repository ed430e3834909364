//! The bare loop: one file, straight code, the same bytes as the store.
//!
//! It encodes, hashes, checksums, indexes and writes frames of the format, and does nothing else: no
//! limits, no conditions, no recovery, no rotation, no errors that help. What is opened again is
//! only read. The plain form writes bytes of the same length and lay-out without hashing,
//! checksums and index, which is what encoding and the system calls cost alone.

mod log;
mod read;
mod sync;
mod zeros;

use std::fs::File;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use batpak_event::content_hash;
use batpak_segment::{BodyParts, SEGMENT_HEADER, body_crc, encode_body};

use super::{Each, Level, Peer, Scratch};
use crate::Result;
use crate::event::{Draft, Events, SCOPE, encode};
use log::{Log, Prepared};
use read::Stored;
use sync::Group;

const FILE: &str = "000001.fbat";

struct Bare {
    level: Level,
    plain: bool,
    log: Mutex<Log>,
    group: Group,
}

/// Opens or creates it.
pub(super) fn open(dir: &Path, level: Level, _: &Events) -> Result<Box<dyn Peer>> {
    let path = dir.join(FILE);
    if path.exists() {
        return Ok(Box::new(Stored::open(dir, FILE)?));
    }
    create(&path, level, false)
}

/// Opens or creates the form that only writes.
pub(super) fn open_plain(dir: &Path, level: Level, _: &Events) -> Result<Box<dyn Peer>> {
    create(&dir.join(FILE), level, true)
}

fn create(path: &Path, level: Level, plain: bool) -> Result<Box<dyn Peer>> {
    let file = File::options()
        .read(true)
        .write(true)
        .create(true)
        .truncate(true)
        .open(path)?;
    Ok(Box::new(Bare {
        level,
        plain,
        log: Mutex::new(Log::create(file.try_clone()?, level)?),
        group: Group::new(file),
    }))
}

impl Bare {
    /// Everything that needs no lock, into buffers that are used again.
    fn prepare<'d>(&self, event: &Draft<'d>, scratch: &mut Scratch) -> Result<Prepared<'d>> {
        let Scratch { bytes, more } = scratch;
        bytes.clear();
        encode(&event.payload, bytes)?;
        more.clear();
        let parts = parts(event.name, bytes);
        encode_body(&parts, more);
        if self.plain {
            return Ok(Prepared::plain(event.name, bytes.len()));
        }
        Ok(Prepared {
            name: event.name,
            payload: bytes.len(),
            content: content_hash(bytes),
            context: batpak_event::context_hash(event.name, SCOPE, [].into_iter(), &[]),
            body_crc: body_crc(more),
        })
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Log> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes what is staged, or has it written and synced with what others staged.
    fn commit(&self, mut log: std::sync::MutexGuard<'_, Log>) -> Result<()> {
        match self.level {
            Level::Written => log.write(),
            Level::Synced => {
                let target = log.units();
                drop(log);
                self.group.wait(target, &self.log)
            }
        }
    }
}

/// The body of an event of this run.
fn parts<'a>(entity: &'a str, payload: &'a [u8]) -> BodyParts<'a> {
    BodyParts {
        lane: 0,
        depth: 0,
        correlation: None,
        causes: &[],
        entity,
        scope: SCOPE,
        extensions: &[],
        salt: None,
        payload,
    }
}

impl Peer for Bare {
    fn append(&self, event: &Draft<'_>, scratch: &mut Scratch) -> Result<()> {
        let prepared = self.prepare(event, scratch)?;
        let mut log = self.lock();
        log.stage(&prepared, &scratch.more, true)?;
        self.commit(log)
    }

    fn append_expected(
        &self,
        event: &Draft<'_>,
        expected: u64,
        scratch: &mut Scratch,
    ) -> Result<bool> {
        let prepared = self.prepare(event, scratch)?;
        let mut log = self.lock();
        if log.stream_len(event.name) != expected {
            return Ok(false);
        }
        log.stage(&prepared, &scratch.more, true)?;
        self.commit(log)?;
        Ok(true)
    }

    fn append_batch(
        &self,
        events: &[Draft<'_>],
        scratch: &mut Scratch,
        ids: &mut Vec<u128>,
    ) -> Result<()> {
        // The bodies are made before the lock is taken, one behind the other.
        let (mut bodies, mut prepared) = (Vec::new(), Vec::with_capacity(events.len()));
        for event in events {
            let one = self.prepare(event, scratch)?;
            prepared.push((one, bodies.len()..bodies.len() + scratch.more.len()));
            bodies.extend_from_slice(&scratch.more);
        }
        let mut log = self.lock();
        let last = events.len().saturating_sub(1);
        for (index, (one, body)) in prepared.into_iter().enumerate() {
            ids.push(log.stage(&one, &bodies[body], index == last)?);
        }
        self.commit(log)
    }

    fn append_pipelined(&self, events: &[Draft<'_>], scratch: &mut Scratch) -> Result<()> {
        for event in events {
            let prepared = self.prepare(event, scratch)?;
            self.lock().stage(&prepared, &scratch.more, true)?;
        }
        self.commit(self.lock())
    }

    fn get(&self, _: u128, _: Each<'_>) -> Result<()> {
        not_read()
    }

    fn replay(&self, _: &str, _: Each<'_>) -> Result<()> {
        not_read()
    }

    fn select(&self, _: usize, _: Each<'_>) -> Result<()> {
        not_read()
    }

    fn scan(&self, _: Each<'_>) -> Result<()> {
        not_read()
    }

    fn close(self: Box<Self>) -> Result<()> {
        let log = self
            .log
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner);
        log.close(SEGMENT_HEADER as u64)
    }
}

fn not_read() -> Result<()> {
    Err("the bare log is read after it was opened again".into())
}
