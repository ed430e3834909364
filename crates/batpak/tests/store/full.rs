//! Real machines that have no more for a while, of space or of file handles: appends are refused as
//! not committed, reads go on, and afterwards everything goes on as if nothing had been.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::process::Command;

use batpak::store::CommitState;

use super::machine::{again, again_with_mounts, directory};
use super::*;

/// More events than fit.
const MANY: u64 = 20_000;

/// What is appended where, and how large the events of these numbers are.
struct Script<'a> {
    config: &'a dyn Fn() -> StoreConfig,
    bytes: fn(u64) -> usize,
}

/// Appends until the disk is full and goes on once it is not; what was acknowledged is there.
fn fill_and_go_on(script: &Script<'_>, expected: &[i32], make_space: impl FnOnce()) {
    let Script { config, bytes } = *script;
    let append = |store: &Store, number| append_padded(store, number, bytes(number));
    let store = Store::open(config()).unwrap();
    let dir = store.path().to_path_buf();
    let mut count = 0;
    let refusal = loop {
        assert!(count < MANY, "the disk does not get full");
        match append(&store, count) {
            Ok(_) => count += 1,
            Err(error) => break error,
        }
    };
    assert!(count > 10, "{count}: {refusal}");
    for error in [refusal]
        .into_iter()
        .chain((0..5).map(|_| append(&store, count).unwrap_err()))
    {
        assert!(matches!(error, StoreError::Io(_)), "{error:?}");
        assert_eq!(error.commit_state(), CommitState::NotCommitted, "{error}");
        assert!(
            expected.contains(&error.os_error().unwrap_or(0)),
            "{error:?}"
        );
        assert!(error.path().unwrap().starts_with(&dir), "{error}");
    }
    let all: Vec<u64> = (0..count).collect();
    assert_eq!(numbers(&store), all, "reads go on");
    store.get(store.by_entity("a")[0].event_id()).unwrap();

    make_space();
    for number in count..count + 60 {
        append(&store, number).unwrap();
    }
    let all: Vec<u64> = (0..count + 60).collect();
    assert_eq!(numbers(&store), all);
    store.close().unwrap();
    let store = Store::open(config()).unwrap();
    assert!(store.open_report().clean);
    assert_eq!(numbers(&store), all);
    store.close().unwrap();
    let report = batpak::store::verify(&dir, &mut |_| {}).unwrap();
    assert!(report.findings.is_empty(), "{:?}", report.findings);
}

const NO_SPACE: i32 = 28;
const FILE_TOO_LARGE: i32 = 27;
const TOO_MANY_OPEN_FILES: i32 = 24;

/// A limit on the size of files stands for the full disk: it needs no rights, and can be raised. Small
/// segments stay below it, so it is met by events that are larger.
#[test]
fn appends_behind_a_file_size_limit_are_refused_until_it_is_raised() {
    const TEST: &str = "full::appends_behind_a_file_size_limit_are_refused_until_it_is_raised";
    if let Some(dir) = directory() {
        let script = Script {
            config: &|| StoreConfig::new(&dir),
            bytes: |number| match number {
                2000 | 2001 => 3 << 20,
                _ => 1000,
            },
        };
        return fill_and_go_on(&script, &[FILE_TOO_LARGE], wait_for_more);
    }
    // Without the trap the system ends the process at the limit.
    let limited = "trap '' XFSZ; exec prlimit --fsize=2200000:unlimited \"$@\"";
    let raised = "--fsize=unlimited:unlimited";
    fill_behind_a_limit(TEST, limited, raised);
}

/// Every segment keeps a file open.
#[test]
fn appends_without_a_free_file_handle_are_refused_until_there_is_one() {
    const TEST: &str = "full::appends_without_a_free_file_handle_are_refused_until_there_is_one";
    if let Some(dir) = directory() {
        let script = Script {
            config: &|| StoreConfig::new(&dir).with_segment_max_bytes(2048),
            bytes: |_| 1000,
        };
        return fill_and_go_on(&script, &[TOO_MANY_OPEN_FILES], wait_for_more);
    }
    let limited = "exec prlimit --nofile=40:4096 \"$@\"";
    fill_behind_a_limit(TEST, limited, "--nofile=4096:4096");
}

/// Tells the test that starts this process that nothing more fits, and waits for it to change that.
fn wait_for_more() {
    println!("\nfull");
    let mut line = [0; 1];
    std::io::stdin().read_exact(&mut line).unwrap();
}

/// Runs a test in a process with a limit, which is raised once it is reached.
fn fill_behind_a_limit(test: &str, limited: &str, raised: &str) {
    let dir = tempfile::tempdir().unwrap();
    if Command::new("prlimit").arg("--version").output().is_err() {
        println!("SKIPPED {test}: there is no prlimit here");
        return;
    }
    let mut child = again(&["sh", "-c", limited, "sh"], test, dir.path())
        .spawn()
        .unwrap();
    let mut output = BufReader::new(child.stdout.take().unwrap());
    let mut told = String::new();
    while !told.ends_with("\nfull\n") {
        if output.read_line(&mut told).unwrap() == 0 {
            let mut error = String::new();
            let mut stderr = child.stderr.take().unwrap();
            stderr.read_to_string(&mut error).unwrap();
            panic!("the limit was not reached: {told}{error}");
        }
    }
    let raised = Command::new("prlimit")
        .args([raised, "--pid"])
        .arg(child.id().to_string())
        .status();
    assert!(raised.unwrap().success());
    child.stdin.take().unwrap().write_all(b"\n").unwrap();
    output.read_to_string(&mut told).unwrap();
    let ended = child.wait_with_output().unwrap();
    let error = String::from_utf8_lossy(&ended.stderr);
    assert!(ended.status.success(), "{told}{error}");
}

#[test]
fn appends_on_a_full_file_system_are_refused_until_there_is_space() {
    const TEST: &str = "full::appends_on_a_full_file_system_are_refused_until_there_is_space";
    if let Some(dir) = directory() {
        let filler = dir.join("filler");
        let store = dir.join("store");
        drop(Store::open(StoreConfig::new(&store)).unwrap());
        let mut file = fs::File::create(&filler).unwrap();
        // A third of the space is left, so that there is a segment before there is none.
        file.write_all(&vec![1; 1 << 20]).unwrap();
        let script = Script {
            config: &|| StoreConfig::new(&store),
            bytes: |_| 1000,
        };
        fill_and_go_on(&script, &[NO_SPACE], || {
            // Not a page is free at the moment before there is space again.
            while file.write_all(&[1; 4096]).is_ok() {}
            fs::remove_file(&filler).unwrap();
            drop(file);
        });
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    again_with_mounts("mount -t tmpfs -o size=3m tmpfs \"$0\"", TEST, dir.path());
}
