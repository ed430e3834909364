//! A writer and a reader in every order of their steps.
//!
//! `RUSTFLAGS="--cfg loom" cargo test -p batpak-columns --release --test models`

#![cfg(test)]
#![cfg(loom)]

use batpak_columns::{Dictionary, Lists, Rows, Table};
use loom::sync::Arc;
use loom::sync::atomic::{AtomicU32, Ordering};
use loom::thread;

/// Appends `items` items to `shared`, raising the mark behind each, beside a reader that looks once.
fn explore<T: Send + Sync + 'static>(
    items: u32,
    make: fn() -> T,
    append: fn(&T, u32),
    look: fn(&T, u32),
) {
    loom::model(move || {
        let shared = Arc::new((make(), AtomicU32::new(0)));
        let writer = Arc::clone(&shared);
        let writer = thread::spawn(move || {
            for item in 0..items {
                append(&writer.0, item);
                writer.1.store(item + 1, Ordering::Release);
            }
        });
        let mark = shared.1.load(Ordering::Acquire);
        look(&shared.0, mark);
        writer.join().unwrap();
        look(&shared.0, items);
    });
}

#[test]
fn rows_below_the_mark_are_whole() {
    explore(
        3,
        Rows::<2>::new,
        |rows, item| {
            rows.push([u64::from(item), u64::from(!item)]);
        },
        |rows, mark| {
            assert!(rows.len() >= mark);
            for item in 0..rows.len() {
                assert_eq!(rows.get(item), Some([u64::from(item), u64::from(!item)]));
            }
        },
    );
}

#[test]
fn a_table_that_grows_keeps_what_is_in_it() {
    explore(
        3,
        Table::new,
        |table, item| table.insert(u64::from(item) << 32, item),
        |table, mark| {
            for item in 0..mark {
                let found = table.find(u64::from(item) << 32, |found| found == item);
                assert_eq!(found, Some(item));
            }
        },
    );
}

#[test]
fn keys_below_the_mark_are_found() {
    explore(
        3,
        Dictionary::<u32>::new,
        |dictionary, item| {
            dictionary.number(&(item % 2), |key| *key);
        },
        |dictionary, mark| {
            for key in 0..mark.min(2) {
                let number = dictionary.find(&key);
                assert_eq!(number, Some(key));
                assert_eq!(dictionary.key(key), Some(&key));
            }
        },
    );
}

#[test]
fn lists_are_whole_up_to_the_mark_in_both_directions() {
    explore(
        3,
        Lists::new,
        |lists, item| lists.push(item % 2, item),
        |lists, mark| {
            let Some(to) = mark.checked_sub(1) else {
                return;
            };
            for list in 0..2 {
                let expected: Vec<u32> = (0..mark).filter(|item| item % 2 == list).collect();
                let ahead = lists.ascending(list, 0).take_while(|item| *item < mark);
                assert_eq!(ahead.collect::<Vec<_>>(), expected);
                let mut back: Vec<u32> = lists.descending(list, to).collect();
                back.reverse();
                assert_eq!(back, expected);
            }
        },
    );
}
