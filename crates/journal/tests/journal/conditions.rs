//! Appends under conditions.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use batpak_coordinate::{Coordinate, EventKind, KindFilter, Region, Sequence, StreamSequence};
use batpak_event::IdempotencyKey;
use batpak_journal::{
    AppendError, Condition, Draft, Durability, FrameBuffer, Journal, Options, ScanRequest,
    Selection, View,
};
use batpak_platform::{Platform, RealDirectory};
use batpak_sim::{Fault, SimDisk};

use crate::support::{draft, findings, open, small};

fn nothing_after(region: Region, after: u64) -> Condition {
    Condition::NothingAfter {
        region,
        after: Sequence(after),
    }
}

fn stream_at(entity: &str, sequence: u64) -> Condition {
    Condition::Stream {
        entity: entity.to_owned(),
        sequence: StreamSequence(sequence),
    }
}

fn append_if(journal: &Journal, conditions: &[Condition]) -> Result<u64, AppendError> {
    let appended = journal.append_unit_if(conditions, vec![draft("a", b"x")], Durability::Synced);
    appended.map(|unit| unit[0].sequence.get())
}

fn broken_by(result: Result<u64, AppendError>) -> Vec<u64> {
    match result {
        Err(AppendError::ConditionBroken { events, .. }) => {
            events.into_iter().map(Sequence::get).collect()
        }
        other => panic!("{other:?}"),
    }
}

/// Three segments or more, a stream "a" of odd sequences and "b" of even ones.
fn filled(options: &Options) -> (SimDisk, Journal) {
    let disk = SimDisk::new();
    let journal = open(&disk.platform(), options);
    for number in 1..=20_u64 {
        let entity = if number.is_multiple_of(2) { "b" } else { "a" };
        let appended = journal.append(draft(entity, &[1; 60]), Durability::Synced);
        assert_eq!(appended.unwrap().sequence.get(), number);
    }
    (disk, journal)
}

#[test]
fn a_condition_is_on_all_that_came_before_wherever_it_lies() {
    for options in [Options::default(), small(Durability::Synced)] {
        let (disk, journal) = filled(&options);
        assert_eq!(broken_by(append_if(&journal, &[stream_at("b", 9)])), [20]);
        assert_eq!(broken_by(append_if(&journal, &[stream_at("c", 1)])), [0; 0]);
        let of_b = || Region::entity("b");
        let found = broken_by(append_if(&journal, &[nothing_after(of_b(), 15)]));
        assert_eq!(found, [16, 18, 20]);
        let found = broken_by(append_if(&journal, &[nothing_after(Region::all(), 0)]));
        assert_eq!(found, (1..=16).collect::<Vec<_>>());
        let none_of_kind = Region::all().with_fact(KindFilter::Exact(EventKind::from_raw(0x1234)));
        let holds = [
            nothing_after(of_b(), 20),
            stream_at("b", 10),
            stream_at("c", 0),
            nothing_after(none_of_kind, 0),
            nothing_after(Region::scope("elsewhere"), 0),
            nothing_after(of_b(), u64::MAX),
        ];
        assert_eq!(append_if(&journal, &holds).unwrap(), 21);
        let one_broken = [holds[0].clone(), nothing_after(Region::entity("a"), 20)];
        assert_eq!(broken_by(append_if(&journal, &one_broken)), [21]);
        journal.close().unwrap();
        assert_eq!(findings(&disk.platform()), [""; 0]);
    }
}

/// Events that break several conditions are named once, in their order; hidden ones are among them.
#[test]
fn events_are_named_once_and_hidden_ones_count() {
    let (_disk, journal) = filled(&small(Durability::Synced));
    journal.hide(Sequence(15), Sequence(18)).unwrap();
    let conditions = [
        nothing_after(Region::entity("b"), 15),
        nothing_after(Region::entity("a"), 14),
        nothing_after(Region::all(), 18),
    ];
    let found = broken_by(append_if(&journal, &conditions));
    assert_eq!(found, [15, 16, 17, 18, 19, 20]);
}

/// What is staged and not visible yet counts as well.
#[test]
fn an_event_that_is_only_staged_breaks_a_condition() {
    let (_disk, journal) = filled(&Options::default());
    let submitted = journal.submit(vec![draft("c", b"x")]).unwrap();
    assert_eq!(journal.view().visible(), Sequence(20));
    let condition = [nothing_after(Region::entity("c"), 0)];
    assert_eq!(broken_by(append_if(&journal, &condition)), [21]);
    assert_eq!(journal.view().visible(), Sequence(21));
    drop(submitted);
    assert_eq!(broken_by(append_if(&journal, &[stream_at("c", 0)])), [21]);
}

/// An event whose write fails breaks nothing: the unit is checked again and appended.
#[test]
fn an_event_that_fails_breaks_no_condition() {
    let (disk, journal) = filled(&Options::default());
    let mut submitted = journal.submit(vec![draft("c", b"x")]).unwrap();
    disk.fail_call(0, Fault::NoSpace);
    let condition = [nothing_after(Region::entity("c"), 0), stream_at("c", 0)];
    assert_eq!(append_if(&journal, &condition).unwrap(), 21);
    assert!(submitted.wait(Durability::Synced).is_err());
}

fn stream_ends_at(entity: &str, after: u64) -> Condition {
    Condition::StreamEndsAt {
        entity: entity.into(),
        after: Sequence(after),
    }
}

/// Which condition of a list is broken, the first of them, and by which events.
fn broken(journal: &Journal, conditions: &[Condition]) -> (usize, Vec<u64>) {
    match journal.append_unit_if(conditions, vec![draft("a", b"x")], Durability::Synced) {
        Err(AppendError::ConditionBroken {
            condition, events, ..
        }) => (condition, events.into_iter().map(Sequence::get).collect()),
        other => panic!("{other:?}"),
    }
}

/// A stream is one entity and not those below it, and an id is one event, wherever they lie.
#[test]
fn streams_and_ids_are_conditions_of_their_own() {
    for options in [Options::default(), small(Durability::Synced)] {
        let (_disk, journal) = filled(&options);
        let key = IdempotencyKey::for_operation("test", &["late"]);
        let keyed = Draft {
            key: Some(key),
            ..draft("b:1", b"x")
        };
        let id = key.into();
        let at = |after| Condition::NoEvent {
            id,
            after: Sequence(after),
        };
        assert_eq!(
            append_if(&journal, &[stream_ends_at("c", 0), at(0)]).unwrap(),
            21
        );
        journal.append(keyed, Durability::Synced).unwrap();
        let holds = [stream_ends_at("b", 20), stream_ends_at("a", 21), at(22)];
        assert_eq!(append_if(&journal, &holds).unwrap(), 23);
        for after in [0, 15] {
            let first = after + 2 - after % 2;
            let of_b: Vec<u64> = (first..=20).step_by(2).collect();
            assert_eq!(broken(&journal, &[stream_ends_at("b", after)]), (0, of_b));
        }
        assert_eq!(broken(&journal, &[holds[0].clone(), at(21)]), (1, vec![22]));
        // The strictest of two on one stream counts.
        let twice = [stream_ends_at("b:1", 22), stream_ends_at("b:1", 21)];
        assert_eq!(broken(&journal, &twice).1, [22]);
        // What is only staged counts, and the refusal waits until it is visible.
        let submitted = journal.submit(vec![draft("b", b"x")]).unwrap();
        let found = broken(
            &journal,
            &[at(22), stream_at("a", 12), stream_ends_at("b", 23)],
        );
        assert_eq!(
            (found, journal.view().visible()),
            ((2, vec![24]), Sequence(24))
        );
        drop(submitted);
    }
}

/// A change of which events are shown breaks a condition on it, and nothing else does.
#[test]
fn hiding_breaks_a_condition_on_what_is_shown() {
    let (_disk, journal) = filled(&Options::default());
    let pinned = journal.view().pinned();
    let shown = || Condition::ShownAsAfter {
        changes: pinned.visibility_changes(),
    };
    assert_eq!(append_if(&journal, &[shown()]).unwrap(), 21);
    journal.hide(Sequence(3), Sequence(4)).unwrap();
    let both = [stream_ends_at("b", 20), shown()];
    assert_eq!(broken(&journal, &both), (1, vec![]));
    journal.unhide(Sequence(3), Sequence(4)).unwrap();
    assert_eq!(broken(&journal, &[shown()]), (0, vec![]));
}

/// A view that is pinned shows what it showed, through appends, rotations, seals and hiding.
#[test]
fn a_pinned_view_stays_as_it_is() {
    let (_disk, journal) = filled(&small(Durability::Synced));
    let pinned = journal.view().pinned();
    let count = |view: &View| {
        let mut scan = view.scan(ScanRequest {
            selection: Selection::All,
            after: Sequence::NONE,
            reverse: false,
        });
        let mut count = 0;
        while scan.next_sequence().unwrap().is_some() {
            count += 1;
        }
        count
    };
    journal.hide(Sequence(2), Sequence(9)).unwrap();
    for _ in 0..200 {
        journal
            .append(draft("b", &[1; 60]), Durability::Synced)
            .unwrap();
    }
    for view in [&pinned, &pinned.clone(), &pinned.pinned()] {
        assert!(view.is_pinned());
        assert_eq!(
            (view.visible(), count(view), view.event_count()),
            (Sequence(20), 20, 20)
        );
        assert_eq!(view.stream_sequence("b").unwrap(), StreamSequence(10));
        assert_eq!(view.stream_sequence("c").unwrap(), StreamSequence(0));
        assert!(view.read(Sequence(21), &mut FrameBuffer::new()).is_err());
        assert!(view.read(Sequence(3), &mut FrameBuffer::new()).is_ok());
    }
    assert!(!journal.view().is_pinned());
    assert_eq!(count(journal.view()), 212);
    assert_eq!(
        journal.view().stream_sequence("b").unwrap(),
        StreamSequence(210)
    );
}

#[test]
fn keys_come_before_conditions() {
    let (_disk, journal) = filled(&Options::default());
    let keyed = || Draft {
        key: Some(IdempotencyKey::for_operation("test", &["once"])),
        ..draft("c", b"x")
    };
    let condition = [stream_at("c", 0)];
    let append = || journal.append_unit_if(&condition, vec![keyed()], Durability::Synced);
    let first = append().unwrap();
    let again = append().unwrap();
    assert!(!first[0].duplicate && again[0].duplicate);
    assert_eq!(first[0].sequence, again[0].sequence);
}

/// Of many threads that each append only if nobody else has, one wins a round; with rotations and
/// indexes made in between.
#[test]
fn two_units_that_break_each_other_are_never_both_appended() {
    for durability in [Durability::Synced, Durability::Written] {
        let temporary = tempfile::tempdir().unwrap();
        let directory = RealDirectory::open(temporary.path()).unwrap();
        let platform = Platform::real(directory);
        let options = Options {
            durability,
            segment_max_events: 50,
            ..Options::default()
        };
        let journal = open(&platform, &options);
        let wins = AtomicUsize::new(0);
        let rounds = 150_u64;
        thread::scope(|scope| {
            for thread in 0..4_u8 {
                let (journal, wins) = (&journal, &wins);
                scope.spawn(move || {
                    for round in 0..rounds {
                        let claim = Coordinate::new(format!("claim:{round}"), "scope").unwrap();
                        let draft = Draft::new(claim, EventKind::DATA, vec![thread]);
                        let condition = if thread.is_multiple_of(2) {
                            stream_at(&format!("claim:{round}"), 0)
                        } else {
                            nothing_after(Region::entity(format!("claim:{round}")), 0)
                        };
                        let won = journal.append_unit_if(&[condition], vec![draft], durability);
                        match won {
                            Ok(_) => _ = wins.fetch_add(1, Ordering::Relaxed),
                            Err(AppendError::ConditionBroken { .. }) => {}
                            Err(error) => panic!("{error}"),
                        }
                    }
                });
            }
        });
        assert_eq!(wins.into_inner() as u64, rounds);
        assert_eq!(journal.view().event_count(), rounds);
        journal.close().unwrap();
    }
}
