//! Turning what has been collected into the bytes of a file.

use batpak_coordinate::Sequence;
use batpak_event::{Digest, EventId};

use super::BuildFault;
use super::builder::{IndexBuilder, Row};
use super::columns::{Sorted, group};
use super::file::File;
use crate::Offset;
use crate::fixed::{count, is_zero, size};
use crate::index::IndexHeader;
use crate::index::layout::TIME_STEP;
use crate::index::tag::Tag;
use crate::index::{DirectoryTable, key_hash, stream_hash};

/// What an index holds besides its events.
#[derive(Debug, Clone, Copy)]
pub struct IndexEnd<'a> {
    /// The offset just after the segment's last frame.
    pub end: Offset,
    /// The last sequence of the history up to there.
    pub last_sequence: Sequence,
    /// The number of the first of the tiles.
    pub first_tile: u64,
    /// Digests of consecutive tiles of the tree over all events.
    pub tiles: &'a [Digest],
    /// Directories over several segments; that of this segment is made by itself.
    pub directories: &'a [DirectoryTable],
}

impl IndexBuilder {
    /// The directory of this segment alone.
    #[must_use]
    pub fn directory(&self) -> DirectoryTable {
        let segment = self.source.segment;
        let mut table = DirectoryTable::new(segment, segment);
        for (name, number) in &self.entities.numbers {
            if let Some(stream) = self.streams.get(size(*number)) {
                table.add_stream(stream_hash(name), stream.newest);
            }
        }
        for (id, ordinal) in &self.ids {
            if let Some(row) = self.rows.get(size(*ordinal)) {
                table.add_key(key_hash(EventId::new(*id)), row.sequence);
            }
        }
        table
    }

    /// The bytes of the index file. The same events always give the same bytes.
    ///
    /// # Errors
    /// [`BuildFault::End`].
    pub fn finish(mut self, end: &IndexEnd<'_>) -> Result<Vec<u8>, BuildFault> {
        let header = self.header(end)?;
        self.push_hole(self.taken(), end.last_sequence.0, header.events);
        let mut file = File::default();
        self.write_events(&mut file);
        self.write_names(&mut file);
        self.write_links(&mut file);
        let tiles = end.tiles.iter().copied();
        file.elements(Tag::Tiles, end.first_tile, tiles);
        write_directory(&mut file, 0, &self.directory());
        for (part, table) in (1..).zip(end.directories) {
            write_directory(&mut file, part, table);
        }
        self.write_changes(&mut file);
        Ok(file.finish(&header))
    }

    fn write_changes(&self, file: &mut File) {
        let changes = self.changes.iter();
        let types = changes
            .clone()
            .map(|change| u64::from(change.control_type()));
        file.numbers(Tag::ChangeTypes, types);
        file.numbers(
            Tag::ChangeFirsts,
            changes.clone().map(|change| change.first.0),
        );
        file.numbers(Tag::ChangeLasts, changes.map(|change| change.last.0));
    }

    fn header(&self, end: &IndexEnd<'_>) -> Result<IndexHeader, BuildFault> {
        let header = IndexHeader {
            lineage: self.source.lineage,
            segment: self.source.segment,
            salt: self.source.salt,
            end: end.end,
            first_sequence: self.source.first_sequence,
            last_sequence: end.last_sequence,
            // Both are at most the greatest number of events that `push` takes.
            events: u32::try_from(self.rows.len()).unwrap_or(u32::MAX),
            streams: u32::try_from(self.streams.len()).unwrap_or(u32::MAX),
        };
        if let Some(fault) = header.impossible() {
            return Err(BuildFault::End(fault));
        }
        match self.rows.last() {
            Some(row) if row.sequence > end.last_sequence => {
                Err(BuildFault::End("an event is after the last sequence"))
            }
            Some(row) if row.offset >= end.end => Err(BuildFault::End("an event is after the end")),
            _ => Ok(header),
        }
    }

    fn write_events(&self, file: &mut File) {
        let rows = || self.rows.iter();
        file.numbers(Tag::Offsets, rows().map(|row| row.offset.0 / 8));
        let distance = |row: &Row| row.stream_sequence.saturating_sub(self.first_of(row));
        file.numbers(Tag::StreamSequences, rows().map(distance));
        file.numbers(Tag::Predecessors, rows().map(|row| self.distance(row)));
        let far = (0_u32..).zip(rows()).filter(|(_, row)| self.is_far(row));
        let far: Vec<(u32, u64)> = far.map(|(at, row)| (at, row.predecessor.0)).collect();
        file.numbers(Tag::FarEvents, far.iter().map(|(at, _)| u64::from(*at)));
        file.numbers(
            Tag::FarPredecessors,
            far.iter().map(|(_, sequence)| *sequence),
        );
        file.numbers(
            Tag::Generations,
            rows().map(|row| u64::from(row.generation)),
        );
        if rows().any(|row| row.keyed) {
            let byte = |rows: &[Row]| {
                (0..)
                    .zip(rows)
                    .fold(0, |byte, (bit, row)| byte | u8::from(row.keyed) << bit)
            };
            file.bytes(Tag::Keyed, self.rows.chunks(8).map(byte).collect());
        }
        let epochs = self.epochs.iter();
        file.numbers(
            Tag::EpochEvents,
            epochs.clone().map(|(at, _)| u64::from(*at)),
        );
        file.numbers(Tag::Epochs, epochs.map(|(_, epoch)| epoch.0));
        let sampled = self.rows.iter().step_by(size(TIME_STEP));
        let times = sampled.chain(self.rows.last()).map(|row| row.wall_us);
        file.numbers(Tag::Times, times);
        let holes = self.holes.iter();
        file.numbers(Tag::HoleFirsts, holes.clone().map(|hole| hole.first));
        file.numbers(Tag::HoleLasts, holes.clone().map(|hole| hole.last));
        file.numbers(Tag::HoleEvents, holes.map(|hole| u64::from(hole.before)));
    }

    fn write_names(&self, file: &mut File) {
        let entities = Sorted::new(&self.entities);
        let entity = self.rows.iter().map(|row| entities.rank(row.entity));
        file.numbers(Tag::Entities, entity.clone().map(u64::from));
        file.numbers(Tag::EntityNameStarts, entities.starts().into_iter());
        file.bytes(Tag::EntityNames, entities.bytes());
        write_lists(
            file,
            Tag::EntityStarts,
            Tag::EntityEvents,
            entities.names.len(),
            entity,
        );
        let streams = || {
            let numbers = entities.numbers.iter();
            numbers.filter_map(|number| self.streams.get(size(*number)))
        };
        file.numbers(Tag::EntityFirsts, streams().map(|stream| stream.first.0));
        let hashes = streams().map(|stream| stream.hash.unwrap_or([0; 32]));
        if hashes.clone().any(|hash| !is_zero(&hash)) {
            file.elements(Tag::EntityHashes, 0, hashes);
        }

        let scopes = Sorted::new(&self.scopes);
        let scope = self.rows.iter().map(|row| scopes.rank(row.scope));
        file.numbers(Tag::Scopes, scope.clone().map(u64::from));
        file.numbers(Tag::ScopeNameStarts, scopes.starts().into_iter());
        file.bytes(Tag::ScopeNames, scopes.bytes());
        write_lists(
            file,
            Tag::ScopeStarts,
            Tag::ScopeEvents,
            scopes.names.len(),
            scope,
        );

        let mut kinds: Vec<u16> = self.rows.iter().map(|row| row.kind).collect();
        kinds.sort_unstable();
        kinds.dedup();
        let rank = |row: &Row| kinds.partition_point(|kind| *kind < row.kind);
        // There are at most 65,536 kinds.
        let kind = self
            .rows
            .iter()
            .map(|row| u32::try_from(rank(row)).unwrap_or(u32::MAX));
        file.numbers(Tag::Kinds, kind.clone().map(u64::from));
        file.numbers(Tag::KindNumbers, kinds.iter().map(|kind| u64::from(*kind)));
        write_lists(file, Tag::KindStarts, Tag::KindEvents, kinds.len(), kind);
    }

    fn write_links(&mut self, file: &mut File) {
        self.ids.sort_unstable();
        self.correlations.sort_unstable();
        self.effects.sort_unstable();
        self.effects.dedup();
        for (ids, events, pairs) in [
            (Tag::Ids, Tag::IdEvents, &self.ids),
            (
                Tag::Correlations,
                Tag::CorrelationEvents,
                &self.correlations,
            ),
        ] {
            file.elements(ids, 0, pairs.iter().map(|(id, _)| id.to_le_bytes()));
            file.numbers(events, pairs.iter().map(|(_, event)| u64::from(*event)));
        }
        let caused = self.caused.iter();
        file.numbers(
            Tag::CausedEvents,
            caused.clone().map(|(event, _)| u64::from(*event)),
        );
        let all = (!self.caused.is_empty()).then_some(count(self.causes.len()));
        file.numbers(Tag::CauseStarts, caused.map(|(_, start)| *start).chain(all));
        file.numbers(Tag::Causes, self.causes.iter().copied());
        let foreign = self.foreign.iter();
        file.numbers(Tag::ForeignPlaces, foreign.clone().map(|(place, _)| *place));
        file.elements(Tag::ForeignIds, 0, foreign.map(|(_, id)| id.to_le_bytes()));
        let effects = self.effects.iter();
        file.numbers(Tag::EffectCauses, effects.clone().map(|(cause, _)| *cause));
        file.numbers(Tag::Effects, effects.map(|(_, event)| u64::from(*event)));
    }

    fn first_of(&self, row: &Row) -> u64 {
        let stream = self.streams.get(size(row.entity));
        stream.map_or(0, |stream| stream.first.0)
    }

    fn is_far(&self, row: &Row) -> bool {
        !row.predecessor.is_none() && row.predecessor < self.source.first_sequence
    }

    /// The distance to the predecessor; 0 where it is before this segment or there is none.
    fn distance(&self, row: &Row) -> u64 {
        if row.predecessor < self.source.first_sequence {
            0
        } else {
            row.sequence.0.saturating_sub(row.predecessor.0)
        }
    }
}

fn write_lists(
    file: &mut File,
    starts: Tag,
    events: Tag,
    groups: usize,
    members: impl Iterator<Item = u32> + Clone,
) {
    let lists = group(groups, members);
    file.numbers(starts, lists.0.into_iter());
    file.numbers(events, lists.1.into_iter().map(u64::from));
}

fn write_directory(file: &mut File, part: u32, table: &DirectoryTable) {
    let segments = [table.first.0, table.last.0];
    file.part_numbers(Tag::DirectorySegments, part, segments.into_iter());
    for (hashes, sequences, pairs) in [
        (Tag::StreamHashes, Tag::StreamNewest, table.sorted_streams()),
        (Tag::KeyHashes, Tag::KeySequences, table.sorted_keys()),
    ] {
        file.part_numbers(hashes, part, pairs.iter().map(|(hash, _)| *hash));
        file.part_numbers(
            sequences,
            part,
            pairs.iter().map(|(_, sequence)| sequence.0),
        );
    }
}
