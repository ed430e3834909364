//! Signed receipts: every way to get one, and who believes it.

mod elsewhere;
mod forged;
mod model;

use std::collections::HashMap;
use std::time::Duration;

use batpak::guard::{Denial, Proposal};
use batpak::pipeline::Pipeline;
use batpak::store::{
    AppendCondition, DenialReceipt, DurabilityGate, ReceiptVerificationError as Wrong, SigningKey,
    VerifyingKey, WatermarkKind,
};
use batpak::typestate::Transition;

use super::bypass::Migration;
use super::gates::three;
use super::*;

batpak::define_state_machine! { LampState { Off, On } Off => On by Renamed }

const SIGNED: ReceiptVerification = ReceiptVerification::Signed;
const ACCEPTED: ReceiptVerification = ReceiptVerification::UnsignedAccepted;

fn invalid(wrong: Wrong) -> ReceiptVerification {
    ReceiptVerification::Invalid(wrong)
}

fn key(number: u8) -> SigningKey {
    SigningKey::from_bytes([number; 32])
}

fn public(number: u8) -> VerifyingKey {
    key(number).verifying_key()
}

/// A configuration that signs with a key.
fn signing(dir: &TempDir, number: u8) -> StoreConfig {
    StoreConfig::new(dir.path()).with_signing_key(key(number))
}

/// A new store that signs with key 1.
fn signed_store() -> (TempDir, Store) {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(signing(&dir, 1)).unwrap();
    (dir, store)
}

fn deny(store: &Store, options: AppendOptions) -> DenialReceipt {
    let denial = Denial::new("narrow", "above 1");
    store
        .append_denial(&place("a"), KIND, &three(), &denial, None, None, options)
        .unwrap()
}

/// One receipt of every way to append.
fn every_way(store: &Store) -> Vec<AppendReceipt> {
    let (a, none) = (place("a"), AppendOptions::new);
    let first = store.append(&a, KIND, &1).unwrap();
    let (correlation, causation) = (first.event_id.into(), first.event_id.into());
    let cause = || (correlation, causation);
    let extension = ExtensionKey::new("test.note").unwrap();
    let noted = none().with_extension(extension, EncodedBytes::new(vec![7; 9]));
    let gate = DurabilityGate::new(WatermarkKind::Durable, Duration::from_secs(60));
    let condition = AppendCondition::new().stream_at("never", 0);
    let items = || vec![item("b", 1, none()), item("c", 2, none())];
    let lamp = Transition::<Off, On, _>::from_payload(renamed());
    let limit = Duration::from_secs(60);

    let (by, because) = cause();
    let mut receipts = vec![
        store.append_with_options(&a, KIND, &2, noted).unwrap(),
        store
            .append_with_options(&a, KIND, &3, none().with_gate(gate))
            .unwrap(),
        store.append_typed(&a, &renamed()).unwrap(),
        store
            .append_typed_with_options(&a, &renamed(), none())
            .unwrap(),
        store.append_reaction(&a, KIND, &4, by, because).unwrap(),
        store
            .append_reaction_typed(&a, &renamed(), by, because)
            .unwrap(),
        store.apply_transition(&a, lamp).unwrap(),
        store.submit(&a, KIND, &5).unwrap().wait().unwrap(),
        store
            .submit_with_options(&a, KIND, &6, none())
            .unwrap()
            .wait()
            .unwrap(),
        store.submit_typed(&a, &renamed()).unwrap().wait().unwrap(),
        store
            .submit_item(item("a", 7, none()))
            .unwrap()
            .wait_timeout(limit)
            .unwrap()
            .unwrap(),
        deny(store, none()).as_append_receipt().clone(),
    ];
    let ticket = store.submit(&a, KIND, &8).unwrap();
    store.sync().unwrap();
    let checked = ticket.try_check().unwrap().unwrap();
    assert_eq!(ticket.wait().unwrap(), checked);
    receipts.extend([first, checked]);
    receipts.extend(store.append_batch(items()).unwrap());
    receipts.extend(
        store
            .append_batch_with_options(items(), none().with_gate(gate))
            .unwrap(),
    );
    receipts.extend(store.append_reaction_batch(by, because, items()).unwrap());
    receipts.extend(store.append_if(&condition, items()).unwrap());
    receipts.extend(store.submit_batch(items()).unwrap().wait().unwrap());
    let ticket = store.submit_batch(items()).unwrap();
    receipts.extend(ticket.wait_timeout(limit).unwrap().unwrap());
    receipts
}

#[test]
fn every_way_to_append_returns_a_signed_receipt_that_all_believe() {
    for level in [Durability::Synced, Durability::Written] {
        let dir = tempfile::tempdir().unwrap();
        // A segment of a few events, so that most of them are closed.
        let config = || {
            signing(&dir, 1)
                .with_segment_max_bytes(2_048)
                .with_durability(level)
        };
        let store = Store::open(config()).unwrap();
        let receipts = every_way(&store);
        assert_eq!(receipts.len(), 26);
        let believed = |judge: &dyn Fn(&AppendReceipt) -> ReceiptVerification| {
            for receipt in &receipts {
                assert_eq!(receipt.key_id, public(1).id());
                assert_eq!(judge(receipt), SIGNED, "{receipt:?}");
            }
        };
        believed(&|receipt| receipt.verify(&[public(1)]));
        believed(&|receipt| store.verify_append_receipt_detailed(receipt));
        believed(&|receipt| wire(&store, receipt));
        store.close().unwrap();
        let public_only = || StoreConfig::new(dir.path()).with_verifying_key(public(1));
        let reader = Store::open_read_only(public_only()).unwrap();
        believed(&|receipt| reader.verify_append_receipt_detailed(receipt));
        believed(&|receipt| exported(&reader, receipt, &[public(1)]));
        let store = Store::open(public_only()).unwrap();
        assert_eq!(store.append(&place("a"), KIND, &1).unwrap().signature, None);
        believed(&|receipt| store.verify_append_receipt_detailed(receipt));
        believed(&|receipt| wire(&store, receipt));
        assert!(
            receipts
                .iter()
                .all(|receipt| store.verify_append_receipt(receipt))
        );
    }
}

/// The verdict on what came through a narrow channel.
fn wire<S>(store: &Store<S>, receipt: &AppendReceipt) -> ReceiptVerification {
    store.verify_append_receipt_wire_detailed(
        receipt.event_id,
        receipt.sequence,
        receipt.content_hash,
        receipt.key_id,
        receipt.signature,
        &receipt.extensions,
    )
}

/// The verdict of somebody who has the receipt, the event and where it was written as bytes.
fn exported<S>(
    store: &Store<S>,
    receipt: &AppendReceipt,
    keys: &[VerifyingKey],
) -> ReceiptVerification {
    let Ok(event) = store
        .read_raw(receipt.event_id)
        .or_else(|_| store.event_at(receipt.sequence))
    else {
        return invalid(Wrong::MissingCommittedEvent);
    };
    let written = store.provenance(event.event.event_id()).unwrap();
    let bytes = batpak::canonical::to_bytes(&(receipt, written, event)).unwrap();
    let (receipt, written, event): (AppendReceipt, _, _) =
        batpak::canonical::from_bytes(&bytes).unwrap();
    receipt.verify_event(&written, &event, keys)
}

#[test]
fn an_append_that_is_repeated_is_signed_again() {
    let (dir, store) = signed_store();
    let keyed = |number| AppendOptions::new().with_idempotency(IdempotencyKey::new(number));
    let append = |store: &Store| {
        let batch = vec![item("b", 1, keyed(2)), item("b", 2, keyed(3))];
        let mut receipts = store.append_batch(batch).unwrap();
        receipts.push(
            store
                .append_with_options(&place("a"), KIND, &1, keyed(1))
                .unwrap(),
        );
        receipts.push(deny(store, keyed(4)).as_append_receipt().clone());
        receipts
    };
    let first = append(&store);
    store.close().unwrap();
    let store = Store::open(signing(&dir, 1).with_signing_key(key(2))).unwrap();
    let second = append(&store);
    for (first, second) in first.iter().zip(&second) {
        assert!(second.is_duplicate() && !first.is_duplicate());
        assert_eq!(first.event_hash(), second.event_hash());
        assert_eq!(first.epoch(), second.epoch());
        assert_eq!(
            (first.key_id, second.key_id),
            (public(1).id(), public(2).id())
        );
        for receipt in [first, second] {
            assert_eq!(store.verify_append_receipt_detailed(receipt), SIGNED);
            assert_eq!(wire(&store, receipt), SIGNED);
            assert_eq!(receipt.verify(&[public(1), public(2)]), SIGNED);
        }
    }
    assert_eq!(store.stats().event_count, 4);
}

#[test]
fn the_event_of_a_bypass_and_its_record_are_acknowledged_by_a_signing_store() {
    let (_dir, store) = signed_store();
    let receipt = Pipeline::new(three()).bypass(Proposal::new(renamed()), &Migration);
    let key = AppendOptions::new().with_idempotency(IdempotencyKey::new(9));
    let committed = store
        .append_bypassed_typed(&place("a"), receipt, key)
        .unwrap();
    assert_eq!(committed.metadata().sequence(), 1);
    assert_eq!(store.stats().event_count, 2);
}

#[test]
fn keys_are_replaced_and_withdrawn() {
    let dir = tempfile::tempdir().unwrap();
    let plain = Store::open(StoreConfig::new(dir.path())).unwrap();
    let unsigned = plain.append(&place("a"), KIND, &0).unwrap();
    assert_eq!((unsigned.key_id, unsigned.signature), ([0; 32], None));
    assert_eq!(plain.verify_append_receipt_detailed(&unsigned), ACCEPTED);
    plain.close().unwrap();

    let store = Store::open(signing(&dir, 1)).unwrap();
    let old = store.append(&place("a"), KIND, &1).unwrap();
    let rejected = invalid(Wrong::UnsignedReceiptRejected);
    assert_eq!(store.verify_append_receipt_detailed(&unsigned), rejected);
    store.close().unwrap();

    let both = signing(&dir, 1).with_signing_key(key(2));
    let store = Store::open(both).unwrap();
    let new = store.append(&place("a"), KIND, &2).unwrap();
    assert_eq!((old.key_id, new.key_id), (public(1).id(), public(2).id()));
    assert_eq!(store.verify_append_receipt_detailed(&old), SIGNED);
    assert_eq!(store.verify_append_receipt_detailed(&new), SIGNED);
    // A configuration that is used again holds its keys still.
    let again = store.config().clone();
    store.close().unwrap();
    let store = Store::open(again).unwrap();
    assert_eq!(
        store.append(&place("a"), KIND, &3).unwrap().key_id,
        public(2).id()
    );
    store.close().unwrap();

    let unknown = invalid(Wrong::UnknownSigningKey);
    let store = Store::open(signing(&dir, 2)).unwrap();
    assert_eq!(store.verify_append_receipt_detailed(&old), unknown);
    assert_eq!(store.verify_append_receipt_detailed(&new), SIGNED);
    store.close().unwrap();
    let reader = open_read_only(&dir);
    assert_eq!(reader.verify_append_receipt_detailed(&new), unknown);
    assert_eq!(reader.verify_append_receipt_detailed(&unsigned), ACCEPTED);
}

#[test]
fn receipts_of_denials_are_believed_of_denials_only() {
    let (_dir, store) = signed_store();
    let denial = deny(&store, AppendOptions::new());
    let plain = store.append(&place("a"), KIND, &1).unwrap();
    assert_eq!(store.verify_denial_receipt_detailed(&denial), SIGNED);
    assert!(store.verify_denial_receipt(&denial));
    assert_eq!(denial.verify(&[public(1)]), SIGNED);
    assert_eq!(store.verify_append_receipt_detailed(&denial), SIGNED);
    let json = serde_json::to_string(&plain).unwrap();
    let passed_off: DenialReceipt = serde_json::from_str(&json).unwrap();
    let refused = invalid(Wrong::DenialKindMismatch);
    assert_eq!(store.verify_denial_receipt_detailed(&passed_off), refused);
    assert!(!store.verify_denial_receipt(&passed_off));
    assert_eq!(passed_off.verify(&[public(1)]), refused);
    let written = store.provenance(plain.event_id).unwrap();
    let event = store.read_raw(plain.event_id).unwrap();
    assert_eq!(
        passed_off.verify_event(&written, &event, &[public(1)]),
        refused
    );
    let (written, event) = (
        store.provenance(denial.event_id).unwrap(),
        store.read_raw(denial.event_id).unwrap(),
    );
    assert_eq!(denial.verify_event(&written, &event, &[public(1)]), SIGNED);
}

#[test]
fn threads_that_append_at_once_get_receipts_of_their_own() {
    let (_dir, store) = signed_store();
    let receipts: Vec<AppendReceipt> = std::thread::scope(|scope| {
        let threads: Vec<_> = ["a", "b", "c", "d"]
            .map(|entity| {
                let store = &store;
                scope.spawn(move || {
                    let append = |number| store.append(&place(entity), KIND, &number).unwrap();
                    (0..25).map(append).collect::<Vec<_>>()
                })
            })
            .into();
        threads
            .into_iter()
            .flat_map(|thread| thread.join().unwrap())
            .collect()
    });
    let places: HashMap<u64, &AppendReceipt> = receipts
        .iter()
        .map(|receipt| (receipt.sequence, receipt))
        .collect();
    assert_eq!(places.len(), 100);
    assert!(
        receipts
            .iter()
            .all(|receipt| store.verify_append_receipt_detailed(receipt) == SIGNED)
    );
}

#[test]
fn what_is_wrong_is_said_with_what_to_do() {
    use Wrong::*;
    #[expect(deprecated, reason = "a kept variant has a text as well")]
    let position = DiskPositionMismatch;
    let reason = "segment 1 at 256: the body's checksum does not match".to_owned();
    let all = [
        MissingCommittedEvent,
        EventIdMismatch,
        SequenceMismatch,
        position,
        ContentHashMismatch,
        ExtensionsMismatch,
        DenialKindMismatch,
        LineageMismatch,
        BranchMismatch,
        EpochMismatch,
        EventKindMismatch,
        StreamSequenceMismatch,
        GenerationMismatch,
        CorrelationMismatch,
        TimestampMismatch,
        PreviousHashMismatch,
        EventHashMismatch,
        UnsignedReceiptRejected,
        MissingSignature,
        ZeroKeyWithSignature,
        UnknownSigningKey,
        InvalidSignature,
        CoverBuildFailed { reason },
    ];
    let lines: Vec<String> = all
        .iter()
        .map(|wrong| {
            let name = format!("{wrong:?}");
            let name = name.split(' ').next().unwrap_or_default();
            format!("{name}: {wrong}")
        })
        .collect();
    insta::assert_snapshot!(lines.join("\n"), @r"
    MissingCommittedEvent: no event of the receipt is in the log: it was never committed here, is hidden, or is lost; ask the store that issued the receipt
    EventIdMismatch: the event at the sequence of the receipt has another id: the receipt is of another event, or of another copy of the store
    SequenceMismatch: the event of the receipt is at another sequence: the receipt was changed
    DiskPositionMismatch: the event of the receipt is at another position on disk
    ContentHashMismatch: the payload of the event has another hash than the receipt says: one of them was changed
    ExtensionsMismatch: the event has other extensions than the receipt says: one of them was changed
    DenialKindMismatch: the event of the receipt records no denial: it is no receipt of a denial
    LineageMismatch: the receipt is of another store: verify it with that one
    BranchMismatch: the receipt is of another branch of the history: verify it with the store that issued it
    EpochMismatch: the event was written in another epoch than the receipt says: the receipt was changed, or is of a copy of the store that went its own way
    EventKindMismatch: the event is of another kind than the receipt says: one of them was changed
    StreamSequenceMismatch: the event has another stream sequence than the receipt says: one of them was changed
    GenerationMismatch: the event has another generation than the receipt says: one of them was changed
    CorrelationMismatch: the event has another correlation than the receipt says: one of them was changed
    TimestampMismatch: the event has another time than the receipt says: one of them was changed
    PreviousHashMismatch: the event follows another one in its stream than the receipt says: one of them was changed
    EventHashMismatch: the event has another hash than the receipt says: its stream, causes, flags or what else the receipt does not repeat were changed
    UnsignedReceiptRejected: the receipt is not signed, and only signed ones are accepted where keys are configured
    MissingSignature: the receipt names a signing key and has no signature: it was cut off
    ZeroKeyWithSignature: the receipt has a signature and names no signing key: it was changed
    UnknownSigningKey: the receipt is signed with a key that is not known here: configure its public key, if it is trusted
    InvalidSignature: the signature is not of what the receipt says: the receipt was changed, or is forged
    CoverBuildFailed: what the signature covers cannot be put together: segment 1 at 256: the body's checksum does not match
    ");
}
