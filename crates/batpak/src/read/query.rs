//! Lists of entries.

use batpak_coordinate::{EventKind, KindFilter, Region};

use super::index_entry::IndexEntry;
use super::scan::Scan;
use crate::store::Store;
use crate::typed::EventPayload;

/// An event that cannot be read is missing from a `Vec` of entries: its signature has no place
/// for an error. [`Store::scan`] and its iterators report every such event.
impl<State> Store<State> {
    /// The entries of a region, in commit order. Events that cannot be read are left out;
    /// [`Store::scan`] reports them.
    #[must_use]
    pub fn query(&self, region: &Region) -> Vec<IndexEntry> {
        readable(self.scan(region))
    }

    /// The next `limit` entries of a region after a sequence, in commit order; `None` begins at
    /// the first event. Events that cannot be read are left out; [`Store::scan`] reports them.
    #[must_use]
    pub fn query_entries_after(
        &self,
        region: &Region,
        after: Option<u64>,
        limit: usize,
    ) -> Vec<IndexEntry> {
        readable(self.scan(region).after(after.unwrap_or(0)).limit(limit))
    }

    /// The entries of one stream, in the order of the stream. Costs what the stream is long.
    #[must_use]
    pub fn by_entity(&self, entity: &str) -> Vec<IndexEntry> {
        readable(self.scan_entity(entity))
    }

    /// The entries of a scope, in commit order.
    #[must_use]
    pub fn by_scope(&self, scope: &str) -> Vec<IndexEntry> {
        self.query(&Region::scope(scope))
    }

    /// The entries of a kind, in commit order.
    #[must_use]
    pub fn by_fact(&self, kind: EventKind) -> Vec<IndexEntry> {
        self.query(&Region::all().with_fact(KindFilter::Exact(kind)))
    }

    /// The entries of the kind of a payload type, in commit order.
    #[must_use]
    pub fn by_fact_typed<T: EventPayload>(&self) -> Vec<IndexEntry> {
        self.by_fact(T::KIND)
    }
}

fn readable(scan: Scan<'_>) -> Vec<IndexEntry> {
    scan.entries().filter_map(Result::ok).collect()
}
