//! Histories of one segment, for tests.

use std::collections::HashMap;

use batpak_coordinate::{EventKind, Generation, Sequence, StreamSequence};
use batpak_event::{CorrelationId, Digest, Epoch, EventId, Lineage};
use proptest::prelude::*;

use crate::index::{IndexBuilder, IndexCause, IndexEnd, IndexEvent, IndexSource, SegmentIndex};
use crate::{Offset, Salt, SegmentId, VisibilityChange};

pub(super) const LINEAGE: Lineage = Lineage(0x1234);
pub(super) const SEGMENT: SegmentId = SegmentId(9);
pub(super) const SALT: Salt = Salt(77);

/// An event as a frame has it.
#[derive(Debug, Clone)]
pub(super) struct Fact {
    pub(super) sequence: Sequence,
    pub(super) offset: Offset,
    pub(super) id: EventId,
    pub(super) keyed: bool,
    pub(super) entity: String,
    pub(super) scope: String,
    pub(super) stream_sequence: StreamSequence,
    pub(super) predecessor: Sequence,
    pub(super) generation: Generation,
    pub(super) kind: EventKind,
    pub(super) wall_us: i64,
    pub(super) epoch: Epoch,
    pub(super) correlation: Option<CorrelationId>,
    pub(super) causes: Vec<IndexCause>,
    pub(super) event_hash: Option<Digest>,
}

impl Fact {
    /// Gives it to a builder, with its event hash where it has one.
    pub(super) fn push(&self, builder: &mut IndexBuilder) {
        builder.push(&self.as_event()).unwrap();
        if let Some(hash) = self.event_hash {
            builder.note_newest(&self.entity, self.sequence, hash);
        }
    }

    pub(super) fn as_event(&self) -> IndexEvent<'_> {
        IndexEvent {
            sequence: self.sequence,
            offset: self.offset,
            id: self.id,
            keyed: self.keyed,
            entity: &self.entity,
            scope: &self.scope,
            stream_sequence: self.stream_sequence,
            predecessor: self.predecessor,
            generation: self.generation,
            kind: self.kind,
            wall_us: self.wall_us,
            epoch: self.epoch,
            correlation: self.correlation,
            causes: &self.causes,
        }
    }
}

/// The events of a segment.
#[derive(Debug, Clone)]
pub(super) struct History {
    pub(super) first: Sequence,
    pub(super) last: Sequence,
    pub(super) facts: Vec<Fact>,
    pub(super) tiles: Vec<Digest>,
    pub(super) changes: Vec<VisibilityChange>,
}

impl History {
    pub(super) fn source(&self) -> IndexSource {
        IndexSource {
            lineage: LINEAGE,
            segment: SEGMENT,
            salt: SALT,
            first_sequence: self.first,
        }
    }

    pub(super) fn end(&self) -> IndexEnd<'_> {
        let end = self.facts.last().map_or(256, |fact| fact.offset.0 + 200);
        IndexEnd {
            end: Offset(end),
            last_sequence: self.last,
            first_tile: 17,
            tiles: &self.tiles,
            directories: &[],
        }
    }

    pub(super) fn builder(&self) -> IndexBuilder {
        let mut builder = IndexBuilder::new(self.source());
        for fact in &self.facts {
            fact.push(&mut builder);
        }
        for change in &self.changes {
            builder.change(*change);
        }
        builder
    }

    pub(super) fn bytes(&self) -> Vec<u8> {
        self.builder().finish(&self.end()).unwrap()
    }

    pub(super) fn index(&self) -> SegmentIndex<Vec<u8>> {
        SegmentIndex::open(self.bytes()).unwrap()
    }
}

/// What a random event is made of; see [`history`].
#[derive(Debug, Clone)]
pub(super) struct Draw {
    pub(super) missing: u64,
    pub(super) step: u64,
    pub(super) entity: usize,
    pub(super) scope: usize,
    pub(super) kind: usize,
    pub(super) id: u8,
    pub(super) correlation: u8,
    pub(super) causes: Vec<u64>,
    pub(super) later_us: i64,
    pub(super) new_epoch: bool,
    pub(super) hashed: bool,
}

impl Draw {
    pub(super) const PLAIN: Draw = Draw {
        missing: 0,
        step: 24,
        entity: 0,
        scope: 0,
        kind: 0,
        id: 9,
        correlation: 9,
        causes: vec![],
        later_us: 1000,
        new_epoch: false,
        hashed: true,
    };
}

const ENTITIES: [&str; 12] = [
    "user:1",
    "user:10",
    "user:2",
    "user",
    "a",
    "käse",
    "käsekuchen",
    "日本",
    "日本語",
    "🦀",
    "\u{7f}",
    "zz",
];
const SCOPES: [&str; 4] = ["billing", "b", "ünï", "shop"];
const KINDS: [u16; 6] = [0x1000, 0x1001, 0x1fff, 0x0001, 0xd001, 0xffff];

/// The history that starts with `first` and consists of these draws, and of `behind` missing events.
pub(super) fn history(first: u64, draws: &[Draw], behind: u64) -> History {
    let mut facts: Vec<Fact> = Vec::new();
    let mut newest: HashMap<String, (u64, u64)> = HashMap::new();
    let (mut sequence, mut offset, mut wall_us, mut epoch) =
        (first - 1, 256, 1_700_000_000_000_000, 3);
    for draw in draws {
        sequence += draw.missing + 1;
        wall_us += draw.later_us;
        epoch += u64::from(draw.new_epoch);
        let entity = match ENTITIES.get(draw.entity) {
            Some(name) => (*name).to_owned(),
            None => format!("entity:{}", draw.entity),
        };
        let earlier = if first > 100 && draw.entity % 2 == 1 {
            (
                first - 50 - draw.entity as u64 % 50,
                1 << (draw.entity % 40),
            )
        } else {
            (0, 0)
        };
        let (predecessor, before) = *newest.get(&entity).unwrap_or(&earlier);
        let stream_sequence = before + 1 + draw.missing;
        newest.insert(entity.clone(), (sequence, stream_sequence));
        let minted = EventId::mint(wall_us, Sequence(sequence), 5);
        let (id, keyed) = match draw.id {
            0 => (EventId::new(u128::from(sequence % 5)), true),
            1 => (EventId::new(u128::MAX / u128::from(sequence)), true),
            2 => (EventId::new(3), false),
            3 => (minted, true),
            _ => (minted, false),
        };
        let correlation = match draw.correlation {
            0 => Some(id.into()),
            number @ 1..=3 => Some(CorrelationId::new(u128::from(number) << 100)),
            _ => None,
        };
        let cause = |number: &u64| match number % 4 {
            0 => IndexCause::Foreign(EventId::new(u128::from(*number))),
            1 if first > 1 => IndexCause::Local(Sequence(1 + number % (first - 1))),
            _ if sequence > 1 => {
                IndexCause::Local(Sequence(sequence - 1 - number % (sequence - 1).min(40)))
            }
            _ => IndexCause::Foreign(EventId::new(0)),
        };
        facts.push(Fact {
            sequence: Sequence(sequence),
            offset: Offset(offset),
            id,
            keyed,
            entity,
            scope: SCOPES[draw.scope % SCOPES.len()].to_owned(),
            stream_sequence: StreamSequence(stream_sequence),
            predecessor: Sequence(predecessor),
            generation: Generation(1 + (sequence % 7) as u32),
            kind: EventKind::from_raw(KINDS[draw.kind % KINDS.len()]),
            wall_us,
            epoch: Epoch(epoch),
            correlation,
            causes: draw.causes.iter().map(cause).collect(),
            event_hash: draw.hashed.then_some([(sequence % 251) as u8 + 1; 32]),
        });
        offset += draw.step * 8;
    }
    History {
        first: Sequence(first),
        last: Sequence(sequence + behind),
        tiles: (0..draws.len() / 3)
            .map(|tile| [tile.to_le_bytes()[0]; 32])
            .collect(),
        facts,
        changes: Vec::new(),
    }
}

/// Random events.
pub(super) fn draws(
    count: impl Into<proptest::collection::SizeRange>,
) -> impl Strategy<Value = Vec<Draw>> {
    let numbers = (
        prop_oneof![8 => Just(0), 1 => 1_u64..4, 1 => Just(1 << 33)],
        prop_oneof![8 => 16_u64..40, 1 => 16_u64..1 << 24],
        prop_oneof![0_usize..12, 0_usize..40],
        0_usize..4,
        0_usize..6,
        0_u8..12,
        0_u8..8,
    );
    let rest = (
        prop_oneof![3 => Just(vec![]), 1 => proptest::collection::vec(any::<u64>(), 1..6)],
        prop_oneof![0_i64..3, 0_i64..1 << 40],
        prop::bool::weighted(0.05),
        prop::bool::weighted(0.8),
    );
    let draw = (numbers, rest).prop_map(
        |(
            (missing, step, entity, scope, kind, id, correlation),
            (causes, later_us, new_epoch, hashed),
        )| Draw {
            missing,
            step,
            entity,
            scope,
            kind,
            id,
            correlation,
            causes,
            later_us,
            new_epoch,
            hashed,
        },
    );
    proptest::collection::vec(draw, count)
}

/// Random histories.
pub(super) fn histories(most: usize) -> impl Strategy<Value = History> {
    let first = prop_oneof![
        Just(1),
        Just(1000),
        Just(u64::from(u32::MAX) - 20),
        Just(1 << 62)
    ];
    let behind = prop_oneof![3 => Just(0), 1 => 1_u64..5];
    (first, draws(0..most), behind)
        .prop_map(|(first, draws, behind)| history(first, &draws, behind))
}
