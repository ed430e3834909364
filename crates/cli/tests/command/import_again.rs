//! Going on with an import that was interrupted or killed.

use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;

use serde_json::json;
use tempfile::tempdir;

use crate::import::{IMPORT, chain, events, export, import, line};
use crate::support::{Run, append, interrupt, names_replaced, on, start, without_names};

#[test]
fn an_interrupted_import_says_where_to_go_on_and_goes_on() {
    let (dir, whole) = (tempdir().expect("directory"), tempdir().expect("directory"));
    let input = chain(5000);
    let mut child = start(dir.path(), &[&IMPORT[..], &["--batch", "100"]].concat());
    let mut stdin = child.stdin.take().expect("input");
    // The rest of the input does not come before the interrupt does.
    let (begin, _) = input.split_at(input.len() / 2);
    stdin.write_all(begin.as_bytes()).expect("written");
    while !dir.path().join("store.fbatm").exists() || events(dir.path()) < 1000 {
        std::thread::yield_now();
    }
    interrupt(&child);
    let run = Run::from(child.wait_with_output().expect("ends"));
    drop(stdin);
    assert_eq!(run.code, Some(130), "{run:?}");
    let committed = events(dir.path());
    let next = (committed + 1).to_string();
    assert_eq!(
        run.stderr,
        format!(
            "error[interrupted]: interrupted: {committed} events committed, continue with \
             --from-line {next}\n"
        )
    );
    import(whole.path(), &[], &input).ok();
    let whole = without_names(&export(whole.path()));
    for args in [&["--from-line", &next][..], &["--resume"]] {
        let copy = tempdir().expect("directory");
        for entry in fs::read_dir(dir.path()).expect("readable") {
            let entry = entry.expect("an entry");
            fs::copy(entry.path(), copy.path().join(entry.file_name())).expect("copied");
        }
        import(copy.path(), args, &input).ok();
        assert_eq!(without_names(&export(copy.path())), whole, "{args:?}");
        on(copy.path(), &["verify"]).ok();
    }
}

#[test]
fn a_killed_import_resumes_without_losing_or_repeating_anything() {
    let dir = tempdir().expect("directory");
    let mut input = chain(3000);
    // Some with keys, so that both ways of finding a line are taken.
    input = input.replace("\"user:3\"", "\"user:3\",\"key\":null");
    for n in (10..3000).step_by(10) {
        let _ = write!(
            input,
            "{}",
            line("k", &format!(",\"key\":\"{n}\",\"causes\":[{n}]"))
        );
    }
    let mut bad = 0;
    for kill_at in [500, 1300, 2700] {
        let mut child = start(
            dir.path(),
            &[&IMPORT[..], &["--resume", "--batch", "100"]].concat(),
        );
        let mut stdin = child.stdin.take().expect("input");
        let lines: String = input.split_inclusive('\n').take(kill_at + 150).collect();
        let feeder = std::thread::spawn(move || {
            // A command that is killed reads no more.
            let _ = stdin.write_all(lines.as_bytes());
            stdin
        });
        while !dir.path().join("store.fbatm").exists() || events(dir.path()) < kill_at {
            std::thread::yield_now();
        }
        child.kill().expect("killed");
        child.wait().expect("ended");
        drop(feeder.join().expect("fed"));
        bad += events(dir.path()) % 100;
    }
    assert_eq!(bad, 0, "units are whole");
    let run = import(dir.path(), &["--resume", "--json"], &input)
        .ok()
        .json();
    assert_eq!(run["skipped"], json!(0));
    assert!(run["present"].as_u64() >= Some(2700), "{run}");

    let whole = tempdir().expect("directory");
    import(whole.path(), &[], &input).ok();
    let (pieces, whole) = (export(dir.path()), export(whole.path()));
    assert_eq!(without_names(&pieces), without_names(&whole));
    on(dir.path(), &["verify"]).ok();
}

#[test]
fn without_resume_a_line_that_comes_again_is_another_event() {
    let dir = tempdir().expect("directory");
    let input = chain(50);
    for imports in 1..=3 {
        let run = import(dir.path(), &["--json"], &input).ok().json();
        assert_eq!(run, json!({"new": 50, "present": 0, "skipped": 0}));
        assert_eq!(events(dir.path()), imports * 50);
    }
    // All of it is there, so nothing is added; what comes after it is.
    let run = import(dir.path(), &["--resume", "--json"], &input)
        .ok()
        .json();
    assert_eq!(run, json!({"new": 0, "present": 50, "skipped": 0}));
    let longer = format!("{input}{}", line("more", r#","causes":[50]"#));
    let run = import(dir.path(), &["--resume", "--json"], &longer)
        .ok()
        .json();
    assert_eq!(run, json!({"new": 1, "present": 50, "skipped": 0}));
    let exported = names_replaced(&export(dir.path()));
    assert_eq!(exported[150]["causes"], json!(["event 150"]));
}

#[test]
fn an_import_is_found_again_wherever_it_begins() {
    let keyed = |n: u64| line("k", &format!(",\"key\":\"{n}\""));
    let bad = line("a", r#","causes":["key:none"]"#);
    let plain = line("b", r#","sequence":9"#);
    for begin in [
        format!("{bad}{}{plain}", keyed(1)),
        format!("{}{bad}{plain}", keyed(1)),
        format!("{bad}{bad}{plain}{}", keyed(1)),
        format!("{}{}{plain}{bad}", keyed(1), keyed(1)),
    ] {
        let dir = tempdir().expect("directory");
        append(dir.path(), "old", "1");
        import(dir.path(), &["--skip-bad"], &begin).ok();
        assert_eq!(events(dir.path()), 3);
        let input = format!("{begin}{}", line("c", r#","causes":[9]"#));
        for more in [&["--from-line", "5"][..], &["--resume"]] {
            import(dir.path(), &[&["--skip-bad"], more].concat(), &input).ok();
        }
        let exported = names_replaced(&export(dir.path()));
        let plain = exported
            .iter()
            .find(|event| event["entity"] == json!("b"))
            .expect("an event");
        let expected = json!([format!("event {}", plain["sequence"])]);
        assert_eq!(exported[3]["causes"], expected, "{begin}");
        assert_eq!(exported.len(), 4, "{begin}");
    }
}
