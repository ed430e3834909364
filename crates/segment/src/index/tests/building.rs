//! What a builder refuses.

use batpak_coordinate::{Sequence, StreamSequence};
use batpak_event::Lineage;

use super::history::{Draw, Fact, History, LINEAGE, SALT, SEGMENT, history};
use super::transcript::small;
use crate::index::{BuildFault, IndexBuilder, IndexCause, IndexEnd, IndexSource};
use crate::{CloseFacts, Offset, Salt, SegmentId};

fn two() -> History {
    history(10, &[Draw::PLAIN, Draw::PLAIN], 0)
}

#[test]
fn an_impossible_event_is_refused_and_changes_nothing() {
    let history = two();
    type Change = fn(&mut Fact);
    let changes: [(&str, Change); 9] = [
        ("does not come after", |fact| fact.sequence = Sequence(10)),
        ("does not come after", |fact| fact.sequence = Sequence(0)),
        ("frame is not behind", |fact| fact.offset = Offset(256)),
        ("frame is not behind", |fact| fact.offset.0 += 1),
        ("predecessor is not before", |fact| {
            fact.predecessor = fact.sequence
        }),
        ("stream sequence is 0", |fact| {
            fact.stream_sequence = StreamSequence(0)
        }),
        ("does not ascend", |fact| {
            fact.stream_sequence = StreamSequence(1)
        }),
        ("cause is not before", |fact| {
            fact.causes = vec![
                IndexCause::Local(Sequence(1)),
                IndexCause::Local(fact.sequence),
            ];
        }),
        ("before 1970", |fact| fact.wall_us = -1),
    ];
    for (expected, change) in changes {
        let mut builder = IndexBuilder::new(history.source());
        history.facts[0].push(&mut builder);
        let mut fact = history.facts[1].clone();
        change(&mut fact);
        let fault = builder.push(&fact.as_event()).unwrap_err();
        assert!(fault.to_string().contains(expected), "{fault}");
        assert_eq!((builder.len(), builder.is_empty()), (1, false));
        history.facts[1].push(&mut builder);
        assert_eq!(builder.finish(&history.end()), Ok(history.bytes()));
    }
}

#[test]
fn an_event_before_the_segment_is_refused() {
    let history = two();
    let source = IndexSource {
        first_sequence: Sequence(11),
        ..history.source()
    };
    let expected = BuildFault::NotAscending {
        sequence: Sequence(10),
    };
    let mut builder = IndexBuilder::new(source);
    assert_eq!(builder.push(&history.facts[0].as_event()), Err(expected));
}

#[test]
fn ends_that_no_segment_has_are_refused() {
    let history = two();
    let (source, end) = (history.source(), history.end());
    let cases = [
        (
            source,
            IndexEnd {
                last_sequence: Sequence(10),
                ..end
            },
        ),
        (
            source,
            IndexEnd {
                last_sequence: Sequence(8),
                ..end
            },
        ),
        (
            source,
            IndexEnd {
                end: history.facts[1].offset,
                ..end
            },
        ),
        (
            source,
            IndexEnd {
                end: Offset(end.end.0 + 1),
                ..end
            },
        ),
        (
            source,
            IndexEnd {
                end: Offset(8),
                ..end
            },
        ),
        (
            IndexSource {
                salt: Salt(0),
                ..source
            },
            end,
        ),
        (
            IndexSource {
                segment: SegmentId(0),
                ..source
            },
            end,
        ),
        (
            IndexSource {
                first_sequence: Sequence(0),
                ..source
            },
            end,
        ),
    ];
    for (source, end) in cases {
        let mut builder = IndexBuilder::new(source);
        for fact in &history.facts {
            fact.push(&mut builder);
        }
        assert!(
            matches!(builder.finish(&end), Err(BuildFault::End(_))),
            "{source:?} {end:?}"
        );
    }
}

#[test]
fn a_header_covers_the_segment_that_ended_so() {
    let history = two();
    let header = *history.index().header();
    let close = CloseFacts {
        segment: SEGMENT,
        salt: SALT,
        end: history.end().end,
        last_sequence: history.last,
        last_hash: [3; 32],
    };
    assert!(header.covers(LINEAGE, &close));
    assert!(!header.covers(Lineage(1), &close));
    for other in [
        CloseFacts {
            segment: SegmentId(1),
            ..close
        },
        CloseFacts {
            salt: Salt(1),
            ..close
        },
        CloseFacts {
            end: Offset(256),
            ..close
        },
        CloseFacts {
            last_sequence: Sequence(12),
            ..close
        },
    ] {
        assert!(!header.covers(LINEAGE, &other), "{other:?}");
    }
}

#[test]
fn the_same_events_give_the_bytes_that_they_always_gave() {
    let hash = |history: &History| blake3::hash(&history.bytes()).to_hex().to_string();
    let mut history = small();
    let with_changes = "1beaa6e411aaceef4c429130fd90b5305a543fe0343bdb4e3ec292f00c7b9a48";
    assert_eq!(hash(&history), with_changes);
    history.changes.clear();
    let without_changes = "7d8d42465e68f9c94322415cf397df6ba69274d62d676eba26f8e89ad7b7d6df";
    assert_eq!(hash(&history), without_changes);
}
