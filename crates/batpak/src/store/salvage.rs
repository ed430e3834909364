//! Salvage of a damaged store into a new one.

use std::path::Path;

use batpak_coordinate::Sequence;
use batpak_event::{BranchId, Lineage};
use batpak_journal::{DamagedRange, OpenError, SalvageError};
use batpak_platform::{Platform, RealDirectory};

use super::damage::open_error;
use super::open::{canonical, open_directory, refused};
use crate::error::{Detail, DetailCause, StoreError, StoreLockMode};
use crate::origin::Origin;

/// What a salvage copied, and what it could not.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SalvageReport {
    /// The history that both stores belong to.
    pub lineage: Lineage,
    /// The branch of the new store; its parent is the branch of the source.
    pub branch: BranchId,
    /// Events copied.
    pub events: u64,
    /// Newest sequence of the source; the new store goes on behind it.
    pub last_sequence: u64,
    /// Damage of the source.
    pub damage: Vec<DamagedRange>,
    /// Ranges of events that the new store names as gone, both ends included.
    pub gaps: Vec<(u64, u64)>,
    /// Events left out because they contradict the hash of the event before them in their stream,
    /// or the hash at the end of their segment.
    pub refused: Vec<u64>,
    /// Events copied from behind damage that a checksum vouches for and no hash.
    pub unproven: Vec<u64>,
    /// Events found behind damage beyond the last one that is known to have been durable: left out.
    pub beyond: u64,
}

/// Copies what can be read of the store in `source` into a new store in `destination`, which must be
/// empty or new. Nothing in the source changes.
///
/// Events keep sequence, stream sequence, id, causes, time and hash; what cannot be copied is named as
/// gone. `progress` is told how many events were looked at, and how many there are. Costs one read
/// and three hashes of every event, and some 100 bytes of memory per event and stream.
///
/// # Errors
/// [`StoreError::StoreLocked`] while a writer has the source, [`StoreError::NotAStore`] where there is
/// none, [`StoreError::Configuration`] for a destination that is not empty, and [`StoreError::Io`].
/// A destination that was begun holds temporary files and no store.
pub fn salvage(
    source: impl AsRef<Path>,
    destination: impl AsRef<Path>,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<SalvageReport, StoreError> {
    let (source, destination) = (source.as_ref(), destination.as_ref());
    let from = Platform::real(open_directory(source)?);
    let created = RealDirectory::create(destination);
    let to = Platform::real(created.map_err(|error| refused("create", destination, error))?);
    match batpak_journal::salvage(&from, &to, progress) {
        Ok(report) => Ok(report.into()),
        Err(SalvageError::Source(error)) => {
            let origin = Origin::new(canonical(source));
            Err(open_error(*error, &origin, StoreLockMode::ReadOnly))
        }
        Err(SalvageError::Destination(error)) if matches!(*error, OpenError::NotEmpty) => {
            let path = canonical(destination);
            let text = format!(
                "the destination of a salvage must be empty: {}",
                path.display()
            );
            Err(StoreError::Configuration(Detail::new(
                DetailCause::Unsupported,
                text,
            )))
        }
        Err(SalvageError::Destination(error)) => {
            let origin = Origin::new(canonical(destination));
            Err(open_error(*error, &origin, StoreLockMode::Mutable))
        }
    }
}

impl From<batpak_journal::SalvageReport> for SalvageReport {
    fn from(report: batpak_journal::SalvageReport) -> SalvageReport {
        let numbers = |events: Vec<Sequence>| events.into_iter().map(Sequence::get).collect();
        let pair = |(first, last): (Sequence, Sequence)| (first.get(), last.get());
        SalvageReport {
            lineage: report.lineage,
            branch: report.branch,
            events: report.events,
            last_sequence: report.last.get(),
            damage: report.damage,
            gaps: report.gaps.into_iter().map(pair).collect(),
            refused: numbers(report.refused),
            unproven: numbers(report.unproven),
            beyond: report.beyond,
        }
    }
}
