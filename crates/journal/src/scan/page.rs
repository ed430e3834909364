//! The next events of a scan, a page at a time.

use std::sync::Arc;

use batpak_coordinate::Sequence;
use batpak_segment::index::{IndexFault, Ordinal as InIndex, stream_hash};

use super::choose::{Chunk, choose};
use super::{Located, LocatedEvent, Scan, Selection};
use crate::error::ReadError;
use crate::history::{self, Parts, TIER};
use crate::live::{At, Entry, List, Live, Ordinal, Place};
use crate::part::{Part, Sealed};

/// How many events are taken from an index at first, and at most.
pub(super) const FIRST_PAGE: usize = 16;
const LARGEST_PAGE: usize = 512;

/// The sequences of a part that a scan is to look at, both ends included.
#[derive(Clone, Copy)]
struct Span {
    first: Sequence,
    last: Sequence,
}

impl Scan {
    /// Fills the page, unless the scan is at its end.
    pub(super) fn refill(&mut self) -> Result<(), ReadError> {
        self.page.clear();
        self.taken = 0;
        let page_len = self.page_len;
        self.page_len = (2 * page_len).min(LARGEST_PAGE);
        while let Some(position) = self.position {
            if position.is_none() || position > self.last || position <= self.request.after {
                self.position = None;
                return Ok(());
            }
            let parts = self.view.parts();
            let Some((ordinal, _)) = history::part_of(&parts, position) else {
                self.position = None;
                return Ok(());
            };
            if let Some(next) = self.passed_over(&parts, ordinal) {
                self.position = next;
                continue;
            }
            // An index that was damaged has been made again.
            let parts = self.view.parts();
            let Some(part) = parts.get(ordinal.0 as usize) else {
                continue;
            };
            let span = if self.request.reverse {
                Span {
                    first: part.file.first_sequence.max(self.request.after.next()),
                    last: position,
                }
            } else {
                Span {
                    first: position,
                    last: self.last,
                }
            };
            let beyond = if self.request.reverse {
                before(part.file.first_sequence)
            } else {
                parts
                    .get(ordinal.0 as usize + 1)
                    .map(|part| part.file.first_sequence)
            };
            let seen = self.view.repaired_indexes();
            let next = match part.index() {
                Some(index) => {
                    let page = self.of_index(index, ordinal, span, page_len);
                    match page.map_err(|fault| part.fault(fault)) {
                        Ok(next) => next,
                        // Made again, it is asked once more.
                        Err(error) if self.view.mend(&error, seen) => continue,
                        Err(error) => {
                            self.position = beyond;
                            return Err(error);
                        }
                    }
                }
                None => {
                    let live = part.columns();
                    live.and_then(|live| self.of_memory(live, ordinal, span, page_len))
                }
            };
            self.position = next.or(beyond);
            if !self.page.is_empty() {
                return Ok(());
            }
        }
        Ok(())
    }

    /// Where a scan of one stream goes on when directories say that this part, and perhaps some behind
    /// it, hold nothing of the stream.
    fn passed_over(&mut self, parts: &Parts, ordinal: Ordinal) -> Option<Option<Sequence>> {
        let entity = match &self.request.selection {
            Selection::Stream(entity) => Some(&**entity),
            Selection::Matching(selector) => selector.exact_entity(),
            Selection::All | Selection::Correlated(_) => None,
        };
        let hash = stream_hash(entity?);
        let at = ordinal.0 as usize;
        let seen = self.view.repaired_indexes();
        let run = if self.request.reverse {
            runs_before(parts, at, hash)
        } else {
            runs_behind(parts, at, hash)
        };
        let (first, end) = match run {
            Ok(run) => run?,
            Err((part, fault)) => {
                // Nothing is passed over by it: the part itself is looked at.
                let _made_again = self.view.mend(&part.fault(fault), seen);
                return None;
            }
        };
        self.plan.skipped += (end - first) as u64;
        let next = if self.request.reverse {
            parts
                .get(first)
                .and_then(|part| before(part.file.first_sequence))
        } else {
            parts.get(end).map(|part| part.file.first_sequence)
        };
        Some(next)
    }

    /// Notes what is used of a segment, once.
    fn note(&mut self, ordinal: Ordinal, chunk: Chunk) {
        if self.counted.replace(ordinal) == Some(ordinal) {
            return;
        }
        let mut used = self.plan.used.iter_mut();
        match used.find(|(used, _)| *used == chunk) {
            Some((_, segments)) => *segments += 1,
            None => self.plan.used.push((chunk, 1)),
        }
    }

    /// Takes a page from an index file; where to go on in it, if there is more.
    fn of_index(
        &mut self,
        index: &Sealed,
        ordinal: Ordinal,
        span: Span,
        page_len: usize,
    ) -> Result<Option<Sequence>, IndexFault> {
        let most = u32::try_from(page_len).unwrap_or(u32::MAX);
        let Some((chunk, candidates)) = choose(index, &self.request.selection)? else {
            self.plan.skipped += 1;
            return Ok(None);
        };
        self.note(ordinal, chunk);
        let first = index.first_from(span.first)?;
        let end = match span.last.get().checked_add(1) {
            Some(end) => index.first_from(Sequence(end))?,
            None => InIndex(index.header().events),
        };
        let (from, to) = match chunk {
            // A page of a range needs no list of all of it.
            Chunk::Events if self.request.reverse => {
                (InIndex(end.0.saturating_sub(most).max(first.0)), end)
            }
            Chunk::Events => (first, InIndex(first.0.saturating_add(most).min(end.0))),
            _ => (first, end),
        };
        let mut ordinals = candidates.between(from, to, self.request.reverse);
        let mut more = None;
        let mut looked = 0_u64;
        let mut take = |scan: &mut Self, event: u32| -> Result<bool, IndexFault> {
            let event = InIndex(event);
            let sequence = index.sequence(event)?;
            if scan.page.len() >= page_len {
                more = Some(sequence);
                return Ok(false);
            }
            looked += 1;
            let matches = match &scan.request.selection {
                Selection::Matching(selector) => {
                    let entity = index.entity_name(index.entity_of(event)?)?;
                    let scope = index.scope_name(index.scope_of(event)?)?;
                    selector.matches(entity, scope, index.kind(event)?)
                }
                _ => true,
            };
            if matches {
                let place = Place {
                    segment: ordinal,
                    offset: index.offset(event)?,
                };
                // Only a stream is held against its own numbers.
                let (stream_sequence, predecessor) = match &scan.request.selection {
                    Selection::Stream(_) => (
                        index.stream_sequence(event)?.get(),
                        index.predecessor(event)?,
                    ),
                    _ => (0, Sequence::NONE),
                };
                scan.page.push(Located::Event(LocatedEvent {
                    sequence,
                    place,
                    stream_sequence,
                    predecessor,
                }));
            }
            Ok(true)
        };
        let outcome = ordinals.try_for_each(|event| go_on(take(self, event)));
        self.plan.touched += looked;
        if let Err(Some(fault)) = outcome {
            self.page.clear();
            return Err(fault);
        }
        if more.is_none() && chunk == Chunk::Events {
            // The range was cut to a page.
            more = if self.request.reverse {
                (from > first)
                    .then(|| index.sequence(from).map(before))
                    .transpose()?
                    .flatten()
            } else {
                (to < end).then(|| index.sequence(to)).transpose()?
            };
        }
        Ok(more)
    }

    /// Takes a page from columns in memory; where to go on in them, if there is more.
    fn of_memory(
        &mut self,
        live: &Live,
        ordinal: Ordinal,
        span: Span,
        page_len: usize,
    ) -> Option<Sequence> {
        self.note(ordinal, Chunk::Memory);
        let reverse = self.request.reverse;
        let list = match &self.request.selection {
            Selection::All | Selection::Matching(_) => None,
            Selection::Stream(entity) => Some(live.stream(entity)),
            Selection::Correlated(correlation) => Some(live.correlated(*correlation)),
        };
        let (looked, next) = match (list, &self.request.selection) {
            (Some(None), _) => (0, None),
            (Some(Some(list)), _) => {
                let events = listed(live, list, span, reverse);
                fill(&mut self.page, events, ordinal, page_len, |_| true)
            }
            (None, Selection::Matching(selector)) => {
                let events = in_span(live, span, reverse);
                let matches = |entry: &Entry| {
                    let names = live.entity(entry).zip(live.scope(entry));
                    names.is_some_and(|(entity, scope)| selector.matches(entity, scope, entry.kind))
                };
                fill(&mut self.page, events, ordinal, page_len, matches)
            }
            (None, _) => {
                let events = in_span(live, span, reverse);
                fill(&mut self.page, events, ordinal, page_len, |_| true)
            }
        };
        self.plan.touched += looked;
        next
    }
}

/// Stops an iteration at `Ok(false)` and at an error.
fn go_on(taken: Result<bool, IndexFault>) -> Result<(), Option<IndexFault>> {
    match taken {
        Ok(true) => Ok(()),
        Ok(false) => Err(None),
        Err(fault) => Err(Some(fault)),
    }
}

fn before(sequence: Sequence) -> Option<Sequence> {
    sequence.get().checked_sub(1).map(Sequence)
}

type Run<'a> = Result<Option<(usize, usize)>, (&'a Arc<Part>, IndexFault)>;

/// The longest run of parts that ends with the one at `at` and holds nothing of a stream.
fn runs_before(parts: &Parts, at: usize, hash: u64) -> Run<'_> {
    let Some((part, index)) = parts.get(at).and_then(|part| Some((part, part.index()?))) else {
        return Ok(None);
    };
    let start = history::without(parts, at + 1, index, |directory| {
        directory.streams(hash).next().is_some()
    });
    let start = start.map_err(|fault| (part, fault))?;
    Ok(start.map(|start| (start, at + 1)))
}

/// The longest run of parts that begins with the one at `at` and holds nothing of a stream: the
/// directory of a run is in its last part.
fn runs_behind(parts: &Parts, at: usize, hash: u64) -> Run<'_> {
    let mut run = 1;
    while at.is_multiple_of(run * TIER) && at + run * TIER <= parts.len() {
        run *= TIER;
    }
    while run > 0 {
        let last = at + run - 1;
        if let Some((part, index)) = parts.get(last).and_then(|part| Some((part, part.index()?))) {
            for number in (0..index.directory_count()).rev() {
                let directory = index.directory(number).map_err(|fault| (part, fault))?;
                let Some(directory) = directory else { continue };
                let first = parts.partition_point(|part| part.file.id < directory.first);
                if first == at && directory.streams(hash).next().is_none() {
                    return Ok(Some((at, last + 1)));
                }
            }
        }
        run /= TIER;
    }
    Ok(None)
}

/// Puts what is found into a page until that is full. Returns how much was looked at, and where to go
/// on, if there is more.
fn fill(
    page: &mut Vec<Located>,
    found: impl Iterator<Item = At>,
    ordinal: Ordinal,
    page_len: usize,
    matches: impl Fn(&Entry) -> bool,
) -> (u64, Option<Sequence>) {
    let mut looked = 0;
    for at in found {
        if page.len() >= page_len {
            let next = match at {
                At::Event(entry) => entry.sequence,
                At::Hole(hole) => hole.first,
            };
            return (looked, Some(next));
        }
        match at {
            At::Hole(hole) if hole.is_gone() => continue,
            At::Hole(hole) => page.push(Located::Lost(hole)),
            At::Event(entry) if matches(&entry) => page.push(located(ordinal, &entry)),
            At::Event(_) => {}
        }
        looked += 1;
    }
    (looked, None)
}

/// The events of a list that lie in a span, in the direction of the scan.
fn listed<'a>(
    live: &'a Live,
    list: List<'a>,
    span: Span,
    reverse: bool,
) -> impl Iterator<Item = At> + 'a {
    let (ahead, back) = if reverse {
        let to = live.number_from(span.last.next()).checked_sub(1);
        (None, to.map(|to| list.descending(to)))
    } else {
        (Some(list.ascending(live.number_from(span.first))), None)
    };
    let numbers = ahead.into_iter().flatten();
    let numbers = numbers.chain(back.into_iter().flatten());
    numbers
        .map_while(|number| live.numbered(number))
        .take_while(move |entry| (span.first..=span.last).contains(&entry.sequence))
        .map(At::Event)
}

/// Everything in a span, in the direction of the scan.
fn in_span(live: &Live, span: Span, reverse: bool) -> impl Iterator<Item = At> + '_ {
    let mut position = Some(if reverse {
        span.last.min(live.last())
    } else {
        span.first
    });
    std::iter::from_fn(move || {
        let sequence = position.filter(|at| (span.first..=span.last).contains(at))?;
        let at = live.at(sequence)?;
        let (first, last) = match &at {
            At::Event(_) => (sequence, sequence),
            At::Hole(hole) => (hole.first, hole.last),
        };
        position = if reverse {
            before(first)
        } else {
            Some(last.next()).filter(|next| *next > last)
        };
        Some(at)
    })
}

fn located(segment: Ordinal, entry: &Entry) -> Located {
    Located::Event(LocatedEvent {
        sequence: entry.sequence,
        place: Place {
            segment,
            offset: entry.offset,
        },
        stream_sequence: entry.stream_sequence.get(),
        predecessor: entry.predecessor,
    })
}
