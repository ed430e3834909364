//! Folding a stream without a cache.

use batpak::store::ProjectionError;

use super::*;

#[test]
fn the_events_of_one_stream_are_folded_in_commit_order() {
    let (_dir, store) = new_store();
    add(&store, "a", 5);
    add(&store, "b", 100);
    double(&store, "a");
    store.append(&place("a"), KIND, &"of another kind").unwrap();
    add(&store, "a", 1);
    let sum = store.project::<Sum>("a", &Freshness::Consistent).unwrap();
    assert_eq!(
        sum,
        Some(Sum {
            value: 11,
            events: 3
        })
    );
}

#[test]
fn a_stream_without_a_relevant_event_has_no_state() {
    let (_dir, store) = new_store();
    store.append(&place("a"), KIND, &1).unwrap();
    for entity in ["a", "nobody"] {
        let sum = store.project::<Sum>(entity, &Freshness::Consistent);
        assert_eq!(sum.unwrap(), None, "{entity}");
        let collected = store.project::<Collected>(entity, &Freshness::Consistent);
        assert_eq!(collected.unwrap(), None, "{entity}");
    }
}

#[test]
fn hidden_events_are_not_folded_until_they_are_shown() {
    let (dir, store) = new_store();
    for amount in [1, 10, 100] {
        add(&store, "a", amount);
    }
    store.hide_range(2, 2).unwrap();
    let value = |sum: Option<Sum>| sum.unwrap().value;
    let sum = store.project("a", &Freshness::Consistent).unwrap();
    assert_eq!(value(sum), 101);
    store.unhide_range(2, 2).unwrap();
    let sum = store.project("a", &Freshness::Consistent).unwrap();
    assert_eq!(value(sum), 111);
    store.hide_range(1, 2).unwrap();
    store.close().unwrap();
    let reader = open_read_only(&dir);
    let sum = reader.project("a", &Freshness::Consistent).unwrap();
    assert_eq!(value(sum), 100);
}

#[test]
fn a_payload_that_cannot_be_read_names_event_kind_and_type() {
    let (_dir, store) = new_store();
    add(&store, "a", 1);
    let receipt = store.append(&place("a"), Added::KIND, &"text").unwrap();
    let error = store
        .project::<Sum>("a", &Freshness::Consistent)
        .unwrap_err();
    let StoreError::Serialization(source) = error else {
        panic!("{error}")
    };
    let error = source.downcast_ref::<ProjectionError>().unwrap();
    assert_eq!(error.event_id, receipt.event_id);
    assert_eq!(error.sequence, 2);
    assert!(error.projection.ends_with("Sum"), "{}", error.projection);
    assert!(matches!(
        error.source,
        TypedDecodeError::DecodeFailure { kind, .. } if kind == Added::KIND
    ));
    let text = error.to_string();
    assert!(text.contains("0x4001"), "{text}");
}

#[test]
fn json_input_reads_older_versions_and_refuses_newer_ones() {
    let (_dir, store) = new_store();
    let first = LabelledV1 {
        name: "first".into(),
    };
    store.append_typed(&place("a"), &first).unwrap();
    let label = store.project::<Label>("a", &Freshness::Consistent).unwrap();
    assert_eq!(
        label,
        Some(Label {
            label: "first".into(),
            revision: 1
        })
    );
    store.append_typed(&place("a"), &LabelledV3 {}).unwrap();
    let error = store
        .project::<Label>("a", &Freshness::Consistent)
        .unwrap_err();
    let text = error.to_string();
    assert!(text.contains("version 3, the type reads up to 2"), "{text}");
}

#[test]
fn a_panic_of_a_fold_is_its_callers_and_leaves_the_store_usable() {
    #[derive(Default, Serialize, Deserialize, EventSourced)]
    #[batpak(input = RawMsgpackInput)]
    #[batpak(event = Added, handler = on_added)]
    struct Bomb {}

    impl Bomb {
        fn on_added(&mut self, _: &Added) {
            panic!("as the fold likes");
        }
    }

    let (_dir, store) = new_store();
    add(&store, "a", 1);
    let project = || store.project::<Bomb>("a", &Freshness::Consistent).is_ok();
    let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(project));
    assert!(caught.is_err());
    add(&store, "a", 2);
    let sum = store.project::<Sum>("a", &Freshness::Consistent).unwrap();
    assert_eq!(sum.unwrap().value, 3);
}

/// Written by hand, all events at once.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Collected {
    sequences: Vec<u32>,
    hashes_hold: bool,
}

impl EventSourced for Collected {
    type Input = RawMsgpackInput;

    fn from_events(events: &[ProjectionEvent<Self>]) -> Option<Self> {
        let first = events.first()?;
        assert_eq!(first.event_kind(), Added::KIND);
        let mut state = Collected {
            sequences: Vec::new(),
            hashes_hold: true,
        };
        events.iter().for_each(|event| state.apply_event(event));
        Some(state)
    }

    fn apply_event(&mut self, event: &ProjectionEvent<Self>) {
        self.sequences.push(event.position().sequence());
        let hash = HashChain::compute_hash(&event.payload);
        self.hashes_hold &= hash == event.header.content_hash;
    }

    fn relevant_event_kinds() -> &'static [EventKind] {
        &[Added::KIND]
    }
}

#[test]
fn a_fold_written_by_hand_gets_all_relevant_events_at_once() {
    let (_dir, store) = new_store();
    add(&store, "a", 1);
    double(&store, "a");
    add(&store, "a", 2);
    let state = store.project::<Collected>("a", &Freshness::Consistent);
    let expected = Collected {
        sequences: vec![1, 3],
        hashes_hold: true,
    };
    assert_eq!(state.unwrap(), Some(expected));
}

#[test]
fn the_derived_methods_agree_with_the_store() {
    let (_dir, store) = new_store();
    add(&store, "a", 5);
    double(&store, "a");
    let mut events = Vec::new();
    let mut scan = store.scan_entity("a");
    while let Some(event) = scan.next_event().unwrap() {
        events.push(event.to_stored().unwrap().event);
    }
    let state = Sum::from_events(&events);
    let projected = store.project::<Sum>("a", &Freshness::Consistent).unwrap();
    assert_eq!(state, projected);
    assert_eq!(Sum::from_events(&[]), None);
    assert_eq!(Sum::relevant_event_kinds(), [Added::KIND, Doubled::KIND]);
    assert_eq!(Sum::schema_version(), 3);
    assert!(Sum::supports_incremental_apply());

    events[1].payload = vec![0xc1];
    let mut state = Sum::default();
    assert!(state.try_apply_event(&events[0]).is_ok());
    assert!(state.try_apply_event(&events[1]).is_err());
    state.apply_event(&events[1]);
    assert_eq!((state.value, state.events), (5, 1));
    assert_eq!(Sum::from_events(&events), None);
}
