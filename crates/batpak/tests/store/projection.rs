//! Projections through the public interface.

mod cache;
mod decode;
mod fold;
mod fused;
mod model;
mod signatures;

use super::*;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, EventPayload)]
#[batpak(category = 0x4, type_id = 0x001)]
struct Added {
    amount: i64,
    note: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, EventPayload)]
#[batpak(category = 0x4, type_id = 0x002)]
struct Doubled {}

/// The kind of [`Labelled`] as an older program wrote it.
#[derive(Debug, Serialize, Deserialize)]
struct LabelledV1 {
    name: String,
}

impl EventPayload for LabelledV1 {
    const KIND: EventKind = Labelled::KIND;
}

/// The same kind as a newer program writes it.
#[derive(Debug, Serialize, Deserialize)]
struct LabelledV3 {}

impl EventPayload for LabelledV3 {
    const KIND: EventKind = Labelled::KIND;
    const PAYLOAD_VERSION: u16 = 3;
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, EventPayload)]
#[batpak(category = 0x4, type_id = 0x003, version = 2, upcast(1 = LabelledV1))]
struct Labelled {
    label: String,
    revision: u32,
}

impl From<LabelledV1> for Labelled {
    fn from(older: LabelledV1) -> Labelled {
        Labelled {
            label: older.name,
            revision: 1,
        }
    }
}

/// Addition and doubling do not commute, so an event too many, too few or out of place shows.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, EventSourced)]
#[batpak(input = RawMsgpackInput, cache_version = 3)]
#[batpak(event = Added, handler = on_added)]
#[batpak(event = Doubled, handler = on_doubled)]
struct Sum {
    value: i64,
    events: u64,
}

impl Sum {
    fn on_added(&mut self, added: &Added) {
        self.value = self.value.wrapping_add(added.amount);
        self.events += 1;
    }

    fn on_doubled(&mut self, _: &Doubled) {
        self.value = self.value.wrapping_mul(2);
        self.events += 1;
    }
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, EventSourced)]
#[batpak(input = JsonValueInput)]
#[batpak(event = Labelled, handler = on_labelled)]
struct Label {
    label: String,
    revision: u32,
}

impl Label {
    fn on_labelled(&mut self, labelled: &Labelled) {
        self.label.clone_from(&labelled.label);
        self.revision = labelled.revision;
    }
}

fn added(amount: i64) -> Added {
    Added {
        amount,
        note: format!("adds {amount}"),
    }
}

fn add(store: &Store, entity: &str, amount: i64) -> AppendReceipt {
    store.append_typed(&place(entity), &added(amount)).unwrap()
}

fn double(store: &Store, entity: &str) -> AppendReceipt {
    store.append_typed(&place(entity), &Doubled {}).unwrap()
}
