//! Something else at each of the store's names: it is never followed, waited for or written
//! through, the answer names it, and it stays as it is.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{FileTypeExt, MetadataExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use super::*;

/// What stands at a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Thing {
    Link,
    DanglingLink,
    HardLink,
    Fifo,
    Directory,
}
use Thing::{DanglingLink, Directory, Fifo, HardLink, Link};

const THINGS: [Thing; 5] = [Link, DanglingLink, HardLink, Fifo, Directory];

const IDENTITY: &str = "store.fbatm";
const LOCK: &str = ".batpak.lock";
const CLOSED: &str = "000002.fbat";
const NEWEST: &str = "000004.fbat";
const NEXT: &str = "000005.fbat.tmp";
const NEXT_IDENTITY: &str = "store.fbatm.tmp";
const INDEX: &str = "000001.fidx";

/// What comes of an open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    /// As if the thing were not there.
    Served,
    /// A typed error that names the thing, and nothing in the directory has changed.
    Refused,
    /// Everything but the events of the segment that the thing hides.
    ServedAround,
    /// It opens; the append that needs the name is refused with an error that names it.
    AppendRefused,
}
use Outcome::{AppendRefused, Refused, Served, ServedAround};

/// What an open for writing comes to.
fn writing(name: &str, thing: Thing) -> Outcome {
    match (name, thing) {
        // Only read: a backup that shares them is not changed.
        (CLOSED, HardLink) | (INDEX, _) => Served,
        (IDENTITY | LOCK | CLOSED | NEWEST, _) => Refused,
        // A name that does not lead anywhere by itself is given to a new file.
        (_, Directory) => AppendRefused,
        _ => Served,
    }
}

/// What an open for reading comes to.
fn reading(name: &str, thing: Thing) -> Outcome {
    match (name, thing) {
        (_, HardLink) => Served,
        (IDENTITY, _) => Refused,
        (CLOSED | NEWEST, _) => ServedAround,
        _ => Served,
    }
}

fn config(dir: &Path) -> StoreConfig {
    StoreConfig::new(dir).with_segment_max_bytes(2048)
}

/// Appends numbers until the directory has the segment; returns how many events there are.
fn append_until(store: &Store, name: &str, mut number: u64) -> u64 {
    while !store.path().join(name).exists() {
        append(store, number).unwrap();
        number += 1;
    }
    number
}

fn append(store: &Store, number: u64) -> Result<AppendReceipt, StoreError> {
    append_padded(store, number, 300)
}

/// A closed store of four segments, and how many events it has.
fn four_segments() -> (TempDir, u64) {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(config(dir.path())).unwrap();
    let count = append_until(&store, NEWEST, 0);
    store.close().unwrap();
    (dir, count)
}

/// What a directory shows without following anything: kind, inode and bytes of each name. The
/// facts in the lock file come and go.
fn looks(dir: &Path) -> BTreeMap<String, (u32, u64, Vec<u8>)> {
    let entries = fs::read_dir(dir).unwrap().map(Result::unwrap);
    entries
        .map(|entry| {
            let name = entry.file_name().into_string().unwrap();
            let facts = fs::symlink_metadata(entry.path()).unwrap();
            let bytes = match facts.is_file() && name != LOCK {
                true => fs::read(entry.path()).unwrap(),
                false => Vec::new(),
            };
            (name, (facts.mode(), facts.ino(), bytes))
        })
        .collect()
}

/// Puts the thing at the name; the file that a link leads to is outside of the store.
fn put(thing: Thing, at: &Path, outside: &Path) {
    let target = outside.join("victim");
    if at.exists() {
        fs::rename(at, &target).unwrap();
    } else {
        fs::write(&target, b"bytes of somebody else").unwrap();
    }
    match thing {
        Link => symlink(&target, at).unwrap(),
        DanglingLink => symlink(outside.join("nowhere"), at).unwrap(),
        HardLink => fs::hard_link(&target, at).unwrap(),
        Fifo => assert!(Command::new("mkfifo").arg(at).status().unwrap().success()),
        Directory => fs::create_dir(at).unwrap(),
    }
}

/// A store with the thing at the name.
struct Scene {
    dir: TempDir,
    outside: TempDir,
    count: u64,
    outside_before: BTreeMap<String, (u32, u64, Vec<u8>)>,
    at: PathBuf,
    case: String,
}

impl Scene {
    fn new(name: &str, thing: Thing) -> Scene {
        let (dir, count) = four_segments();
        let outside = tempfile::tempdir().unwrap();
        let at = dir.path().join(name);
        put(thing, &at, outside.path());
        Scene {
            outside_before: looks(outside.path()),
            case: format!("{thing:?} at {name}"),
            dir,
            outside,
            count,
            at,
        }
    }

    /// The error names the thing and nothing was committed.
    fn names(&self, error: &StoreError) {
        let name = self.at.file_name().unwrap().to_str().unwrap();
        let case = &self.case;
        assert!(error.to_string().contains(name), "{case}: {error}");
        assert!(
            matches!(
                error,
                StoreError::Io(_)
                    | StoreError::DataDirMalformed { .. }
                    | StoreError::StoreDamaged { .. }
            ),
            "{case}: {error:?}"
        );
        assert_eq!(
            error.commit_state(),
            batpak::store::CommitState::NotCommitted,
            "{case}: {error}"
        );
    }

    fn outside_is_untouched(&self) {
        let case = &self.case;
        let mut after = looks(self.outside.path());
        let mut before = self.outside_before.clone();
        // A hard link that was unlinked inside counts one name less, which is no part of this.
        for look in after.values_mut().chain(before.values_mut()) {
            look.0 &= !0o7777;
        }
        assert_eq!(after, before, "{case}");
    }
}

#[test]
fn a_writer_follows_and_changes_nothing_that_stands_at_its_names() {
    for name in [IDENTITY, LOCK, CLOSED, NEWEST, NEXT, INDEX] {
        for thing in THINGS {
            let scene = Scene::new(name, thing);
            let before = looks(scene.dir.path());
            let case = &scene.case;
            let opened = Store::open(config(scene.dir.path()));
            match writing(name, thing) {
                Refused => {
                    scene.names(&opened.map(drop).unwrap_err());
                    assert_eq!(looks(scene.dir.path()), before, "{case}");
                }
                Served => {
                    let store = opened.unwrap_or_else(|error| panic!("{case}: {error}"));
                    let count = append_until(&store, "000006.fbat", scene.count);
                    store.close().unwrap();
                    let store = Store::open_read_only(config(scene.dir.path())).unwrap();
                    assert_eq!(numbers(&store), (0..count).collect::<Vec<_>>(), "{case}");
                }
                AppendRefused => {
                    let store = opened.unwrap_or_else(|error| panic!("{case}: {error}"));
                    let mut count = scene.count;
                    let error = loop {
                        match append(&store, count) {
                            Ok(_) => count += 1,
                            Err(error) => break error,
                        }
                    };
                    scene.names(&error);
                    assert_eq!(numbers(&store), (0..count).collect::<Vec<_>>(), "{case}");
                    fs::remove_dir(&scene.at).unwrap();
                    append(&store, count).unwrap();
                    store.close().unwrap();
                }
                ServedAround => unreachable!("a writer serves everything or nothing"),
            }
            scene.outside_is_untouched();
        }
    }
}

#[test]
fn a_reader_follows_and_changes_nothing_that_stands_at_a_name() {
    for name in [IDENTITY, LOCK, CLOSED, NEWEST, NEXT, NEXT_IDENTITY, INDEX] {
        for thing in THINGS {
            let scene = Scene::new(name, thing);
            let before = looks(scene.dir.path());
            let case = &scene.case;
            let opened = Store::open_read_only(config(scene.dir.path()));
            match reading(name, thing) {
                Refused => scene.names(&opened.map(drop).unwrap_err()),
                outcome => {
                    let store = opened.unwrap_or_else(|error| panic!("{case}: {error}"));
                    let lost = &store.open_report().damage;
                    assert_eq!(lost.is_empty(), outcome == Served, "{case}: {lost:?}");
                    let readable = (1..=scene.count)
                        .filter(|sequence| store.event_at(*sequence).is_ok())
                        .count() as u64;
                    assert!(readable > scene.count / 2, "{case}");
                    assert_eq!(readable == scene.count, outcome == Served, "{case}");
                }
            }
            assert_eq!(looks(scene.dir.path()), before, "{case}");
            scene.outside_is_untouched();
        }
    }
}

/// The identity gets a larger file when the store has about fifty segments.
#[test]
fn a_writer_whose_identity_grows_follows_nothing() {
    for thing in THINGS {
        let dir = tempfile::tempdir().unwrap();
        let outside = tempfile::tempdir().unwrap();
        let store = Store::open(config(dir.path())).unwrap();
        let at = dir.path().join(NEXT_IDENTITY);
        put(thing, &at, outside.path());
        let before = looks(outside.path());
        let mut count = 0;
        let error = loop {
            if dir.path().join("000060.fbat").exists() {
                break None;
            }
            match append(&store, count) {
                Ok(_) => count += 1,
                Err(error) => break Some(error),
            }
        };
        assert_eq!(error.is_some(), thing == Directory, "{thing:?}: {error:?}");
        if let Some(error) = error {
            assert!(error.to_string().contains(NEXT_IDENTITY), "{error}");
            fs::remove_dir(&at).unwrap();
        }
        drop(store);
        assert_eq!(
            looks(outside.path())["victim"].2,
            before["victim"].2,
            "{thing:?}"
        );
        assert!(!outside.path().join("nowhere").exists());
        let store = Store::open(config(dir.path())).unwrap();
        let seen = numbers(&store);
        assert!(seen.len() as u64 >= count && seen.len() as u64 <= count + 1);
        append_until(&store, "000060.fbat", seen.len() as u64);
    }
}

#[test]
fn another_directory_under_the_same_path_gets_nothing_of_an_open_store() {
    let parent = tempfile::tempdir().unwrap();
    let (path, moved) = (parent.path().join("store"), parent.path().join("moved"));
    let store = Store::open(config(&path)).unwrap();
    let count = append_until(&store, "000002.fbat", 0);
    fs::rename(&path, &moved).unwrap();
    let (other, other_count) = four_segments();
    fs::rename(other.path(), &path).unwrap();
    let before = looks(&path);
    let mut count = count;
    while !moved.join("000006.fbat").exists() {
        append(&store, count).unwrap();
        count += 1;
    }
    store.close().unwrap();
    assert_eq!(looks(&path), before);
    let read = |path: &Path| numbers(&Store::open_read_only(config(path)).unwrap());
    assert_eq!(read(&moved), (0..count).collect::<Vec<_>>());
    assert_eq!(read(&path), (0..other_count).collect::<Vec<_>>());
}

#[test]
fn a_hard_link_that_is_refused_names_what_to_do() {
    let (dir, _) = four_segments();
    fs::hard_link(dir.path().join(NEWEST), dir.path().join("backup")).unwrap();
    let error = Store::open(config(dir.path())).map(drop).unwrap_err();
    let text = error.to_string();
    assert!(
        text.contains("hard link") && text.contains("copy"),
        "{text}"
    );
    assert_eq!(error.path().unwrap().file_name().unwrap(), NEWEST);
    // As the message says: a copy in its place, and the store opens.
    fs::remove_file(dir.path().join(NEWEST)).unwrap();
    fs::copy(dir.path().join("backup"), dir.path().join(NEWEST)).unwrap();
    Store::open(config(dir.path())).unwrap().close().unwrap();
}

#[test]
fn a_socket_is_no_file_either() {
    let (dir, count) = four_segments();
    let at = dir.path().join(INDEX);
    fs::remove_file(&at).unwrap();
    drop(std::os::unix::net::UnixListener::bind(&at).unwrap());
    assert!(fs::symlink_metadata(&at).unwrap().file_type().is_socket());
    Store::open(config(dir.path())).unwrap().close().unwrap();
    fs::rename(&at, dir.path().join("000005.fbat")).unwrap();
    let error = Store::open(config(dir.path())).map(drop).unwrap_err();
    assert!(matches!(error, StoreError::DataDirMalformed { .. }));
    let store = Store::open_read_only(config(dir.path())).unwrap();
    assert_eq!(numbers(&store).len() as u64, count);
}
