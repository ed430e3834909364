//! Receipts against bytes and signatures that were made without the code, and against forgers.

use batpak_coordinate::{Coordinate, DagPosition, EventKind, Generation, Sequence, StreamSequence};

use super::super::verdict::ReceiptVerificationError as Wrong;
use super::super::{SigningKey, extensions_hash};
use super::*;
use crate::{
    CorrelationId, Event, EventHeader, EventId, HashChain, HashKey, StoredEvent, StoredFacts,
};

const TEXT: &str = include_str!("../../../../docs/format.md");
const SEED: [u8; 32] = [
    0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25,
    26, 27, 28, 29, 30, 31,
];
const LINEAGE: Lineage = Lineage(0x00112233_44556677_8899aabb_ccddeeff);

/// The receipt of the example in the text.
fn receipt() -> PortableReceipt {
    PortableReceipt {
        lineage: LINEAGE,
        branch: BranchId(0x0d),
        epoch: Epoch(3),
        facts: ReceiptFacts {
            event_id: EventId::new(0x0192_3456_789a_7001_8000_0002_dead_beef),
            sequence: Sequence(42),
            stream_sequence: StreamSequence(7),
            event_kind: EventKind::from_raw(0x1abc),
            generation: Generation(9),
            correlation: CorrelationId::new(0x0c),
            wall_us: 1_700_000_000_123_456,
            content_hash: [0xc1; 32],
            extensions_hash: [0; 32],
            event_hash: [0xc2; 32],
            previous_hash: [0xc3; 32],
        },
        is_synced: true,
        is_duplicate: false,
        is_denial: false,
        key_id: [0; 32],
        signature: None,
    }
}

fn signed() -> (PortableReceipt, [VerifyingKey; 1]) {
    let (key, mut receipt) = (SigningKey::from_bytes(SEED), receipt());
    receipt.sign(&key);
    (receipt, [key.verifying_key()])
}

fn written() -> Provenance {
    Provenance {
        lineage: LINEAGE,
        branch: BranchId(0x0d),
        epoch: Epoch(3),
        shared_with: vec![],
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The lines of the text from a heading to the next one.
fn section(heading: &str) -> Vec<&'static str> {
    let lines = TEXT.lines().skip_while(|line| *line != heading).skip(1);
    lines.take_while(|line| !line.starts_with('#')).collect()
}

#[test]
fn the_offset_table_is_the_layout_of_the_code() {
    let written: Vec<(usize, usize, &str)> = section("### Signed bytes")
        .into_iter()
        .filter(|line| line.starts_with("| ") && !line.starts_with("| Offset"))
        .map(|line| {
            let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
            (
                cells[0].parse().unwrap(),
                cells[1].parse().unwrap(),
                cells[2],
            )
        })
        .collect();
    let coded: Vec<(usize, usize, &str)> = FIELDS
        .windows(2)
        .map(|pair| (pair[0].1, pair[1].1 - pair[0].1, pair[0].0))
        .collect();
    assert_eq!(written, coded);
    let phrase = format!(
        "Ed25519 over these {} bytes",
        PortableReceipt::SIGNED_LENGTH
    );
    assert_eq!(TEXT.matches(&phrase).count(), 1);
}

#[test]
fn the_example_of_the_text_is_what_the_code_signs() {
    let (receipt, [key]) = signed();
    let rows = receipt.signed_bytes();
    let rows = rows.chunks(16).enumerate();
    let mut expected: Vec<String> = rows
        .map(|(row, chunk)| format!("{:04x}  {}", row * 16, hex(chunk)))
        .collect();
    let signature = hex(&receipt.signature.unwrap());
    expected.extend([
        String::new(),
        format!("public key  {}", hex(&key.to_bytes())),
        format!("key id      {}", hex(&key.id())),
        format!("signature   {}", &signature[..64]),
        format!("            {}", &signature[64..]),
    ]);
    let lines = section("### Example signature").into_iter();
    let written: Vec<&str> = lines
        .skip_while(|line| *line != "```text")
        .skip(1)
        .take_while(|line| *line != "```")
        .collect();
    assert_eq!(written.join("\n"), expected.join("\n"));
}

#[test]
fn the_signed_bytes_are_the_facts_written_out_one_after_the_other() {
    // Every line is one field, written out without the code under test.
    let bytes: Vec<u8> = [
        &b"batpak receipt v1\0\0\0\0\0\0\0"[..],
        &[
            0xff, 0xee, 0xdd, 0xcc, 0xbb, 0xaa, 0x99, 0x88, 0x77, 0x66, 0x55, 0x44, 0x33, 0x22,
            0x11, 0x00,
        ],
        &[0x0d, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
        &[3, 0, 0, 0, 0, 0, 0, 0],
        &[
            0xef, 0xbe, 0xad, 0xde, 0x02, 0, 0, 0x80, 0x01, 0x70, 0x9a, 0x78, 0x56, 0x34, 0x92,
            0x01,
        ],
        &[42, 0, 0, 0, 0, 0, 0, 0],
        &[7, 0, 0, 0, 0, 0, 0, 0],
        &[0xbc, 0x1a],
        &[9, 0, 0, 0],
        &[0x0c, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
        &[0x40, 0x22, 0x20, 0x18, 0x24, 0x0a, 0x06, 0],
        &[0xc1; 32],
        &[0; 32],
        &[0xc2; 32],
        &[0xc3; 32],
        &[2],
        &[0],
    ]
    .concat();
    assert_eq!(hex(&receipt().signed_bytes()), hex(&bytes));
    let again = PortableReceipt {
        is_synced: false,
        is_duplicate: true,
        ..receipt()
    };
    assert_eq!(again.signed_bytes()[..254], bytes[..254]);
    assert_eq!(again.signed_bytes()[254..], [1, 1]);
}

#[test]
fn a_key_is_the_one_of_the_published_test_vector() {
    // The first test of RFC 8032, section 7.1.
    let seed = [
        0x9d, 0x61, 0xb1, 0x9d, 0xef, 0xfd, 0x5a, 0x60, 0xba, 0x84, 0x4a, 0xf4, 0x92, 0xec, 0x2c,
        0xc4, 0x44, 0x49, 0xc5, 0x69, 0x7b, 0x32, 0x69, 0x19, 0x70, 0x3b, 0xac, 0x03, 0x1c, 0xae,
        0x7f, 0x60,
    ];
    let key = SigningKey::from_bytes(seed);
    let public = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
    assert_eq!(hex(&key.verifying_key().to_bytes()), public);
    let shown = format!("{key:?} {:?}", [&key]);
    assert!(
        shown.contains(public) && !shown.contains("9d61") && !shown.contains("157, 97"),
        "{shown}"
    );
}

type Change = fn(&mut PortableReceipt);

/// A change of every field, and what it is refused with where the event is known.
fn changes() -> Vec<(Change, Wrong)> {
    vec![
        (
            |receipt| receipt.lineage = Lineage(1),
            Wrong::LineageMismatch,
        ),
        (
            |receipt| receipt.branch = BranchId(1),
            Wrong::BranchMismatch,
        ),
        (|receipt| receipt.epoch = Epoch(4), Wrong::EpochMismatch),
        (
            |receipt| receipt.facts.event_id = EventId::new(1),
            Wrong::EventIdMismatch,
        ),
        (
            |receipt| receipt.facts.sequence = Sequence(43),
            Wrong::SequenceMismatch,
        ),
        (
            |receipt| receipt.facts.stream_sequence = StreamSequence(8),
            Wrong::StreamSequenceMismatch,
        ),
        (
            |receipt| receipt.facts.event_kind = EventKind::DATA,
            Wrong::EventKindMismatch,
        ),
        (
            |receipt| receipt.facts.generation = Generation(1),
            Wrong::GenerationMismatch,
        ),
        (
            |receipt| receipt.facts.correlation = CorrelationId::new(1),
            Wrong::CorrelationMismatch,
        ),
        (
            |receipt| receipt.facts.wall_us += 1,
            Wrong::TimestampMismatch,
        ),
        (
            |receipt| receipt.facts.content_hash[31] ^= 1,
            Wrong::ContentHashMismatch,
        ),
        (
            |receipt| receipt.facts.extensions_hash[0] ^= 1,
            Wrong::ExtensionsMismatch,
        ),
        (
            |receipt| receipt.facts.event_hash[0] ^= 1,
            Wrong::EventHashMismatch,
        ),
        (
            |receipt| receipt.facts.previous_hash[0] ^= 1,
            Wrong::PreviousHashMismatch,
        ),
        (|receipt| receipt.is_synced = false, Wrong::InvalidSignature),
        (
            |receipt| receipt.is_duplicate = true,
            Wrong::InvalidSignature,
        ),
        (
            |receipt| receipt.is_denial = true,
            Wrong::DenialKindMismatch,
        ),
        (|receipt| receipt.key_id[0] ^= 1, Wrong::UnknownSigningKey),
        (
            |receipt| receipt.key_id = [0; 32],
            Wrong::ZeroKeyWithSignature,
        ),
        (|receipt| receipt.signature = None, Wrong::MissingSignature),
        (
            |receipt| (receipt.key_id, receipt.signature) = ([0; 32], None),
            Wrong::UnsignedReceiptRejected,
        ),
        // What a receipt does not say is not compared; the signature was made over it.
        (
            |receipt| receipt.lineage = Lineage(0),
            Wrong::InvalidSignature,
        ),
        (
            |receipt| receipt.facts.event_kind = ReceiptFacts::NO_KIND,
            Wrong::InvalidSignature,
        ),
    ]
}

#[test]
fn every_field_that_is_changed_is_refused_with_and_without_the_event() {
    let (receipt, keys) = signed();
    let event = Some(&receipt.facts);
    assert_eq!(receipt.verify(&keys), ReceiptVerification::Signed);
    assert_eq!(
        receipt.verify_event(&written(), event, &keys),
        ReceiptVerification::Signed
    );
    for (index, (change, wrong)) in changes().into_iter().enumerate() {
        let mut changed = receipt;
        change(&mut changed);
        let refused = ReceiptVerification::Invalid(wrong.clone());
        assert_eq!(
            changed.verify_event(&written(), event, &keys),
            refused,
            "change {index}"
        );
        assert!(!changed.verify(&keys).is_valid(), "change {index}");
        // Nobody is asked who signed before the event was compared.
        let foreign = [SigningKey::from_bytes([1; 32]).verifying_key()];
        assert!(!changed.verify_event(&written(), event, &foreign).is_valid());
    }
    let gone = ReceiptVerification::Invalid(Wrong::MissingCommittedEvent);
    assert_eq!(receipt.verify_event(&written(), None, &keys), gone);
}

#[test]
fn the_receipt_of_a_branch_that_was_left_is_believed_for_what_both_share() {
    let (receipt, keys) = signed();
    let mut copy = Provenance {
        branch: BranchId(0x0e),
        epoch: Epoch(9),
        ..written()
    };
    let event = Some(&receipt.facts);
    let refused = ReceiptVerification::Invalid(Wrong::BranchMismatch);
    assert_eq!(receipt.verify_event(&copy, event, &keys), refused);
    copy.shared_with = vec![BranchId(1), receipt.branch];
    assert_eq!(
        receipt.verify_event(&copy, event, &keys),
        ReceiptVerification::Signed
    );
    let mut changed = receipt;
    changed.epoch = Epoch(4);
    let refused = ReceiptVerification::Invalid(Wrong::InvalidSignature);
    assert_eq!(changed.verify_event(&copy, event, &keys), refused);
}

#[test]
fn an_unsigned_receipt_is_believed_where_no_key_is_known() {
    let accepted = ReceiptVerification::UnsignedAccepted;
    let event = receipt().facts;
    assert_eq!(receipt().verify(&[]), accepted);
    assert_eq!(
        receipt().verify_event(&written(), Some(&event), &[]),
        accepted
    );
    let mut old = receipt();
    (old.lineage, old.facts.event_kind) = (Lineage(0), ReceiptFacts::NO_KIND);
    assert_eq!(old.verify_event(&written(), Some(&event), &[]), accepted);
    let (receipt, _) = signed();
    let unknown = ReceiptVerification::Invalid(Wrong::UnknownSigningKey);
    assert_eq!(receipt.verify(&[]), unknown);
}

#[test]
fn a_denial_is_signed_as_one() {
    let (key, mut denial) = (SigningKey::from_bytes(SEED), receipt());
    denial.facts.event_kind = EventKind::SYSTEM_DENIAL;
    denial.is_denial = true;
    denial.sign(&key);
    let (event, keys) = (denial.facts, [key.verifying_key()]);
    assert_eq!(denial.verify(&keys), ReceiptVerification::Signed);
    assert_eq!(
        denial.verify_event(&written(), Some(&event), &keys),
        ReceiptVerification::Signed
    );
    let mut forged = signed().0;
    forged.is_denial = true;
    let refused = ReceiptVerification::Invalid(Wrong::DenialKindMismatch);
    assert_eq!(forged.verify(&keys), refused);
    // A receipt that does not say its kind passes for no denial either.
    forged.facts.event_kind = ReceiptFacts::NO_KIND;
    let refused = ReceiptVerification::Invalid(Wrong::InvalidSignature);
    assert_eq!(forged.verify(&keys), refused);
}

/// The order of the group of Ed25519, little-endian.
const ORDER: [u8; 32] = [
    0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
];

#[test]
fn no_other_signature_passes_for_the_one_of_the_key() {
    let (receipt, keys) = signed();
    let genuine = receipt.signature.unwrap();
    // The same scalar plus the order of the group: equal modulo the order, and still 32 bytes.
    let (mut malleable, mut carry) = (genuine, 0);
    for (byte, order) in malleable[32..].iter_mut().zip(ORDER) {
        let sum = u16::from(*byte) + u16::from(order) + carry;
        (*byte, carry) = ((sum & 0xff) as u8, sum >> 8);
    }
    assert_eq!(carry, 0);
    // A commitment of small order: the neutral point, and a scalar of zero.
    let mut small = [0; 64];
    small[0] = 1;
    let mut swapped = [0; 64];
    swapped[..32].copy_from_slice(&genuine[32..]);
    swapped[32..].copy_from_slice(&genuine[..32]);
    let mut forged = vec![malleable, small, swapped, [0; 64], [0xff; 64]];
    forged.extend((0..512).map(|bit| {
        let mut flipped = genuine;
        flipped[bit / 8] ^= 1 << (bit % 8);
        flipped
    }));
    let refused = ReceiptVerification::Invalid(Wrong::InvalidSignature);
    for signature in forged {
        let forged = PortableReceipt {
            signature: Some(signature),
            ..receipt
        };
        assert_eq!(forged.verify(&keys), refused, "{}", hex(&signature));
    }
}

#[test]
fn a_key_under_which_anybody_could_sign_is_none() {
    let mut neutral = [0; 32];
    neutral[0] = 1;
    let mut order_two = [0xff; 32];
    (order_two[0], order_two[31]) = (0xec, 0x7f);
    // 2 is no coordinate of a point.
    let mut no_point = [0; 32];
    no_point[0] = 2;
    for bytes in [neutral, order_two, [0; 32], no_point] {
        assert!(VerifyingKey::from_bytes(bytes).is_err(), "{}", hex(&bytes));
    }
}

#[test]
fn a_receipt_that_another_key_signs_is_refused_under_the_name_of_the_first() {
    let (receipt, keys) = signed();
    let mut forged = receipt;
    forged.sign(&SigningKey::from_bytes([1; 32]));
    let verdict = |wrong| ReceiptVerification::Invalid(wrong);
    assert_eq!(forged.verify(&keys), verdict(Wrong::UnknownSigningKey));
    forged.key_id = receipt.key_id;
    assert_eq!(forged.verify(&keys), verdict(Wrong::InvalidSignature));
    let both = [SigningKey::from_bytes([1; 32]).verifying_key(), keys[0]];
    assert_eq!(receipt.verify(&both), ReceiptVerification::Signed);
}

#[test]
fn what_is_changed_in_an_event_shows_in_its_facts() {
    let position = DagPosition::with_hlc(1, 2, 3, 4, 5);
    let payload = b"\x81\xa1n\x01".to_vec();
    let mut header = EventHeader::new(7, 8, None, 1_000, position, 4, EventKind::DATA);
    header.content_hash = crate::content_hash(&payload);
    let facts = StoredFacts {
        sequence: Sequence(9),
        stream_sequence: StreamSequence(5),
        generation: Generation(2),
        extensions: b"\x80".to_vec(),
        ..StoredFacts::default()
    };
    let chain = HashChain {
        prev_hash: [3; 32],
        event_hash: [0; 32],
    };
    let place = Coordinate::new("e", "s").unwrap();
    let event = Event::new(header, payload).with_hash_chain(chain);
    let event = StoredEvent::with_facts(place, event, facts);
    let whole = ReceiptFacts::of_event(&event, LINEAGE).unwrap();
    let covered = event.hashed_facts([3; 32]);
    assert_eq!(
        whole.event_hash,
        covered.hash(&HashKey::for_lineage(LINEAGE))
    );
    assert_eq!(whole.extensions_hash, extensions_hash(b"\x80"));
    assert_eq!(whole.content_hash, event.event.header.content_hash);

    let same = |event: &StoredEvent<Vec<u8>>| ReceiptFacts::of_event(event, LINEAGE) == Some(whole);
    // The hash that the event itself claims is not believed, so it changes nothing.
    let mut other = event.clone();
    other.event.hash_chain = Some(HashChain {
        event_hash: [9; 32],
        ..chain
    });
    assert!(same(&other));
    let changes: [fn(&mut StoredEvent<Vec<u8>>); 6] = [
        |event| event.event.payload[3] ^= 1,
        |event| event.event.header.content_hash[0] ^= 1,
        |event| event.event.header.flags ^= 1,
        |event| event.event.header.payload_size += 1,
        |event| event.coordinate = Coordinate::new("e", "t").unwrap(),
        |event| event.event.hash_chain = None,
    ];
    for (index, change) in changes.iter().enumerate() {
        let mut changed = event.clone();
        change(&mut changed);
        // A header that lies about its payload is overruled by the payload.
        assert_eq!(same(&changed), index == 1, "change {index}");
    }
    assert_ne!(ReceiptFacts::of_event(&event, Lineage(1)), Some(whole));
}
