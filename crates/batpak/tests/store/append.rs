//! What is appended is read back, before and after the store was opened again.

use batpak::event::{EventHeader, TypedDecodeError};
use batpak::store::{AppendPositionHint, EncodedBytes, ExtensionKey};
use serde_json::json;

use super::*;

#[test]
fn an_event_reads_back_as_it_was_appended() {
    let (dir, store) = new_store();
    let payload = json!({"name": "lamp", "tags": [1, null, true]});
    let receipt = store.append(&place("order:1"), KIND, &payload).unwrap();
    assert_eq!((receipt.sequence, receipt.stream_sequence()), (1, 1));
    assert_eq!(receipt.durability(), Durability::Synced);
    assert!(!receipt.is_duplicate());
    let lineage = store.lineage();
    let check = |event: StoredEvent<serde_json::Value>, raw: StoredEvent<Vec<u8>>| {
        assert_eq!(event.event.payload, payload);
        assert_eq!(event.coordinate, place("order:1"));
        assert_eq!(event.event.event_kind(), KIND);
        assert_eq!(event.event.header.content_hash, receipt.content_hash);
        assert_eq!(event.event.header.timestamp_us, receipt.timestamp_us());
        assert_eq!(event.event.header.correlation_id, receipt.correlation_id());
        assert_eq!(
            event.event.hash_chain.unwrap().event_hash,
            *receipt.event_hash()
        );
        assert_eq!(event.generation().get(), receipt.generation());
        assert!(raw.verify(lineage, receipt.previous_hash()));
    };
    check(
        store.get(receipt.event_id).unwrap(),
        store.event_at(1).unwrap(),
    );
    store.close().unwrap();
    let store = open(&dir);
    check(
        store.get(receipt.event_id).unwrap(),
        store.read_raw(receipt.event_id).unwrap(),
    );
    drop(store);
    let store = open_read_only(&dir);
    check(
        store.get(receipt.event_id).unwrap(),
        store.event_at(1).unwrap(),
    );
}

#[test]
fn an_event_that_is_not_there_is_not_found_by_id_or_sequence() {
    let (_dir, store) = new_store();
    store.append(&place("a"), KIND, &1).unwrap();
    let id = EventId::new(0xDEAD);
    for error in [
        store.get(id).unwrap_err(),
        store.read_raw(id).unwrap_err(),
        store.get_typed::<Renamed>(id).unwrap_err(),
    ] {
        assert!(matches!(error, StoreError::NotFound(0xDEAD)), "{error}");
    }
    for sequence in [0, 2, u64::MAX] {
        let error = store.event_at(sequence).unwrap_err();
        assert!(matches!(error, StoreError::NotFound(at) if at == u128::from(sequence)));
    }
}

#[test]
fn a_typed_payload_keeps_kind_and_version_and_refuses_other_kinds() {
    let (_dir, store) = new_store();
    let typed = store.append_typed(&place("a"), &renamed()).unwrap();
    let plain = store.append(&place("a"), KIND, &renamed()).unwrap();
    let event = store.get_typed::<Renamed>(typed.event_id).unwrap();
    assert_eq!(event.event.payload, renamed());
    assert_eq!(event.event.event_kind(), Renamed::KIND);
    assert_eq!(event.payload_version(), 2);
    assert_eq!(store.event_at(2).unwrap().payload_version(), 0);
    let error = store.get_typed::<Renamed>(plain.event_id).unwrap_err();
    let StoreError::Serialization(inner) = error else {
        panic!("{error}")
    };
    let inner = inner.downcast_ref::<TypedDecodeError>();
    assert!(
        matches!(inner, Some(TypedDecodeError::KindMismatch { .. })),
        "{inner:?}"
    );
    assert_eq!(store.by_fact_typed::<Renamed>().len(), 1);
}

#[test]
fn flags_hints_correlation_and_extensions_are_kept() {
    let (dir, store) = new_store();
    let begin = store.append(&place("a"), KIND, &1).unwrap();
    let key = ExtensionKey::new("app.trace").unwrap();
    let options = AppendOptions::new()
        .with_flags(EventHeader::FLAG_REQUIRES_ACK | EventHeader::FLAG_REPLAY)
        .with_position_hint(AppendPositionHint::new(7, 3))
        .with_correlation(begin.event_id.into())
        .with_causation(begin.event_id.into())
        .with_extension(key.clone(), EncodedBytes::new(vec![0, 255]));
    let receipt = store
        .append_with_options(&place("b"), KIND, &2, options)
        .unwrap();
    assert_eq!(receipt.extensions[&key].as_bytes(), [0, 255]);
    store.close().unwrap();
    let store = open_read_only(&dir);
    let event = store.event_at(2).unwrap();
    let header = &event.event.header;
    assert!(header.requires_ack() && header.is_replay() && !header.is_transactional());
    assert_eq!((header.position.lane(), header.position.depth()), (7, 3));
    assert_eq!(header.correlation_id, begin.event_id.into());
    assert_eq!(header.causation_id, Some(begin.event_id.into()));
    assert_eq!(event.generation().get(), 2);
    let entry = &store.by_entity("b")[0];
    assert_eq!((entry.dag_lane(), entry.dag_depth()), (7, 3));
    assert_eq!(entry.receipt_extensions(), &receipt.extensions);
    assert!(entry.is_correlated() && entry.is_caused_by(begin.event_id));
    let mut scan = store.scan(&Region::all()).after(1);
    let event = scan.next_event().unwrap().unwrap();
    assert_eq!(event.extension("app.trace"), Some(vec![0, 255]));
    assert_eq!(event.extension("app.other"), None);
}

#[test]
fn an_event_names_any_number_of_causes_local_and_foreign() {
    let (dir, store) = new_store();
    let mut options = AppendOptions::new();
    let mut causes = Vec::new();
    for number in 0..1000 {
        if number % 10 == 0 {
            let foreign = EventId::new(u128::MAX - number);
            options = options.with_foreign_cause(foreign);
            causes.push(Cause::Foreign(foreign));
        } else {
            let key = IdempotencyKey::new(number + 1);
            let keyed = AppendOptions::new().with_idempotency(key);
            let cause = item("cause", 0, keyed);
            store.submit_item(cause).unwrap();
            let id = EventId::from(key);
            options = options.with_cause(id);
            causes.push(Cause::Local(id));
        }
    }
    let receipt = store
        .append_with_options(&place("effect"), KIND, &0, options)
        .unwrap();
    assert_eq!(receipt.generation(), 901);
    store.close().unwrap();
    let store = open(&dir);
    assert_eq!(store.read_raw(receipt.event_id).unwrap().causes(), causes);
    assert_eq!(store.by_entity("effect")[0].causes(), causes);
    assert!(!store.by_entity("effect")[0].is_root_cause());
}

#[test]
fn a_payload_of_the_largest_size_goes_through_and_one_byte_more_does_not() {
    let (dir, store) = new_store();
    let item = |length: u32| {
        let mut payload = vec![0xc6];
        payload.extend_from_slice(&length.to_be_bytes());
        payload.resize(payload.len() + length as usize, 0x5a);
        let options = AppendOptions::new();
        BatchAppendItem::from_msgpack_bytes(
            place("big"),
            KIND,
            payload,
            options,
            CausationRef::None,
        )
        .unwrap()
    };
    let largest = (16 << 20) - 5;
    let receipt = store.submit_item(item(largest)).unwrap().wait().unwrap();
    let error = store.submit_item(item(largest + 1)).unwrap_err();
    assert!(error.to_string().contains("single append bytes"), "{error}");
    assert!(matches!(error, StoreError::Configuration(_)));
    let error = store.append_batch(vec![item(largest + 1)]).unwrap_err();
    let limit = 16 << 20;
    assert!(
        matches!(error, StoreError::BatchItemTooLarge { index: 0, size, limit: l }
            if size == limit + 1 && l == limit),
        "{error}"
    );
    store.close().unwrap();
    let event = open(&dir).read_raw(receipt.event_id).unwrap();
    assert_eq!(event.event.payload, item(largest).payload_bytes());
}

#[test]
fn get_never_fails_on_what_json_cannot_hold() {
    let (_dir, store) = new_store();
    let deep = [vec![0x91; 5000], vec![0xc0]].concat();
    for payload in [
        b"\xc4\x01\xff".to_vec(),
        b"\x81\x01\xca\x7f\xc0\0\0".to_vec(),
        deep,
    ] {
        let none = CausationRef::None;
        let options = AppendOptions::new();
        let item =
            BatchAppendItem::from_msgpack_bytes(place("a"), KIND, payload.clone(), options, none);
        let receipt = store.submit_item(item.unwrap()).unwrap().wait().unwrap();
        store.get(receipt.event_id).unwrap();
        assert_eq!(
            store.read_raw(receipt.event_id).unwrap().event.payload,
            payload
        );
    }
}

#[test]
fn a_written_store_syncs_when_one_append_asks_for_it() {
    let dir = tempfile::tempdir().unwrap();
    let config = StoreConfig::new(dir.path()).with_durability(Durability::Written);
    let store = Store::open(config).unwrap();
    let options = AppendOptions::new().with_durability(Durability::Synced);
    let receipt = store
        .append_with_options(&place("a"), KIND, &1, options)
        .unwrap();
    assert_eq!(receipt.durability(), Durability::Synced);
}

#[test]
fn a_reaction_belongs_to_the_conversation_of_its_cause() {
    let (_dir, store) = new_store();
    let cause = store.append(&place("a"), KIND, &1).unwrap();
    let (correlation, causation) = (cause.correlation_id(), cause.event_id.into());
    let plain = store.append_reaction(&place("b"), KIND, &2, correlation, causation);
    let typed = store.append_reaction_typed(&place("b"), &renamed(), correlation, causation);
    let items = vec![item("c", 3, AppendOptions::new())];
    let batch = store.append_reaction_batch(correlation, causation, items);
    for receipt in [plain.unwrap(), typed.unwrap(), batch.unwrap().remove(0)] {
        let event = store.read_raw(receipt.event_id).unwrap();
        assert_eq!(event.event.header.correlation_id, correlation);
        assert_eq!(event.causes(), [Cause::Local(cause.event_id)]);
    }
}
