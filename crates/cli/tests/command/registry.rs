//! Payload types of a program that depends on batpak, and not on what batpak keeps them with.

use batpak::prelude::*;

#[derive(Serialize, Deserialize, EventPayload)]
#[serde(crate = "batpak::serde")]
#[batpak(category = 0x1, type_id = 0x001)]
struct Opened {}

#[derive(Serialize, Deserialize, EventPayload)]
#[serde(crate = "batpak::serde")]
#[batpak(category = 0x1, type_id = 0x001)]
struct Shut {}

#[test]
fn types_of_a_dependent_program_are_known() {
    assert_eq!(Opened::KIND, Shut::KIND);
    let error = validate_event_payload_registry().unwrap_err();
    let expected = EventPayloadKindCollision {
        category: 1,
        type_id: 1,
        first_type_name: "command::registry::Opened",
        second_type_name: "command::registry::Shut",
    };
    assert_eq!(error.collisions(), [expected]);
}
