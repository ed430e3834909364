//! `import git` on repositories of every shape.

use std::collections::HashMap;

use serde_json::{Value, json};
use tempfile::{TempDir, tempdir};

use crate::repository::{Repository, commit};
use crate::support::on;

const ANN: &[u8] = b"Ann <ann@example.org>";

/// A store with the history of `repository`, which is verified, and its events by hash.
fn imported(repository: &Repository) -> (TempDir, HashMap<String, Value>) {
    let dir = tempdir().expect("directory");
    let args = ["import", "git", repository.name(), "--json"];
    let report = on(dir.path(), &args).ok();
    assert_eq!(report.stderr, "");
    let events = on(dir.path(), &["export", "ndjson"]).ok().json_lines();
    assert_eq!(report.json()["new"], json!(events.len()));
    on(dir.path(), &["verify"]).ok();
    let again = on(dir.path(), &args).ok().json();
    assert_eq!(again["new"], json!(0));
    assert_eq!(again["present"], json!(events.len()));
    let by_hash = events
        .into_iter()
        .map(|event| (event["key"].as_str().expect("a key").to_owned(), event))
        .collect();
    (dir, by_hash)
}

#[test]
fn hashes_of_sha256_are_kept_whole() {
    let mut stream = commit("main", 1, ANN, "One", &[]);
    stream.extend(commit("main", 2, ANN, "Two", &[1]));
    let repository = Repository::of_format("sha256", &stream);
    let (_dir, events) = imported(&repository);
    let [one, two] = ["main~1", "main"].map(|name| {
        let hash = repository.git(&["rev-parse", name]);
        hash.trim().to_owned()
    });
    assert_eq!(two.len(), 64);
    assert_eq!(events[&two]["payload"]["parents"], json!([one]));
    assert_eq!(events[&two]["causes"], json!([events[&one]["id"]]));
}

#[test]
fn commits_of_a_detached_head_are_imported() {
    let repository = Repository::new(&commit("main", 1, ANN, "One", &[]));
    repository.git(&["checkout", "--quiet", "--detach", "main"]);
    repository.git(&[
        "-c",
        "user.name=Ann",
        "-c",
        "user.email=ann@example.org",
        "commit",
        "--quiet",
        "--allow-empty",
        "--message",
        "On no branch",
    ]);
    let (_dir, events) = imported(&repository);
    let head = repository.git(&["rev-parse", "HEAD"]);
    assert_eq!(events.len(), 2);
    assert_eq!(
        events[head.trim()]["payload"]["subject"],
        json!("On no branch")
    );
}

#[test]
fn octopus_merges_and_several_roots_keep_every_parent_in_order() {
    let mut stream = Vec::new();
    for mark in 1..=40 {
        let branch = format!("side{mark}");
        stream.extend(commit(&branch, mark, ANN, &format!("Root {mark}"), &[]));
    }
    let parents: Vec<u64> = (1..=40).rev().collect();
    stream.extend(commit("main", 41, ANN, "Octopus", &parents));
    let repository = Repository::new(&stream);
    let (dir, events) = imported(&repository);
    assert_eq!(events.len(), 41);
    let merge = repository.git(&["rev-parse", "main"]);
    let merge = &events[merge.trim()];
    assert_eq!(merge["sequence"], json!(41));
    let causes: Vec<Value> = parents
        .iter()
        .map(|mark| {
            let hash = repository.git(&["rev-parse", &format!("side{mark}")]);
            events[hash.trim()]["id"].clone()
        })
        .collect();
    assert_eq!(merge["causes"], json!(causes));
    let roots = events.values().filter(|event| event["causes"] == json!([]));
    assert_eq!(roots.count(), 40);
    drop(dir);
}

#[test]
fn signatures_and_other_headers_are_no_part_of_names_or_subjects() {
    let repository = Repository::new(&commit("main", 1, ANN, "One", &[]));
    let tree = repository.git(&["rev-parse", "main^{tree}"]);
    let parent = repository.git(&["rev-parse", "main"]);
    let signed = format!(
        "tree {}\nparent {}\nauthor Ann <ann@example.org> 1700000000 +0000\n\
         committer Ann <ann@example.org> 1700000000 +0000\n\
         gpgsig -----BEGIN PGP SIGNATURE-----\n \n author Eve <eve@example.org> 1 +0000\n\
         \x20parent 0000000000000000000000000000000000000000\n -----END PGP SIGNATURE-----\n\
         mergetag object x\n type commit\n\nSigned\n\nBody\n",
        tree.trim(),
        parent.trim()
    );
    let hash = repository.write_commit("signed", signed.as_bytes());
    let (_dir, events) = imported(&repository);
    let event = &events[&hash];
    assert_eq!(event["entity"], json!("author:ann@example.org"));
    assert_eq!(event["payload"]["subject"], json!("Signed"));
    assert_eq!(event["payload"]["parents"], json!([parent.trim()]));
}

#[test]
fn emails_that_no_entity_may_have_are_encoded() {
    for (email, entity) in [
        ("a=b@example.org", "author:a%3Db@example.org"),
        ("a..b@example.org", "author:a%2E%2Eb@example.org"),
        ("..", "author:%2E%2E"),
        ("a/b|c", "author:a%2Fb%7Cc"),
    ] {
        let author = format!("Ann <{email}>");
        let repository = Repository::new(&commit("main", 1, author.as_bytes(), "One", &[]));
        let (dir, events) = imported(&repository);
        assert_eq!(events.len(), 1);
        assert!(
            events
                .values()
                .all(|event| event["entity"] == json!(entity))
        );
        let found = on(dir.path(), &["log", "--entity", entity, "--json"]).ok();
        assert_eq!(found.json_lines().len(), 1, "{entity}");
    }
}

#[test]
fn a_subject_of_100_kilobytes_is_kept_whole_and_listed_in_a_line() {
    let subject = "word ".repeat(20_000);
    let subject = subject.trim_end();
    let message = format!("{subject}\n\nBody");
    let repository = Repository::new(&commit("main", 1, ANN, &message, &[]));
    let (dir, events) = imported(&repository);
    assert!(
        events
            .values()
            .all(|event| event["payload"]["subject"] == json!(subject))
    );
    let log = on(dir.path(), &["log"]).ok().stdout;
    assert!(console::measure_text_width(log.trim_end()) <= 80, "{log}");
}

#[test]
fn what_refs_name_beside_commits_is_passed_over() {
    let mut stream = commit("main", 1, ANN, "One", &[]);
    stream.extend(commit("main", 2, ANN, "Two", &[1]));
    let repository = Repository::new(&stream);
    let name = ["-c", "user.name=Ann", "-c", "user.email=ann@example.org"];
    let git = |args: &[&str]| repository.git(&[&name[..], args].concat());
    git(&["tag", "tree", "main^{tree}"]);
    git(&[
        "tag",
        "--annotate",
        "--message",
        "A tag",
        "annotated",
        "main",
    ]);
    git(&["replace", "--graft", "main"]);
    let bare = tempdir().expect("directory");
    let target = bare.path().join("copy.git");
    git(&[
        "clone",
        "--quiet",
        "--mirror",
        repository.name(),
        target.to_str().expect("text"),
    ]);
    let (_dir, events) = imported(&repository);
    let main = repository.git(&["rev-parse", "main"]);
    // The replacement that says otherwise is not followed.
    let parent = repository.git(&["--no-replace-objects", "rev-parse", "main~1"]);
    assert_eq!(
        events[main.trim()]["payload"]["parents"],
        json!([parent.trim()])
    );
    let dir = tempdir().expect("directory");
    on(
        dir.path(),
        &["import", "git", target.to_str().expect("text")],
    )
    .ok();
    let copies = on(dir.path(), &["export", "ndjson"]).ok().json_lines();
    assert!(
        copies
            .iter()
            .all(|event| event["scope"] == json!("repo:copy.git"))
    );
}

#[test]
fn a_damaged_repository_shows_what_git_says() {
    let mut stream = commit("main", 1, ANN, "One", &[]);
    stream.extend(commit("main", 2, ANN, "Two", &[1]));
    let repository = Repository::new(&stream);
    let objects = repository.path().join(".git/objects");
    let one = repository.git(&["rev-parse", "main~1"]);
    let (directory, name) = one.trim().split_at(2);
    let object = objects.join(directory).join(name);
    // A small import is unpacked, so that the first commit is a file of its own.
    std::fs::remove_file(object).expect("removed");
    let dir = tempdir().expect("directory");
    let run = on(dir.path(), &["import", "git", repository.name()]);
    assert_eq!(run.code, Some(1), "{run:?}");
    assert!(
        run.stderr.starts_with("error[git]: git failed: "),
        "{}",
        run.stderr
    );
    assert!(
        run.stderr.contains("; 0 events committed"),
        "{}",
        run.stderr
    );
}
