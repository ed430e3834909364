//! Exit codes and messages.

use std::io::{BufRead as _, BufReader, Write as _};

use serde_json::json;
use tempfile::tempdir;

use crate::support::{append, bare, command, on, on_with_input, start};

#[test]
fn a_command_without_a_store_says_how_to_name_one() {
    for args in [
        &["log"][..],
        &["get", "1"],
        &["stats"],
        &["verify"],
        &["export", "ndjson"],
    ] {
        let run = bare(args);
        assert_eq!(run.code, Some(2), "{args:?}");
        assert_eq!(
            run.stderr,
            "error[no-store]: no store named: --store DIR or BATPAK_STORE\n"
        );
        assert_eq!(run.stdout, "");
    }
}

#[test]
fn errors_are_objects_when_json_is_asked_for() {
    let run = bare(&["log", "--json"]);
    assert_eq!(
        run.stderr,
        "{\"error\":{\"code\":\"no-store\",\"class\":\"domain\",\
         \"commit_state\":\"not_committed\",\
         \"message\":\"no store named: --store DIR or BATPAK_STORE\"}}\n"
    );
    let usage = bare(&["log", "--json", "--limit", "0"]);
    assert_eq!(usage.code, Some(2));
    let object: serde_json::Value = serde_json::from_str(&usage.stderr).expect("an object");
    assert_eq!(object["error"]["code"], json!("usage"));
}

#[test]
fn wrong_usage_ends_with_2() {
    let dir = tempdir().expect("directory");
    append(dir.path(), "user:1", "1");
    let cases: [&[&str]; 12] = [
        &[],
        &["nonsense"],
        &["log", "--limit", "0"],
        &["log", "--nonsense"],
        &["log", "--kind", "16"],
        &["get"],
        &["get", "no-name"],
        &["append"],
        &[
            "append",
            "--entity",
            "e",
            "--scope",
            "s",
            "--kind",
            "x",
            "--payload",
            "1",
        ],
        &[
            "append",
            "--entity",
            "e",
            "--scope",
            "s",
            "--kind",
            "1:1",
            "--payload",
            "{",
        ],
        &[
            "append",
            "--entity",
            "a/b",
            "--scope",
            "s",
            "--kind",
            "1:1",
            "--payload",
            "1",
        ],
        &["append", "--stdin", "--in-flight", "0"],
    ];
    for args in cases {
        let run = on(dir.path(), args);
        assert_eq!(run.code, Some(2), "{args:?}: {run:?}");
        assert!(run.stderr.starts_with("error["), "{args:?}: {}", run.stderr);
        assert_eq!(run.stdout, "", "{args:?}");
    }
    let events = on(dir.path(), &["export", "ndjson"]).ok().json_lines();
    assert_eq!(events.len(), 1);
}

#[test]
fn the_variable_names_a_store_and_the_option_comes_first() {
    let (one, two) = (tempdir().expect("directory"), tempdir().expect("directory"));
    append(one.path(), "user:1", "1");
    append(two.path(), "user:2", "2");
    let by_variable = command(&["export", "ndjson"])
        .env("BATPAK_STORE", one.path())
        .output()
        .expect("runs");
    assert!(String::from_utf8_lossy(&by_variable.stdout).contains("user:1"));
    let by_option = command(&["export", "ndjson", "--store"])
        .arg(two.path())
        .env("BATPAK_STORE", one.path())
        .output()
        .expect("runs");
    assert!(String::from_utf8_lossy(&by_option.stdout).contains("user:2"));
    let empty = command(&["log"])
        .env("BATPAK_STORE", "")
        .output()
        .expect("runs");
    assert_eq!(empty.status.code(), Some(2));
}

#[test]
fn reading_commands_create_nothing() {
    let dir = tempdir().expect("directory");
    let missing = dir.path().join("missing");
    for args in [
        &["log"][..],
        &["get", "1"],
        &["stats"],
        &["verify"],
        &["export", "ndjson"],
    ] {
        for place in [dir.path(), &missing] {
            let run = on(place, args);
            assert_eq!(run.code, Some(2), "{args:?}");
            assert!(
                run.stderr.starts_with("error[not-a-store]: "),
                "{}",
                run.stderr
            );
        }
    }
    assert!(!missing.exists());
    assert_eq!(std::fs::read_dir(dir.path()).expect("readable").count(), 0);
}

#[test]
fn a_directory_with_other_files_does_not_become_a_store() {
    let dir = tempdir().expect("directory");
    std::fs::write(dir.path().join("notes.txt"), "mine").expect("file");
    let run = on_with_input(dir.path(), &["append", "--stdin"], "");
    assert_eq!(run.code, Some(2));
    assert_eq!(
        run.stderr,
        format!(
            "error[not-a-store]: the directory is not empty and not a store: {}\n\
             hint: name a new or an empty directory\n",
            dir.path().display()
        )
    );
    assert_eq!(std::fs::read_dir(dir.path()).expect("readable").count(), 1);
}

#[test]
fn an_event_that_is_not_there_is_an_error() {
    let dir = tempdir().expect("directory");
    append(dir.path(), "user:1", "1");
    let id = "0123456789abcdef0123456789abcdef";
    for name in ["0", "2", "99999999999999999999", id, "key:nothing"] {
        let run = on(dir.path(), &["get", name]);
        assert_eq!(run.code, Some(1), "{name}");
        assert!(
            run.stderr.starts_with("error[not-found]: no event "),
            "{}",
            run.stderr
        );
    }
}

#[test]
fn a_broken_expectation_is_a_conflict() {
    let dir = tempdir().expect("directory");
    let append = |more: &[&str]| {
        let mut args = vec!["append", "--entity", "e", "--scope", "s", "--kind", "1:1"];
        args.extend(more);
        on(dir.path(), &args)
    };
    append(&["--payload", "1", "--expect", "none"]).ok();
    assert_eq!(
        append(&["--payload", "2", "--expect", "none"]).code,
        Some(4)
    );
    assert_eq!(append(&["--payload", "2", "--expect", "2"]).code, Some(4));
    append(&["--payload", "2", "--expect", "1"]).ok();

    let first = append(&["--payload", "3", "--key", "k"]).ok();
    let again = append(&["--payload", "3", "--key", "k"]).ok();
    assert_eq!(again.stdout, first.stdout);
    let other = append(&["--payload", "4", "--key", "k"]);
    assert_eq!(other.code, Some(4), "{other:?}");
    let events = on(dir.path(), &["export", "ndjson"]).ok().json_lines();
    assert_eq!(events.len(), 3);
}

#[test]
fn a_second_writer_is_locked_out_and_readers_are_not() {
    let dir = tempdir().expect("directory");
    let mut writer = start(dir.path(), &["append", "--stdin"]);
    let mut input = writer.stdin.take().expect("input");
    let mut acknowledgements = BufReader::new(writer.stdout.take().expect("output"));
    writeln!(
        input,
        r#"{{"entity":"e","scope":"s","kind":"1:1","payload":1}}"#
    )
    .expect("written");
    let mut line = String::new();
    acknowledgements.read_line(&mut line).expect("acknowledged");

    let second = [
        "append",
        "--entity",
        "e",
        "--scope",
        "s",
        "--kind",
        "1:1",
        "--payload",
        "2",
    ];
    let run = on(dir.path(), &second);
    assert_eq!(run.code, Some(5), "{run:?}");
    assert!(run.stderr.contains("locked"), "{}", run.stderr);
    // The lock does not hang on a file that somebody may remove.
    let _ = std::fs::remove_file(dir.path().join(".batpak.lock"));
    let refused = on(dir.path(), &second);
    assert_eq!(refused.code, Some(5));
    assert!(!refused.stderr.contains("process 0"), "{}", refused.stderr);
    for args in [&["log"][..], &["stats"], &["verify"], &["export", "ndjson"]] {
        on(dir.path(), args).ok();
    }

    drop(input);
    assert!(writer.wait().expect("ends").success());
    on(dir.path(), &second).ok();
}

#[test]
fn a_closed_pipe_ends_quietly() {
    let dir = tempdir().expect("directory");
    let line = r#"{"entity":"user:1","scope":"s","kind":"1:1","payload":{"text":"some text"}}"#;
    let input = format!("{line}\n").repeat(2_000);
    on_with_input(
        dir.path(),
        &["append", "--stdin", "--durability", "written"],
        &input,
    )
    .ok();
    for args in [
        &["export", "ndjson"][..],
        &["log"],
        &["log", "--json"],
        &["get", "1"],
        &["stats"],
        &["verify"],
        &["--version"],
        &["--help"],
    ] {
        let mut child = command(args)
            .arg("--store")
            .arg(dir.path())
            .spawn()
            .expect("starts");
        drop(child.stdout.take());
        let output = child.wait_with_output().expect("ends");
        assert_eq!(output.status.code(), Some(0), "{args:?}");
        assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{args:?}");
    }
    let mut child = start(dir.path(), &["append", "--stdin"]);
    drop(child.stdout.take());
    let mut stdin = child.stdin.take().expect("input");
    // The command may have ended already.
    let _ = stdin.write_all(input.as_bytes());
    let output = child.wait_with_output().expect("ends");
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}

#[test]
fn the_version_names_the_format() {
    let run = bare(&["--version"]).ok();
    assert_eq!(
        run.stdout,
        format!("batpak {} (format version 1)\n", env!("CARGO_PKG_VERSION"))
    );
}
