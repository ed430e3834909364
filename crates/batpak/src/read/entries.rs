//! Iterators of owned events and entries over a scan.

use batpak_event::StoredEvent;

use super::event_ref::EventRef;
use super::index_entry::IndexEntry;
use super::scan::Scan;
use crate::error::StoreError;

/// The entries of a scan. After an error it goes on behind the event that cannot be read.
#[derive(Debug)]
pub struct Entries<'s>(Scan<'s>);

impl<'s> Entries<'s> {
    pub(super) fn new(scan: Scan<'s>) -> Entries<'s> {
        Entries(scan)
    }
}

impl Iterator for Entries<'_> {
    type Item = Result<IndexEntry, StoreError>;

    fn next(&mut self) -> Option<Self::Item> {
        advance(&mut self.0, |event| event.to_entry())
    }
}

/// The events of a scan, with their payloads as stored. After an error it goes on behind the
/// event that cannot be read.
#[derive(Debug)]
pub struct Events<'s>(Scan<'s>);

impl<'s> Events<'s> {
    pub(super) fn new(scan: Scan<'s>) -> Events<'s> {
        Events(scan)
    }
}

impl Iterator for Events<'_> {
    type Item = Result<StoredEvent<Vec<u8>>, StoreError>;

    fn next(&mut self) -> Option<Self::Item> {
        advance(&mut self.0, |event| event.to_stored())
    }
}

fn advance<T>(
    scan: &mut Scan<'_>,
    own: impl FnOnce(&EventRef<'_>) -> Result<T, StoreError>,
) -> Option<Result<T, StoreError>> {
    match scan.next_event() {
        Ok(None) => None,
        Ok(Some(event)) => Some(own(&event)),
        Err(error) => Some(Err(error)),
    }
}
