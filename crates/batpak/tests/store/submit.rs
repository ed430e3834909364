//! Submitting without waiting.

use std::time::Duration;

use super::*;

#[test]
fn four_threads_pipeline_and_every_ticket_tells_its_own_event() {
    let (dir, store) = new_store();
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let store = &store;
            scope.spawn(move || {
                let at = place(&format!("t:{thread}"));
                let tickets: Vec<_> = (0..250_u64)
                    .map(|number| store.submit(&at, KIND, &number).unwrap())
                    .collect();
                for (number, ticket) in (1..).zip(tickets) {
                    let receipt = ticket.wait().unwrap();
                    assert_eq!(receipt.stream_sequence(), number);
                    assert_eq!(receipt.durability(), Durability::Synced);
                }
            });
        }
    });
    assert_eq!(store.stats().global_sequence, 1000);
    store.close().unwrap();
    let store = open(&dir);
    for thread in 0..4 {
        let stream = store.scan_entity(&format!("t:{thread}")).events();
        let numbers: Vec<u64> = stream
            .map(|event| batpak::canonical::from_bytes(&event.unwrap().event.payload).unwrap())
            .collect();
        assert!(numbers.into_iter().eq(0..250));
    }
}

#[test]
fn a_dropped_ticket_cancels_nothing_and_the_last_one_speaks_for_all() {
    let (_dir, store) = new_store();
    for number in 0..9_u64 {
        drop(store.submit(&place("a"), KIND, &number).unwrap());
    }
    store
        .submit(&place("a"), KIND, &9_u64)
        .unwrap()
        .wait()
        .unwrap();
    assert!(numbers(&store).into_iter().eq(0..10));
}

#[test]
fn a_ticket_can_be_asked_and_waited_for_in_turn() {
    let disk = SimDisk::new();
    let store = open_sim(&disk);
    let ticket = store.submit(&place("a"), KIND, &1_u64).unwrap();
    assert!(ticket.try_check().is_none());
    assert_eq!(store.stats().event_count, 0);
    store.sync().unwrap();
    let checked = ticket.try_check().unwrap().unwrap();
    let waited = ticket.wait_timeout(Duration::ZERO).unwrap().unwrap();
    assert_eq!(checked, waited);
    let batch = store
        .submit_batch(vec![item("a", 2, AppendOptions::new())])
        .unwrap();
    assert!(batch.try_check().is_none());
    assert_eq!(batch.wait().unwrap().len(), 1);
    assert_eq!(numbers(&store), [1, 2]);
}

#[test]
fn what_was_submitted_is_there_after_a_close_without_a_wait() {
    let (dir, store) = new_store();
    for number in 0..5_u64 {
        store.submit_typed(&place("a"), &renamed()).unwrap();
        store.submit(&place("b"), KIND, &number).unwrap();
    }
    store.close().unwrap();
    assert_eq!(open_read_only(&dir).stats().event_count, 10);
}

#[test]
fn stores_tickets_and_scans_cross_threads() {
    fn shared<T: Send + Sync>() {}
    fn sent<T: Send>() {}
    shared::<Store>();
    shared::<Store<ReadOnly>>();
    shared::<AppendTicket>();
    sent::<batpak::Scan<'_>>();
}
