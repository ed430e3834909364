//! Gates in front of a store: what they may do, and what is recorded of their denials.

use std::panic::{AssertUnwindSafe, catch_unwind, panic_any};
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, Sender, channel};

use batpak::guard::{
    Denial, DenialPayload, GATE_DEFECT, Gate, GateEvaluation, GateId, GateSet, Proposal, Verdict,
};
use batpak::pipeline::{BypassPayload, CommitMetadata, Pipeline};

use super::bypass::Migration;
use super::*;

/// A gate that does what a function does.
struct By<F>(&'static str, F);

impl<Ctx: ?Sized, F: Fn(&Ctx) -> Result<(), Denial> + Send + Sync> Gate<Ctx> for By<F> {
    fn name(&self) -> &'static str {
        self.0
    }

    fn evaluate(&self, ctx: &Ctx) -> Result<(), Denial> {
        (self.1)(ctx)
    }
}

/// Permits numbers up to a limit.
fn limit(name: &'static str, limit: u64) -> impl Gate<u64> {
    By(name, move |number: &u64| {
        if *number <= limit {
            return Ok(());
        }
        let denial = Denial::new(name, format!("above {limit}")).with_code("LIMIT");
        Err(denial.with_context("number", number.to_string()))
    })
}

/// Three gates; the second one is the narrowest.
pub(super) fn three() -> GateSet<u64> {
    let mut gates = GateSet::new();
    gates.push(limit("wide", 100));
    gates.push(limit("narrow", 1));
    gates.push(Box::new(limit("middle", 10)) as Box<dyn Gate<u64>>);
    gates
}

fn verdict(gate: &str, verdict: Verdict) -> (String, Verdict) {
    (gate.to_owned(), verdict)
}

fn denied(limit: u64, number: u64) -> Verdict {
    Verdict::Deny {
        code: "LIMIT".into(),
        message: format!("above {limit}"),
        context: vec![("number".into(), number.to_string())],
    }
}

fn verdicts(evaluations: &[GateEvaluation]) -> Vec<(String, Verdict)> {
    evaluations
        .iter()
        .map(|answer| (answer.gate_id.to_string(), answer.verdict.clone()))
        .collect()
}

/// The append that most tests commit with.
fn append_to(store: &Store) -> impl Fn(&u64) -> Result<CommitMetadata, StoreError> + '_ {
    |number| CommitMetadata::from_append_receipt(&store.append(&place("a"), KIND, number)?)
}

#[test]
fn what_all_gates_permit_is_committed_with_their_names() {
    let (_dir, store) = new_store();
    let pipeline = Pipeline::new(three());
    let receipt = pipeline.evaluate(&1, Proposal::new(7)).unwrap();
    assert_eq!(receipt.gates_passed(), ["wide", "narrow", "middle"]);
    let committed = pipeline.commit(receipt, append_to(&store)).unwrap();
    let (number, metadata, audit) = committed.into_parts();
    assert_eq!((number, metadata.sequence(), audit), (7, 1, None));
    let event = store.read_raw(metadata.event_id()).unwrap();
    assert_eq!(&event.event.header.content_hash, metadata.content_hash());
    assert_eq!(numbers(&store), [7]);
}

#[test]
fn the_first_gate_that_denies_ends_the_asking() {
    let asked = std::sync::Arc::new(Mutex::new(Vec::new()));
    let mut gates = GateSet::new();
    for (name, permits) in [("a", true), ("b", false), ("c", false)] {
        let asked = std::sync::Arc::clone(&asked);
        gates.push(By(name, move |(): &()| {
            asked.lock().unwrap().push(name);
            if permits {
                Ok(())
            } else {
                Err(Denial::new(name, "no"))
            }
        }));
    }
    let denial = gates.evaluate(&(), Proposal::new(1)).unwrap_err();
    assert_eq!(denial, Denial::new("b", "no"));
    assert_eq!(*asked.lock().unwrap(), ["a", "b"]);
    asked.lock().unwrap().clear();
    let all = gates.evaluate_all(&());
    assert_eq!(all, [Denial::new("b", "no"), Denial::new("c", "no")]);
    assert_eq!(*asked.lock().unwrap(), ["a", "b", "c"]);
}

#[test]
fn a_denial_is_recorded_with_what_each_gate_answered() {
    let (dir, store) = new_store();
    let gates = three();
    let denial = gates.evaluate(&5, Proposal::new(5_u64)).unwrap_err();
    let (kind, hash) = (OTHER, Some([7; 32]));
    let at = place("a");
    let receipt = store
        .append_denial(
            &at,
            kind,
            &gates,
            &denial,
            hash,
            Some("checkout"),
            AppendOptions::new(),
        )
        .unwrap();
    store.close().unwrap();

    let store = open(&dir);
    let event = store.get_typed::<DenialPayload>(receipt.event_id).unwrap();
    assert_eq!(event.event.event_kind(), EventKind::SYSTEM_DENIAL);
    assert_eq!(event.event.header.content_hash, receipt.content_hash);
    let payload = event.event.payload;
    assert_eq!(
        verdicts(&payload.evaluations),
        [
            verdict("wide", Verdict::Permit),
            verdict("narrow", denied(1, 5)),
            verdict("middle", Verdict::Skipped),
        ]
    );
    assert_eq!(payload.proposed_kind, OTHER);
    assert_eq!(payload.proposed_content_hash, hash);
    assert_eq!(payload.pipeline_id.as_deref(), Some("checkout"));
    let hashed: Vec<_> = payload
        .evaluations
        .iter()
        .map(|one| one.evidence_hash.is_some())
        .collect();
    assert_eq!(hashed, [false, true, false]);
    let evidence = batpak::canonical::to_bytes(&denial).unwrap();
    let evidence = HashChain::compute_hash(&evidence);
    assert_eq!(payload.evaluations[1].evidence_hash, Some(evidence));
    assert_eq!(store.by_fact(EventKind::SYSTEM_DENIAL).len(), 1);
}

#[test]
fn a_denial_of_all_gates_records_all_answers_and_one_made_by_hand_only_its_own() {
    let gates = three();
    let trace =
        |denial: &Denial| verdicts(&gates.trace_denial(denial, KIND, None, None).evaluations);
    let all = gates.evaluate_all(&50);
    assert_eq!(all.len(), 2);
    for denial in &all {
        let expected = [
            verdict("wide", Verdict::Permit),
            verdict("narrow", denied(1, 50)),
            verdict("middle", denied(10, 50)),
        ];
        assert_eq!(trace(denial), expected);
    }
    let plain = |message: &str| Verdict::Deny {
        code: String::new(),
        message: message.into(),
        context: vec![],
    };
    let skipped = |gate| verdict(gate, Verdict::Skipped);
    assert_eq!(
        trace(&Denial::new("middle", "x")),
        [
            skipped("wide"),
            skipped("narrow"),
            verdict("middle", plain("x"))
        ]
    );
    assert_eq!(
        trace(&Denial::new("gr\u{fc}n", "x")).pop(),
        Some(verdict(r"gr\u{fc}n", plain("x")))
    );
}

#[test]
fn a_denial_can_be_recorded_repeatably_and_only_where_the_stream_is_as_expected() {
    let (_dir, store) = new_store();
    let gates = three();
    let denial = gates.evaluate(&5, Proposal::new(())).unwrap_err();
    let record =
        |options| store.append_denial(&place("a"), KIND, &gates, &denial, None, None, options);
    let keyed =
        || AppendOptions::new().with_idempotency(IdempotencyKey::for_operation("d", &["1"]));
    let first = record(keyed()).unwrap();
    let second = record(keyed()).unwrap();
    assert_eq!(first.event_id, second.event_id);
    assert!(!first.is_duplicate() && second.is_duplicate());
    assert_eq!(first.as_append_receipt().stream_sequence(), 1);
    let error = record(AppendOptions::new().with_cas(0)).unwrap_err();
    assert!(
        matches!(
            error,
            StoreError::SequenceMismatch {
                expected: 0,
                actual: 1,
                ..
            }
        ),
        "{error}"
    );
    assert_eq!(store.stats().event_count, 1);
}

#[test]
fn nobody_else_can_append_records() {
    let (_dir, store) = new_store();
    let denial = Denial::new("narrow", "x");
    let payload = three().trace_denial(&denial, KIND, None, None);
    let bypassed = BypassPayload {
        audit: batpak::pipeline::BypassAudit {
            reason: "r".into(),
            justification: "j".into(),
            approved_by: None,
        },
        gates: vec![GateId::new("narrow").unwrap()],
        bypassed_kind: KIND,
        bypassed_content_hash: [0; 32],
    };
    let at = place("a");
    let typed = |payload: &DenialPayload| {
        BatchAppendItem::typed(
            at.clone(),
            payload,
            AppendOptions::new(),
            CausationRef::None,
        )
    };
    for error in [
        store.append_typed(&at, &payload).unwrap_err(),
        store.append_typed(&at, &bypassed).unwrap_err(),
        store.append(&at, EventKind::SYSTEM_BYPASS, &1).unwrap_err(),
        store.submit_item(typed(&payload).unwrap()).unwrap_err(),
        store
            .append_batch(vec![typed(&payload).unwrap()])
            .unwrap_err(),
    ] {
        assert!(matches!(error, StoreError::ReservedKind { .. }), "{error}");
    }
    assert_eq!(store.stats().event_count, 0);
}

#[test]
fn a_receipt_of_other_gates_is_refused_before_anything_is_appended() {
    let (_dir, store) = new_store();
    let pipeline = Pipeline::new(three());
    let none = GateSet::<u64>::new();
    let foreign = none.evaluate(&500, Proposal::new(1)).unwrap();
    let mut grown = three();
    let early = grown.evaluate(&1, Proposal::new(2)).unwrap();
    grown.push(limit("late", 0));
    let grown = Pipeline::new(grown);
    for (pipeline, receipt) in [(&pipeline, foreign), (&grown, early)] {
        let error = pipeline.commit(receipt, append_to(&store)).unwrap_err();
        assert!(
            matches!(error, StoreError::InvalidCommitMetadata { .. }),
            "{error}"
        );
    }
    let bypass = Pipeline::new(none).bypass(Proposal::new(3), &Migration);
    let error = pipeline
        .commit_bypass(bypass, append_to(&store))
        .unwrap_err();
    assert!(
        matches!(error, StoreError::InvalidCommitMetadata { .. }),
        "{error}"
    );
    assert_eq!(store.stats().event_count, 0);
}

#[test]
fn a_gate_may_append_to_the_store_that_it_stands_before() {
    let (_dir, store) = new_store();
    let mut gates: GateSet<Store> = GateSet::new();
    gates.push(By("counts", |store: &Store| {
        store.append(&place("asked"), KIND, &0_u64).unwrap();
        let ticket = store.submit(&place("asked"), KIND, &1_u64).unwrap();
        ticket.wait().unwrap();
        let batch = vec![item("asked", 2, AppendOptions::new())];
        store.append_batch(batch).unwrap();
        match store.stats().event_count {
            3 => Ok(()),
            count => Err(Denial::new("counts", format!("{count} events"))),
        }
    }));
    let pipeline = Pipeline::new(gates);
    let receipt = pipeline.evaluate(&store, Proposal::new(3)).unwrap();
    let nested = pipeline.commit(receipt, |number| {
        // The function that appends may ask gates as well.
        assert!(pipeline.evaluate(&store, Proposal::new(4)).is_err());
        append_to(&store)(number)
    });
    assert_eq!(nested.unwrap().metadata().sequence(), 7);
    assert_eq!(numbers(&store), [0, 1, 2, 0, 1, 2, 3]);
}

/// What a gate says before it waits, and what it waits for.
struct Waiting {
    entered: Sender<()>,
    released: Mutex<Receiver<()>>,
}

#[test]
fn while_a_gate_waits_others_append_and_it_goes_on_when_they_did() {
    let (_dir, store) = new_store();
    let mut gates: GateSet<Waiting> = GateSet::new();
    gates.push(By("waits", |waiting: &Waiting| {
        waiting.entered.send(()).unwrap();
        waiting.released.lock().unwrap().recv().unwrap();
        Ok(())
    }));
    let pipeline = Pipeline::new(gates);
    let ((entered, has_entered), (release, released)) = (channel(), channel());
    let waiting = Waiting {
        entered,
        released: Mutex::new(released),
    };
    std::thread::scope(|scope| {
        let gated = scope.spawn(|| {
            let waiting = waiting;
            let receipt = pipeline.evaluate(&waiting, Proposal::new(99)).unwrap();
            pipeline.commit(receipt, append_to(&store)).unwrap()
        });
        has_entered.recv().unwrap();
        let others = [0, 1].map(|first| {
            let store = &store;
            scope.spawn(move || {
                for number in 0..5 {
                    let number = 2 * number + first;
                    store.append(&place("b"), KIND, &number).unwrap();
                }
            })
        });
        for other in others {
            other.join().unwrap();
        }
        store.sync().unwrap();
        release.send(()).unwrap();
        assert_eq!(gated.join().unwrap().metadata().sequence(), 11);
    });
    assert_eq!(numbers(&store).last(), Some(&99));
}

#[test]
fn a_panic_of_a_gate_is_a_denial_and_the_store_works_on() {
    let (_dir, store) = new_store();
    let mut gates: GateSet<u8> = GateSet::new();
    gates.push(By("defect", |how: &u8| match how {
        0 => panic!("broken"),
        1 => panic!("broken by {how}"),
        _ => panic_any(7_u8),
    }));
    for (how, text) in [(0, "broken"), (1, "broken by 1"), (2, "without a message")] {
        let denial = gates.evaluate(&how, Proposal::new(1)).unwrap_err();
        assert_eq!((denial.gate, &*denial.code), ("defect", GATE_DEFECT));
        assert_eq!(denial.message, format!("the gate panicked: {text}"));
        assert_eq!(gates.evaluate_all(&how).first(), Some(&denial));
        let options = AppendOptions::new();
        store
            .append_denial(&place("a"), KIND, &gates, &denial, None, None, options)
            .unwrap();
    }
    assert_eq!(store.stats().event_count, 3);
}

#[test]
fn a_panic_of_the_append_reaches_its_caller_and_the_store_works_on() {
    let (_dir, store) = new_store();
    let pipeline = Pipeline::new(three());
    let receipt = pipeline.evaluate(&1, Proposal::new(1)).unwrap();
    let broken = AssertUnwindSafe(|| {
        pipeline.commit::<_, StoreError>(receipt, |number| {
            store.append(&place("a"), KIND, number)?;
            panic!("after the append")
        })
    });
    let panic = catch_unwind(broken).unwrap_err();
    assert_eq!(panic.downcast_ref::<&str>(), Some(&"after the append"));
    let receipt = pipeline.evaluate(&1, Proposal::new(2)).unwrap();
    pipeline.commit(receipt, append_to(&store)).unwrap();
    assert_eq!(numbers(&store), [1, 2]);
}

#[test]
fn of_two_that_the_same_view_permits_one_commits_with_the_sequence_that_it_saw() {
    let (_dir, store) = new_store();
    let mut gates: GateSet<Store> = GateSet::new();
    gates.push(By("empty", |store: &Store| {
        match store.by_entity("a").len() {
            0 => Ok(()),
            _ => Err(Denial::new("empty", "there is an event")),
        }
    }));
    let pipeline = Pipeline::new(gates);
    let receipts =
        [1_u64, 2].map(|number| pipeline.evaluate(&store, Proposal::new(number)).unwrap());
    let append = |number: &u64| {
        let options = AppendOptions::new().with_expected(ExpectedSequence::NoStream);
        let receipt = store.append_with_options(&place("a"), KIND, number, options)?;
        CommitMetadata::from_append_receipt(&receipt)
    };
    let results = receipts.map(|receipt| pipeline.commit(receipt, append));
    assert!(results[0].is_ok());
    assert!(matches!(
        results[1],
        Err(StoreError::SequenceMismatch { .. })
    ));
    assert_eq!(numbers(&store), [1]);
}
