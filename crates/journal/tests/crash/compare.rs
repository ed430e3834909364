//! A log held against what it must and may hold.

use batpak_coordinate::Sequence;
use batpak_event::Cause;
use batpak_event::tree::{Frontier, leaf_hash};
use batpak_journal::{Committed, DraftCause, View};

use crate::clause::{Clause, Clauses, Failure};
use crate::log::Shown;
use crate::model::{Gone, Model, Submitted};

/// Checks that a log is a prefix of the units, whole and byte for byte; returns how many units it holds.
pub(crate) fn prefix(
    log: &[Shown],
    model: &Model,
    clauses: &mut Clauses,
) -> Result<usize, Failure> {
    let mut rest = log;
    let mut kept = 0;
    for submitted in &model.units {
        if rest.is_empty() {
            break;
        }
        let drafts = &submitted.unit.drafts;
        let alike = rest.iter().zip(drafts).take_while(|(event, draft)| {
            event.hidden
                || event.payload == draft.payload && event.entity == draft.coordinate.entity()
        });
        let alike = alike.count();
        if alike < drafts.len() {
            let in_part = alike > 0 && alike == rest.len();
            clauses.check(Clause::Whole, !in_part, || {
                format!(
                    "the log ends with {alike} events of a unit of {}",
                    drafts.len()
                )
            })?;
            if in_part {
                rest = &[];
                break;
            }
            let Some((events, behind)) = rest.split_at_checked(drafts.len()) else {
                break;
            };
            let same = |event: &Shown| {
                event.hidden || drafts.iter().any(|draft| draft.payload == event.payload)
            };
            if !events.iter().all(same) {
                break;
            }
            clauses.check(Clause::Prefix, false, || {
                "a unit in another order".to_owned()
            })?;
            (rest, kept) = (behind, kept + 1);
            continue;
        }
        let (events, behind) = rest.split_at(drafts.len());
        clauses.check(Clause::Whole, true, String::new)?;
        bytes(events, submitted, clauses)?;
        (rest, kept) = (behind, kept + 1);
    }
    alien(rest, model, clauses)?;
    for (event, expected) in log.iter().zip(1..) {
        clauses.check(Clause::Prefix, event.sequence == expected, || {
            format!("event {} stands where {expected} should", event.sequence)
        })?;
    }
    Ok(kept)
}

/// Checks that nothing is behind the events that are known.
fn alien(rest: &[Shown], model: &Model, clauses: &mut Clauses) -> Result<(), Failure> {
    let why = rest.first().map(|event| {
        let mut gone = model.gone.iter();
        let gone = gone.find(|(unit, _)| {
            let mut drafts = unit.drafts.iter();
            drafts.any(|draft| draft.payload == event.payload)
        });
        gone.map(|(_, why)| *why)
    });
    let message = || {
        format!(
            "event {:?}",
            rest.first().map(|event| (event.sequence, &event.payload))
        )
    };
    clauses.check(Clause::Undead, why != Some(Some(Gone::Lost)), message)?;
    clauses.check(Clause::Refused, why != Some(Some(Gone::Refused)), message)?;
    clauses.check(Clause::Prefix, why != Some(None), message)
}

/// Checks every fact of the events of one unit that are shown.
fn bytes(events: &[Shown], submitted: &Submitted, clauses: &mut Clauses) -> Result<(), Failure> {
    let shown = |event: &&Shown| !event.hidden;
    for (event, draft) in events.iter().zip(&submitted.unit.drafts) {
        if event.hidden {
            continue;
        }
        let prior = draft.causes.iter().filter_map(|cause| match *cause {
            DraftCause::Known(_) => None,
            DraftCause::Prior(at) => events.get(at),
        });
        let causes_are_shown = prior.into_iter().all(|event| !event.hidden);
        let causes = draft.causes.iter().map(|cause| match *cause {
            DraftCause::Known(cause) => Some(cause),
            DraftCause::Prior(at) => events.get(at).map(|event| Cause::Local(event.id)),
        });
        let alike = event.scope == draft.coordinate.scope()
            && event.kind == draft.kind.as_raw_u16()
            && event.flags == draft.flags
            && event.payload == draft.payload
            && draft.key.is_none_or(|key| event.id == key.into())
            && (!causes_are_shown || causes.eq(event.causes.iter().copied().map(Some)));
        clauses.check(Clause::Bytes, alike, || {
            format!("{event:?} is not {draft:?}")
        })?;
    }
    let receipts = submitted
        .receipts
        .iter()
        .flat_map(|receipts| receipts.iter());
    let events = events.iter().zip(receipts);
    for (event, receipt) in events.filter(|(event, _)| shown(event)) {
        clauses.check(Clause::Bytes, is_of(event, receipt), || {
            format!("{event:?} is not {receipt:?}")
        })?;
    }
    Ok(())
}

/// Whether an event has the facts of a receipt.
pub(crate) fn is_of(event: &Shown, receipt: &Committed) -> bool {
    event.sequence == receipt.sequence.get()
        && event.id == receipt.event_id
        && event.stream_sequence == receipt.stream_sequence.get()
        && event.generation == receipt.generation.get()
        && event.wall_us == receipt.wall_us
        && event.counter == receipt.counter
        && event.previous_hash == receipt.previous_hash
        && event.hashes.is_none_or(|hashes| {
            hashes.content == receipt.content_hash && hashes.event == receipt.event_hash
        })
}

/// Checks hashes, generations and the head of the tree against the events alone, up to the first that is
/// hidden.
pub(crate) fn chain(log: &[Shown], view: &View, clauses: &mut Clauses) -> Result<(), Failure> {
    let mut tree = Frontier::new();
    let hidden = log.iter().position(|event| event.hidden);
    let log = &log[..hidden.unwrap_or(log.len())];
    for (at, event) in log.iter().enumerate() {
        let earlier = log.get(..at).unwrap_or_default();
        let before = earlier
            .iter()
            .rev()
            .find(|other| other.entity == event.entity);
        let hash = before.map_or([0; 32], Shown::event_hash);
        let stream_sequence = before.map_or(0, |before| before.stream_sequence) + 1;
        let causes = event.causes.iter().filter_map(|cause| match cause {
            Cause::Local(id) => earlier.iter().find(|other| other.id == *id),
            Cause::Foreign(_) => None,
        });
        let generation = causes.chain(before).map(|event| event.generation).max();
        let holds = event.previous_hash == hash
            && event.stream_sequence == stream_sequence
            && event.generation == generation.unwrap_or(0) + 1;
        clauses.check(Clause::Chain, holds, || {
            format!("{event:?} does not follow {before:?}")
        })?;
        tree.push_leaf(leaf_hash(&event.event_hash()));
    }
    let head = view.tree_head(Sequence(log.len() as u64));
    let holds = matches!(&head, Ok(head) if *head == tree.head());
    clauses.check(Clause::Chain, holds, || {
        format!("the head of the tree is {head:?}")
    })
}
