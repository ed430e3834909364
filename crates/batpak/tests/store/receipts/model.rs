//! A store, somebody with its exported events, and somebody with the receipts alone come to one verdict.

use proptest::prelude::*;

use super::*;

/// An append: its stream, payload, idempotency key, extension, and whether it is durable.
type Append = (u8, Vec<u8>, Option<u8>, Option<Vec<u8>>, bool);

fn append() -> impl Strategy<Value = Append> {
    let bytes = || prop::collection::vec(any::<u8>(), 0..40);
    (
        0..3_u8,
        bytes(),
        prop::option::of(1..6_u8),
        prop::option::of(bytes()),
        any::<bool>(),
    )
}

/// What is done to a receipt: fields of it are those of another one, or changed.
#[derive(Clone, Debug)]
enum Forgery {
    None,
    /// The bytes of the serialized receipt from here on are those of another one.
    Field(usize, usize),
    Flip(usize),
    Unsigned,
}

fn forgery() -> impl Strategy<Value = Forgery> {
    prop_oneof![
        2 => Just(Forgery::None),
        4 => (0..18_usize, any::<usize>()).prop_map(|(field, other)| Forgery::Field(field, other)),
        4 => any::<usize>().prop_map(Forgery::Flip),
        1 => Just(Forgery::Unsigned),
    ]
}

fn forge(receipts: &[AppendReceipt], index: usize, forgery: &Forgery) -> Option<AppendReceipt> {
    let receipt = &receipts[index % receipts.len()];
    match forgery {
        Forgery::None => Some(receipt.clone()),
        Forgery::Unsigned => {
            let mut unsigned = receipt.clone();
            (unsigned.key_id, unsigned.signature) = ([0; 32], None);
            Some(unsigned)
        }
        Forgery::Field(field, other) => {
            let mut json = serde_json::to_value(receipt).unwrap();
            let other = serde_json::to_value(&receipts[other % receipts.len()]).unwrap();
            let (name, value) = other.as_object().unwrap().iter().nth(*field).unwrap();
            json[name] = value.clone();
            serde_json::from_value(json).ok()
        }
        Forgery::Flip(bit) => {
            let mut bytes = batpak::canonical::to_bytes(receipt).unwrap();
            let bit = bit % (bytes.len() * 8);
            bytes[bit / 8] ^= 1 << (bit % 8);
            batpak::canonical::from_bytes(&bytes).ok()
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 96,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn all_verifiers_agree(
        appends in prop::collection::vec(append(), 1..12),
        forgeries in prop::collection::vec((any::<usize>(), forgery()), 1..24),
        signs in any::<bool>(),
        knows in 0..4_u8,
        hidden in prop::option::of(1..8_u64),
    ) {
        let disk = SimDisk::new();
        let config = |signs: bool| match signs {
            true => StoreConfig::new("/sim").with_signing_key(key(1)),
            false => StoreConfig::new("/sim"),
        };
        let config_of = |signs| config(signs).with_durability(Durability::Written);
        let store = Store::open_on(config_of(signs), disk.platform()).unwrap();
        let mut receipts = Vec::new();
        for (stream, payload, keyed, extension, durable) in &appends {
            let mut options = AppendOptions::new();
            if let Some(number) = keyed {
                options = options.with_idempotency(IdempotencyKey::new(u128::from(*number)));
            }
            if let Some(bytes) = extension {
                options = options.with_extension(ExtensionKey::new("a.b").unwrap(), EncodedBytes::new(bytes.clone()));
            }
            if *durable {
                options = options.with_durability(Durability::Synced);
            }
            // A key that is taken by another body is a conflict.
            let coordinate = place(&format!("stream:{stream}"));
            receipts.extend(store.append_with_options(&coordinate, KIND, payload, options));
        }
        store.close().unwrap();

        let keys: Vec<VerifyingKey> = (1..3).filter(|number| knows & number != 0).map(public).collect();
        let mut config = StoreConfig::new("/sim");
        for key in &keys {
            config = config.with_verifying_key(*key);
        }
        let store = Store::open_on(config, disk.platform()).unwrap();
        if let Some(sequence) = hidden.filter(|sequence| *sequence <= store.stats().global_sequence) {
            store.hide_range(sequence, sequence).unwrap();
        }
        for (index, forgery) in &forgeries {
            let index = index % receipts.len();
            let Some(receipt) = forge(&receipts, index, forgery) else {
                continue;
            };
            let genuine = receipts.contains(&receipt);
            let verdict = store.verify_append_receipt_detailed(&receipt);
            let missing = ReceiptVerification::Invalid(Wrong::MissingCommittedEvent);
            let outside = exported(&store, &receipt, &keys);
            // Who has no event of a receipt does not know what other branches there are.
            if verdict != outside {
                prop_assert_eq!(&outside, &missing);
                let early = [invalid(Wrong::LineageMismatch), invalid(Wrong::BranchMismatch)];
                prop_assert!(early.contains(&verdict), "{:?}", verdict);
            }
            let alone = receipt.verify(&keys);
            if verdict.is_valid() {
                prop_assert_eq!(&verdict, &alone);
            }
            if alone == SIGNED {
                prop_assert!(genuine, "{:?}", receipt);
            }
            // A receipt that was issued is believed if its event is shown and its key known.
            let shown = hidden != Some(receipt.sequence);
            let expected = match (signs, keys.contains(&public(1)), keys.is_empty()) {
                (true, true, _) => Some(SIGNED),
                (false, _, true) => Some(ACCEPTED),
                _ => None,
            };
            if genuine && shown {
                prop_assert_eq!(expected.is_some(), verdict.is_valid());
                prop_assert!(expected.is_none_or(|expected| expected == verdict));
            }
        }
    }
}
