//! The events that every peer stores: the same payloads, names and order for all.

use serde::{Deserialize, Serialize};

use crate::Result;

/// Scope of every event, 8 bytes.
pub(crate) const SCOPE: &str = "scope:01";
/// What the memo of a payload is cut from.
const FILLER: &str = "the quick brown fox jumps over the lazy dog and runs on, ";

/// A payload as an application has it. Every number takes the same bytes whatever its value, so
/// that all payloads of a run are equally long.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Payload<'a> {
    account: u64,
    amount: i64,
    currency: &'a str,
    kind: u8,
    booked: bool,
    memo: &'a str,
}

impl Payload<'_> {
    /// A number that depends on every part, so that decoding cannot be left out.
    pub(crate) fn digest(&self) -> u64 {
        let lengths = self.currency.len() + self.memo.len() + usize::from(self.booked);
        self.account ^ self.amount.unsigned_abs() ^ u64::from(self.kind) ^ lengths as u64
    }
}

/// Decodes a payload in place.
pub(crate) fn decode(bytes: &[u8]) -> Result<Payload<'_>> {
    Ok(rmp_serde::from_slice(bytes)?)
}

/// Encodes a payload as MessagePack with named fields behind what the buffer holds.
pub(crate) fn encode(payload: &Payload<'_>, out: &mut Vec<u8>) -> Result<()> {
    let mut serializer = rmp_serde::Serializer::new(out).with_struct_map();
    Ok(payload.serialize(&mut serializer)?)
}

/// One event to append.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Draft<'a> {
    /// Number of its entity.
    pub(crate) entity: usize,
    /// Name of its entity.
    pub(crate) name: &'a str,
    /// Its payload.
    pub(crate) payload: Payload<'a>,
}

/// The events of a run.
#[derive(Debug)]
pub(crate) struct Events {
    names: Vec<String>,
    memo: String,
}

impl Events {
    /// Events of `entities` streams whose payloads are `bytes` long when they are encoded.
    pub(crate) fn new(entities: usize, bytes: usize) -> Result<Events> {
        let mut events = Events {
            names: (0..entities).map(entity).collect(),
            memo: String::new(),
        };
        // The header of a text grows with it, so the length that fits is found by trying.
        for length in (0..bytes).rev() {
            events.memo = FILLER.chars().cycle().take(length).collect();
            let mut encoded = Vec::new();
            encode(&events.payload(0), &mut encoded)?;
            if encoded.len() == bytes {
                return Ok(events);
            }
        }
        Err(format!("no payload is {bytes} bytes long").into())
    }

    /// Names of all entities, by number.
    pub(crate) fn names(&self) -> &[String] {
        &self.names
    }

    /// The event with this number; entities take turns.
    pub(crate) fn draft(&self, index: u64) -> Draft<'_> {
        let entity = (index % self.names.len() as u64) as usize;
        self.draft_of(entity, index)
    }

    /// The event with this number, of this entity.
    pub(crate) fn draft_of(&self, entity: usize, index: u64) -> Draft<'_> {
        let entity = entity % self.names.len();
        Draft {
            entity,
            name: &self.names[entity],
            payload: self.payload(index),
        }
    }

    fn payload(&self, index: u64) -> Payload<'_> {
        Payload {
            account: 1 << 63 | scatter(index),
            amount: i64::MIN + (scatter(!index) >> 32) as i64,
            currency: "EUR",
            kind: (index % 4) as u8,
            booked: index.is_multiple_of(2),
            memo: &self.memo,
        }
    }
}

/// The name of an entity, 13 bytes: ten of them are below each group.
pub(crate) fn entity(number: usize) -> String {
    format!("{}:{number:06}", group(number / GROUP))
}

/// Entities of a group.
pub(crate) const GROUP: usize = 10;

/// The name that those of the entities of a group begin with.
pub(crate) fn group(number: usize) -> String {
    format!("e{number:05}")
}

/// A number that looks random, always the same for the same index.
pub(crate) fn scatter(index: u64) -> u64 {
    let mixed = index.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_payload_has_the_length_that_was_asked_for() -> Result<()> {
        for bytes in [100, 1024] {
            let events = Events::new(10, bytes)?;
            for index in (0..1_000).chain([u64::MAX]) {
                let (draft, mut encoded) = (events.draft(index), Vec::new());
                encode(&draft.payload, &mut encoded)?;
                assert_eq!(encoded.len(), bytes, "payload {index}");
                assert_eq!(decode(&encoded)?.digest(), draft.payload.digest());
                assert_eq!((draft.name.len(), SCOPE.len()), (13, 8));
            }
        }
        Ok(())
    }
}
