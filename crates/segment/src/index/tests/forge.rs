//! Changing the bytes of an index as somebody can who knows the format.

use crate::index::layout::{
    CHECKSUM, CHUNK_COUNT, CHUNK_CRC, COUNT, ENTRY, INDEX_HEADER, OFFSET, TABLE_CRC, TAG, WIDTH,
};
use crate::index::tag::Tag;

pub(super) fn read(bytes: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(*bytes[at..].first_chunk().unwrap())
}

pub(super) fn read_short(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(*bytes[at..].first_chunk().unwrap())
}

pub(super) fn write(bytes: &mut [u8], at: usize, value: &[u8]) {
    bytes[at..at + value.len()].copy_from_slice(value);
}

/// The offsets of the entries of the table, as far as the file has them.
pub(super) fn entries(bytes: &[u8]) -> impl Iterator<Item = usize> + use<> {
    let fitting = (bytes.len() - INDEX_HEADER) / ENTRY;
    let count = fitting.min(read_short(bytes, CHUNK_COUNT) as usize);
    (0..count).map(|at| INDEX_HEADER + at * ENTRY)
}

pub(super) fn entry_of(bytes: &[u8], tag: Tag) -> usize {
    let mut found = entries(bytes).filter(|at| read_short(bytes, at + TAG) == tag.number());
    found.next().unwrap()
}

/// Where the bytes of a chunk lie, as far as the file has them.
pub(super) fn content(bytes: &[u8], entry: usize) -> std::ops::Range<usize> {
    let place = |number: u64| usize::try_from(number).unwrap();
    let start = place(read(bytes, entry + OFFSET)).min(bytes.len());
    let size =
        read(bytes, entry + COUNT).saturating_mul(u64::from(read_short(bytes, entry + WIDTH)));
    let end = start.saturating_add(place(size)).saturating_add(7) & !7;
    start..end.min(bytes.len())
}

/// Writes the checksums of header and table anew.
pub(super) fn repair_table(bytes: &mut [u8]) {
    let table_end = entries(bytes).last().map_or(INDEX_HEADER, |at| at + ENTRY);
    let crc = crc32c::crc32c(&bytes[INDEX_HEADER..table_end]);
    write(bytes, TABLE_CRC, &crc.to_le_bytes());
    let crc = crc32c::crc32c(&bytes[..CHECKSUM]);
    write(bytes, CHECKSUM, &crc.to_le_bytes());
}

/// Writes all checksums anew, as somebody who edits an index can.
pub(super) fn repair(bytes: &mut [u8]) {
    for entry in entries(bytes) {
        let crc = crc32c::crc32c(&bytes[content(bytes, entry)]);
        write(bytes, entry + CHUNK_CRC, &crc.to_le_bytes());
    }
    repair_table(bytes);
}

/// An entry of the table and the chunk that belongs to it.
pub(super) type Taken = ([u8; ENTRY], Vec<u8>);

/// The chunks of a file.
pub(super) fn take_apart(bytes: &[u8]) -> Vec<Taken> {
    let taken = |at: usize| {
        let entry = bytes[at..].first_chunk().unwrap();
        (*entry, bytes[content(bytes, at)].to_vec())
    };
    entries(bytes).map(taken).collect()
}

/// A file with the header of another and these chunks, with right places and checksums.
pub(super) fn put_together(header: &[u8], chunks: &[Taken]) -> Vec<u8> {
    let mut bytes = header[..INDEX_HEADER].to_vec();
    let count = u32::try_from(chunks.len()).unwrap();
    write(&mut bytes, CHUNK_COUNT, &count.to_le_bytes());
    let mut offset = INDEX_HEADER + chunks.len() * ENTRY;
    for (entry, content) in chunks {
        let mut entry = *entry;
        write(&mut entry, OFFSET, &(offset as u64).to_le_bytes());
        bytes.extend(entry);
        offset += content.len();
    }
    for (_, content) in chunks {
        bytes.extend(content);
    }
    repair(&mut bytes);
    bytes
}
