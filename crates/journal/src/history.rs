//! Questions to all parts of the log: where an event is, who has an id, what a stream ended with.
//!
//! The newest part is asked first. Directories in the index files say which runs of earlier parts hold
//! nothing of a stream or a key, so that a question costs a few look-ups, whatever the number of parts.

use std::sync::Arc;

use batpak_coordinate::Sequence;
use batpak_event::EventId;
use batpak_segment::index::{Directory, IndexFault, key_hash, stream_hash};

use crate::error::ReadError;
use crate::live::{Head, Ordinal};
use crate::part::{Found, Part, Row, Sealed};
use crate::sabotage::{Bug, planted};

/// The parts of a log, in its order.
pub(crate) type Parts = [Arc<Part>];

/// How many parts, or directories of a tier, one directory of the next tier covers.
pub(crate) const TIER: usize = 8;

/// The part that holds a sequence, or would.
pub(crate) fn part_of(parts: &Parts, sequence: Sequence) -> Option<(Ordinal, &Arc<Part>)> {
    let after = parts.partition_point(|part| part.file.first_sequence <= sequence);
    let at = after.checked_sub(1)?;
    let ordinal = Ordinal(u32::try_from(at).ok()?);
    parts.get(at).map(|part| (ordinal, part))
}

/// What is at a sequence; nothing beyond the newest event.
pub(crate) fn at(parts: &Parts, sequence: Sequence) -> Result<Option<Found>, ReadError> {
    match part_of(parts, sequence) {
        Some((ordinal, part)) => part.at(ordinal, sequence),
        None => Ok(None),
    }
}

/// A readable event.
pub(crate) fn event(parts: &Parts, sequence: Sequence) -> Result<Option<Row>, ReadError> {
    Ok(match at(parts, sequence)? {
        Some(Found::Event(row)) => Some(row),
        _ => None,
    })
}

/// Whether the log says that an event is not in it any more.
pub(crate) fn is_gone(parts: &Parts, sequence: Sequence) -> Result<bool, ReadError> {
    if sequence.is_none() {
        return Ok(false);
    }
    Ok(match at(parts, sequence)? {
        Some(Found::Hole(hole)) => hole.is_gone(),
        _ => false,
    })
}

/// The id of an event.
pub(crate) fn id_of(parts: &Parts, row: &Row) -> Result<EventId, ReadError> {
    match (row.id, parts.get(row.place.segment.0 as usize)) {
        (Some(id), _) => Ok(id),
        (None, Some(part)) => part.id_at(row.place.offset),
        (None, None) => Err(ReadError::NotFound),
    }
}

/// The event with this id: at the place that the id itself names, or by the tables of keys.
pub(crate) fn find(parts: &Parts, id: EventId) -> Result<Option<Row>, ReadError> {
    let named = minted(parts, id);
    match named {
        Ok(Some(row)) => Ok(Some(row)),
        Ok(None) => keyed(parts, id),
        // What stands at the place cannot be read; the id may be a key all the same.
        Err(error) => match keyed(parts, id)? {
            Some(row) => Ok(Some(row)),
            None => Err(error),
        },
    }
}

/// The event at the place that an id names, if it has that id.
fn minted(parts: &Parts, id: EventId) -> Result<Option<Row>, ReadError> {
    let Some(row) = event(parts, Sequence(id.sequence_hint()))? else {
        return Ok(None);
    };
    Ok((id_of(parts, &row)? == id).then_some(row))
}

/// The event with this key.
pub(crate) fn keyed(parts: &Parts, id: EventId) -> Result<Option<Row>, ReadError> {
    let hash = key_hash(id);
    let found = newest_first(
        parts,
        |directory| directory.keys(hash).next().is_some(),
        |part| {
            let Some(index) = part.index() else {
                return Ok(part.columns().and_then(|live| live.keyed(id)));
            };
            if planted(Bug::ForgetSealedKeys) {
                return Ok(None);
            };
            let event = index.events_with_id(id).map(|mut events| events.next());
            let sequence =
                event.and_then(|event| event.map(|event| index.sequence(event)).transpose());
            sequence.map_err(|fault| part.fault(fault))
        },
    )?;
    match found {
        Some(sequence) => event(parts, sequence),
        None => Ok(None),
    }
}

/// The newest event of a stream; sequence 0 when it has none.
pub(crate) fn head(parts: &Parts, entity: &str) -> Result<Head, ReadError> {
    let hash = stream_hash(entity);
    let found = newest_first(
        parts,
        |directory| directory.streams(hash).next().is_some(),
        |part| {
            let Some(index) = part.index() else {
                return Ok(part.columns().and_then(|live| live.newest(entity)));
            };
            let head = index.head(entity).and_then(|head| {
                head.map(|head| {
                    Ok(Head {
                        sequence: head.sequence,
                        stream_sequence: head.last,
                        generation: index.generation(head.newest)?,
                        hash: head.hash.map(|hash| {
                            if planted(Bug::ForgetPreviousHash) {
                                [0; 32]
                            } else {
                                hash
                            }
                        }),
                    })
                })
                .transpose()
            });
            head.map_err(|fault| part.fault(fault))
        },
    )?;
    Ok(found.unwrap_or_default())
}

/// Asks part after part, the newest first, passing over runs of parts whose directory knows nothing.
fn newest_first<T>(
    parts: &Parts,
    may_hold: impl Fn(&Directory<'_>) -> bool,
    mut ask: impl FnMut(&Part) -> Result<Option<T>, ReadError>,
) -> Result<Option<T>, ReadError> {
    let mut end = parts.len();
    while let Some(part) = end.checked_sub(1).and_then(|at| parts.get(at)) {
        let run = match part.index() {
            Some(index) => {
                without(parts, end, index, &may_hold).map_err(|fault| part.fault(fault))?
            }
            None => None,
        };
        match run {
            Some(start) => end = start,
            None => {
                if let Some(found) = ask(part)? {
                    return Ok(Some(found));
                }
                end -= 1;
            }
        }
    }
    Ok(None)
}

/// Where the longest run of parts up to `end` starts that a directory says holds nothing.
pub(crate) fn without(
    parts: &Parts,
    end: usize,
    index: &Sealed,
    may_hold: impl Fn(&Directory<'_>) -> bool,
) -> Result<Option<usize>, IndexFault> {
    for number in (0..index.directory_count()).rev() {
        let Some(directory) = index.directory(number)? else {
            continue;
        };
        let start = parts.partition_point(|part| part.file.id < directory.first);
        if start < end && !may_hold(&directory) {
            return Ok(Some(start));
        }
    }
    Ok(None)
}

/// The events that name one as a cause, ascending, up to `last`.
pub(crate) fn effects(
    parts: &Parts,
    cause: Sequence,
    last: Sequence,
) -> Result<Vec<Sequence>, ReadError> {
    let Some(row) = event(parts, cause)? else {
        return Ok(Vec::new());
    };
    let id = id_of(parts, &row)?;
    let mut effects = Vec::new();
    for part in parts.iter().skip(row.place.segment.0 as usize) {
        if let Some(live) = part.columns() {
            effects.extend(live.effects(id));
        }
        let Some(index) = part.index() else { continue };
        let found = index.effects(cause).and_then(|events| {
            let sequences = events.map(|event| index.sequence(event));
            sequences.collect::<Result<Vec<_>, _>>()
        });
        effects.extend(found.map_err(|fault| part.fault(fault))?);
    }
    effects.retain(|effect| *effect <= last);
    Ok(effects)
}
