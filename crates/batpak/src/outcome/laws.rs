//! The laws of the combinators, over random outcomes.

use batpak_event::{EventId, encoding};
use proptest::collection::vec;
use proptest::prelude::*;
use serde::{Deserialize, Serialize};

use super::*;

/// Outcomes whose batches all have `width` members, or any number of them.
fn outcomes(width: Option<usize>) -> impl Strategy<Value = Outcome<u8>> {
    let nested = singles().prop_recursive(3, 24, 4, move |inner| {
        let size = width.map_or(0..=4, |width| width..=width);
        vec(inner, size).prop_map(Outcome::Batch)
    });
    prop_oneof![singles(), nested]
}

/// Outcomes that are no batches.
fn singles() -> impl Strategy<Value = Outcome<u8>> {
    prop_oneof![
        3 => any::<u8>().prop_map(Outcome::Ok),
        1 => errors().prop_map(Outcome::Err),
        1 => any::<(u64, u32, u32, String)>().prop_map(|(after_ms, attempt, max_attempts, reason)| {
            Outcome::Retry { after_ms, attempt, max_attempts, reason }
        }),
        1 => (conditions(), any::<u128>()).prop_map(|(condition, resume_token)| {
            Outcome::Pending { condition, resume_token }
        }),
        1 => any::<String>().prop_map(|reason| Outcome::Cancelled { reason }),
    ]
}

fn errors() -> impl Strategy<Value = OutcomeError> {
    let kinds = prop_oneof![
        Just(ErrorKind::NotFound),
        Just(ErrorKind::Internal),
        any::<u16>().prop_map(ErrorKind::Custom),
    ];
    let compensations = prop_oneof![
        vec(any::<u128>().prop_map(EventId::new), 0..3)
            .prop_map(|event_ids| CompensationAction::Rollback { event_ids }),
        any::<(u128, String)>()
            .prop_map(|(target_id, message)| CompensationAction::Notify { target_id, message }),
        vec(any::<u128>(), 0..3)
            .prop_map(|resource_ids| CompensationAction::Release { resource_ids }),
        any::<(String, Vec<u8>)>()
            .prop_map(|(action_type, data)| CompensationAction::Custom { action_type, data }),
    ];
    let undo = proptest::option::of(compensations);
    (kinds, any::<String>(), undo).prop_map(|(kind, message, compensation)| OutcomeError {
        kind,
        message,
        compensation,
    })
}

fn conditions() -> impl Strategy<Value = WaitCondition> {
    let single = prop_oneof![
        any::<u64>().prop_map(|resume_at_ms| WaitCondition::Timeout { resume_at_ms }),
        any::<u128>().prop_map(|id| WaitCondition::Event {
            event_id: EventId::new(id)
        }),
        any::<(u16, Vec<u8>)>().prop_map(|(tag, data)| WaitCondition::Custom { tag, data }),
    ];
    single.prop_recursive(2, 6, 3, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..3).prop_map(WaitCondition::All),
            vec(inner, 0..3).prop_map(WaitCondition::Any),
        ]
    })
}

/// A step that gives every variant, depending on its value.
fn step(salt: u8) -> impl Fn(u8) -> Outcome<u8> + Copy {
    move |value| {
        let next = value.wrapping_mul(31).wrapping_add(salt);
        match next % 6 {
            0 | 1 => Outcome::Ok(next),
            2 => Outcome::Err(OutcomeError::new(ErrorKind::Conflict, next.to_string())),
            3 => Outcome::Batch(vec![Outcome::Ok(next), Outcome::Ok(salt)]),
            4 => Outcome::Pending {
                condition: WaitCondition::Timeout {
                    resume_at_ms: u64::from(next),
                },
                resume_token: u128::from(salt),
            },
            _ => Outcome::Cancelled {
                reason: next.to_string(),
            },
        }
    }
}

/// An error step of the same kind.
fn rescue(salt: u8) -> impl Fn(OutcomeError) -> Outcome<u8> + Copy {
    move |error| match error.message.len() % 3 {
        0 => step(salt)(salt),
        1 => Outcome::Err(OutcomeError::new(
            ErrorKind::Timeout,
            error.message + "again",
        )),
        _ => Outcome::Ok(salt),
    }
}

/// All values and the outcomes without one, in order, batches opened.
fn leaves(outcome: &Outcome<u8>) -> Vec<Outcome<u8>> {
    match outcome {
        Outcome::Batch(inner) => inner.iter().flat_map(leaves).collect(),
        single => vec![single.clone()],
    }
}

fn round_trip<T>(value: &T) -> (T, T)
where
    T: Serialize + for<'de> Deserialize<'de>,
{
    let json = serde_json::to_string(value).unwrap();
    let bytes = encoding::to_bytes(value).unwrap();
    (
        serde_json::from_str(&json).unwrap(),
        encoding::from_bytes(&bytes).unwrap(),
    )
}

proptest! {
    #[test]
    fn map_is_a_functor(outcome in outcomes(None), a in any::<u8>(), b in any::<u8>()) {
        prop_assert_eq!(&outcome.clone().map(|value| value), &outcome);
        let (f, g) = (|value: u8| value ^ a, |value: u8| value.rotate_left(3).wrapping_sub(b));
        prop_assert_eq!(outcome.clone().map(f).map(g), outcome.map(|value| g(f(value))));
    }

    #[test]
    fn and_then_is_a_monad(outcome in outcomes(None), value in any::<u8>(), a in any::<u8>(), b in any::<u8>()) {
        let (f, g) = (step(a), step(b));
        prop_assert_eq!(Outcome::Ok(value).and_then(f), f(value));
        prop_assert_eq!(&outcome.clone().and_then(Outcome::Ok), &outcome);
        let nested = outcome.clone().and_then(|value| f(value).and_then(g));
        prop_assert_eq!(outcome.clone().and_then(f).and_then(g), nested);
        prop_assert_eq!(outcome.clone().map(f).flatten(), outcome.clone().and_then(f));
        prop_assert_eq!(outcome.clone().map(Outcome::Ok).flatten(), outcome);
    }

    #[test]
    fn or_else_is_a_monad_over_errors(outcome in outcomes(None), error in errors(), a in any::<u8>(), b in any::<u8>()) {
        let (f, g) = (rescue(a), rescue(b));
        prop_assert_eq!(Outcome::Err(error.clone()).or_else(f), f(error));
        prop_assert_eq!(&outcome.clone().or_else(Outcome::Err), &outcome);
        let nested = outcome.clone().or_else(|error| f(error).or_else(g));
        prop_assert_eq!(outcome.clone().or_else(f).or_else(g), nested);
        let told = |error: OutcomeError| OutcomeError::new(ErrorKind::Custom(1), error.message);
        let same = outcome.clone().or_else(|error| Outcome::Err(told(error)));
        prop_assert_eq!(outcome.map_err(told), same);
    }

    #[test]
    fn looking_changes_nothing_and_sees_every_leaf(outcome in outcomes(None)) {
        let (mut values, mut errors) = (Vec::new(), Vec::new());
        let same = outcome
            .clone()
            .inspect(|value| values.push(Outcome::Ok(*value)))
            .inspect_err(|error| errors.push(Outcome::Err(error.clone())));
        prop_assert_eq!(&same, &outcome);
        let all = leaves(&outcome);
        let some = |wanted: fn(&Outcome<u8>) -> bool| {
            all.iter().filter(|leaf| wanted(leaf)).cloned().collect::<Vec<_>>()
        };
        prop_assert_eq!(values, some(Outcome::is_ok));
        prop_assert_eq!(errors, some(Outcome::is_err));
    }

    #[test]
    fn a_predicate_chooses_between_the_next_step_and_none(outcome in outcomes(None), limit in any::<u8>(), a in any::<u8>()) {
        let f = step(a);
        let chosen = |value: u8| if value < limit { f(value) } else { Outcome::Ok(value) };
        let conditional = outcome.clone().and_then_if(|value| *value < limit, f);
        prop_assert_eq!(conditional, outcome.and_then(chosen));
    }

    #[test]
    fn exactly_the_single_values_become_results(outcome in outcomes(None), default in any::<u8>()) {
        let kind = match &outcome {
            Outcome::Ok(_) => None,
            Outcome::Err(error) => Some(error.kind),
            Outcome::Cancelled { .. } => Some(ErrorKind::Cancelled),
            Outcome::Retry { .. } => Some(ErrorKind::Timeout),
            Outcome::Pending { .. } => Some(ErrorKind::Pending),
            Outcome::Batch(_) => Some(ErrorKind::BatchCollapse),
        };
        let result = outcome.clone().into_result();
        prop_assert_eq!(outcome.is_ok(), result.is_ok());
        prop_assert_eq!(result.as_ref().err().map(|error| error.kind), kind);
        prop_assert_eq!(outcome.clone().unwrap_or(default), result.clone().unwrap_or(default));
        prop_assert_eq!(outcome.unwrap_or_else(|_| default), result.unwrap_or(default));
    }

    #[test]
    fn zip_has_a_unit_on_both_sides(outcome in outcomes(None)) {
        prop_assert_eq!(&zip(Outcome::Ok(()), outcome.clone()).map(|(_, value)| value), &outcome);
        prop_assert_eq!(zip(outcome.clone(), Outcome::Ok(())).map(|(value, _)| value), outcome);
    }

    #[test]
    fn zip_is_associative_over_batches_of_one_length(
        a in outcomes(Some(2)), b in outcomes(Some(2)), c in outcomes(Some(2)),
    ) {
        let left = zip(zip(a.clone(), b.clone()), c.clone()).map(|((a, b), c)| (a, b, c));
        let right = zip(a, zip(b, c)).map(|(a, (b, c))| (a, b, c));
        prop_assert_eq!(left, right);
    }

    #[test]
    fn zip_is_natural(a in outcomes(None), b in outcomes(None)) {
        let (f, g) = (|value: u8| u16::from(value) + 1, |value: u8| value.to_string());
        let before = zip(a.clone().map(f), b.clone().map(g));
        prop_assert_eq!(before, zip(a, b).map(|(a, b)| (f(a), g(b))));
    }

    #[test]
    fn joining_opens_batches(list in vec(outcomes(None), 0..6)) {
        let opened: Vec<_> = list.iter().flat_map(leaves).collect();
        prop_assert_eq!(join_all(list.clone()), join_all(opened.clone()));
        prop_assert_eq!(join_any(list.clone()), join_any(opened.clone()));
        prop_assert_eq!(join_all(vec![Outcome::Batch(list.clone())]), join_all(list.clone()));
        let values: Option<Vec<u8>> = opened.iter().map(|leaf| leaf.clone().into_result().ok()).collect();
        let joined = join_all(list.clone());
        prop_assert_eq!(joined.is_ok(), values.is_some());
        prop_assert_eq!(joined.into_result().ok(), values);
        let first = opened.iter().find(|leaf| leaf.is_ok()).cloned();
        prop_assert_eq!(Some(join_any(list)).filter(Outcome::is_ok), first);
    }

    #[test]
    fn joining_two_agrees_with_zip(a in singles(), b in singles()) {
        let pair = zip(a.clone(), b.clone()).map(|(a, b)| vec![a, b]);
        prop_assert_eq!(join_all(vec![a, b]), pair);
    }

    #[test]
    fn every_outcome_survives_both_forms(outcome in outcomes(None)) {
        let (json, bytes) = round_trip(&outcome);
        prop_assert_eq!(&json, &outcome);
        prop_assert_eq!(&bytes, &outcome);
    }
}

/// One outcome of each standing, least favorable first.
fn ranked() -> [Outcome<u8>; 5] {
    [
        Outcome::Err(OutcomeError::new(ErrorKind::Internal, "")),
        Outcome::Cancelled { reason: "".into() },
        Outcome::Retry {
            after_ms: 1,
            attempt: 1,
            max_attempts: 1,
            reason: "".into(),
        },
        Outcome::Pending {
            condition: WaitCondition::All(vec![]),
            resume_token: 1,
        },
        Outcome::Ok(1),
    ]
}

#[test]
fn zip_takes_the_less_favorable_and_join_any_the_more_favorable() {
    let ranked = ranked();
    for (low, worse) in ranked.iter().enumerate() {
        for better in &ranked[low + 1..] {
            for (left, right) in [(worse, better), (better, worse)] {
                let zipped = zip(left.clone(), right.clone()).map(|_| 1);
                assert_eq!(&zipped, worse, "zip of {left:?} and {right:?}");
                let any = join_any(vec![left.clone(), right.clone()]);
                assert_eq!(&any, better, "any of {left:?} and {right:?}");
            }
        }
    }
    let batch = Outcome::Batch(ranked.to_vec());
    for stopped in &ranked[..4] {
        assert_eq!(&zip(batch.clone(), stopped.clone()).map(|_| 1), stopped);
        assert_eq!(&zip(stopped.clone(), batch.clone()).map(|_| 1), stopped);
    }
}

#[test]
fn of_two_alike_the_first_is_kept_but_of_errors_by_join_any() {
    let error =
        |text: &str| Outcome::<u8>::Err(OutcomeError::new(ErrorKind::Internal, text.to_owned()));
    let cancelled = |text: &str| Outcome::<u8>::Cancelled {
        reason: text.into(),
    };
    assert_eq!(zip(error("a"), error("b")), error("a").map(|_| (0, 0)));
    assert_eq!(join_any(vec![error("a"), error("b")]), error("b"));
    assert_eq!(
        join_any(vec![cancelled("a"), cancelled("b")]),
        cancelled("a")
    );
    let all = join_all(vec![cancelled("c"), error("a"), error("b")]);
    assert_eq!(all, error("a").map(|_| vec![]));
}

#[test]
fn batches_of_different_lengths_are_an_internal_error() {
    let batch = |length| Outcome::Batch(vec![Outcome::Ok(1); length]);
    for (left, right) in [(1, 2), (0, 1), (2, 0)] {
        let error = zip(batch(left), batch(right)).into_result().unwrap_err();
        assert_eq!(error.kind, ErrorKind::Internal);
        assert!(error.message.contains(&format!("{left} and {right}")));
    }
}

#[test]
fn of_nothing_all_is_the_empty_list_and_any_is_an_error() {
    assert_eq!(join_all(Vec::<Outcome<u8>>::new()), Outcome::Ok(vec![]));
    let error = join_any(Vec::<Outcome<u8>>::new()).into_result();
    assert_eq!(error.unwrap_err().kind, ErrorKind::NotFound);
}

#[test]
fn every_kind_has_one_class_and_a_custom_one_none() {
    let (domain, operational) = (
        [
            ErrorKind::NotFound,
            ErrorKind::Conflict,
            ErrorKind::Validation,
            ErrorKind::PolicyRejection,
            ErrorKind::Cancelled,
        ],
        [
            ErrorKind::StorageError,
            ErrorKind::Timeout,
            ErrorKind::Pending,
            ErrorKind::Serialization,
            ErrorKind::Internal,
            ErrorKind::BatchCollapse,
        ],
    );
    let class = |kind: ErrorKind| (kind.is_domain(), kind.is_operational(), kind.is_retryable());
    for kind in domain {
        assert_eq!(class(kind), (true, false, false), "{kind:?}");
    }
    for (index, kind) in operational.into_iter().enumerate() {
        assert_eq!(class(kind), (false, true, index < 2), "{kind:?}");
    }
    assert_eq!(class(ErrorKind::Custom(0)), (false, false, false));
}

#[test]
fn the_json_form_is_the_published_one() {
    let pending = Outcome::<u8>::Pending {
        condition: WaitCondition::Custom {
            tag: 1,
            data: vec![2],
        },
        resume_token: 3,
    };
    let json = r#"{"type":"Pending","data":{"condition":{"Custom":{"tag":1,"data":[2]}},"resume_token":[0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,3]}}"#;
    assert_eq!(serde_json::to_string(&pending).unwrap(), json);
    let swapped = r#"{"data":{"reason":"x"},"type":"Cancelled"}"#;
    let read: Outcome<u8> = serde_json::from_str(swapped).unwrap();
    assert_eq!(read, Outcome::Cancelled { reason: "x".into() });
    for bad in [
        r#"{"type":"Other"}"#,
        r#"{"type":"Ok"}"#,
        r#"{"type":"Ok","data":999}"#,
    ] {
        assert!(serde_json::from_str::<Outcome<u8>>(bad).is_err(), "{bad}");
    }
}
