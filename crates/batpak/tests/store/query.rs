//! Regions, pages, streams and scans.

use super::*;

/// Ten events: numbers 0 to 9, entities u:0, u:1 and u:2 in turn, kinds in turn.
fn filled() -> (TempDir, Store) {
    let (dir, store) = new_store();
    for number in 0..10_u64 {
        let kind = if number % 2 == 0 { KIND } else { OTHER };
        let entity = format!("u:{}", number % 3);
        store.submit(&place(&entity), kind, &number).unwrap();
    }
    store.sync().unwrap();
    (dir, store)
}

fn sequences(entries: &[IndexEntry]) -> Vec<u64> {
    entries.iter().map(IndexEntry::global_sequence).collect()
}

#[test]
fn regions_select_by_prefix_scope_kind_and_clock() {
    let (_dir, store) = filled();
    store
        .append(&Coordinate::new("u:1", "elsewhere").unwrap(), KIND, &10)
        .unwrap();
    for (region, expected) in [
        (Region::all(), &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11][..]),
        (Region::entity("u"), &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]),
        (Region::entity("u:1"), &[2, 5, 8, 11]),
        (Region::entity("u:"), &[]),
        (Region::entity("v"), &[]),
        (Region::scope("elsewhere"), &[11]),
        (Region::entity("u:1").with_scope("test"), &[2, 5, 8]),
        (
            Region::all().with_fact(KindFilter::Exact(OTHER)),
            &[2, 4, 6, 8, 10],
        ),
        (Region::all().with_fact_category(1), &[1, 3, 5, 7, 9, 11]),
        (
            Region::all().with_fact(KindFilter::Any),
            &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11],
        ),
        (Region::all().with_clock_range((2, 3)), &[4, 5, 6, 7, 8, 9]),
        (Region::entity("u:0").with_clock_range((4, u32::MAX)), &[10]),
        (Region::all().with_clock_range((3, 2)), &[]),
    ] {
        assert_eq!(sequences(&store.query(&region)), expected, "{region:?}");
        let mut reversed = sequences(
            &store
                .scan(&region)
                .rev()
                .entries()
                .map(Result::unwrap)
                .collect::<Vec<_>>(),
        );
        reversed.reverse();
        assert_eq!(reversed, expected, "{region:?} reversed");
    }
    assert_eq!(sequences(&store.by_scope("elsewhere")), [11]);
    assert_eq!(sequences(&store.by_fact(OTHER)), [2, 4, 6, 8, 10]);
}

#[test]
fn pages_follow_each_other_without_gap_or_overlap() {
    let (_dir, store) = filled();
    let region = Region::all().with_fact(KindFilter::Exact(KIND));
    for size in 1..7 {
        let (mut after, mut seen) = (None, Vec::new());
        loop {
            let page = store.query_entries_after(&region, after, size);
            assert!(page.len() <= size);
            let Some(last) = page.last() else { break };
            after = Some(last.global_sequence());
            seen.extend(sequences(&page));
        }
        assert_eq!(seen, [1, 3, 5, 7, 9], "pages of {size}");
    }
    assert!(store.query_entries_after(&region, None, 0).is_empty());
    assert!(
        store
            .query_entries_after(&region, Some(u64::MAX), 5)
            .is_empty()
    );
}

#[test]
fn a_stream_is_in_its_order_and_chained() {
    let (dir, store) = filled();
    store.close().unwrap();
    let store = open_read_only(&dir);
    let stream = store.by_entity("u:0");
    let clocks: Vec<u32> = stream.iter().map(IndexEntry::clock).collect();
    assert_eq!(clocks, [1, 2, 3, 4]);
    let mut previous = [0; 32];
    for entry in &stream {
        assert_eq!(entry.hash_chain().prev_hash, previous);
        previous = entry.hash_chain().event_hash;
    }
    assert!(store.by_entity("u").is_empty());
    let mut newest = store.scan_entity("u:0").rev().limit(1);
    assert_eq!(newest.next_event().unwrap().unwrap().sequence(), 10);
    assert!(newest.next_event().unwrap().is_none());
}

#[test]
fn scans_go_both_ways_from_any_place() {
    let (_dir, store) = filled();
    let run = |scan: batpak::Scan<'_>| -> Vec<u64> {
        scan.events()
            .map(|event| event.unwrap().global_sequence().get())
            .collect()
    };
    let all = || store.scan(&Region::all());
    assert_eq!(run(all().after(7)), [8, 9, 10]);
    assert_eq!(run(all().after(7).rev()), [10, 9, 8]);
    assert_eq!(run(all().rev().limit(2)), [10, 9]);
    assert_eq!(run(all().after(10)), [0; 0]);
    assert_eq!(run(all().limit(0)), [0; 0]);
    assert_eq!(run(store.scan_entity("u:1").after(2)), [5, 8]);
    assert_eq!(run(store.scan_entity("u:1").after(2).rev()), [8, 5]);
}

#[test]
fn a_borrowed_event_says_what_the_stored_one_says() {
    let (_dir, store) = filled();
    let mut scan = store.scan(&Region::all());
    let mut seen = 0;
    while let Some(event) = scan.next_event().unwrap() {
        let stored = store.read_raw(event.event_id()).unwrap();
        assert_eq!(event.to_stored().unwrap(), stored);
        assert_eq!(event.payload(), stored.event.payload);
        assert_eq!(event.content_hash(), stored.event.header.content_hash);
        let chain = stored.event.hash_chain.unwrap();
        assert_eq!(
            (event.event_hash(), event.previous_hash()),
            (chain.event_hash, chain.prev_hash)
        );
        assert_eq!(
            (event.entity(), event.scope()),
            (stored.coordinate.entity(), "test")
        );
        seen += 1;
    }
    assert_eq!(seen, 10);
}

#[test]
fn a_scan_shows_what_was_visible_when_it_began() {
    let (_dir, store) = filled();
    let mut scan = store.scan(&Region::all());
    scan.next_event().unwrap();
    store.append(&place("late"), KIND, &99).unwrap();
    let mut seen = 1;
    while scan.next_event().unwrap().is_some() {
        seen += 1;
    }
    assert_eq!(seen, 10);
}
