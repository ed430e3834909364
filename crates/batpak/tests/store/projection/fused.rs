//! Several projections over one replay, and whether a stream changed.

use super::*;

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, EventSourced)]
#[batpak(input = JsonValueInput)]
#[batpak(event = Added, handler = on_added)]
struct Notes {
    notes: Vec<String>,
}

impl Notes {
    fn on_added(&mut self, added: &Added) {
        self.notes.push(added.note.clone());
    }
}

#[test]
fn a_fused_replay_gives_what_separate_ones_give() {
    let (_dir, store) = new_store();
    for amount in 0..40 {
        add(&store, "a", amount);
        add(&store, "b", -amount);
        if amount % 7 == 0 {
            double(&store, "a");
        }
    }
    store.hide_range(10, 20).unwrap();
    for entity in ["a", "b", "nobody"] {
        let sum = store.project::<Sum>(entity, &Freshness::Consistent);
        let notes = store.project::<Notes>(entity, &Freshness::Consistent);
        let label = store.project::<Label>(entity, &Freshness::Consistent);
        let (sum, notes, label) = (sum.unwrap(), notes.unwrap(), label.unwrap());
        assert_eq!(sum.is_some(), entity != "nobody");
        assert_eq!(label, None);
        let three = store.project_fused3::<Sum, Notes, Label>(entity).unwrap();
        let two = store.project_fused2::<Notes, Sum>(entity).unwrap();
        assert_eq!(two, (notes.clone(), sum.clone()));
        assert_eq!(three, (sum, notes, label));
    }
}

#[test]
fn one_type_that_cannot_read_an_event_fails_the_replay() {
    let (_dir, store) = new_store();
    add(&store, "a", 1);
    store.append_typed(&place("a"), &LabelledV3 {}).unwrap();
    let error = store.project_fused2::<Sum, Label>("a").unwrap_err();
    assert!(error.to_string().contains("version 3"), "{error}");
}

#[test]
fn a_generation_changes_with_what_the_stream_shows() {
    let (_dir, store) = new_store();
    let generation = || store.entity_generation("a");
    assert_eq!(generation(), None);
    let unchanged = store.project_if_changed::<Sum>("a", 0, &Freshness::Consistent);
    assert_eq!(unchanged.unwrap(), None);

    let mut seen = vec![generation()];
    let mut changed = |what: &str| {
        let now = generation();
        assert!(!seen.contains(&now), "{what}: {now:?} again");
        assert_eq!(generation(), now, "{what}");
        seen.push(now);
    };
    add(&store, "a", 1);
    changed("the first event");
    add(&store, "a", 2);
    changed("another one");
    store.hide_range(2, 2).unwrap();
    changed("the newest is hidden");
    store.unhide_range(2, 2).unwrap();
    changed("it is shown again");
    store.hide_range(1, 1).unwrap();
    changed("the first is hidden");

    let before = generation();
    add(&store, "b", 3);
    assert_eq!(generation(), before);
    store.hide_range(1, 2).unwrap();
    assert_eq!(generation(), None);
}

#[test]
fn a_stream_is_folded_again_only_when_it_changed() {
    let (_dir, store) = new_store();
    add(&store, "a", 1);
    let stale = Freshness::MaybeStale {
        max_stale_ms: u64::MAX,
    };
    let changed = |seen| store.project_if_changed::<Sum>("a", seen, &stale).unwrap();
    let (seen, sum) = changed(0).unwrap();
    assert_eq!(sum.unwrap().value, 1);
    assert_eq!(changed(seen), None);
    add(&store, "a", 2);
    let (again, sum) = changed(seen).unwrap();
    assert_eq!(sum.unwrap().value, 3);
    assert_ne!(again, seen);
    store.hide_range(1, 2).unwrap();
    assert_eq!(changed(again), Some((0, None)));
}
