//! Transcripts in texts: what follows a `$ ` in a block of `console` is what the command prints.
//!
//! The blocks of a text are one session of a shell in an empty directory. With `UPDATE_TRANSCRIPTS`
//! set the texts are written again with what is printed now, to be read before they are kept.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::tempdir;

/// Ends what a command printed.
const MARK: &str = "--8<-- end of what a command printed --8<--";

/// One command and what follows it.
#[derive(Debug, PartialEq)]
struct Step {
    command: String,
    output: String,
}

/// A text in pieces.
enum Piece {
    Text(String),
    Steps(Vec<Step>),
}

fn pieces(text: &str) -> Vec<Piece> {
    let mut pieces = vec![Piece::Text(String::new())];
    for line in text.split_inclusive('\n') {
        match pieces.last_mut().expect("a piece") {
            Piece::Steps(_) if line.starts_with("```") => pieces.push(Piece::Text(line.to_owned())),
            Piece::Steps(steps) => add_line(steps, line),
            Piece::Text(text) => {
                text.push_str(line);
                if line == "```console\n" {
                    pieces.push(Piece::Steps(Vec::new()));
                }
            }
        }
    }
    pieces
}

/// Adds a line of a block: a command, its further lines after `> `, or output.
fn add_line(steps: &mut Vec<Step>, line: &str) {
    if let Some(command) = line.strip_prefix("$ ") {
        steps.push(Step {
            command: command.trim_end().to_owned(),
            output: String::new(),
        });
        return;
    }
    let step = steps.last_mut().expect("a block begins with a command");
    match line.strip_prefix("> ") {
        Some(more) if step.output.is_empty() => {
            step.command.push('\n');
            step.command.push_str(more.trim_end());
        }
        _ => step.output.push_str(line),
    }
}

/// What a shell prints for the commands, each in the state that the ones before leave.
fn run(commands: &[&str]) -> Vec<String> {
    let place = tempdir().expect("directory");
    let script: String = commands
        .iter()
        .map(|command| format!("{command}\nprintf '%s\\n' '{MARK}'\n"))
        .collect();
    let program = Path::new(env!("CARGO_BIN_EXE_batpak"));
    let programs = program.parent().expect("a directory");
    let output = Command::new("sh")
        .arg("-c")
        .arg(format!("exec 2>&1\n{script}"))
        .current_dir(place.path())
        .env("PATH", format!("{}:/usr/bin:/bin", programs.display()))
        .env_remove("BATPAK_STORE")
        .stdin(Stdio::null())
        .output()
        .expect("a shell");
    let text = String::from_utf8(output.stdout).expect("text");
    let outputs: Vec<String> = text
        .split(&format!("{MARK}\n"))
        .map(str::to_owned)
        .collect();
    assert_eq!(outputs.len(), commands.len() + 1, "{text}");
    outputs[..commands.len()].to_vec()
}

/// `text` with everything that differs from run to run replaced: times, ids and hashes, durations, and
/// what is free on the disk.
pub(crate) fn normalized(text: &str) -> String {
    let line = |line: &str| {
        for name in ["Took ", "Free on the disk "] {
            if line.starts_with(name) {
                return format!("{name}..");
            }
        }
        let mut words = String::with_capacity(line.len());
        let is_word = |c: char| c.is_ascii_alphanumeric() || "-:.".contains(c);
        let mut rest = line;
        while let Some(first) = rest.chars().next() {
            let length = if is_word(first) {
                rest.find(|c| !is_word(c)).unwrap_or(rest.len())
            } else {
                first.len_utf8()
            };
            let (word, after) = rest.split_at(length);
            words.push_str(&normalized_word(word));
            rest = after;
        }
        words
    };
    let lines: Vec<String> = text.lines().map(line).collect();
    lines.join("\n")
}

/// A time and an id are replaced by something as long, so that columns stay where they are.
fn normalized_word(word: &str) -> String {
    let (size, hash) = word.split_once(':').unwrap_or(("", word));
    let is_hash = [16, 32, 64].contains(&hash.len());
    let is_time = word.len() == "2026-01-02T03:04:05.000006Z".len()
        && word.ends_with('Z')
        && word.as_bytes()[10] == b'T';
    if is_time {
        "2026-01-02T03:04:05.000006Z".to_owned()
    } else if is_hash && hash.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        let colon = if size.is_empty() { "" } else { ":" };
        format!("{size}{colon}{}", "#".repeat(hash.len()))
    } else {
        word.to_owned()
    }
}

fn check(name: &str) {
    let path: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .join(name);
    let text = std::fs::read_to_string(&path).expect("a text");
    let mut pieces = pieces(&text);
    let commands: Vec<&str> = pieces
        .iter()
        .flat_map(|piece| match piece {
            Piece::Steps(steps) => steps.iter().map(|step| &*step.command).collect(),
            Piece::Text(_) => Vec::new(),
        })
        .collect();
    assert!(!commands.is_empty(), "{name} has no transcript");
    let mut outputs = run(&commands).into_iter();
    let update = std::env::var_os("UPDATE_TRANSCRIPTS").is_some();
    for piece in &mut pieces {
        if let Piece::Steps(steps) = piece {
            for step in steps {
                let printed = outputs.next().expect("an output");
                if update {
                    step.output = printed;
                } else {
                    assert_eq!(
                        normalized(&step.output),
                        normalized(&printed),
                        "{name}: $ {}",
                        step.command
                    );
                }
            }
        }
    }
    if update {
        let text: String = pieces.iter().map(Piece::to_text).collect();
        std::fs::write(&path, text).expect("written");
    }
}

impl Piece {
    fn to_text(&self) -> String {
        match self {
            Piece::Text(text) => text.clone(),
            Piece::Steps(steps) => steps
                .iter()
                .map(|step| {
                    let command = step.command.replace('\n', "\n> ");
                    format!("$ {command}\n{}", step.output)
                })
                .collect(),
        }
    }
}

#[test]
fn the_transcripts_of_the_description_are_what_the_command_prints() {
    check("docs/command.md");
}

#[test]
fn the_transcripts_of_the_front_page_are_what_the_command_prints() {
    check("README.md");
}

#[test]
fn a_text_comes_apart_and_together_again() {
    let text = "One\n```sh\n$ no\n```\n```console\n$ a\n> a\nb\n> c\n$ d\n```\nend\n";
    let pieces = pieces(text);
    let together: String = pieces.iter().map(Piece::to_text).collect();
    assert_eq!(together, text);
    let steps: Vec<&Step> = pieces
        .iter()
        .flat_map(|piece| match piece {
            Piece::Steps(steps) => steps.iter().collect(),
            Piece::Text(_) => Vec::new(),
        })
        .collect();
    assert_eq!(steps.len(), 2);
    assert_eq!(
        (&*steps[0].command, &*steps[0].output),
        ("a\na", "b\n> c\n")
    );
    assert_eq!((&*steps[1].command, &*steps[1].output), ("d", ""));
}

#[test]
fn only_what_differs_from_run_to_run_is_replaced() {
    assert_eq!(
        normalized(
            "1 2026-11-26T21:20:18.473750Z order:17 1:1 \"251a055390850fc5937eae02ae633eaf\","
        ),
        "1 2026-01-02T03:04:05.000006Z order:17 1:1 \"################################\","
    );
    assert_eq!(normalized("Took     370 µs (2)"), "Took ..");
    assert_eq!(normalized("a5e3 12 x"), "a5e3 12 x");
}
