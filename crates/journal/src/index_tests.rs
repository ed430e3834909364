//! The index in memory against what it was given.

use super::*;

fn addition<'a>(index: &Index, entity: &'a str, keyed: Option<u128>) -> Addition<'a> {
    let sequence = index.last().next();
    let head = index.head(entity);
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
    }
}

fn filled(plan: &[(&'static str, Option<u128>)]) -> Index {
    let mut index = Index::default();
    for (entity, key) in plan {
        let next = addition(&index, entity, *key);
        index.push(&next);
    }
    index
}

#[test]
fn events_are_found_by_key_and_by_the_sequence_in_their_identifier() {
    let index = filled(&[("a", None), ("b", Some(99)), ("a", None)]);
    assert_eq!(index.find(EventId::new(99)), Some(Sequence(2)));
    let third = index.entry(Sequence(3)).unwrap().id;
    assert_eq!(index.find(third), Some(Sequence(3)));
    assert_eq!(index.find(EventId::new(third.as_u128() ^ 1)), None);
    assert_eq!(index.find(EventId::nil()), None);
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
            assert_eq!(cut.head(entity).sequence, expected.head(entity).sequence);
            assert_eq!(
                cut.head(entity).generation,
                expected.head(entity).generation
            );
            assert_eq!(
                cut.head(entity).stream_sequence,
                expected.head(entity).stream_sequence
            );
        }
        for key in [99, 5] {
            assert_eq!(
                cut.find(EventId::new(key)),
                expected.find(EventId::new(key))
            );
        }
        assert_eq!(cut.stream_count(), expected.stream_count());
    }
}

#[test]
fn holes_are_ranges_between_events_and_are_truncated_like_them() {
    let gone = Why::Gone(GapCause::Salvage);
    let build = |last: u64| {
        let mut index = Index::default();
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
        assert_eq!(cut.head("a").sequence, expected.head("a").sequence);
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
