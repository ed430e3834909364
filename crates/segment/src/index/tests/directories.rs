//! Directories over one and several segments.

use std::collections::BTreeMap;

use batpak_coordinate::Sequence;
use batpak_event::EventId;
use proptest::prelude::*;

use super::history::{Draw, SEGMENT, draws, history};
use crate::SegmentId;
use crate::index::{DirectoryTable, IndexEnd, SegmentIndex, key_hash, stream_hash};

/// An index of nothing but this directory.
fn written(table: &DirectoryTable) -> SegmentIndex<Vec<u8>> {
    let empty = history(1, &[], 0);
    let directories = std::slice::from_ref(table);
    let end = IndexEnd {
        directories,
        ..empty.end()
    };
    SegmentIndex::open(empty.builder().finish(&end).unwrap()).unwrap()
}

#[test]
fn the_hashes_are_those_of_the_format() {
    let first =
        |bytes: &[u8]| u64::from_le_bytes(*blake3::hash(bytes).as_bytes().first_chunk().unwrap());
    assert_eq!(stream_hash("user:1"), first(b"user:1"));
    assert_eq!(
        key_hash(EventId::new(7)),
        first(&[7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0])
    );
    // BLAKE3 of no bytes begins with af 13 49 b9 f5 f9 a1 a6.
    assert_eq!(
        stream_hash("").to_le_bytes(),
        [0xaf, 0x13, 0x49, 0xb9, 0xf5, 0xf9, 0xa1, 0xa6]
    );
}

#[test]
fn a_file_holds_its_own_directory_and_those_handed_in() {
    let history = history(
        100,
        &[
            Draw::PLAIN,
            Draw {
                entity: 1,
                id: 1,
                ..Draw::PLAIN
            },
        ],
        0,
    );
    let mut tables = Vec::new();
    for last in [8, 64] {
        let mut table = DirectoryTable::new(SegmentId(1), SegmentId(last));
        table.add_stream(last, Sequence(last + 1));
        table.add_key(last, Sequence(last + 2));
        tables.push(table);
    }
    let end = IndexEnd {
        directories: &tables,
        ..history.end()
    };
    let index = SegmentIndex::open(history.builder().finish(&end).unwrap()).unwrap();
    assert_eq!(index.directory_count(), 3);
    let own = index.directory(0).unwrap().unwrap();
    assert_eq!((own.first, own.last), (SEGMENT, SEGMENT));
    assert_eq!(
        own.streams(stream_hash("user:10")).collect::<Vec<_>>(),
        [Sequence(101)]
    );
    assert_eq!(
        own.keys(key_hash(history.facts[1].id)).collect::<Vec<_>>(),
        [Sequence(101)]
    );
    for (number, last) in [(1, 8), (2, 64)] {
        let directory = index.directory(number).unwrap().unwrap();
        assert_eq!(
            (directory.first, directory.last),
            (SegmentId(1), SegmentId(last))
        );
        assert_eq!(
            directory.streams(last).collect::<Vec<_>>(),
            [Sequence(last + 1)]
        );
        assert_eq!(
            directory.keys(last).collect::<Vec<_>>(),
            [Sequence(last + 2)]
        );
        assert_eq!(directory.streams(5).count() + directory.keys(5).count(), 0);
    }
    assert!(index.directory(3).unwrap().is_none());
    assert!(index.directory(u32::MAX).unwrap().is_none());
}

#[test]
fn streams_with_one_hash_are_both_in_the_directory_of_their_segment() {
    let mut table = DirectoryTable::new(SegmentId(3), SegmentId(3));
    for sequence in [9, 4, 9] {
        table.add_stream(77, Sequence(sequence));
        table.add_key(78, Sequence(sequence));
    }
    let index = written(&table);
    let directory = index.directory(1).unwrap().unwrap();
    assert_eq!(
        directory.streams(77).collect::<Vec<_>>(),
        [Sequence(4), Sequence(9)]
    );
    assert_eq!(
        directory.keys(78).collect::<Vec<_>>(),
        [Sequence(4), Sequence(9)]
    );
}

#[test]
fn nothing_merged_is_nothing() {
    assert_eq!(DirectoryTable::merge([]), None);
}

fn hashes() -> impl Strategy<Value = Vec<u64>> {
    let clustered = (any::<u64>(), 1_u64..1 << 20).prop_flat_map(|(base, spread)| {
        proptest::collection::vec(0..spread, 0..400).prop_map(move |all| {
            all.into_iter()
                .map(|more| base.saturating_add(more))
                .collect()
        })
    });
    let powers = proptest::collection::vec((0_u32..64, 0_u64..3), 0..200).prop_map(|all| {
        all.into_iter()
            .map(|(bit, more)| (1 << bit) + more)
            .collect()
    });
    prop_oneof![
        proptest::collection::vec(any::<u64>(), 0..1500),
        clustered,
        powers,
        Just(vec![0, u64::MAX])
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn every_hash_is_found_however_they_are_spread(hashes in hashes(), others in hashes()) {
        let mut expected: BTreeMap<u64, Vec<Sequence>> = BTreeMap::new();
        let mut table = DirectoryTable::new(SegmentId(1), SegmentId(2));
        for (sequence, hash) in (1..).map(Sequence).zip(&hashes) {
            table.add_key(*hash, sequence);
            expected.entry(*hash).or_default().push(sequence);
        }
        let index = written(&table);
        let directory = index.directory(1).unwrap().unwrap();
        let near = hashes.iter().flat_map(|hash| [hash.saturating_sub(1), *hash, hash.saturating_add(1)]);
        for hash in near.chain(others).chain([0, u64::MAX]) {
            let found: Vec<_> = directory.keys(hash).collect();
            prop_assert_eq!(Some(&found).filter(|found| !found.is_empty()), expected.get(&hash));
        }
    }

    #[test]
    fn a_merged_directory_answers_like_its_parts(segments in proptest::collection::vec(draws(0..20), 1..9)) {
        let mut first = 1;
        let (mut newest, mut keys) = (BTreeMap::new(), BTreeMap::new());
        let mut tables = Vec::new();
        for (number, draws) in (4..).zip(&segments) {
            let history = history(first, draws, 0);
            first = history.last.0 + 1;
            for fact in &history.facts {
                newest.insert(fact.entity.clone(), fact.sequence);
                if fact.keyed {
                    keys.insert(fact.id, fact.sequence);
                }
            }
            // Read back, as a writer does that has only the files.
            let index = history.index();
            let mut table = index.directory(0).unwrap().unwrap().to_table();
            prop_assert_eq!(&written(&table).directory(1).unwrap().unwrap().to_table(), &table);
            (table.first, table.last) = (SegmentId(number), SegmentId(number));
            tables.push(table);
        }
        let merged = DirectoryTable::merge(tables).unwrap();
        prop_assert_eq!((merged.first, merged.last), (SegmentId(4), SegmentId(3 + segments.len() as u64)));
        let index = written(&merged);
        let directory = index.directory(1).unwrap().unwrap();
        for (entity, sequence) in &newest {
            prop_assert_eq!(directory.streams(stream_hash(entity)).collect::<Vec<_>>(), [*sequence]);
        }
        for (id, sequence) in &keys {
            prop_assert!(directory.keys(key_hash(*id)).any(|found| found == *sequence));
        }
        prop_assert_eq!(directory.streams(stream_hash("absent")).next(), None);
    }
}
