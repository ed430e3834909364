//! `import git`.

use std::collections::HashMap;

use serde_json::{Value, json};
use tempfile::tempdir;

use crate::repository::{Repository, commit};
use crate::support::{Run, command, on};

fn events(dir: &std::path::Path) -> Vec<Value> {
    on(dir, &["export", "ndjson"]).ok().json_lines()
}

#[test]
fn commits_become_events_with_parents_as_causes() {
    let mut stream = commit(
        "main",
        1,
        b"Ann <ann@example.org>",
        "First\nline\n\nBody",
        &[],
    );
    stream.extend(commit("main", 2, b"Bob <bob@example.org>", "Second", &[1]));
    stream.extend(commit("side", 3, b"Ann <ann@example.org>", "Third", &[1]));
    stream.extend(commit(
        "main",
        4,
        b"Ann <ann@example.org>",
        "Merge",
        &[2, 3],
    ));
    stream.extend(commit("other", 5, b"Cy <cy@example.org>", "", &[]));
    let repository = Repository::new(&stream);
    let dir = tempdir().expect("directory");
    let import = ["import", "git", repository.name(), "--json"];
    let report = on(dir.path(), &import).ok().json();
    assert_eq!(
        report,
        json!({"new": 5, "present": 0, "skipped": 0, "replaced": 0})
    );

    let events = events(dir.path());
    let by_sha: HashMap<&str, &Value> = events
        .iter()
        .map(|event| (event["key"].as_str().expect("a key"), event))
        .collect();
    assert_eq!(by_sha.len(), 5);
    let listed = repository.git(&[
        "rev-list",
        "--all",
        "--topo-order",
        "--reverse",
        "--parents",
    ]);
    for (line, event) in listed.lines().zip(&events) {
        let mut hashes = line.split(' ');
        let sha = hashes.next().expect("a hash");
        let parents: Vec<&str> = hashes.collect();
        let causes: Vec<&Value> = parents.iter().map(|parent| &by_sha[parent]["id"]).collect();
        assert_eq!(event["payload"]["sha"], json!(sha));
        assert_eq!(event["payload"]["parents"], json!(parents));
        assert_eq!(event["causes"], json!(causes));
        assert_eq!(event["kind"], json!("1:1"));
        assert_eq!(event["scope"], json!("repo:project"));
    }
    let sha = repository.git(&["rev-parse", "main~1^{commit}"]);
    let event = by_sha[sha.trim()];
    assert_eq!(event["entity"], json!("author:bob@example.org"));
    let parent = repository.git(&["rev-parse", "main~2^{commit}"]);
    assert_eq!(
        event["payload"].to_string(),
        json!({
            "sha": sha.trim(),
            "parents": [parent.trim()],
            "author": "Bob <bob@example.org>",
            "author_time": "2023-11-15T00:13:22+02:00",
            "committer": "C <c@example.org>",
            "commit_time": "2023-11-14T18:43:22-03:30",
            "subject": "Second",
        })
        .to_string()
    );
    assert_eq!(
        by_sha[parent.trim()]["payload"]["subject"],
        json!("First line")
    );

    let again = on(dir.path(), &import).ok().json();
    assert_eq!(
        again,
        json!({"new": 0, "present": 5, "skipped": 0, "replaced": 0})
    );
    repository.import(&commit("more", 9, b"Ann <ann@example.org>", "New", &[]));
    let people = on(
        dir.path(),
        &["import", "git", repository.name(), "--name", "n"],
    )
    .ok();
    assert_eq!(people.stdout, "1 new / 5 present / 0 skipped\n");
    on(dir.path(), &["verify"]).ok();
}

#[test]
fn odd_names_become_valid_entities() {
    let long = format!("Long <{}@example.org>", "x".repeat(1200));
    let mut stream = commit("main", 1, b"A <a=b..c@x|y>", "One", &[]);
    stream.extend(commit(
        "main",
        2,
        b"J\xf6rg <j\xf6rg@example.org>",
        "Two",
        &[1],
    ));
    stream.extend(commit("main", 3, b"Nobody <>", "Three", &[2]));
    stream.extend(commit("main", 4, long.as_bytes(), "Four", &[3]));
    let repository = Repository::new(&stream);
    let dir = tempdir().expect("directory");
    let args = ["import", "git", repository.name(), "--name", "a/b"];
    let run = on(dir.path(), &args).ok();
    assert_eq!(
        run.stdout,
        "4 new / 0 present / 0 skipped, bytes that are not UTF-8 replaced in 1 commit\n"
    );
    let events = events(dir.path());
    let entity = |index: usize| events[index]["entity"].as_str().expect("an entity");
    assert_eq!(entity(0), "author:a%3Db%2E%2Ec@x%7Cy");
    assert_eq!(entity(1), "author:j\u{fffd}rg@example.org");
    assert_eq!(entity(2), "author:unknown");
    assert_eq!(entity(3).len(), 1024);
    assert!(entity(3).starts_with("author:xxx"));
    assert!(
        entity(3)[1008..]
            .bytes()
            .all(|byte| byte.is_ascii_hexdigit())
    );
    assert_eq!(
        events[1]["payload"]["author"],
        json!("J\u{fffd}rg <j\u{fffd}rg@example.org>")
    );
    assert!(
        events
            .iter()
            .all(|event| event["scope"] == json!("repo:a%2Fb"))
    );
}

#[test]
fn an_empty_repository_makes_an_empty_store() {
    let repository = Repository::new(b"");
    let dir = tempdir().expect("directory");
    let run = on(dir.path(), &["import", "git", repository.name()]).ok();
    assert_eq!(run.stdout, "0 new / 0 present / 0 skipped\n");
    assert_eq!(run.stderr, "");
    assert_eq!(on(dir.path(), &["log"]).ok().stdout, "");
    on(dir.path(), &["verify"]).ok();
}

#[test]
fn parents_that_a_shallow_copy_lacks_are_foreign_causes() {
    let mut stream = commit("main", 1, b"Ann <ann@example.org>", "One", &[]);
    stream.extend(commit("main", 2, b"Ann <ann@example.org>", "Two", &[1]));
    let repository = Repository::new(&stream);
    let place = tempdir().expect("directory");
    let shallow = place.path().join("shallow");
    let url = format!("file://{}", repository.name());
    let target = shallow.to_str().expect("text");
    repository.git(&[
        "clone", "--quiet", "--depth", "1", "--branch", "main", &url, target,
    ]);

    let (whole, cut) = (tempdir().expect("directory"), tempdir().expect("directory"));
    on(whole.path(), &["import", "git", repository.name()]).ok();
    on(cut.path(), &["import", "git", target]).ok();
    let (whole, cut_events) = (events(whole.path()), events(cut.path()));
    assert_eq!(cut_events.len(), 1);
    // The cause that is missing here has the id that the parent has elsewhere.
    assert_eq!(cut_events[0]["causes"], json!([whole[0]["id"]]));
    assert_eq!(cut_events[0]["id"], whole[1]["id"]);
    on(cut.path(), &["verify"]).ok();
}

#[test]
fn the_environment_does_not_change_what_is_read() {
    let repository = Repository::new(&commit("main", 1, b"Ann <ann@example.org>", "One", &[]));
    let other = Repository::new(&commit("main", 1, b"Eve <eve@example.org>", "Other", &[]));
    let dir = tempdir().expect("directory");
    let output = command(&["import", "git", repository.name(), "--store"])
        .arg(dir.path())
        .env("GIT_DIR", other.path().join(".git"))
        .env("GIT_CONFIG_COUNT", "nonsense")
        .output()
        .expect("runs");
    assert!(output.status.success(), "{output:?}");
    assert_eq!(
        events(dir.path())[0]["entity"],
        json!("author:ann@example.org")
    );
}

/// A program called git that prints a commit and then does `then`.
fn fake_git(then: &str) -> tempfile::TempDir {
    let place = tempdir().expect("directory");
    let path = place.path().join("git");
    let sha = "0123456789012345678901234567890123456789";
    let script = format!(
        "#!/bin/sh\ncase \"$*\" in\n*rev-parse*) echo /x/project/.git; exit 0;;\nesac\n\
         printf '{sha}\\ntree x\\nauthor A <a@b> 0 +0000\\ncommitter A <a@b> 0 +0000\\n\\n    s\\n\\0'\n\
         {then}\n"
    );
    // Another process writes it: a file that this one has open for writing, even for a moment,
    // may be held open by a child that another test starts, and then it cannot be run.
    let written = std::process::Command::new("sh")
        .args([
            "-c",
            "printf %s \"$1\" > \"$2\" && chmod 755 \"$2\"",
            "sh",
            &script,
        ])
        .arg(&path)
        .status()
        .expect("a shell");
    assert!(written.success());
    place
}

fn import_with(git: &tempfile::TempDir, dir: &std::path::Path) -> Run {
    let path = format!("{}:/usr/bin:/bin", git.path().display());
    command(&["import", "git", ".", "--store"])
        .arg(dir)
        .env("PATH", path)
        .output()
        .expect("runs")
        .into()
}

#[test]
fn an_interrupt_ends_the_import_while_git_is_silent() {
    let dir = tempdir().expect("directory");
    let git = fake_git("kill -INT $PPID; exec sleep 600");
    let run = import_with(&git, dir.path());
    assert_eq!(run.code, Some(130), "{run:?}");
    // Whether the one commit arrives before the interrupt is open; the report is true in any case.
    let committed = match events(dir.path()).len() {
        1 => "1 event".to_owned(),
        events => format!("{events} events"),
    };
    assert_eq!(
        run.stderr,
        format!(
            "error[interrupted]: interrupted: {committed} committed\n\
             hint: the same command again continues where this one stopped\n"
        )
    );
    on(dir.path(), &["verify"]).ok();
}

#[test]
fn a_git_that_fails_half_way_is_an_error_with_its_words() {
    for (then, message) in [
        ("echo oh no >&2; exit 3", "git failed: oh no"),
        ("printf half; echo cut >&2; exit 3", "git failed: cut"),
        ("printf half", "git printed half a commit"),
        ("printf 'no commit\\0'", "not a commit: \"no commit\""),
    ] {
        let dir = tempdir().expect("directory");
        let run = import_with(&fake_git(then), dir.path());
        assert_eq!(run.code, Some(1), "{run:?}");
        let start = format!("error[git]: {message}; 0 events committed");
        assert!(run.stderr.starts_with(&start), "{}", run.stderr);
        assert_eq!(events(dir.path()).len(), 0);
    }
}

#[test]
fn a_missing_git_is_said_to_be_missing() {
    let (place, dir) = (tempdir().expect("directory"), tempdir().expect("directory"));
    let output = command(&["import", "git", "anywhere", "--store"])
        .arg(dir.path())
        .env("PATH", place.path())
        .output()
        .expect("runs");
    assert_eq!(output.status.code(), Some(1));
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(
        stderr.starts_with("error[git]: cannot run git: "),
        "{stderr}"
    );
}

#[test]
fn the_words_of_git_are_shown() {
    let (place, dir) = (tempdir().expect("directory"), tempdir().expect("directory"));
    let name = place.path().to_str().expect("text");
    let run = on(dir.path(), &["import", "git", name]);
    assert_eq!(run.code, Some(1));
    assert!(
        run.stderr
            .starts_with("error[git]: git failed: fatal: not a git repository"),
        "{}",
        run.stderr
    );
    assert_eq!(std::fs::read_dir(dir.path()).expect("readable").count(), 0);
}
