//! Gates over a view of the log, and what becomes of what they deny.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use batpak::guard::{Denial, DenialPayload, Gate, GateSet, Verdict};
use batpak::store::{AppendCondition, CommitState, DecisionError, DecisionView, DetailCause};

use super::decisions::{BOTH, at_level, denied, plain};
use super::*;

/// A rule that is a function.
pub(super) struct Rule<F>(pub(super) F);

impl<F: Fn(&DecisionView) -> Result<(), Denial> + Send + Sync> Gate<DecisionView> for Rule<F> {
    fn name(&self) -> &'static str {
        "rule"
    }

    fn evaluate(&self, view: &DecisionView) -> Result<(), Denial> {
        (self.0)(view)
    }
}

fn at_most_two(view: &DecisionView) -> Result<(), Denial> {
    match view.stream_sequence("a") {
        Ok(0 | 1) => Ok(()),
        Ok(events) => Err(Denial::new("rule", "full").with_context("events", events.to_string())),
        Err(error) => Err(Denial::new("rule", error.to_string())),
    }
}

/// Gates by what the log says, and a condition of the caller's, together; of eight threads as many get in
/// as both let in.
#[test]
fn gates_and_a_condition_hold_together() {
    for durability in BOTH {
        let (_dir, store) = at_level(durability);
        let mut gates = GateSet::new();
        gates.push(Rule(at_most_two));
        let condition = AppendCondition::new()
            .stream_at("closed", 0)
            .nothing_after(Region::entity("a").with_fact(KindFilter::Exact(OTHER)), 0);
        let admitted = AtomicUsize::new(0);
        thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    loop {
                        match store.append_gated(&gates, &condition, vec![plain("a"), plain("b")]) {
                            Ok(_) => _ = admitted.fetch_add(1, Ordering::Relaxed),
                            Err(DecisionError::Denied(denial)) => {
                                assert_eq!(denial.message, "full");
                                return;
                            }
                            Err(DecisionError::Store(StoreError::ConditionBroken { .. })) => {}
                            Err(error) => panic!("{error}"),
                        }
                    }
                });
            }
        });
        assert_eq!(admitted.into_inner(), 2);
        assert_eq!(store.stats().event_count, 4);
    }
}

/// A condition of the caller's does not get better by asking the gates again.
#[test]
fn a_broken_condition_of_the_caller_is_refused_at_once() {
    let (_dir, store) = new_store();
    store.append(&place("closed"), KIND, &1_u64).unwrap();
    static ASKED: AtomicUsize = AtomicUsize::new(0);
    let mut gates = GateSet::new();
    gates.push(Rule(|view: &DecisionView| {
        ASKED.fetch_add(1, Ordering::Relaxed);
        at_most_two(view)
    }));
    for (condition, events) in [
        (AppendCondition::new().stream_at("closed", 0), vec![1]),
        (
            AppendCondition::new().nothing_after(Region::all(), 0),
            vec![1],
        ),
        (AppendCondition::new().stream_at("a", 5), vec![]),
    ] {
        let before = ASKED.load(Ordering::Relaxed);
        let error = store
            .append_gated(&gates, &condition, vec![plain("a")])
            .unwrap_err();
        assert_eq!(error.commit_state(), CommitState::NotCommitted);
        let DecisionError::Store(StoreError::ConditionBroken {
            events: named,
            reason,
        }) = error
        else {
            panic!("{error}")
        };
        assert_eq!(named, events);
        assert_ne!(reason.cause(), DetailCause::Overtaken);
        assert_eq!(ASKED.load(Ordering::Relaxed), before + 1);
    }
    assert_eq!(store.stats().event_count, 1);
}

/// Whoever repeats an append whose answer was lost gets it, also where the gates would not let it in once
/// more.
#[test]
fn keys_come_before_gates() {
    let (_dir, store) = new_store();
    let mut gates = GateSet::new();
    gates.push(Rule(at_most_two));
    let none = AppendCondition::new();
    let keyed = |number| {
        let key = IdempotencyKey::for_operation("seat", &["12"]);
        item("a", number, AppendOptions::new().with_idempotency(key))
    };
    store.append(&place("a"), KIND, &0_u64).unwrap();
    let first = store.append_gated(&gates, &none, vec![keyed(1)]).unwrap();
    let again = store.append_gated(&gates, &none, vec![keyed(1)]).unwrap();
    assert!(again[0].is_duplicate() && again[0].event_id == first[0].event_id);
    let other = store.append_gated(&gates, &none, vec![keyed(2)]);
    let other = other.unwrap_err();
    assert!(other.to_string().contains("another body"), "{other}");
    assert!(other.denial().is_none());
    assert_eq!(
        denied(store.append_gated(&gates, &none, vec![plain("a")])).message,
        "full"
    );
    assert_eq!(store.stats().event_count, 2);
    // A key of its own, and a stream that is not as expected either: it was the gate that denied.
    let options = AppendOptions::new().with_cas(0);
    let options = options.with_idempotency(IdempotencyKey::for_operation("seat", &["13"]));
    let late = vec![item("a", 1, options)];
    assert_eq!(
        denied(store.append_gated(&gates, &none, late)).message,
        "full"
    );
    // A decision does the same by itself.
    let decide = || {
        let key = keyed(7).options().clone();
        store.append_decided(|view| {
            let id = first[0].event_id;
            let is_there = view.get(id).is_ok();
            assert!(is_there);
            Ok(vec![item("a", 1, key.clone())])
        })
    };
    assert!(decide().unwrap()[0].is_duplicate());
}

/// What did not get in can be recorded, whether a gate denied it or others were first.
#[test]
fn every_refusal_can_be_recorded() {
    let (_dir, store) = new_store();
    let mut gates = GateSet::new();
    gates.push(Rule(at_most_two));
    let none = AppendCondition::new();
    for number in 0..2_u64 {
        store.append(&place("a"), KIND, &number).unwrap();
    }
    let by_gate = store.append_gated(&gates, &none, vec![plain("a")]);
    let taken = AppendCondition::new().nothing_after(Region::entity("a"), 0);
    let by_condition = store.append_if(&taken, vec![plain("a")]).unwrap_err();
    let overtaken = store.append_decided(|view| {
        view.stream_sequence("b")?;
        store.append(&place("b"), KIND, &1_u64)?;
        Ok(vec![plain("b")])
    });
    let expected = AppendOptions::new().with_cas(0);
    let in_batch = store.append_batch(vec![plain("z"), item("a", 1, expected)]);
    let refusals = [
        (by_gate.unwrap_err(), "rule", "", ("events", "2")),
        (
            by_condition.into(),
            "append",
            "condition-broken",
            ("sequences", "1, 2"),
        ),
        (
            overtaken.unwrap_err(),
            "append",
            "condition-broken",
            ("sequences", "6"),
        ),
        (
            in_batch.unwrap_err().into(),
            "append",
            "sequence-mismatch",
            ("actual", "2"),
        ),
    ];
    for (error, gate, code, (name, value)) in refusals {
        let denial = error.denial().unwrap();
        assert_eq!((denial.gate, &*denial.code), (gate, code));
        let receipt = store
            .append_denial(
                &place("log"),
                KIND,
                &gates,
                &denial,
                None,
                None,
                AppendOptions::new(),
            )
            .unwrap();
        let record = store.get_typed::<DenialPayload>(receipt.event_id).unwrap();
        let answers = record.event.payload.evaluations;
        let denies = answers
            .iter()
            .find(|answer| answer.gate_id.as_str() == gate);
        let Verdict::Deny {
            context,
            code: recorded,
            ..
        } = &denies.unwrap().verdict
        else {
            panic!("{answers:?}")
        };
        assert_eq!(recorded, code);
        assert!(
            context.contains(&(name.to_owned(), value.to_owned())),
            "{context:?}"
        );
    }
    let crashed = DecisionError::from(StoreError::WriterCrashed);
    assert!(crashed.denial().is_none());
}
