//! The shapes of events on the way in and out.

use serde_json::{Value, json};
use tempfile::tempdir;

use crate::support::{append, json_lines, names_replaced, on, on_with_input};

#[test]
fn an_event_is_printed_with_its_keys_in_order() {
    let dir = tempdir().expect("directory");
    let first = append(dir.path(), "user:1", r#"{"z":1,"a":[true,null,"x",-2.5]}"#).json();
    assert_eq!(first["sequence"], json!(1));
    let first_id = first["id"].as_str().expect("an id").to_owned();
    let args = [
        "append",
        "--entity",
        "user:1",
        "--scope",
        "test",
        "--kind",
        "0xf:0x10",
        "--payload",
        "2",
        "--key",
        "the key",
        "--cause",
        "1",
        "--cause",
        "key:gone",
    ];
    let unknown = on(dir.path(), &args);
    assert_eq!(unknown.code, Some(1));
    assert_eq!(
        unknown.stderr,
        "error[not-found]: cause: no event key:gone in the store\n"
    );
    let second = on(dir.path(), &args[..args.len() - 2]).ok().json();
    let second_id = second["id"].as_str().expect("an id");

    let lines = on(dir.path(), &["export", "ndjson"]).ok().stdout;
    let lines: Vec<&str> = lines.lines().collect();
    let times: Vec<String> = json_lines(&lines.join("\n"))
        .iter()
        .map(|event| event["time"].as_str().expect("a time").to_owned())
        .collect();
    for time in &times {
        assert_eq!(time.len(), "2026-01-02T03:04:05.000006Z".len(), "{time}");
        assert!(time.ends_with('Z'), "{time}");
    }
    assert_eq!(
        lines[0],
        format!(
            "{{\"sequence\":1,\"id\":\"{first_id}\",\"time\":\"{}\",\"entity\":\"user:1\",\
             \"scope\":\"test\",\"kind\":\"1:1\",\"stream_sequence\":1,\"causes\":[],\
             \"payload\":{{\"z\":1,\"a\":[true,null,\"x\",-2.5]}}}}",
            times[0]
        )
    );
    assert_eq!(
        lines[1],
        format!(
            "{{\"sequence\":2,\"id\":\"{second_id}\",\"time\":\"{}\",\"entity\":\"user:1\",\
             \"scope\":\"test\",\"kind\":\"15:16\",\"stream_sequence\":2,\"key\":\"the key\",\
             \"causes\":[\"{first_id}\"],\"payload\":2}}",
            times[1]
        )
    );
    let log = on(dir.path(), &["log", "--json"]).ok().stdout;
    assert_eq!(log.lines().collect::<Vec<_>>(), lines);

    let hyphenated = format!("{}-{}", &second_id[..8], &second_id[8..]);
    for name in ["2", "seq:2", second_id, &hyphenated, "key:the key"] {
        let json = on(dir.path(), &["get", name, "--json"]).ok().stdout;
        assert_eq!(json.trim_end(), lines[1], "{name}");
        let pretty = on(dir.path(), &["get", name]).ok();
        assert_eq!(pretty.json(), json_lines(lines[1])[0]);
    }
}

#[test]
fn a_payload_that_json_cannot_hold_is_kept_in_base64() {
    let dir = tempdir().expect("directory");
    // Bytes, a name that is no text, not-a-number, a name twice.
    for packed in ["xAEC", "gQEC", "y3/4AAAAAAAA", "gqFhAaFhAg=="] {
        let line =
            format!(r#"{{"entity":"e","scope":"s","kind":"1:1","payload_msgpack":"{packed}"}}"#);
        let run = on_with_input(dir.path(), &["append", "--stdin"], &line).ok();
        let sequence = run.json()["sequence"].to_string();
        let event = on(dir.path(), &["get", &sequence, "--json"]).ok().json();
        assert_eq!(event["payload_msgpack"], json!(packed));
        assert_eq!(event.get("payload"), None);
        on(dir.path(), &["log"]).ok();
    }
}

#[test]
fn an_export_appended_to_an_empty_store_exports_alike() {
    let (one, two) = (tempdir().expect("directory"), tempdir().expect("directory"));
    let input = r#"
{"sequence":90,"entity":"user:1","scope":"s","kind":"1:1","payload":{"b":1.0,"a":18446744073709551615,"c":-0.0}}
{"id":"0000000000000000000000000000000a","entity":"user:2","scope":"s","kind":"2:3","key":"k","causes":[90],"payload":"x"}
{"entity":"user:1","scope":"s","kind":"1:2","causes":["seq:90","0000000000000000000000000000000A","key:k"],"correlation":90,"payload":[]}
{"entity":"user:3","scope":"s","kind":"1:2","causes":[1],"correlation":"000000000000000000000000000000ff","payload":null}
{"entity":"user:3","scope":"s","kind":"1:2","payload_msgpack":"xAEC"}
"#;
    on_with_input(one.path(), &["append", "--stdin"], input).ok();
    let first = on(one.path(), &["export", "ndjson"]).ok().stdout;
    on_with_input(two.path(), &["append", "--stdin"], &first).ok();
    let second = on(two.path(), &["export", "ndjson"]).ok().stdout;

    let (first, second) = (names_replaced(&first), names_replaced(&second));
    assert_eq!(first, second);
    assert_eq!(first.len(), 5);
    assert_eq!(first[1]["causes"], json!(["event 1"]));
    assert_eq!(first[2]["causes"], json!(["event 1", "event 2", "event 2"]));
    assert_eq!(first[2]["correlation"], json!("event 1"));
    assert_eq!(first[3]["causes"], json!(["event 1"]));
    assert_eq!(
        first[3]["correlation"],
        json!("000000000000000000000000000000ff")
    );
    assert!(first[0].to_string().contains(r#""c":-0.0"#));
}

#[test]
fn filters_and_limits_choose_events() {
    let dir = tempdir().expect("directory");
    let mut input = String::new();
    for (entity, scope, kind) in [
        ("user:1", "a", "1:1"),
        ("user:2", "a", "1:2"),
        ("users:3", "b", "2:1"),
        ("user", "b", "1:1"),
        ("order:4", "a", "2:2"),
    ] {
        input.push_str(&format!(
            "{{\"entity\":\"{entity}\",\"scope\":\"{scope}\",\"kind\":\"{kind}\",\"payload\":0}}\n"
        ));
    }
    on_with_input(dir.path(), &["append", "--stdin"], &input).ok();
    let cases: [(&[&str], &[u64]); 11] = [
        (&[], &[1, 2, 3, 4, 5]),
        (&["--entity", "user"], &[1, 2, 4]),
        (&["--entity", "user:1"], &[1]),
        (&["--scope", "b"], &[3, 4]),
        (&["--kind", "1"], &[1, 2, 4]),
        (&["--kind", "0x1:0x2"], &[2]),
        (&["--after", "3"], &[4, 5]),
        (&["--limit", "2"], &[1, 2]),
        (&["--reverse", "--limit", "2"], &[5, 4]),
        (&["--reverse", "--after", "2", "--entity", "user"], &[4]),
        (&["--after", "5"], &[]),
    ];
    for (filter, expected) in cases {
        let args = [&["log", "--json"], filter].concat();
        let run = on(dir.path(), &args).ok();
        let sequences: Vec<u64> = run
            .json_lines()
            .iter()
            .map(|event| event["sequence"].as_u64().expect("a sequence"))
            .collect();
        assert_eq!(sequences, expected, "{filter:?}");
        assert_eq!(run.stderr, "");
    }
    let nothing = on(dir.path(), &["log", "--entity", "use"]).ok();
    assert_eq!(nothing.stdout, "");
    assert_eq!(
        nothing.stderr,
        "hint: nothing matches; --entity takes a prefix of whole parts: \"use\" matches \
         \"use\" and \"use:1\", not \"uses\"\n"
    );
    let quiet = on(dir.path(), &["log", "--entity", "use", "--quiet"]).ok();
    assert_eq!(quiet.stderr, "");
}

#[test]
fn lines_for_people_fit_80_columns_and_carry_no_control_characters() {
    let dir = tempdir().expect("directory");
    append(
        dir.path(),
        "user:\u{9b}名前名前名前名前名前名前",
        r#"{"text":"\u001b[2J\nnext"}"#,
    );
    append(
        dir.path(),
        "short",
        &format!(r#"{{"other":"{}"}}"#, "long ".repeat(100)),
    );
    let run = on(dir.path(), &["log"]).ok();
    assert_eq!(run.stdout.lines().count(), 2);
    assert!(
        run.stdout
            .lines()
            .all(|line| console::measure_text_width(line) <= 80)
    );
    assert!(
        run.stdout.chars().all(|c| c == '\n' || !c.is_control()),
        "{:?}",
        run.stdout
    );
}

#[test]
fn stats_count_events_and_bytes() {
    let dir = tempdir().expect("directory");
    append(dir.path(), "user:1", "1");
    append(dir.path(), "user:1", "2");
    append(dir.path(), "user:2", "3");
    let stats = on(dir.path(), &["stats", "--json"]).ok().json();
    assert_eq!(stats["events"], json!(3));
    assert_eq!(stats["streams"], json!(2));
    assert_eq!(stats["head"], json!(3));
    assert!(stats["segments"].as_u64() >= Some(1), "{stats}");
    let classes = stats["bytes_by_class"].as_object().expect("classes");
    let sum: u64 = classes.values().filter_map(Value::as_u64).sum();
    assert_eq!(json!(sum), stats["bytes"]);
    let on_disk: u64 = std::fs::read_dir(dir.path())
        .expect("readable")
        .map(|entry| entry.expect("entry").metadata().expect("metadata").len())
        .sum();
    assert_eq!(sum, on_disk);
    let people = on(dir.path(), &["stats"]).ok().stdout;
    assert!(people.starts_with("Events "), "{people}");
    assert!(people.lines().all(|line| line.len() <= 80), "{people}");
}
