//! Which list of an index file holds what a selection is after, with the fewest events in it.

use batpak_coordinate::{KindFilter, Selector};
use batpak_segment::index::{IndexFault, MergedPostings, Ordinal, Postings};

use super::Selection;
use crate::part::Sealed;

/// Lists that are always worth merging for a page of events.
const MOST_LISTS: u32 = 64;
/// With fewer events to a list than this on average, looking at every event costs less than merging.
const EVENTS_PER_LIST: u32 = 64;

/// What is used of an index.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Chunk {
    /// Every event, by its number.
    Events,
    /// The events of one entity.
    Entity,
    /// The events of several entities.
    Entities,
    /// The events of one scope.
    Scope,
    /// The events of one or several kinds.
    Kinds,
    /// The events of a conversation.
    Correlations,
    /// The columns in memory of a segment that has no index file yet.
    Memory,
}

impl std::fmt::Display for Chunk {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.pad(match self {
            Self::Events => "events",
            Self::Entity => "entity",
            Self::Entities => "entities",
            Self::Scope => "scope",
            Self::Kinds => "kinds",
            Self::Correlations => "correlations",
            Self::Memory => "memory",
        })
    }
}

/// The events of a part that a selection may match.
pub(super) enum Candidates<'a> {
    /// All in a range of ordinals.
    All,
    /// Those of one list.
    List(Postings<'a>),
    /// Those of several.
    Merged(MergedPostings<'a>),
}

impl<'a> Candidates<'a> {
    fn len(&self, events: u32) -> usize {
        match self {
            Self::All => usize::try_from(events).unwrap_or(usize::MAX),
            Self::List(list) => list.len(),
            Self::Merged(lists) => lists.len(),
        }
    }

    /// The ordinals in [`from`, `to`), ascending or descending.
    pub(super) fn between(
        self,
        from: Ordinal,
        to: Ordinal,
        reverse: bool,
    ) -> Box<dyn Iterator<Item = u32> + 'a> {
        match self {
            Self::All if reverse => Box::new((from.0..to.0).rev()),
            Self::All => Box::new(from.0..to.0),
            Self::List(list) => {
                let list = list.from(from).before(to).map(|ordinal| ordinal.0);
                if reverse {
                    Box::new(list.rev())
                } else {
                    Box::new(list)
                }
            }
            Self::Merged(lists) => {
                let lists = lists.from(from).before(to);
                if reverse {
                    Box::new(lists.descending().map(|ordinal| ordinal.0))
                } else {
                    Box::new(lists.map(|ordinal| ordinal.0))
                }
            }
        }
    }
}

/// The shortest list of an index that holds everything that `selection` matches; `None` when nothing
/// in the part can match.
pub(super) fn choose<'a>(
    index: &'a Sealed,
    selection: &Selection,
) -> Result<Option<(Chunk, Candidates<'a>)>, IndexFault> {
    match selection {
        Selection::All => Ok(Some((Chunk::Events, Candidates::All))),
        Selection::Stream(entity) => of_entity(index, entity),
        Selection::Matching(selector) => of_selector(index, &**selector),
        Selection::Correlated(correlation) => {
            let list = index.events_correlated(*correlation)?;
            let found = (!list.is_empty()).then_some(list);
            Ok(found.map(|list| (Chunk::Correlations, Candidates::List(list))))
        }
    }
}

fn of_entity<'a>(
    index: &'a Sealed,
    entity: &str,
) -> Result<Option<(Chunk, Candidates<'a>)>, IndexFault> {
    let Some(entity) = index.find_entity(entity)? else {
        return Ok(None);
    };
    let list = index.events_of_entity(entity)?;
    Ok(Some((Chunk::Entity, Candidates::List(list))))
}

fn of_selector<'a>(
    index: &'a Sealed,
    selector: &dyn Selector,
) -> Result<Option<(Chunk, Candidates<'a>)>, IndexFault> {
    let events = index.header().events;
    let mut best = (Chunk::Events, Candidates::All);
    let mut offer = |chunk: Chunk, candidates: Candidates<'a>| {
        if candidates.len(events) < best.1.len(events) {
            best = (chunk, candidates);
        }
    };
    if let Some(entity) = selector.exact_entity() {
        match of_entity(index, entity)? {
            Some((chunk, candidates)) => offer(chunk, candidates),
            None => return Ok(None),
        }
    } else if let Some(prefix) = selector.entity_prefix() {
        let mut lists = Vec::new();
        let exact = index.find_entity(prefix)?;
        let below = index.entities_with_prefix(&format!("{prefix}:"))?;
        let most = MOST_LISTS.max(events / EVENTS_PER_LIST) as usize;
        for entity in exact.into_iter().chain(below).take(most + 1) {
            lists.push(index.events_of_entity(entity)?);
        }
        if lists.is_empty() {
            return Ok(None);
        }
        if lists.len() <= most {
            let merged = Candidates::Merged(MergedPostings::new(lists));
            offer(Chunk::Entities, merged);
        }
    }
    if let Some(scope) = selector.exact_scope() {
        let Some(scope) = index.find_scope(scope)? else {
            return Ok(None);
        };
        offer(
            Chunk::Scope,
            Candidates::List(index.events_of_scope(scope)?),
        );
    }
    match selector.kind_filter() {
        KindFilter::Exact(kind) => {
            let list = index.events_of_kind(kind)?;
            if list.is_empty() {
                return Ok(None);
            }
            offer(Chunk::Kinds, Candidates::List(list));
        }
        KindFilter::Category(category) => {
            let lists = index.events_of_category(category)?;
            if lists.len() == 0 {
                return Ok(None);
            }
            offer(Chunk::Kinds, Candidates::Merged(lists));
        }
        _ => {}
    }
    Ok(Some(best))
}
