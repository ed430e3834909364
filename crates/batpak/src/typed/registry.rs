//! The payload types of the program, and kinds that two of them claim.

use std::any::{TypeId, type_name};

use batpak_coordinate::EventKind;

use super::EventPayload;
use crate::error::{EventPayloadKindCollision, EventPayloadRegistryError};

/// What an open does when two payload types of the program claim one kind.
///
/// ```standalone_crate
/// # use batpak::prelude::*;
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let temp = tempfile::tempdir()?;
/// let config = StoreConfig::new(temp.path())
///     .with_event_payload_validation(EventPayloadValidation::FailFast);
/// let store = Store::open(config)?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum EventPayloadValidation {
    /// It opens, and [`Store::event_payload_collisions`](crate::Store::event_payload_collisions) names
    /// them.
    #[default]
    Warn,
    /// It fails with [`StoreError::EventPayloadRegistry`](crate::StoreError::EventPayloadRegistry) before
    /// anything is touched.
    FailFast,
    /// It does not look.
    Silent,
}

/// Checks that no two payload types of the program claim one kind.
///
/// Looks at every type of the program that derives [`EventPayload`], also those of the libraries that are
/// linked into it; it does not know of implementations that are written by hand. One type in two versions
/// of its crate is one type. Costs a sort of the types by kind.
///
/// A program can keep it true with one test:
///
/// ```standalone_crate
/// use batpak::prelude::*;
///
/// #[derive(Serialize, Deserialize, EventPayload)]
/// # #[serde(crate = "batpak::serde")]
/// #[batpak(category = 0x1, type_id = 0x001)]
/// struct Placed {}
///
/// #[derive(Serialize, Deserialize, EventPayload)]
/// # #[serde(crate = "batpak::serde")]
/// #[batpak(category = 0x1, type_id = 0x001)]
/// struct Paid {}
///
/// let error = validate_event_payload_registry().unwrap_err();
/// assert!(error.collisions()[0].first_type_name.ends_with("Paid"));
/// assert!(error.collisions()[0].second_type_name.ends_with("Placed"));
/// ```
///
/// # Errors
/// [`EventPayloadRegistryError`] with every collision, by ascending kind and then by name. Of several types
/// of one kind, the first by name stands in a collision with each of the others.
pub fn validate_event_payload_registry() -> Result<(), EventPayloadRegistryError> {
    let collisions = kind_collisions();
    if collisions.is_empty() {
        return Ok(());
    }
    Err(EventPayloadRegistryError::new(collisions))
}

/// The same as [`validate_event_payload_registry`]: nothing is remembered between calls, so types of a
/// library that was loaded meanwhile are seen by both.
///
/// # Errors
/// As for [`validate_event_payload_registry`].
///
/// ```
/// use batpak::prelude::*;
///
/// assert_eq!(revalidate_event_payload_registry(), validate_event_payload_registry());
/// ```
pub fn revalidate_event_payload_registry() -> Result<(), EventPayloadRegistryError> {
    validate_event_payload_registry()
}

/// The kinds that two payload types of the program claim.
pub(crate) fn kind_collisions() -> Vec<EventPayloadKindCollision> {
    collisions(inventory::iter::<PayloadRegistration>().collect())
}

/// A payload type of the program; the derive writes one for each.
#[derive(Clone, Copy, Debug)]
pub struct PayloadRegistration {
    kind: EventKind,
    type_id: fn() -> TypeId,
    type_name: fn() -> &'static str,
    crate_version: Option<&'static str>,
}

inventory::collect!(PayloadRegistration);

impl PayloadRegistration {
    /// The entry of a type, with the version of the crate that defines it where the build tells one.
    #[must_use]
    pub const fn of<T: EventPayload + 'static>(crate_version: Option<&'static str>) -> Self {
        PayloadRegistration {
            kind: T::KIND,
            type_id: TypeId::of::<T>,
            type_name: type_name::<T>,
            crate_version,
        }
    }

    /// Whether both are one type. A program can hold two versions of a crate: the types of both then have
    /// one name, and read each other's payloads as two builds of one program do.
    fn is_same_type(&self, other: &PayloadRegistration) -> bool {
        (self.type_id)() == (other.type_id)()
            || (self.type_name)() == (other.type_name)()
                && self.crate_version != other.crate_version
    }
}

/// The collisions of these types, in an order that does not depend on theirs.
fn collisions(mut types: Vec<&PayloadRegistration>) -> Vec<EventPayloadKindCollision> {
    types.sort_unstable_by_key(|entry| entry.kind.as_raw_u16());
    let mut found = Vec::new();
    for claimants in types.chunk_by_mut(|one, other| one.kind == other.kind) {
        claimants.sort_unstable_by_key(|entry| ((entry.type_name)(), entry.crate_version));
        let Some((first, others)) = claimants.split_first() else {
            continue;
        };
        for other in others.iter().filter(|other| !other.is_same_type(first)) {
            found.push(EventPayloadKindCollision {
                category: first.kind.category(),
                type_id: first.kind.type_id(),
                first_type_name: (first.type_name)(),
                second_type_name: (other.type_name)(),
            });
        }
    }
    // One type may be there several times.
    found.dedup();
    found
}

#[cfg(test)]
mod tests {
    use serde::de::DeserializeOwned;
    use serde::{Deserialize, Serialize};

    use super::*;

    /// Payload types, any number of them for one kind.
    #[derive(Serialize, Deserialize)]
    struct Plain<const TYPE: u16, Of> {
        of: Of,
    }

    impl<const TYPE: u16, Of: Serialize + DeserializeOwned> EventPayload for Plain<TYPE, Of> {
        const KIND: EventKind = EventKind::custom(1, TYPE);
    }

    fn entry<T: EventPayload + 'static>() -> PayloadRegistration {
        PayloadRegistration::of::<T>(Some("1.0.0"))
    }

    /// Kind and names without their path, whatever the order the types come in.
    fn found(types: &[PayloadRegistration]) -> Vec<String> {
        let mut orders = vec![types.iter().collect::<Vec<_>>()];
        orders.push(types.iter().rev().collect());
        orders.push(types.iter().skip(1).chain(types.first()).collect());
        let mut answers: Vec<_> = orders.into_iter().map(collisions).collect();
        answers.dedup();
        assert_eq!(answers.len(), 1, "{answers:?}");
        let short = |name: &str| name.replace(concat!(module_path!(), "::"), "");
        let shown = |collision: &EventPayloadKindCollision| {
            let (first, second) = (collision.first_type_name, collision.second_type_name);
            assert!(first.starts_with(module_path!()), "{first}");
            let (category, type_id) = (collision.category, collision.type_id);
            format!("{category} {type_id} {} {}", short(first), short(second))
        };
        answers[0].iter().map(shown).collect()
    }

    #[test]
    fn types_of_one_kind_collide_by_kind_and_then_by_name() {
        let types = [
            entry::<Plain<9, u8>>(),
            entry::<Plain<4, u64>>(),
            entry::<Plain<9, Vec<u8>>>(),
            entry::<Plain<4, u16>>(),
            entry::<Plain<5, u8>>(),
            entry::<Plain<4, u32>>(),
        ];
        assert_eq!(
            found(&types),
            [
                "1 4 Plain<4, u16> Plain<4, u32>",
                "1 4 Plain<4, u16> Plain<4, u64>",
                "1 9 Plain<9, alloc::vec::Vec<u8>> Plain<9, u8>",
            ]
        );
        assert_eq!(found(&types[3..5]), [""; 0]);
        assert_eq!(found(&[]), [""; 0]);
    }

    #[test]
    fn one_type_is_no_collision_however_often_it_is_there() {
        let (one, other) = (entry::<Plain<4, u8>>(), entry::<Plain<4, u16>>());
        assert_eq!(found(&[one, one, one]), [""; 0]);
        let expected = ["1 4 Plain<4, u16> Plain<4, u8>"];
        assert_eq!(found(&[one, other, one, other, one]), expected);
    }

    /// Two types that have one name, as those of two versions of a crate have.
    fn namesakes() -> [PayloadRegistration; 2] {
        let first = {
            #[derive(Serialize, Deserialize, crate::EventPayload)]
            #[batpak(category = 1, type_id = 4)]
            struct Namesake {}
            entry::<Namesake>()
        };
        #[derive(Serialize, Deserialize, crate::EventPayload)]
        #[batpak(category = 1, type_id = 4)]
        struct Namesake {}
        [first, entry::<Namesake>()]
    }

    #[test]
    fn two_versions_of_a_crate_are_one_type_and_two_types_of_one_are_not() {
        let [first, second] = namesakes();
        assert_eq!((first.type_name)(), (second.type_name)());
        let expected = ["1 4 namesakes::Namesake namesakes::Namesake"];
        assert_eq!(found(&[first, second]), expected);
        let newer = PayloadRegistration {
            crate_version: Some("2.0.0"),
            ..second
        };
        assert_eq!(found(&[first, newer]), [""; 0]);
        let stranger = entry::<Plain<4, u8>>();
        assert_eq!(
            found(&[newer, stranger, first]),
            ["1 4 Plain<4, u8> namesakes::Namesake"]
        );
    }
}
