//! What a careless or hostile surrounding does: names that are no text, full disks, names and lines
//! that steer terminals, locks held by others.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::ffi::OsStrExt as _;

use serde_json::json;
use tempfile::tempdir;

use crate::repository::{Repository, commit};
use crate::support::{append, bare, command, json_lines, on, on_with_input, start};

const EVENT: [&str; 9] = [
    "append",
    "--entity",
    "user:1",
    "--scope",
    "test",
    "--kind",
    "1:1",
    "--payload",
    "1",
];

/// `text`, which need not be UTF-8, as a name.
fn raw(text: &[u8]) -> OsString {
    OsStr::from_bytes(text).to_owned()
}

fn one_commit() -> Repository {
    Repository::new(&commit("main", 1, b"Ann <ann@example.org>", "One", &[]))
}

#[test]
fn arguments_that_are_no_text_are_wrong_usage() {
    let dir = tempdir().expect("directory");
    append(dir.path(), "user:1", "1");
    for (args, name) in [
        (&["get"][..], raw(b"\xff")),
        (&["log", "--entity"], raw(b"\xff")),
        (&[], raw(b"l\xffog")),
        (&["--quiet", "log", "--nonsense"], raw(b"\xff")),
    ] {
        let output = command(args)
            .arg(&name)
            .arg("--store")
            .arg(dir.path())
            .output()
            .expect("runs");
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        assert!(output.stderr.starts_with(b"error[usage]: "), "{args:?}");
    }
}

#[test]
fn paths_that_are_no_text_work() {
    let place = tempdir().expect("directory");
    // Some file systems take text only.
    let Ok(()) = fs::create_dir(place.path().join(raw(b"\xff"))) else {
        return;
    };
    let store = place.path().join(raw(b"st\xffre"));
    append(&store, "user:1", "1");
    on(&store, &["log"]).ok();
    on(&store, &["verify", "--json"]).ok();

    let repository = one_commit();
    let moved = place.path().join(raw(b"re\xffpo"));
    fs::rename(repository.path(), &moved).expect("moved");
    // The program as well: the tour names it in the commands that it suggests.
    let program = place.path().join(raw(b"bat\xffpak"));
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_batpak"), &program).expect("a link");
    for (json, name) in [(false, b"t\xff"), (true, b"j\xff")] {
        let output = std::process::Command::new(&program)
            .args(json.then_some("--json"))
            .arg("tour")
            .arg("--repo")
            .arg(&moved)
            .arg("--dir")
            .arg(place.path().join(raw(name)))
            .output()
            .expect("runs");
        assert!(output.status.success(), "{output:?}");
        if json {
            let text = String::from_utf8(output.stdout).expect("text");
            assert_eq!(json_lines(&text)[0]["stats"]["events"], json!(1));
        }
    }
}

#[test]
fn an_event_whose_acknowledgement_cannot_be_printed_is_committed() {
    // A device that is always full; other systems have none.
    let Ok(full) = File::options().write(true).open("/dev/full") else {
        return;
    };
    let dir = tempdir().expect("directory");
    let repository = one_commit();
    let line = br#"{"entity":"e","scope":"s","kind":"1:1","payload":1}"#;
    for args in [
        &EVENT[..],
        &["append", "--stdin"],
        &["import", "git", repository.name()],
    ] {
        let mut child = command(args)
            .args(["--json", "--store"])
            .arg(dir.path())
            .stdin(std::process::Stdio::piped())
            .stdout(full.try_clone().expect("another handle"))
            .spawn()
            .expect("starts");
        let mut input = child.stdin.take().expect("input");
        // Only one of them reads it.
        let _ = input.write_all(line);
        drop(input);
        let output = child.wait_with_output().expect("ends");
        assert_eq!(output.status.code(), Some(1), "{args:?}");
        let text = String::from_utf8(output.stderr).expect("text");
        let error = &json_lines(&text)[0]["error"];
        assert_eq!(error["code"], json!("output"), "{args:?}");
        assert_eq!(error["commit_state"], json!("committed"), "{args:?}");
    }
    let events = on(dir.path(), &["export", "ndjson"]).ok().json_lines();
    assert_eq!(events.len(), 3);
}

#[test]
fn a_message_cannot_steer_the_terminal() {
    let dir = tempdir().expect("directory");
    let input = "{\"\\u001b[2Jname\\u009b\":1}\n";
    let run = on_with_input(dir.path(), &["append", "--stdin"], input);
    assert_eq!(run.code, Some(1));
    assert!(run.stderr.contains("name"), "{}", run.stderr);
    let steers = |c: char| c.is_control() && c != '\n';
    assert!(!run.stderr.contains(steers), "{:?}", run.stderr);
}

#[test]
fn input_that_cannot_be_read_is_no_bad_line() {
    let dir = tempdir().expect("directory");
    let output = command(&["append", "--stdin", "--store"])
        .arg(dir.path().join("store"))
        .stdin(File::open(dir.path()).expect("a directory"))
        .output()
        .expect("runs");
    assert_eq!(output.status.code(), Some(1));
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(stderr.starts_with("error[input]: "), "{stderr}");
    assert!(!stderr.contains("hint"), "{stderr}");
}

#[test]
fn a_lock_names_who_has_it_and_suggests_no_removal() {
    let dir = tempdir().expect("directory");
    let mut writer = start(dir.path(), &["append", "--stdin"]);
    let mut input = writer.stdin.take().expect("input");
    let mut output = BufReader::new(writer.stdout.take().expect("output"));
    let line = r#"{"entity":"e","scope":"s","kind":"1:1","payload":1}"#;
    writeln!(input, "{line}").expect("written");
    output.read_line(&mut String::new()).expect("acknowledged");

    let run = on(dir.path(), &EVENT);
    assert_eq!(run.code, Some(5), "{run:?}");
    let holder = format!("held by process {} (batpak) on ", writer.id());
    assert!(run.stderr.contains(&holder), "{}", run.stderr);
    assert!(run.stderr.contains(" since 20"), "{}", run.stderr);
    for word in ["delete", "remove", " rm ", ".batpak.lock"] {
        assert!(!run.stderr.contains(word), "{}", run.stderr);
    }
    drop(input);
    assert!(writer.wait().expect("ends").success());
}

#[test]
fn an_option_of_the_lines_alone_is_refused_without_them() {
    let dir = tempdir().expect("directory");
    let args = [&EVENT[..], &["--in-flight", "5"]].concat();
    let run = on(dir.path(), &args);
    assert_eq!(run.code, Some(2), "{run:?}");
    assert!(run.stderr.contains("--stdin"), "{}", run.stderr);
}

#[test]
fn a_store_that_is_a_file_is_wrong_usage_and_a_link_is_followed() {
    let place = tempdir().expect("directory");
    let file = place.path().join("file");
    fs::write(&file, "mine").expect("file");
    for args in [&["log"][..], &EVENT] {
        let run = on(&file, args);
        assert_eq!(run.code, Some(2), "{run:?}");
        assert!(run.stderr.contains("not a directory"), "{}", run.stderr);
        assert!(!run.stderr.contains("create a store"), "{}", run.stderr);
    }
    assert_eq!(fs::read(&file).expect("kept"), b"mine");

    let link = place.path().join("link");
    std::os::unix::fs::symlink(place.path().join("store"), &link).expect("link");
    append(&place.path().join("store"), "user:1", "1");
    append(&link, "user:1", "2");
    assert_eq!(on(&link, &["export", "ndjson"]).ok().json_lines().len(), 2);
}

#[test]
fn the_version_is_that_of_the_library() {
    let format = batpak::FORMAT_VERSION;
    let run = bare(&["--version"]).ok();
    assert!(
        run.stdout
            .ends_with(&format!("(format version {format})\n")),
        "{}",
        run.stdout
    );
}

#[test]
fn what_was_to_be_printed_into_a_closed_pipe_is_done_all_the_same() {
    let dir = tempdir().expect("directory");
    let repository = one_commit();
    for (events, args) in [
        (1, &EVENT[..]),
        (2, &["import", "git", repository.name()]),
        (2, &["append", "--stdin"]),
    ] {
        let mut child = command(args)
            .arg("--store")
            .arg(dir.path())
            .spawn()
            .expect("starts");
        drop(child.stdout.take());
        let output = child.wait_with_output().expect("ends");
        assert_eq!(output.status.code(), Some(0), "{args:?}");
        assert_eq!(output.stderr, b"", "{args:?}");
        let exported = on(dir.path(), &["export", "ndjson"]).ok().json_lines();
        assert_eq!(exported.len(), events, "{args:?}");
    }
}
