//! Indexes that somebody made up, with right checksums.

use batpak_coordinate::Sequence;
use proptest::prelude::*;

use super::forge::{
    Taken, content, entries, entry_of, put_together, read, read_short, repair, repair_table,
    take_apart, write,
};
use super::history::histories;
use super::model::check;
use super::transcript::{answers, fault, small};
use crate::VisibilityChange;
use crate::index::layout::{
    BASE, CHECKSUM, CHUNK_COUNT, COUNT, ENTRY, EVENT_COUNT, INDEX_HEADER, OPTIONAL, PART, REQUIRED,
    STREAM_COUNT, TAG, VERSION, WIDTH,
};
use crate::index::tag::Tag;
use crate::index::{EntityOrdinal, IndexFault, SegmentIndex};

proptest! {
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
    assert_eq!(without(&[ChangeTypes, ChangeFirsts, ChangeLasts]), None);
}

#[test]
fn a_change_that_no_frame_can_make_is_a_fault() {
    let mut history = small();
    let impossible = [(true, 0, 5), (false, 6, 5)];
    for (hides, first, last) in impossible {
        let (first, last) = (Sequence(first), Sequence(last));
        history.changes = vec![VisibilityChange { hides, first, last }];
        let found = history.index().visibility_changes();
        assert_eq!(found, Err(IndexFault::Content("change types")));
    }
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
