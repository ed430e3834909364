//! The reader in Python, which was written from the description of the format alone, prints what the
//! command exports.

use std::collections::BTreeMap;
use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use batpak::store::AppendPositionHint;
use batpak::{
    AppendOptions, BatchAppendItem, CausationRef, Coordinate, CorrelationId, EncodedBytes, EventId,
    EventKind, ExtensionKey, IdempotencyKey, Store, StoreConfig,
};
use serde_json::{Value, json};
use tempfile::tempdir;

use crate::support::{Run, copy, on, on_with_input};

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

/// A Python that has blake3. In CI there must be one.
fn python() -> Option<OsString> {
    if let Some(named) = env::var_os("BATPAK_PYTHON") {
        return Some(named);
    }
    let imports = Command::new("python3")
        .args(["-c", "import blake3"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    if imports.is_ok_and(|status| status.success()) {
        return Some("python3".into());
    }
    assert!(
        env::var_os("BATPAK_CI").is_none(),
        "no Python with blake3: BATPAK_PYTHON names none"
    );
    println!("SKIPPED: there is no Python with blake3 here, see fixtures/README.md");
    None
}

fn read(python: &OsString, dir: &Path) -> Run {
    Command::new(python)
        .arg(Path::new(ROOT).join("fixtures/reader.py"))
        .arg(dir)
        .output()
        .expect("Python runs")
        .into()
}

/// Asserts that both print the same; returns how many lines.
fn assert_same(python: &OsString, dir: &Path) -> usize {
    let read = read(python, dir);
    assert_eq!((read.code, read.stderr.as_str()), (Some(0), ""));
    let exported = on(dir, &["export", "ndjson"]).ok();
    for (theirs, ours) in exported.stdout.lines().zip(read.stdout.lines()) {
        assert_eq!(theirs, ours);
    }
    assert_eq!(exported.stdout.len(), read.stdout.len());
    read.stdout.lines().count()
}

#[test]
fn the_reader_prints_the_golden_store() {
    let Some(python) = python() else { return };
    let store = copy(&Path::new(ROOT).join("fixtures/golden/v1"));
    assert_eq!(assert_same(&python, store.path()), 63);
}

#[test]
fn the_reader_prints_a_store_of_every_variety_closed_or_not() {
    let Some(python) = python() else { return };
    let dir = tempdir().expect("directory");
    let from_the_library = fill(dir.path());
    let input: String = payloads()
        .into_iter()
        .zip(0..)
        .map(|(payload, number)| line(number, payload))
        .collect();
    let from_the_command = on_with_input(dir.path(), &["append", "--stdin"], &input)
        .ok()
        .stdout
        .lines()
        .count();
    assert_eq!(from_the_command, payloads().len());
    let events = from_the_library + from_the_command;
    assert_eq!(assert_same(&python, dir.path()), events);

    // Two more in a store that nobody has closed.
    let store = Store::open(StoreConfig::new(dir.path())).expect("opened");
    for payload in ["one", "two"] {
        let place = Coordinate::new("nobody:1", "closes").expect("a coordinate");
        let kind = EventKind::custom(1, 1);
        store.append(&place, kind, payload).expect("appended");
    }
    assert_eq!(assert_same(&python, copy(dir.path()).path()), events + 2);
}

#[test]
fn the_reader_names_file_and_offset_of_damage() {
    let Some(python) = python() else { return };
    let store = copy(&Path::new(ROOT).join("fixtures/golden/v1"));
    for (file, at, offset) in [
        ("000003.fbat", 900, 824),
        ("000007.fbat", 1500, 1432),
        ("000002.fbat", 100, 0),
        ("store.fbatm", 300, 0),
    ] {
        let path = store.path().join(file);
        let whole = fs::read(&path).expect("readable");
        let mut damaged = whole.clone();
        damaged[at] ^= 1;
        fs::write(&path, damaged).expect("written");
        let run = read(&python, store.path());
        assert_eq!((run.code, run.stdout.as_str()), (Some(1), ""), "{run:?}");
        assert_eq!(run.stderr.lines().count(), 1, "{run:?}");
        let place = format!("{}: offset {offset}: ", path.display());
        assert!(run.stderr.starts_with(&place), "{run:?}");
        fs::write(&path, whole).expect("written");
    }
    assert_same(&python, store.path());
}

/// Fills a store of several segments with what the command has no options for. Returns the number of events.
fn fill(dir: &Path) -> usize {
    let store = Store::open(StoreConfig::new(dir).with_segment_max_bytes(4096)).expect("opened");
    let place = |number: usize| {
        let entity = ["straße:München", "注文:一", "ключ:🦀", "plain"][number % 4];
        Coordinate::new(entity, "größe→∞").expect("a coordinate")
    };
    let kind = EventKind::custom(0xe, 0xfff);
    let mut ids: Vec<EventId> = Vec::new();
    for number in 0..60 {
        let bytes = EncodedBytes::new(vec![0xff; number]);
        let mut options = AppendOptions::new();
        if number % 3 == 0 {
            options = options.with_correlation(CorrelationId::from(0x1234_5678_u128 << number));
        }
        if number % 4 == 0 {
            let name = ExtensionKey::new("another.program").expect("a name");
            options = options.with_extension(name, bytes);
        }
        if number % 5 == 0 {
            options = options
                .with_position_hint(AppendPositionHint::new(7, 9))
                .with_flags(0x81);
        }
        if number % 7 == 0 {
            let key = IdempotencyKey::for_operation("reader", &[&number.to_string()]);
            options = options.with_idempotency(key);
        }
        for cause in ids.iter().rev().take(number % 11 * 3) {
            options = options.with_cause(*cause);
        }
        if number % 6 == 0 {
            options = options.with_foreign_cause(EventId::from(u128::MAX - number as u128));
        }
        let receipt = store.append_with_options(&place(number), kind, &number, options);
        ids.push(receipt.expect("appended").event_id);
    }
    for batch in [1, 2, 100] {
        let items = (0..batch).map(|number| {
            let causation = match number {
                0 => CausationRef::None,
                _ => CausationRef::PriorItem(number - 1),
            };
            let options = AppendOptions::new();
            let item = BatchAppendItem::new(place(number), kind, "batch", options, causation);
            let item = item.expect("an item");
            if number > 3 {
                return item.with_prior_cause(0).with_prior_cause(number / 2);
            }
            item
        });
        let receipts = store.append_batch(items.collect()).expect("appended");
        ids.extend(receipts.iter().map(|receipt| receipt.event_id));
    }
    let mut options = AppendOptions::new();
    for number in 0..4096_u128 {
        options = options.with_foreign_cause(EventId::from(number + 1));
    }
    let receipt = store.append_with_options(&place(0), kind, "many causes", options);
    ids.push(receipt.expect("appended").event_id);
    store.close().expect("closed");
    let segments = fs::read_dir(dir).expect("readable").filter(|entry| {
        let path = entry.as_ref().expect("an entry").path();
        path.extension()
            .is_some_and(|extension| extension == "fbat")
    });
    assert!(segments.count() > 5);
    ids.len()
}

/// A line of input for the command.
fn line(number: usize, payload: Payload) -> String {
    let (name, payload) = match payload {
        Payload::Json(value) => ("payload", value),
        Payload::MessagePack(bytes) => ("payload_msgpack", json!(BASE64_STANDARD.encode(bytes))),
    };
    let mut line =
        json!({"entity": "line", "scope": "s", "kind": format!("1:{number}"), name: payload});
    if number.is_multiple_of(2) {
        line["key"] = json!(format!("schlüssel {number} {}", "x".repeat(number * 20)));
    }
    if number > 0 && number.is_multiple_of(3) {
        line["causes"] = json!([1, number]);
    }
    format!("{line}\n")
}

enum Payload {
    Json(Value),
    MessagePack(Vec<u8>),
}

fn payloads() -> Vec<Payload> {
    let json = [
        json!(null),
        json!(""),
        json!([]),
        json!({}),
        json!({"b": {"a": [{"": null}, [true, false]]}, "a": "ä\u{0}\u{1f}\u{7f}\u{2028}\"\\/\n🦀"}),
        json!([
            0,
            127,
            128,
            65_535,
            65_536,
            u64::MAX,
            -1,
            -32,
            -33,
            -129,
            -32_769,
            i64::MIN
        ]),
        json!([
            0.0,
            -0.0,
            0.1,
            1.0,
            1e15,
            1e16,
            1.5e17,
            1e100,
            -5e-324,
            1.797_693_134_862_315_7e308
        ]),
        json!([
            1e-4, 1e-5, -1.25e-5, 9.99e-5, 1e-6, 1.5e-7, 1e-9, 1e-10, 1.5e-10, 1e-100
        ]),
        json!("long ".repeat(20_000)),
        json!((0..70_000).collect::<Vec<u32>>()),
        json!(
            (0..20)
                .map(|number| (number.to_string(), number))
                .collect::<BTreeMap<_, _>>()
        ),
    ];
    let float = |bits: u64| [&[0xcb], &bits.to_be_bytes()[..]].concat();
    let nested = |depth: usize| [&vec![0x91; depth][..], &[0xc0]].concat();
    let message_pack = [
        b"\xc4\x03\x00\xff\x7f".to_vec(),
        b"\x92\x01\xc4\x00".to_vec(),
        b"\x81\x01\x02".to_vec(),
        b"\x82\xa1a\x01\xa1a\x02".to_vec(),
        b"\x82\xa1a\x01\xd9\x01a\x02".to_vec(),
        b"\xa2\xff\xfe".to_vec(),
        b"\xd4\x01\x00".to_vec(),
        b"\xc7\x02\x01ab".to_vec(),
        b"\xca\x3d\xcc\xcc\xcd".to_vec(),
        b"\xd3\xff\xff\xff\xff\xff\xff\xff\xff".to_vec(),
        b"\xdf\x00\x00\x00\x01\xdb\x00\x00\x00\x01a\xdd\x00\x00\x00\x00".to_vec(),
        float(f64::NAN.to_bits()),
        float(f64::INFINITY.to_bits()),
        nested(126),
        nested(127),
        nested(500),
    ];
    let json = json.into_iter().map(Payload::Json);
    json.chain(message_pack.into_iter().map(Payload::MessagePack))
        .collect()
}
