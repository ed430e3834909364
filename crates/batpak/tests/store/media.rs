//! Media that cannot be written: reading works and tries no change, writing is refused.

use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use batpak_sim::Fault;

use super::machine::{again, again_with_mounts, directory, told};
use super::*;

const READ_ONLY: i32 = 30;

/// A closed store of several segments with the numbers below thirty.
fn fill(dir: &Path) {
    let store = Store::open(StoreConfig::new(dir).with_segment_max_bytes(2048)).unwrap();
    for number in 0..30 {
        append_padded(&store, number, 300).unwrap();
    }
    store.close().unwrap();
}

/// Reads everything in every way, and is refused for writing with an error of this kind.
fn read_and_be_refused(dir: &Path, kind: ErrorKind) {
    let store = Store::open_read_only(StoreConfig::new(dir)).unwrap();
    assert!(!store.open_report().live_writer);
    assert_eq!(numbers(&store), (0..30).collect::<Vec<_>>());
    store.get(store.by_entity("a")[7].event_id()).unwrap();
    assert!(store.usage().unwrap().segments > 3);
    let report = batpak::store::verify(dir, &mut |_| {}).unwrap();
    assert!(report.findings.is_empty(), "{:?}", report.findings);
    let error = Store::open(StoreConfig::new(dir)).map(drop).unwrap_err();
    assert_eq!(error.io_error().unwrap().kind(), kind, "{error}");
    assert!(error.path().unwrap().starts_with(dir), "{error}");
}

/// Every name with its mode and its bytes.
fn looks(dir: &Path) -> BTreeMap<String, (u32, Vec<u8>)> {
    let entries = fs::read_dir(dir).unwrap().map(Result::unwrap);
    entries
        .map(|entry| {
            let mode = entry.metadata().unwrap().permissions().mode();
            let name = entry.file_name().into_string().unwrap();
            (name, (mode, fs::read(entry.path()).unwrap()))
        })
        .collect()
}

fn set_modes(dir: &Path, of_files: u32, of_directory: u32) {
    for entry in fs::read_dir(dir).unwrap() {
        let mode = fs::Permissions::from_mode(of_files);
        fs::set_permissions(entry.unwrap().path(), mode).unwrap();
    }
    fs::set_permissions(dir, fs::Permissions::from_mode(of_directory)).unwrap();
}

/// Modes do not bind the superuser, so it runs the test once more as nobody.
#[test]
fn a_directory_without_the_right_to_write_is_read() {
    const TEST: &str = "media::a_directory_without_the_right_to_write_is_read";
    if let Some(dir) = directory() {
        return read_and_be_refused(&dir, ErrorKind::PermissionDenied);
    }
    let parent = tempfile::tempdir().unwrap();
    let dir = parent.path().join("store");
    fill(&dir);
    set_modes(&dir, 0o444, 0o555);
    fs::set_permissions(parent.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let before = looks(&dir);
    let binding = fs::File::create(dir.join("probe")).is_err();
    if binding {
        read_and_be_refused(&dir, ErrorKind::PermissionDenied);
    } else {
        fs::remove_file(dir.join("probe")).unwrap();
        let store = Store::open_read_only(StoreConfig::new(&dir)).unwrap();
        assert_eq!(numbers(&store), (0..30).collect::<Vec<_>>());
        let nobody = [
            "setpriv",
            "--reuid=65534",
            "--regid=65534",
            "--clear-groups",
        ];
        match again(&nobody, TEST, &dir).output() {
            Ok(output) if told(&output).contains("running 1 test") => {
                assert!(output.status.success(), "{}", told(&output));
            }
            _ => println!("SKIPPED {TEST}: this user cannot become another one"),
        }
    }
    assert_eq!(looks(&dir), before);
    set_modes(&dir, 0o644, 0o755);
}

#[test]
fn a_read_only_file_system_is_read() {
    const TEST: &str = "media::a_read_only_file_system_is_read";
    if let Some(dir) = directory() {
        return read_and_be_refused(&dir, ErrorKind::ReadOnlyFilesystem);
    }
    let dir = tempfile::tempdir().unwrap();
    fill(dir.path());
    let before = looks(dir.path());
    let bound = "mount --bind \"$0\" \"$0\" && mount -o remount,bind,ro \"$0\"";
    again_with_mounts(bound, TEST, dir.path());
    assert_eq!(looks(dir.path()), before);
}

/// After a clean close, after a kill with a torn tail, and with the identity gone.
#[test]
fn reading_makes_no_call_that_a_read_only_disk_refuses() {
    let states: [fn(&SimDisk); 3] = [
        |_| {},
        |disk| {
            let store = open_sim(disk);
            append_padded(&store, 30, 300).unwrap();
            disk.kill();
            drop(store);
        },
        |disk| assert!(disk.delete("store.fbatm")),
    ];
    for (state, prepare) in states.into_iter().enumerate() {
        let disk = SimDisk::new();
        let config = || StoreConfig::new("/sim").with_segment_max_bytes(2048);
        let store = Store::open_on(config(), disk.platform()).unwrap();
        for number in 0..30 {
            append_padded(&store, number, 300).unwrap();
        }
        store.close().unwrap();
        prepare(&disk);
        let before = disk.fingerprint();
        refuse_changes(&disk);
        let store = Store::open_read_only_on(config(), disk.platform()).unwrap();
        let seen = numbers(&store);
        assert!(
            seen.len() >= 30 && seen.iter().copied().eq(0..seen.len() as u64),
            "{state}"
        );
        let error = Store::open_on(config(), disk.platform())
            .map(drop)
            .unwrap_err();
        // With its identity gone a store is refused before anything is tried.
        assert!(
            error.os_error() == Some(READ_ONLY) || state == 2,
            "{state}: {error}"
        );
        assert_eq!(disk.fingerprint(), before, "{state}");
    }
}

fn refuse_changes(disk: &SimDisk) {
    use batpak_sim::Operation as On;
    for operation in [
        On::Create,
        On::Rename,
        On::Remove,
        On::SyncDirectory,
        On::WriteAt,
        On::SetLen,
        On::SyncData,
    ] {
        assert!(operation.mutates());
        disk.fail_operations_from(operation, 0, Fault::Os(READ_ONLY));
    }
}
