//! Receipts that were changed after they were issued.

use serde_json::Value;

use super::*;

/// What a field is changed to, and what the change is refused with by a store that knows the event.
fn change(field: &str, value: &Value) -> (Value, Wrong) {
    let number = || Value::from(value.as_u64().unwrap() + 1);
    let flipped = || {
        let text = value.as_str().unwrap();
        let first = if text.starts_with('0') { "1" } else { "0" };
        Value::from(format!("{first}{}", &text[1..]))
    };
    // Numbers of 128 bits are lists of 16 bytes.
    let bytes = || {
        let mut bytes = value.as_array().unwrap().clone();
        bytes[15] = Value::from(bytes[15].as_u64().unwrap() ^ 1);
        Value::from(bytes)
    };
    match field {
        "event_id" => (bytes(), Wrong::EventIdMismatch),
        "sequence" => (number(), Wrong::SequenceMismatch),
        "content_hash" => (flipped(), Wrong::ContentHashMismatch),
        "key_id" => (flipped(), Wrong::UnknownSigningKey),
        "signature" => (flipped(), Wrong::InvalidSignature),
        "extensions" => (serde_json::json!({}), Wrong::ExtensionsMismatch),
        "lineage" => (bytes(), Wrong::LineageMismatch),
        "kind" => (number(), Wrong::EventKindMismatch),
        "event_hash" => (flipped(), Wrong::EventHashMismatch),
        "previous_hash" => (flipped(), Wrong::PreviousHashMismatch),
        "stream_sequence" => (number(), Wrong::StreamSequenceMismatch),
        "generation" => (number(), Wrong::GenerationMismatch),
        "branch" => (bytes(), Wrong::BranchMismatch),
        "epoch" => (number(), Wrong::EpochMismatch),
        "durability" => (Value::from("written"), Wrong::InvalidSignature),
        "duplicate" => (Value::from(true), Wrong::InvalidSignature),
        "correlation_id" => (bytes(), Wrong::CorrelationMismatch),
        "timestamp_us" => (number(), Wrong::TimestampMismatch),
        // A field that is new needs a row here.
        other => panic!("nothing is known of the field {other}"),
    }
}

/// A store with events around one that has extensions, and that one's receipt.
fn with_extension() -> (TempDir, Store, AppendReceipt) {
    let (dir, store) = signed_store();
    store.append(&place("a"), KIND, &1).unwrap();
    let extension = ExtensionKey::new("test.note").unwrap();
    let noted = AppendOptions::new().with_extension(extension, EncodedBytes::new(vec![1, 2]));
    let receipt = store
        .append_with_options(&place("a"), KIND, &2, noted)
        .unwrap();
    store.append(&place("a"), KIND, &3).unwrap();
    (dir, store, receipt)
}

#[test]
fn every_field_that_is_changed_is_refused_with_what_is_wrong() {
    let (dir, store, receipt) = with_extension();
    let json = serde_json::to_value(&receipt).unwrap();
    let fields = json.as_object().unwrap();
    assert_eq!(fields.len(), 18);
    for (field, value) in fields {
        let (value, wrong) = change(field, value);
        let mut changed = json.clone();
        changed[field] = value;
        let changed: AppendReceipt = serde_json::from_value(changed).unwrap();
        assert_ne!(changed, receipt);
        let refused = invalid(wrong);
        assert_eq!(
            store.verify_append_receipt_detailed(&changed),
            refused,
            "{field}"
        );
        assert_eq!(exported(&store, &changed, &[public(1)]), refused, "{field}");
        assert!(!changed.verify(&[public(1)]).is_valid(), "{field}");
        assert!(!store.verify_append_receipt(&changed), "{field}");
    }
    store.close().unwrap();
    // What an unsigned store can compare it refuses as well.
    let plain = open_read_only(&dir);
    for (field, value) in fields {
        let mut changed = json.clone();
        let (value, wrong) = change(field, value);
        changed[field] = value;
        changed["signature"] = Value::Null;
        changed["key_id"] = "0".repeat(64).into();
        let changed: AppendReceipt = serde_json::from_value(changed).unwrap();
        let expected = match field.as_str() {
            // Nothing but a signature vouches for these.
            "key_id" | "signature" | "durability" | "duplicate" => ACCEPTED,
            _ => invalid(wrong),
        };
        assert_eq!(
            plain.verify_append_receipt_detailed(&changed),
            expected,
            "{field}"
        );
    }
}

#[test]
fn fields_that_are_taken_away_are_no_way_around_the_signature() {
    let (_dir, store, receipt) = with_extension();
    let json = serde_json::to_value(&receipt).unwrap();
    for (fields, wrong) in [
        (&["signature"][..], Wrong::MissingSignature),
        (&["key_id"], Wrong::ZeroKeyWithSignature),
        (&["key_id", "signature"], Wrong::UnsignedReceiptRejected),
        (&["lineage"], Wrong::InvalidSignature),
        (&["kind"], Wrong::InvalidSignature),
        (&["extensions"], Wrong::ExtensionsMismatch),
    ] {
        let mut cut = json.clone();
        for field in fields {
            cut.as_object_mut().unwrap().remove(*field).unwrap();
        }
        let cut: AppendReceipt = serde_json::from_value(cut).unwrap();
        assert_eq!(
            store.verify_append_receipt_detailed(&cut),
            invalid(wrong),
            "{fields:?}"
        );
    }
    for (name, _) in json.as_object().unwrap().iter().filter(|(name, _)| {
        !["signature", "key_id", "lineage", "kind", "extensions"].contains(&name.as_str())
    }) {
        let mut cut = json.clone();
        cut.as_object_mut().unwrap().remove(name).unwrap();
        assert!(
            serde_json::from_value::<AppendReceipt>(cut).is_err(),
            "{name}"
        );
    }
}

#[test]
fn what_comes_through_a_narrow_channel_is_compared_as_far_as_it_goes() {
    let (_dir, store, receipt) = with_extension();
    let other = store.append(&place("a"), KIND, &3).unwrap();
    assert_eq!(wire(&store, &receipt), SIGNED);
    type Change<'a> = (&'a dyn Fn(&mut AppendReceipt), Wrong);
    let changes: [Change<'_>; 9] = [
        (
            &|receipt| receipt.event_id = EventId::new(5),
            Wrong::EventIdMismatch,
        ),
        (
            &|receipt| receipt.event_id = other.event_id,
            Wrong::SequenceMismatch,
        ),
        (&|receipt| receipt.sequence += 1, Wrong::SequenceMismatch),
        (
            &|receipt| receipt.content_hash[0] ^= 1,
            Wrong::ContentHashMismatch,
        ),
        (
            &|receipt| receipt.extensions.clear(),
            Wrong::ExtensionsMismatch,
        ),
        (
            &|receipt| receipt.key_id = [0; 32],
            Wrong::ZeroKeyWithSignature,
        ),
        (
            &|receipt| receipt.key_id = public(2).id(),
            Wrong::UnknownSigningKey,
        ),
        (&|receipt| receipt.signature = None, Wrong::MissingSignature),
        (
            &|receipt| receipt.signature = other.signature,
            Wrong::InvalidSignature,
        ),
    ];
    for (index, (change, wrong)) in changes.into_iter().enumerate() {
        let mut changed = receipt.clone();
        change(&mut changed);
        assert_eq!(wire(&store, &changed), invalid(wrong), "change {index}");
    }
    let mut gone = receipt;
    (gone.event_id, gone.sequence) = (EventId::new(5), 99);
    assert_eq!(wire(&store, &gone), invalid(Wrong::MissingCommittedEvent));
}

#[test]
fn the_receipt_of_one_event_says_nothing_of_another() {
    let (_dir, store) = signed_store();
    let same = |number: u64| store.append(&place("a"), KIND, &number).unwrap();
    // Two events with one payload in one stream.
    let (first, second) = (same(7), same(7));
    assert_eq!(first.content_hash, second.content_hash);
    let mut forged = first.clone();
    forged.event_id = second.event_id;
    assert_eq!(
        store.verify_append_receipt_detailed(&forged),
        invalid(Wrong::SequenceMismatch)
    );
    forged.sequence = second.sequence;
    let differs = invalid(Wrong::StreamSequenceMismatch);
    assert_eq!(store.verify_append_receipt_detailed(&forged), differs);
    let mut swapped = first.clone();
    swapped.signature = second.signature;
    let refused = invalid(Wrong::InvalidSignature);
    assert_eq!(store.verify_append_receipt_detailed(&swapped), refused);
    assert_eq!(store.verify_append_receipt_detailed(&first), SIGNED);
}
