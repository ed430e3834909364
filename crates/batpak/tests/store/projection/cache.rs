//! Projections with a cache: what it saves, and what it never does.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};

use batpak::store::{CacheMeta, NativeCache, ProjectionCache};

use super::*;

/// A store beside its cache, both in one directory.
fn cached(dir: &TempDir) -> Store {
    Store::open_with_native_cache(config(dir), states(dir)).unwrap()
}

fn config(dir: &TempDir) -> StoreConfig {
    StoreConfig::new(dir.path().join("events"))
}

fn states(dir: &TempDir) -> PathBuf {
    dir.path().join("states")
}

fn files(dir: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(dir).unwrap();
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

fn sum<State>(store: &Store<State>, entity: &str) -> i64 {
    let sum = store.project::<Sum>(entity, &Freshness::Consistent);
    sum.unwrap().unwrap().value
}

/// Hits, advanced, absent, stale, damaged, failed.
fn counts<State>(store: &Store<State>) -> [u64; 6] {
    let report = store.cache_report();
    [
        report.hits,
        report.advanced,
        report.absent,
        report.stale,
        report.damaged,
        report.failed,
    ]
}

#[test]
fn a_state_is_taken_from_the_cache_and_brought_up_to_date() {
    let dir = tempfile::tempdir().unwrap();
    let store = cached(&dir);
    add(&store, "a", 5);
    assert_eq!(sum(&store, "a"), 5);
    assert_eq!(counts(&store), [0, 0, 1, 0, 0, 0]);
    assert_eq!(sum(&store, "a"), 5);
    assert_eq!(counts(&store), [1, 0, 1, 0, 0, 0]);
    add(&store, "b", 9);
    double(&store, "a");
    assert_eq!(sum(&store, "a"), 10);
    assert_eq!(counts(&store), [1, 1, 1, 0, 0, 0]);
    store.close().unwrap();

    let store = cached(&dir);
    assert_eq!(sum(&store, "a"), 10);
    assert_eq!(counts(&store), [1, 0, 0, 0, 0, 0]);
    let reader = Store::open_read_only_with_native_cache(config(&dir), states(&dir)).unwrap();
    assert_eq!(sum(&reader, "a"), 10);
    assert_eq!(counts(&reader), [1, 0, 0, 0, 0, 0]);
    assert_eq!(sum(&reader, "b"), 9);
    assert_eq!(sum(&store, "b"), 9);
    assert_eq!(counts(&store), [2, 0, 0, 0, 0, 0]);
}

#[test]
fn every_damage_of_a_cache_file_is_reported_and_replaced() {
    let dir = tempfile::tempdir().unwrap();
    let store = cached(&dir);
    add(&store, "a", 5);
    assert_eq!(sum(&store, "a"), 5);
    let [file] = files(&states(&dir)).try_into().unwrap();
    let whole = fs::read(&file).unwrap();
    let mut damages: Vec<Vec<u8>> = vec![
        Vec::new(),
        whole[..1].to_vec(),
        vec![0; whole.len()],
        b"somebody's notes".to_vec(),
    ];
    damages.extend((0..whole.len()).map(|at| {
        let mut flipped = whole.clone();
        flipped[at] ^= 0x10;
        flipped
    }));
    damages.extend((0..whole.len()).step_by(7).map(|at| whole[..at].to_vec()));
    for (number, damage) in (1..).zip(&damages) {
        fs::write(&file, damage).unwrap();
        assert_eq!(sum(&store, "a"), 5);
        let report = store.cache_report();
        assert_eq!(report.damaged, number);
        let problem = report.last_problem.unwrap();
        assert!(problem.contains(file.to_str().unwrap()), "{problem}");
        assert_eq!(sum(&store, "a"), 5);
        assert_eq!(store.cache_report().hits, number);
    }
}

#[test]
fn what_stands_in_the_place_of_a_cache_file_is_no_error() {
    let dir = tempfile::tempdir().unwrap();
    let store = cached(&dir);
    add(&store, "a", 5);
    add(&store, "b", 6);
    assert_eq!((sum(&store, "a"), sum(&store, "b")), (5, 6));
    let [first, second] = files(&states(&dir)).try_into().unwrap();
    fs::copy(&first, &second).unwrap();
    assert_eq!((sum(&store, "a"), sum(&store, "b")), (5, 6));
    assert_eq!(store.cache_report().damaged, 1);

    fs::remove_file(&first).unwrap();
    fs::create_dir(&first).unwrap();
    fs::write(first.join("file"), b"").unwrap();
    for _ in 0..2 {
        assert_eq!((sum(&store, "a"), sum(&store, "b")), (5, 6));
    }
    let report = store.cache_report();
    assert_eq!((report.damaged, report.failed), (1, 4), "{report:?}");
}

#[test]
fn states_of_types_versions_streams_and_stores_are_apart() {
    mod newer {
        use super::*;

        #[derive(Debug, Default, Serialize, Deserialize, EventSourced)]
        #[batpak(input = RawMsgpackInput, cache_version = 4)]
        #[batpak(event = Added, handler = on_added)]
        #[batpak(event = Doubled, handler = on_doubled)]
        pub(super) struct Sum {
            value: i64,
            events: u64,
        }

        impl Sum {
            fn on_added(&mut self, _: &Added) {
                self.events += 1;
            }

            fn on_doubled(&mut self, _: &Doubled) {}

            pub(super) fn value(&self) -> i64 {
                self.value
            }
        }
    }
    let dir = tempfile::tempdir().unwrap();
    let store = cached(&dir);
    add(&store, "a", 5);
    add(&store, "b", 6);
    for _ in 0..2 {
        assert_eq!((sum(&store, "a"), sum(&store, "b")), (5, 6));
        let newer = store.project::<newer::Sum>("a", &Freshness::Consistent);
        assert_eq!(newer.unwrap().unwrap().value(), 0);
    }
    assert_eq!(files(&states(&dir)).len(), 3);

    let other = tempfile::tempdir().unwrap();
    let other = Store::open_with_native_cache(config(&other), states(&dir)).unwrap();
    add(&other, "a", 70);
    assert_eq!((sum(&other, "a"), sum(&store, "a")), (70, 5));
    assert_eq!(files(&states(&dir)).len(), 4);
}

#[test]
fn a_state_of_events_that_were_lost_is_not_used() {
    for appended_since in [false, true] {
        let dir = tempfile::tempdir().unwrap();
        let store = cached(&dir);
        add(&store, "a", 1);
        store.close().unwrap();
        let events = config(&dir).data_dir().to_owned();
        let earlier: Vec<_> = files(&events)
            .into_iter()
            .map(|file| (file.clone(), fs::read(file).unwrap()))
            .collect();
        let store = cached(&dir);
        add(&store, "a", 10);
        assert_eq!(sum(&store, "a"), 11);
        store.close().unwrap();

        // As a power cut leaves a store whose events were never synced.
        for file in files(&events) {
            fs::remove_file(file).unwrap();
        }
        for (file, bytes) in earlier {
            fs::write(file, bytes).unwrap();
        }
        let store = cached(&dir);
        if appended_since {
            // The same sequence, and another event in its place.
            add(&store, "a", 100);
        }
        assert_eq!(sum(&store, "a"), if appended_since { 101 } else { 1 });
        assert_eq!(store.cache_report().stale, 1);
    }
}

#[test]
fn hiding_and_showing_makes_a_state_stale() {
    let dir = tempfile::tempdir().unwrap();
    let store = cached(&dir);
    for amount in [1, 10, 100] {
        add(&store, "a", amount);
    }
    assert_eq!(sum(&store, "a"), 111);
    store.hide_range(2, 2).unwrap();
    assert_eq!(sum(&store, "a"), 101);
    store.hide_range(3, 3).unwrap();
    assert_eq!(sum(&store, "a"), 1);
    // Its newest event is before what is shown now: nothing up to there changed.
    store.unhide_range(3, 3).unwrap();
    assert_eq!(sum(&store, "a"), 101);
    store.unhide_range(2, 2).unwrap();
    assert_eq!(sum(&store, "a"), 111);
    let stale = Freshness::MaybeStale {
        max_stale_ms: u64::MAX,
    };
    store.hide_range(1, 1).unwrap();
    let state = store.project::<Sum>("a", &stale).unwrap();
    assert_eq!(state.unwrap().value, 110);
}

#[test]
fn an_old_state_will_do_for_as_long_as_the_caller_says() {
    let now = Arc::new(AtomicI64::new(1_700_000_000_000_000));
    let clock = Arc::clone(&now);
    let dir = tempfile::tempdir().unwrap();
    let config = config(&dir).with_clock_fn(move || clock.load(Ordering::SeqCst));
    let store = Store::open_with_native_cache(config, states(&dir)).unwrap();
    let stale = Freshness::MaybeStale { max_stale_ms: 10 };
    let value = || store.project::<Sum>("a", &stale).unwrap().unwrap().value;
    add(&store, "a", 1);
    assert_eq!(value(), 1);
    add(&store, "a", 10);
    now.fetch_add(9_999, Ordering::SeqCst);
    assert_eq!(value(), 1);
    now.fetch_add(1, Ordering::SeqCst);
    assert_eq!(value(), 11);
    add(&store, "a", 100);
    assert_eq!(value(), 11);
    assert_eq!(sum(&store, "a"), 111);
    // The age of a state of the future is not known.
    add(&store, "a", 1000);
    now.fetch_sub(1, Ordering::SeqCst);
    assert_eq!(value(), 1111);
}

/// A cache that fails, or returns what was put last, whatever the key.
#[derive(Clone, Default)]
struct Unreliable {
    fails: bool,
    last: Arc<Mutex<Option<Vec<u8>>>>,
}

impl Unreliable {
    fn answer<T>(&self, answer: T) -> Result<T, StoreError> {
        match self.fails {
            true => Err(StoreError::CacheFailed("as ordered".into())),
            false => Ok(answer),
        }
    }
}

impl ProjectionCache for Unreliable {
    fn get(&self, _: &[u8]) -> Result<Option<(Vec<u8>, CacheMeta)>, StoreError> {
        let last = self.last.lock().unwrap().clone();
        self.answer(last.map(|value| (value, CacheMeta::new(0, 0))))
    }

    fn put(&self, _: &[u8], value: &[u8], _: CacheMeta) -> Result<(), StoreError> {
        *self.last.lock().unwrap() = Some(value.to_vec());
        self.answer(())
    }

    fn delete_prefix(&self, _: &[u8]) -> Result<u64, StoreError> {
        self.answer(0)
    }
}

#[test]
fn a_cache_that_fails_or_lies_costs_time_only() {
    for fails in [true, false] {
        let dir = tempfile::tempdir().unwrap();
        let cache = Unreliable {
            fails,
            ..Unreliable::default()
        };
        let last = Arc::clone(&cache.last);
        let store = Store::open_with_cache(config(&dir), Box::new(cache)).unwrap();
        for (entity, amount) in [("a", 5), ("b", 6)] {
            add(&store, entity, amount);
        }
        for _ in 0..3 {
            assert_eq!((sum(&store, "a"), sum(&store, "b")), (5, 6));
        }
        let report = store.cache_report();
        let expected = match fails {
            true => [0, 0, 0, 0, 0, 12],
            false => [0, 0, 1, 0, 5, 0],
        };
        assert_eq!(counts(&store), expected, "{report:?}");
        *last.lock().unwrap() = Some(b"short".to_vec());
        assert_eq!(sum(&store, "a"), 5);
    }
}

#[test]
fn a_state_that_cannot_be_encoded_is_folded_each_time() {
    #[derive(Debug, Default, Serialize, Deserialize, EventSourced)]
    #[batpak(input = RawMsgpackInput)]
    #[batpak(event = Added, handler = on_added)]
    struct Refusing {
        #[serde(serialize_with = "refuse")]
        value: i64,
    }

    fn refuse<S: serde::Serializer>(_: &i64, _: S) -> Result<S::Ok, S::Error> {
        Err(serde::ser::Error::custom("refused"))
    }

    impl Refusing {
        fn on_added(&mut self, added: &Added) {
            self.value += added.amount;
        }
    }

    let dir = tempfile::tempdir().unwrap();
    let store = cached(&dir);
    add(&store, "a", 5);
    for failures in 1..3 {
        let state = store.project::<Refusing>("a", &Freshness::Consistent);
        assert_eq!(state.unwrap().unwrap().value, 5);
        assert_eq!(store.cache_report().failed, failures);
    }
}

#[test]
fn a_native_cache_drops_the_states_of_one_stream_and_cleans_up_after_a_kill() {
    let dir = tempfile::tempdir().unwrap();
    let store = cached(&dir);
    for (entity, amount) in [("a", 5), ("ab", 6)] {
        add(&store, entity, amount);
        assert_eq!(sum(&store, entity), amount);
    }
    let cache = store.projection_cache();
    cache.sync().unwrap();
    assert_eq!(cache.delete_prefix(b"a\0").unwrap(), 1);
    assert_eq!(cache.delete_prefix(b"a\0").unwrap(), 0);
    assert_eq!(files(&states(&dir)).len(), 1);
    cache.sync().unwrap();
    assert_eq!(sum(&store, "a"), 5);

    let left = states(&dir).join("0011.state.7.state.tmp");
    let foreign = states(&dir).join("notes.tmp");
    fs::write(&left, b"half").unwrap();
    fs::write(&foreign, b"mine").unwrap();
    NativeCache::open(states(&dir)).unwrap();
    assert!(!left.exists() && foreign.exists());
}

#[test]
fn a_cache_in_the_directory_of_its_store_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let refused = Store::open_with_native_cache(config(&dir), config(&dir).data_dir());
    assert!(matches!(refused, Err(StoreError::Configuration(_))));
    assert!(!config(&dir).data_dir().exists());

    let file = dir.path().join("file");
    fs::write(&file, b"").unwrap();
    let refused = Store::open_with_native_cache(config(&dir), &file);
    let error = refused.err().unwrap();
    assert!(matches!(error, StoreError::CacheFailed(_)), "{error}");
    assert!(error.io_context().unwrap().path().ends_with("file"));
    // The store was closed again.
    cached(&dir);
}
