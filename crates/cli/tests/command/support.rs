//! Running the command.

use std::collections::HashMap;
use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use serde_json::{Value, json};
use tempfile::{TempDir, tempdir};

/// How a run ended.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Run {
    /// The lines of standard output as JSON.
    pub(crate) fn json_lines(&self) -> Vec<Value> {
        json_lines(&self.stdout)
    }

    /// The one line of standard output as JSON.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// Fails the test unless the run ended with exit code 0.
    pub(crate) fn ok(self) -> Run {
        assert_eq!(self.code, Some(0), "{self:?}");
        self
    }
}

impl From<Output> for Run {
    fn from(output: Output) -> Run {
        Run {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).expect("standard output is text"),
            stderr: String::from_utf8(output.stderr).expect("standard error is text"),
        }
    }
}

/// Every line of `text` as JSON.
pub(crate) fn json_lines(text: &str) -> Vec<Value> {
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")))
        .collect()
}

/// The command with these arguments, in a known environment.
pub(crate) fn command(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_batpak"));
    command
        .args(args)
        .env_remove("BATPAK_STORE")
        .env_remove("NO_COLOR")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// Runs the command without a store.
pub(crate) fn bare(args: &[&str]) -> Run {
    command(args).output().expect("the command runs").into()
}

/// Runs the command on the store in `dir`.
pub(crate) fn on(dir: &Path, args: &[&str]) -> Run {
    command(args)
        .arg("--store")
        .arg(dir)
        .output()
        .expect("the command runs")
        .into()
}

/// Starts the command on the store in `dir` with an open standard input.
pub(crate) fn start(dir: &Path, args: &[&str]) -> Child {
    command(args)
        .arg("--store")
        .arg(dir)
        .stdin(Stdio::piped())
        .spawn()
        .expect("the command starts")
}

/// Runs the command on the store in `dir` with this standard input.
pub(crate) fn on_with_input(dir: &Path, args: &[&str], input: &str) -> Run {
    let mut child = start(dir, args);
    let mut stdin = child.stdin.take().expect("standard input");
    let bytes = input.as_bytes().to_vec();
    let feeder = std::thread::spawn(move || {
        // A command that stops early closes its end.
        let _ = stdin.write_all(&bytes);
    });
    let output = child.wait_with_output().expect("the command ends");
    feeder.join().expect("the input is fed");
    output.into()
}

/// Appends one event of `entity` with this payload.
pub(crate) fn append(dir: &Path, entity: &str, payload: &str) -> Run {
    let args = [
        "append",
        "--entity",
        entity,
        "--scope",
        "test",
        "--kind",
        "1:1",
        "--payload",
        payload,
    ];
    on(dir, &args).ok()
}

/// A copy of the store in a directory of its own.
pub(crate) fn copy(from: &Path) -> TempDir {
    let to = tempdir().expect("directory");
    for entry in fs::read_dir(from).expect("readable") {
        let path = entry.expect("entry").path();
        let name = path.file_name().expect("a name");
        fs::copy(&path, to.path().join(name)).expect("copied");
    }
    to
}

/// Sends an interrupt to a process; one that has ended already is as good.
pub(crate) fn interrupt(child: &Child) {
    Command::new("sh")
        .args(["-c", &format!("kill -INT {} 2>&1", child.id())])
        .stdout(Stdio::null())
        .status()
        .expect("a shell");
}

/// The events without ids and times, and with causes named by sequence.
pub(crate) fn names_replaced(export: &str) -> Vec<Value> {
    let mut events = json_lines(export);
    let names: Vec<(Value, Value)> = events
        .iter()
        .map(|event| {
            (
                event["id"].clone(),
                json!(format!("event {}", event["sequence"])),
            )
        })
        .collect();
    let name_of = |id: &Value| {
        names
            .iter()
            .find(|(known, _)| known == id)
            .map_or_else(|| id.clone(), |(_, name)| name.clone())
    };
    for event in &mut events {
        let object = event.as_object_mut().expect("an object");
        object.remove("id");
        object.remove("time");
        let causes = object["causes"].as_array().expect("a list");
        object["causes"] = causes.iter().map(name_of).collect();
        if let Some(correlation) = object.get("correlation") {
            object["correlation"] = name_of(&correlation.clone());
        }
    }
    events
}

/// The text of an export with each of its ids replaced by the sequence of the event, and without
/// times: all that an import of it may change.
pub(crate) fn without_names(export: &str) -> String {
    let field = |line: &str, name: &str| {
        let start = line.find(&format!("\"{name}\":\"")).expect(name) + name.len() + 4;
        line[start..].split('"').next().expect("an end").to_owned()
    };
    let names: HashMap<String, usize> = (1..)
        .zip(export.lines())
        .map(|(number, line)| (field(line, "id"), number))
        .collect();
    let mut text = String::with_capacity(export.len());
    for line in export.lines() {
        let time = field(line, "time");
        let line = line.replacen(&time, "", 1);
        let parts = line.split('"').map(|part| match names.get(part) {
            Some(number) => format!("event {number}"),
            None => part.to_owned(),
        });
        text.push_str(&parts.collect::<Vec<_>>().join("\""));
        text.push('\n');
    }
    text
}
