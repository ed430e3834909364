//! Damage is found, named, and never taken for something else.

use std::fs;

use serde_json::json;
use tempfile::tempdir;

use crate::support::{append, bare, on};

#[test]
fn one_flipped_payload_byte_is_found_with_its_place() {
    let dir = tempdir().expect("directory");
    append(dir.path(), "user:1", "\"before\"");
    append(dir.path(), "user:1", "\"a payload that is easy to find\"");
    append(dir.path(), "user:1", "\"after\"");
    let whole = on(dir.path(), &["verify"]).ok();
    assert!(whole.stdout.contains("whole"), "{}", whole.stdout);
    let whole = on(dir.path(), &["verify", "--json"]).ok().json();
    assert_eq!(whole["whole"], json!(true));
    assert_eq!(whole["events"], json!(3));
    assert_eq!(whole["findings"], json!([]));

    let (file, at) = flip(dir.path(), b"easy to find");
    let run = on(dir.path(), &["verify"]);
    assert_eq!(run.code, Some(3), "{run:?}");
    let place = run
        .stdout
        .lines()
        .find(|line| line.contains("file ") && line.contains("offset "))
        .unwrap_or_else(|| panic!("no place in {run:?}"));
    assert!(place.contains(&file), "{place}");
    assert!(
        run.stderr.starts_with("error[not-whole]: "),
        "{}",
        run.stderr
    );

    let run = on(dir.path(), &["verify", "--json"]);
    assert_eq!(run.code, Some(3));
    let report = run.json();
    assert_eq!(report["whole"], json!(false));
    let findings = report["findings"].as_array().expect("findings");
    let found = findings
        .iter()
        .find(|finding| finding["file"] == json!(file))
        .expect("a finding in the file");
    let offset = found["offset"].as_u64().expect("an offset");
    assert!(
        (at.saturating_sub(4096)..=at).contains(&offset),
        "{offset} for {at}"
    );

    let log = on(dir.path(), &["log", "--json"]);
    assert_eq!(log.code, Some(3), "{log:?}");
    let kept: Vec<_> = log
        .json_lines()
        .iter()
        .map(|event| event["payload"].clone())
        .collect();
    assert_eq!(kept, [json!("before"), json!("after")]);

    let refused = on(
        dir.path(),
        &[
            "append",
            "--entity",
            "e",
            "--scope",
            "s",
            "--kind",
            "1:1",
            "--payload",
            "1",
        ],
    );
    assert_eq!(
        refused.code,
        Some(3),
        "a damaged store is refused: {refused:?}"
    );
}

/// Flips a bit of the one place where `needle` is stored; returns the file and the offset.
fn flip(dir: &std::path::Path, needle: &[u8]) -> (String, u64) {
    for entry in fs::read_dir(dir).expect("readable") {
        let path = entry.expect("entry").path();
        if path.extension().is_none_or(|extension| extension != "fbat") {
            continue;
        }
        let mut bytes = fs::read(&path).expect("readable");
        let found = bytes
            .windows(needle.len())
            .position(|window| window == needle);
        if let Some(at) = found {
            bytes[at] ^= 1;
            fs::write(&path, bytes).expect("written");
            let name = path
                .file_name()
                .expect("a name")
                .to_string_lossy()
                .into_owned();
            return (name, u64::try_from(at).expect("small"));
        }
    }
    panic!("the payload is in no segment");
}

#[test]
fn a_lost_identity_is_read_around_and_repaired() {
    let dir = tempdir().expect("directory");
    append(dir.path(), "user:1", "1");
    append(dir.path(), "user:1", "2");
    let repair = ["repair", "identity"];
    let whole = on(dir.path(), &repair).ok();
    assert!(
        whole.stdout.contains("nothing was changed"),
        "{}",
        whole.stdout
    );
    fs::write(dir.path().join("store.fbatm"), vec![0xa5; 8192]).expect("identity");
    let one = [
        "append",
        "--entity",
        "a",
        "--scope",
        "s",
        "--kind",
        "1:1",
        "--payload",
        "3",
    ];
    assert_eq!(on(dir.path(), &one).code, Some(3));
    assert_eq!(
        on(dir.path(), &["log", "--json"]).ok().json_lines().len(),
        2
    );
    let repaired = on(dir.path(), &["repair", "identity", "--json"])
        .ok()
        .json();
    assert_eq!(repaired, json!({"repaired": true}));
    on(dir.path(), &["verify"]).ok();
    on(dir.path(), &one).ok();
    assert_eq!(
        on(dir.path(), &["log", "--json"]).ok().json_lines().len(),
        3
    );
}

#[test]
fn what_can_be_read_of_a_damaged_store_is_salvaged() {
    let dir = tempdir().expect("directory");
    let source = dir.path().join("source");
    let target = dir.path().join("target");
    for payload in ["1", "\"the one that is hit\"", "3", "4"] {
        append(&source, "user:1", payload);
    }
    let (file, _) = flip(&source, b"one that is hit");
    let before = files(&source);
    let text = |path: &std::path::Path| path.to_str().expect("a text").to_owned();
    let (from, to) = (text(&source), text(&target));
    let run = bare(&["salvage", &from, &to]).ok();
    assert!(run.stdout.contains("3 events of 4"), "{}", run.stdout);
    assert!(run.stdout.contains(&file), "{}", run.stdout);
    assert_eq!(files(&source), before, "the source was changed");

    let whole = on(&target, &["verify", "--json"]).ok().json();
    assert_eq!(
        (&whole["whole"], &whole["events"]),
        (&json!(true), &json!(3))
    );
    assert_eq!(whole["gone"], json!([[2, 2]]));
    assert!(on(&target, &["verify"]).ok().stdout.contains("Gone"));
    let log = on(&target, &["log", "--json"]).ok().json_lines();
    let kept: Vec<_> = log.iter().map(|event| &event["sequence"]).collect();
    assert_eq!(kept, [1, 3, 4]);
    let gone = on(&target, &["get", "2"]);
    assert_eq!(gone.code, Some(1), "{gone:?}");
    assert!(
        gone.stderr.starts_with("error[events-gone]: "),
        "{}",
        gone.stderr
    );
    append(&target, "user:1", "5");
    let log = on(&target, &["log", "--json"]).ok().json_lines();
    assert_eq!(log.last().expect("events")["sequence"], json!(5));

    let again = bare(&["salvage", &from, &to]);
    assert_eq!(again.code, Some(2), "{again:?}");
    assert!(again.stderr.contains("not empty"), "{}", again.stderr);
    let nothing = bare(&["salvage", &text(&dir.path().join("none")), &to]);
    assert_eq!(nothing.code, Some(2), "{nothing:?}");
    let json = bare(&["salvage", "--json", &from, &text(&dir.path().join("more"))]).ok();
    assert_eq!(json.json()["gaps"], json!([[2, 2]]));
}

/// Names and contents of the files in a directory.
fn files(dir: &std::path::Path) -> std::collections::BTreeMap<std::path::PathBuf, Vec<u8>> {
    fs::read_dir(dir)
        .expect("readable")
        .map(|entry| entry.expect("entry").path())
        .map(|path| (path.clone(), fs::read(path).expect("readable")))
        .collect()
}
