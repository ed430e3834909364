//! Canonical bytes: what is hashed and stored today is what was hashed and stored before.

use std::collections::BTreeMap;
use std::fmt::Write;

use batpak::guard::{Denial, Gate, GateSet};
use batpak::pipeline::{BypassPayload, BypassReason, Pipeline};
use batpak::prelude::*;

use super::new_store;

/// Every shape that a payload can have.
#[derive(Serialize)]
struct Shapes {
    unsigned: (u8, u16, u32, u64),
    signed: (i8, i64),
    float: f64,
    text: &'static str,
    nothing: Option<u8>,
    something: Option<u8>,
    list: Vec<u16>,
    map: BTreeMap<&'static str, bool>,
    unit: Choice,
    tuple: Choice,
    named: Choice,
    id: EventId,
}

#[derive(Serialize)]
enum Choice {
    None,
    Some(u8),
    Field { value: u8 },
}

struct Never;

impl Gate<()> for Never {
    fn name(&self) -> &'static str {
        "never"
    }

    fn evaluate(&self, (): &()) -> Result<(), Denial> {
        let denial = Denial::new("never", "not today").with_code("NO");
        Err(denial.with_context("day", "monday"))
    }
}

impl BypassReason for Never {
    fn name(&self) -> &'static str {
        "court-order"
    }

    fn justification(&self) -> &'static str {
        "a court can order it"
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.chunks(32).fold(String::new(), |mut text, line| {
        line.iter()
            .for_each(|byte| write!(text, "{byte:02x}").unwrap());
        text + "\n"
    })
}

#[test]
fn every_shape_has_the_bytes_that_it_had() {
    let shapes = Shapes {
        unsigned: (1, 300, 70_000, u64::MAX),
        signed: (-1, i64::MIN),
        float: 1.5,
        text: "grüße",
        nothing: None,
        something: Some(200),
        list: vec![1, 128, 256],
        map: BTreeMap::from([("b", true), ("a", false)]),
        unit: Choice::None,
        tuple: Choice::Some(7),
        named: Choice::Field { value: 7 },
        id: EventId::new(0x0102),
    };
    insta::assert_snapshot!(hex(&batpak::canonical::to_bytes(&shapes).unwrap()), @r"
    8ca8756e7369676e65649401cd012cce00011170cfffffffffffffffffa67369
    676e656492ffd38000000000000000a5666c6f6174cb3ff8000000000000a474
    657874a76772c3bcc39f65a76e6f7468696e67c0a9736f6d657468696e67ccc8
    a46c6973749301cc80cd0100a36d617082a161c2a162c3a4756e6974a44e6f6e
    65a57475706c6581a4536f6d6507a56e616d656481a54669656c6481a576616c
    756507a26964c41000000000000000000000000000000102
    ");
}

#[test]
fn the_records_of_the_store_have_the_bytes_that_they_had() {
    let (_directory, store) = new_store();
    let place = Coordinate::new("a", "test").unwrap();
    let mut gates = GateSet::new();
    gates.push(Never);
    let denial = gates.evaluate_all(&()).remove(0);
    let (kind, options) = (EventKind::DATA, AppendOptions::new());
    let denied = store
        .append_denial(
            &place,
            kind,
            &gates,
            &denial,
            Some([7; 32]),
            Some("pipe"),
            options,
        )
        .unwrap();
    let bytes = store.read_raw(denied.event_id).unwrap().event.payload;
    insta::assert_snapshot!(hex(&bytes), @r"
    84ab6576616c756174696f6e739183a7676174655f6964a56e65766572a77665
    726469637481a444656e7983a4636f6465a24e4fa76d657373616765a96e6f74
    20746f646179a7636f6e746578749192a3646179a66d6f6e646179ad65766964
    656e63655f68617368c420a94a26d063e559bc77ef9a9c756f15eb21d02854dd
    837da5f9b34953037c20d7ab706970656c696e655f6964a470697065ad70726f
    706f7365645f6b696e64cd1000b570726f706f7365645f636f6e74656e745f68
    617368c420070707070707070707070707070707070707070707070707070707
    0707070707
    ");

    let pipeline = Pipeline::new(gates);
    let receipt = pipeline.bypass(batpak::guard::Proposal::new("lamp"), &Never);
    let options = AppendOptions::new();
    store
        .append_bypassed(&place, kind, receipt, options)
        .unwrap();
    let record = &store.by_fact(BypassPayload::KIND)[0];
    let bytes = store.read_raw(record.event_id()).unwrap().event.payload;
    insta::assert_snapshot!(hex(&bytes), @r"
    84a5617564697483a6726561736f6eab636f7572742d6f72646572ad6a757374
    696669636174696f6eb46120636f7572742063616e206f72646572206974ab61
    7070726f7665645f6279c0a5676174657391a56e65766572ad62797061737365
    645f6b696e64cd1000b562797061737365645f636f6e74656e745f68617368c4
    20a8ac7f01117e161bf9c485a8d2a3263c6531fa02b082d49e422c0bf8933391
    05
    ");
}
