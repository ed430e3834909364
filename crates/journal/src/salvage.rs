//! Salvage: everything that can be read of a damaged store, as a new store.
//!
//! The source is read as a read-only open reads it, and nothing in it changes. What is copied keeps
//! sequence, id, causes, time and hash; what cannot be copied is named by `gap` frames. The new store
//! has the lineage of the source and a branch of its own.

mod copy;
mod proof;

use std::sync::Arc;

use batpak_coordinate::Sequence;
use batpak_event::{BranchId, Epoch, HashKey, Lineage};
use batpak_platform::Platform;
use batpak_segment::identity::{BranchRecord, CleanClose, Identity};
use batpak_segment::{GapCause, Offset, SegmentId};
use thiserror::Error;

use crate::buffer::FrameBuffer;
use crate::error::{FileError, OpenError, ReadError};
use crate::identity_file::IdentityFile;
use crate::live::{Hole, Why};
use crate::open::random_u128;
use crate::part::Found;
use crate::reader::read_once;
use crate::recover::{Mode, Recovered};
use crate::report::DamagedRange;
use crate::survey::{identity, names, take_directory};
use crate::view::{Origin, View};
use crate::walk::Walk;

use copy::Copy;
use proof::Proof;

/// How often progress is told, in events.
const TELL_EVERY: u64 = 1024;

/// What a salvage copied, and what it could not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SalvageReport {
    /// History that both stores belong to.
    pub lineage: Lineage,
    /// Branch of the new store.
    pub branch: BranchId,
    /// Events copied.
    pub events: u64,
    /// Newest sequence of the source, and of the new store.
    pub last: Sequence,
    /// Damage of the source.
    pub damage: Vec<DamagedRange>,
    /// Ranges that the new store names as gone, both ends included.
    pub gaps: Vec<(Sequence, Sequence)>,
    /// Events left out because they repeat another hash than that of the event before them in their
    /// stream: one of the two is forged.
    pub refused: Vec<Sequence>,
    /// Events copied from behind damage whose place nothing but a checksum vouches for.
    pub unproven: Vec<Sequence>,
    /// Events found by search beyond the last one that is known to have been durable, and left out.
    pub beyond: u64,
}

/// Why nothing was salvaged. The source is unchanged; the destination holds no store.
#[derive(Debug, Error)]
pub enum SalvageError {
    /// The source cannot be read, or a writer holds it.
    #[error("the source cannot be salvaged: {0}")]
    Source(Box<OpenError>),
    /// The destination is not empty, is held, or cannot be written.
    #[error("the destination cannot be written: {0}")]
    Destination(Box<OpenError>),
}

/// Copies what can be read of the store in `source` into a new one in `destination`, which must be
/// empty. `progress` is told how many events were looked at, and how many there are.
///
/// Costs one read of every event, its hash, and some 100 bytes of memory per event and stream.
///
/// # Errors
/// See [`SalvageError`]. A destination that was begun is no store: it has no identity.
pub fn salvage(
    source: &Platform,
    destination: &Platform,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<SalvageReport, SalvageError> {
    let found = read_source(source).map_err(source_error)?;
    let target = |error: OpenError| SalvageError::Destination(Box::new(error));
    let _lock = take_directory(destination).map_err(target)?;
    let there = names(&*destination.storage).map_err(target)?;
    match identity(&*destination.storage, &there) {
        Ok(None) => there.check().map_err(target)?,
        _ => return Err(target(OpenError::NotEmpty)),
    }
    run(found, destination, progress)
}

fn unread(error: ReadError) -> SalvageError {
    source_error(match error {
        ReadError::File(error) => OpenError::File(error),
        error => FileError::new("read", ".", std::io::Error::other(error)).into(),
    })
}

fn source_error(error: OpenError) -> SalvageError {
    SalvageError::Source(Box::new(error))
}

/// The source as a read-only open sees it.
fn read_source(platform: &Platform) -> Result<Recovered, OpenError> {
    let held = platform
        .storage
        .writer_present()
        .map_err(|source| FileError::new("look for a writer of", ".", source))?;
    if held {
        return Err(OpenError::Locked { owner: None });
    }
    read_once(platform, Mode::Salvage, false)
}

/// Events behind the end of the log that a search finds: beyond what is known to be durable.
fn beyond(found: &Recovered) -> Result<u64, FileError> {
    let (Some(newest), Some(segment)) = (&found.newest, found.parts.last()) else {
        return Ok(0);
    };
    let walk = Walk {
        segment: Arc::clone(&segment.file),
        ordinal: crate::live::Ordinal(0),
        to: Offset(newest.len),
        tolerant: true,
        committed: false,
    };
    let behind = walk.look_behind(Offset(newest.end), found.last())?;
    Ok(behind.events)
}

fn run(
    found: Recovered,
    destination: &Platform,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<SalvageReport, SalvageError> {
    let target = |error: FileError| SalvageError::Destination(Box::new(error.into()));
    let branch = BranchId(random_u128(&*destination.entropy).map_err(target)?);
    let beyond = beyond(&found).map_err(|error| source_error(error.into()))?;
    let (last, epoch, old) = (found.last(), found.next_epoch, found.identity);
    let mut report = SalvageReport {
        lineage: old.lineage,
        branch,
        events: 0,
        last,
        damage: found.report.damage,
        gaps: Vec::new(),
        refused: Vec::new(),
        unproven: Vec::new(),
        beyond,
    };
    let origin = Origin {
        lineage: old.lineage,
        branch,
        branches: old.branches.clone(),
        epoch,
    };
    let view = View::new(origin.clone(), found.parts, last, false);
    let mut copy = Copy::new(destination, origin);
    let mut proof = Proof::new(&report.damage, HashKey::for_lineage(old.lineage));
    for close in &old.closed {
        proof.repeated(close.close.last_sequence, close.close.last_hash);
    }
    if let Some(record) = old.clean_close {
        proof.repeated(record.last_sequence, record.last_hash);
    }
    copy_events(&view, &mut copy, &mut proof, &mut report, progress)?;
    report.unproven = proof.unproven();
    let copied = copy.finish().map_err(target)?;
    let mut branches = old.branches;
    branches.push(BranchRecord {
        branch,
        parent: Some(old.branch),
        last_shared: last,
    });
    let identity = Identity {
        generation: 1,
        lineage: old.lineage,
        branch,
        branches,
        epoch,
        highest: copied.highest,
        durable: last,
        clean_close: Some(CleanClose {
            epoch,
            segment: copied.highest,
            length: copied.length,
            last_sequence: last,
            last_hash: copied.last_hash,
            tree: None,
        })
        .filter(|record| record.segment != SegmentId::NONE),
        closed: copied.closed,
    };
    let storage = Arc::clone(&destination.storage);
    IdentityFile::create(storage, identity).map_err(target)?;
    Ok(report)
}

/// Copies event by event; what cannot be copied becomes a gap.
fn copy_events(
    view: &View,
    copy: &mut Copy<'_>,
    proof: &mut Proof,
    report: &mut SalvageReport,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<(), SalvageError> {
    let target = |error: FileError| SalvageError::Destination(Box::new(error.into()));
    let parts = view.parts();
    let facts = parts
        .iter()
        .filter_map(|part| part.columns())
        .flat_map(|live| live.facts());
    let mut facts = facts.peekable();
    let mut buffer = FrameBuffer::new();
    let mut sequence = Sequence(1);
    while sequence <= report.last {
        while let Some((_, fact)) = facts.next_if(|(before, _)| *before < sequence) {
            copy.control(fact).map_err(target)?;
        }
        let mut gap = |copy: &mut Copy<'_>, last: Sequence, cause: GapCause| {
            report.gaps.push((sequence, last));
            copy.gap(sequence, last, cause).map_err(target)
        };
        let at = view.at(sequence).map_err(unread)?.map(|at| match at {
            Found::Event(row) => Ok(row.place),
            Found::Hole(hole) => Err(hole),
        });
        match at {
            Some(Ok(place)) => {
                let epoch = view.epoch_of(sequence).map_err(unread)?.unwrap_or(Epoch(0));
                let name = view.segment_file_name(place.segment);
                let read = view.read_place(sequence, place, &mut buffer);
                let verdict = match &read {
                    Ok(frame) => proof.judge(frame, &name, place.offset),
                    Err(ReadError::File(error)) if !error.is_media() => {
                        return Err(source_error(error.clone().into()));
                    }
                    Err(_) => None,
                };
                let head = read.ok().map(|frame| frame.head);
                match (verdict, head) {
                    (Some(hash), Some(head)) => {
                        let bytes = buffer.frame(place.offset, &head);
                        copy.event(head, bytes, hash, epoch).map_err(target)?;
                        report.events += 1;
                    }
                    (None, Some(_)) => {
                        report.refused.push(sequence);
                        gap(copy, sequence, GapCause::Salvage)?;
                    }
                    (_, None) => gap(copy, sequence, GapCause::Salvage)?,
                }
                sequence = sequence.next();
            }
            Some(Err(Hole { last, why, .. })) => {
                let last = last.min(report.last);
                let cause = match why {
                    Why::Gone(cause) => cause,
                    Why::Lost(_) => GapCause::Salvage,
                };
                gap(copy, last, cause)?;
                sequence = last.next();
            }
            None => sequence = sequence.next(),
        }
        if sequence.get().is_multiple_of(TELL_EVERY) || sequence > report.last {
            progress(sequence.get().saturating_sub(1), report.last.get());
        }
    }
    for (_, fact) in facts {
        copy.control(fact).map_err(target)?;
    }
    Ok(())
}
