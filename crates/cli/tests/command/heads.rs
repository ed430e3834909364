//! Heads: printed, and held against a store that was rolled back, changed, or is another one.

use std::fs;
use std::path::Path;

use batpak::{Coordinate, EventKind, Store, StoreConfig};
use batpak_segment::{
    FRAME_FIXED, FrameKind, Offset, SEGMENT_HEADER, Scanner, SegmentHeader, Step, body_crc,
};
use serde_json::json;
use tempfile::{TempDir, tempdir};

use crate::support::{append, copy, on};

/// A store of three events in two streams.
fn three() -> TempDir {
    let dir = tempdir().expect("directory");
    for (entity, payload) in [("user:1", "1"), ("user:2", "2"), ("user:1", "3")] {
        append(dir.path(), entity, payload);
    }
    dir
}

fn head(dir: &Path) -> String {
    on(dir, &["head"]).ok().stdout.trim_end().to_owned()
}

/// Verifies against a head: the exit code and the codes of the findings.
fn verify(dir: &Path, head: &str) -> (Option<i32>, Vec<String>) {
    let run = on(dir, &["verify", "--json", "--expect-head", head]);
    let report = run.json();
    let findings = report["findings"].as_array().expect("findings");
    let code = |finding: &serde_json::Value| finding["code"].as_str().map(str::to_owned);
    (run.code, findings.iter().filter_map(code).collect())
}

fn not_whole(code: &str) -> (Option<i32>, Vec<String>) {
    (Some(3), vec![code.to_owned()])
}

fn whole() -> (Option<i32>, Vec<String>) {
    (Some(0), Vec::new())
}

#[test]
fn a_head_is_size_and_root_and_every_earlier_one_holds() {
    let dir = three();
    let newest = head(dir.path());
    let (size, root) = newest.split_once(':').expect("size and root");
    assert_eq!((size, root.len()), ("3", 64));
    let object = on(dir.path(), &["head", "--json"]).ok().json();
    assert_eq!(object, json!({"size": 3, "root": root}));
    append(dir.path(), "user:2", "4");
    let again = on(dir.path(), &["head", "--at", "3"]).ok();
    assert_eq!(again.stdout.trim_end(), newest);
    for size in ["0", "1", "2", "3", "4"] {
        let run = on(dir.path(), &["head", "--at", size]).ok();
        assert_eq!(verify(dir.path(), run.stdout.trim_end()), whole(), "{size}");
    }
    let beyond = on(dir.path(), &["head", "--at", "5"]);
    assert_eq!(beyond.code, Some(1), "{beyond:?}");
    assert!(
        beyond.stderr.starts_with("error[head-beyond]: "),
        "{beyond:?}"
    );
}

#[test]
fn an_empty_store_has_the_head_of_nothing() {
    let dir = tempdir().expect("directory");
    let store = Store::open(StoreConfig::new(dir.path())).expect("opened");
    store.close().expect("closed");
    let nothing = "0:af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262";
    assert_eq!(head(dir.path()), nothing);
    assert_eq!(verify(dir.path(), nothing), whole());
    let wrong = format!("0:{}", "0".repeat(64));
    assert_eq!(verify(dir.path(), &wrong), not_whole("head-wrong"));
    let other = three();
    assert_eq!(
        verify(dir.path(), &head(other.path())),
        not_whole("head-beyond")
    );
    assert_eq!(on(dir.path(), &["head", "--at", "1"]).code, Some(1));
}

#[test]
fn a_store_that_was_rolled_back_is_found_by_a_head_that_was_kept() {
    let dir = three();
    let older = copy(dir.path());
    append(dir.path(), "user:1", "\"what was taken back\"");
    let kept = head(dir.path());
    assert_eq!(verify(dir.path(), &kept), whole());
    // The older copy is whole in itself.
    on(older.path(), &["verify"]).ok();
    assert_eq!(verify(older.path(), &kept), not_whole("head-beyond"));
    append(older.path(), "user:1", "\"something else\"");
    on(older.path(), &["verify"]).ok();
    assert_eq!(verify(older.path(), &kept), not_whole("head-wrong"));
    let run = on(older.path(), &["verify", "--expect-head", &kept]);
    assert_eq!(run.code, Some(3));
    assert!(run.stdout.contains("the store as a whole"), "{run:?}");
}

#[test]
fn a_head_of_another_store_is_wrong() {
    let (one, other) = (three(), three());
    assert_eq!(
        verify(one.path(), &head(other.path())),
        not_whole("head-wrong")
    );
}

#[test]
fn a_newest_event_with_repaired_checksums_does_not_have_the_head() {
    let dir = tempdir().expect("directory");
    let store = Store::open(StoreConfig::new(dir.path())).expect("opened");
    let kind = EventKind::custom(1, 1);
    for (entity, payload) in [("user:1", "a"), ("user:2", "easy to find"), ("user:1", "b")] {
        let place = Coordinate::new(entity, "test").expect("a coordinate");
        store.append(&place, kind, &payload).expect("appended");
    }
    let kept = store.head().expect("a head").to_string();
    store.close().expect("closed");
    forge(
        &dir.path().join("000001.fbat"),
        b"easy to find",
        b"not so easy!",
    );
    // It is the newest of its stream, so no successor repeats its hash; the record of the close does.
    let report = on(dir.path(), &["verify", "--json"]).json();
    assert_eq!(report["findings"][0]["code"], json!("tree-head-wrong"));
    assert_eq!(report["findings"][0]["file"], json!("store.fbatm"));
    assert_eq!(report["covered_by_tree"], json!(0));
    let (code, findings) = verify(dir.path(), &kept);
    assert_eq!(code, Some(3));
    assert_eq!(findings, ["tree-head-wrong", "head-wrong"]);
    // Whoever opens it for writing takes the record away; the head that was kept still tells.
    append(dir.path(), "user:3", "1");
    on(dir.path(), &["verify"]).ok();
    assert_eq!(verify(dir.path(), &kept), not_whole("head-wrong"));
}

/// Replaces bytes of a payload and repairs both checksums of its frame.
fn forge(path: &Path, old: &[u8], new: &[u8]) {
    let mut bytes = fs::read(path).expect("readable");
    let salt = SegmentHeader::decode(bytes.first_chunk().expect("a header"))
        .expect("a header")
        .salt;
    let at = bytes
        .windows(old.len())
        .position(|window| window == old)
        .expect("the payload");
    let (from, to) = (Offset(SEGMENT_HEADER as u64), Offset(bytes.len() as u64));
    let mut scanner = Scanner::new(bytes.as_slice(), salt, from, to);
    let mut found = None;
    while let Step::Frame { offset, head, .. } = scanner.next().expect("readable") {
        let start = usize::try_from(offset.0).expect("small");
        if head.kind == FrameKind::Event && start < at {
            found = Some((start, head));
        }
    }
    let (start, mut head) = found.expect("the frame");
    bytes[at..at + new.len()].copy_from_slice(new);
    let end = start + usize::try_from(head.length).expect("small");
    head.body_crc = body_crc(&bytes[start + FRAME_FIXED..end]);
    let fixed = head.encode(salt, Offset(start as u64));
    bytes[start..start + FRAME_FIXED].copy_from_slice(&fixed);
    fs::write(path, bytes).expect("written");
}

#[test]
fn what_is_no_head_is_wrong_usage_with_the_reason() {
    let dir = three();
    let digits = "a".repeat(64);
    for (text, reason) in [
        ("", "no `:`"),
        (&digits[..], "no `:`"),
        (":", "size"),
        ("-1:", "size"),
        ("01:", "size"),
        ("99999999999999999999:", "size"),
        ("3:", "0 hexadecimal digits"),
        ("3:abc", "3 hexadecimal digits"),
        ("3:xyz", "'x'"),
    ] {
        let run = on(dir.path(), &["verify", &format!("--expect-head={text}")]);
        assert_eq!(run.code, Some(2), "{text}: {run:?}");
        assert!(run.stderr.starts_with("error[usage]: "), "{text}: {run:?}");
        assert!(run.stderr.contains(reason), "{text}: {run:?}");
    }
}

#[test]
fn verification_says_what_covers_the_events_in_lines_of_eighty_columns() {
    let dir = three();
    let run = on(dir.path(), &["verify"]).ok();
    assert!(run.stdout.contains("checksum only"), "{run:?}");
    assert!(run.stdout.contains("\nHead "), "{run:?}");
    assert!(run.stdout.lines().all(|line| line.chars().count() <= 80));
    let report = on(dir.path(), &["verify", "--json"]).ok().json();
    assert_eq!(report["covered_by_tree"], json!(3));
    assert_eq!(report["covered_by_checksum"], json!(0));
    assert_eq!(report["unknown_in_head"], json!(0));
    assert_eq!(report["head"]["size"], json!(3));
}

#[test]
fn a_head_is_printed_beside_a_writer() {
    let dir = three();
    let before = head(dir.path());
    let store = Store::open(StoreConfig::new(dir.path())).expect("opened");
    assert_eq!(head(dir.path()), before);
    assert_eq!(verify(dir.path(), &before), whole());
    assert_eq!(store.head().expect("a head").to_string(), before);
}

#[test]
fn a_listing_is_explained() {
    let dir = three();
    let args = ["explain", "--entity", "user:1", "--json"];
    let report = on(dir.path(), &args).ok().json();
    assert_eq!(report["matching"], json!(2));
    assert_eq!(report["lost_ranges"], json!(0));
    let text = on(dir.path(), &["explain"]).ok().stdout;
    assert!(text.contains("Events matching"), "{text}");
    assert!(
        text.lines().all(|line| line.chars().count() <= 80),
        "{text}"
    );
    let nothing = on(dir.path(), &["explain", "--entity", "nobody"]).ok();
    assert!(nothing.stderr.contains("prefix"), "{nothing:?}");
}
