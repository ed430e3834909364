//! Payloads read as types, from events in every form.

use batpak::store::EventBuffer;
use serde_json::json;

use super::*;

#[test]
fn every_form_of_an_event_routes_and_decodes_alike() {
    let (_dir, store) = new_store();
    let receipt = add(&store, "a", 7);
    let (json, raw) = (
        store.get(receipt.event_id).unwrap(),
        store.read_raw(receipt.event_id).unwrap(),
    );
    let mut buffer = EventBuffer::new();
    let borrowed = store.get_ref(receipt.event_id, &mut buffer).unwrap();
    check(&json);
    check(&json.event);
    check(&raw);
    check(&raw.event);
    check(&borrowed);

    fn check(event: &impl DecodeTyped) {
        assert_eq!(event.decode_typed::<Added>().unwrap(), added(7));
        assert_eq!(event.route_typed::<Added>().unwrap(), Some(added(7)));
        assert!(event.route_typed::<Doubled>().unwrap().is_none());
        assert!(matches!(
            event.decode_typed::<Doubled>(),
            Err(TypedDecodeError::KindMismatch { expected, got })
                if expected == Doubled::KIND && got == Added::KIND
        ));
    }
}

#[test]
fn versions_are_told_apart_in_every_form() {
    let (_dir, store) = new_store();
    let older = LabelledV1 { name: "old".into() };
    let older = store.append_typed(&place("a"), &older).unwrap();
    let newer = store.append_typed(&place("a"), &LabelledV3 {}).unwrap();
    let expected = Labelled {
        label: "old".into(),
        revision: 1,
    };
    let mut buffer = EventBuffer::new();
    let id = older.event_id;
    for decoded in [
        store.get(id).unwrap().decode_typed::<Labelled>().unwrap(),
        store.read_raw(id).unwrap().event.decode_typed().unwrap(),
        store.get_ref(id, &mut buffer).unwrap().decode().unwrap(),
        store.get_typed(id).unwrap().event.payload,
    ] {
        assert_eq!(decoded, expected);
    }
    let id = newer.event_id;
    for decoded in [
        store.get(id).unwrap().event.route_typed::<Labelled>(),
        store.get(id).unwrap().route_typed(),
        store.read_raw(id).unwrap().route_typed(),
        store.get_ref(id, &mut buffer).unwrap().route_typed(),
    ] {
        assert!(matches!(
            decoded,
            Err(TypedDecodeError::FutureVersion {
                stored: 3,
                current: 2,
                ..
            })
        ));
    }
    let StoreError::Serialization(source) = store.get_typed::<Labelled>(id).unwrap_err() else {
        panic!("a newer version is an error of decoding");
    };
    assert!(matches!(
        source.downcast_ref(),
        Some(TypedDecodeError::FutureVersion { .. })
    ));
}

#[test]
fn a_value_that_does_not_fit_is_told() {
    let (_dir, store) = new_store();
    let receipt = store
        .append(&place("a"), Added::KIND, &json!({"amount": "many"}))
        .unwrap();
    let json = store.get(receipt.event_id).unwrap();
    let raw = store.read_raw(receipt.event_id).unwrap();
    for error in [
        json.decode_typed::<Added>().unwrap_err(),
        raw.decode_typed::<Added>().unwrap_err(),
    ] {
        let text = error.to_string();
        assert!(text.contains("kind 0x4001 cannot be decoded"), "{text}");
    }
}
