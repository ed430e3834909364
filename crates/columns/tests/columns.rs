//! Columns, tables and lists against simple models, and beside threads that read.

#![cfg(test)]
#![cfg(not(loom))]

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;

use batpak_columns::{Dictionary, Lists, Log, Rows, Table};

/// Draws numbers from a seed.
struct Draws(u64);

impl Draws {
    fn below(&mut self, end: u32) -> u32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        u32::try_from(self.0 % u64::from(end)).unwrap()
    }
}

#[test]
fn rows_and_values_keep_their_numbers() {
    let (rows, log) = (Rows::<3>::new(), Log::new());
    for number in 0..5_000_u32 {
        let word = u64::from(number);
        assert_eq!(rows.push([word, word * word, !word]), number);
        assert_eq!(log.push(number.to_string()), number);
    }
    assert_eq!((rows.len(), log.len()), (5_000, 5_000));
    for number in 0..5_000 {
        let word = u64::from(number);
        assert_eq!(rows.get(number), Some([word, word * word, !word]));
        assert_eq!(log.get(number), Some(&number.to_string()));
    }
    assert_eq!(rows.get(5_000), None);
    assert_eq!(rows.get(u32::MAX), None);
    assert_eq!(log.get(5_000), None);
    assert_eq!(log.last().map(String::as_str), Some("4999"));
    assert_eq!(log.iter().count(), 5_000);
    let short = |value: &String| value.len() < 3;
    assert_eq!(log.partition_point(short), 100);
}

#[test]
fn rows_are_put_anywhere_behind_zeros_and_over_others() {
    let rows = Rows::<2>::new();
    rows.put(40, [1, 2]);
    assert_eq!(
        (rows.len(), rows.get(39), rows.get(40)),
        (41, Some([0, 0]), Some([1, 2]))
    );
    rows.put(39, [3, 4]);
    rows.put(40, [5, 6]);
    assert_eq!(
        (rows.len(), rows.get(39), rows.get(40)),
        (41, Some([3, 4]), Some([5, 6]))
    );
    assert_eq!(rows.push([7, 8]), 41);
}

#[test]
fn keys_have_the_numbers_of_their_first_appearance() {
    let mut draws = Draws(7);
    let dictionary = Dictionary::<Arc<str>>::new();
    let mut model = HashMap::new();
    for _ in 0..20_000 {
        let key = format!("key-{}", draws.below(5_000));
        let next = u32::try_from(model.len()).unwrap();
        let number = *model.entry(key.clone()).or_insert(next);
        assert_eq!(
            dictionary.number(key.as_str(), |key| Arc::from(key)),
            number
        );
        assert_eq!(dictionary.find(key.as_str()), Some(number));
        assert_eq!(dictionary.key(number).map(|key| &**key), Some(&*key));
    }
    assert_eq!(dictionary.len() as usize, model.len());
    assert_eq!(dictionary.find("key"), None);
}

/// Hashes that differ in nothing that a slot keeps.
#[test]
fn numbers_of_one_hash_are_told_apart() {
    let table = Table::new();
    for number in 0..1_000 {
        table.insert(u64::from(number), number);
    }
    for number in 0..1_000 {
        assert_eq!(table.find(0, |found| found == number), Some(number));
    }
    assert_eq!(table.find(0, |_| false), None);
    assert_eq!(table.find(1 << 32, |_| true), None);
}

#[test]
fn lists_are_walked_both_ways_from_anywhere() {
    let mut draws = Draws(11);
    let lists = Lists::new();
    let mut model: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    let mut item = 0;
    for _ in 0..3_000 {
        item += draws.below(3);
        let most = 1 + draws.below(40);
        let list = draws.below(most);
        lists.push(list, item);
        model.entry(list).or_default().push(item);
    }
    assert_eq!((lists.iter().count(), lists.items()), (3_000, 3_000));
    let behind: Vec<_> = lists.iter().skip(2_990).collect();
    assert_eq!(lists.iter_from(2_990).collect::<Vec<_>>(), behind);
    assert_eq!(lists.iter_from(3_001).count(), 0);
    for list in 0..45 {
        let items = model.remove(&list).unwrap_or_default();
        assert_eq!(lists.first(list), items.first().copied());
        assert_eq!(lists.last(list), items.last().copied());
        for bound in (0..item + 3).step_by(7).chain([u32::MAX]) {
            let from: Vec<u32> = items.iter().copied().filter(|at| *at >= bound).collect();
            assert_eq!(lists.ascending(list, bound).collect::<Vec<_>>(), from);
            let mut to: Vec<u32> = items.iter().copied().filter(|at| *at <= bound).collect();
            to.reverse();
            assert_eq!(lists.descending(list, bound).collect::<Vec<_>>(), to);
        }
    }
}

/// What a reader finds up to the mark is whole, whatever is appended meanwhile.
#[test]
fn readers_find_everything_up_to_the_mark() {
    const ITEMS: u32 = 200_000;
    let (rows, table, lists) = (Rows::<2>::new(), Table::new(), Lists::new());
    let dictionary = Dictionary::<u128>::new();
    let mark = AtomicU32::new(0);
    let key = |item: u32| u128::from(item % 997) << 64;
    let hash = |item: u32| u64::from(item).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    thread::scope(|scope| {
        for seed in 1..3 {
            let (rows, table, lists, dictionary, mark) =
                (&rows, &table, &lists, &dictionary, &mark);
            scope.spawn(move || {
                let mut draws = Draws(seed);
                loop {
                    let end = mark.load(Ordering::Acquire);
                    if end == 0 {
                        continue;
                    }
                    let item = draws.below(end);
                    let words = [u64::from(item), hash(item)];
                    assert_eq!(rows.get(item), Some(words));
                    assert_eq!(table.find(hash(item), |found| found == item), Some(item));
                    let list = dictionary.find(&key(item)).unwrap();
                    let ahead: Vec<u32> = lists.ascending(list, item).take(3).collect();
                    let expected = (0..3).map(|step| item + step * 997);
                    let known = expected.take_while(|next| *next < end).count();
                    assert!(ahead.len() >= known, "{item} of {end}: {ahead:?}");
                    assert!(
                        ahead
                            .iter()
                            .zip((item..).step_by(997))
                            .all(|(a, b)| *a == b)
                    );
                    let back: Vec<u32> = lists.descending(list, item).take(3).collect();
                    let expected = (0..3).map_while(|step| item.checked_sub(step * 997));
                    assert_eq!(back, expected.collect::<Vec<_>>());
                    if end == ITEMS {
                        return;
                    }
                }
            });
        }
        for item in 0..ITEMS {
            rows.push([u64::from(item), hash(item)]);
            table.insert(hash(item), item);
            lists.push(dictionary.number(&key(item), |key| *key), item);
            mark.store(item + 1, Ordering::Release);
        }
    });
}
