//! Opening a store.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use batpak_coordinate::Sequence;
use batpak_journal::{Journal, OpenReport, Reader, View};
use batpak_platform::{Platform, RealDirectory};

use super::damage::open_error;
use super::state::{Core, Open, ReadOnly, Store};
use crate::config::StoreConfig;
use crate::error::{CommitState, EventPayloadKindCollision, IoContext, StoreError, StoreLockMode};
use crate::origin::Origin;
use crate::projection::{NoCache, StateCache};
use crate::receipt::Issuer;
use crate::typed::{EventPayloadValidation, kind_collisions, validate_event_payload_registry};

impl Store<Open> {
    /// Opens the store in a directory for reading and appending, and creates both where there is
    /// nothing yet. At most one such store is open per directory, in all processes.
    ///
    /// Costs a look at each segment and its index, and a walk over the frames of the newest segment, at
    /// most 65,536 events; after a crash perhaps over a few more segments.
    ///
    /// # Errors
    /// [`StoreError::Configuration`] and [`StoreError::EventPayloadRegistry`] before the directory is
    /// touched; then, changing no event,
    /// [`StoreError::StoreLocked`], [`StoreError::NotAStore`] for a directory that holds other
    /// files, [`StoreError::FutureVersion`], and [`StoreError::StoreDamaged`] or a sibling of it
    /// when events that were durable are damaged or missing: a read-only open then still serves
    /// the rest.
    pub fn open(config: StoreConfig) -> Result<Store<Open>, StoreError> {
        admit(&config)?;
        let path = config.data_dir();
        let directory =
            RealDirectory::create(path).map_err(|error| refused("create", path, error))?;
        Self::open_on(config, Platform::real(directory))
    }

    /// Opens a store on a platform of the caller's, for example a simulated disk. The directory
    /// of `config` is only a name in errors.
    ///
    /// # Errors
    /// As for [`Store::open`].
    pub fn open_on(config: StoreConfig, platform: Platform) -> Result<Store<Open>, StoreError> {
        let collisions = admit(&config)?;
        let platform = with_clock(platform, &config);
        let origin = Origin::new(canonical(config.data_dir()));
        match Journal::open(&platform, config.journal_options()) {
            Ok((journal, report)) => Ok(Store {
                core: Core {
                    collisions: collisions.into(),
                    ..Core::new(config, origin, platform, journal.view().clone(), report)
                },
                state: Open { journal },
            }),
            Err(error) => Err(open_error(error, &origin, StoreLockMode::Mutable)),
        }
    }
}

impl Store<ReadOnly> {
    /// Opens a store for reading. Creates and changes nothing, takes no lock, and works beside a
    /// writer and on read-only media. It shows the log as it was when it was opened or refreshed
    /// ([`Store::refresh`]); beside a writer, the events that are durable.
    ///
    /// # Errors
    /// [`StoreError::NotAStore`] when there is none. Damaged events are served around: see
    /// [`Store::open_report`].
    pub fn open_read_only(config: StoreConfig) -> Result<Store<ReadOnly>, StoreError> {
        admit(&config)?;
        let directory = open_directory(config.data_dir())?;
        Self::open_read_only_on(config, Platform::real(directory))
    }

    /// Moves forward to what the directory holds now, and returns the sequence of the newest visible
    /// event; 0 in an empty store. What was visible stays so, and scans that are under way do not
    /// notice.
    ///
    /// Beside a writer, events become visible once the files attest that they are durable: with the
    /// next event, or a few milliseconds after the last one. Costs a look at the identity and a read
    /// of the frames that are new; a scan of everything where there is damage.
    ///
    /// # Errors
    /// As for [`Store::open_read_only`]; the store shows then what it showed before.
    pub fn refresh(&self) -> Result<u64, StoreError> {
        let refreshed = self.state.reader.refresh();
        refreshed
            .map(Sequence::get)
            .map_err(|error| open_error(error, &self.core.origin, StoreLockMode::ReadOnly))
    }

    /// Whether a writer, in this process or another one, has the store open now.
    ///
    /// # Errors
    /// [`StoreError::Io`] when the lock cannot be looked at.
    pub fn is_live(&self) -> Result<bool, StoreError> {
        let live = self.state.reader.is_live();
        live.map_err(|error| open_error(error, &self.core.origin, StoreLockMode::ReadOnly))
    }

    /// Opens a store for reading on a platform of the caller's. The directory of `config` is only
    /// a name in errors.
    ///
    /// # Errors
    /// As for [`Store::open_read_only`].
    pub fn open_read_only_on(
        config: StoreConfig,
        platform: Platform,
    ) -> Result<Store<ReadOnly>, StoreError> {
        let collisions = admit(&config)?;
        let origin = Origin::new(canonical(config.data_dir()));
        match Reader::open_with(&platform, config.mapping()) {
            Ok((reader, report)) => Ok(Store {
                core: Core {
                    collisions: collisions.into(),
                    ..Core::new(config, origin, platform, reader.view().clone(), report)
                },
                state: ReadOnly { reader },
            }),
            Err(error) => Err(open_error(error, &origin, StoreLockMode::ReadOnly)),
        }
    }
}

impl Core {
    fn new(
        config: StoreConfig,
        origin: Origin,
        platform: Platform,
        view: View,
        report: OpenReport,
    ) -> Core {
        let issuer = Issuer::new(view.lineage(), config.signing_key());
        Core {
            config: Arc::new(config),
            origin: Arc::new(origin.issuing(issuer)),
            storage: platform.storage,
            clock: platform.clock,
            cache: Arc::new(StateCache::new(Box::new(NoCache))),
            view,
            report: Arc::new(report),
            collisions: Arc::default(),
        }
    }
}

/// Checks the options, and the payload types of the program as they ask for: the kinds that two types
/// claim.
fn admit(config: &StoreConfig) -> Result<Vec<EventPayloadKindCollision>, StoreError> {
    config.validate()?;
    match config.event_payload_validation() {
        EventPayloadValidation::Silent => Ok(Vec::new()),
        EventPayloadValidation::Warn => Ok(kind_collisions()),
        EventPayloadValidation::FailFast => {
            validate_event_payload_registry()?;
            Ok(Vec::new())
        }
    }
}

/// The existing directory at `path`; what is missing, or no directory, holds no store.
pub(super) fn open_directory(path: &Path) -> Result<RealDirectory, StoreError> {
    RealDirectory::open(path).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => StoreError::NotAStore {
            path: canonical(path),
        },
        _ => refused("open", path, error),
    })
}

/// The path that errors name, independent of the working directory of whoever reads them.
pub(super) fn canonical(path: &Path) -> PathBuf {
    batpak_platform::canonical_path(path)
}

/// The platform with the clock that the options set.
fn with_clock(mut platform: Platform, config: &StoreConfig) -> Platform {
    if let Some(clock) = config.clock() {
        platform.clock = Arc::clone(clock);
    }
    platform
}

pub(super) fn refused(operation: &'static str, path: &Path, error: io::Error) -> StoreError {
    IoContext::new(operation, canonical(path), CommitState::NotCommitted, error).into()
}
