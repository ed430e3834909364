//! Faults, limits and damage, as the process on a simulated disk meets them.

#![cfg(test)]

use std::io::ErrorKind;
use std::sync::Arc;

use batpak_platform::{
    Access, EntryKind, LockError, LockOwner, StorageFile, read_exact_at, write_all_at,
};
use batpak_sim::{Aftermath, Fault, Operation, SimDisk};

fn with_file(bytes: &str) -> (SimDisk, Arc<dyn StorageFile>) {
    let disk = SimDisk::new();
    disk.put("file", bytes);
    let file = disk.storage().open("file", Access::ReadWrite).unwrap();
    (disk, file)
}

fn write(file: &Arc<dyn StorageFile>, bytes: &[u8], offset: u64) {
    write_all_at(&**file, bytes, offset).unwrap();
}

#[test]
fn calls_are_counted_and_any_one_can_be_made_to_fail() {
    let script = |disk: &SimDisk| -> std::io::Result<()> {
        let storage = disk.storage();
        let lock = storage
            .lock(&LockOwner::current(0))
            .map_err(|error| match error {
                LockError::Io(error) => error,
                LockError::Held(_) => ErrorKind::ResourceBusy.into(),
            })?;
        let file = storage.create("a")?;
        write_all_at(&*file, b"data", 0)?;
        file.set_len(8)?;
        file.sync_data()?;
        storage.rename("a", "b")?;
        storage.sync_directory()?;
        read_exact_at(&*storage.open("b", Access::Read)?, &mut [0; 8], 0)?;
        storage.list()?;
        storage.free_bytes()?;
        storage.writer_present()?;
        file.len()?;
        storage.remove("b")?;
        drop(lock);
        Ok(())
    };
    let disk = SimDisk::new();
    disk.record_calls();
    script(&disk).unwrap();
    let calls = disk.take_recorded_calls();
    assert_eq!((disk.calls(), calls.len()), (14, 14));
    let mutating = calls.iter().filter(|operation| operation.mutates()).count();
    assert_eq!((disk.mutating_calls(), mutating), (7, 7));

    for n in 0..disk.calls() {
        let failing = SimDisk::new();
        failing.record_calls();
        failing.fail_call(n, Fault::Io);
        assert_eq!(
            script(&failing).unwrap_err().raw_os_error(),
            Some(5),
            "call {n}"
        );
        assert_eq!(failing.calls(), n + 1);
        let made = failing.take_recorded_calls();
        assert!(calls.starts_with(&made), "{made:?}");
    }
}

#[test]
fn a_failing_call_does_nothing() {
    for fault in [Fault::Io, Fault::NoSpace, Fault::Interrupted, Fault::Os(13)] {
        let (disk, file) = with_file("data");
        let storage = disk.storage();
        let before = disk.fingerprint();
        disk.fail_calls_from(0, fault);
        assert!(file.write_at(b"x", 0).is_err());
        assert!(file.set_len(1).is_err());
        assert!(file.sync_data().is_err());
        assert!(storage.create("new").is_err());
        assert!(storage.rename("file", "new").is_err());
        assert!(storage.remove("file").is_err());
        assert!(storage.sync_directory().is_err());
        assert_eq!(
            (disk.fingerprint(), disk.pending_units().len()),
            (before, 0),
            "{fault:?}"
        );
        disk.clear_faults();
        write(&file, b"x", 0);
    }
}

#[test]
fn faults_are_ordered_by_kind_of_call_once_or_for_ever() {
    let (disk, file) = with_file("data");
    disk.fail_operation(Operation::SyncData, 1, Fault::Io);
    disk.fail_operations_from(Operation::SetLen, 0, Fault::NoSpace);
    write(&file, b"x", 0);
    let syncs = [0; 4].map(|_| file.sync_data().is_ok());
    assert_eq!(syncs, [true, false, true, true]);
    let lengths = [1, 2].map(|len| file.set_len(len).unwrap_err().kind());
    assert_eq!(lengths, [ErrorKind::StorageFull; 2]);
}

#[test]
fn short_empty_and_interrupted_transfers_are_what_they_say() {
    let (disk, file) = with_file("12345678");
    let mut buffer = [b'.'; 8];
    disk.fail_call(0, Fault::Short(3));
    assert_eq!(file.read_at(&mut buffer, 0).unwrap(), 3);
    assert_eq!(&buffer, b"123.....");
    disk.fail_call(0, Fault::Zero);
    assert_eq!(file.read_at(&mut buffer, 0).unwrap(), 0);
    disk.fail_call(0, Fault::Short(2));
    assert_eq!(file.write_at(b"abcd", 0).unwrap(), 2);
    disk.fail_call(0, Fault::Zero);
    assert_eq!(file.write_at(b"zzzz", 0).unwrap(), 0);
    disk.fail_call(0, Fault::Partial(1));
    assert_eq!(file.write_at(b"XY", 7).unwrap_err().raw_os_error(), Some(5));
    assert_eq!(disk.contents("file").unwrap(), b"ab34567X");
    disk.fail_call(0, Fault::Interrupted);
    disk.fail_call(1, Fault::Short(1));
    write(&file, b"whole", 0);
    assert_eq!(disk.contents("file").unwrap(), b"whole67X");
    disk.fail_call(0, Fault::Short(1));
    file.sync_data().unwrap();
}

#[test]
fn a_later_sync_proves_nothing_about_bytes_that_a_failed_one_kept() {
    let (disk, file) = with_file("old!");
    write(&file, b"new data", 0);
    disk.fail_call(0, Fault::SyncFailed(Aftermath::Kept));
    assert!(file.sync_data().is_err());
    file.sync_data().unwrap();
    assert_eq!(disk.contents("file").unwrap(), b"new data");

    let lost = disk.snapshot();
    lost.crash_keep_nothing();
    assert_eq!(lost.contents("file").unwrap(), b"old!\0\0\0\0");
    let kept = disk.snapshot();
    kept.crash_keep_all();
    assert_eq!(kept.contents("file").unwrap(), b"new data");

    write(&file, b"new data", 0);
    file.sync_data().unwrap();
    assert_eq!(disk.pending_units(), []);
    disk.crash_keep_nothing();
    assert_eq!(disk.contents("file").unwrap(), b"new data");
}

#[test]
fn a_failed_sync_can_take_back_bytes_but_not_the_length() {
    let (disk, file) = with_file("old!");
    write(&file, b"new data", 0);
    disk.fail_call(0, Fault::SyncFailed(Aftermath::Reverted));
    assert!(file.sync_data().is_err());
    assert_eq!(disk.contents("file").unwrap(), b"old!\0\0\0\0");
    file.sync_data().unwrap();
    disk.crash_keep_nothing();
    assert_eq!(disk.contents("file").unwrap(), b"old!\0\0\0\0");
}

#[test]
fn a_failed_directory_sync_leaves_names_undecided_or_takes_them_back() {
    for (aftermath, visible, lost, kept) in [
        (Aftermath::Kept, ["b", "c"], ["a", "c"], ["b", "c"]),
        (Aftermath::Reverted, ["a", "c"], ["a", "c"], ["a", "c"]),
    ] {
        let disk = SimDisk::new();
        disk.put("a", "");
        let storage = disk.storage();
        storage.rename("a", "b").unwrap();
        disk.fail_call(0, Fault::SyncFailed(aftermath));
        assert!(storage.sync_directory().is_err());
        storage.create("c").unwrap();
        storage.sync_directory().unwrap();
        assert_eq!(disk.names(), visible, "{aftermath:?}");
        let copy = disk.snapshot();
        copy.crash_keep_nothing();
        assert_eq!(copy.names(), lost, "{aftermath:?}");
        disk.crash_keep_all();
        assert_eq!(disk.names(), kept, "{aftermath:?}");
    }
}

#[test]
fn a_later_synced_name_replaces_one_that_a_failed_sync_left_undecided() {
    let disk = SimDisk::new();
    let storage = disk.storage();
    storage.create("a").unwrap();
    disk.fail_call(0, Fault::SyncFailed(Aftermath::Kept));
    assert!(storage.sync_directory().is_err());
    storage.remove("a").unwrap();
    storage.sync_directory().unwrap();
    assert_eq!(disk.pending_units(), []);
}

#[test]
fn a_lying_disk_syncs_nothing_and_says_so_to_nobody() {
    let (disk, file) = with_file("old");
    disk.lie_about_syncs(true);
    write(&file, b"new", 0);
    disk.storage().create("other").unwrap();
    file.sync_data().unwrap();
    disk.storage().sync_directory().unwrap();
    disk.crash_keep_nothing();
    assert_eq!(disk.contents("file").unwrap(), b"old");
    assert_eq!(disk.names(), ["file"]);
}

#[test]
fn a_full_disk_takes_what_fits_and_overwrites_in_place() {
    let (disk, file) = with_file("12345");
    disk.set_capacity(Some(8));
    let storage = disk.storage();
    assert_eq!(storage.free_bytes().unwrap(), Some(3));
    let full = |result: std::io::Result<()>| result.unwrap_err().kind() == ErrorKind::StorageFull;
    assert!(full(file.set_len(9)));
    assert!(
        full(file.write_at(b"x", 8).map(|_| ())),
        "beyond the gap that fits"
    );
    assert_eq!(file.len().unwrap(), 5);
    assert_eq!(file.write_at(b"ABCDEFGH", 2).unwrap(), 6);
    assert!(full(file.write_at(b"x", 8).map(|_| ())));
    write(&file, b"still", 0);
    let other = storage.create("other").unwrap();
    assert!(full(other.write_at(b"x", 0).map(|_| ())));
    file.set_len(6).unwrap();
    write(&other, b"xy", 0);
    assert_eq!(storage.free_bytes().unwrap(), Some(0));
    disk.set_capacity(None);
    other.set_len(1000).unwrap();
    assert_eq!(storage.free_bytes().unwrap(), None);
    assert_eq!(disk.contents("file").unwrap(), b"stillD");
}

#[test]
fn damage_is_visible_durable_and_not_a_call() {
    let (disk, file) = with_file("abc");
    let calls = disk.calls();
    assert!(disk.corrupt("file", 1, 0x20));
    assert!(!disk.corrupt("file", 3, 1) && !disk.corrupt("missing", 0, 1));
    let mut bytes = [0; 3];
    assert_eq!(disk.calls(), calls);
    read_exact_at(&*file, &mut bytes, 0).unwrap();
    assert_eq!(&bytes, b"aBc");
    disk.crash_keep_nothing();
    assert_eq!(disk.contents("file").unwrap(), b"aBc");
}

#[test]
fn files_put_and_deleted_from_outside_are_so_durably() {
    let disk = SimDisk::new();
    let storage = disk.storage();
    storage.create("put").unwrap();
    storage.create("deleted").unwrap();
    disk.put("put", "bytes");
    assert!(disk.delete("deleted") && !disk.delete("deleted"));
    assert_eq!(disk.pending_units(), []);
    disk.crash_keep_all();
    assert_eq!(disk.names(), ["put"]);
    assert_eq!(disk.contents("put").unwrap(), b"bytes");
}

#[test]
fn entries_that_are_no_files_are_listed_and_refused() {
    let disk = SimDisk::new();
    disk.put_entry("directory", EntryKind::Directory);
    disk.put_entry("link", EntryKind::Other);
    disk.put("file", "");
    let storage = disk.storage();
    let kinds: Vec<_> = storage
        .list()
        .unwrap()
        .iter()
        .map(|entry| entry.kind)
        .collect();
    assert_eq!(
        kinds,
        [EntryKind::Directory, EntryKind::File, EntryKind::Other]
    );
    for name in ["directory", "link"] {
        let error = storage.open(name, Access::Read).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        assert_eq!(
            storage.create(name).unwrap_err().kind(),
            ErrorKind::AlreadyExists
        );
    }
    assert!(storage.remove("directory").is_err());
    assert!(storage.rename("file", "directory").is_err());
    storage.rename("file", "link").unwrap();
    assert_eq!(disk.names(), ["directory", "link"]);
}

#[test]
fn a_view_is_one_read_of_what_the_process_sees_then() {
    let (disk, file) = with_file("durable bytes");
    write(&file, b"visible", 0);
    disk.record_calls();
    let view = file.map(13).unwrap();
    assert_eq!(disk.take_recorded_calls(), [Operation::ReadAt]);
    write(&file, b"changed", 0);
    file.set_len(2).unwrap();
    assert_eq!(view.as_ref(), b"visible bytes");

    disk.fail_call(0, Fault::Io);
    assert_eq!(file.map(2).unwrap_err().raw_os_error(), Some(5));
    for harmless in [Fault::Short(1), Fault::Zero] {
        disk.fail_call(0, harmless);
        assert_eq!(file.map(2).unwrap().as_ref(), b"ch", "{harmless:?}");
    }
    disk.kill();
    let stopped = batpak_sim::Stopped::of(&file.map(2).unwrap_err());
    assert_eq!(stopped, Some(batpak_sim::Stopped::ProcessEnded));
}
