//! A disk that gets full under `append --stdin`: the command stops and says so, and every line that
//! it printed is there.

use std::process::{Command, Stdio};

use tempfile::tempdir;

use crate::support::{Run, json_lines, on, on_with_input};

/// A limit on the size of files stands for the full disk.
#[test]
fn what_was_printed_before_the_disk_was_full_is_there() {
    if Command::new("prlimit").arg("--version").output().is_err() {
        println!("SKIPPED: there is no prlimit here");
        return;
    }
    let dir = tempdir().expect("directory");
    let input = dir.path().join("input");
    // Small segments stay below the limit, so it is met by an event that is larger.
    let line = |number: u64| {
        let payload = "x".repeat(if number == 3000 { 3 << 20 } else { 1000 });
        format!(
            r#"{{"entity":"user:{}","scope":"s","kind":"1:1","payload":"{number} {payload}"}}"#,
            number % 5
        ) + "\n"
    };
    std::fs::write(&input, (0..4000).map(line).collect::<String>()).expect("input");
    let store = dir.path().join("store");
    // Without the trap the system ends the process at the limit.
    let limited = "trap '' XFSZ; exec prlimit --fsize=2200000:unlimited \"$@\"";
    let full: Run = Command::new("sh")
        .args(["-c", limited, "sh", env!("CARGO_BIN_EXE_batpak")])
        .args(["append", "--stdin", "--store"])
        .arg(&store)
        .stdin(std::fs::File::open(&input).expect("input"))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .output()
        .expect("the command runs")
        .into();
    assert_ne!(full.code, Some(0), "{}", full.stderr);
    assert!(full.stderr.contains("too large"), "{}", full.stderr);
    let printed = full.json_lines();
    assert!(printed.len() == 3000, "{}", printed.len());

    let more = on_with_input(
        &store,
        &["append", "--stdin"],
        &(0..60).map(line).collect::<String>(),
    );
    let printed: Vec<_> = printed
        .into_iter()
        .chain(json_lines(&more.ok().stdout))
        .collect();
    on(&store, &["verify"]).ok();
    let exported = on(&store, &["export", "ndjson"]).ok().json_lines();
    for acknowledged in &printed {
        assert!(
            exported
                .iter()
                .any(|event| event["sequence"] == acknowledged["sequence"]
                    && event["id"] == acknowledged["id"]),
            "{acknowledged} is gone"
        );
    }
}
