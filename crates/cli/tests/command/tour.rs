//! `tour`.

use std::io::{BufRead as _, BufReader, Read as _};

use serde_json::{Value, json};
use tempfile::tempdir;

use crate::repository::{Repository, commit, long_history};
use crate::support::{bare, command, interrupt, on};

#[test]
fn a_long_history_is_imported_verified_replayed_and_reopened() {
    let repository = Repository::new(&long_history(10_500));
    let place = tempdir().expect("directory");
    let dir = place.path().join("store");
    let name = dir.to_str().expect("text");
    let run = bare(&["tour", "--json", "--repo", repository.name(), "--dir", name]).ok();
    let report = run.json();
    assert_eq!(report["imported"]["new"], json!(10_500));
    assert_eq!(report["whole"], json!(true));
    assert_eq!(report["stats"]["events"], json!(10_500));
    assert_eq!(report["stats"]["streams"], json!(4));
    let replayed = report["replayed"]["events"].as_u64().expect("a count");
    assert!(replayed >= 10_500 / 4, "{report}");
    on(&dir, &["verify"]).ok();
    // What it says about the disk is what it leaves there.
    let left = on(&dir, &["stats", "--json"]).ok().json();
    for name in ["segments", "bytes", "bytes_per_event", "bytes_by_class"] {
        assert_eq!(report["stats"][name], left[name], "{name}");
    }

    let again = bare(&["tour", "--repo", repository.name(), "--dir", name]);
    assert_eq!(again.code, Some(2));
    assert!(
        again.stderr.starts_with("error[not-empty]: "),
        "{}",
        again.stderr
    );
}

#[test]
fn the_tour_names_its_directory_and_commands_that_work() {
    let mut stream = commit("main", 1, b"Ann <ann@example.org>", "One", &[]);
    stream.extend(commit("main", 2, b"Ann <ann@example.org>", "Two", &[1]));
    let repository = Repository::new(&stream);
    let place = tempdir().expect("directory");
    let output = command(&["tour"])
        .current_dir(repository.path())
        .env("TMPDIR", place.path())
        .output()
        .expect("runs");
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8(output.stdout).expect("text");
    let made = std::fs::read_dir(place.path())
        .expect("readable")
        .next()
        .expect("made");
    let made = made.expect("entry").path();
    assert!(text.contains(made.to_str().expect("text")), "{text}");
    assert!(!text.contains('\u{1b}'), "no color in a pipe: {text}");

    let commands: Vec<&str> = text
        .lines()
        .skip_while(|line| *line != "Try next")
        .skip(1)
        .collect();
    assert!(commands.len() >= 5, "{text}");
    let (export, commands) = commands.split_first().expect("commands");
    for line in commands {
        let run = std::process::Command::new("sh")
            .args(["-c", &format!("{export}\n{line}")])
            .output()
            .expect("a shell");
        assert!(run.status.success(), "{line}: {run:?}");
        assert!(!run.stdout.is_empty(), "{line}");
    }
}

#[test]
fn the_tour_outside_a_repository_names_the_option() {
    let place = tempdir().expect("directory");
    let output = command(&["tour"])
        .current_dir(place.path())
        .env("GIT_CEILING_DIRECTORIES", place.path())
        .output()
        .expect("runs");
    assert_eq!(output.status.code(), Some(2));
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(stderr.starts_with("error[no-repository]: "), "{stderr}");
    assert!(stderr.contains("--repo PATH"), "{stderr}");
}

#[test]
fn the_tour_of_an_empty_repository_ends_well() {
    let repository = Repository::new(b"");
    let place = tempdir().expect("directory");
    let dir = place.path().join("store");
    let name = dir.to_str().expect("text");
    let output = command(&["tour", "--json", "--dir", name])
        .current_dir(repository.path())
        .output()
        .expect("runs");
    assert!(output.status.success(), "{output:?}");
    let report: Value = serde_json::from_slice(&output.stdout).expect("an object");
    let here = std::fs::canonicalize(repository.path()).expect("a path");
    assert_eq!(report["repository"], json!(here));
    assert_eq!(report["imported"]["new"], json!(0));
    assert_eq!(report["replayed"], Value::Null);
}

#[test]
fn an_interrupt_after_the_import_ends_the_tour_with_a_report() {
    let repository = Repository::new(&long_history(2_000));
    // The interrupt may come when the tour has ended, which then ends well.
    let interrupted = (0..20).any(|_| {
        let place = tempdir().expect("directory");
        let mut child = command(&["tour", "--repo", repository.name(), "--dir"])
            .arg(place.path())
            .spawn()
            .expect("starts");
        let mut output = BufReader::new(child.stdout.take().expect("output"));
        let mut line = String::new();
        while !line.starts_with("  Import") {
            line.clear();
            assert_ne!(output.read_line(&mut line).expect("text"), 0);
        }
        interrupt(&child);
        let mut rest = String::new();
        output.read_to_string(&mut rest).expect("text");
        let ended = child.wait_with_output().expect("ends");
        let stderr = String::from_utf8_lossy(&ended.stderr).into_owned();
        if ended.status.success() {
            return false;
        }
        assert_eq!(ended.status.code(), Some(130), "{stderr}");
        assert!(
            stderr.contains("error[interrupted]: interrupted: 2,000 events committed"),
            "{stderr}"
        );
        on(place.path(), &["verify"]).ok();
        true
    });
    assert!(interrupted, "twenty tours ended before their interrupt");
}
