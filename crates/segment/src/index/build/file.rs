//! Putting chunks together into a file.

use crate::fixed::{align, count};
use crate::index::IndexHeader;
use crate::index::header::TableFacts;
use crate::index::layout::{ENTRY, INDEX_HEADER};
use crate::index::table::Entry;
use crate::index::tag::Tag;

/// The chunks of a file that is being made.
#[derive(Debug, Default)]
pub(super) struct File {
    chunks: Vec<(Entry, Vec<u8>)>,
}

impl File {
    /// Adds numbers, each less by the least of them and in as few bytes as the greatest takes.
    pub(super) fn numbers(&mut self, tag: Tag, numbers: impl Iterator<Item = u64> + Clone) {
        self.part_numbers(tag, 0, numbers);
    }

    pub(super) fn part_numbers(
        &mut self,
        tag: Tag,
        part: u32,
        numbers: impl Iterator<Item = u64> + Clone,
    ) {
        let base = numbers.clone().min().unwrap_or(0);
        let spread = numbers.clone().max().unwrap_or(0) - base;
        let width = match spread {
            0..=0xff => 1,
            0x100..=0xffff => 2,
            0x1_0000..=0xffff_ffff => 4,
            _ => 8,
        };
        let mut bytes = Vec::with_capacity(align(numbers.size_hint().0.saturating_mul(width)));
        for number in numbers {
            let stored = (number - base).to_le_bytes();
            bytes.extend_from_slice(stored.get(..width).unwrap_or(&stored));
        }
        self.add(tag, part, width, base, bytes);
    }

    /// Adds elements of one width as they are.
    pub(super) fn elements<const WIDTH: usize>(
        &mut self,
        tag: Tag,
        base: u64,
        elements: impl Iterator<Item = [u8; WIDTH]>,
    ) {
        let mut bytes = Vec::with_capacity(elements.size_hint().0.saturating_mul(WIDTH));
        elements.for_each(|element| bytes.extend_from_slice(&element));
        self.add(tag, 0, WIDTH, base, bytes);
    }

    /// Adds single bytes.
    pub(super) fn bytes(&mut self, tag: Tag, bytes: Vec<u8>) {
        self.add(tag, 0, 1, 0, bytes);
    }

    fn add(&mut self, tag: Tag, part: u32, width: usize, base: u64, mut bytes: Vec<u8>) {
        if bytes.is_empty() {
            return;
        }
        let elements = bytes.len() / width;
        bytes.resize(align(bytes.len()), 0);
        let entry = Entry {
            tag: tag.number(),
            part,
            // A width is at most 32.
            width: u32::try_from(width).unwrap_or(u32::MAX),
            crc: crc32c::crc32c(&bytes),
            base,
            offset: 0,
            count: count(elements),
        };
        self.chunks.push((entry, bytes));
    }

    /// The bytes of the file.
    pub(super) fn finish(mut self, header: &IndexHeader) -> Vec<u8> {
        self.chunks
            .sort_unstable_by_key(|(entry, _)| (entry.tag, entry.part));
        let table_len = self.chunks.len().saturating_mul(ENTRY);
        let mut offset = INDEX_HEADER.saturating_add(table_len);
        let mut table = Vec::with_capacity(table_len);
        for (entry, bytes) in &mut self.chunks {
            entry.offset = count(offset);
            table.extend_from_slice(&entry.encode());
            offset = offset.saturating_add(bytes.len());
        }
        let facts = TableFacts {
            // Four billion chunks do not fit into memory.
            chunks: u32::try_from(self.chunks.len()).unwrap_or(u32::MAX),
            crc: crc32c::crc32c(&table),
        };
        let mut file = Vec::with_capacity(offset);
        file.extend_from_slice(&header.encode(facts));
        file.extend_from_slice(&table);
        for (_, bytes) in &self.chunks {
            file.extend_from_slice(bytes);
        }
        file
    }
}
