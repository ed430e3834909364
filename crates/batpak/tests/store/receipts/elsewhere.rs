//! Receipts of other stores, of copies that went their own way, and of events that are not shown any more.

use std::fs;

use batpak::store::salvage;

use super::*;

fn verdicts<S>(store: &Store<S>, receipt: &AppendReceipt) -> [ReceiptVerification; 2] {
    [
        store.verify_append_receipt_detailed(receipt),
        wire(store, receipt),
    ]
}

#[test]
fn a_receipt_of_another_store_is_none_of_this_one() {
    let [(_one_dir, one), (_other_dir, other)] = [signed_store(), signed_store()];
    // The same key of the operation, the same body, at the same place, signed with the same key.
    let keyed = || AppendOptions::new().with_idempotency(IdempotencyKey::new(7));
    let append = |store: &Store| {
        store
            .append_with_options(&place("a"), KIND, &1, keyed())
            .unwrap()
    };
    let (ours, theirs) = (append(&one), append(&other));
    assert_eq!(
        (ours.event_id, ours.sequence),
        (theirs.event_id, theirs.sequence)
    );
    assert_eq!(
        one.verify_append_receipt_detailed(&theirs),
        invalid(Wrong::LineageMismatch)
    );
    assert_eq!(wire(&one, &theirs), invalid(Wrong::InvalidSignature));
    assert_eq!(
        exported(&one, &theirs, &[public(1)]),
        invalid(Wrong::LineageMismatch)
    );
    let mut relabelled = theirs;
    let mut json = serde_json::to_value(&relabelled).unwrap();
    json["lineage"] = serde_json::to_value(one.lineage()).unwrap();
    relabelled = serde_json::from_value(json.clone()).unwrap();
    let refused = invalid(Wrong::BranchMismatch);
    assert_eq!(one.verify_append_receipt_detailed(&relabelled), refused);
    json["branch"] = serde_json::to_value(one.branch()).unwrap();
    relabelled = serde_json::from_value(json).unwrap();
    assert!(!one.verify_append_receipt(&relabelled));
    assert_eq!(
        relabelled.verify(&[public(1)]),
        invalid(Wrong::InvalidSignature)
    );
    // Another event at the same sequence, and none.
    let elsewhere = other.append(&place("b"), KIND, &2).unwrap();
    assert_eq!(
        one.verify_append_receipt_detailed(&elsewhere),
        invalid(Wrong::LineageMismatch)
    );
    assert_eq!(
        wire(&one, &elsewhere),
        invalid(Wrong::MissingCommittedEvent)
    );
    one.append(&place("b"), KIND, &2).unwrap();
    assert_eq!(wire(&one, &elsewhere), invalid(Wrong::EventIdMismatch));
}

#[test]
fn a_copy_that_went_its_own_way_believes_only_what_was_before() {
    let (dir, store) = signed_store();
    let shared = store.append(&place("a"), KIND, &1).unwrap();
    store.close().unwrap();
    let copied = tempfile::tempdir().unwrap();
    for file in fs::read_dir(dir.path()).unwrap() {
        let file = file.unwrap();
        fs::copy(file.path(), copied.path().join(file.file_name())).unwrap();
    }
    let [one, other] = [&dir, &copied].map(|dir| Store::open(signing(dir, 1)).unwrap());
    assert_eq!((one.branch(), one.epoch()), (other.branch(), other.epoch()));
    let keyed = || AppendOptions::new().with_idempotency(IdempotencyKey::new(7));
    let append = |store: &Store| {
        let plain = store.append(&place("a"), KIND, &2).unwrap();
        let keyed = store
            .append_with_options(&place("a"), KIND, &3, keyed())
            .unwrap();
        (plain, keyed)
    };
    let ((ours, _), (theirs, theirs_keyed)) = (append(&one), append(&other));
    for store in [&one, &other] {
        assert_eq!(verdicts(store, &shared), [SIGNED, SIGNED]);
    }
    assert_eq!(verdicts(&one, &ours), [SIGNED, SIGNED]);
    let other_id = invalid(Wrong::EventIdMismatch);
    assert_eq!(verdicts(&one, &theirs), [other_id.clone(), other_id]);
    // The same id, place and payload, at another time.
    let [whole, narrow] = verdicts(&one, &theirs_keyed);
    assert_eq!(whole, invalid(Wrong::TimestampMismatch));
    assert_eq!(narrow, invalid(Wrong::InvalidSignature));
    assert_eq!(verdicts(&other, &theirs_keyed), [SIGNED, SIGNED]);
}

#[test]
fn epochs_are_told_apart_after_every_kind_of_open() {
    let disk = SimDisk::new();
    let config = || {
        StoreConfig::new("/sim")
            .with_signing_key(key(1))
            .with_segment_max_bytes(2_048)
    };
    let mut receipts: Vec<AppendReceipt> = Vec::new();
    for way in 0..6 {
        let store = Store::open_on(config(), disk.platform()).unwrap();
        for number in 0..5 {
            receipts.push(append_padded(&store, number, 200).unwrap());
            assert_eq!(receipts.last().unwrap().epoch(), store.epoch());
        }
        match way % 3 {
            0 => _ = store.close().unwrap(),
            // The process ends; or the machine does, which loses nothing that was acknowledged.
            1 => drop(store),
            _ => {
                drop(store);
                disk.crash(&mut |_| false);
            }
        }
        let reader = Store::open_read_only_on(config(), disk.platform()).unwrap();
        let store = Store::open_on(config(), disk.platform()).unwrap();
        for receipt in &receipts {
            assert_eq!(verdicts(&store, receipt), [SIGNED, SIGNED], "{receipt:?}");
            assert_eq!(verdicts(&reader, receipt), [SIGNED, SIGNED], "{receipt:?}");
        }
        store.close().unwrap();
    }
}

#[test]
fn a_hidden_event_is_not_believed_until_it_is_shown_again() {
    let (_dir, store) = signed_store();
    let receipts: Vec<_> = (0..3)
        .map(|number| store.append(&place("a"), KIND, &number).unwrap())
        .collect();
    store.hide_range(2, 2).unwrap();
    let missing = invalid(Wrong::MissingCommittedEvent);
    assert_eq!(verdicts(&store, &receipts[1]), [missing.clone(), missing]);
    assert!(store.provenance(receipts[1].event_id).is_err());
    assert_eq!(receipts[1].verify(&[public(1)]), SIGNED);
    assert_eq!(verdicts(&store, &receipts[2]), [SIGNED, SIGNED]);
    store.unhide_range(2, 2).unwrap();
    assert_eq!(verdicts(&store, &receipts[1]), [SIGNED, SIGNED]);
}

/// A closed store whose second of three events is damaged, and the receipts of all three.
fn damaged() -> (TempDir, Vec<AppendReceipt>) {
    let (dir, store) = signed_store();
    let receipts: Vec<_> = (0..3)
        .map(|number| store.append(&place("a"), KIND, &number).unwrap())
        .collect();
    store.close().unwrap();
    let segment = dir.path().join("000001.fbat");
    let mut bytes = fs::read(&segment).unwrap();
    let needle = receipts[1].event_id.as_u128().to_le_bytes();
    let at = bytes
        .windows(16)
        .position(|window| window == needle)
        .unwrap();
    bytes[at] ^= 1;
    fs::write(&segment, bytes).unwrap();
    (dir, receipts)
}

#[test]
fn an_event_that_was_lost_to_accepted_damage_is_missing_and_the_others_are_believed() {
    let (dir, receipts) = damaged();
    let reader = Store::open_read_only(signing(&dir, 1)).unwrap();
    let digest = reader.open_report().damage_digest().unwrap();
    let missing = || invalid(Wrong::MissingCommittedEvent);
    assert_eq!(verdicts(&reader, &receipts[1]), [missing(), missing()]);
    let store = Store::open(signing(&dir, 1).accept_damage(digest)).unwrap();
    let after = store.append(&place("a"), KIND, &9).unwrap();
    for receipt in [&receipts[0], &receipts[2], &after] {
        assert_eq!(verdicts(&store, receipt), [SIGNED, SIGNED]);
    }
    assert_eq!(verdicts(&store, &receipts[1]), [missing(), missing()]);
    // What nobody shows is signed all the same.
    assert_eq!(receipts[1].verify(&[public(1)]), SIGNED);
}

#[test]
fn a_salvaged_store_believes_the_receipts_of_the_one_it_came_from() {
    let (dir, receipts) = damaged();
    let copied = tempfile::tempdir().unwrap();
    salvage(dir.path(), copied.path(), &mut |_, _| {}).unwrap();
    let store = Store::open(signing(&copied, 1)).unwrap();
    assert!(matches!(
        store.event_at(2),
        Err(StoreError::EventsGone { .. })
    ));
    let missing = invalid(Wrong::MissingCommittedEvent);
    assert_ne!(store.branch(), receipts[0].branch());
    for (receipt, expected) in receipts.iter().zip([SIGNED, missing, SIGNED]) {
        assert_eq!(store.verify_append_receipt_detailed(receipt), expected);
        assert_eq!(exported(&store, receipt, &[public(1)]), expected);
    }
    // A receipt of the copy is believed there, and not by the store that it left.
    let own = store.append(&place("b"), KIND, &4).unwrap();
    assert_eq!(verdicts(&store, &own), [SIGNED, SIGNED]);
    store.close().unwrap();
    let reader = Store::open_read_only(signing(&copied, 1)).unwrap();
    assert_eq!(reader.verify_append_receipt_detailed(&receipts[0]), SIGNED);
    let left = Store::open_read_only(signing(&dir, 1)).unwrap();
    assert_eq!(
        left.verify_append_receipt_detailed(&own),
        invalid(Wrong::BranchMismatch)
    );
    // What the first store appended after the copy had left it is not shared.
    let digest = left.open_report().damage_digest().unwrap();
    let first = Store::open(signing(&dir, 1).accept_damage(digest)).unwrap();
    let later = first.append(&place("b"), KIND, &4).unwrap();
    assert_eq!(later.sequence, own.sequence);
    assert_eq!(
        reader.verify_append_receipt_detailed(&later),
        invalid(Wrong::BranchMismatch)
    );
}

#[test]
fn an_event_that_cannot_be_read_is_neither_believed_nor_called_missing() {
    let (dir, store) = signed_store();
    let receipt = store.append(&place("a"), KIND, &1).unwrap();
    store.append(&place("a"), KIND, &2).unwrap();
    // Under an open store, which reads by position.
    let segment = dir.path().join("000001.fbat");
    let mut bytes = fs::read(&segment).unwrap();
    let needle = receipt.event_id.as_u128().to_le_bytes();
    let at = bytes
        .windows(16)
        .position(|window| window == needle)
        .unwrap();
    bytes[at + 80] ^= 1;
    fs::write(&segment, bytes).unwrap();
    for verdict in verdicts(&store, &receipt) {
        let ReceiptVerification::Invalid(Wrong::CoverBuildFailed { reason }) = verdict else {
            panic!("{verdict:?}");
        };
        assert!(reason.contains("segment"), "{reason}");
    }
}
