//! Closing while others append: only the last owner can, and what was acknowledged is there.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use super::*;

const THREADS: u64 = 4;
const EVENTS: u64 = 40;

#[test]
fn a_store_that_others_append_to_cannot_be_closed_under_them() {
    let (dir, store) = new_store();
    let mut store = Arc::new(store);
    let appended = Arc::new(AtomicUsize::new(0));
    let threads: Vec<_> = (0..THREADS)
        .map(|thread| {
            let (store, appended) = (Arc::clone(&store), Arc::clone(&appended));
            thread::spawn(move || {
                for number in 0..EVENTS {
                    let place = place(&format!("e{thread}"));
                    store.append(&place, KIND, &number).unwrap();
                    appended.fetch_add(1, Ordering::SeqCst);
                }
            })
        })
        .collect();
    // Whoever has the last handle has the only one: there is no append to race with.
    let alone = loop {
        match Arc::try_unwrap(store) {
            Ok(alone) => break alone,
            Err(shared) => store = shared,
        }
        thread::yield_now();
    };
    assert_eq!(
        appended.load(Ordering::SeqCst) as u64,
        THREADS * EVENTS,
        "a handle was given up while its owner still appended"
    );
    alone.close().unwrap();
    threads
        .into_iter()
        .for_each(|thread| thread.join().unwrap());
    let store = open_read_only(&dir);
    assert!(store.open_report().clean);
    for thread in 0..THREADS {
        let stream = store.by_entity(&format!("e{thread}"));
        assert_eq!(stream.len() as u64, EVENTS);
    }
}

#[test]
fn tickets_that_outlive_a_closed_store_tell_what_became_of_their_events() {
    for drop_instead in [false, true] {
        let (dir, store) = new_store();
        let tickets: Vec<_> = (0..20_u64)
            .map(|number| store.submit(&place("a"), KIND, &number).unwrap())
            .collect();
        if drop_instead {
            drop(store);
        } else {
            store.close().unwrap();
        }
        for (number, ticket) in (1..).zip(tickets) {
            assert_eq!(ticket.wait().unwrap().sequence, number);
        }
        assert_eq!(
            numbers(&open_read_only(&dir)),
            (0..20).collect::<Vec<_>>(),
            "{drop_instead}"
        );
    }
}
