//! Payload types that claim one kind, and what an open does about it.

use super::*;

mod shop {
    use super::*;

    #[derive(Serialize, Deserialize, EventPayload)]
    #[batpak(category = 0xC, type_id = 0xC01)]
    pub(super) struct Placed {}
}

mod bank {
    use super::*;

    #[derive(Serialize, Deserialize, EventPayload)]
    #[batpak(category = 0xC, type_id = 0xC01)]
    pub(super) struct Placed {}

    /// One that no code makes: its kind is taken all the same.
    #[derive(Serialize, Deserialize, EventPayload)]
    #[batpak(category = 0xC, type_id = 0xC01)]
    pub(super) struct Unused {}
}

/// The collisions that this file makes, out of all.
fn ours(collisions: &[EventPayloadKindCollision]) -> Vec<[&'static str; 2]> {
    let of_kind =
        |found: &&EventPayloadKindCollision| (found.category, found.type_id) == (0xC, 0xC01);
    let names = |found: &EventPayloadKindCollision| [found.first_type_name, found.second_type_name];
    collisions.iter().filter(of_kind).map(names).collect()
}

const EXPECTED: [[&str; 2]; 2] = [
    [
        "store::registry::bank::Placed",
        "store::registry::bank::Unused",
    ],
    [
        "store::registry::bank::Placed",
        "store::registry::shop::Placed",
    ],
];

#[test]
fn every_type_of_the_program_is_known_with_its_path() {
    assert_eq!(bank::Placed::KIND, shop::Placed::KIND);
    for validate in [
        validate_event_payload_registry,
        revalidate_event_payload_registry,
    ] {
        let error = validate().unwrap_err();
        assert_eq!(ours(error.collisions()), EXPECTED);
        let text = error.to_string();
        let needle = "category=0xC, type_id=0xC01 is claimed by store::registry::bank::Placed and \
                      store::registry::shop::Placed";
        assert!(text.contains(needle), "{text}");
    }
}

#[test]
fn an_open_says_so_or_refuses_or_does_not_look() {
    let dir = tempfile::tempdir().unwrap();
    let config = |validation| {
        StoreConfig::new(dir.path().join("events")).with_event_payload_validation(validation)
    };
    let refused = [
        Store::open(config(EventPayloadValidation::FailFast)).map(drop),
        Store::open_read_only(config(EventPayloadValidation::FailFast)).map(drop),
        Store::open_on(
            config(EventPayloadValidation::FailFast),
            SimDisk::new().platform(),
        )
        .map(drop),
    ];
    for result in refused {
        let error = result.unwrap_err();
        let StoreError::EventPayloadRegistry(collisions) = &error else {
            panic!("{error}")
        };
        assert_eq!(ours(collisions.collisions()), EXPECTED);
    }
    assert!(!dir.path().join("events").exists());

    let default = StoreConfig::new(dir.path().join("events"));
    let warn = Store::open(default.clone()).unwrap();
    assert_eq!(ours(warn.event_payload_collisions()), EXPECTED);
    let reader = Store::open_read_only(default).unwrap();
    assert_eq!(ours(reader.event_payload_collisions()), EXPECTED);
    warn.close().unwrap();
    let silent = Store::open(config(EventPayloadValidation::Silent)).unwrap();
    assert!(silent.event_payload_collisions().is_empty());
}
