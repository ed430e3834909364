//! A projection by cache, step by step and from scratch, against a model.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use proptest::prelude::*;

use super::*;

const ENTITIES: [&str; 3] = ["a", "b", "c"];

/// What happens to a store and its cache.
#[derive(Clone, Debug)]
enum Step {
    Add(usize, i64),
    Double(usize),
    /// An event that no projection folds.
    Other(usize),
    Hide(u64, u64),
    Show(u64, u64),
    Project(usize),
    Reopen,
    /// Flips a bit of a cache file, both by any number.
    Flip(usize, usize),
    Cut(usize, usize),
    Remove(usize),
    /// Puts a cache file in the place of another one.
    Swap(usize, usize),
    /// Keeps the cache as it is, or brings back what was kept: states from earlier on.
    Keep,
    Restore,
}

fn step() -> impl Strategy<Value = Step> {
    let entity = 0..ENTITIES.len();
    prop_oneof![
        6 => (entity.clone(), -9..9_i64).prop_map(|(entity, amount)| Step::Add(entity, amount)),
        3 => entity.clone().prop_map(Step::Double),
        2 => entity.clone().prop_map(Step::Other),
        1 => (1..40_u64, 0..6_u64).prop_map(|(first, more)| Step::Hide(first, first + more)),
        1 => (1..40_u64, 0..9_u64).prop_map(|(first, more)| Step::Show(first, first + more)),
        6 => entity.prop_map(Step::Project),
        1 => Just(Step::Reopen),
        1 => any::<(usize, usize)>().prop_map(|(file, at)| Step::Flip(file, at)),
        1 => any::<(usize, usize)>().prop_map(|(file, at)| Step::Cut(file, at)),
        1 => any::<usize>().prop_map(Step::Remove),
        1 => any::<(usize, usize)>().prop_map(|(from, to)| Step::Swap(from, to)),
        1 => Just(Step::Keep),
        1 => Just(Step::Restore),
    ]
}

/// What was appended, and what of it is hidden.
#[derive(Default)]
struct Model {
    events: Vec<(usize, Option<i64>, bool)>,
    hidden: BTreeSet<u64>,
}

impl Model {
    fn expected(&self, entity: usize) -> Option<Sum> {
        let shown = (1..)
            .zip(&self.events)
            .filter(|(sequence, _)| !self.hidden.contains(sequence));
        let mut sum = None;
        for (_, (of, amount, folded)) in shown {
            if *of == entity && *folded {
                let sum: &mut Sum = sum.get_or_insert_with(Sum::default);
                match amount {
                    Some(amount) => sum.on_added(&added(*amount)),
                    None => sum.on_doubled(&Doubled {}),
                }
            }
        }
        sum
    }
}

/// The same fold, for a type that folds only whole streams.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Whole(Sum);

impl EventSourced for Whole {
    type Input = RawMsgpackInput;

    fn from_events(events: &[ProjectionEvent<Self>]) -> Option<Self> {
        Sum::from_events(events).map(Whole)
    }

    fn apply_event(&mut self, _: &ProjectionEvent<Self>) {
        panic!("a type that says it cannot go on is not asked to");
    }

    fn relevant_event_kinds() -> &'static [EventKind] {
        Sum::relevant_event_kinds()
    }
}

struct World {
    dir: TempDir,
    store: Option<Store>,
    model: Model,
    /// What a caller of `project_if_changed` knows of each stream.
    seen: [(u64, Option<Sum>); 3],
}

impl World {
    fn new() -> World {
        let mut world = World {
            dir: tempfile::tempdir().unwrap(),
            store: None,
            model: Model::default(),
            seen: Default::default(),
        };
        world.open();
        world
    }

    fn open(&mut self) {
        let config = StoreConfig::new(self.dir.path().join("events"));
        let config = config.with_durability(Durability::Written);
        let config = config.with_segment_max_bytes(4096);
        let states = self.dir.path().join("states");
        self.store = Some(Store::open_with_native_cache(config, states).unwrap());
    }

    fn store(&self) -> &Store {
        self.store.as_ref().unwrap()
    }

    fn run(&mut self, step: &Step) {
        match *step {
            Step::Add(entity, amount) => {
                add(self.store(), ENTITIES[entity], amount);
                self.model.events.push((entity, Some(amount), true));
            }
            Step::Double(entity) => {
                double(self.store(), ENTITIES[entity]);
                self.model.events.push((entity, None, true));
            }
            Step::Other(entity) => {
                let appended = self.store().append(&place(ENTITIES[entity]), KIND, &0);
                appended.unwrap();
                self.model.events.push((entity, None, false));
            }
            Step::Hide(first, last) if self.store().hide_range(first, last).is_ok() => {
                self.model.hidden.extend(first..=last);
            }
            Step::Show(first, last) if self.store().unhide_range(first, last).is_ok() => {
                self.model.hidden.retain(|at| !(first..=last).contains(at));
            }
            Step::Hide(..) | Step::Show(..) => {}
            Step::Project(entity) => self.check(entity),
            Step::Reopen => {
                self.store.take().unwrap().close().unwrap();
                self.open();
            }
            Step::Flip(file, at) => self.meddle(file, |path| {
                let mut bytes = fs::read(path).unwrap();
                if let Some(byte) = at.checked_rem(bytes.len()).and_then(|at| bytes.get_mut(at)) {
                    *byte ^= 1 << (at % 8);
                }
                fs::write(path, bytes).unwrap();
            }),
            Step::Cut(file, at) => self.meddle(file, |path| {
                let mut bytes = fs::read(path).unwrap();
                bytes.truncate(at % (bytes.len() + 1));
                fs::write(path, bytes).unwrap();
            }),
            Step::Remove(file) => self.meddle(file, |path| fs::remove_file(path).unwrap()),
            Step::Swap(from, to) => self.meddle(from, |path| {
                let bytes = fs::read(path).unwrap();
                self.meddle(to, |path| fs::write(path, &bytes).unwrap());
            }),
            Step::Keep => copy(
                &self.dir.path().join("states"),
                &self.dir.path().join("kept"),
            ),
            Step::Restore => copy(
                &self.dir.path().join("kept"),
                &self.dir.path().join("states"),
            ),
        }
    }

    fn meddle(&self, file: usize, meddle: impl FnOnce(&Path)) {
        let entries = fs::read_dir(self.dir.path().join("states")).unwrap();
        let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
        files.sort();
        if let Some(at) = file.checked_rem(files.len()) {
            meddle(&files[at]);
        }
    }

    fn check(&mut self, entity: usize) {
        let expected = self.model.expected(entity);
        let name = ENTITIES[entity];
        let store = self.store.as_ref().unwrap();
        let consistent = Freshness::Consistent;
        assert_eq!(store.project::<Sum>(name, &consistent).unwrap(), expected);
        let whole = store.project::<Whole>(name, &consistent).unwrap();
        assert_eq!(whole.map(|whole| whole.0), expected);
        let (scratch, whole) = store.project_fused2::<Sum, Whole>(name).unwrap();
        assert_eq!(scratch, expected);
        assert_eq!(whole.map(|whole| whole.0), expected);
        let (generation, state) = &mut self.seen[entity];
        let changed = store.project_if_changed::<Sum>(name, *generation, &consistent);
        if let Some((now, new)) = changed.unwrap() {
            (*generation, *state) = (now, new);
        }
        assert_eq!(*state, expected);
    }
}

fn copy(from: &Path, to: &Path) {
    let Ok(entries) = fs::read_dir(from) else {
        return;
    };
    fs::create_dir_all(to).unwrap();
    for entry in entries {
        let entry = entry.unwrap();
        fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 64,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn every_way_to_a_state_gives_the_same(steps in prop::collection::vec(step(), 1..60)) {
        let mut world = World::new();
        for step in &steps {
            world.run(step);
        }
        for entity in 0..ENTITIES.len() {
            world.check(entity);
        }
    }
}
