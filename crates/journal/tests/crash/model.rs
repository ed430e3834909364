//! What a log must and may hold: the units that were submitted, in order, and what became of them.

use std::sync::Arc;

use batpak_coordinate::{Coordinate, EventKind};
use batpak_event::IdempotencyKey;
use batpak_journal::{Committed, Draft, DraftCause};

use crate::visibility::Hidden;

/// One submitted unit.
#[derive(Debug)]
pub(crate) struct Unit {
    pub(crate) drafts: Vec<Draft<'static>>,
}

/// Why an event must not be in the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Gone {
    /// An open has recovered a log without it.
    Lost,
    /// Its append was answered with "not committed".
    Refused,
}

/// A unit that may be in the log.
#[derive(Clone, Debug)]
pub(crate) struct Submitted {
    pub(crate) unit: Arc<Unit>,
    /// Its receipts, once it was acknowledged.
    pub(crate) receipts: Option<Arc<Vec<Committed>>>,
}

/// Which end a process came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// The power was cut: what is durable is there.
    PowerCut,
    /// The process was killed: what was written is there.
    Kill,
}

/// What a log must and may hold at one moment.
#[derive(Clone, Debug, Default)]
pub(crate) struct Model {
    pub(crate) units: Vec<Submitted>,
    /// So many units, from the first, are on stable storage.
    pub(crate) durable: usize,
    /// So many units, from the first, are with the operating system.
    pub(crate) written: usize,
    /// Each says that so many units, from the first, are durable (second), for as long as the log holds so
    /// many (first).
    pub(crate) attestations: Vec<(usize, usize)>,
    pub(crate) gone: Vec<(Arc<Unit>, Gone)>,
    pub(crate) hidden: Hidden,
    /// Whether an open for writing has succeeded.
    pub(crate) created: bool,
}

impl Model {
    /// How many units must be there after this end.
    pub(crate) fn required(&self, end: End) -> usize {
        match end {
            End::PowerCut => self.durable,
            End::Kill => self.written.max(self.durable),
        }
    }

    /// How many units are durable by what was written after they were, and is there after this end.
    pub(crate) fn attested(&self, end: End) -> usize {
        let required = self.required(end);
        let there = self.attestations.iter().filter(|(by, _)| *by <= required);
        there.map(|(_, units)| *units).max().unwrap_or(0)
    }

    /// So many units, from the first, hold the events up to a sequence.
    pub(crate) fn unit_of(&self, sequence: u64) -> usize {
        let ends = self.units.iter().scan(0, |end, submitted| {
            *end += submitted.unit.drafts.len() as u64;
            Some(*end)
        });
        let before = ends.take_while(|end| *end < sequence).count();
        (before + 1).min(self.units.len())
    }

    /// Forgets a unit that was answered with "not committed".
    pub(crate) fn refuse(&mut self, unit: &Arc<Unit>) {
        let place = self
            .units
            .iter()
            .position(|other| Arc::ptr_eq(&other.unit, unit));
        if let Some(place) = place {
            self.units.remove(place);
            self.gone.push((Arc::clone(unit), Gone::Refused));
        }
    }

    /// An open has recovered the first `kept` units: they are durable, and the others are lost.
    pub(crate) fn settle(&mut self, kept: usize) {
        for lost in self.units.drain(kept..) {
            self.gone.push((lost.unit, Gone::Lost));
        }
        (self.durable, self.written) = (kept, kept);
        self.attestations = vec![(0, kept)];
        self.created = true;
    }

    /// A hash of what may and must be there: equal disks with equal hashes are judged alike.
    pub(crate) fn hash(&self, end: End) -> u64 {
        let text = (
            self.required(end),
            self.units.len(),
            self.gone.len(),
            self.created,
        );
        let acknowledged = self
            .units
            .iter()
            .filter(|unit| unit.receipts.is_some())
            .count();
        let mut hash = (text.0 as u64) << 48 ^ (text.1 as u64) << 32 ^ (text.2 as u64) << 16;
        hash ^= (acknowledged as u64) << 8 | u64::from(text.3);
        for unit in &self.units {
            for draft in &unit.unit.drafts {
                let number = draft.payload.iter().take(8);
                let number = number.fold(0_u64, |sum, byte| sum << 8 | u64::from(*byte));
                hash = (hash.rotate_left(7) ^ number).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            }
        }
        hash ^ self.hidden.hash()
    }
}

/// Streams that programs append to.
pub(crate) const ENTITIES: [&str; 4] = ["a", "b", "a:1", "c"];

/// An event of stream number `entity` with a payload that no other event has.
pub(crate) fn draft(entity: usize, number: u64, size: usize) -> Draft<'static> {
    let name = ENTITIES[entity % ENTITIES.len()];
    let Ok(coordinate) = Coordinate::new(name, "scope") else {
        unreachable!("{name} is a valid name")
    };
    let mut payload = number.to_be_bytes().to_vec();
    payload.resize(8 + size, number.to_le_bytes()[0] | 1);
    let kind = EventKind::custom(1, u16::from(number.to_le_bytes()[0] % 5));
    let flags = number.to_le_bytes()[0] & 3;
    Draft {
        flags,
        ..Draft::new(coordinate, kind, payload)
    }
}

/// A batch of three in two streams, of which the later ones name the first as their cause.
pub(crate) fn batch(number: u64, size: usize) -> Vec<Draft<'static>> {
    let caused = |entity, number, size| Draft {
        causes: vec![DraftCause::Prior(0)],
        ..draft(entity, number, size)
    };
    vec![
        draft(0, number, 3),
        caused(1, number + 1, size),
        caused(0, number + 2, 9),
    ]
}

pub(crate) fn keyed(entity: usize, number: u64, size: usize) -> Draft<'static> {
    Draft {
        key: Some(IdempotencyKey::new(
            0x7000_0000_0000_0000_0000 + u128::from(number),
        )),
        ..draft(entity, number, size)
    }
}
