//! Hidden ranges through the facade.

use super::*;

#[test]
fn hidden_events_are_in_no_list_and_found_by_no_id() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(StoreConfig::new(dir.path())).unwrap();
    let mut ids = Vec::new();
    for number in 0..10 {
        ids.push(append_padded(&store, number, 10).unwrap().event_id);
    }
    store.hide_range(3, 5).unwrap();
    store.hide_range(9, 9).unwrap();
    store.unhide_range(4, 4).unwrap();
    let check = |ranges: Vec<std::ops::RangeInclusive<u64>>, listed: Vec<u64>, found: [bool; 2]| {
        assert_eq!(ranges, [3..=3, 5..=5, 9..=9]);
        assert_eq!(listed, [1, 2, 4, 6, 7, 8, 10]);
        assert_eq!(found, [false, true]);
    };
    let listed = |entries: Vec<IndexEntry>| {
        let sequences = entries.iter().map(IndexEntry::global_sequence);
        sequences.collect::<Vec<_>>()
    };
    let found = [
        store.read_raw(ids[2]).is_ok(),
        store.read_raw(ids[3]).is_ok(),
    ];
    check(
        store.hidden_ranges(),
        listed(store.query(&Region::all())),
        found,
    );
    assert!(matches!(store.get(ids[2]), Err(StoreError::NotFound(_))));
    assert!(matches!(store.event_at(5), Err(StoreError::NotFound(_))));
    store.close().unwrap();
    let store = open_read_only(&dir);
    let found = [
        store.read_raw(ids[2]).is_ok(),
        store.read_raw(ids[3]).is_ok(),
    ];
    check(
        store.hidden_ranges(),
        listed(store.query(&Region::all())),
        found,
    );
}

#[test]
fn a_range_that_is_none_is_refused_with_what_is_wrong() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(StoreConfig::new(dir.path())).unwrap();
    append_padded(&store, 0, 10).unwrap();
    for (first, last) in [(0, 1), (2, 1)] {
        let refused = store.hide_range(first, last);
        assert!(matches!(
            refused,
            Err(StoreError::RangeMalformed { start, end }) if (start, end) == (first, last)
        ));
    }
    let refused = store.unhide_range(1, 2);
    assert!(matches!(refused, Err(StoreError::NotFound(2))));
}

#[test]
fn a_conversation_is_scanned() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(StoreConfig::new(dir.path()).with_segment_max_bytes(2048)).unwrap();
    let first = append_padded(&store, 0, 200).unwrap();
    let correlation = CorrelationId::from(first.event_id);
    let coordinate = Coordinate::new("user:1", "test").unwrap();
    for number in 1..30_u64 {
        let options = AppendOptions::default();
        let options = match number % 3 {
            0 => options.with_correlation(correlation),
            _ => options,
        };
        store
            .append_with_options(&coordinate, EventKind::DATA, &number, options)
            .unwrap();
    }
    let sequences = |scan: batpak::store::Scan<'_>| {
        let entries = scan.entries().map(|entry| entry.unwrap().global_sequence());
        entries.collect::<Vec<_>>()
    };
    let expected: Vec<u64> = (1..30)
        .filter(|number: &u64| number.is_multiple_of(3))
        .map(|n| n + 1)
        .collect();
    assert_eq!(sequences(store.scan_correlation(correlation)), expected);
    let after = store.scan_correlation(correlation).after(10).limit(3);
    assert_eq!(sequences(after), [13, 16, 19]);
    let newest = store.scan_correlation(correlation).rev().limit(2);
    assert_eq!(sequences(newest), [28, 25]);
}
