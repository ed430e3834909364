//! Everything that an index answers, in a form that can be compared.

use batpak_coordinate::{EventKind, Sequence};
use batpak_event::{CorrelationId, EventId};

use super::history::{Draw, History, history};
use crate::VisibilityChange;
use crate::index::{EntityOrdinal, IndexFault, Ordinal, ScopeOrdinal, SegmentIndex, stream_hash};

pub(super) type Answers = Vec<Result<String, IndexFault>>;

/// A small history in which every chunk has something.
pub(super) fn small() -> History {
    let draws: Vec<Draw> = (0..6_u8)
        .map(|at| Draw {
            missing: u64::from(at == 2),
            entity: usize::from(at % 4),
            scope: usize::from(at % 2),
            kind: usize::from(at % 3),
            id: at,
            correlation: at,
            causes: (0..u64::from(at)).collect(),
            new_epoch: at == 3,
            ..Draw::PLAIN
        })
        .collect();
    let mut small = history(1000, &draws, 0);
    for (hides, first, last) in [(true, 3, 1001), (false, 900, 1000)] {
        let (first, last) = (Sequence(first), Sequence(last));
        small.changes.push(VisibilityChange { hides, first, last });
    }
    small
}

/// What is wrong with a file, all chunks included.
pub(super) fn fault(bytes: &[u8]) -> Option<IndexFault> {
    match SegmentIndex::open(bytes) {
        Ok(index) => index.check_all().err(),
        Err(fault) => Some(fault),
    }
}

/// Asks every question about `history`, and about some that is in no history.
pub(super) fn answers(history: &History, index: &SegmentIndex<&[u8]>) -> Answers {
    let mut all = Answers::new();
    macro_rules! ask {
        ($($question:expr),+ $(,)?) => {$(
            all.push($question.map(|answer| format!("{answer:?}")));
        )+};
    }
    for at in (0..index.header().events.min(16) + 2).chain([u32::MAX]) {
        let ordinal = Ordinal(at);
        ask!(
            index.event(ordinal),
            index.offset(ordinal),
            index.time_bounds(ordinal),
            index
                .causes(ordinal)
                .and_then(Iterator::collect::<Result<Vec<_>, _>>),
            index.entity_name(EntityOrdinal(at)),
            index
                .events_of_entity(EntityOrdinal(at))
                .map(Vec::from_iter),
            index.head_of(EntityOrdinal(at)),
            index.scope_name(ScopeOrdinal(at)),
            index.events_of_scope(ScopeOrdinal(at)).map(Vec::from_iter),
        );
    }
    for fact in &history.facts {
        ask!(
            index.locate(fact.sequence),
            index.first_from(Sequence(fact.sequence.0 + 1)),
            index.first_near_time(fact.wall_us),
            index.head(&fact.entity),
            index.find_scope(&fact.scope),
            index.events_of_kind(fact.kind).map(Vec::from_iter),
            index
                .events_of_category(fact.kind.category())
                .map(Vec::from_iter),
            index.events_with_id(fact.id).map(Vec::from_iter),
            index.effects(fact.sequence).map(Vec::from_iter),
            index.directory(0).map(|found| {
                let directory = found.unwrap();
                directory
                    .streams(stream_hash(&fact.entity))
                    .collect::<Vec<_>>()
            }),
        );
    }
    ask!(
        index.entities_with_prefix("u").map(Vec::from_iter),
        index
            .kinds()
            .and_then(|kinds| kinds.collect::<Result<Vec<EventKind>, _>>()),
        index
            .events_correlated(CorrelationId::new(1 << 100))
            .map(Vec::from_iter),
        index.events_with_id(EventId::new(1)).map(Vec::from_iter),
        index.effects(Sequence(0)).map(Vec::from_iter),
        index.first_from(Sequence(u64::MAX)),
        index.tiles(),
        index.visibility_changes(),
        index
            .directory(0)
            .map(|found| found.map(|directory| directory.to_table())),
        index
            .directory(1)
            .map(|found| found.map(|directory| directory.to_table())),
        index.check_all(),
    );
    all
}
