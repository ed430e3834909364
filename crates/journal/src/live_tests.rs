//! The index in memory against what it was given.

use super::*;

fn addition<'a>(index: &Live, entity: &'a str, keyed: Option<u128>) -> Addition<'a> {
    let sequence = index.last().next();
    let head = index.head(entity).unwrap_or_default();
    Addition {
        sequence,
        id: keyed.map_or_else(|| EventId::mint(1_000_000, sequence, 7), EventId::new),
        place: Place {
            segment: Ordinal(0),
            offset: Offset(256 + 8 * sequence.get()),
        },
        entity,
        scope: "s",
        stream_sequence: StreamSequence(head.stream_sequence.get() + 1),
        predecessor: head.sequence,
        generation: head.generation.next(),
        kind: EventKind::from_raw(0x1000),
        keyed: keyed.is_some(),
        hash: Some([1; 32]),
        correlation: keyed.map(CorrelationId::new),
        causes: &[CAUSE],
    }
}

const CAUSE: EventId = EventId::new(77);

fn filled(plan: &[(&'static str, Option<u128>)]) -> Live {
    let mut index = Live::after(Sequence::NONE);
    for (entity, key) in plan {
        let next = addition(&index, entity, *key);
        index.push(&next);
    }
    index
}

#[test]
fn events_are_found_by_key_stream_conversation_and_cause() {
    let index = filled(&[("a", None), ("b", Some(99)), ("a", None)]);
    assert_eq!(index.keyed(EventId::new(99)), Some(Sequence(2)));
    assert_eq!(index.keyed(EventId::new(98)), None);
    assert_eq!(index.stream("a"), [1, 3]);
    assert_eq!(index.correlated(CorrelationId::new(99)), [2]);
    assert_eq!(index.effects(CAUSE), [1, 2, 3]);
    assert_eq!(index.streams_begun(), 2);
}

#[test]
fn truncating_restores_heads_streams_and_keys() {
    let plan = [
        ("a", None),
        ("b", Some(99)),
        ("a", None),
        ("c", Some(5)),
        ("a", None),
    ];
    for keep in 0..=plan.len() {
        let mut cut = filled(&plan);
        cut.truncate(Sequence(keep as u64));
        let expected = filled(&plan[..keep]);
        for entity in ["a", "b", "c"] {
            assert_eq!(
                cut.stream(entity),
                expected.stream(entity),
                "{keep} {entity}"
            );
            let facts = |head: Head| (head.sequence, head.generation, head.stream_sequence);
            assert_eq!(
                cut.head(entity).map(facts),
                expected.head(entity).map(facts)
            );
        }
        for key in [99, 5] {
            let (id, correlation) = (EventId::new(key), CorrelationId::new(key));
            assert_eq!(cut.keyed(id), expected.keyed(id));
            assert_eq!(
                cut.correlated(correlation),
                expected.correlated(correlation)
            );
        }
        assert_eq!(cut.effects(CAUSE), expected.effects(CAUSE));
        assert_eq!(cut.streams_begun(), expected.streams_begun());
    }
}

#[test]
fn holes_are_ranges_between_events_and_are_truncated_like_them() {
    let gone = Why::Gone(GapCause::Salvage);
    let build = |last: u64| {
        let mut index = Live::after(Sequence::NONE);
        for hole in [true, false, false, true, false, true] {
            let sequence = index.last().next();
            if hole {
                index.push_hole(Sequence(sequence.get() + 9).min(Sequence(last)), gone);
            } else if sequence.get() <= last {
                let next = addition(&index, "a", None);
                index.push(&next);
            }
        }
        index
    };
    let whole = build(u64::MAX);
    assert_eq!(whole.last(), Sequence(33));
    assert_eq!(whole.holes().count(), 3);
    for keep in 0..=33 {
        let mut cut = build(u64::MAX);
        cut.truncate(Sequence(keep));
        let expected = build(keep);
        assert_eq!(cut.last(), Sequence(keep));
        assert_eq!(
            cut.holes().collect::<Vec<_>>(),
            expected.holes().collect::<Vec<_>>()
        );
        assert_eq!(cut.stream("a"), expected.stream("a"));
        let newest = |live: &Live| live.head("a").map(|head| head.sequence);
        assert_eq!(newest(&cut), newest(&expected));
        let readable = (1..=keep).filter(|at| cut.entry(Sequence(*at)).is_some());
        assert_eq!(cut.count_up_to(Sequence(keep)), readable.count() as u64);
        for at in 0..=40 {
            assert_eq!(
                cut.at(Sequence(at)).is_some(),
                (1..=keep).contains(&at),
                "{at} of {keep}"
            );
        }
    }
}
