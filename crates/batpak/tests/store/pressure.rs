//! Submitting without waiting, and how much waits to be written.

use std::thread;
use std::time::Duration;

use batpak::outcome::Outcome;
use batpak::store::WriterPressure;

use super::*;

/// A store on a disk without background work, whose writer is busy from so many events on.
fn busy_from(capacity: usize, percent: u8) -> (SimDisk, Store) {
    let disk = SimDisk::new();
    let config = StoreConfig::new("/sim")
        .with_writer_channel_capacity(capacity)
        .with_pressure_retry_threshold_pct(percent);
    let store = Store::open_on(config, disk.platform()).unwrap();
    (disk, store)
}

fn ticket<T: std::fmt::Debug>(outcome: Result<Outcome<T>, StoreError>) -> T {
    match outcome.unwrap() {
        Outcome::Ok(ticket) => ticket,
        other => panic!("{other:?}"),
    }
}

fn retry<T: std::fmt::Debug>(outcome: Result<Outcome<T>, StoreError>) -> String {
    match outcome.unwrap() {
        Outcome::Retry {
            after_ms: 10,
            attempt: 1,
            max_attempts: 1,
            reason,
        } => reason,
        other => panic!("{other:?}"),
    }
}

#[test]
fn at_the_threshold_a_submit_is_to_be_tried_again_and_nothing_is_written() {
    let (disk, store) = busy_from(10, 35);
    assert!(store.writer_pressure().is_idle());
    let tickets: Vec<_> = (0..4_u64)
        .map(|number| ticket(store.try_submit(&place("a"), KIND, &number)))
        .collect();
    let queue_len = 4;
    let capacity = 10;
    let full = WriterPressure {
        queue_len,
        capacity,
    };
    assert_eq!(store.writer_pressure(), full);
    assert_eq!((full.headroom(), full.is_idle()), (6, false));
    let calls = disk.calls();
    let (coordinate, cause) = (place("a"), EventId::new(1));
    let (correlation, causation) = (cause.into(), cause.into());
    let reasons = [
        retry(store.try_submit(&coordinate, KIND, &4_u64)),
        retry(store.try_submit_typed(&coordinate, &renamed())),
        retry(store.try_submit_reaction(&coordinate, KIND, &4_u64, correlation, causation)),
        retry(store.try_submit_reaction_typed(&coordinate, &renamed(), correlation, causation)),
        retry(store.try_submit_item(item("a", 4, AppendOptions::new()))),
        retry(store.try_submit_batch(vec![item("a", 4, AppendOptions::new())])),
    ];
    for reason in reasons {
        let needle = "4 events are queued, the capacity is 10";
        assert!(reason.contains(needle), "{reason}");
    }
    assert_eq!((disk.calls(), store.writer_pressure()), (calls, full));
    for ticket in tickets {
        ticket.wait().unwrap();
    }
    assert!(store.writer_pressure().is_idle());
    assert_eq!(numbers(&store), [0, 1, 2, 3]);
}

#[test]
fn every_form_submits_what_its_name_says() {
    let (_disk, store) = busy_from(4096, 75);
    let cause = store.append(&place("a"), KIND, &0_u64).unwrap().event_id;
    let (coordinate, talk) = (place("a"), EventId::new(9).into());
    ticket(store.try_submit_typed(&coordinate, &renamed()));
    ticket(store.try_submit_reaction(&coordinate, KIND, &4_u64, talk, cause.into()));
    ticket(store.try_submit_reaction_typed(&coordinate, &renamed(), talk, cause.into()));
    let items = vec![
        item("b", 5, AppendOptions::new()),
        item("b", 6, AppendOptions::new()),
    ];
    assert_eq!(
        ticket(store.try_submit_batch(items)).wait().unwrap().len(),
        2
    );
    let reaction = store.submit_reaction(&coordinate, KIND, &4_u64, talk, cause.into());
    reaction.unwrap().wait().unwrap();
    let reaction = store.submit_reaction_typed(&coordinate, &renamed(), talk, cause.into());
    reaction.unwrap().wait().unwrap();
    let entries = store.query(&Region::all());
    let facts = |entry: &IndexEntry| (entry.event_kind(), entry.is_caused_by(cause));
    let facts: Vec<_> = entries.iter().map(facts).collect();
    let (plain, typed) = (KIND, Renamed::KIND);
    let expected = [
        (plain, false),
        (typed, false),
        (plain, true),
        (typed, true),
        (plain, false),
        (plain, false),
        (plain, true),
        (typed, true),
    ];
    assert_eq!(facts, expected);
    let talks = entries
        .iter()
        .filter(|entry| entry.correlation_id() == talk);
    assert_eq!(talks.count(), 4);
}

#[test]
fn a_batch_is_admitted_as_a_whole_and_everybody_else_keeps_to_the_capacity() {
    let (_disk, store) = busy_from(3, 100);
    let items = |count| (0..count).map(|number| item("a", number, AppendOptions::new()));
    drop(ticket(store.try_submit_batch(items(2).collect())));
    // There is room for one more, and the batch has two.
    assert!(retry(store.try_submit_batch(items(2).collect())).contains("2 events are queued"));
    drop(ticket(store.try_submit(&place("a"), KIND, &9_u64)));
    for number in 0..20_u64 {
        drop(store.submit(&place("b"), KIND, &number).unwrap());
        assert!(store.writer_pressure().queue_len <= 3);
    }
    store.sync().unwrap();
    let large = ticket(store.try_submit_batch(items(9).collect()));
    let pressure = store.writer_pressure();
    assert_eq!((pressure.queue_len, pressure.headroom()), (9, 0));
    assert!(pressure.utilization() > 2.9);
    large.wait().unwrap();
    assert_eq!(store.stats().event_count, 32);
}

#[test]
fn what_would_wait_for_an_event_is_tried_again() {
    let (_disk, store) = busy_from(100, 100);
    let keyed = |number| {
        let key = IdempotencyKey::for_operation("order", &["17"]);
        item("a", number, AppendOptions::new().with_idempotency(key))
    };
    drop(ticket(store.try_submit_item(keyed(1))));
    retry(store.try_submit_item(keyed(1)));
    retry(store.try_submit_item(item("a", 2, AppendOptions::new().with_cas(0))));
    store.sync().unwrap();
    assert!(
        ticket(store.try_submit_item(keyed(1)))
            .wait()
            .unwrap()
            .is_duplicate()
    );
    let mismatch = store.try_submit_item(item("a", 2, AppendOptions::new().with_cas(0)));
    assert!(matches!(mismatch, Err(StoreError::SequenceMismatch { .. })));
    let conflict = store.try_submit_item(keyed(2));
    assert!(matches!(conflict, Err(StoreError::KeyConflict { .. })));
    let reserved = store.try_submit(&place("a"), EventKind::SYSTEM_DENIAL, &1_u64);
    assert!(matches!(reserved, Err(StoreError::ReservedKind { .. })));
}

/// Nobody waits for anything, and all of it is written all the same, in the background.
#[test]
fn whoever_only_tries_again_gets_through() {
    for durability in [Durability::Synced, Durability::Written] {
        let dir = tempfile::tempdir().unwrap();
        let config = StoreConfig::new(dir.path())
            .with_durability(durability)
            .with_writer_channel_capacity(32)
            .with_segment_max_bytes(64 << 10);
        let store = Store::open(config).unwrap();
        thread::scope(|scope| {
            for thread in 0..4 {
                let store = &store;
                scope.spawn(move || {
                    let at = place(&format!("t:{thread}"));
                    for number in 0..400_u64 {
                        let mut tries = 0;
                        while let Outcome::Retry { .. } =
                            store.try_submit(&at, KIND, &number).unwrap()
                        {
                            thread::sleep(Duration::from_millis(1));
                            tries += 1;
                            assert!(tries < 20_000, "{number}");
                        }
                    }
                });
            }
        });
        store.close().unwrap();
        let store = open_read_only(&dir);
        assert_eq!(store.stats().event_count, 1600);
        for thread in 0..4 {
            let stream = store.scan_entity(&format!("t:{thread}")).events();
            let numbers = stream
                .map(|event| batpak::canonical::from_bytes::<u64>(&event.unwrap().event.payload));
            assert!(numbers.map(Result::unwrap).eq(0..400));
        }
    }
}
