//! Every question, answered by a scan over the facts and by an index.

use std::collections::{BTreeMap, BTreeSet};

use batpak_coordinate::{EventKind, Sequence};

use super::history::{Fact, History};
use crate::index::{
    EntityOrdinal, EventEntry, MergedPostings, Ordinal, Postings, ScopeOrdinal, SegmentIndex,
    key_hash, stream_hash,
};

fn number(place: usize) -> u32 {
    u32::try_from(place).unwrap()
}

/// The places of the facts that are wanted.
fn places(facts: &[Fact], wanted: impl Fn(&Fact) -> bool) -> Vec<Ordinal> {
    let all = (0..).zip(facts);
    all.filter(|(_, fact)| wanted(fact))
        .map(|(at, _)| Ordinal(at))
        .collect()
}

fn same(list: Postings<'_>, expected: &[Ordinal]) {
    assert_eq!(list.collect::<Vec<_>>(), expected);
    assert_eq!(
        (list.first(), list.newest()),
        (expected.first().copied(), expected.last().copied())
    );
    let backwards: Vec<_> = expected.iter().rev().copied().collect();
    assert_eq!(list.rev().collect::<Vec<_>>(), backwards);
    for cut in (0..12)
        .chain(expected.last().map(|last| last.0 + 1))
        .map(Ordinal)
    {
        let middle = expected.partition_point(|ordinal| *ordinal < cut);
        assert_eq!(list.from(cut).collect::<Vec<_>>(), expected[middle..]);
        assert_eq!(list.before(cut).collect::<Vec<_>>(), expected[..middle]);
        assert_eq!(list.contains(cut), expected.contains(&cut));
    }
}

/// Asks everything.
pub(super) fn check(history: &History, index: &SegmentIndex<Vec<u8>>) {
    index.check_all().unwrap();
    assert_eq!(index.header().events as usize, history.facts.len());
    check_events(history, index);
    check_places(history, index);
    check_names(history, index);
    check_links(history, index);
    check_directory(history, index);
    let tiles = index.tiles().unwrap();
    assert_eq!(tiles.digests, history.tiles);
    assert_eq!(tiles.first, if history.tiles.is_empty() { 0 } else { 17 });
}

fn check_events(history: &History, index: &SegmentIndex<Vec<u8>>) {
    let rank = |names: BTreeSet<&str>, name: &str| {
        number(names.iter().position(|known| *known == name).unwrap())
    };
    let entities = || history.facts.iter().map(|fact| &*fact.entity).collect();
    let scopes = || history.facts.iter().map(|fact| &*fact.scope).collect();
    for (at, fact) in (0..).zip(&history.facts) {
        let ordinal = Ordinal(at);
        let expected = EventEntry {
            sequence: fact.sequence,
            offset: fact.offset,
            stream_sequence: fact.stream_sequence,
            predecessor: fact.predecessor,
            generation: fact.generation,
            kind: fact.kind,
            keyed: fact.keyed,
            entity: EntityOrdinal(rank(entities(), &fact.entity)),
            scope: ScopeOrdinal(rank(scopes(), &fact.scope)),
            epoch: fact.epoch,
        };
        assert_eq!(index.event(ordinal), Ok(expected));
        let (early, late) = index.time_bounds(ordinal).unwrap();
        assert!(early <= fact.wall_us && fact.wall_us <= late);
        let causes: Result<Vec<_>, _> = index.causes(ordinal).unwrap().collect();
        assert_eq!(causes.as_ref(), Ok(&fact.causes));
    }
    assert!(index.event(Ordinal(index.header().events)).is_err());
    assert!(index.event(Ordinal(u32::MAX)).is_err());
    let times = history
        .facts
        .iter()
        .flat_map(|fact| fact.wall_us - 1..fact.wall_us + 2);
    for wall_us in times.chain([i64::MIN, -1, 0, i64::MAX]) {
        let found = index.first_near_time(wall_us).unwrap().0 as usize;
        let expected = history.facts.partition_point(|fact| fact.wall_us < wall_us);
        assert!(
            found <= expected && expected < found + 64,
            "{found} {expected}"
        );
    }
}

fn check_places(history: &History, index: &SegmentIndex<Vec<u8>>) {
    let around = |sequence: Sequence| {
        [
            sequence.0.saturating_sub(1),
            sequence.0,
            sequence.0.saturating_add(1),
        ]
    };
    let known = history.facts.iter().flat_map(|fact| around(fact.sequence));
    let ends = around(history.first)
        .into_iter()
        .chain(around(history.last));
    for sequence in known.chain(ends).chain([0, 1, u64::MAX]).map(Sequence) {
        let after = history
            .facts
            .partition_point(|fact| fact.sequence < sequence);
        assert_eq!(index.first_from(sequence), Ok(Ordinal(number(after))));
        let fact = history
            .facts
            .get(after)
            .filter(|fact| fact.sequence == sequence);
        assert_eq!(index.locate(sequence), Ok(fact.map(|fact| fact.offset)));
        let ordinal = fact.map(|_| Ordinal(number(after)));
        assert_eq!(index.ordinal(sequence), Ok(ordinal), "{sequence}");
    }
}

fn check_names(history: &History, index: &SegmentIndex<Vec<u8>>) {
    let facts = &history.facts;
    let entities: BTreeSet<&str> = facts.iter().map(|fact| &*fact.entity).collect();
    for (at, name) in (0..).zip(&entities) {
        let entity = EntityOrdinal(at);
        assert_eq!(index.entity_name(entity), Ok(*name));
        assert_eq!(index.find_entity(name), Ok(Some(entity)));
        same(
            index.events_of_entity(entity).unwrap(),
            &places(facts, |fact| fact.entity == *name),
        );
        let head = index.head(name).unwrap().unwrap();
        let mut stream = facts.iter().filter(|fact| fact.entity == *name);
        let first = stream.clone().next().unwrap();
        let newest = stream.next_back().unwrap();
        assert_eq!((head.entity, head.first), (entity, first.stream_sequence));
        assert_eq!(
            (head.last, head.sequence),
            (newest.stream_sequence, newest.sequence)
        );
        assert_eq!(
            (head.hash, index.sequence(head.newest)),
            (newest.event_hash, Ok(newest.sequence))
        );
    }
    assert!(
        index
            .entity_name(EntityOrdinal(number(entities.len())))
            .is_err()
    );
    for absent in ["", "user:", "user:11", "ka", "zzz", "日"] {
        assert_eq!(index.find_entity(absent), Ok(None));
        assert_eq!(index.head(absent), Ok(None));
    }
    for prefix in [
        "", "u", "user", "user:", "user:1", "k", "kä", "日本", "🦀", "zzz", "entity:3",
    ] {
        let found = index.entities_with_prefix(prefix).unwrap();
        let names: Vec<_> = found
            .map(|entity| index.entity_name(entity).unwrap())
            .collect();
        let expected: Vec<_> = entities
            .iter()
            .filter(|name| name.starts_with(prefix))
            .copied()
            .collect();
        assert_eq!(names, expected);
        let lists = index.entities_with_prefix(prefix).unwrap();
        let merged =
            MergedPostings::new(lists.map(|entity| index.events_of_entity(entity).unwrap()));
        assert_merged(
            &merged,
            &places(facts, |fact| fact.entity.starts_with(prefix)),
        );
    }
    let scopes: BTreeSet<&str> = facts.iter().map(|fact| &*fact.scope).collect();
    let found: Vec<_> = index.scopes().unwrap().collect();
    assert_eq!(found.len(), scopes.len());
    for (scope, name) in found.into_iter().zip(scopes) {
        assert_eq!(index.scope_name(scope), Ok(name));
        assert_eq!(index.find_scope(name), Ok(Some(scope)));
        same(
            index.events_of_scope(scope).unwrap(),
            &places(facts, |fact| fact.scope == name),
        );
    }
    assert_eq!(index.find_scope("absent"), Ok(None));
    check_kinds(facts, index);
}

fn check_kinds(facts: &[Fact], index: &SegmentIndex<Vec<u8>>) {
    let kinds: BTreeSet<EventKind> = facts.iter().map(|fact| fact.kind).collect();
    let found: Result<Vec<_>, _> = index.kinds().unwrap().collect();
    assert_eq!(found, Ok(kinds.iter().copied().collect()));
    for kind in kinds
        .into_iter()
        .chain([0, 0x1002, 0xfffe].map(EventKind::from_raw))
    {
        same(
            index.events_of_kind(kind).unwrap(),
            &places(facts, |fact| fact.kind == kind),
        );
    }
    for category in 0..=16 {
        let merged = index.events_of_category(category).unwrap();
        assert_merged(
            &merged,
            &places(facts, |fact| fact.kind.category() == category),
        );
    }
}

fn assert_merged(merged: &MergedPostings<'_>, expected: &[Ordinal]) {
    assert_eq!(merged.len(), expected.len());
    assert_eq!(merged.clone().collect::<Vec<_>>(), expected);
    for cut in [0, 1, 3, 10, u32::MAX].map(Ordinal) {
        let middle = expected.partition_point(|ordinal| *ordinal < cut);
        assert_eq!(
            merged.clone().from(cut).collect::<Vec<_>>(),
            expected[middle..]
        );
        let mut backward: Vec<_> = merged.clone().before(cut).descending().collect();
        backward.reverse();
        assert_eq!(backward, expected[..middle]);
    }
}

fn check_links(history: &History, index: &SegmentIndex<Vec<u8>>) {
    use crate::index::IndexCause::Local;
    let facts = &history.facts;
    let stored = |fact: &Fact| {
        fact.keyed || fact.id.sequence_hint() != batpak_event::EventId::hint_of(fact.sequence)
    };
    let ids = facts.iter().map(|fact| fact.id.as_u128());
    for id in ids.chain([0, 1, u128::MAX]).map(batpak_event::EventId::new) {
        same(
            index.events_with_id(id).unwrap(),
            &places(facts, |fact| stored(fact) && fact.id == id),
        );
    }
    for number in
        [0, 1, 1 << 100, 2 << 100, 3 << 100, 3, u128::MAX].map(batpak_event::CorrelationId::new)
    {
        let other = |fact: &Fact| fact.correlation == Some(number) && number != fact.id.into();
        same(
            index.events_correlated(number).unwrap(),
            &places(facts, other),
        );
    }
    let causes = facts.iter().flat_map(|fact| &fact.causes);
    let sequences: BTreeSet<Sequence> = causes
        .filter_map(|cause| match cause {
            Local(sequence) => Some(*sequence),
            _ => None,
        })
        .chain(facts.iter().map(|fact| fact.sequence))
        .chain([Sequence(0), Sequence(u64::MAX)])
        .collect();
    for cause in sequences {
        let effects = places(facts, |fact| fact.causes.contains(&Local(cause)));
        same(index.effects(cause).unwrap(), &effects);
    }
}

fn check_directory(history: &History, index: &SegmentIndex<Vec<u8>>) {
    let mut newest: BTreeMap<u64, Sequence> = BTreeMap::new();
    let mut keys: BTreeMap<u64, Vec<Sequence>> = BTreeMap::new();
    for fact in &history.facts {
        newest.insert(stream_hash(&fact.entity), fact.sequence);
        if fact.keyed || fact.id.sequence_hint() != batpak_event::EventId::hint_of(fact.sequence) {
            keys.entry(key_hash(fact.id))
                .or_default()
                .push(fact.sequence);
        }
    }
    let directory = index.directory(0).unwrap().unwrap();
    assert_eq!(
        (directory.first, directory.last),
        (super::history::SEGMENT, super::history::SEGMENT)
    );
    for (hash, sequence) in &newest {
        assert_eq!(directory.streams(*hash).collect::<Vec<_>>(), [*sequence]);
    }
    for (hash, sequences) in &keys {
        assert_eq!(directory.keys(*hash).collect::<Vec<_>>(), *sequences);
    }
    for hash in [0, 1, 1 << 63, u64::MAX] {
        assert_eq!(directory.streams(hash).next(), newest.get(&hash).copied());
        assert_eq!(
            directory.keys(hash).count(),
            keys.get(&hash).map_or(0, Vec::len)
        );
    }
}
