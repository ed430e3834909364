//! Appending and reading back, with all that an append can ask for.

use std::sync::Arc;

use batpak_coordinate::{Sequence, StreamSequence};
use batpak_event::{Cause, EventId, IdempotencyKey};
use batpak_journal::{
    AppendError, Draft, DraftCause, Durability, ExpectedSequence, FrameBuffer, Journal, OpenError,
    Options, Reader, Selection,
};
use batpak_platform::{Platform, RealDirectory};
use batpak_sim::SimDisk;

use crate::support::{draft, findings, open, read_only, scanned, shown, small};

/// Runs a test on the simulated disk and on a real one.
fn on_both(test: impl Fn(&Platform)) {
    test(&SimDisk::new().platform());
    let directory = tempfile::tempdir().unwrap();
    test(&Platform::real(
        RealDirectory::create(directory.path()).unwrap(),
    ));
}

#[test]
fn events_come_back_in_commit_order_by_stream_and_after_reopening() {
    on_both(|platform| {
        for durability in [Durability::Synced, Durability::Written] {
            let options = small(durability);
            let journal = open(platform, &options);
            let before = shown(journal.view()).len();
            for number in 0..40_u8 {
                let entity = ["a", "b", "c"][usize::from(number % 3)];
                let draft = draft(entity, &[number; 90]);
                let committed = journal.append(draft, durability).unwrap();
                assert_eq!(
                    committed.sequence.get(),
                    before as u64 + u64::from(number) + 1
                );
            }
            let all = shown(journal.view());
            assert_eq!(all.len(), before + 40);
            let mut backward = scanned(journal.view(), Selection::All, true);
            backward.reverse();
            assert_eq!(all, backward);
            for entity in ["a", "b", "c"] {
                let stream = scanned(journal.view(), Selection::Stream(entity.into()), false);
                let expected: Vec<_> = all
                    .iter()
                    .filter(|event| event.entity == entity)
                    .cloned()
                    .collect();
                assert_eq!(stream, expected);
                assert!(
                    (1..)
                        .zip(&stream)
                        .all(|(n, event)| event.stream_sequence == n)
                );
                let mut backward = scanned(journal.view(), Selection::Stream(entity.into()), true);
                backward.reverse();
                assert_eq!(stream, backward);
            }
            journal.close().unwrap();
            assert_eq!(read_only(platform), all);
            assert_eq!(findings(platform), Vec::<String>::new());
            let (journal, report) = Journal::open(platform, options).unwrap();
            assert!(report.clean, "{report:?}");
            assert!(report.segments > 1, "{report:?}");
            assert_eq!(shown(journal.view()), all);
            journal.close().unwrap();
        }
    });
}

#[test]
fn a_read_only_open_of_nothing_creates_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let platform = Platform::real(RealDirectory::open(directory.path()).unwrap());
    assert!(matches!(Reader::open(&platform), Err(OpenError::NotAStore)));
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0);
}

#[test]
fn a_directory_with_other_files_is_not_taken_for_a_store() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("notes.txt"), "mine").unwrap();
    let platform = Platform::real(RealDirectory::open(directory.path()).unwrap());
    let refused = Journal::open(&platform, Options::default());
    assert!(matches!(refused, Err(OpenError::NotAStore)), "{refused:?}");
}

#[test]
fn a_second_writer_is_refused_and_the_first_goes_on() {
    on_both(|platform| {
        let journal = open(platform, &Options::default());
        let refused = Journal::open(platform, Options::default());
        assert!(
            matches!(refused, Err(OpenError::Locked { .. })),
            "{refused:?}"
        );
        journal
            .append(draft("a", b"x"), Durability::Synced)
            .unwrap();
        journal.close().unwrap();
        open(platform, &Options::default()).close().unwrap();
    });
}

fn keyed(entity: &str, payload: &[u8], key: u128) -> Draft<'static> {
    Draft {
        key: Some(IdempotencyKey::new(key)),
        ..draft(entity, payload)
    }
}

#[test]
fn a_retry_with_the_same_key_and_body_returns_the_original() {
    on_both(|platform| {
        let journal = open(platform, &small(Durability::Synced));
        let first = journal
            .append(keyed("a", b"one", 77), Durability::Synced)
            .unwrap();
        assert_eq!(first.event_id, EventId::new(77));
        journal
            .append(draft("a", b"two"), Durability::Synced)
            .unwrap();
        let again = journal
            .append(keyed("a", b"one", 77), Durability::Synced)
            .unwrap();
        assert!(again.duplicate);
        assert_eq!(
            (
                again.event_id,
                again.sequence,
                again.event_hash,
                again.content_hash
            ),
            (
                first.event_id,
                first.sequence,
                first.event_hash,
                first.content_hash
            )
        );
        journal.close().unwrap();
        let journal = open(platform, &small(Durability::Synced));
        let again = journal
            .append(keyed("a", b"one", 77), Durability::Synced)
            .unwrap();
        assert_eq!((again.duplicate, again.sequence), (true, first.sequence));
        assert_eq!(journal.view().visible(), Sequence(2));
        // Keys come before expected sequences: a retry of a success is a success.
        let expecting = Draft {
            expected: ExpectedSequence::NoStream,
            ..keyed("a", b"one", 77)
        };
        assert!(
            journal
                .append(expecting, Durability::Synced)
                .unwrap()
                .duplicate
        );
    });
}

#[test]
fn a_key_with_another_body_is_a_conflict() {
    let platform = SimDisk::new().platform();
    let journal = open(&platform, &Options::default());
    journal
        .append(keyed("a", b"one", 77), Durability::Synced)
        .unwrap();
    let variations = [
        keyed("a", b"other", 77),
        keyed("b", b"one", 77),
        Draft {
            flags: 1,
            ..keyed("a", b"one", 77)
        },
        Draft {
            extensions: vec![0x80],
            ..keyed("a", b"one", 77)
        },
        Draft {
            correlation: Some(EventId::new(5).into()),
            ..keyed("a", b"one", 77)
        },
        Draft {
            causes: vec![DraftCause::Known(Cause::Foreign(EventId::new(5)))],
            ..keyed("a", b"one", 77)
        },
    ];
    for variation in variations {
        let refused = journal.append(variation.clone(), Durability::Synced);
        assert!(
            matches!(refused, Err(AppendError::KeyConflict { .. })),
            "{variation:?}"
        );
    }
    assert_eq!(journal.view().visible(), Sequence(1));
}

#[test]
fn units_are_keyed_as_a_whole_and_present_as_a_whole() {
    let platform = SimDisk::new().platform();
    let journal = open(&platform, &Options::default());
    let unit = || vec![keyed("a", b"1", 1), keyed("a", b"2", 2)];
    let first = journal.append_unit(unit(), Durability::Synced).unwrap();
    let again = journal.append_unit(unit(), Durability::Synced).unwrap();
    assert!(again.iter().all(|committed| committed.duplicate));
    assert_eq!(first[1].event_hash, again[1].event_hash);
    for refused in [
        vec![keyed("a", b"1", 1), keyed("a", b"3", 3)],
        vec![keyed("a", b"5", 5), draft("a", b"6")],
        vec![keyed("a", b"7", 7), keyed("a", b"7", 7)],
    ] {
        let result = journal.append_unit(refused, Durability::Synced);
        assert!(
            matches!(result, Err(AppendError::PartialUnit(_))),
            "{result:?}"
        );
    }
    assert_eq!(journal.view().visible(), Sequence(2));
}

#[test]
fn expected_sequences_are_exact_and_count_within_a_unit() {
    let platform = SimDisk::new().platform();
    let journal = open(&platform, &Options::default());
    let expecting = |expected| Draft {
        expected,
        ..draft("a", b"x")
    };
    let exact = |number| ExpectedSequence::Exact(StreamSequence(number));
    assert!(
        journal
            .append(expecting(exact(1)), Durability::Synced)
            .is_err()
    );
    assert!(
        journal
            .append(expecting(ExpectedSequence::NoStream), Durability::Synced)
            .is_ok()
    );
    for wrong in [
        ExpectedSequence::NoStream,
        exact(0),
        exact(2),
        exact(u64::MAX),
    ] {
        let refused = journal.append(expecting(wrong), Durability::Synced);
        assert!(matches!(
            refused,
            Err(AppendError::SequenceMismatch {
                actual: StreamSequence(1),
                ..
            })
        ));
    }
    let unit = vec![
        expecting(exact(1)),
        expecting(exact(2)),
        expecting(ExpectedSequence::Any),
    ];
    journal.append_unit(unit, Durability::Synced).unwrap();
    let unit = vec![expecting(exact(4)), expecting(exact(4))];
    assert!(journal.append_unit(unit, Durability::Synced).is_err());
    assert_eq!(journal.view().visible(), Sequence(4));
}

#[test]
fn causes_are_checked_and_give_the_generation() {
    let platform = SimDisk::new().platform();
    let journal = open(&platform, &Options::default());
    let append = |entity: &str, causes: Vec<DraftCause>| {
        journal.append(
            Draft {
                causes,
                ..draft(entity, b"x")
            },
            Durability::Synced,
        )
    };
    let known = |id| DraftCause::Known(Cause::Local(id));
    let first = append("a", vec![]).unwrap();
    let second = append("b", vec![known(first.event_id)]).unwrap();
    let third = append("a", vec![known(second.event_id), known(first.event_id)]).unwrap();
    assert_eq!(
        [
            first.generation.get(),
            second.generation.get(),
            third.generation.get()
        ],
        [1, 2, 3]
    );
    let unknown = EventId::new(first.event_id.as_u128() ^ 1);
    let refused = append("a", vec![known(unknown)]);
    assert!(matches!(refused, Err(AppendError::UnknownCause { cause, .. }) if cause == unknown));
    let foreign = append("f", vec![DraftCause::Known(Cause::Foreign(unknown))]).unwrap();
    assert_eq!(foreign.generation.get(), 1);
    let unit = vec![
        draft("u", b"1"),
        Draft {
            causes: vec![DraftCause::Prior(0)],
            ..draft("v", b"2")
        },
        Draft {
            causes: vec![
                DraftCause::Prior(1),
                known(third.event_id),
                DraftCause::Prior(0),
            ],
            ..draft("w", b"3")
        },
    ];
    let unit = journal.append_unit(unit, Durability::Synced).unwrap();
    assert_eq!(unit[2].generation.get(), 4);
    let last = shown(journal.view()).pop().unwrap();
    let ids = [unit[1].event_id, third.event_id, unit[0].event_id];
    assert_eq!(last.causes, ids.map(Cause::Local));
    let refused = journal.append_unit(
        vec![Draft {
            causes: vec![DraftCause::Prior(0)],
            ..draft("v", b"2")
        }],
        Durability::Synced,
    );
    assert!(matches!(refused, Err(AppendError::InvalidPrior { .. })));
    journal.close().unwrap();
    assert_eq!(findings(&platform), Vec::<String>::new());
}

#[test]
fn events_are_found_by_identifier_and_by_nothing_close_to_it() {
    let platform = SimDisk::new().platform();
    let journal = open(&platform, &Options::default());
    let mut buffer = FrameBuffer::new();
    for number in 0..20_u8 {
        let committed = journal
            .append(draft("a", &[number]), Durability::Synced)
            .unwrap();
        let found = journal.view().find(committed.event_id).unwrap();
        let sequence = found.unwrap();
        assert_eq!(sequence, committed.sequence);
        let frame = journal.view().read(sequence, &mut buffer).unwrap();
        assert_eq!(frame.payload(), [number]);
        assert_eq!(frame.event_hash(journal.view().key()), committed.event_hash);
        for bit in 0..128 {
            let near = EventId::new(committed.event_id.as_u128() ^ (1 << bit));
            assert_eq!(journal.view().find(near).unwrap(), None, "bit {bit}");
        }
    }
    assert!(journal.view().read(Sequence(21), &mut buffer).is_err());
    assert!(journal.view().read(Sequence::NONE, &mut buffer).is_err());
}

#[test]
fn a_unit_larger_than_a_segment_gets_one_of_its_size() {
    on_both(|platform| {
        let journal = open(platform, &small(Durability::Synced));
        let large = vec![7; 100_000];
        journal
            .append(draft("a", b"small"), Durability::Synced)
            .unwrap();
        journal
            .append(draft("a", &large), Durability::Synced)
            .unwrap();
        journal
            .append(draft("a", b"small"), Durability::Synced)
            .unwrap();
        let unit: Vec<_> = (0..30).map(|_| draft("b", &[1; 500])).collect();
        journal.append_unit(unit, Durability::Synced).unwrap();
        assert_eq!(shown(journal.view())[1].payload, large);
        journal.close().unwrap();
        assert_eq!(read_only(platform).len(), 33);
        assert_eq!(findings(platform), Vec::<String>::new());
    });
}

#[test]
fn limits_hold_at_the_limit_and_one_beyond() {
    let options = Options {
        single_append_max_bytes: 100,
        batch_max_events: 3,
        batch_max_bytes: 250,
        ..Options::default()
    };
    let platform = SimDisk::new().platform();
    let journal = open(&platform, &options);
    let try_unit = |sizes: &[usize]| {
        let unit: Vec<_> = sizes
            .iter()
            .map(|size| draft("a", &vec![1; *size]))
            .collect();
        journal.append_unit(unit, Durability::Synced).is_ok()
    };
    assert!(try_unit(&[100]));
    assert!(!try_unit(&[101]));
    assert!(try_unit(&[100, 100, 50]));
    assert!(!try_unit(&[100, 100, 51]));
    assert!(!try_unit(&[1, 1, 1, 1]));
    assert!(try_unit(&[]));
    assert_eq!(journal.view().visible(), Sequence(4));
}

#[test]
fn time_never_goes_back_and_an_impossible_clock_is_refused() {
    let disk = SimDisk::new();
    let journal = open(&disk.platform(), &Options::default());
    let mut last = 0;
    for reading in [5_000_000, 4_000_000, 5_000_500, 1, 9_000_000] {
        disk.clock().set(reading);
        let committed = journal
            .append(draft("a", b"x"), Durability::Synced)
            .unwrap();
        assert!(committed.wall_us >= last, "{reading}");
        last = committed.wall_us;
    }
    for impossible in [-5, i64::MAX - 1_000_000] {
        disk.clock().set(impossible);
        let refused = journal.append(draft("a", b"x"), Durability::Synced);
        assert!(
            matches!(refused, Err(AppendError::InvalidClock { .. })),
            "{refused:?}"
        );
    }
    disk.clock().set(3_000_000);
    journal.close().unwrap();
    let (journal, report) = Journal::open(&disk.platform(), Options::default()).unwrap();
    assert!(report.clock_behind_us > 5_000_000, "{report:?}");
    assert!(
        journal
            .append(draft("a", b"x"), Durability::Synced)
            .unwrap()
            .wall_us
            >= last
    );
}

#[test]
fn submitted_units_become_visible_once_waited_for() {
    let platform = SimDisk::new().platform();
    let journal = open(&platform, &Options::default());
    let mut tickets: Vec<_> = (0..10_u8)
        .map(|number| journal.submit(vec![draft("a", &[number])]).unwrap())
        .collect();
    assert_eq!(journal.view().visible(), Sequence::NONE);
    assert!(tickets[0].try_check(Durability::Synced).is_none());
    let mut last = tickets.pop().unwrap();
    let last = last.wait(Durability::Synced).unwrap();
    assert_eq!(last[0].durability, Durability::Synced);
    assert_eq!(journal.view().visible(), Sequence(10));
    assert!(tickets[0].try_check(Durability::Synced).unwrap().is_ok());
}

#[test]
fn a_reader_beside_a_writer_sees_what_is_attested_and_then_everything() {
    let disk = SimDisk::new();
    let platform = disk.platform();
    let journal = open(&platform, &Options::default());
    for number in 0..5_u8 {
        journal
            .append(draft("a", &[number]), Durability::Synced)
            .unwrap();
    }
    let beside = read_only(&platform);
    assert_eq!(
        beside.len(),
        4,
        "the newest event is attested by the next frame"
    );
    for _ in 0..4 {
        disk.tasks().run_pending();
        disk.tasks().expire_delays();
    }
    assert_eq!(
        read_only(&platform).len(),
        5,
        "an idle writer leaves a durable mark"
    );
    journal
        .append(draft("a", b"x"), Durability::Synced)
        .unwrap();
    let arc = Arc::new(journal);
    assert_eq!(read_only(&platform).len(), 5);
    Arc::into_inner(arc).unwrap().close().unwrap();
    assert_eq!(read_only(&platform).len(), 6);
}
