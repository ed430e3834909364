//! Appends with idempotency keys.

use batpak::store::{EncodedBytes, ExtensionKey};

use super::*;

const KEY: IdempotencyKey = IdempotencyKey::new(77);

fn keyed() -> AppendOptions {
    AppendOptions::new().with_idempotency(KEY)
}

#[test]
fn the_same_body_again_returns_the_first_receipt_and_writes_nothing() {
    let (dir, store) = new_store();
    let append = |store: &Store| {
        store
            .append_with_options(&place("a"), KIND, &1, keyed())
            .unwrap()
    };
    let first = append(&store);
    assert_eq!(first.event_id, KEY.into());
    store.append(&place("a"), KIND, &2).unwrap();
    let again = append(&store);
    store.close().unwrap();
    let store = open(&dir);
    let reopened = append(&store);
    for repeated in [again, reopened] {
        assert!(repeated.is_duplicate() && !first.is_duplicate());
        assert_eq!(repeated.event_id, first.event_id);
        assert_eq!(repeated.sequence, first.sequence);
        assert_eq!(repeated.event_hash(), first.event_hash());
        assert_eq!(repeated.timestamp_us(), first.timestamp_us());
        assert_eq!(repeated.disk_pos(), first.disk_pos());
        assert_eq!(repeated.durability(), Durability::Synced);
    }
    assert_eq!(store.stats().event_count, 2);
}

#[test]
fn another_body_under_the_same_key_is_a_conflict() {
    let (_dir, store) = new_store();
    let first = store
        .append_with_options(&place("a"), KIND, &1, keyed())
        .unwrap();
    let extension = (
        ExtensionKey::new("a.b").unwrap(),
        EncodedBytes::new(vec![1]),
    );
    let cause = store.append(&place("c"), KIND, &0).unwrap().event_id;
    for (entity, kind, payload, options) in [
        ("a", KIND, 2, keyed()),
        ("a", OTHER, 1, keyed()),
        ("b", KIND, 1, keyed()),
        ("a", KIND, 1, keyed().with_flags(1)),
        ("a", KIND, 1, keyed().with_correlation(cause.into())),
        ("a", KIND, 1, keyed().with_cause(cause)),
        ("a", KIND, 1, keyed().with_extensions([extension])),
    ] {
        let error = store
            .append_with_options(&place(entity), kind, &payload, options)
            .unwrap_err();
        assert!(
            matches!(error, StoreError::KeyConflict { key } if key == first.event_id),
            "{error}"
        );
    }
    assert_eq!(store.stats().event_count, 2);
}

#[test]
fn the_key_is_checked_before_the_expected_sequence() {
    let (_dir, store) = new_store();
    let options = || keyed().with_cas(0);
    let first = store
        .append_with_options(&place("a"), KIND, &1, options())
        .unwrap();
    let again = store
        .append_with_options(&place("a"), KIND, &1, options())
        .unwrap();
    assert_eq!(
        (again.sequence, again.is_duplicate()),
        (first.sequence, true)
    );
}

#[test]
fn a_batch_is_keyed_whole_or_not_at_all() {
    let (_dir, store) = new_store();
    let with = |key| AppendOptions::new().with_idempotency(IdempotencyKey::new(key));
    let batch = |keys: &[u128]| {
        keys.iter()
            .map(|key| item("a", 1, with(*key)))
            .collect::<Vec<_>>()
    };
    let mut mixed = batch(&[1]);
    mixed.push(item("a", 1, AppendOptions::new()));
    for (items, needle) in [(mixed, "1 of 2"), (batch(&[1, 2, 1]), "two items")] {
        let error = store.append_batch(items).unwrap_err();
        assert!(
            matches!(error, StoreError::IdempotencyPartialBatch { .. }),
            "{error}"
        );
        assert!(error.to_string().contains(needle), "{error}");
    }
    let first = store.append_batch(batch(&[1, 2])).unwrap();
    let error = store.append_batch(batch(&[2, 3])).unwrap_err();
    assert!(
        matches!(error, StoreError::IdempotencyPartialBatch { .. }),
        "{error}"
    );
    let again = store.append_batch(batch(&[1, 2])).unwrap();
    assert!(again.iter().all(AppendReceipt::is_duplicate));
    let ids = |receipts: &[AppendReceipt]| -> Vec<(EventId, u64)> {
        receipts
            .iter()
            .map(|receipt| (receipt.event_id, receipt.sequence))
            .collect()
    };
    assert_eq!(ids(&again), ids(&first));
    assert_eq!(store.stats().event_count, 2);
}

#[test]
fn group_commit_above_one_requires_keys_of_single_appends() {
    let dir = tempfile::tempdir().unwrap();
    let config = StoreConfig::new(dir.path()).with_group_commit_max_batch(2);
    let store = Store::open(config).unwrap();
    let error = store.append(&place("a"), KIND, &1).unwrap_err();
    assert!(matches!(error, StoreError::IdempotencyRequired), "{error}");
    store
        .append_with_options(&place("a"), KIND, &1, keyed())
        .unwrap();
    store
        .append_batch(vec![item("a", 1, AppendOptions::new())])
        .unwrap();
}

#[test]
fn threads_that_append_one_key_write_one_event() {
    let (_dir, store) = new_store();
    let sequences: Vec<u64> = std::thread::scope(|scope| {
        let append = || {
            let receipt = store.append_with_options(&place("a"), KIND, &1, keyed());
            receipt.unwrap().sequence
        };
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(append)).collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .collect()
    });
    assert_eq!(sequences, [1; 8]);
    assert_eq!(store.stats().event_count, 1);
}
