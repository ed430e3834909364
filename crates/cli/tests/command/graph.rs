//! `batpak graph`.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use tempfile::{TempDir, tempdir};

use crate::support::{Run, on, on_with_input};

/// 1 placed; 2 paid and 3 packed because of it; 4 shipped because of both; 5 on its own, 6 after it.
const EVENTS: &str = r#"
{"id":"a","entity":"order:1","scope":"shop","kind":"1:1","payload":{"subject":"placed"}}
{"id":"b","entity":"payment:1","scope":"shop","kind":"1:2","payload":{"subject":"paid"},"causes":["a"]}
{"id":"c","entity":"parcel:1","scope":"shop","kind":"1:3","payload":{"subject":"packed"},"causes":["a"]}
{"id":"d","entity":"parcel:1","scope":"shop","kind":"1:4","payload":{"subject":"shipped"},"causes":["b","c"]}
{"id":"e","entity":"user:1","scope":"shop","kind":"1:5","payload":{"subject":"came \u001b[2J by"}}
{"id":"f","entity":"user:1","scope":"shop","kind":"1:6","payload":{"subject":"left"}}
"#;

fn store() -> TempDir {
    let dir = tempdir().expect("directory");
    on_with_input(dir.path(), &["import", "ndjson", "-"], EVENTS).ok();
    dir
}

fn graph(dir: &Path, question: &str) -> Run {
    let words: Vec<&str> = ["graph"].into_iter().chain(question.split(' ')).collect();
    on(dir, &words)
}

fn sequences(run: &Run) -> Vec<u64> {
    let events = run.json_lines();
    let sequence = |event: &Value| event["sequence"].as_u64().expect("a number");
    events.iter().map(sequence).collect()
}

#[test]
fn lists_are_event_objects_in_their_order() {
    let dir = store();
    let cases: &[(&str, &[u64])] = &[
        ("ancestors 4", &[3, 2, 1]),
        ("ancestors 4 --oldest-first", &[1, 2, 3]),
        ("ancestors 4 --depth 1", &[3, 2]),
        ("ancestors 4 --limit 1", &[3]),
        ("ancestors 1", &[]),
        ("ancestors 6", &[]),
        ("ancestors 6 --edges streams", &[5]),
        ("ancestors 4 --edges streams", &[3]),
        ("effects 1", &[4, 3, 2]),
        ("effects 1 --oldest-first --depth 1", &[2, 3]),
        ("effects 5 --edges both", &[6]),
        ("common 2 3", &[1]),
        ("common 2 6", &[]),
        ("common 4 2", &[2]),
        ("heads", &[6, 5, 4]),
        ("heads --edges streams", &[6, 4, 2, 1]),
        ("heads 1 2 3", &[3, 2]),
        ("roots", &[6, 5, 1]),
        ("roots 2 4", &[2]),
        ("cut 4", &[4, 3, 2, 1]),
        ("cut 4 6 --not 2", &[6, 4, 3]),
        ("cut 1 --not 4", &[]),
        ("path 1 4", &[1, 2, 4]),
        ("path 4 1", &[]),
        ("path 5 5", &[5]),
        ("why 4", &[4, 3, 1, 2]),
        ("why 4 --depth 1", &[4, 3, 2]),
    ];
    for (question, expected) in cases {
        let run = graph(dir.path(), &format!("{question} --json")).ok();
        let mut found = sequences(&run);
        let mut expected = expected.to_vec();
        if question.starts_with("heads") || question.starts_with("roots") {
            found.sort_unstable();
            expected.sort_unstable();
        }
        assert_eq!(found, expected, "{question}");
        let people = graph(dir.path(), question).ok();
        let lines = if question.starts_with("path") || question.starts_with("why") {
            expected.is_empty() == people.stdout.is_empty()
        } else {
            people.stdout.lines().count() == expected.len()
        };
        assert!(lines, "{question}: {people:?}");
        assert!(!people.stdout.contains('\u{1b}'), "{people:?}");
    }
}

#[test]
fn relations_paths_and_numbers_are_told() {
    let dir = store();
    for (pair, relation) in [
        ("1 4", "before"),
        ("4 1", "after"),
        ("2 3", "concurrent"),
        ("3 3", "same"),
    ] {
        let run = graph(dir.path(), &format!("relation {pair} --json")).ok();
        assert_eq!(run.json()["relation"], relation, "{pair}");
        let run = graph(dir.path(), &format!("relation {pair}")).ok();
        assert_eq!(run.stdout, format!("{relation}\n"));
    }
    let run = graph(dir.path(), "relation 5 6 --edges both --json").ok();
    assert_eq!(run.json(), json!({"a": 5, "b": 6, "relation": "before"}));
    let all = graph(dir.path(), "path 1 4 --all").ok();
    let mut ways: Vec<&str> = all.stdout.lines().collect();
    ways.sort_unstable();
    assert_eq!(ways, ["1 -> 2 -> 4", "1 -> 3 -> 4"]);
    let one = graph(dir.path(), "path 1 4 --all --limit 1").ok();
    assert_eq!(one.stdout.lines().count(), 1);
    let numbers = graph(dir.path(), "stats --json").ok().json();
    let expected = json!({
        "events": 6, "edges": 4, "merges": 1, "roots": 3, "heads": 3, "longest_chain": 3,
    });
    assert_eq!(numbers, expected);
}

#[test]
fn why_is_a_tree_in_which_each_event_is_shown_whole_once() {
    let dir = store();
    let run = graph(dir.path(), "why 4").ok();
    let lines: Vec<&str> = run.stdout.lines().collect();
    let starts = [
        "4 shipped",
        "20",
        "├─ 3 packed",
        "│  20",
        "│  └─ 1 placed",
        "│     20",
        "└─ 2 paid",
        "   20",
        "   └─ 1 (shown above)",
    ];
    assert_eq!(lines.len(), starts.len(), "{run:?}");
    for (line, start) in lines.iter().zip(starts) {
        assert!(line.starts_with(start), "{line}");
    }
    let cut = graph(dir.path(), "why 4 --depth 1").ok();
    assert!(
        cut.stdout.contains("3 packed (and what led to it)"),
        "{cut:?}"
    );
}

#[test]
fn pictures_are_written_in_three_formats() {
    let dir = store();
    let file = dir.path().with_extension("svg");
    let run = on(
        dir.path(),
        &[
            "graph",
            "draw",
            "4",
            "6",
            "--edges",
            "both",
            "-o",
            file.to_str().expect("text"),
        ],
    );
    assert_eq!(run.ok().stdout, "");
    let svg = fs::read_to_string(&file).expect("written");
    fs::remove_file(&file).expect("removed");
    assert!(svg.starts_with("<svg") && svg.contains("4 shipped") && svg.contains("<title>"));
    assert!(!svg.contains('\u{1b}') && svg.contains("user:1"));
    let dot = graph(dir.path(), "draw 4 --not 2 --format dot").ok().stdout;
    assert!(dot.starts_with("digraph") && dot.contains("3 packed") && !dot.contains("2 paid"));
    let mermaid = graph(dir.path(), "draw 4 --format mermaid").ok().stdout;
    assert_eq!(mermaid.matches(" --> ").count(), 4, "{mermaid}");
}

#[test]
fn events_that_are_not_there_are_named() {
    let dir = store();
    for question in [
        "ancestors 9",
        "why key:no",
        "relation 1 9",
        "common 1 9",
        "draw 9",
        "cut 1 --not 9",
    ] {
        let run = graph(dir.path(), question);
        assert_eq!(run.code, Some(1), "{question}: {run:?}");
        assert!(run.stderr.contains("error[not-found]: no event"), "{run:?}");
        assert_eq!(run.stdout, "");
    }
    for question in [
        "common 1",
        "why",
        "ancestors 1 --limit 0",
        "path 1",
        "ancestors x",
        "draw 1 --format png",
    ] {
        let run = graph(dir.path(), question);
        assert_eq!(run.code, Some(2), "{question}: {run:?}");
    }
}

/// The events and the transcripts of the document on the causal graph are what the command takes and
/// prints; its picture is what it draws.
#[test]
fn the_document_shows_what_the_command_prints() {
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs");
    let text = fs::read_to_string(docs.join("causal-graph.md")).expect("readable");
    let blocks = |kind: &str| {
        let fence = format!("```{kind}\n");
        let parts = text.split(&fence).skip(1);
        let blocks = parts.map(|part| part.split("```").next().expect("an end").to_owned());
        blocks.collect::<Vec<_>>()
    };
    let dir = tempdir().expect("directory");
    on_with_input(dir.path(), &["import", "ndjson", "-"], &blocks("ndjson")[0]).ok();
    let mut transcripts = 0;
    for block in blocks("console") {
        for transcript in block.split("$ batpak ").skip(1) {
            let (command, expected) = transcript.split_once('\n').expect("a command");
            let words: Vec<&str> = command.split(' ').collect();
            let printed = on(dir.path(), &words).ok().stdout;
            assert_eq!(
                without_times(&printed),
                without_times(expected),
                "{command}"
            );
            transcripts += 1;
        }
    }
    assert_eq!(transcripts, 6);
    let svg = graph(dir.path(), "draw 9 5 --edges both").ok().stdout;
    let picture = fs::read_to_string(docs.join("pictures/causal-graph.svg")).expect("readable");
    assert_eq!(
        without_ids(&svg),
        without_ids(picture.trim_end()),
        "draw it again"
    );
}

/// The text with every digit of a time replaced.
fn without_times(text: &str) -> String {
    let words = text.split_inclusive([' ', '\n', '<', '>']);
    let is_time = |word: &&str| word.len() > 18 && word.as_bytes()[10] == b'T';
    words
        .map(|word| match is_time(&word) && word.starts_with("20") {
            true => word.replace(|c: char| c.is_ascii_digit(), "0"),
            false => word.to_owned(),
        })
        .collect()
}

/// The picture without times, and without ids, which are 32 hex digits.
fn without_ids(svg: &str) -> String {
    let is_id = |word: &str| word.len() == 32 && word.bytes().all(|byte| byte.is_ascii_hexdigit());
    let lines = svg.trim_end().lines().map(|line| {
        let words = line.split(' ');
        let words = words.map(|word| if is_id(word) { "ID" } else { word });
        words.collect::<Vec<_>>().join(" ")
    });
    without_times(&lines.collect::<Vec<_>>().join("\n"))
}
