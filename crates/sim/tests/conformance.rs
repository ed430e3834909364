//! The storage port behaves alike on a real directory and on the simulated disk.

#![cfg(test)]

use std::io::ErrorKind;
use std::sync::Arc;

use batpak_platform::{
    Access, EntryKind, LOCK_FILE_NAME, LockError, LockOwner, RealDirectory, Storage, read_exact_at,
    write_all_at,
};
use batpak_sim::SimDisk;

/// Runs a check on an empty directory of each kind.
fn on_each(check: fn(&Arc<dyn Storage>)) {
    let temp = tempfile::tempdir().unwrap();
    let real: Arc<dyn Storage> = Arc::new(RealDirectory::open(temp.path()).unwrap());
    check(&real);
    check(&SimDisk::new().storage());
}

fn put(storage: &Arc<dyn Storage>, name: &str, bytes: &[u8]) {
    let file = storage.create(name).unwrap();
    write_all_at(&*file, bytes, 0).unwrap();
}

fn get(storage: &Arc<dyn Storage>, name: &str) -> Vec<u8> {
    let file = storage.open(name, Access::Read).unwrap();
    let mut bytes = vec![0; usize::try_from(file.len().unwrap()).unwrap()];
    read_exact_at(&*file, &mut bytes, 0).unwrap();
    bytes
}

fn listed(storage: &Arc<dyn Storage>) -> Vec<(String, u64)> {
    let entries = storage.list().unwrap().into_iter();
    entries
        .filter(|entry| entry.name != LOCK_FILE_NAME)
        .inspect(|entry| assert_eq!(entry.kind, EntryKind::File))
        .map(|entry| (entry.name, entry.len))
        .collect()
}

fn owner() -> LockOwner {
    LockOwner {
        process: std::process::id(),
        host: "host".to_owned(),
        since_us: 5,
        program: "conformance".to_owned(),
    }
}

#[test]
fn a_new_file_is_empty_and_a_name_is_given_once() {
    on_each(|storage| {
        let file = storage.create("file").unwrap();
        assert_eq!((file.len().unwrap(), file.is_empty().unwrap()), (0, true));
        write_all_at(&*file, b"kept", 0).unwrap();
        let error = storage.create("file").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::AlreadyExists);
        assert_eq!(get(storage, "file"), b"kept");
    });
}

#[test]
fn a_missing_name_is_not_found() {
    on_each(|storage| {
        let errors = [
            storage.open("missing", Access::Read).unwrap_err(),
            storage.open("missing", Access::ReadWrite).unwrap_err(),
            storage.remove("missing").unwrap_err(),
            storage.rename("missing", "other").unwrap_err(),
            storage.rename("missing", "missing").unwrap_err(),
        ];
        assert_eq!(errors.map(|error| error.kind()), [ErrorKind::NotFound; 5]);
        assert_eq!(listed(storage), []);
    });
}

#[test]
fn what_is_no_plain_name_is_refused_by_every_call() {
    on_each(|storage| {
        put(storage, "file", b"");
        for name in ["", ".", "..", "a/b", "/", "file/", "../file", "a\0b"] {
            let errors = [
                storage.open(name, Access::Read).unwrap_err(),
                storage.create(name).unwrap_err(),
                storage.remove(name).unwrap_err(),
                storage.rename(name, "file").unwrap_err(),
                storage.rename("file", name).unwrap_err(),
            ];
            assert_eq!(
                errors.map(|error| error.kind()),
                [ErrorKind::InvalidInput; 5],
                "{name:?}"
            );
        }
        assert_eq!(listed(storage), [("file".to_owned(), 0)]);
    });
}

#[test]
fn a_listing_is_sorted_and_tells_lengths() {
    on_each(|storage| {
        for (name, len) in [("b", 1), ("a", 700), (".c", 0), ("B", 2), ("é", 3)] {
            put(storage, name, &vec![1; len]);
        }
        let expected = [(".c", 0), ("B", 2), ("a", 700), ("b", 1), ("é", 3)];
        assert_eq!(
            listed(storage),
            expected.map(|(name, len)| (name.to_owned(), len))
        );
    });
}

#[test]
fn a_rename_replaces_and_open_files_stay_what_they_are() {
    on_each(|storage| {
        put(storage, "old", b"old");
        put(storage, "new", b"new bytes");
        let replaced = storage.open("old", Access::Read).unwrap();
        let moved = storage.open("new", Access::ReadWrite).unwrap();
        storage.rename("new", "old").unwrap();
        assert_eq!(listed(storage), [("old".to_owned(), 9)]);
        let mut bytes = [0; 3];
        read_exact_at(&*replaced, &mut bytes, 0).unwrap();
        assert_eq!(&bytes, b"old");
        write_all_at(&*moved, b"NEW", 0).unwrap();
        assert_eq!(get(storage, "old"), b"NEW bytes");
        storage.rename("old", "old").unwrap();
        assert_eq!(get(storage, "old"), b"NEW bytes");
    });
}

#[test]
fn a_removed_file_can_be_used_until_it_is_closed_and_its_name_is_free() {
    on_each(|storage| {
        put(storage, "file", b"before");
        let open = storage.open("file", Access::ReadWrite).unwrap();
        storage.remove("file").unwrap();
        assert_eq!(listed(storage), []);
        put(storage, "file", b"after");
        write_all_at(&*open, b"still", 6).unwrap();
        open.sync_data().unwrap();
        let mut bytes = [0; 11];
        read_exact_at(&*open, &mut bytes, 0).unwrap();
        assert_eq!(&bytes, b"beforestill");
        assert_eq!(get(storage, "file"), b"after");
    });
}

#[test]
fn reads_end_at_the_end_of_the_file() {
    on_each(|storage| {
        put(storage, "file", b"12345");
        let file = storage.open("file", Access::Read).unwrap();
        for (offset, asked, expected) in [
            (0, 9, &b"12345"[..]),
            (3, 9, b"45"),
            (3, 1, b"4"),
            (5, 9, b""),
            (6, 9, b""),
            (1 << 40, 9, b""),
            (0, 0, b""),
        ] {
            let mut buffer = vec![b'.'; asked];
            let read = file.read_at(&mut buffer, offset).unwrap();
            assert_eq!(&buffer[..read], expected, "{asked} bytes at {offset}");
            assert!(buffer[read..].iter().all(|byte| *byte == b'.'));
        }
    });
}

#[test]
fn writes_beyond_the_end_fill_the_gap_with_zeros() {
    on_each(|storage| {
        let file = storage.create("file").unwrap();
        write_all_at(&*file, b"end", 1500).unwrap();
        write_all_at(&*file, b"start", 0).unwrap();
        assert_eq!(file.write_at(b"", 9000).unwrap(), 0);
        let mut expected = vec![0; 1503];
        expected[..5].copy_from_slice(b"start");
        expected[1500..].copy_from_slice(b"end");
        assert_eq!(get(storage, "file"), expected);
    });
}

#[test]
fn lengths_can_be_cut_and_extended_and_cut_bytes_never_come_back() {
    on_each(|storage| {
        put(storage, "file", &[b'x'; 1000]);
        let file = storage.open("file", Access::ReadWrite).unwrap();
        for (len, kept) in [
            (1000, 1000),
            (1200, 1000),
            (600, 600),
            (1000, 600),
            (0, 0),
            (10, 0),
        ] {
            file.set_len(len).unwrap();
            let bytes = get(storage, "file");
            assert_eq!(bytes.len() as u64, len);
            assert!(bytes[..kept].iter().all(|byte| *byte == b'x'));
            assert!(bytes[kept..].iter().all(|byte| *byte == 0));
        }
    });
}

#[test]
fn a_file_opened_for_reading_cannot_be_changed() {
    on_each(|storage| {
        put(storage, "file", b"data");
        let file = storage.open("file", Access::Read).unwrap();
        assert!(file.write_at(b"x", 0).is_err());
        assert!(file.set_len(1).is_err());
        file.sync_data().unwrap();
        assert_eq!(get(storage, "file"), b"data");
    });
}

#[test]
fn a_view_of_the_first_bytes_outlives_handle_and_name() {
    on_each(|storage| {
        let bytes: Vec<u8> = (0..20_000_u32).map(|index| (index % 251) as u8).collect();
        put(storage, "file", &bytes);
        let lens = [1, 4095, 4096, 4097, bytes.len()];
        let views = lens.map(|len| {
            let file = storage.open("file", Access::Read).unwrap();
            file.map(len as u64).unwrap()
        });
        let clones = views.clone();
        drop(views);
        storage.remove("file").unwrap();
        put(storage, "file", b"another file of the name");
        for (len, view) in lens.into_iter().zip(&clones) {
            assert_eq!(view.as_ref(), &bytes[..len]);
        }
    });
}

#[test]
fn a_view_of_nothing_or_beyond_the_end_is_refused() {
    on_each(|storage| {
        put(storage, "file", b"12345");
        put(storage, "empty", b"");
        for (name, len, expected) in [
            ("file", 0, ErrorKind::InvalidInput),
            ("file", 6, ErrorKind::UnexpectedEof),
            ("file", 1 << 40, ErrorKind::UnexpectedEof),
            ("file", 1 << 63, ErrorKind::InvalidInput),
            ("file", u64::MAX, ErrorKind::InvalidInput),
            ("empty", 0, ErrorKind::InvalidInput),
            ("empty", 1, ErrorKind::UnexpectedEof),
        ] {
            let file = storage.open(name, Access::Read).unwrap();
            let error = file.map(len).unwrap_err();
            assert_eq!(error.kind(), expected, "{len} bytes of {name}");
        }
    });
}

#[test]
fn offsets_that_no_file_reaches_are_errors() {
    on_each(|storage| {
        let file = storage.create("file").unwrap();
        assert!(file.write_at(b"x", u64::MAX).is_err());
        assert!(file.set_len(u64::MAX).is_err());
        assert_eq!(file.len().unwrap(), 0);
    });
}

#[test]
fn one_writer_has_the_directory_until_it_lets_go() {
    on_each(|storage| {
        assert!(!storage.writer_present().unwrap());
        let lock = storage.lock(&owner()).unwrap();
        assert!(storage.writer_present().unwrap());
        match storage.lock(&owner()) {
            Err(LockError::Held(facts)) => assert_eq!(facts, Some(owner())),
            other => panic!("expected a refusal, got {other:?}"),
        }
        put(storage, "file", b"others are not kept from writing");
        drop(lock);
        assert!(!storage.writer_present().unwrap());
        drop(storage.lock(&owner()).unwrap());
        assert_eq!(listed(storage).len(), 1);
    });
}

#[test]
fn names_and_bytes_can_be_synced_in_any_order() {
    on_each(|storage| {
        storage.sync_directory().unwrap();
        let file = storage.create("file").unwrap();
        file.sync_data().unwrap();
        write_all_at(&*file, b"data", 0).unwrap();
        storage.sync_directory().unwrap();
        file.sync_data().unwrap();
        assert_eq!(get(storage, "file"), b"data");
    });
}
