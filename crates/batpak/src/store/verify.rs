//! Verification of everything that a store rests on.

use std::path::Path;

use batpak_coordinate::Sequence;
use batpak_event::tree::TreeHead;
use batpak_event::{BranchId, Epoch, Lineage};
pub use batpak_journal::VerifyProgress;
use batpak_platform::Platform;

use super::damage::open_error;
use super::open::{canonical, open_directory};
use crate::error::{StoreError, StoreLockMode};
use crate::origin::Origin;

/// What a verification checked and found.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct VerifyReport {
    /// The history.
    pub lineage: Lineage,
    /// The branch of it.
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
    /// Head of the tree over the events as they are now. Events that are lost or gone stand in it as
    /// unknown.
    pub head: TreeHead,
    /// How many do.
    pub unknown_in_head: u64,
    /// Ranges of events that the log says are not in it any more, both ends included.
    pub gone: Vec<(u64, u64)>,
    /// Everything that is not as it was written; empty for a store that is whole.
    pub findings: Vec<Finding>,
}

/// One thing that is not as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Finding {
    /// File name inside the store's directory; `.` for what is about all of it.
    pub file: String,
    /// Where in the file, in bytes.
    pub offset: Option<u64>,
    /// First event affected.
    pub first_sequence: Option<u64>,
    /// Last event affected.
    pub last_sequence: Option<u64>,
    /// Stable identifier of what is wrong.
    pub code: &'static str,
    /// What is wrong, in words.
    pub message: String,
}

/// Verifies the store in a directory: every byte, every checksum, every hash. Changes nothing,
/// takes no lock, and works beside a writer.
///
/// Costs one read of every segment, some hashes per event and 48 bytes of memory per event.
/// `progress` is told about once per mebibyte.
///
/// # Errors
/// [`StoreError::NotAStore`], [`StoreError::FutureVersion`], and [`StoreError::Io`] for a file that
/// cannot be read. Damage is not an error here: it is a finding.
pub fn verify(
    dir: impl AsRef<Path>,
    progress: &mut dyn FnMut(VerifyProgress),
) -> Result<VerifyReport, StoreError> {
    verify_against(dir, None, progress)
}

/// Verifies the store in a directory, and that its history is, or continues, the one with a head that
/// was kept elsewhere ([`Store::head`](crate::Store::head)). It is [`verify`] otherwise.
///
/// A head that the events do not have is a finding: `head-wrong`, `head-beyond` when there are fewer
/// events, and `head-unproven` when lost events keep it from being compared.
///
/// # Errors
/// As for [`verify`].
pub fn verify_against(
    dir: impl AsRef<Path>,
    expected: Option<TreeHead>,
    progress: &mut dyn FnMut(VerifyProgress),
) -> Result<VerifyReport, StoreError> {
    let dir = dir.as_ref();
    let platform = Platform::real(open_directory(dir)?);
    match batpak_journal::verify_against(&platform, expected, progress) {
        Ok(report) => Ok(report.into()),
        Err(error) => {
            let origin = Origin::new(canonical(dir));
            Err(open_error(error, &origin, StoreLockMode::ReadOnly))
        }
    }
}

impl From<batpak_journal::VerifyReport> for VerifyReport {
    fn from(report: batpak_journal::VerifyReport) -> VerifyReport {
        VerifyReport {
            lineage: report.lineage,
            branch: report.branch,
            epoch: report.epoch,
            events: report.events,
            streams: report.streams,
            segments: report.segments,
            bytes: report.bytes,
            live_writer: report.live_writer,
            clean: report.clean,
            covered_by_successor: report.covered_by_successor,
            covered_by_close: report.covered_by_close,
            covered_by_tree: report.covered_by_tree,
            covered_by_checksum: report.covered_by_checksum,
            head: report.head,
            unknown_in_head: report.unknown_in_head,
            gone: report
                .gone
                .into_iter()
                .map(|(first, last)| (first.get(), last.get()))
                .collect(),
            findings: report.findings.into_iter().map(Finding::from).collect(),
        }
    }
}

impl From<batpak_journal::Finding> for Finding {
    fn from(finding: batpak_journal::Finding) -> Finding {
        Finding {
            file: finding.file,
            offset: finding.offset,
            first_sequence: finding.first.map(Sequence::get),
            last_sequence: finding.last.map(Sequence::get),
            code: finding.code,
            message: finding.message,
        }
    }
}
