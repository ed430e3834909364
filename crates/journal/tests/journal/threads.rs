//! Many callers at once: one order, nothing lost, syncs shared.

use std::collections::HashSet;
use std::sync::Arc;
use std::thread;

use batpak_event::IdempotencyKey;
use batpak_journal::{Draft, Durability, ExpectedSequence, Journal, Options};
use batpak_platform::{Platform, RealDirectory};

use crate::support::{draft, findings, open, read_only, shown};

const THREADS: usize = 4;
const EVENTS: usize = 60;

/// A new journal in a directory that lasts as long as the first of these does.
fn begun(durability: Durability) -> (tempfile::TempDir, Platform, Arc<Journal>) {
    let directory = tempfile::tempdir().unwrap();
    let platform = Platform::real(RealDirectory::create(directory.path()).unwrap());
    let options = Options {
        durability,
        segment_max_bytes: 16 << 10,
        ..Options::default()
    };
    let journal = Arc::new(open(&platform, &options));
    (directory, platform, journal)
}

fn with_journal(durability: Durability, run: impl Fn(&Arc<Journal>)) {
    let (_directory, platform, journal) = begun(durability);
    run(&journal);
    let all = shown(journal.view());
    Arc::into_inner(journal).unwrap().close().unwrap();
    assert_eq!(read_only(&platform), all);
    assert_eq!(findings(&platform), Vec::<String>::new());
}

#[test]
fn appends_from_many_threads_form_one_order() {
    for durability in [Durability::Synced, Durability::Written] {
        with_journal(durability, |journal| {
            let threads: Vec<_> = (0..THREADS)
                .map(|number| {
                    let journal = Arc::clone(journal);
                    thread::spawn(move || {
                        let mut last = 0;
                        for _ in 0..EVENTS {
                            let draft = draft(&format!("e{number}"), &[1; 100]);
                            let committed = journal.append(draft, durability).unwrap();
                            assert!(committed.sequence.get() > last);
                            assert!(journal.view().visible() >= committed.sequence);
                            last = committed.sequence.get();
                        }
                    })
                })
                .collect();
            threads
                .into_iter()
                .for_each(|thread| thread.join().unwrap());
            let events = shown(journal.view());
            assert_eq!(events.len(), THREADS * EVENTS);
            assert!(
                (1..)
                    .zip(&events)
                    .all(|(number, event)| event.sequence == number)
            );
        });
    }
}

#[test]
fn one_of_many_creators_of_a_stream_wins() {
    with_journal(Durability::Synced, |journal| {
        for round in 0..20 {
            let threads: Vec<_> = (0..THREADS)
                .map(|_| {
                    let journal = Arc::clone(journal);
                    thread::spawn(move || {
                        let expected = ExpectedSequence::NoStream;
                        let draft = Draft {
                            expected,
                            ..draft(&format!("r{round}"), b"x")
                        };
                        journal.append(draft, Durability::Synced).is_ok()
                    })
                })
                .collect();
            let winners = threads
                .into_iter()
                .map(|thread| thread.join().unwrap())
                .filter(|won| *won);
            assert_eq!(winners.count(), 1);
        }
    });
}

#[test]
fn the_same_key_from_many_threads_is_one_event() {
    with_journal(Durability::Synced, |journal| {
        for round in 1..20_u128 {
            let threads: Vec<_> = (0..THREADS)
                .map(|_| {
                    let journal = Arc::clone(journal);
                    thread::spawn(move || {
                        let key = Some(IdempotencyKey::new(round));
                        let draft = Draft {
                            key,
                            ..draft("k", b"x")
                        };
                        journal.append(draft, Durability::Synced).unwrap().sequence
                    })
                })
                .collect();
            let sequences: HashSet<_> = threads
                .into_iter()
                .map(|thread| thread.join().unwrap())
                .collect();
            assert_eq!(sequences.len(), 1);
        }
        assert_eq!(shown(journal.view()).len(), 19);
    });
}

#[test]
fn readers_see_a_growing_prefix_while_writers_append() {
    with_journal(Durability::Written, |journal| {
        let writer = {
            let journal = Arc::clone(journal);
            thread::spawn(move || {
                for number in 0..600_u32 {
                    let draft = draft("a", &number.to_le_bytes());
                    journal.append(draft, Durability::Written).unwrap();
                }
            })
        };
        let mut seen = 0;
        while seen < 600 {
            let events = shown(journal.view());
            assert!(events.len() >= seen);
            seen = events.len();
            for (number, event) in (0_u32..).zip(&events) {
                assert_eq!(event.payload, number.to_le_bytes());
            }
        }
        writer.join().unwrap();
    });
}

#[test]
fn what_was_submitted_by_many_threads_and_forgotten_is_there_after_a_close() {
    for durability in [Durability::Synced, Durability::Written] {
        for dropped in [false, true] {
            let (_directory, platform, journal) = begun(durability);
            let threads: Vec<_> = (0..THREADS)
                .map(|number| {
                    let journal = Arc::clone(&journal);
                    thread::spawn(move || {
                        for _ in 0..EVENTS {
                            let draft = draft(&format!("e{number}"), &[1; 100]);
                            drop(journal.submit(vec![draft]).unwrap());
                        }
                    })
                })
                .collect();
            for thread in threads {
                thread.join().unwrap();
            }
            let journal = Arc::into_inner(journal).unwrap();
            if dropped {
                drop(journal);
            } else {
                journal.close().unwrap();
            }
            assert_eq!(read_only(&platform).len(), THREADS * EVENTS);
            assert_eq!(findings(&platform), Vec::<String>::new());
        }
    }
}
