//! What the command prints, as it was last read by a person.

use std::fmt::Write as _;
use std::path::Path;

use tempfile::tempdir;

use crate::support::{Run, bare, command};
use crate::transcript::normalized;

/// A run as a person sees it.
fn transcript(args: &[&str], run: &Run) -> String {
    let words = args
        .iter()
        .map(|word| match word.contains([' ', '"', '{']) {
            true => format!("'{word}'"),
            false => (*word).to_owned(),
        });
    let mut text = format!("$ batpak {}\n", words.collect::<Vec<_>>().join(" "));
    text.push_str(&run.stdout);
    text.push_str(&run.stderr);
    if run.code != Some(0) {
        let _ = writeln!(text, "[exit code {}]", run.code.unwrap_or(-1));
    }
    normalized(&text)
}

/// The transcript of each command in turn, on the store `shop` in `place`.
fn session(place: &Path, commands: &[&[&str]]) -> String {
    let transcripts: Vec<String> = commands
        .iter()
        .map(|args| {
            let output = command(args)
                .current_dir(place)
                .env("BATPAK_STORE", "shop")
                .output()
                .expect("runs");
            transcript(args, &output.into())
        })
        .collect();
    transcripts.join("\n\n")
}

/// Adds the help of a command, and of every command that it lists.
fn add_help(words: &[&str], helps: &mut Vec<String>) {
    let args = [words, &["--help"]].concat();
    let run = bare(&args).ok();
    helps.push(transcript(&args, &run));
    if let Some((_, list)) = run.stdout.split_once("Commands:\n") {
        for line in list.lines().take_while(|line| !line.is_empty()) {
            let name = line.split_whitespace().next().expect("a name");
            add_help(&[words, &[name]].concat(), helps);
        }
    }
}

#[test]
fn helps_are_as_reviewed() {
    let mut helps = Vec::new();
    add_help(&[], &mut helps);
    for line in helps.join("\n").lines() {
        assert!(console::measure_text_width(line) <= 80, "{line}");
    }
    insta::assert_snapshot!("help", helps.join("\n\n"));
}

const EVENTS: &str = r#"{"sequence":1,"entity":"order:17","scope":"shop","kind":"1:1","payload":{"item":"lamp","amount":1}}
{"sequence":2,"entity":"order:18","scope":"shop","kind":"1:1","payload":{"item":"rug","amount":2}}
{"sequence":3,"entity":"stock:lamp","scope":"shop","kind":"2:1","causes":[1],"payload":{"reserved":1}}
{"sequence":4,"entity":"order:17","scope":"shop","kind":"1:2","causes":[1],"key":"payment 4711","payload":{"paid":"24.90"}}
{"sequence":5,"entity":"order:17","scope":"shop","kind":"1:3","causes":[3,4],"correlation":1,"payload_msgpack":"xAEC"}
"#;

#[test]
fn typical_outputs_are_as_reviewed() {
    let place = tempdir().expect("directory");
    std::fs::write(place.path().join("events.ndjson"), EVENTS).expect("written");
    let keyed = [
        "append",
        "--entity",
        "order:18",
        "--scope",
        "shop",
        "--kind",
        "1:2",
        "--payload",
        "{\"paid\":\"9.90\"}",
        "--key",
        "payment 4712",
        "--cause",
        "2",
    ];
    let text = session(
        place.path(),
        &[
            &["import", "ndjson", "events.ndjson"],
            &["import", "ndjson", "events.ndjson", "--resume", "--json"],
            &keyed,
            &["log"],
            &["log", "--entity", "order:17", "--reverse", "--limit", "2"],
            &["log", "--after", "5", "--json"],
            &["get", "key:payment 4711"],
            &["get", "5", "--json"],
            &["streams"],
            &["streams", "--after", "5", "--json"],
            &["kinds"],
            &["kinds", "--kind", "2", "--json"],
            &["stats"],
            &["head"],
            &["explain", "--entity", "order"],
            &["explain", "--json"],
            &["verify"],
            &["export", "ndjson", "--entity", "stock"],
            &["log", "--entity", "orde"],
        ],
    );
    insta::assert_snapshot!("outputs", text);
}

#[test]
fn errors_are_as_reviewed() {
    let place = tempdir().expect("directory");
    let write = |name: &str, text: &str| {
        std::fs::write(place.path().join(name), text).expect("written");
    };
    write("events.ndjson", EVENTS);
    write("bad.ndjson", &EVENTS.replace("\"2:1\"", "\"x\""));
    write("other.ndjson", &EVENTS.replace("24.90", "0.00"));
    write(
        "unknown.ndjson",
        &EVENTS.replace("[3,4]", "[3,\"key:none\"]"),
    );
    std::fs::create_dir(place.path().join("notes")).expect("directory");
    write("notes/notes.txt", "mine");
    let text = session(
        place.path(),
        &[
            &[],
            &["lg"],
            &["log", "--entiy", "order"],
            &["log"],
            &["import", "ndjson", "missing.ndjson"],
            &["import", "ndjson", "bad.ndjson", "--batch", "2"],
            &[
                "import",
                "ndjson",
                "bad.ndjson",
                "--skip-bad",
                "--store",
                "copy",
            ],
            &["import", "ndjson", "unknown.ndjson", "--store", "third"],
            &["import", "ndjson", "events.ndjson", "--resume"],
            &["import", "ndjson", "other.ndjson", "--resume"],
            &["import", "ndjson", "other.ndjson", "--json"],
            &["import", "ndjson", "events.ndjson", "--batch", "9999"],
            &["import", "ndjson", "events.ndjson", "--store", "notes"],
            &["import", "git", "notes"],
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
            &[
                "append",
                "--entity",
                "a",
                "--scope",
                "s",
                "--kind",
                "0:1",
                "--payload",
                "1",
            ],
            &[
                "append",
                "--entity",
                "order:17",
                "--scope",
                "shop",
                "--kind",
                "1:1",
                "--payload",
                "1",
                "--expect",
                "7",
            ],
            &["get", "99"],
            &["get", "key:none"],
            &["get", "one"],
            &["head", "--at", "99"],
            &["log", "--limit", "0"],
            &["log", "--kind", "16"],
            &["log", "--follow", "--reverse"],
            &["verify", "--expect-head", "x"],
            &["completions", "csh"],
        ],
    );
    let path = place.path().canonicalize().expect("a path");
    let text = text.replace(path.to_str().expect("text"), "/place");
    insta::assert_snapshot!("errors", text);
}
