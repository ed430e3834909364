//! Answers over random and over extreme histories.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::history::{Draw, History, histories, history};
use super::model::check;
use crate::index::{IndexCause, Ordinal};

fn plain(count: usize, change: impl Fn(usize) -> Draw) -> Vec<Draw> {
    (0..count).map(change).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    #[test]
    fn an_index_answers_like_a_scan(history in histories(90)) {
        check(&history, &history.index());
    }
}

#[test]
fn an_empty_segment_has_answers() {
    for behind in [0, 1, 1000] {
        for first in [1, 7, u64::MAX - 1000] {
            let empty = history(first, &[], behind);
            check(&empty, &empty.index());
        }
    }
}

#[test]
fn one_event_has_answers_wherever_it_is() {
    for missing in [0, 1, 1 << 40] {
        for behind in [0, 1] {
            let one = history(
                5,
                &[Draw {
                    missing,
                    ..Draw::PLAIN
                }],
                behind,
            );
            check(&one, &one.index());
        }
    }
    let last = history(u64::MAX, &[Draw::PLAIN], 0);
    check(&last, &last.index());
}

#[test]
fn all_events_may_be_of_one_stream_or_each_of_its_own() {
    for spread in [0, 1] {
        let draws = plain(700, |at| Draw {
            entity: at * spread,
            ..Draw::PLAIN
        });
        let history = history(2000, &draws, 0);
        check(&history, &history.index());
    }
}

#[test]
fn an_event_may_have_more_causes_than_a_frame_holds() {
    let many = Draw {
        causes: (0..5000).collect(),
        ..Draw::PLAIN
    };
    let history = history(50, &[Draw::PLAIN, many.clone(), Draw::PLAIN, many], 0);
    let foreign = |cause: &&IndexCause| matches!(cause, IndexCause::Foreign(_));
    assert_eq!(history.facts[1].causes.iter().filter(foreign).count(), 1250);
    check(&history, &history.index());
}

#[test]
fn frames_may_be_further_apart_than_four_bytes_count() {
    let far = Draw {
        step: 1 << 34,
        ..Draw::PLAIN
    };
    let history = history(1, &[Draw::PLAIN, far, Draw::PLAIN], 0);
    check(&history, &history.index());
}

#[test]
fn more_events_than_two_bytes_count_are_told_apart() {
    let draws = plain(70_000, |at| Draw {
        entity: at % 9,
        missing: u64::from(at == 66_000),
        ..Draw::PLAIN
    });
    let history = history(3, &draws, 0);
    let index = history.index();
    let mut streams = BTreeMap::new();
    for (at, fact) in (0..).zip(&history.facts) {
        assert_eq!(index.locate(fact.sequence), Ok(Some(fact.offset)));
        assert_eq!(index.sequence(Ordinal(at)), Ok(fact.sequence));
        assert_eq!(index.predecessor(Ordinal(at)), Ok(fact.predecessor));
        streams
            .entry(&fact.entity)
            .or_insert_with(Vec::new)
            .push(Ordinal(at));
    }
    for (name, expected) in streams {
        let entity = index.find_entity(name).unwrap().unwrap();
        assert!(index.events_of_entity(entity).unwrap().eq(expected));
    }
}

#[test]
fn every_second_event_may_be_gone() {
    let draws = plain(130, |at| Draw {
        missing: at as u64 % 2,
        entity: at % 3,
        ..Draw::PLAIN
    });
    let history = history(1, &draws, 3);
    check(&history, &history.index());
}

#[test]
fn more_kinds_and_scopes_than_a_byte_counts_are_told_apart() {
    let draws = plain(600, |at| Draw {
        entity: at,
        ..Draw::PLAIN
    });
    let mut history: History = history(1, &draws, 0);
    for (at, fact) in (0..).zip(&mut history.facts) {
        fact.kind = batpak_coordinate::EventKind::from_raw(at * 109);
        fact.scope = format!("scope {at}");
    }
    check(&history, &history.index());
}
