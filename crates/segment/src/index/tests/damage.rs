//! Indexes under damage.

use proptest::prelude::*;

use super::forge::{content, entries, entry_of, read_short};
use super::transcript::{answers, fault, small};
use crate::index::layout::TAG;
use crate::index::tag::Tag;
use crate::index::{IndexFault, SegmentIndex};

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
            let (whole_file, single) = now.split_last().unwrap();
            assert!(
                whole_file.is_err() && single.iter().any(Result::is_err),
                "bit {bit}"
            );
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
