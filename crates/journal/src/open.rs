//! Opening: take the directory, recover, make what was recovered durable, begin an epoch.

use std::io;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize};
use std::sync::{Arc, Mutex, OnceLock};

use batpak_coordinate::Sequence;
use batpak_event::{BranchId, Digest, Epoch, Lineage};
use batpak_platform::{Entropy, Platform, ProcessGuard, Storage, StorageLock};
use batpak_segment::identity::{BranchRecord, Identity};
use batpak_segment::index::SegmentIndex;
use batpak_segment::{CloseFacts, SEGMENT_HEADER, SegmentId};

use crate::buffer::FrameBuffer;
use crate::decide::Decision;
use crate::engine::{Engine, Writer};
use crate::error::{AppendError, FileError, OpenError};
use crate::history;
use crate::identity_file::IdentityFile;
use crate::live::Ordinal;
use crate::options::Options;
use crate::part::Part;
use crate::recover::{Ground, Mode, Newest, Recovered, exhausted, recover};
use crate::report::{DamageDigest, OpenReport};
use crate::sabotage::{Bug, planted};
use crate::seal;
use crate::segment_file::{NextSegment, SegmentFile};
use crate::survey::{Names, identity, is_damage, names, take_directory};
use crate::sync::Frontier;
use crate::tail::{Cursor, RandomPool, Stage, Tail};
use crate::view::{Origin, View};

/// Longest rest of a closed segment that is filled again to go on in it; behind more than this a
/// new, small segment is cheaper.
const LARGEST_REFILL: u64 = 4 << 20;

/// Opens the directory for writing.
pub(crate) fn open_writer(
    platform: &Platform,
    options: Options,
) -> Result<(Engine, OpenReport), OpenError> {
    if options.segment_max_bytes == 0 {
        return Err(OpenError::Options("segment_max_bytes must be > 0"));
    }
    let storage = &*platform.storage;
    let lock = take_directory(platform)?;
    let names = names(storage)?;
    names.check()?;
    let (mut recovered, mut file) = match identity(storage, &names)? {
        None => create(platform)?,
        Some((found, slots, other_bad)) => {
            if found.generation == u64::MAX {
                return Err(exhausted());
            }
            let ground = Ground {
                storage,
                names: &names,
                mode: Mode::Write,
                mapping: options.mapping,
            };
            let recovered = recover(ground, found.clone(), other_bad);
            let accepted = options.accept_damage;
            let recovered = recovered
                .or_else(|refusal| accept(ground, found.clone(), other_bad, refusal, accepted))?;
            let file = IdentityFile::open(Arc::clone(&platform.storage), found, slots)?;
            (recovered, file)
        }
    };
    clear_away(platform, &names, &mut recovered, &mut file)?;
    write_indexes(storage, &mut recovered, options.mapping);
    let (newest_us, _) = recovered.stamp()?;
    let behind = newest_us.saturating_sub(platform.clock.wall_us());
    recovered.report.clock_behind_us = u64::try_from(behind).unwrap_or(0);
    let resumption = resume(&mut recovered)?;
    let mut report = std::mem::take(&mut recovered.report);
    let engine = build(platform, options, recovered, file, lock, &resumption)?;
    engine.begin_epoch(&resumption)?;
    report.segments = engine.view.parts().len() as u64;
    Ok((engine, report))
}

/// Recovers around damage when it is exactly what the caller accepts; the refusal otherwise.
fn accept(
    ground: Ground<'_>,
    found: Identity,
    slot_damaged: bool,
    refusal: OpenError,
    accepted: Option<DamageDigest>,
) -> Result<Recovered, OpenError> {
    if accepted.is_none() || !is_damage(&refusal) {
        return Err(refusal);
    }
    let mode = Mode::Accept;
    let recovered = recover(Ground { mode, ..ground }, found, slot_damaged)?;
    if recovered.report.damage_digest() == accepted {
        Ok(recovered)
    } else {
        Err(refusal)
    }
}

/// A new store: only an identity; the first append makes the first segment.
fn create(platform: &Platform) -> Result<(Recovered, IdentityFile), OpenError> {
    let lineage = Lineage(random_u128(&*platform.entropy)?);
    let branch = BranchId(random_u128(&*platform.entropy)?);
    let identity = Identity {
        generation: 1,
        lineage,
        branch,
        branches: vec![BranchRecord {
            branch,
            parent: None,
            last_shared: Sequence::NONE,
        }],
        epoch: Epoch(0),
        highest: SegmentId::NONE,
        durable: Sequence::NONE,
        clean_close: None,
        closed: Vec::new(),
    };
    let file = IdentityFile::create(Arc::clone(&platform.storage), identity.clone())?;
    let report = OpenReport {
        created: true,
        clean: true,
        ..OpenReport::default()
    };
    Ok((Recovered::empty(identity, report), file))
}

/// A random number for something that must be unlike any other.
pub(crate) fn random_u128(entropy: &dyn Entropy) -> Result<u128, FileError> {
    let mut random = [0; 16];
    entropy
        .fill(&mut random)
        .map_err(|source| FileError::new("read randomness for", "a new store", source))?;
    Ok(u128::from_be_bytes(random))
}

/// Removes files that were being made, and moves segments that hold nothing out of the way.
fn clear_away(
    platform: &Platform,
    names: &Names,
    recovered: &mut Recovered,
    identity: &mut IdentityFile,
) -> Result<(), OpenError> {
    let storage = &*platform.storage;
    for name in &names.temporary {
        match storage.remove(name) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(FileError::new("remove", name.clone(), error).into());
            }
            _ => {}
        }
    }
    let taken: Vec<String> = storage
        .list()
        .map_err(|source| FileError::new("list", ".", source))?
        .into_iter()
        .map(|entry| entry.name)
        .collect();
    for id in &recovered.orphans {
        let name = id.file_name();
        let aside = (0_u32..)
            .map(|number| match number {
                0 => format!("{name}.aside"),
                _ => format!("{name}.{number}.aside"),
            })
            .find(|candidate| !taken.contains(candidate))
            .unwrap_or_default();
        storage
            .rename(&name, &aside)
            .map_err(|source| FileError::new("set aside", name.clone(), source))?;
        recovered.report.set_aside.push(aside);
    }
    if let Some(id) = recovered.adopted.filter(|_| !planted(Bug::SkipNamingAgain)) {
        // Nothing acknowledged is in the segment, should a crash come in between.
        name_again(storage, &id.file_name(), &NextSegment::temporary_name(id))?;
    }
    // Whoever created the store may have failed to sync its name, and nothing is in it yet. A copy takes
    // its place, for without a name the identity would be missing, if only for a moment.
    let unused = recovered.identity.highest.is_none() && !recovered.report.created;
    if unused {
        identity.replace()?;
    }
    let unclean = !recovered.report.clean && !planted(Bug::SkipSyncOfSeenNames);
    if unused || unclean {
        // A name that is seen may still be lost: whoever gave it did not live to sync it.
        storage
            .sync_directory()
            .map_err(|source| FileError::new("sync", ".", source))?;
    }
    Ok(())
}

/// Gives a file its name again: a name whose directory sync failed is not made durable by a later one.
fn name_again(storage: &dyn Storage, name: &str, temporary: &str) -> Result<(), OpenError> {
    storage
        .rename(name, temporary)
        .and_then(|()| storage.rename(temporary, name))
        .map_err(|source| FileError::new("name", name, source).into())
}

/// Gives indexes that were made during recovery their files. One that cannot be written stays in
/// memory, and is made again by the next open.
fn write_indexes(storage: &dyn Storage, recovered: &mut Recovered, mapping: bool) {
    for at in std::mem::take(&mut recovered.made) {
        let Some(part) = recovered.parts.get(at).map(Arc::clone) else {
            continue;
        };
        let (id, index) = (part.file.id, part.index());
        let written = index.and_then(|index| {
            let bytes = index.source().as_ref();
            seal::write(storage, id, bytes, mapping).ok()
        });
        let Some(index) = written.and_then(|bytes| SegmentIndex::open(bytes).ok()) else {
            continue;
        };
        let mut closed = recovered.identity.closed.iter_mut();
        if let Some(entry) = closed.find(|entry| entry.close.segment == id) {
            entry.index_hash = Some(index.table_hash());
        }
        // A part of its own, so that nothing holds on to the copy in memory.
        if let (Some(close), Some(slot)) = (part.closed(), recovered.parts.get_mut(at)) {
            *slot = Part::sealed(Arc::clone(&part.file), *close, index);
        }
    }
}

/// Where writing goes on.
#[derive(Debug)]
struct Resumption {
    /// Segment before the next frame, its position, and where frames in it end.
    segment: Option<Arc<SegmentFile>>,
    ordinal: Ordinal,
    offset: u64,
    /// Whether frames are added to it.
    open: bool,
    /// How it ended, when the identity says so.
    ended: Option<CloseFacts>,
    /// Hash of the newest event, where a header or the identity repeats it: the frame may be damaged.
    last_hash: Option<Digest>,
    /// Whether it is damaged, and the damage is accepted.
    evidence: bool,
    /// Whether the next segment is begun at once: the newest one is neither added to nor ended.
    begins: bool,
}

/// Makes what was recovered durable, and decides where writing goes on.
fn resume(recovered: &mut Recovered) -> Result<Resumption, OpenError> {
    let last = recovered.parts.last().map(|part| Arc::clone(&part.file));
    let (Some(newest), Some(segment)) = (&recovered.newest, last) else {
        return Ok(resume_after(
            recovered,
            recovered.identity.closed.last().map(|last| last.close),
        ));
    };
    let goes_on = match newest.decision {
        Decision::Replace => {
            let predecessor = newest.predecessor;
            recovered.parts.pop();
            return Ok(Resumption {
                begins: true,
                ..resume_after(recovered, Some(predecessor))
            });
        }
        Decision::Resume | Decision::Continue => true,
        _ => false,
    };
    if !newest.closed && !planted(Bug::TrustPageCache) {
        recovered.report.rewritten_events = write_again(&segment, newest, recovered)?;
    }
    let rest = segment.capacity.saturating_sub(newest.len);
    let open = goes_on && rest <= LARGEST_REFILL;
    if open && rest > 0 {
        segment.write_zeros(newest.len, segment.capacity)?;
        segment.sync()?;
    }
    let (offset, ordinal) = (newest.end, last_ordinal(recovered));
    Ok(Resumption {
        segment: Some(segment),
        ordinal,
        offset,
        open,
        ended: None,
        last_hash: (newest.predecessor.last_sequence == recovered.last())
            .then_some(newest.predecessor.last_hash),
        evidence: newest.damaged,
        begins: !open,
    })
}

fn resume_after(recovered: &Recovered, close: Option<CloseFacts>) -> Resumption {
    let segment = recovered.parts.last().map(|part| Arc::clone(&part.file));
    let damaged = |segment: &Arc<SegmentFile>| {
        let mut damage = recovered.report.damage.iter();
        damage.any(|range| range.file == segment.name)
    };
    Resumption {
        evidence: segment.as_ref().is_some_and(damaged),
        segment,
        ordinal: last_ordinal(recovered),
        offset: close.map_or(0, |close| close.end.0),
        open: false,
        ended: close.filter(|close| !close.is_none()),
        last_hash: close.map(|close| close.last_hash),
        begins: false,
    }
}

fn last_ordinal(recovered: &Recovered) -> Ordinal {
    Ordinal(u32::try_from(recovered.parts.len().saturating_sub(1)).unwrap_or(u32::MAX))
}

/// Writes the bytes that nothing attests to be durable again in place, and syncs them: what the
/// page cache returns is not what is on the disk. Returns how many events that were.
fn write_again(
    segment: &SegmentFile,
    newest: &Newest,
    recovered: &Recovered,
) -> Result<u64, OpenError> {
    const CHUNK: u64 = 1 << 20;
    let place = |sequence: Sequence| {
        let row = history::event(&recovered.parts, sequence).ok().flatten()?;
        Some(row.place.offset.0)
    };
    let mut at = if newest.damaged {
        // The bytes before are durable, damaged or not.
        place(newest.attested.next()).unwrap_or(newest.end)
    } else if newest.attested >= segment.first_sequence {
        place(newest.attested).unwrap_or(SEGMENT_HEADER as u64)
    } else {
        SEGMENT_HEADER as u64
    };
    let mut bytes = Vec::new();
    while at < newest.end {
        let len = usize::try_from((newest.end - at).min(CHUNK)).unwrap_or(0);
        bytes.resize(len, 0);
        batpak_platform::read_exact_at(&*segment.file, &mut bytes, at)
            .map_err(|source| segment.error("read", source))?;
        segment.write(&bytes, at)?;
        at += len as u64;
    }
    segment.sync()?;
    let last = recovered.last().get();
    Ok(last.saturating_sub(newest.attested.get()))
}

fn build(
    platform: &Platform,
    options: Options,
    mut recovered: Recovered,
    file: IdentityFile,
    lock: Box<dyn StorageLock>,
    resumption: &Resumption,
) -> Result<Engine, OpenError> {
    let last = recovered.last();
    let (wall_us, counter) = recovered.stamp()?;
    let mut desired = recovered.identity;
    desired.epoch = recovered.next_epoch;
    desired.clean_close = None;
    desired.durable = last;
    let origin = Origin {
        lineage: desired.lineage,
        branch: desired.branch,
        branches: desired.branches.clone(),
        epoch: desired.epoch,
    };
    let view = View::new(origin, recovered.parts, last, options.mapping);
    view.count_awaiting();
    let last_hash = match resumption.last_hash {
        Some(repeated) => repeated,
        None => hash_of(&view, last)?,
    };
    let tail = Tail {
        queue: Vec::new(),
        cursor: Cursor {
            segment: resumption.segment.clone(),
            ordinal: resumption.ordinal,
            offset: resumption.offset,
            open: resumption.open,
            ended: resumption.ended,
        },
        prepared: None,
        wall_us,
        counter,
        last: if planted(Bug::Renumber) && !last.is_none() {
            last.next()
        } else {
            last
        },
        last_hash,
        epoch_due: true,
        stage: Arc::new(Stage::default()),
        staged_bytes: 0,
        random: RandomPool::new(Arc::clone(&platform.entropy)),
        spare: None,
    };
    let writer = Writer {
        identity: file,
        desired,
        new_indexes: false,
        active: resumption.segment.clone(),
        ordinal: resumption.ordinal,
        end: resumption.offset,
        last,
        last_hash,
        epoch_written: false,
        evidence: resumption.evidence,
        spare: None,
        emptied: Vec::new(),
    };
    Ok(Engine {
        platform: platform.clone(),
        options,
        view,
        process: ProcessGuard::new(),
        write: Mutex::new(writer),
        tail: Mutex::new(tail),
        frontier: Mutex::new(Frontier::default()),
        preparing: Mutex::new(()),
        sealing: Mutex::new(()),
        hiding: Mutex::new(()),
        written: AtomicU64::new(last.get()),
        attempted: AtomicU64::new(last.get()),
        durable: AtomicU64::new(last.get()),
        staged_units: AtomicUsize::new(0),
        unsynced_bytes: AtomicU64::new(0),
        failure: OnceLock::new(),
        failed: AtomicBool::new(false),
        closed: AtomicBool::new(false),
        background: Mutex::new(None),
        started: AtomicBool::new(false),
        awake: AtomicBool::new(false),
        urged: AtomicBool::new(false),
        lock: Mutex::new(Some(lock)),
    })
}

/// Event hash of the newest event, which the next segment's header repeats.
pub(crate) fn hash_of(view: &View, last: Sequence) -> Result<Digest, OpenError> {
    let failed =
        |error| FileError::new("read the newest event of", ".", io::Error::other(error)).into();
    let row = view.event(last).map_err(failed)?;
    let Some(row) = row else {
        return Ok([0; 32]);
    };
    let mut buffer = FrameBuffer::new();
    let frame = view.read_place(last, row.place, &mut buffer);
    frame
        .map(|frame| frame.event_hash(view.key()))
        .map_err(failed)
}

impl Engine {
    /// Makes the new epoch durable, in one identity write: with the next segment when writing
    /// cannot go on in the newest one, so that a record of a clean close is only dropped once
    /// nothing rests on it.
    fn begin_epoch(&self, resumption: &Resumption) -> Result<(), OpenError> {
        if !resumption.begins && planted(Bug::SkipEpoch) {
            return Ok(());
        }
        if !resumption.begins {
            let mut writer = self.lock_write();
            let desired = writer.desired.clone();
            return writer.identity.write(desired).map_err(failed_to_begin);
        }
        self.next_segment_now(0).map_err(|error| match error {
            AppendError::NotWritten(error) => OpenError::File(error),
            AppendError::Failed(failure) | AppendError::Unknown { failure, .. } => {
                failed_to_begin(failure)
            }
            error => OpenError::File(FileError::new("begin", ".", io::Error::other(error))),
        })
    }
}

fn failed_to_begin(failure: crate::error::Failure) -> OpenError {
    use crate::error::Failure;
    match failure {
        Failure::Sync(error) | Failure::Write(error) | Failure::Identity(error) => {
            OpenError::File(error)
        }
        Failure::Superseded { .. } | Failure::Forked => OpenError::Locked { owner: None },
    }
}
