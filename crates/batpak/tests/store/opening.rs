//! Opening, closing, and who may have a directory when.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use batpak::store::{FileClass, StoreLockMode, lock_owner};

use super::*;

/// Every file with its bytes.
fn files(dir: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = fs::read_dir(dir).unwrap().map(Result::unwrap);
    entries
        .map(|entry| {
            let name = entry.file_name().into_string().unwrap();
            (name, fs::read(entry.path()).unwrap())
        })
        .collect()
}

#[test]
fn a_store_is_created_closed_and_opened_again() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("new/store");
    let store = Store::open(StoreConfig::new(&path)).unwrap();
    assert!(store.open_report().created);
    assert_eq!((store.stats().event_count, store.epoch().get()), (0, 1));
    let (lineage, branch) = (store.lineage(), store.branch());
    store.append(&place("a"), KIND, &1).unwrap();
    assert_eq!(store.close().unwrap(), store_closed());
    let store = Store::open(StoreConfig::new(&path)).unwrap();
    let report = store.open_report();
    assert!(report.clean && !report.created);
    assert_eq!((report.events, store.epoch().get()), (1, 2));
    assert_eq!((store.lineage(), store.branch()), (lineage, branch));
    assert_eq!(store.path(), path);
}

/// A closed store, as another one returns it.
fn store_closed() -> Closed {
    let (_dir, store) = new_store();
    store.close().unwrap()
}

#[test]
fn a_bad_configuration_is_refused_before_the_directory_is_touched() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("absent");
    let bad = || StoreConfig::new(&path).with_batch_max_size(0);
    for error in [
        Store::open(bad()).map(drop).unwrap_err(),
        Store::open_read_only(bad()).map(drop).unwrap_err(),
    ] {
        assert!(matches!(error, StoreError::Configuration(_)), "{error}");
    }
    assert!(!path.exists());
}

#[test]
fn reading_creates_and_changes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let absent = dir.path().join("absent");
    let file = dir.path().join("file");
    fs::write(&file, b"text").unwrap();
    let empty = dir.path().join("empty");
    fs::create_dir(&empty).unwrap();
    for path in [&absent, &file, &empty] {
        let error = Store::open_read_only(StoreConfig::new(path))
            .map(drop)
            .unwrap_err();
        assert!(
            matches!(&error, StoreError::NotAStore { path: named } if named == path),
            "{error}"
        );
        let verified = batpak::store::verify(path, &mut |_| {});
        assert!(matches!(verified, Err(StoreError::NotAStore { .. })));
    }
    assert!(!absent.exists() && files(&empty).is_empty());

    let (dir, store) = new_store();
    store.append(&place("a"), KIND, &1).unwrap();
    store.close().unwrap();
    let before = files(dir.path());
    let store = open_read_only(&dir);
    assert_eq!(numbers(&store), [1]);
    store.get(store.by_entity("a")[0].event_id()).unwrap();
    drop(store);
    assert_eq!(files(dir.path()), before);
}

#[test]
fn readers_work_beside_a_writer_and_see_what_is_durable() {
    let (dir, store) = new_store();
    store.append(&place("a"), KIND, &1_u64).unwrap();
    store.append(&place("a"), KIND, &2_u64).unwrap();
    let readers = [open_read_only(&dir), open_read_only(&dir)];
    for reader in &readers {
        assert!(reader.open_report().live_writer);
        let seen = numbers(reader);
        assert!([1, 2].starts_with(&seen), "{seen:?}");
    }
    store.append(&place("a"), KIND, &3_u64).unwrap();
    store.close().unwrap();
    assert_eq!(numbers(&open_read_only(&dir)), [1, 2, 3]);
}

#[test]
fn a_second_writer_is_refused_also_when_the_lock_file_is_gone() {
    let (dir, store) = new_store();
    let refused = || {
        let error = Store::open(StoreConfig::new(dir.path()))
            .map(drop)
            .unwrap_err();
        assert!(
            matches!(&error, StoreError::StoreLocked { path, mode: StoreLockMode::Mutable }
                if path == dir.path()),
            "{error}"
        );
    };
    refused();
    let owner = lock_owner(dir.path()).unwrap().unwrap();
    assert_eq!(owner.process, std::process::id());
    fs::remove_file(dir.path().join(".batpak.lock")).unwrap();
    refused();
    store.append(&place("a"), KIND, &1).unwrap();
    store.close().unwrap();
    assert_eq!(lock_owner(dir.path()).unwrap(), None);
    assert_eq!(open(&dir).stats().event_count, 1);
}

#[test]
fn a_directory_with_other_files_is_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("notes.txt"), b"mine").unwrap();
    let error = Store::open(StoreConfig::new(dir.path()))
        .map(drop)
        .unwrap_err();
    assert!(matches!(error, StoreError::NotAStore { .. }), "{error}");
    assert_eq!(fs::read(dir.path().join("notes.txt")).unwrap(), b"mine");
}

#[test]
fn a_store_that_was_dropped_keeps_what_was_acknowledged() {
    let (dir, store) = new_store();
    for number in 0..5_u64 {
        store.append(&place("a"), KIND, &number).unwrap();
    }
    drop(store);
    let store = open(&dir);
    assert!(!store.open_report().clean);
    assert_eq!(numbers(&store), [0, 1, 2, 3, 4]);
}

#[test]
fn usage_names_every_file_with_its_class() {
    let dir = tempfile::tempdir().unwrap();
    let config = StoreConfig::new(dir.path()).with_segment_max_bytes(64 << 10);
    let store = Store::open(config).unwrap();
    let payload = "x".repeat(10_000);
    for _ in 0..40 {
        store.submit(&place("a"), KIND, &payload).unwrap();
    }
    store.sync().unwrap();
    fs::write(dir.path().join("notes.txt"), b"mine").unwrap();
    let usage = store.usage().unwrap();
    let class = |name: &str| {
        usage
            .files
            .iter()
            .find(|file| file.name == name)
            .map(|file| file.class)
    };
    assert_eq!(class("000001.fbat"), Some(FileClass::Segment));
    assert_eq!(class("store.fbatm"), Some(FileClass::Identity));
    assert_eq!(class(".batpak.lock"), Some(FileClass::Lock));
    assert_eq!(class("notes.txt"), Some(FileClass::Other));
    assert!(usage.segments > 1 && usage.free_bytes.is_some());
    assert_eq!(usage.streams, 1);
    let on_disk: u64 = files(dir.path())
        .values()
        .map(|bytes| bytes.len() as u64)
        .sum();
    let counted: u64 = usage.files.iter().map(|file| file.bytes).sum();
    assert!(
        counted <= on_disk && counted > 400_000,
        "{counted} of {on_disk}"
    );
}

#[test]
fn a_locked_store_is_named_by_its_one_path_whatever_alias_was_opened() {
    let (dir, store) = new_store();
    let elsewhere = tempfile::tempdir().unwrap();
    let alias = elsewhere.path().join("alias");
    std::os::unix::fs::symlink(dir.path(), &alias).unwrap();
    let error = Store::open(StoreConfig::new(&alias)).map(drop).unwrap_err();
    let expected = fs::canonicalize(dir.path()).unwrap();
    assert!(
        matches!(&error, StoreError::StoreLocked { path, .. } if *path == expected),
        "{error}"
    );
    store.close().unwrap();
}

#[test]
fn a_reader_moves_forward_beside_a_writer_and_knows_of_it() {
    let (dir, writer) = new_store();
    writer.append(&place("a"), KIND, &1).unwrap();
    writer.append(&place("a"), KIND, &2).unwrap();
    let reader = Store::open_read_only(StoreConfig::new(dir.path())).unwrap();
    assert!(reader.is_live().unwrap());
    let before = reader.stats().global_sequence;
    writer.append(&place("a"), KIND, &3).unwrap();
    writer.append(&place("b"), KIND, &4).unwrap();
    assert_eq!(reader.stats().global_sequence, before);
    assert!(reader.refresh().unwrap() >= 3);
    writer.close().unwrap();
    assert!(!reader.is_live().unwrap());
    assert_eq!(reader.refresh().unwrap(), 4);
    assert_eq!(reader.query(&Region::all()).len(), 4);
}

#[test]
fn damage_is_accepted_by_its_digest_and_by_no_other() {
    let (dir, store) = new_store();
    for number in 0..3 {
        store.append(&place("a"), KIND, &number).unwrap();
    }
    store.close().unwrap();
    let segment = dir.path().join("000001.fbat");
    let mut bytes = fs::read(&segment).unwrap();
    bytes[256 + 48 + 130] ^= 1;
    fs::write(&segment, bytes).unwrap();
    let config = || StoreConfig::new(dir.path());
    let reader = Store::open_read_only(config()).unwrap();
    let digest = reader.open_report().damage_digest().unwrap();
    assert!(Store::open(config()).is_err());
    let text = digest.to_string();
    assert_eq!(text.parse(), Ok(digest));
    let store = Store::open(config().accept_damage(digest)).unwrap();
    assert_eq!(store.stats().event_count, 2);
    let receipt = store.append(&place("a"), KIND, &9).unwrap();
    assert_eq!(receipt.sequence, 4);
    store.close().unwrap();
    assert!(Store::open(config()).is_err());
    Store::open(config().accept_damage(digest))
        .unwrap()
        .close()
        .unwrap();
}
