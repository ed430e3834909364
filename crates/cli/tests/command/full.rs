//! A disk that gets full under `append --stdin` and `import ndjson`: the command stops and says so,
//! and every event that it has reported is there.

use std::path::Path;
use std::process::{Command, Stdio};

use tempfile::tempdir;

use crate::support::{Run, json_lines, on, on_with_input};

/// Runs the command on `store`, with a limit on the size of files in the place of a full disk;
/// `None` where there is no program that sets one.
fn limited(store: &Path, args: &[&str], input: &str) -> Option<Run> {
    if Command::new("prlimit").arg("--version").output().is_err() {
        println!("SKIPPED: there is no prlimit here");
        return None;
    }
    let file = store.with_extension("input");
    std::fs::write(&file, input).expect("input");
    // Without the trap the system ends the process at the limit.
    let limited = "trap '' XFSZ; exec prlimit --fsize=2200000:unlimited \"$@\"";
    let output = Command::new("sh")
        .args(["-c", limited, "sh", env!("CARGO_BIN_EXE_batpak")])
        .args(args)
        .arg("--store")
        .arg(store)
        .stdin(std::fs::File::open(&file).expect("input"))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .output()
        .expect("the command runs");
    Some(output.into())
}

/// Small segments stay below the limit, so it is met by an event that is larger.
fn line(number: u64) -> String {
    let payload = "x".repeat(if number == 3000 { 3 << 20 } else { 1000 });
    format!(
        r#"{{"entity":"user:{}","scope":"s","kind":"1:1","payload":"{number} {payload}"}}"#,
        number % 5
    ) + "\n"
}

#[test]
fn an_import_goes_on_once_the_disk_has_room() {
    let dir = tempdir().expect("directory");
    let store = dir.path().join("store");
    let input: String = (0..4000).map(line).collect();
    let import = ["import", "ndjson", "-"];
    let Some(full) = limited(&store, &import, &input) else {
        return;
    };
    assert_eq!(full.code, Some(1), "{full:?}");
    assert!(full.stderr.contains("too large"), "{}", full.stderr);
    let next = "; 3000 events committed, continue with --from-line 3001";
    assert!(full.stderr.contains(next), "{}", full.stderr);
    on(&store, &["verify"]).ok();

    let more = on_with_input(
        &store,
        &[&import[..], &["--from-line", "3001"]].concat(),
        &input,
    );
    assert_eq!(more.ok().stdout, "1,000 new / 0 present / 0 skipped\n");
    on(&store, &["verify"]).ok();
    let exported = on(&store, &["export", "ndjson"]).ok().json_lines();
    assert_eq!(exported.len(), 4000);
    for (number, event) in (0..).zip(exported) {
        let payload = event["payload"].as_str().expect("text");
        assert!(payload.starts_with(&format!("{number} x")), "{number}");
    }
}

#[test]
fn what_was_printed_before_the_disk_was_full_is_there() {
    let dir = tempdir().expect("directory");
    let store = dir.path().join("store");
    let input: String = (0..4000).map(line).collect();
    let Some(full) = limited(&store, &["append", "--stdin"], &input) else {
        return;
    };
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
