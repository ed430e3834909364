//! Killing `append --stdin` again and again loses nothing that was acknowledged.

use std::collections::HashMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;

use serde_json::Value;
use tempfile::tempdir;

use crate::support::{on, start};

/// Kills per level.
const KILLS: usize = 50;

#[test]
fn no_printed_line_is_lost_at_synced() {
    check("synced");
}

#[test]
fn no_printed_line_is_lost_at_written() {
    check("written");
}

fn check(durability: &str) {
    let dir = tempdir().expect("directory");
    let mut printed = HashMap::new();
    for round in 0..KILLS {
        // Between none and many acknowledgements, so that the kill hits open, append and sync.
        let acknowledged = append_until_killed(dir.path(), durability, round * 37 % 101);
        for event in acknowledged {
            let sequence = event["sequence"].as_u64().expect("a sequence");
            let earlier = printed.insert(sequence, event["id"].clone());
            assert_eq!(earlier, None, "sequence {sequence} was given twice");
        }
        if printed.is_empty() {
            continue;
        }
        let verified = on(dir.path(), &["verify", "--json"]);
        assert_eq!(verified.code, Some(0), "round {round}: {verified:?}");
        let exported: HashMap<u64, Value> = on(dir.path(), &["export", "ndjson"])
            .ok()
            .json_lines()
            .into_iter()
            .map(|event| {
                (
                    event["sequence"].as_u64().expect("a sequence"),
                    event["id"].clone(),
                )
            })
            .collect();
        for (sequence, id) in &printed {
            assert_eq!(
                exported.get(sequence),
                Some(id),
                "round {round}, sequence {sequence}"
            );
        }
    }
    assert!(
        printed.len() >= KILLS,
        "only {} events were acknowledged",
        printed.len()
    );
}

/// Streams events, kills the command after `count` acknowledgements, and returns all it printed.
fn append_until_killed(dir: &Path, durability: &str, count: usize) -> Vec<Value> {
    let mut child = start(dir, &["append", "--stdin", "--durability", durability]);
    let mut input = child.stdin.take().expect("input");
    let feeder = std::thread::spawn(move || {
        for number in 0_u64.. {
            let line = format!(
                "{{\"entity\":\"user:{}\",\"scope\":\"s\",\"kind\":\"1:1\",\"payload\":{number}}}\n",
                number % 5
            );
            // Fails when the command is gone.
            if input.write_all(line.as_bytes()).is_err() {
                break;
            }
        }
    });
    let mut output = BufReader::new(child.stdout.take().expect("output"));
    let mut printed = String::new();
    for _ in 0..count {
        let length = output.read_line(&mut printed).expect("readable");
        assert_ne!(length, 0, "the command ended by itself");
    }
    child.kill().expect("killed");
    child.wait().expect("reaped");
    // What it printed before it died counts as well.
    while output.read_line(&mut printed).expect("readable") > 0 {}
    feeder.join().expect("the feeder ends");
    printed
        .lines()
        // The last line may be cut: then nobody has read it.
        .filter_map(|line| serde_json::from_str(line).ok())
        .collect()
}
