//! Reading a directory without taking it: beside a writer, after one, on read-only media.

use batpak_event::Epoch;
use batpak_platform::Platform;

use crate::error::{FileError, OpenError};
use crate::headers::{identity_from_headers, identity_is_lost};
use crate::recover::{Mode, recover};
use crate::report::OpenReport;
use crate::survey::{identity, names};
use crate::view::{Origin, View};

/// How often an open beside a writer is tried again when a rotation came in between.
const ATTEMPTS: u32 = 8;

/// A log opened for reading. Takes no lock and changes nothing.
#[derive(Debug)]
pub struct Reader {
    view: View,
}

impl Reader {
    /// Reads the directory as it is now. Beside a writer it sees the events that the files attest
    /// to be durable; without one, every whole unit. A store whose identity is lost is read from its
    /// segment headers, and the report says so.
    ///
    /// Costs a scan of every frame: the index is rebuilt in memory.
    ///
    /// # Errors
    /// `NotAStore` where there is none. Damaged frames are served around and reported; a missing
    /// or foreign segment is refused.
    pub fn open(platform: &Platform) -> Result<(Self, OpenReport), OpenError> {
        let mut attempt = 0;
        loop {
            attempt += 1;
            let live = writer_present(platform)?;
            let mode = if live { Mode::Follow } else { Mode::Read };
            match open_once(platform, mode) {
                Err(_) if live && attempt < ATTEMPTS => {}
                // A writer came meanwhile: what did not verify may have been half written.
                Ok(_) if !live && attempt < ATTEMPTS && writer_present(platform)? => {}
                result => return result,
            }
        }
    }

    /// What the log shows.
    #[must_use]
    pub fn view(&self) -> &View {
        &self.view
    }
}

fn writer_present(platform: &Platform) -> Result<bool, OpenError> {
    platform
        .storage
        .writer_present()
        .map_err(|source| FileError::new("look for a writer of", ".", source).into())
}

fn open_once(platform: &Platform, mode: Mode) -> Result<(Reader, OpenReport), OpenError> {
    let storage = &*platform.storage;
    let names = names(storage)?;
    let (found, other_bad) = match identity(storage, &names) {
        Ok(found) => found
            .map(|(found, _, bad)| (found, bad))
            .ok_or(OpenError::NotAStore)?,
        Err(error) if identity_is_lost(&error) => (identity_from_headers(storage, &names)?, true),
        Err(error) => return Err(error),
    };
    let epoch: Epoch = found.epoch;
    let recovered = recover(storage, &names, found, other_bad, mode)?;
    let mut report = recovered.report;
    report.set_aside = recovered.orphans.iter().map(|id| id.file_name()).collect();
    let last = recovered.index.last();
    let visible = if mode == Mode::Follow {
        report.attested.min(last)
    } else {
        last
    };
    report.events = recovered.index.count_up_to(visible);
    let origin = Origin {
        lineage: recovered.identity.lineage,
        branch: recovered.identity.branch,
        epoch,
    };
    let view = View::new(origin, recovered.index, recovered.segments, visible);
    Ok((Reader { view }, report))
}
