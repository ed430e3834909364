//! Transitions between states, and what they append.

use batpak::typestate::{StateMarker, Transition};
use batpak::{define_state_machine, define_typestate};

use super::*;

define_state_machine! {
    /// Where a file is.
    FileState { Named, Moved, Gone }
    Named => Moved by Renamed,
    Moved => Moved by Renamed,
    Named => Gone by Removed,
    Moved => Gone by Removed,
}

define_state_machine! { AnyOrder { First, Second } }

define_typestate! {
    #[derive(Clone, Debug, PartialEq)]
    File<S: FileState> {
        /// Where its events are.
        at: Coordinate,
        sequence: u64,
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, EventPayload)]
#[batpak(category = 0x3, type_id = 0x00B)]
struct Removed {
    by: String,
}

impl<S: FileState> File<S> {
    /// The expectation that nobody else moved it.
    fn untouched(&self) -> ExpectedSequence {
        match self.sequence {
            0 => ExpectedSequence::NoStream,
            sequence => ExpectedSequence::Exact(batpak::StreamSequence(sequence)),
        }
    }
}

fn rename<S>(file: File<S>, store: &Store) -> Result<File<Moved>, StoreError>
where
    S: FileState + batpak::typestate::BecomesBy<Moved, Renamed>,
{
    let transition = Transition::<S, Moved, _>::from_payload(renamed());
    let receipt = store.apply_transition(&file.at, transition.with_expected(file.untouched()))?;
    let mut moved = file.into_state();
    moved.sequence = receipt.stream_sequence();
    Ok(moved)
}

#[test]
fn a_value_moves_with_the_events_that_its_transitions_append() {
    let (_dir, store) = new_store();
    let named = File::<Named>::new(place("a"), 0);
    assert_eq!(named.state_name(), Named::NAME);
    let moved = rename(named, &store).unwrap();
    assert_eq!((moved.state_name(), moved.sequence), ("Moved", 1));
    let moved = rename(moved, &store).unwrap();
    let removed = Removed { by: "me".into() };
    let transition = Transition::<Moved, Gone, _>::from_payload(removed);
    store.apply_transition(&moved.at, transition).unwrap();
    let gone: File<Gone> = moved.into_state();
    assert_eq!((gone.state_name(), gone.sequence), ("Gone", 2));

    let kinds: Vec<_> = store
        .by_entity("a")
        .iter()
        .map(IndexEntry::event_kind)
        .collect();
    assert_eq!(kinds, [Renamed::KIND, Renamed::KIND, Removed::KIND]);
    let first = store.by_entity("a")[0].event_id();
    assert_eq!(
        store.get_typed::<Renamed>(first).unwrap().payload_version(),
        2
    );
}

#[test]
fn a_value_that_others_have_moved_on_from_stays_where_it_is() {
    let (_dir, store) = new_store();
    let named = File::<Named>::new(place("a"), 0);
    rename(named.clone(), &store).unwrap();
    let error = rename(named, &store).unwrap_err();
    let actual = |error| match error {
        StoreError::SequenceMismatch { actual, .. } => Some(actual),
        _ => None,
    };
    assert_eq!(actual(error), Some(1));
    assert_eq!(store.stats().event_count, 1);
}

#[test]
fn options_hold_beside_what_the_transition_expects() {
    let (_dir, store) = new_store();
    let apply = |expected, options| {
        let transition = Transition::<First, Second, _>::from_payload(renamed());
        let transition = transition.with_expected(expected);
        store.apply_transition_with_options(&place("a"), transition, options)
    };
    let key = IdempotencyKey::for_operation("rename", &["a"]);
    let keyed = || AppendOptions::new().with_idempotency(key);
    let first = apply(ExpectedSequence::NoStream, keyed()).unwrap();
    let again = apply(ExpectedSequence::NoStream, keyed()).unwrap();
    assert_eq!(
        (again.event_id, again.is_duplicate()),
        (first.event_id, true)
    );
    let refused = |result: Result<AppendReceipt, StoreError>| {
        matches!(result, Err(StoreError::SequenceMismatch { .. }))
    };
    let one = ExpectedSequence::Exact(batpak::StreamSequence(1));
    assert!(refused(apply(
        ExpectedSequence::Any,
        AppendOptions::new().with_cas(0)
    )));
    assert!(refused(apply(
        ExpectedSequence::NoStream,
        AppendOptions::new().with_cas(1)
    )));
    assert!(apply(one, AppendOptions::new().with_cas(0)).is_ok());
    assert_eq!(store.stats().event_count, 2);
}

#[test]
fn without_a_list_every_state_becomes_every_state_by_any_event() {
    let back = Transition::<Second, First, _>::from_payload(Removed { by: "me".into() });
    assert_eq!(
        (back.from_name(), back.to_name(), back.kind()),
        ("Second", "First", Removed::KIND)
    );
    let text = format!(
        "{:?}",
        Transition::<First, First, _>::from_payload(renamed())
    );
    assert!(
        text.starts_with(r#"Transition { from: "First", to: "First", payload: Renamed"#),
        "{text}"
    );
}
