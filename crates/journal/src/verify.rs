//! Verification: every byte that a store rests on, recomputed.
//!
//! Checks the identity, every segment's header and its relation to its neighbors, every frame's
//! checksums, every event's place in the global order and in its stream, its hash chain and its
//! generation, and the tree over all events against the heads that are known. Reads without taking the directory, and goes on behind what it finds.

mod chain;
mod segment;
mod tree;

use std::io;

use batpak_coordinate::Sequence;
use batpak_event::tree::TreeHead;
use batpak_event::{BranchId, Epoch, HashKey, Lineage};
use batpak_platform::{Access, Platform};
use batpak_segment::{CloseFacts, Offset, SegmentId};

use crate::error::{Damage, FileError, OpenError};
use crate::headers::{identity_from_headers, identity_is_lost};
use crate::survey::{Names, check_predecessor, damage_of, identity_beside, names, open_segment};

use chain::Chains;
use segment::{Extent, verify_segment};
use tree::{Source, Tree};

/// How often a verification is begun again when a writer changes what it reads.
const ATTEMPTS: u32 = 8;

/// How far a verification is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct VerifyProgress {
    /// Bytes checked.
    pub bytes_done: u64,
    /// Bytes to check, as far as known.
    pub bytes_total: u64,
    /// Events checked.
    pub events: u64,
}

/// What a verification found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifyReport {
    /// History.
    pub lineage: Lineage,
    /// Branch of it.
    pub branch: BranchId,
    /// Writable opens so far.
    pub epoch: Epoch,
    /// Events whose frame verifies.
    pub events: u64,
    /// Streams they belong to.
    pub streams: u64,
    /// Segments looked at.
    pub segments: u64,
    /// Bytes checked.
    pub bytes: u64,
    /// Whether a writer held the store meanwhile: what it has not attested yet was left out.
    pub live_writer: bool,
    /// Whether the last writer closed the store.
    pub clean: bool,
    /// Events that a later event of their stream covers by hash.
    pub covered_by_successor: u64,
    /// Other events whose hash the end of a segment or the record of the last close repeats.
    pub covered_by_close: u64,
    /// Events up to the largest head that was recorded or expected and holds, those covered otherwise
    /// included.
    pub covered_by_tree: u64,
    /// Events that nothing of the above covers: their checksum does, no hash that is stored elsewhere.
    pub covered_by_checksum: u64,
    /// Head of the tree over the events of the whole units, as they are now. Events that are lost or
    /// gone stand in it as unknown.
    pub head: TreeHead,
    /// How many do.
    pub unknown_in_head: u64,
    /// Ranges of events that the log says are not in it any more, both ends included.
    pub gone: Vec<(Sequence, Sequence)>,
    /// Everything that is not as it was written.
    pub findings: Vec<Finding>,
}

/// One thing that is not as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// File.
    pub file: String,
    /// Where in it.
    pub offset: Option<u64>,
    /// First event affected.
    pub first: Option<Sequence>,
    /// Last event affected.
    pub last: Option<Sequence>,
    /// Stable identifier of what is wrong.
    pub code: &'static str,
    /// What is wrong, in words.
    pub message: String,
}

impl Finding {
    pub(crate) fn new(file: impl Into<String>, code: &'static str, message: String) -> Self {
        Self {
            file: file.into(),
            offset: None,
            first: None,
            last: None,
            code,
            message,
        }
    }

    pub(crate) fn at(mut self, offset: u64) -> Self {
        self.offset = Some(offset);
        self
    }

    pub(crate) fn events(mut self, first: Sequence, last: Sequence) -> Self {
        if first <= last {
            (self.first, self.last) = (Some(first), Some(last));
        }
        self
    }
}

/// Everything a verification carries from segment to segment.
pub(crate) struct State<'a> {
    pub(crate) report: VerifyReport,
    pub(crate) chains: Chains,
    pub(crate) tree: Tree,
    pub(crate) key: HashKey,
    pub(crate) total: u64,
    /// Sequence of the newest event met, damaged ones included.
    pub(crate) last: Sequence,
    pub(crate) progress: &'a mut dyn FnMut(VerifyProgress),
}

impl State<'_> {
    pub(crate) fn find(&mut self, finding: Finding) {
        self.report.findings.push(finding);
    }

    /// Passes over events up to `last` that are lost to damage, if there are any.
    pub(crate) fn pass_lost(&mut self, last: Sequence) {
        if last > self.last {
            self.last = last;
            self.chains.skip();
            self.tree.lost_to(last);
        }
    }

    pub(crate) fn tell(&mut self) {
        (self.progress)(VerifyProgress {
            bytes_done: self.report.bytes,
            bytes_total: self.total,
            events: self.report.events,
        });
    }
}

/// Verifies the store in a directory, as it is now.
///
/// Costs one read of every segment, some hashes per event and 48 bytes of memory per event.
/// `progress` is called about once per mebibyte.
///
/// # Errors
/// When there is no store, a newer version wrote it, or a file cannot be read. Damage is not an
/// error here; it is a finding.
pub fn verify(
    platform: &Platform,
    progress: &mut dyn FnMut(VerifyProgress),
) -> Result<VerifyReport, OpenError> {
    verify_against(platform, None, progress)
}

/// Verifies the store in a directory, and that its history is, or continues, the one with a head that
/// was kept elsewhere: [`verify`] otherwise.
///
/// # Errors
/// As for [`verify`]. A head that the history does not have is a finding.
pub fn verify_against(
    platform: &Platform,
    expected: Option<TreeHead>,
    progress: &mut dyn FnMut(VerifyProgress),
) -> Result<VerifyReport, OpenError> {
    let mut attempt = 0;
    loop {
        attempt += 1;
        match verify_once(platform, expected, progress) {
            // A rotation beside us cut the file that was being read.
            Err(OpenError::File(error))
                if error.source.kind() == io::ErrorKind::UnexpectedEof && attempt < ATTEMPTS => {}
            result => return result,
        }
    }
}

fn verify_once(
    platform: &Platform,
    expected: Option<TreeHead>,
    progress: &mut dyn FnMut(VerifyProgress),
) -> Result<VerifyReport, OpenError> {
    let storage = &*platform.storage;
    let live_writer = storage
        .writer_present()
        .map_err(|source| FileError::new("look for a writer of", ".", source))?;
    let names = names(storage)?;
    let (identity, identity_damage) = match identity_beside(live_writer, storage, &names) {
        Ok(found) => {
            let (identity, _, slot_damaged) = found.ok_or(OpenError::NotAStore)?;
            let message = "one of the two identity slots is damaged; the other one is used";
            let damage = ("identity-slot-damaged", message.to_owned());
            (identity, slot_damaged.then_some(damage))
        }
        Err(error) if identity_is_lost(&error) => {
            let damage = ("identity-lost", error.to_string());
            (identity_from_headers(storage, &names)?, Some(damage))
        }
        Err(error) => return Err(error),
    };
    let slot_damaged = identity_damage.is_some();
    let record = identity
        .clean_close
        .filter(|record| record.epoch == identity.epoch);
    let report = VerifyReport {
        lineage: identity.lineage,
        branch: identity.branch,
        epoch: identity.epoch,
        events: 0,
        streams: 0,
        segments: 0,
        bytes: 0,
        live_writer,
        clean: record.is_some() && !slot_damaged,
        covered_by_successor: 0,
        covered_by_close: 0,
        covered_by_tree: 0,
        covered_by_checksum: 0,
        head: Tree::default().head(),
        unknown_in_head: 0,
        gone: Vec::new(),
        findings: Vec::new(),
    };
    let mut state = State {
        report,
        chains: Chains::default(),
        tree: Tree::default(),
        key: HashKey::for_lineage(identity.lineage),
        total: bytes_of(platform, &names)?,
        last: Sequence::NONE,
        progress,
    };
    let recorded = record.and_then(|record| record.tree);
    for (head, source) in [(recorded, Source::Record), (expected, Source::Caller)] {
        if let Some(head) = head {
            state.tree.claim(head, source);
        }
    }
    state.chains.count_behind(state.tree.sizes());
    if let Some((code, message)) = identity_damage {
        state.find(Finding::new(batpak_segment::names::IDENTITY, code, message));
    }
    for name in &names.malformed {
        let message = "ends like a segment and is none, or is not a regular file".to_owned();
        state.find(Finding::new(name.clone(), "name-malformed", message));
    }
    let durable = identity.durable;
    let mut before = CloseFacts::NONE;
    for closed in &identity.closed {
        let extent = Extent::Closed(closed.close);
        one(
            platform,
            closed.close.segment,
            identity.lineage,
            &before,
            extent,
            &mut state,
        )?;
        before = closed.close;
    }
    let mut ids = vec![identity.highest];
    ids.extend(
        names
            .segments
            .iter()
            .copied()
            .filter(|id| *id == identity.highest.next()),
    );
    for id in ids {
        if id.is_none() || id == before.segment {
            continue;
        }
        let extent = match record.filter(|record| record.segment == id) {
            Some(record) => Extent::Recorded(record),
            None if id != identity.highest => Extent::Unnamed,
            None if live_writer => Extent::Growing { durable },
            None => Extent::Open {
                slot_damaged,
                durable,
            },
        };
        one(platform, id, identity.lineage, &before, extent, &mut state)?;
    }
    state.conclude();
    state.tell();
    Ok(state.report)
}

impl State<'_> {
    /// What all events together say.
    fn conclude(&mut self) {
        let report = &mut self.report;
        report.streams = self.chains.streams();
        let (linked, closing) = self.chains.covered();
        report.covered_by_successor = linked;
        report.covered_by_close = closing;
        report.head = self.tree.head();
        report.unknown_in_head = self.tree.unknown();
        let otherwise = match self.tree.proven() {
            Some((size, events)) => {
                report.covered_by_tree = events;
                events + self.chains.covered_behind(size)
            }
            None => linked + closing,
        };
        report.covered_by_checksum = report.events.saturating_sub(otherwise);
        report.findings.extend(self.tree.findings());
    }
}

fn bytes_of(platform: &Platform, names: &Names) -> Result<u64, OpenError> {
    let listed = platform
        .storage
        .list()
        .map_err(|source| FileError::new("list", ".", source))?;
    let wanted: Vec<String> = names.segments.iter().map(|id| id.file_name()).collect();
    Ok(listed
        .iter()
        .filter(|entry| wanted.contains(&entry.name))
        .map(|entry| entry.len)
        .sum())
}

fn one(
    platform: &Platform,
    id: SegmentId,
    lineage: Lineage,
    before: &CloseFacts,
    extent: Extent,
    state: &mut State<'_>,
) -> Result<(), OpenError> {
    let opened = match open_segment(&*platform.storage, id, Access::Read, lineage) {
        Ok(opened) => opened,
        Err(_) if extent == Extent::Unnamed => return Ok(()),
        Err(error) => {
            let damage = damage_of(error)?;
            return lost_segment(id.file_name(), &damage, extent, state);
        }
    };
    let (segment, header) = opened;
    if let Err(OpenError::Damaged { name, damage, .. }) = check_predecessor(&header, before) {
        if extent == Extent::Unnamed {
            return Ok(());
        }
        state.find(Finding::new(
            name,
            "segment-out-of-place",
            damage.to_string(),
        ));
    }
    state.report.segments += 1;
    verify_segment(
        &segment,
        Offset(batpak_segment::SEGMENT_HEADER as u64),
        extent,
        state,
    )
}

fn lost_segment(
    name: String,
    damage: &Damage,
    extent: Extent,
    state: &mut State<'_>,
) -> Result<(), OpenError> {
    let code = match damage {
        Damage::SegmentMissing => "segment-missing",
        Damage::Foreign(_) => "segment-foreign",
        Damage::Header(_) => "segment-header-damaged",
        Damage::Unreadable(_) => "segment-unreadable",
        _ => "segment-out-of-place",
    };
    lost(Finding::new(name, code, damage.to_string()), extent, state)
}

/// Bytes that a segment is taken to have held when nothing tells.
const MOST_BYTES_LOST: u64 = 256 << 20;

/// Notes a segment none of whose events can be looked at.
fn lost(finding: Finding, extent: Extent, state: &mut State<'_>) -> Result<(), OpenError> {
    let first = state.last.next();
    let last = extent
        .plausible_last(state.last, MOST_BYTES_LOST)
        .unwrap_or(state.last);
    state.find(finding.events(first, last));
    state.pass_lost(last);
    state.chains.skip();
    Ok(())
}
