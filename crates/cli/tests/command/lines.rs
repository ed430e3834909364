//! `append --stdin`: order, bounds, labels, bad lines, interruption.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::process::Command;

use serde_json::json;
use tempfile::tempdir;

use crate::support::{on, on_with_input, start};

fn line(entity: &str, more: &str) -> String {
    format!("{{\"entity\":\"{entity}\",\"scope\":\"s\",\"kind\":\"1:1\",\"payload\":1{more}}}\n")
}

#[test]
fn acknowledgements_come_in_the_order_of_the_lines() {
    for (durability, in_flight) in [("synced", "1024"), ("written", "1"), ("written", "7")] {
        let dir = tempdir().expect("directory");
        let input: String = (1..=300).map(|n| line(&format!("user:{n}"), "")).collect();
        let args = [
            "append",
            "--stdin",
            "--durability",
            durability,
            "--in-flight",
            in_flight,
        ];
        let acknowledged = on_with_input(dir.path(), &args, &input).ok().stdout;
        let exported = on(dir.path(), &["export", "ndjson"]).ok().json_lines();
        assert_eq!(exported.len(), 300);
        let expected: String = exported
            .iter()
            .enumerate()
            .map(|(index, event)| {
                assert_eq!(event["entity"], json!(format!("user:{}", index + 1)));
                format!(
                    "{{\"sequence\":{},\"id\":{}}}\n",
                    event["sequence"], event["id"]
                )
            })
            .collect();
        assert_eq!(acknowledged, expected);
    }
}

#[test]
fn an_acknowledgement_does_not_wait_for_more_input() {
    for durability in ["synced", "written"] {
        let dir = tempdir().expect("directory");
        let mut child = start(
            dir.path(),
            &["append", "--stdin", "--durability", durability],
        );
        let mut input = child.stdin.take().expect("input");
        let mut output = BufReader::new(child.stdout.take().expect("output"));
        for sequence in 1..=20 {
            input
                .write_all(line("user:1", "").as_bytes())
                .expect("written");
            let mut acknowledgement = String::new();
            output
                .read_line(&mut acknowledgement)
                .expect("acknowledged");
            let start = format!("{{\"sequence\":{sequence},\"id\":\"");
            assert!(acknowledgement.starts_with(&start), "{acknowledgement}");
        }
        drop(input);
        assert!(child.wait().expect("ends").success());
    }
}

#[test]
fn a_bad_line_ends_the_input_after_everything_before_it() {
    let too_deep = format!("{}{}", "[".repeat(300), "]".repeat(300));
    let cases = [
        (
            r#"{"entity":"e","scope":"s","kind":"x","payload":1}"#.to_owned(),
            r#"kind: expected "category:type", found "x""#.to_owned(),
        ),
        (
            line("e", r#","causes":[77]"#),
            "causes: no event 77".to_owned(),
        ),
        (
            line("e", r#","causes":["key:none"]"#),
            "causes: no event key:none".to_owned(),
        ),
        (
            line("e", r#","correlation":"what""#),
            "correlation: no event what".to_owned(),
        ),
        (
            line("e", r#","extra":1"#),
            "extra: unknown field".to_owned(),
        ),
        (
            r#"{"entity":"e","scope":"s","kind":"1:1","payload_msgpack":"?"}"#.to_owned(),
            "payload_msgpack: not base64: Invalid symbol 63, offset 0.".to_owned(),
        ),
        (
            "{".to_owned(),
            "not JSON: EOF while parsing an object at column 1".to_owned(),
        ),
        (
            format!("{{\"payload\":{too_deep}}}"),
            "not JSON: lists and objects are nested too deeply at column 138".to_owned(),
        ),
    ];
    for (bad, message) in cases {
        let dir = tempdir().expect("directory");
        let bad = bad.trim_end();
        let input = format!(
            "{}\n{}{bad}\n{}",
            line("a", ""),
            line("b", ""),
            line("c", "")
        );
        let run = on_with_input(dir.path(), &["append", "--stdin"], &input);
        assert_eq!(run.code, Some(1), "{run:?}");
        assert_eq!(run.stdout.lines().count(), 2, "{run:?}");
        assert_eq!(
            run.stderr,
            format!(
                "error[bad-line]: line 4: {message}; 2 events committed\n\
                 hint: every event before this line is committed; continue with this line\n"
            )
        );
        let run = on_with_input(dir.path(), &["append", "--stdin", "--json"], bad);
        let error: serde_json::Value = serde_json::from_str(&run.stderr).expect("an object");
        assert_eq!(error["error"]["line"], json!(1));
        assert_eq!(error["error"]["code"], json!("bad-line"));
        assert_eq!(
            on(dir.path(), &["export", "ndjson"])
                .ok()
                .stdout
                .lines()
                .count(),
            2
        );
    }
}

#[test]
fn bytes_that_are_not_text_are_a_bad_line() {
    let dir = tempdir().expect("directory");
    let mut child = start(dir.path(), &["append", "--stdin"]);
    let mut input = child.stdin.take().expect("input");
    input.write_all(line("a", "").as_bytes()).expect("written");
    input
        .write_all(b"{\"entity\":\"\xff\"}\n")
        .expect("written");
    drop(input);
    let output = child.wait_with_output().expect("ends");
    assert_eq!(output.status.code(), Some(1));
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(
        stderr.contains("line 2: not UTF-8 at byte 12; 1 event committed"),
        "{stderr}"
    );
}

#[test]
fn a_key_that_is_present_is_acknowledged_with_the_first_event() {
    let dir = tempdir().expect("directory");
    let keyed = line("a", r#","key":"k""#);
    let run = on_with_input(dir.path(), &["append", "--stdin"], &keyed.repeat(3)).ok();
    let lines: Vec<&str> = run.stdout.lines().collect();
    assert_eq!(lines, [lines[0]; 3]);
    let other = line("b", r#","key":"k""#);
    let run = on_with_input(dir.path(), &["append", "--stdin"], &other);
    assert_eq!(run.code, Some(4), "{run:?}");
    assert_eq!(
        on(dir.path(), &["export", "ndjson"])
            .ok()
            .stdout
            .lines()
            .count(),
        1
    );
}

#[test]
fn an_interrupt_reports_what_is_committed() {
    let dir = tempdir().expect("directory");
    let mut child = start(dir.path(), &["append", "--stdin"]);
    let mut input = child.stdin.take().expect("input");
    let mut output = BufReader::new(child.stdout.take().expect("output"));
    for _ in 0..3 {
        input.write_all(line("a", "").as_bytes()).expect("written");
        output.read_line(&mut String::new()).expect("acknowledged");
    }
    let sent = Command::new("sh")
        .args(["-c", &format!("kill -INT {}", child.id())])
        .status()
        .expect("a shell");
    assert!(sent.success());
    let status = child.wait().expect("ends");
    assert_eq!(status.code(), Some(130));
    let mut stderr = String::new();
    child
        .stderr
        .take()
        .expect("stderr")
        .read_to_string(&mut stderr)
        .expect("text");
    assert_eq!(
        stderr,
        "error[interrupted]: interrupted: 3 events committed\n"
    );
    drop(input);
    on(dir.path(), &["verify"]).ok();
}
