//! Walks along a stream: what they return, why they stop, and what they cost.

use batpak::store::{AncestorWalk, NamedEvent, WalkStop, salvage};
use batpak_segment::{FRAME_FIXED, FrameHead, Offset, SegmentHeader};

use super::*;

const SEGMENT: &str = "000001.fbat";

/// Three streams that take turns, in segments of a few events; what was appended to the first one.
fn fill(store: &Store, rounds: u64) -> Vec<AppendReceipt> {
    let mut receipts = Vec::new();
    for number in 0..rounds {
        for entity in ["a", "b", "c"] {
            let receipt = store.append(&place(entity), KIND, &number).unwrap();
            receipts.extend((entity == "a").then_some(receipt));
        }
    }
    receipts
}

/// The stream sequences of a walk, every event of which verifies and is named by the one before it.
fn walked<S>(store: &Store<S>, walk: &AncestorWalk) -> Vec<u64> {
    for (at, event) in walk.events.iter().enumerate() {
        let chain = event.event.hash_chain.unwrap();
        assert!(event.verify(store.lineage(), &chain.prev_hash));
        if let Some(newer) = at.checked_sub(1).map(|newer| &walk.events[newer]) {
            assert_eq!(newer.event.hash_chain.unwrap().prev_hash, chain.event_hash);
        }
    }
    let sequences = walk
        .events
        .iter()
        .map(|event| event.stream_sequence_exact().get());
    sequences.collect()
}

/// The same walk as JSON has as many events.
fn walk<S>(store: &Store<S>, from: EventId, limit: usize) -> (Vec<u64>, WalkStop) {
    let walk = store.ancestor_walk(from, limit).unwrap();
    let sequences = walked(store, &walk);
    let json = store.walk_ancestors(from, limit);
    assert_eq!(json.len(), walk.events.len());
    for (json, raw) in json.iter().zip(&walk.events) {
        assert_eq!(json.event.event_id(), raw.event.event_id());
    }
    (sequences, walk.stopped)
}

#[test]
fn a_walk_returns_as_many_as_there_are_and_asked_for() {
    let disk = SimDisk::new();
    let config = || StoreConfig::new("/sim").with_segment_max_bytes(2048);
    let store = Store::open_on(config(), disk.platform()).unwrap();
    let receipts = fill(&store, 20);
    let newest = receipts[19].event_id;
    let check = |limit: usize, expected: u64, next: Option<u64>| {
        let (found, stopped) = walk(&store, newest, limit);
        let (first, count) = (20, expected);
        assert_eq!(found, (first - count + 1..=first).rev().collect::<Vec<_>>());
        let named = next.map(|place| {
            let receipt = &receipts[usize::try_from(place).unwrap() - 1];
            NamedEvent {
                sequence: receipt.sequence,
                event_hash: *receipt.event_hash(),
            }
        });
        match (stopped, named) {
            (WalkStop::Genesis, None) => {}
            (WalkStop::Limit(found), Some(named)) => assert_eq!(found, named),
            (stopped, named) => panic!("{stopped}, {named:?}"),
        }
    };
    check(0, 0, Some(20));
    check(1, 1, Some(19));
    check(19, 19, Some(1));
    for limit in [20, 21, usize::MAX] {
        check(limit, 20, None);
    }
    let (first, stopped) = walk(&store, receipts[0].event_id, 1);
    assert_eq!(first, [1]);
    assert!(matches!(stopped, WalkStop::Genesis), "{stopped}");
    let json = store.walk_ancestors(newest, 2);
    assert_eq!(json[1].event.payload, serde_json::json!(18));

    store.close().unwrap();
    let reader = Store::open_read_only_on(config(), disk.platform()).unwrap();
    assert_eq!(walk(&reader, newest, 100).0.len(), 20);
}

#[test]
fn an_id_that_is_not_there_is_not_found() {
    let [(_dir, ours), (_other_dir, other)] = [new_store(), new_store()];
    fill(&ours, 2);
    let theirs = fill(&other, 2)[1].event_id;
    for (id, limit) in [(theirs, 9), (theirs, 0), (EventId::from(77), 9)] {
        let error = ours.ancestor_walk(id, limit).unwrap_err();
        assert!(
            matches!(error, StoreError::NotFound(found) if found == id.as_u128()),
            "{error}"
        );
        assert!(ours.walk_ancestors(id, limit).is_empty());
    }
}

#[test]
fn a_hidden_event_ends_a_walk_until_it_is_shown() {
    let (_dir, store) = new_store();
    let receipts = fill(&store, 5);
    let (newest, hidden) = (receipts[4].event_id, &receipts[1]);
    store.hide_range(hidden.sequence, hidden.sequence).unwrap();
    let (found, stopped) = walk(&store, newest, 9);
    assert_eq!(found, [5, 4, 3]);
    let text = stopped.to_string();
    let WalkStop::Hidden(named) = stopped else {
        panic!("{stopped}")
    };
    assert_eq!(
        (named.sequence, &named.event_hash),
        (hidden.sequence, hidden.event_hash())
    );
    assert_eq!(text, "event 4 comes next and is hidden");
    assert!(matches!(walk(&store, newest, 3).1, WalkStop::Limit(next) if next == named));
    let error = store.ancestor_walk(hidden.event_id, 9).unwrap_err();
    assert!(matches!(error, StoreError::NotFound(_)), "{error}");
    store.unhide_range(1, hidden.sequence).unwrap();
    assert_eq!(walk(&store, newest, 9).0, [5, 4, 3, 2, 1]);
}

/// A closed store on a simulated disk in one segment, and what was appended to its first stream.
fn closed(rounds: u64) -> (SimDisk, Vec<AppendReceipt>) {
    let disk = SimDisk::new();
    let store = open_sim(&disk);
    let receipts = fill(&store, rounds);
    store.close().unwrap();
    (disk, receipts)
}

fn reader(disk: &SimDisk) -> Store<ReadOnly> {
    Store::open_read_only_on(StoreConfig::new("/sim"), disk.platform()).unwrap()
}

/// Flips a bit in the frame of an event.
fn flip(disk: &SimDisk, receipt: &AppendReceipt) {
    let offset = usize::try_from(receipt.disk_pos().offset).unwrap();
    assert!(disk.corrupt(SEGMENT, offset + FRAME_FIXED + 1, 0x10));
}

/// The error that a walk from `newest` stops at, behind these events.
fn unreadable<S>(
    store: &Store<S>,
    newest: &AppendReceipt,
    named: u64,
    expected: &[u64],
) -> StoreError {
    let (found, stopped) = walk(store, newest.event_id, 99);
    assert_eq!(found, expected);
    let WalkStop::Unreadable { named: next, error } = stopped else {
        panic!("{stopped}")
    };
    assert_eq!(next.sequence, named);
    *error
}

#[test]
fn a_damaged_event_ends_a_walk_with_what_reading_it_says() {
    let (disk, receipts) = closed(5);
    let before = reader(&disk);
    flip(&disk, &receipts[1]);
    let after = reader(&disk);
    let error = unreadable(&after, &receipts[4], 4, &[5, 4, 3]);
    assert!(
        matches!(
            error,
            StoreError::StoreDamaged {
                first_sequence: Some(4),
                ..
            }
        ),
        "{error}"
    );
    let error = unreadable(&before, &receipts[4], 4, &[5, 4, 3]);
    assert!(
        matches!(error, StoreError::CrcMismatch { segment_id: 1, .. }),
        "{error}"
    );
    let error = after.ancestor_walk(receipts[1].event_id, 9).unwrap_err();
    assert!(matches!(error, StoreError::NotFound(_)), "{error}");
    assert_eq!(walk(&after, receipts[0].event_id, 9).0, [1]);
}

#[test]
fn a_salvaged_copy_names_what_is_gone() {
    let [source, target] = [(); 2].map(|()| tempfile::tempdir().unwrap());
    let store = open(&source);
    let receipts = fill(&store, 5);
    store.close().unwrap();
    let file = source.path().join(SEGMENT);
    let mut bytes = std::fs::read(&file).unwrap();
    let at = usize::try_from(receipts[1].disk_pos().offset).unwrap();
    bytes[at + FRAME_FIXED + 1] ^= 1;
    std::fs::write(&file, bytes).unwrap();
    let copied = salvage(source.path(), target.path(), &mut |_, _| {}).unwrap();
    assert_eq!(copied.gaps, [(4, 4)]);
    for error in [
        unreadable(&open_read_only(&target), &receipts[4], 4, &[5, 4, 3]),
        unreadable(&open(&target), &receipts[4], 4, &[5, 4, 3]),
    ] {
        assert!(
            matches!(
                error,
                StoreError::EventsGone {
                    first_sequence: 4,
                    last_sequence: 4,
                    ..
                }
            ),
            "{error}"
        );
    }
}

/// Changes the fixed part of a frame, with checksums that match.
fn forge(disk: &SimDisk, receipt: &AppendReceipt, change: impl FnOnce(&mut FrameHead)) {
    let mut bytes = disk.contents(SEGMENT).unwrap();
    let salt = SegmentHeader::decode(bytes.first_chunk().unwrap())
        .unwrap()
        .salt;
    let offset = receipt.disk_pos().offset;
    let at = usize::try_from(offset).unwrap();
    let fixed = bytes[at..].first_chunk_mut::<FRAME_FIXED>().unwrap();
    let mut head = FrameHead::decode(fixed, salt, Offset(offset)).unwrap();
    change(&mut head);
    *fixed = head.encode(salt, Offset(offset));
    disk.put(SEGMENT, bytes);
}

#[test]
fn a_forged_event_is_not_the_one_that_the_next_one_names() {
    let (disk, receipts) = closed(5);
    forge(&disk, &receipts[1], |head| head.caller_flags ^= 1);
    let store = reader(&disk);
    let (found, stopped) = walk(&store, receipts[4].event_id, 9);
    assert_eq!(found, [5, 4, 3]);
    let WalkStop::Mismatch { named, found } = stopped else {
        panic!("{stopped}")
    };
    assert_eq!(named.event_hash, *receipts[1].event_hash());
    let forged = store.read_raw(receipts[1].event_id).unwrap();
    assert_eq!(forged.event.hash_chain.unwrap().event_hash, found);
    assert_ne!(found, named.event_hash);
}

#[test]
fn a_forged_link_into_another_stream_ends_a_walk() {
    // The newest event of the first stream names an event by its true hash: one of another stream, one
    // further back in its own, and none.
    for (predecessor, is_missing) in [(12, false), (7, false), (0, true)] {
        let (disk, receipts) = closed(5);
        let named = reader(&disk).event_at(predecessor.max(1)).unwrap();
        let true_hash = named.event.hash_chain.unwrap().event_hash;
        forge(&disk, &receipts[4], |head| {
            head.predecessor.0 = predecessor;
            head.previous_hash = true_hash;
        });
        let (found, stopped) = walk(&reader(&disk), receipts[4].event_id, 9);
        assert_eq!(found, [5]);
        match stopped {
            WalkStop::Missing(named) if is_missing => assert_eq!(named.sequence, 0),
            WalkStop::Mismatch { named, found } if !is_missing => {
                assert_eq!((named.sequence, found), (predecessor, true_hash));
            }
            stopped => panic!("{stopped}"),
        }
    }
}

#[test]
fn a_walk_costs_what_it_returns_and_not_what_the_store_holds() {
    let reads = |rounds: u64, limit: usize| {
        let disk = SimDisk::new();
        let config = StoreConfig::new("/sim").with_segment_max_bytes(16 << 10);
        let store = Store::open_on(config.with_mapping(false), disk.platform()).unwrap();
        let newest = fill(&store, rounds)[usize::try_from(rounds).unwrap() - 1].event_id;
        let before = (disk.calls(), disk.transferred_bytes());
        let walk = store.ancestor_walk(newest, limit).unwrap();
        assert_eq!(walk.events.len(), limit);
        let (calls, bytes) = (disk.calls() - before.0, disk.transferred_bytes() - before.1);
        (calls, bytes)
    };
    let limit = 40;
    for rounds in [50, 500] {
        let (calls, bytes) = reads(rounds, limit);
        let (twice, _) = reads(rounds, limit / 2);
        assert!(
            calls > 0 && calls <= 3 * limit as u64,
            "{rounds}: {calls} calls"
        );
        assert!(bytes <= 1024 * limit as u64, "{rounds}: {bytes} bytes");
        assert!(twice < calls, "{rounds}: {twice} calls for half of {calls}");
    }
}
