//! `log --follow`: a live writer, rotations, and the ways it ends.

use std::io::{BufRead as _, BufReader, Lines, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdout};

use batpak::{Coordinate, EventKind, Store, StoreConfig};
use serde_json::{Value, json};
use tempfile::tempdir;

use crate::support::{Run, append, command, interrupt, json_lines, on, on_with_input, start};

/// A follower and the lines that it prints.
struct Follower {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Follower {
    fn start(dir: &Path, more: &[&str]) -> Follower {
        let mut child = command(&[&["log", "--follow"], more].concat())
            .arg("--store")
            .arg(dir)
            .spawn()
            .expect("starts");
        let stdout = child.stdout.take().expect("output");
        Follower {
            child,
            lines: BufReader::new(stdout).lines(),
        }
    }

    fn next(&mut self) -> String {
        self.lines.next().expect("a line").expect("text")
    }

    fn next_json(&mut self) -> Value {
        serde_json::from_str(&self.next()).expect("an object")
    }

    /// Interrupts it, reads what it still prints, and returns how it ends.
    fn end(self) -> Run {
        interrupt(&self.child);
        let rest: Vec<String> = self.lines.map(|line| line.expect("text")).collect();
        let run = Run::from(self.child.wait_with_output().expect("ends"));
        Run {
            stdout: rest.join("\n"),
            ..run
        }
    }
}

#[test]
fn events_are_listed_as_a_writer_commits_them_through_rotations() {
    let dir = tempdir().expect("directory");
    let config = StoreConfig::new(dir.path()).with_segment_max_bytes(4096);
    let store = Store::open(config).expect("opens");
    let place = Coordinate::new("e", "s").expect("a place");
    let append = |n: u64| {
        store
            .append(&place, EventKind::custom(1, 1), &n)
            .expect("appended");
    };
    append(1);
    let mut follower = Follower::start(dir.path(), &["--json"]);
    assert_eq!(follower.next_json()["payload"], json!(1));
    // One at a time, and many while the follower reads.
    for n in 2..=20 {
        append(n);
        assert_eq!(follower.next_json()["payload"], json!(n));
    }
    std::thread::scope(|scope| {
        scope.spawn(|| (21..=250).for_each(append));
        for n in 21..=250 {
            let event = follower.next_json();
            assert_eq!(event["payload"], json!(n));
            assert_eq!(event["sequence"], json!(n));
        }
    });
    assert!(store.usage().expect("usage").segments > 5);
    store.close().expect("closes");
    let run = follower.end();
    assert_eq!((run.code, &*run.stdout, &*run.stderr), (Some(130), "", ""));
}

#[test]
fn a_follower_outlives_its_writers() {
    let dir = tempdir().expect("directory");
    append(dir.path(), "user:1", "1");
    let mut follower = Follower::start(dir.path(), &["--json", "--entity", "user"]);
    assert_eq!(follower.next_json()["sequence"], json!(1));
    append(dir.path(), "order:1", "2");
    append(dir.path(), "user:2", "3");
    assert_eq!(follower.next_json()["sequence"], json!(3));

    let mut writer = start(dir.path(), &["append", "--stdin"]);
    let mut input = writer.stdin.take().expect("input");
    let line = r#"{"entity":"user:1","scope":"s","kind":"1:1","payload":4}"#;
    writeln!(input, "{line}").expect("written");
    assert_eq!(follower.next_json()["payload"], json!(4));
    writer.kill().expect("killed");
    writer.wait().expect("ended");
    append(dir.path(), "user:1", "5");
    assert_eq!(follower.next_json()["payload"], json!(5));
    assert_eq!(follower.end().code, Some(130));
}

#[test]
fn following_ends_with_the_limit() {
    let dir = tempdir().expect("directory");
    append(dir.path(), "a", "1");
    let mut follower = Follower::start(dir.path(), &["--json", "--limit", "3"]);
    follower.next();
    append(dir.path(), "b", "2");
    append(dir.path(), "c", "3");
    append(dir.path(), "d", "4");
    let rest: Vec<String> = follower.lines.map(|line| line.expect("text")).collect();
    assert_eq!(rest.len(), 2, "{rest:?}");
    assert_eq!(follower.child.wait().expect("ends").code(), Some(0));
}

#[test]
fn a_reader_that_goes_away_ends_an_idle_follower() {
    let dir = tempdir().expect("directory");
    append(dir.path(), "a", "1");
    for more in [
        &[][..],
        &["--json"],
        &["--after", "1"],
        &["--entity", "none"],
    ] {
        let mut follower = Follower::start(dir.path(), more);
        if more.len() < 2 {
            follower.next();
        }
        drop(follower.lines);
        // Nothing is appended: the follower sees by itself that nobody reads.
        let run = Run::from(follower.child.wait_with_output().expect("ends"));
        assert_eq!(run.code, Some(0), "{more:?}");
        let hinted = more.contains(&"none");
        assert_eq!(run.stderr.is_empty(), !hinted, "{more:?}: {}", run.stderr);
    }
}

#[test]
fn an_empty_store_is_followed_and_a_missing_one_is_not() {
    let dir = tempdir().expect("directory");
    on_with_input(dir.path(), &["import", "ndjson", "-"], "").ok();
    let mut follower = Follower::start(dir.path(), &[]);
    append(dir.path(), "user:1", r#"{"text":"hello"}"#);
    let line = follower.next();
    assert!(
        line.starts_with("1 20") && line.ends_with("1:1 hello"),
        "{line}"
    );
    assert_eq!(follower.end().code, Some(130));

    let missing = dir.path().join("missing");
    assert_eq!(on(&missing, &["log", "--follow"]).code, Some(2));
    let run = on(dir.path(), &["log", "--follow", "--reverse"]);
    assert_eq!(run.code, Some(2), "{run:?}");
}

#[test]
fn an_interrupt_ends_a_follower_in_the_middle_of_many_events() {
    let dir = tempdir().expect("directory");
    let line = r#"{"entity":"user:1","scope":"s","kind":"1:1","payload":{"text":"some text"}}"#;
    let input = format!("{line}\n").repeat(20_000);
    on_with_input(dir.path(), &["import", "ndjson", "-"], &input).ok();
    let mut follower = Follower::start(dir.path(), &["--json"]);
    follower.next();
    let run = follower.end();
    assert_eq!((run.code, &*run.stderr), (Some(130), ""));
    // What it prints are whole lines, up to wherever the interrupt reached it.
    json_lines(&run.stdout);
}
