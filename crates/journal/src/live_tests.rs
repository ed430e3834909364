//! The columns against what they were given.

use super::*;
use batpak_coordinate::{EventKind, StreamSequence};

const CAUSE: EventId = EventId::new(77);

fn push(live: &Live, entity: &str, keyed: Option<u128>) {
    push_hashed(live, entity, keyed, None);
}

fn push_hashed(live: &Live, entity: &str, keyed: Option<u128>, hash: Option<&Digest>) {
    let sequence = live.last().next();
    let head = live.newest(entity).unwrap_or_default();
    live.push(&Addition {
        sequence,
        id: keyed.map_or_else(|| EventId::mint(1_000_000, sequence, 7), EventId::new),
        offset: Offset(256 + 8 * sequence.get()),
        entity,
        stream: None,
        scope: "s",
        stream_sequence: StreamSequence(head.stream_sequence.get() + 1),
        predecessor: head.sequence,
        generation: head.generation.next(),
        kind: EventKind::from_raw(0x1000),
        keyed: keyed.is_some(),
        hash,
        correlation: keyed.map(CorrelationId::new),
        causes: &[CAUSE, CAUSE],
    });
}

fn filled(plan: &[(&'static str, Option<u128>)]) -> Live {
    let live = Live::after(Sequence::NONE);
    for (entity, key) in plan {
        push(&live, entity, *key);
    }
    live
}

fn sequences(live: &Live, list: Option<List<'_>>) -> Vec<u64> {
    let numbers = list.into_iter().flat_map(|list| list.ascending(0));
    let entries = numbers.map(|number| live.numbered(number).unwrap());
    entries.map(|entry| entry.sequence.get()).collect()
}

/// All that columns answer about the names and ids used here.
fn answers(live: &Live) -> String {
    let mut answers = Vec::new();
    for entity in ["a", "b", "c"] {
        let newest = live.newest(entity).map(|head| {
            let numbers = (head.sequence, head.stream_sequence, head.generation);
            format!("{numbers:?}")
        });
        answers.push(format!(
            "{:?} {newest:?}",
            sequences(live, live.stream(entity))
        ));
    }
    for key in [99, 5] {
        let correlated = live.correlated(CorrelationId::new(key));
        let correlated = sequences(live, correlated);
        answers.push(format!(
            "{:?} {correlated:?}",
            live.keyed(EventId::new(key))
        ));
    }
    answers.push(format!("{:?}", live.effects(CAUSE).collect::<Vec<_>>()));
    for at in 0..=40 {
        answers.push(format!(
            "{:?}",
            live.causes(Sequence(at)).collect::<Vec<_>>()
        ));
    }
    answers.push(format!("{:?}", live.holes().collect::<Vec<_>>()));
    answers.push(format!("{} {:?}", live.streams_begun(), live.last()));
    for at in 0..=40 {
        let at = Sequence(at);
        let epoch = live.at(at).and(live.epoch(at));
        answers.push(format!("{:?} {epoch:?}", live.at(at)));
    }
    answers.push(format!("{:?}", live.facts().collect::<Vec<_>>()));
    answers.join("\n")
}

#[test]
fn events_are_found_by_key_stream_conversation_and_cause() {
    let live = filled(&[("a", None), ("b", Some(99)), ("a", None)]);
    assert_eq!(live.keyed(EventId::new(99)), Some(Sequence(2)));
    assert_eq!(live.keyed(EventId::new(98)), None);
    assert_eq!(sequences(&live, live.stream("a")), [1, 3]);
    assert!(live.stream("c").is_none());
    let correlated = live.correlated(CorrelationId::new(99));
    assert_eq!(sequences(&live, correlated), [2]);
    let effects: Vec<u64> = live.effects(CAUSE).map(Sequence::get).collect();
    assert_eq!(effects, [1, 2, 3]);
    for sequence in 1..=3 {
        let causes: Vec<EventId> = live.causes(Sequence(sequence)).collect();
        assert_eq!(causes, [CAUSE]);
    }
    assert_eq!(live.causes(Sequence(4)).count(), 0);
    assert_eq!(live.streams_begun(), 2);
    let newest = live.newest("a").unwrap();
    assert_eq!(newest.stream_sequence, StreamSequence(2));
    assert_eq!(newest.sequence, Sequence(3));
    let entry = live.entry(Sequence(2)).unwrap();
    assert!(entry.keyed && entry.id == EventId::new(99));
    assert_eq!(
        (entry.offset, entry.predecessor),
        (Offset(272), Sequence::NONE)
    );
    assert_eq!(live.entity(&entry).map(|name| &**name), Some("b"));
    assert_eq!(live.scope(&entry).map(|name| &**name), Some("s"));
}

#[test]
fn an_entry_is_the_same_as_words() {
    let entry = Entry {
        sequence: Sequence(u64::MAX - 1),
        id: EventId::new(u128::MAX - 2),
        offset: Offset(u64::MAX - 3),
        stream: NameId(u32::MAX - 4),
        scope: NameId(u32::MAX - 5),
        stream_sequence: StreamSequence(u64::MAX - 6),
        predecessor: Sequence(u64::MAX - 7),
        generation: Generation(u32::MAX - 8),
        kind: EventKind::from_raw(u16::MAX - 9),
        keyed: true,
    };
    for keyed in [true, false] {
        let entry = Entry { keyed, ..entry };
        assert_eq!(Entry::of_words(entry.to_words()), entry);
    }
}

#[test]
fn what_is_left_of_columns_answers_as_if_the_rest_had_never_been() {
    let plan = [
        ("a", None),
        ("b", Some(99)),
        ("a", None),
        ("c", Some(5)),
        ("a", None),
    ];
    for keep in 0..=plan.len() {
        let cut = filled(&plan).up_to(Sequence(keep as u64));
        assert_eq!(answers(&cut), answers(&filled(&plan[..keep])), "{keep}");
    }
}

#[test]
fn holes_are_ranges_between_events_and_are_cut_like_them() {
    let gone = Why::Gone(GapCause::Salvage);
    let build = |last: u64| {
        let live = Live::after(Sequence::NONE);
        for (step, hole) in [true, false, false, true, false, true]
            .into_iter()
            .enumerate()
        {
            let sequence = live.last().next();
            if sequence.get() <= last && step % 2 == 1 {
                live.begin_epoch(Epoch(step as u64));
            }
            if hole {
                live.push_hole(Sequence(sequence.get() + 9).min(Sequence(last)), gone);
            } else if sequence.get() <= last {
                push(&live, "a", None);
            }
        }
        live
    };
    let whole = build(u64::MAX - 1);
    assert_eq!(whole.last(), Sequence(33));
    assert_eq!(whole.holes().count(), 3);
    for keep in 0..=33 {
        let mut cut = build(u64::MAX - 1);
        cut.truncate(Sequence(keep));
        assert_eq!(answers(&cut), answers(&build(keep)), "{keep}");
        let readable = (1..=keep).filter(|at| cut.entry(Sequence(*at)).is_some());
        assert_eq!(cut.count_up_to(Sequence(keep)), readable.count() as u64);
        for at in 0..=40 {
            let is_there = cut.at(Sequence(at)).is_some();
            assert_eq!(is_there, (1..=keep).contains(&at), "{at} of {keep}");
            let numbers = (0..4).filter_map(|number| cut.numbered(number));
            let before = numbers.filter(|entry| entry.sequence < Sequence(at));
            let expected = u32::try_from(before.count()).unwrap();
            let from = cut.number_from(Sequence(at));
            let number = from.min(cut.entries.len());
            assert_eq!(number, expected, "{at} of {keep}");
        }
    }
}

#[test]
fn columns_are_given_in_pieces() {
    let plan = [("a", None), ("b", Some(99)), ("a", None), ("c", Some(5))];
    let whole = filled(&plan);
    let pieces = Live::after(Sequence::NONE);
    for last in [1, 1, 3, 2, 9] {
        whole.give(&pieces, Sequence(last));
        assert_eq!(
            pieces.last(),
            Sequence(last.max(pieces.last().get()).min(4))
        );
    }
    assert_eq!(answers(&pieces), answers(&whole));
}

#[test]
fn the_hash_of_a_newest_event_is_that_of_the_last_one_or_not_known() {
    let hash_of = |live: &Live, entity| {
        let (stream, head) = live.head(entity, None).unwrap();
        let by_number = live.head("nobody's", Some(stream)).unwrap().1;
        assert_eq!(by_number.sequence, head.sequence);
        assert_eq!(by_number.hash, head.hash);
        head.hash
    };
    let live = filled(&[("a", None), ("b", None)]);
    assert_eq!((hash_of(&live, "a"), hash_of(&live, "b")), (None, None));
    push_hashed(&live, "b", None, Some(&[7; 32]));
    assert_eq!(
        (hash_of(&live, "a"), hash_of(&live, "b")),
        (None, Some([7; 32]))
    );
    assert!(live.head("c", None).is_none());
    // What is taken back leaves no hash behind, nor does an event whose own is not known.
    let kept = live.up_to(Sequence(2));
    assert_eq!((hash_of(&kept, "a"), hash_of(&kept, "b")), (None, None));
    push(&live, "b", None);
    assert_eq!(hash_of(&live, "b"), None);
}
