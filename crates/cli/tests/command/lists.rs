//! `streams`, `kinds`, `explain` and `completions`.

use std::process::{Command, Stdio};

use serde_json::json;
use tempfile::tempdir;

use crate::support::{append, bare, command, on, on_with_input};

/// Name, events, oldest and newest sequence.
type StreamRow = (&'static str, u64, u64, u64);

const EVENTS: &str = r#"
{"entity":"user:1","scope":"shop","kind":"1:1","payload":{"name":"Ann"}}
{"entity":"order:1","scope":"shop","kind":"2:1","payload":{"total":12}}
{"entity":"user:1","scope":"shop","kind":"1:2","payload":null}
{"entity":"users","scope":"other","kind":"10:1","payload":"x"}
"#;

#[test]
fn streams_are_listed_by_name_with_their_newest_events() {
    let dir = tempdir().expect("directory");
    on_with_input(dir.path(), &["import", "ndjson", "-"], EVENTS).ok();
    let cases: [(&[&str], &[StreamRow]); 5] = [
        (
            &[],
            &[
                ("order:1", 1, 2, 2),
                ("user:1", 2, 1, 3),
                ("users", 1, 4, 4),
            ],
        ),
        (&["--entity", "user"], &[("user:1", 2, 1, 3)]),
        (
            &["--after", "2"],
            &[("user:1", 1, 3, 3), ("users", 1, 4, 4)],
        ),
        (&["--scope", "other"], &[("users", 1, 4, 4)]),
        (&["--kind", "1:1"], &[("user:1", 1, 1, 1)]),
    ];
    for (filter, expected) in cases {
        let run = on(dir.path(), &[&["streams", "--json"], filter].concat()).ok();
        let found: Vec<_> = run
            .json_lines()
            .iter()
            .map(|stream| {
                assert!(stream["last_time"].as_str().expect("a time").ends_with('Z'));
                let number = |name: &str| stream[name].as_u64().expect("a number");
                let entity = stream["entity"].as_str().expect("a name").to_owned();
                (entity, number("events"), number("first"), number("last"))
            })
            .collect();
        let expected: Vec<_> = expected
            .iter()
            .map(|(name, events, first, last)| ((*name).to_owned(), *events, *first, *last))
            .collect();
        assert_eq!(found, expected, "{filter:?}");
        let people = on(dir.path(), &[&["streams"], filter].concat()).ok();
        assert_eq!(people.stdout.lines().count(), expected.len() + 1);
    }
    let run = on(dir.path(), &["streams", "--entity", "use"]).ok();
    assert_eq!(run.stdout, "");
    assert!(
        run.stderr.starts_with("hint: nothing matches; --entity"),
        "{run:?}"
    );
}

#[test]
fn kinds_are_listed_in_the_order_of_their_numbers() {
    let dir = tempdir().expect("directory");
    on_with_input(dir.path(), &["import", "ndjson", "-"], EVENTS).ok();
    let run = on(dir.path(), &["kinds", "--json"]).ok().json_lines();
    let kinds: Vec<_> = run.iter().map(|kind| &kind["kind"]).collect();
    assert_eq!(kinds, ["1:1", "1:2", "2:1", "10:1"]);
    assert_eq!(run[1]["payload_bytes"], json!(1));
    assert_eq!(run[3]["last"], json!(4));
    let people = on(dir.path(), &["kinds", "--kind", "1"]).ok().stdout;
    assert_eq!(people.lines().count(), 3);
}

#[test]
fn lists_of_an_empty_store_are_empty() {
    let dir = tempdir().expect("directory");
    on_with_input(dir.path(), &["import", "ndjson", "-"], "").ok();
    for args in [
        &["streams"][..],
        &["kinds"],
        &["log"],
        &["export", "ndjson"],
    ] {
        for more in [&[][..], &["--json"]] {
            let run = on(dir.path(), &[args, more].concat()).ok();
            assert_eq!((&*run.stdout, &*run.stderr), ("", ""), "{args:?}");
        }
    }
    let stats = on(dir.path(), &["stats", "--json"]).ok().json();
    assert_eq!(stats["events"], json!(0));
    assert_eq!(stats.get("bytes_per_event"), None);
    on(dir.path(), &["stats"]).ok();
}

#[test]
fn lists_for_people_fit_80_columns_whatever_the_names() {
    let dir = tempdir().expect("directory");
    for entity in [
        "\u{9b}\u{202e}x",
        "名前名前名前名前名前名前名前名前名前名前名前",
        &"long".repeat(250),
    ] {
        append(dir.path(), entity, r#"{"text":"名前"}"#);
    }
    for args in [
        &["streams"][..],
        &["kinds"],
        &["log"],
        &["stats"],
        &["explain"],
    ] {
        let run = on(dir.path(), args).ok();
        assert!(!run.stdout.is_empty());
        for line in run.stdout.lines() {
            assert!(console::measure_text_width(line) <= 80, "{line}");
            assert!(
                !line.contains(|c: char| c.is_control() || c == '\u{202e}'),
                "{line:?}"
            );
            assert_eq!(line, line.trim_end());
        }
    }
}

#[test]
fn lists_end_quietly_on_a_closed_pipe() {
    let dir = tempdir().expect("directory");
    let input: String = (0..5000)
        .map(|n| {
            format!(
                "{{\"entity\":\"user:{n}\",\"scope\":\"s\",\"kind\":\"1:{n}\",\"payload\":1}}\n"
            )
        })
        .take(4000)
        .collect();
    on_with_input(dir.path(), &["import", "ndjson", "-"], &input).ok();
    for args in [
        &["streams"][..],
        &["streams", "--json"],
        &["kinds"],
        &["explain"],
        &["completions", "bash"],
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
    }
}

#[test]
fn every_shell_gets_a_script_that_knows_the_commands() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let script = bare(&["completions", shell]).ok().stdout;
        for word in ["batpak", "streams", "ndjson", "skip-bad", "follow"] {
            assert!(script.contains(word), "{shell}: {word}");
        }
    }
    assert_eq!(bare(&["completions", "csh"]).code, Some(2));
    assert_eq!(bare(&["completions"]).code, Some(2));
    // The script of this shell completes.
    let Ok(found) = Command::new("bash")
        .args(["-c", "eval \"$(\"$BATPAK\" completions bash)\"; COMP_WORDS=(batpak ex); COMP_CWORD=1; _batpak batpak ex batpak; echo \"${COMPREPLY[@]}\""])
        .env("BATPAK", env!("CARGO_BIN_EXE_batpak"))
        .stderr(Stdio::inherit())
        .output()
    else {
        return;
    };
    assert_eq!(String::from_utf8_lossy(&found.stdout), "explain export\n");
}
