//! Batches: all or nothing, next to each other, with causes among themselves.

use super::*;

#[test]
fn a_batch_is_one_unit_whose_items_may_cause_each_other() {
    let (dir, store) = new_store();
    let before = store.append(&place("a"), KIND, &0).unwrap();
    let plain = |number, causation| {
        let options = AppendOptions::new();
        BatchAppendItem::new(place("b"), KIND, &number, options, causation).unwrap()
    };
    let items = vec![
        plain(1_u64, CausationRef::Absolute(before.event_id.as_u128())),
        plain(2, CausationRef::PriorItem(0)),
        plain(3, CausationRef::None)
            .with_prior_cause(0)
            .with_prior_cause(1),
        plain(4, CausationRef::Absolute(0)),
    ];
    let receipts = store.append_batch(items).unwrap();
    let sequences: Vec<u64> = receipts.iter().map(|receipt| receipt.sequence).collect();
    assert_eq!(sequences, [2, 3, 4, 5]);
    store.close().unwrap();
    let store = open(&dir);
    let id = |index: usize| Cause::Local(receipts[index].event_id);
    for (sequence, causes, generation) in [
        (2, vec![Cause::Local(before.event_id)], 2),
        (3, vec![id(0)], 3),
        (4, vec![id(0), id(1)], 4),
        (5, vec![], 5),
    ] {
        let event = store.event_at(sequence).unwrap();
        assert_eq!(event.causes(), causes, "{sequence}");
        assert_eq!(event.generation().get(), generation, "{sequence}");
    }
}

#[test]
fn an_empty_batch_changes_nothing() {
    let (_dir, store) = new_store();
    assert_eq!(store.append_batch(Vec::new()).unwrap(), []);
    assert_eq!(store.stats().event_count, 0);
}

#[test]
fn a_batch_with_one_bad_item_leaves_nothing_and_names_the_item() {
    let (_dir, store) = new_store();
    let unknown = EventId::new(5);
    let bad = |options, causation| {
        BatchAppendItem::new(place("b"), KIND, &1, options, causation).unwrap()
    };
    let none = AppendOptions::new;
    for (item, needle) in [
        (bad(none(), CausationRef::Absolute(5)), "not in the store"),
        (
            bad(none().with_cause(unknown), CausationRef::None),
            "not in the store",
        ),
        (bad(none(), CausationRef::PriorItem(1)), "earlier item"),
        (bad(none(), CausationRef::PriorItem(9)), "earlier item"),
        (
            bad(none(), CausationRef::None).with_prior_cause(1),
            "earlier item",
        ),
        (bad(none().with_cas(7), CausationRef::None), "CAS failed"),
    ] {
        let error = store
            .append_batch(vec![super::item("a", 0, none()), item])
            .unwrap_err();
        let text = error.to_string();
        assert!(
            matches!(error, StoreError::BatchFailed { item_index: 1, .. }),
            "{text}"
        );
        assert!(
            text.contains("batch failed at item 1") && text.contains(needle),
            "{text}"
        );
        assert_eq!(store.stats().event_count, 0);
    }
}

#[test]
fn a_prior_item_that_is_not_earlier_names_both_positions() {
    let (_dir, store) = new_store();
    let items = vec![item("a", 0, AppendOptions::new()).with_prior_cause(3)];
    let StoreError::BatchFailed { source, .. } = store.append_batch(items).unwrap_err() else {
        panic!("a batch error")
    };
    let expected = (3, 0);
    assert!(
        matches!(*source, StoreError::InvalidCausation { prior_idx, item_index, .. }
            if (prior_idx, item_index) == expected),
        "{source}"
    );
}

#[test]
fn limits_of_batches_are_refused_with_their_names() {
    let dir = tempfile::tempdir().unwrap();
    let config = StoreConfig::new(dir.path())
        .with_batch_max_size(3)
        .with_batch_max_bytes(27);
    let store = Store::open(config).unwrap();
    let of = |count: u64| {
        let wide = u64::MAX;
        (0..count)
            .map(|_| item("a", wide, AppendOptions::new()))
            .collect::<Vec<_>>()
    };
    for (items, needle) in [(of(4), "batch.max_size 3"), (of(5), "batch.max_size 3")] {
        let error = store.append_batch(items).unwrap_err();
        let StoreError::BatchFailed {
            item_index: 0,
            source,
        } = error
        else {
            panic!("{error}")
        };
        assert!(matches!(*source, StoreError::Configuration(_)));
        assert!(source.to_string().contains(needle), "{source}");
    }
    assert_eq!(store.append_batch(of(3)).unwrap().len(), 3);
    drop(store);
    let config = StoreConfig::new(dir.path()).with_batch_max_bytes(26);
    let store = Store::open(config).unwrap();
    let error = store.append_batch(of(3)).unwrap_err();
    assert!(
        error
            .to_string()
            .contains("27 bytes exceeds batch.max_bytes 26"),
        "{error}"
    );
    assert_eq!(store.append_batch(of(2)).unwrap().len(), 2);
}

#[test]
fn an_expected_sequence_in_a_batch_counts_the_items_before_it() {
    let (_dir, store) = new_store();
    let items = vec![
        item("a", 1, AppendOptions::new().with_cas(0)),
        item(
            "b",
            2,
            AppendOptions::new().with_expected(ExpectedSequence::NoStream),
        ),
        item("a", 3, AppendOptions::new().with_cas(1)),
    ];
    assert_eq!(store.append_batch(items).unwrap()[2].stream_sequence(), 2);
    assert_eq!(numbers(&store), [1, 2, 3]);
}

#[test]
fn typed_items_of_a_batch_carry_the_version_of_their_type() {
    let (dir, store) = new_store();
    let typed = BatchAppendItem::typed(
        place("a"),
        &renamed(),
        AppendOptions::new(),
        CausationRef::None,
    );
    let plain = item("a", 1, AppendOptions::new());
    store.append_batch(vec![plain, typed.unwrap()]).unwrap();
    let single = store.append_typed(&place("a"), &renamed()).unwrap();
    store.close().unwrap();
    let store = open_read_only(&dir);
    let versions = [1, 2, 3].map(|sequence| store.event_at(sequence).unwrap().payload_version());
    assert_eq!(versions, [0, 2, 2]);
    let in_batch = store.event_at(2).unwrap().event.event_id();
    for id in [in_batch, single.event_id] {
        let event = store.get_typed::<Renamed>(id).unwrap();
        assert_eq!(event.event.payload, renamed());
    }
}
