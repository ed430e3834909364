//! Index files on disk.

use std::io;

use batpak_event::Lineage;
use batpak_platform::{Access, FileBytes, Storage, write_all_at};
use batpak_segment::SegmentId;
use batpak_segment::identity::ClosedSegment;
use batpak_segment::index::SegmentIndex;

use crate::part::Sealed;
use crate::sabotage::{Bug, planted};

/// The index file of a closed segment, if it is the one that the identity knows.
pub(crate) fn load(
    storage: &dyn Storage,
    entry: &ClosedSegment,
    lineage: Lineage,
    mapping: bool,
) -> Option<Sealed> {
    let known = entry.index_hash?;
    let file = storage
        .open(&entry.close.segment.index_name(), Access::Read)
        .ok()?;
    let len = file.len().ok()?;
    let bytes = if mapping {
        file.map(len)
    } else {
        FileBytes::read(&*file, len)
    };
    let index = SegmentIndex::open(bytes.ok()?).ok()?;
    let covers = index.header().covers(lineage, &entry.close)
        && index.header().first_sequence == entry.first_sequence;
    let trusted = planted(Bug::TrustIndex);
    (trusted || covers && index.table_hash() == known).then_some(index)
}

/// Writes an index file, in the place of one that is there, and opens it. It is not synced: an index
/// that a crash leaves half written is made again.
pub(crate) fn write(
    storage: &dyn Storage,
    id: SegmentId,
    bytes: &[u8],
    mapping: bool,
) -> io::Result<FileBytes> {
    let name = id.index_name();
    let temporary = format!("{name}.tmp");
    match storage.remove(&temporary) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    if let Err(error) = storage.open(&name, Access::Read)
        && error.kind() == io::ErrorKind::InvalidInput
    {
        // What stands there is no file: it is somebody's, and is left alone.
        return Err(error);
    }
    let file = storage.create(&temporary)?;
    let written = write_all_at(&*file, bytes, 0).and_then(|()| storage.rename(&temporary, &name));
    if let Err(error) = written {
        // The first error is the one worth reporting; a leftover is removed at the next open.
        let _leftover = storage.remove(&temporary);
        return Err(error);
    }
    let len = bytes.len() as u64;
    if mapping {
        file.map(len)
    } else {
        FileBytes::read(&*file, len)
    }
}
