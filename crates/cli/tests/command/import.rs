//! `import ndjson`: units, bad lines, keys, labels, and going on after an interruption.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use tempfile::tempdir;

use crate::support::{Run, append, command, names_replaced, on, on_with_input, without_names};

pub(crate) const IMPORT: [&str; 3] = ["import", "ndjson", "-"];

pub(crate) fn line(entity: &str, more: &str) -> String {
    format!("{{\"entity\":\"{entity}\",\"scope\":\"s\",\"kind\":\"1:1\",\"payload\":1{more}}}\n")
}

/// `count` lines, each with a label and the one before as its cause.
pub(crate) fn chain(count: u64) -> String {
    let mut lines = line("user:1", r#","sequence":1"#);
    for n in 2..=count {
        let more = format!(",\"sequence\":{n},\"causes\":[{}]", n - 1);
        lines.push_str(&line(&format!("user:{}", n % 7), &more));
    }
    lines
}

pub(crate) fn import(dir: &Path, more: &[&str], input: &str) -> Run {
    on_with_input(dir, &[&IMPORT, more].concat(), input)
}

pub(crate) fn export(dir: &Path) -> String {
    on(dir, &["export", "ndjson"]).ok().stdout
}

pub(crate) fn events(dir: &Path) -> usize {
    export(dir).lines().count()
}

#[test]
fn a_bad_line_leaves_the_units_before_it_and_says_where_to_go_on() {
    let dir = tempdir().expect("directory");
    let bad = r#"{"entity":"e","scope":"s","kind":"x","payload":1}"#;
    let good = chain(7033);
    let input = format!("{good}{bad}\n{}", line("last", ""));
    let run = import(dir.path(), &[], &input);
    assert_eq!(run.code, Some(1), "{run:?}");
    assert_eq!(
        run.stderr,
        "error[bad-line]: line 7034: kind: expected \"category:type\", found \"x\"; \
         7000 events committed, continue with --from-line 7001\n"
    );
    assert_eq!(run.stdout, "");
    assert_eq!(events(dir.path()), 7000);

    let mended = input.replace("\"x\"", "\"2:2\"");
    let run = import(dir.path(), &["--from-line", "7001"], &mended).ok();
    assert_eq!(run.stdout, "35 new / 0 present / 0 skipped\n");
    let whole = tempdir().expect("directory");
    import(whole.path(), &[], &mended).ok();
    let (pieces, whole) = (export(dir.path()), export(whole.path()));
    assert_eq!(without_names(&pieces), without_names(&whole));
    on(dir.path(), &["verify"]).ok();
}

#[test]
fn a_failure_as_json_names_the_line() {
    let dir = tempdir().expect("directory");
    let input = format!("{}\n\n{{\n", line("a", ""));
    let run = import(dir.path(), &["--json", "--batch", "1"], &input);
    let error: Value = serde_json::from_str(&run.stderr).expect("an object");
    assert_eq!(error["error"]["code"], json!("bad-line"));
    assert_eq!(error["error"]["line"], json!(4));
    let message = error["error"]["message"].as_str().expect("text");
    assert!(
        message.ends_with("; 1 event committed, continue with --from-line 4"),
        "{message}"
    );
}

#[test]
fn what_is_wrong_with_a_line_is_said_and_skipped_on_demand() {
    let too_deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let many_causes = format!(r#","causes":[{}1]"#, "1,".repeat(4096));
    let cases = [
        (
            r#"{"entity":"e","scope":"s","kind":"x","payload":1}"#.to_owned(),
            r#"kind: expected "category:type", found "x""#,
        ),
        (line("e", r#","causes":[77]"#), "causes: no event 77"),
        (line("e", r#","causes":[3]"#), "causes: no event 3"),
        (
            line("e", r#","causes":["key:none"]"#),
            "causes: no event key:none",
        ),
        (
            line("e", r#","causes":["00000000000000000000000000000001"]"#),
            "causes: no event 00000000000000000000000000000001",
        ),
        (
            line("e", &many_causes),
            "causes: 4097 exceed the limit of 4096",
        ),
        (
            line("e", r#","correlation":"what""#),
            "correlation: no event what",
        ),
        (line("e", r#","extra":1"#), "extra: unknown field"),
        (line("a/b", ""), "entity: "),
        (line(&"x".repeat(1025), ""), "entity: "),
        (
            line("e", r#","payload":1"#),
            "not JSON: the name \"payload\" occurs twice",
        ),
        ("[]".to_owned(), "not an object"),
        (
            format!("{{\"payload\":{too_deep}}}"),
            "not JSON: lists and objects are nested too deeply",
        ),
        (
            r#"{"entity":"e","scope":"s","kind":"1:1","payload_msgpack":"wQ=="}"#.to_owned(),
            "payload: ",
        ),
        (
            r#"{"entity":"e","scope":"s","kind":"1:1","payload_msgpack":""}"#.to_owned(),
            "payload: ",
        ),
    ];
    for (bad, message) in cases {
        let dir = tempdir().expect("directory");
        let input = format!("{}\n{}\n{}", line("a", ""), bad.trim_end(), line("c", ""));
        let run = import(dir.path(), &[], &input);
        assert_eq!(run.code, Some(1), "{message}: {run:?}");
        let start = format!("error[bad-line]: line 3: {message}");
        assert!(run.stderr.starts_with(&start), "{}", run.stderr);
        assert!(
            run.stderr
                .contains("; 0 events committed, continue with --from-line 1\n"),
            "{}",
            run.stderr
        );
        assert_eq!(events(dir.path()), 0);

        let run = import(dir.path(), &["--skip-bad", "--json"], &input).ok();
        assert_eq!(run.json(), json!({"new": 2, "present": 0, "skipped": 1}));
        let start = format!("warning: line 3 skipped: {message}");
        assert!(run.stderr.starts_with(&start), "{}", run.stderr);
        assert_eq!(events(dir.path()), 2);
    }
}

#[test]
fn bytes_that_are_not_text_are_one_bad_line() {
    let place = tempdir().expect("directory");
    let (store, file) = (place.path().join("store"), place.path().join("input"));
    let mut bytes = line("a", "").into_bytes();
    bytes.extend(b"{\"entity\":\"\xff\"}\n");
    bytes.extend(line("b", "").bytes());
    fs::write(&file, bytes).expect("written");
    let args = ["import", "ndjson", file.to_str().expect("text")];
    let run = on(&store, &args);
    assert_eq!(run.code, Some(1));
    assert!(
        run.stderr
            .contains("line 2: not UTF-8 at byte 12; 0 events"),
        "{}",
        run.stderr
    );
    let run = on(&store, &[&args[..], &["--skip-bad"]].concat()).ok();
    assert_eq!(run.stdout, "2 new / 0 present / 1 skipped\n");
}

#[test]
fn many_bad_lines_are_counted_and_ten_are_shown() {
    let dir = tempdir().expect("directory");
    let input = format!("{}{}", "nonsense\n".repeat(5000), line("a", ""));
    let run = import(dir.path(), &["--skip-bad"], &input).ok();
    assert_eq!(run.stdout, "1 new / 0 present / 5,000 skipped\n");
    assert_eq!(run.stderr.lines().count(), 11);
    assert!(
        run.stderr
            .ends_with("warning: 4,990 more bad lines skipped\n"),
        "{}",
        run.stderr
    );
    let quiet = import(dir.path(), &["--skip-bad", "--quiet"], &input).ok();
    assert_eq!(quiet.stderr, "");
}

#[test]
fn an_empty_input_makes_an_empty_store() {
    for input in ["", "\n", " \r\n\n"] {
        let dir = tempdir().expect("directory");
        let run = import(dir.path(), &[], input).ok();
        assert_eq!(run.stdout, "0 new / 0 present / 0 skipped\n");
        assert_eq!(events(dir.path()), 0);
    }
}

#[test]
fn an_input_that_is_not_there_makes_no_store() {
    let place = tempdir().expect("directory");
    let store = place.path().join("store");
    for input in [&place.path().join("missing"), place.path()] {
        let run = on(&store, &["import", "ndjson", input.to_str().expect("text")]);
        assert_eq!(run.code, Some(1));
        assert!(
            run.stderr.starts_with("error[io]: cannot read the input: "),
            "{}",
            run.stderr
        );
    }
    assert!(!store.exists());
    for args in [["--batch", "0"], ["--batch", "4097"], ["--from-line", "0"]] {
        assert_eq!(import(&store, &args, "").code, Some(2), "{args:?}");
    }
    let run = import(&store, &["--resume", "--from-line", "2"], "");
    assert_eq!(run.code, Some(2));
    assert!(!store.exists());
}

#[test]
fn a_key_is_present_with_the_same_body_and_a_conflict_with_another() {
    let dir = tempdir().expect("directory");
    let keyed = line("a", r#","key":"k","causes":["key:first"]"#);
    let input = format!(
        "{}{}{}",
        line("a", r#","key":"first""#),
        line("b", ""),
        keyed
    );
    // Twice in one unit, and again in later ones.
    let twice = format!("{input}{keyed}");
    let run = import(dir.path(), &["--json"], &twice).ok();
    assert_eq!(run.json(), json!({"new": 3, "present": 1, "skipped": 0}));
    let run = import(dir.path(), &["--json", "--batch", "1"], &twice).ok();
    assert_eq!(run.json(), json!({"new": 1, "present": 3, "skipped": 0}));

    for other in [
        line("b", r#","key":"k","causes":["key:first"]"#),
        line("a", r#","key":"k""#),
        keyed.replace("\"1:1\"", "\"1:2\""),
        keyed.replace("\"payload\":1", "\"payload\":2"),
        line("a", r#","key":"k","causes":["key:first"],"correlation":1"#),
    ] {
        let run = import(
            dir.path(),
            &["--skip-bad"],
            &format!("{}{other}", line("x", "")),
        );
        assert_eq!(run.code, Some(4), "{other}: {run:?}");
        assert!(
            run.stderr.starts_with("error[key-conflict]: line 2: "),
            "{}",
            run.stderr
        );
        assert!(
            run.stderr
                .contains("; 0 events committed, continue with --from-line 1\n"),
            "{}",
            run.stderr
        );
        let empty = tempdir().expect("directory");
        let run = import(empty.path(), &[], &format!("{input}{other}"));
        assert_eq!(run.code, Some(4), "in one unit: {other}: {run:?}");
    }
    assert_eq!(events(dir.path()), 4);
}

#[test]
fn labels_come_before_what_the_store_has() {
    let dir = tempdir().expect("directory");
    append(dir.path(), "old", "1");
    let input = [
        line("a", r#","sequence":1"#),
        line("b", r#","causes":[1,"seq:1"],"correlation":1"#),
        line("c", r#","causes":[2,4]"#),
        // The label moves on to the latest line that has it.
        line("d", r#","sequence":1"#),
        line("e", r#","causes":[1]"#),
    ];
    for batch in ["1", "2", "1000"] {
        let dir = tempdir().expect("directory");
        append(dir.path(), "old", "1");
        let input = input.concat().replace("[2,4]", "[2,3]");
        import(dir.path(), &["--batch", batch], &input).ok();
        let events = names_replaced(&export(dir.path()));
        assert_eq!(events[2]["causes"], json!(["event 2", "event 2"]));
        assert_eq!(events[2]["correlation"], json!("event 2"));
        // Without a label a number is a sequence, that of an earlier line included.
        assert_eq!(events[3]["causes"], json!(["event 2", "event 3"]));
        assert_eq!(events[5]["causes"], json!(["event 5"]));
    }
    let run = import(dir.path(), &[], &input.concat());
    assert!(run.stderr.contains("line 3: causes: no event 4"), "{run:?}");
}

#[test]
fn causes_elsewhere_are_taken_on_demand() {
    let dir = tempdir().expect("directory");
    let id = "0123456789abcdef0123456789abcdef";
    let input = line("a", &format!(r#","causes":["{id}"]"#));
    assert_eq!(import(dir.path(), &[], &input).code, Some(1));
    import(dir.path(), &["--foreign-causes"], &input).ok();
    let event: Value = serde_json::from_str(&export(dir.path())).expect("one event");
    assert_eq!(event["causes"], json!([id]));
    let unnamed = line("a", r#","causes":["key:k"]"#);
    let run = import(dir.path(), &["--foreign-causes"], &unnamed);
    assert_eq!(run.code, Some(1), "{run:?}");
    on(dir.path(), &["verify"]).ok();
}

#[test]
fn reserved_kinds_are_skipped_and_counted() {
    let dir = tempdir().expect("directory");
    let reserved = line("a", "").replace("\"1:1\"", "\"0:7\"");
    let effect = line("a", "").replace("\"1:1\"", "\"0xD:1\"");
    let input = format!("{reserved}{}{effect}", line("b", ""));
    let run = import(dir.path(), &[], &input).ok();
    assert_eq!(run.stdout, "1 new / 0 present / 2 skipped\n");
    let run = on_with_input(dir.path(), &["append", "--stdin"], &reserved);
    assert_eq!(run.code, Some(1), "{run:?}");
}

#[test]
fn a_line_of_many_megabytes_is_an_event_or_a_bad_line() {
    let dir = tempdir().expect("directory");
    let payload = |bytes: usize| {
        format!(
            "{{\"entity\":\"e\",\"scope\":\"s\",\"kind\":\"1:1\",\"payload\":\"{}\"}}\n",
            "x".repeat(bytes)
        )
    };
    // Larger than a unit may be, between others.
    let input = format!("{}{}{}", line("a", ""), payload(20 << 20), line("b", ""));
    import(dir.path(), &[], &input).ok();
    assert_eq!(events(dir.path()), 3);
    let run = import(dir.path(), &[], &payload(65 << 20));
    assert_eq!(run.code, Some(1));
    assert!(
        run.stderr.contains("line 1: payload: ") && run.stderr.contains(" exceed the limit of "),
        "{}",
        run.stderr
    );
    on(dir.path(), &["verify"]).ok();
}

#[test]
fn a_closed_pipe_does_not_stop_an_import() {
    let place = tempdir().expect("directory");
    let (store, file) = (place.path().join("store"), place.path().join("input"));
    fs::write(&file, chain(2000)).expect("written");
    let mut child = command(&["import", "ndjson", file.to_str().expect("text"), "--store"])
        .arg(&store)
        .spawn()
        .expect("starts");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("ends");
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(output.stderr, b"");
    assert_eq!(events(&store), 2000);
}
