//! Heads, and how scans get at their events.

use batpak::store::Chunk;

use super::*;

/// Many small segments: ten events of one stream and one scope, in every third or so, among many others.
/// The newest segment has no index file.
fn many_segments() -> (TempDir, Store<ReadOnly>) {
    let dir = tempfile::tempdir().unwrap();
    let config = StoreConfig::new(dir.path()).with_segment_max_bytes(64 * 1024);
    let store = Store::open(config).unwrap();
    let wanted = Coordinate::new("rare:1", "rare").unwrap();
    for number in 0..30_u64 {
        if number % 3 == 0 {
            store.append(&wanted, OTHER, &number).unwrap();
        }
        let items = (0..250).map(|filler| {
            let entity = format!("common:{}", filler % 7);
            let options = AppendOptions::new();
            BatchAppendItem::new(
                place(&entity),
                KIND,
                &"a payload of some sixty bytes, so that there are many segments",
                options,
                CausationRef::None,
            )
            .unwrap()
        });
        store.append_batch(items.collect()).unwrap();
    }
    store.close().unwrap();
    let reader = open_read_only(&dir);
    (dir, reader)
}

#[test]
fn a_stream_of_ten_events_among_many_segments_touches_ten() {
    let (_dir, store) = many_segments();
    let explained = store.scan_entity("rare:1").explain().unwrap();
    assert_eq!((explained.touched, explained.matching), (10, 10));
    let segments = store.usage().unwrap().segments;
    let used: u64 = explained.used.iter().map(|(_, segments)| segments).sum();
    assert!(segments > 8, "{segments}");
    assert_eq!(used + explained.segments_skipped, segments, "{explained:?}");
    assert!(explained.segments_skipped > 0, "{explained:?}");
}

#[test]
fn a_region_uses_the_list_that_holds_it() {
    let (_dir, store) = many_segments();
    for (region, chunk) in [
        (Region::scope("rare"), Chunk::Scope),
        (Region::entity("rare"), Chunk::Entities),
        (Region::all().with_fact_category(2), Chunk::Kinds),
    ] {
        let explained = store.explain(&region).unwrap();
        assert_eq!(explained.matching, 10, "{region:?}: {explained:?}");
        let by = |wanted| {
            let used = explained.used.iter().find(|(chunk, _)| *chunk == wanted);
            used.map_or(0, |(_, segments)| *segments)
        };
        assert!(by(chunk) > 0, "{region:?}: {explained:?}");
        assert_eq!(by(Chunk::Events), 0, "{region:?}: {explained:?}");
        // The columns in memory of the newest segment are looked at one by one.
        let newest = store.explain(&Region::scope("nowhere")).unwrap().touched;
        assert!(
            explained.touched <= 10 + newest,
            "{region:?}: {explained:?}"
        );
    }
    let all = store.explain(&Region::all()).unwrap();
    assert_eq!(all.matching, 7510);
    assert_eq!(all.touched, all.matching);
    let first_two = Region::entity("rare").with_clock_range((1, 2));
    assert_eq!(store.explain(&first_two).unwrap().matching, 2);
    let three = store.scan(&Region::all()).limit(3).explain().unwrap();
    assert_eq!(three.matching, 3);
}

#[test]
fn a_region_that_nothing_matches_touches_no_index() {
    let (_dir, store) = many_segments();
    for region in [
        Region::scope("nowhere"),
        Region::entity("nobody"),
        Region::all().with_fact_category(5),
    ] {
        let explained = store.explain(&region).unwrap();
        assert_eq!(explained.matching, 0);
        // What is left is the newest segment, in memory.
        let used: Vec<Chunk> = explained.used.iter().map(|(chunk, _)| *chunk).collect();
        assert!(used.iter().all(|chunk| *chunk == Chunk::Memory), "{used:?}");
        let segments = store.usage().unwrap().segments;
        assert!(explained.segments_skipped >= segments - 1, "{explained:?}");
    }
    let nobody = store.scan_entity("nobody").explain().unwrap();
    assert_eq!((nobody.touched, nobody.matching), (0, 0), "{nobody:?}");
}

#[test]
fn heads_are_of_durable_and_of_visible_events_and_of_no_more() {
    let (dir, store) = new_store();
    for number in 0..3_u64 {
        store.append(&place("a"), KIND, &number).unwrap();
    }
    let head = store.head().unwrap();
    assert_eq!((head.size, store.head_at(3).unwrap()), (3, head));
    assert!(matches!(store.head_at(4), Err(StoreError::NotFound(4))));
    assert!(matches!(
        store.head_at(u64::MAX),
        Err(StoreError::NotFound(_))
    ));
    store.close().unwrap();
    let reader = open_read_only(&dir);
    assert_eq!(reader.head().unwrap(), head);
    let report = batpak::store::verify_against(dir.path(), Some(head), &mut |_| {}).unwrap();
    assert_eq!((report.findings.len(), report.head), (0, head));
}
