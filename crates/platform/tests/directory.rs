//! What the real directory refuses, and how its files look from outside.

#![cfg(test)]

use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::Command;

use batpak_platform::{Access, EntryKind, RealDirectory, Storage};

fn fifo(path: &Path) {
    assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
}

/// A directory with one entry of every kind that is not a regular file.
fn hostile_directory() -> (tempfile::TempDir, RealDirectory) {
    let temp = tempfile::tempdir().unwrap();
    let path = temp.path();
    fs::write(path.join("file"), b"data").unwrap();
    symlink("file", path.join("link")).unwrap();
    symlink("nowhere", path.join("dangling")).unwrap();
    fs::create_dir(path.join("directory")).unwrap();
    fifo(&path.join("fifo"));
    drop(UnixListener::bind(path.join("socket")).unwrap());
    symlink("/dev/zero", path.join("device")).unwrap();
    let directory = RealDirectory::open(path).unwrap();
    (temp, directory)
}

const NOT_FILES: [&str; 6] = ["link", "dangling", "directory", "fifo", "socket", "device"];

#[test]
fn what_is_not_a_regular_file_is_refused_without_waiting() {
    let (_temp, directory) = hostile_directory();
    for name in NOT_FILES {
        for access in [Access::Read, Access::ReadWrite] {
            let error = directory.open(name, access).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidInput, "{name} {access:?}");
            assert!(error.to_string().contains(name), "{error}");
        }
        let error = directory.create(name).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::AlreadyExists, "{name}");
    }
    assert_eq!(fs::read(directory.path().join("file")).unwrap(), b"data");
}

#[test]
fn a_listing_tells_kinds_without_following_links() {
    let (_temp, directory) = hostile_directory();
    let listed: Vec<_> = directory
        .list()
        .unwrap()
        .into_iter()
        .map(|entry| (entry.name, entry.kind, entry.len))
        .collect();
    let expected = [
        ("dangling", EntryKind::Other, 0),
        ("device", EntryKind::Other, 0),
        ("directory", EntryKind::Directory, 0),
        ("fifo", EntryKind::Other, 0),
        ("file", EntryKind::File, 4),
        ("link", EntryKind::Other, 0),
        ("socket", EntryKind::Other, 0),
    ];
    assert_eq!(
        listed,
        expected.map(|(name, kind, len)| (name.to_owned(), kind, len))
    );
}

#[test]
fn new_files_belong_to_their_owner_alone() {
    let temp = tempfile::tempdir().unwrap();
    let directory = RealDirectory::open(temp.path()).unwrap();
    directory.create("secret").unwrap();
    let mode = fs::metadata(temp.path().join("secret"))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o7177, 0);
}

#[test]
fn the_handle_follows_a_directory_that_moves() {
    let temp = tempfile::tempdir().unwrap();
    let (before, after) = (temp.path().join("before"), temp.path().join("after"));
    let directory = RealDirectory::create(&before).unwrap();
    fs::rename(&before, &after).unwrap();
    fs::create_dir(&before).unwrap();
    directory.create("file").unwrap();
    directory.sync_directory().unwrap();
    assert!(after.join("file").exists());
    assert_eq!(fs::read_dir(&before).unwrap().count(), 0);
}

#[test]
fn errors_keep_the_number_of_the_operating_system() {
    let temp = tempfile::tempdir().unwrap();
    let directory = RealDirectory::open(temp.path()).unwrap();
    let missing = [
        directory.open("missing", Access::Read).unwrap_err(),
        directory.remove("missing").unwrap_err(),
        directory.rename("missing", "other").unwrap_err(),
    ];
    for error in missing {
        let not_found = std::io::Error::from(ErrorKind::NotFound).kind();
        assert_eq!(error.kind(), not_found);
        assert_eq!(error.raw_os_error(), Some(2), "{error}");
    }
    let file = directory.create("file").unwrap();
    assert!(
        file.write_at(b"x", u64::MAX)
            .unwrap_err()
            .raw_os_error()
            .is_some()
    );
    assert!(file.set_len(u64::MAX).unwrap_err().raw_os_error().is_some());
}

#[test]
fn the_file_system_tells_its_free_space() {
    let temp = tempfile::tempdir().unwrap();
    let directory = RealDirectory::open(temp.path()).unwrap();
    assert!(
        directory
            .free_bytes()
            .unwrap()
            .is_some_and(|bytes| bytes > 0)
    );
}

#[test]
fn a_file_with_another_name_is_read_and_never_opened_for_writing() {
    let temp = tempfile::tempdir().unwrap();
    let directory = RealDirectory::open(temp.path()).unwrap();
    fs::write(temp.path().join("file"), b"data").unwrap();
    fs::hard_link(temp.path().join("file"), temp.path().join("backup")).unwrap();
    for name in ["file", "backup"] {
        let error = directory.open(name, Access::ReadWrite).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error}");
        let text = error.to_string();
        assert!(text.contains(name) && text.contains("hard link"), "{text}");
        let mut read = [0; 4];
        let file = directory.open(name, Access::Read).unwrap();
        assert_eq!(file.read_at(&mut read, 0).unwrap(), 4);
        assert_eq!(&read, b"data");
    }
    directory.remove("backup").unwrap();
    directory.open("file", Access::ReadWrite).unwrap();
}
