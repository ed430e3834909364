//! Indexes under damage, and indexes that somebody made up.

use batpak_coordinate::{EventKind, Sequence};
use batpak_event::{CorrelationId, EventId};
use proptest::prelude::*;

use super::forge::{
    Taken, content, entries, entry_of, put_together, read, read_short, repair, repair_table,
    take_apart, write,
};
use super::history::{Draw, History, histories, history};
use super::model::check;
use crate::index::layout::{
    BASE, CHECKSUM, CHUNK_COUNT, COUNT, ENTRY, EVENT_COUNT, INDEX_HEADER, OPTIONAL, PART, REQUIRED,
    STREAM_COUNT, TAG, VERSION, WIDTH,
};
use crate::index::tag::Tag;
use crate::index::{EntityOrdinal, IndexFault, Ordinal, ScopeOrdinal, SegmentIndex, stream_hash};

type Answers = Vec<Result<String, IndexFault>>;

/// A small history in which every chunk has something.
fn small() -> History {
    let draws: Vec<Draw> = (0..6_u8)
        .map(|at| Draw {
            missing: u64::from(at == 2),
            entity: usize::from(at % 4),
            scope: usize::from(at % 2),
            kind: usize::from(at % 3),
            id: at,
            correlation: at,
            causes: (0..u64::from(at)).collect(),
            new_epoch: at == 3,
            ..Draw::PLAIN
        })
        .collect();
    history(1000, &draws, 0)
}

fn fault(bytes: &[u8]) -> Option<IndexFault> {
    match SegmentIndex::open(bytes) {
        Ok(index) => index.check_all().err(),
        Err(fault) => Some(fault),
    }
}

/// Asks every question about `history`, and about some that is in no history.
fn answers(history: &History, index: &SegmentIndex<&[u8]>) -> Answers {
    let mut all = Answers::new();
    macro_rules! ask {
        ($($question:expr),+ $(,)?) => {$(
            all.push($question.map(|answer| format!("{answer:?}")));
        )+};
    }
    for at in (0..index.header().events.min(16) + 2).chain([u32::MAX]) {
        let ordinal = Ordinal(at);
        ask!(
            index.event(ordinal),
            index.offset(ordinal),
            index.time_bounds(ordinal),
            index
                .causes(ordinal)
                .and_then(Iterator::collect::<Result<Vec<_>, _>>),
            index.entity_name(EntityOrdinal(at)),
            index
                .events_of_entity(EntityOrdinal(at))
                .map(Vec::from_iter),
            index.head_of(EntityOrdinal(at)),
            index.scope_name(ScopeOrdinal(at)),
            index.events_of_scope(ScopeOrdinal(at)).map(Vec::from_iter),
        );
    }
    for fact in &history.facts {
        ask!(
            index.locate(fact.sequence),
            index.first_from(Sequence(fact.sequence.0 + 1)),
            index.first_near_time(fact.wall_us),
            index.head(&fact.entity),
            index.find_scope(&fact.scope),
            index.events_of_kind(fact.kind).map(Vec::from_iter),
            index
                .events_of_category(fact.kind.category())
                .map(Vec::from_iter),
            index.events_with_id(fact.id).map(Vec::from_iter),
            index.effects(fact.sequence).map(Vec::from_iter),
            index.directory(0).map(|found| {
                let directory = found.unwrap();
                directory
                    .streams(stream_hash(&fact.entity))
                    .collect::<Vec<_>>()
            }),
        );
    }
    ask!(
        index.entities_with_prefix("u").map(Vec::from_iter),
        index
            .kinds()
            .and_then(|kinds| kinds.collect::<Result<Vec<EventKind>, _>>()),
        index
            .events_correlated(CorrelationId::new(1 << 100))
            .map(Vec::from_iter),
        index.events_with_id(EventId::new(1)).map(Vec::from_iter),
        index.effects(Sequence(0)).map(Vec::from_iter),
        index.first_from(Sequence(u64::MAX)),
        index.tiles(),
        index
            .directory(0)
            .map(|found| found.map(|directory| directory.to_table())),
        index
            .directory(1)
            .map(|found| found.map(|directory| directory.to_table())),
        index.check_all(),
    );
    all
}

#[test]
fn every_chunk_is_in_the_small_index() {
    let bytes = small().bytes();
    let tags: Vec<u32> = entries(&bytes)
        .map(|at| read_short(&bytes, at + TAG))
        .collect();
    let known: Vec<u32> = Tag::ALL.iter().map(|tag| tag.number()).collect();
    assert_eq!(tags, known);
}

#[test]
fn every_flipped_bit_is_a_fault_or_changes_no_answer() {
    let history = small();
    let mut bytes = history.bytes();
    let whole = answers(&history, &SegmentIndex::open(bytes.as_slice()).unwrap());
    for bit in 0..bytes.len() * 8 {
        bytes[bit / 8] ^= 1 << (bit % 8);
        assert!(fault(&bytes).is_some(), "bit {bit}");
        if let Ok(index) = SegmentIndex::open(bytes.as_slice()) {
            let now = answers(&history, &index);
            for (now, before) in now.iter().zip(&whole) {
                assert!(now == before || matches!(now, Err(IndexFault::ChunkChecksum { .. })));
            }
            assert!(now.iter().any(Result::is_err), "bit {bit}");
        }
        bytes[bit / 8] ^= 1 << (bit % 8);
    }
}

#[test]
fn every_other_length_is_refused() {
    let bytes = small().bytes();
    for length in 0..bytes.len() {
        assert!(SegmentIndex::open(&bytes[..length]).is_err(), "{length}");
    }
    for more in [1, 7, 8, 64] {
        let mut longer = bytes.clone();
        longer.resize(bytes.len() + more, 0);
        let expected = IndexFault::Malformed("chunks do not end where the file ends");
        assert_eq!(fault(&longer), Some(expected));
    }
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
        prop_assert!(fault(&bytes).is_some());
    }

    #[test]
    fn an_arbitrary_table_never_panics(
        count in 0_u32..5,
        events in prop_oneof![Just(0), Just(1), any::<u32>()],
        bytes in proptest::collection::vec(any::<u8>(), 5 * ENTRY..800),
    ) {
        let mut file = small().bytes();
        file.truncate(INDEX_HEADER);
        file.extend(bytes);
        write(&mut file, CHUNK_COUNT, &count.to_le_bytes());
        write(&mut file, EVENT_COUNT, &events.to_le_bytes());
        repair_table(&mut file);
        prop_assert!(fault(&file).is_some());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn made_up_contents_with_right_checksums_never_panic(
        history in histories(12),
        edits in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 1_usize..9), 1..12),
        front in prop::bool::weighted(0.3),
    ) {
        let mut bytes = history.bytes();
        let chunks = entries(&bytes).last().map_or(INDEX_HEADER, |at| at + ENTRY);
        let (from, length) = if front { (0, bytes.len()) } else { (chunks, bytes.len() - chunks) };
        for (at, value, run) in edits {
            let start = from + at.index(length);
            let end = bytes.len().min(start + run);
            bytes[start..end].fill(value);
        }
        repair(&mut bytes);
        if let Ok(index) = SegmentIndex::open(bytes.as_slice()) {
            let _ = answers(&history, &index);
        }
    }

    #[test]
    fn made_up_tables_with_right_checksums_never_panic(
        history in histories(12),
        edits in proptest::collection::vec(
            (
                any::<prop::sample::Index>(),
                prop::sample::select(vec![TAG, PART, WIDTH, BASE, COUNT]),
                prop_oneof![0_u64..5, any::<u64>()],
            ),
            1..4,
        ),
    ) {
        let mut bytes = history.bytes();
        let all: Vec<usize> = entries(&bytes).collect();
        for (entry, field, value) in edits {
            let at = entry.get(&all) + field;
            let size = if matches!(field, TAG | PART | WIDTH) { 4 } else { 8 };
            write(&mut bytes, at, &value.to_le_bytes()[..size]);
        }
        repair(&mut bytes);
        if let Ok(index) = SegmentIndex::open(bytes.as_slice()) {
            let _ = answers(&history, &index);
        }
    }
}

#[test]
fn counts_that_the_bytes_do_not_hold_are_refused() {
    let whole = small().bytes();
    for (at, most) in [
        (CHUNK_COUNT, u32::MAX),
        (EVENT_COUNT, u32::MAX),
        (STREAM_COUNT, u32::MAX),
    ] {
        let mut bytes = whole.clone();
        write(&mut bytes, at, &most.to_le_bytes());
        let crc = crc32c::crc32c(&bytes[..CHECKSUM]);
        write(&mut bytes, CHECKSUM, &crc.to_le_bytes());
        assert!(SegmentIndex::open(bytes.as_slice()).is_err());
    }
    for entry in entries(&whole) {
        for count in [
            0,
            read(&whole, entry + COUNT) + 8,
            1 << 40,
            1 << 61,
            u64::MAX,
        ] {
            let mut bytes = whole.clone();
            write(&mut bytes, entry + COUNT, &count.to_le_bytes());
            repair_table(&mut bytes);
            let found = SegmentIndex::open(bytes.as_slice()).err();
            assert!(found.is_some(), "{count}");
            if count >= 1 << 40 {
                let expected = IndexFault::Malformed("a chunk reaches beyond the file");
                assert_eq!(found, Some(expected));
            }
        }
        for width in [0, 3, 64, u32::MAX] {
            let mut bytes = whole.clone();
            write(&mut bytes, entry + WIDTH, &width.to_le_bytes());
            repair_table(&mut bytes);
            assert!(SegmentIndex::open(bytes.as_slice()).is_err(), "{width}");
        }
    }
}

#[test]
fn an_index_without_a_chunk_that_it_needs_is_refused() {
    use Tag::*;
    let bytes = small().bytes();
    let chunks = take_apart(&bytes);
    let without = |tags: &[Tag]| {
        let mut left = chunks.clone();
        left.retain(|(entry, _)| {
            tags.iter()
                .all(|tag| read_short(entry, TAG) != tag.number())
        });
        let bytes = put_together(&bytes, &left);
        SegmentIndex::open(bytes).err()
    };
    // The names and distances are missed by the questions that need them, and the others may be absent.
    let spared = [Keyed, EntityNames, EntityHashes, ScopeNames, Causes, Tiles];
    for tag in Tag::ALL {
        assert_eq!(without(&[*tag]).is_none(), spared.contains(tag), "{tag:?}");
    }
    assert!(without(&[HoleFirsts, HoleLasts, HoleEvents]).is_some());
    assert!(without(&[ScopeNameStarts, ScopeNames, ScopeStarts]).is_some());
    assert!(without(&[KindNumbers, KindStarts]).is_some());
    assert_eq!(without(&[Correlations, CorrelationEvents]), None);
}

#[test]
fn chunks_are_in_order_and_have_parts_only_where_they_may() {
    let bytes = small().bytes();
    let chunks = take_apart(&bytes);
    let fault = |chunks: &[Taken]| SegmentIndex::open(put_together(&bytes, chunks)).err();
    let mut swapped = chunks.clone();
    swapped.swap(3, 4);
    let mut doubled = chunks.clone();
    doubled.insert(3, chunks[3].clone());
    for wrong in [swapped, doubled] {
        assert_eq!(
            fault(&wrong),
            Some(IndexFault::Malformed("chunks are not in order"))
        );
    }
    let mut parted = chunks.clone();
    parted.insert(1, chunks[0].clone());
    write(&mut parted[1].0, PART, &1_u32.to_le_bytes());
    assert_eq!(
        fault(&parted),
        Some(IndexFault::Malformed("a chunk has parts that has none"))
    );
    // A directory without the one before it, and the hashes of one that is not there.
    let directory = |chunk: &Taken| read_short(&chunk.0, TAG) == Tag::DirectorySegments.number();
    let segments = chunks.iter().position(directory).unwrap();
    for (at, part) in [(segments, 2), (segments + 1, 1)] {
        let mut more = chunks.clone();
        more.insert(at + 1, chunks[at].clone());
        write(&mut more[at + 1].0, PART, &u32::to_le_bytes(part));
        assert!(fault(&more).is_some());
    }
    assert_eq!(fault(&chunks), None);
}

#[test]
fn an_index_with_one_event_less_in_a_list_has_another_hash() {
    let history = small();
    let whole = history.index();
    let mut bytes = history.bytes();
    // The first list ends one event earlier, and the second begins with it.
    let starts = content(&bytes, entry_of(&bytes, Tag::EntityStarts)).start;
    bytes[starts + 1] -= 1;
    repair(&mut bytes);
    let edited = SegmentIndex::open(bytes.as_slice()).unwrap();
    assert_eq!(edited.check_all(), Ok(()));
    let first = EntityOrdinal(0);
    let events = |list: crate::index::Postings<'_>| list.len();
    assert_eq!(
        edited.events_of_entity(first).map(events).unwrap() + 1,
        whole.events_of_entity(first).map(events).unwrap()
    );
    assert_ne!(edited.table_hash(), whole.table_hash());
    assert_eq!(history.index().table_hash(), whole.table_hash());
}

#[test]
fn a_chunk_that_is_not_known_is_passed_over_and_checked() {
    let history = small();
    let mut bytes = history.bytes();
    let mut chunks = take_apart(&bytes);
    let mut entry = [0; ENTRY];
    write(&mut entry, TAG, &1000_u32.to_le_bytes());
    write(&mut entry, PART, &7_u32.to_le_bytes());
    write(&mut entry, WIDTH, &3_u32.to_le_bytes());
    write(&mut entry, COUNT, &2_u64.to_le_bytes());
    chunks.push((entry, vec![1, 2, 3, 4, 5, 6, 0, 0]));
    bytes = put_together(&bytes, &chunks);
    check(&history, &SegmentIndex::open(bytes.clone()).unwrap());
    *bytes.last_mut().unwrap() ^= 1;
    let expected = IndexFault::ChunkChecksum { tag: 1000, part: 7 };
    assert_eq!(fault(&bytes), Some(expected));
}

#[test]
fn newer_versions_and_required_features_are_refused_and_optional_ones_are_not() {
    let cases = [
        (VERSION, 0, Some(IndexFault::Malformed("version is 0"))),
        (
            VERSION,
            2,
            Some(IndexFault::FutureVersion {
                found: 2,
                supported: 1,
            }),
        ),
        (REQUIRED, 6, Some(IndexFault::UnknownFeature { bits: 6 })),
        (OPTIONAL, 6, None),
    ];
    for (at, value, expected) in cases {
        let mut bytes = small().bytes();
        write(&mut bytes, at, &u32::to_le_bytes(value));
        assert_eq!(fault(&bytes), Some(IndexFault::Checksum));
        repair(&mut bytes);
        assert_eq!(fault(&bytes), expected);
    }
}

#[test]
fn a_damaged_chunk_fails_only_the_questions_that_need_it() {
    let history = small();
    let mut bytes = history.bytes();
    let at = content(&bytes, entry_of(&bytes, Tag::KindEvents)).start;
    bytes[at] ^= 1;
    let index = SegmentIndex::open(bytes).unwrap();
    let fact = &history.facts[0];
    assert_eq!(index.locate(fact.sequence), Ok(Some(fact.offset)));
    let expected = IndexFault::ChunkChecksum {
        tag: Tag::KindEvents.number(),
        part: 0,
    };
    for _ in 0..2 {
        assert_eq!(index.events_of_kind(fact.kind).err(), Some(expected));
    }
    assert_eq!(index.check_all(), Err(expected));
}
