//! The store and what it may do in each state.

use std::fmt;
use std::sync::Arc;

use batpak_journal::{Journal, OpenReport, Reader, View};
use batpak_platform::{Clock, Storage};

use crate::config::StoreConfig;
use crate::error::EventPayloadKindCollision;
use crate::origin::Origin;
use crate::projection::StateCache;

/// An event store in one directory.
///
/// Reading is possible in every state, appending only in [`Open`]. A store is shared by reference
/// or `Arc` between threads; it is not `Clone`, so that [`Store::close`] ends all of it.
///
/// Dropping a store without closing it writes what was appended, and leaves it to the next open to
/// find out how far the log reaches.
///
/// After a fork the child cannot append: every such call returns
/// [`StoreError::Forked`](crate::StoreError::Forked), and dropping the store there does nothing.
/// Reading works in the child unless a thread was appending at the moment of the fork; opening the
/// store for reading there always does.
///
/// ```
/// use batpak::prelude::*;
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let directory = tempfile::tempdir()?;
/// # let store = Store::open(StoreConfig::new(directory.path()))?;
/// let order = Coordinate::new("order:17", "shop")?;
/// let receipt = store.append(&order, EventKind::DATA, &"placed")?;
/// assert_eq!(store.get(receipt.event_id)?.event.payload, "placed");
/// store.close()?;
/// # Ok(())
/// # }
/// ```
pub struct Store<State = Open> {
    pub(crate) core: Core,
    pub(crate) state: State,
}

/// What every state has. A clone shares all of it.
#[derive(Clone)]
pub(crate) struct Core {
    pub(crate) config: Arc<StoreConfig>,
    pub(crate) origin: Arc<Origin>,
    pub(crate) storage: Arc<dyn Storage>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) cache: Arc<StateCache>,
    pub(crate) view: View,
    pub(crate) report: Arc<OpenReport>,
    pub(crate) collisions: Arc<[EventPayloadKindCollision]>,
}

/// The state of a store that is open for reading and appending: the one writer of its directory.
///
/// ```
/// use batpak::prelude::*;
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let directory = tempfile::tempdir()?;
/// # let store = Store::open(StoreConfig::new(directory.path()))?;
/// fn count(store: &Store<Open>) -> usize {
///     store.stats().event_count
/// }
/// assert_eq!(count(&store), 0);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Open {
    pub(crate) journal: Journal,
}

/// The state of a store that is open for reading, with or without a writer beside it.
///
/// ```
/// use batpak::prelude::*;
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let directory = tempfile::tempdir()?;
/// # let store = Store::open(StoreConfig::new(directory.path()))?;
/// let reader: Store<ReadOnly> = Store::open_read_only(StoreConfig::new(directory.path()))?;
/// assert!(reader.is_live()?);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct ReadOnly {
    pub(super) reader: Reader,
}

/// The state of a store that shows the log as it was at one moment, for a decision.
#[derive(Debug)]
pub(crate) struct Pinned;

impl<State> Store<State> {
    /// The store as it is shown now, whatever is appended or hidden from now on.
    pub(crate) fn pinned(&self) -> Store<Pinned> {
        let core = Core {
            view: self.core.view.pinned(),
            ..self.core.clone()
        };
        Store {
            core,
            state: Pinned,
        }
    }
}

/// What is left of a store that was closed.
///
/// ```
/// use batpak::prelude::*;
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let directory = tempfile::tempdir()?;
/// # let store = Store::open(StoreConfig::new(directory.path()))?;
/// let _closed: Closed = store.close()?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Closed;

impl<State> fmt::Debug for Store<State> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Store")
            .field("path", &self.core.origin.path())
            .field("last", &self.core.view.visible())
            .finish_non_exhaustive()
    }
}
