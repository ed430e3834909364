//! What no append accepts, on every way into the store.

use super::*;

/// Every way to append one event of a kind.
fn every_way(store: &Store, kind: EventKind) -> Vec<StoreError> {
    let at = place("a");
    let none = CorrelationId::nil();
    let of_kind = || {
        let options = AppendOptions::new();
        BatchAppendItem::new(at.clone(), kind, &1, options, CausationRef::None).unwrap()
    };
    let batch = || vec![item("a", 0, AppendOptions::new()), of_kind()];
    vec![
        store.append(&at, kind, &1).unwrap_err(),
        store
            .append_with_options(&at, kind, &1, AppendOptions::new())
            .unwrap_err(),
        store
            .append_reaction(&at, kind, &1, none, CausationId::nil())
            .unwrap_err(),
        store.submit(&at, kind, &1).unwrap_err(),
        store.submit_item(of_kind()).unwrap_err(),
        store.append_batch(batch()).unwrap_err(),
        store.submit_batch(batch()).unwrap_err(),
        store
            .append_reaction_batch(none, CausationId::nil(), batch())
            .unwrap_err(),
    ]
}

#[test]
fn reserved_kinds_are_refused_on_every_way_in() {
    let (_dir, store) = new_store();
    for raw in [
        0x0000, 0x0001, 0x000F, 0x0FFE, 0x0FFF, 0xD000, 0xD004, 0xDFFF,
    ] {
        let reserved = EventKind::from_raw(raw);
        for (way, error) in every_way(&store, reserved).into_iter().enumerate() {
            let position = (way >= 5).then_some(1);
            assert!(
                matches!(error, StoreError::ReservedKind { index, kind }
                    if index == position && kind == reserved),
                "way {way}: {error}"
            );
        }
    }
    assert_eq!(store.stats().event_count, 0);
}

#[test]
fn a_cause_that_is_not_in_the_store_is_refused_unless_it_is_foreign() {
    let (_dir, store) = new_store();
    let unknown = EventId::new(9);
    let append = |options| store.append_with_options(&place("a"), KIND, &1, options);
    for options in [
        AppendOptions::new().with_cause(unknown),
        AppendOptions::new().with_causation(unknown.into()),
    ] {
        let error = append(options).unwrap_err();
        assert!(
            matches!(error, StoreError::UnknownCause { index: None, cause } if cause == unknown),
            "{error}"
        );
    }
    append(AppendOptions::new().with_foreign_cause(unknown)).unwrap();
    append(AppendOptions::new().with_causation(CausationId::nil())).unwrap();
    assert!(store.event_at(2).unwrap().causes().is_empty());
}

#[test]
fn more_causes_than_an_event_can_hold_are_refused() {
    let (_dir, store) = new_store();
    let with = |count: u128| {
        (1..=count).fold(AppendOptions::new(), |options, id| {
            options.with_foreign_cause(EventId::new(id))
        })
    };
    let append = |options| store.append_with_options(&place("a"), KIND, &1, options);
    let error = append(with(4097)).unwrap_err();
    assert!(matches!(error, StoreError::Configuration(_)), "{error}");
    assert!(
        error
            .to_string()
            .contains("4097 causes exceed the limit of 4096"),
        "{error}"
    );
    append(with(4096)).unwrap();
}

#[test]
fn a_key_of_zero_is_refused() {
    let (_dir, store) = new_store();
    let options = AppendOptions::new().with_idempotency(IdempotencyKey::nil());
    let error = store
        .append_with_options(&place("a"), KIND, &1, options)
        .unwrap_err();
    assert!(matches!(error, StoreError::Configuration(_)), "{error}");
}

#[test]
fn bytes_that_are_not_one_messagepack_value_are_no_item() {
    for bytes in [&b""[..], b"\xc1", b"\xc0\xc0", b"\x91", b"{\"a\":1}"] {
        let (options, none) = (AppendOptions::new(), CausationRef::None);
        let item =
            BatchAppendItem::from_msgpack_bytes(place("a"), KIND, bytes.to_vec(), options, none);
        assert!(
            matches!(item, Err(StoreError::Serialization(_))),
            "{bytes:x?}"
        );
    }
}

#[test]
fn a_payload_that_does_not_serialize_is_refused() {
    struct Unserializable;
    impl Serialize for Unserializable {
        fn serialize<S: serde::Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
            Err(serde::ser::Error::custom("out of order"))
        }
    }
    let (_dir, store) = new_store();
    let error = store
        .append(&place("a"), KIND, &Unserializable)
        .unwrap_err();
    assert!(matches!(error, StoreError::Serialization(_)), "{error}");
    assert!(error.to_string().contains("out of order"), "{error}");
}

#[test]
fn a_clock_that_no_event_can_have_is_refused_and_a_later_append_works() {
    let disk = SimDisk::new();
    let store = open_sim(&disk);
    for bad in [-1, i64::MIN, i64::MAX] {
        disk.clock().set(bad);
        let error = store.append(&place("a"), KIND, &1).unwrap_err();
        assert!(
            matches!(error, StoreError::InvalidClock { timestamp_us, .. } if timestamp_us == bad),
            "{error}"
        );
        disk.clock().set(bad);
        let batch = vec![item("a", 1, AppendOptions::new())];
        let error = store.append_batch(batch).unwrap_err();
        let StoreError::BatchFailed {
            item_index: 0,
            source,
        } = error
        else {
            panic!("{error}")
        };
        assert!(
            matches!(*source, StoreError::InvalidClock { .. }),
            "{source}"
        );
    }
    disk.clock().set(1_000_000);
    store.append(&place("a"), KIND, &1).unwrap();
}

#[test]
fn a_clock_of_the_caller_tells_the_time_and_never_back() {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicI64, Ordering};

    let dir = tempfile::tempdir().unwrap();
    let now = Arc::new(AtomicI64::new(5_000_000));
    let told = Arc::clone(&now);
    let config = StoreConfig::new(dir.path()).with_clock_fn(move || told.load(Ordering::SeqCst));
    let store = Store::open(config).unwrap();
    let append = |at| {
        now.store(at, Ordering::SeqCst);
        store.append(&place("a"), KIND, &1).unwrap().timestamp_us()
    };
    assert_eq!(append(5_000_000), 5_000_000);
    assert_eq!(append(4_000_000), 5_000_000);
    assert_eq!(append(6_000_000), 6_000_000);
}

#[test]
fn a_prior_item_outside_a_batch_is_refused() {
    let (_dir, store) = new_store();
    let (options, prior) = (AppendOptions::new(), CausationRef::PriorItem(0));
    let item = BatchAppendItem::new(place("a"), KIND, &1, options, prior).unwrap();
    let error = store.submit_item(item).unwrap_err();
    assert!(
        matches!(error, StoreError::InvalidCausation { .. }),
        "{error}"
    );
}

#[test]
fn payloads_nested_a_million_deep_are_kept_and_read_without_harm() {
    let config = |dir: &TempDir| {
        let config = StoreConfig::new(dir.path());
        config.with_single_append_max_bytes(4 << 20)
    };
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(config(&dir)).unwrap();
    // Arrays of one, and maps of one with a key that is nil.
    for level in [&[0x91_u8][..], &[0x81, 0xc0]] {
        let bytes = [level.repeat(1_000_000), vec![0xc0]].concat();
        let (options, none) = (AppendOptions::new(), CausationRef::None);
        let item =
            BatchAppendItem::from_msgpack_bytes(place("a"), KIND, bytes.clone(), options, none);
        let ticket = store.submit_item(item.unwrap()).unwrap();
        let id = ticket.wait().unwrap().event_id;
        store.get(id).unwrap();
        assert!(store.read_raw(id).unwrap().event.payload == bytes);
        assert!(store.get_typed::<Renamed>(id).is_err());
    }
}
