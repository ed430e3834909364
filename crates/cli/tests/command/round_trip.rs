//! An export that is imported into an empty store exports alike, whatever is in it.

use std::path::Path;

use batpak::store::{AppendOptions, BatchAppendItem, CausationRef};
use batpak::{Coordinate, EventKind, IdempotencyKey, Store, StoreConfig};
use serde_json::json;
use tempfile::tempdir;

use crate::support::{names_replaced, on, on_with_input, without_names};

/// A store whose program appends `items`, each in a unit of its own.
fn store_of(dir: &Path, items: Vec<BatchAppendItem>) {
    let config = StoreConfig::new(dir).with_single_append_max_bytes(64 << 20);
    let store = Store::open(config).expect("opens");
    for item in items {
        store
            .submit_item(item)
            .expect("submitted")
            .wait()
            .expect("appended");
    }
    store.close().expect("closes");
}

fn item(entity: &str, payload: Vec<u8>, options: AppendOptions) -> BatchAppendItem {
    let place = Coordinate::new(entity, "scope").expect("a place");
    let kind = EventKind::custom(15, 4095);
    BatchAppendItem::from_msgpack_bytes(place, kind, payload, options, CausationRef::None)
        .expect("an item")
}

/// Exports `dir`, imports that into a new store, and compares what both export.
fn assert_survives(dir: &Path) -> Vec<serde_json::Value> {
    let first = on(dir, &["export", "ndjson"]).ok().stdout;
    for batch in ["1000", "3"] {
        let copy = tempdir().expect("directory");
        let args = ["import", "ndjson", "-", "--batch", batch];
        let run = on_with_input(copy.path(), &args, &first).ok();
        let events = first.lines().count();
        assert!(
            run.stdout.ends_with(" new / 0 present / 0 skipped\n"),
            "{run:?}"
        );
        let second = on(copy.path(), &["export", "ndjson"]).ok().stdout;
        assert_eq!(second.lines().count(), events);
        assert!(
            without_names(&first) == without_names(&second),
            "the copy in units of {batch} differs"
        );
        on(copy.path(), &["verify"]).ok();
    }
    names_replaced(&first)
}

#[test]
fn payloads_of_every_shape_survive() {
    let dir = tempdir().expect("directory");
    let mut nested = vec![0x91; 500];
    nested.push(0xc0);
    let mut fitting = vec![0x91; 120];
    fitting.push(0xc0);
    let payloads: Vec<Vec<u8>> = vec![
        vec![0xc0],
        vec![0x80],
        vec![0x90],
        vec![0xa0],
        vec![0xc4, 0],
        vec![0xc4, 3, 0, 0xff, 0x80],
        nested,
        fitting,
        // Integers in longer forms than needed, 32-bit floats, infinity, not a number.
        vec![0xcf, 0, 0, 0, 0, 0, 0, 0, 1],
        vec![0xca, 0x3d, 0xcc, 0xcc, 0xcd],
        vec![0xcb, 0x7f, 0xf0, 0, 0, 0, 0, 0, 0],
        vec![0xcb, 0x7f, 0xf8, 0, 0, 0, 0, 0, 0],
        // Names that are numbers, or come twice; an extension type; text that is not UTF-8.
        vec![0x81, 1, 2],
        vec![0x82, 0xa1, b'a', 1, 0xa1, b'a', 2],
        vec![0xd4, 1, 2],
        b"\x82\xa1z\x01\xa1a\x02".to_vec(),
    ];
    let items = payloads
        .into_iter()
        .map(|payload| item("e", payload, AppendOptions::new()));
    store_of(dir.path(), items.collect());
    let events = assert_survives(dir.path());
    assert_eq!(events[5]["payload_msgpack"], json!("xAMA/4A="));
    assert_eq!(events[15]["payload"], json!({"z": 1, "a": 2}));
}

#[test]
fn composed_and_decomposed_letters_stay_distinct() {
    let dir = tempdir().expect("directory");
    let (composed, decomposed) = ("\u{e1}", "a\u{301}");
    let items = [
        composed,
        decomposed,
        "\u{1f469}\u{200d}\u{1f680}",
        "\u{202e}x",
    ]
    .into_iter()
    .map(|text| {
        let payload = rmp_serde::to_vec(&(text, "\0\u{7f}\u{2028}\u{feff}")).expect("packed");
        item(text, payload, AppendOptions::new())
    });
    store_of(dir.path(), items.collect());
    let events = assert_survives(dir.path());
    assert_eq!(events[0]["entity"], json!(composed));
    assert_eq!(events[1]["entity"], json!(decomposed));
    assert_eq!(events[1]["stream_sequence"], json!(1));
    let found = on(dir.path(), &["log", "--entity", composed, "--json"]).ok();
    assert_eq!(found.json_lines().len(), 1);
}

#[test]
fn payloads_of_16_mebibytes_survive() {
    let dir = tempdir().expect("directory");
    let bytes = 16 << 20;
    let mut binary = vec![0xc6];
    binary.extend(u32::try_from(bytes - 5).expect("fits").to_be_bytes());
    binary.resize(bytes, 0xa5);
    // Each of its characters takes six in JSON.
    let mut text = vec![0xdb];
    text.extend(u32::try_from(bytes - 5).expect("fits").to_be_bytes());
    text.resize(bytes, 1);
    let key = IdempotencyKey::for_operation("a program", &["k"]);
    store_of(
        dir.path(),
        vec![
            item("small", vec![0xc0], AppendOptions::new()),
            item("binary", binary, AppendOptions::new()),
            item("text", text, AppendOptions::new().with_idempotency(key)),
        ],
    );
    assert_survives(dir.path());
}

#[test]
fn causes_keys_and_conversations_survive() {
    let dir = tempdir().expect("directory");
    let mut input = String::new();
    let mut causes = Vec::new();
    for n in 1..=4096 {
        causes.push(n.to_string());
        let more = match n % 4 {
            0 => format!(r#","key":"key {n}","causes":[{n}]"#)
                .replace(&format!("[{n}]"), &format!("[{}]", n - 1)),
            1 => String::new(),
            2 => format!(r#","correlation":{},"causes":[{0},{0}]"#, n - 1),
            _ => r#","correlation":"000000000000000000000000000000ff""#.to_owned(),
        };
        input.push_str(&format!(
            "{{\"sequence\":{n},\"entity\":\"user:{}\",\"scope\":\"s\",\"kind\":\"1:{}\",\
             \"payload\":{n}{more}}}\n",
            n % 5,
            n % 3
        ));
    }
    // As many causes as an event may have.
    input.push_str(&format!(
        "{{\"entity\":\"all\",\"scope\":\"s\",\"kind\":\"1:1\",\"payload\":null,\
         \"causes\":[{}],\"key\":\"\\u0000 \\ud83e\\udd87 key:seq:5\"}}\n",
        causes.join(",")
    ));
    on_with_input(dir.path(), &["import", "ndjson", "-"], &input).ok();
    let events = assert_survives(dir.path());
    assert_eq!(events.len(), 4097);
    assert_eq!(events[4096]["causes"].as_array().map(Vec::len), Some(4096));
    assert_eq!(events[4095]["key"], json!("key 4096"));
    assert_eq!(events[1]["causes"], json!(["event 1", "event 1"]));
}

#[test]
fn an_export_after_a_sequence_is_an_input_of_its_own() {
    let (dir, copy) = (tempdir().expect("directory"), tempdir().expect("directory"));
    let lines: String = (1..=20)
        .map(|n| {
            format!(
                "{{\"sequence\":{n},\"entity\":\"e\",\"scope\":\"s\",\"kind\":\"1:{n}\",\
                 \"payload\":{n},\"causes\":[{}]}}\n",
                if n > 1 {
                    (n - 1).to_string()
                } else {
                    String::new()
                }
            )
        })
        .collect();
    on_with_input(dir.path(), &["import", "ndjson", "-"], &lines).ok();
    let rest = on(dir.path(), &["export", "ndjson", "--after", "15"])
        .ok()
        .stdout;
    assert_eq!(rest.lines().count(), 5);
    let args = ["import", "ndjson", "-"];
    assert_eq!(on_with_input(copy.path(), &args, &rest).code, Some(1));
    let args = [&args[..], &["--foreign-causes"]].concat();
    on_with_input(copy.path(), &args, &rest).ok();
    let kind = on(dir.path(), &["export", "ndjson", "--kind", "1:7"]).ok();
    assert_eq!(kind.json_lines()[0]["payload"], json!(7));
    assert_eq!(kind.json_lines().len(), 1);
}
