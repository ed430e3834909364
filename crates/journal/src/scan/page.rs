//! The next events of a scan, a page at a time.

use std::sync::Arc;

use batpak_coordinate::{EventKind, Selector, Sequence};
use batpak_segment::index::{IndexFault, Ordinal as InIndex, stream_hash};

use super::choose::{Chunk, choose};
use super::{Located, LocatedEvent, Scan, Selection};
use crate::error::ReadError;
use crate::history::{self, Parts, TIER};
use crate::live::{At, Live, Ordinal, Place, Why};
use crate::part::{Part, Sealed};

/// How many events are taken from an index at first, and at most.
pub(super) const FIRST_PAGE: usize = 16;
const LARGEST_PAGE: usize = 512;

/// An event that a selector has yet to look at, outside the lock of the columns.
struct Candidate {
    located: Located,
    event: Option<(Arc<str>, Arc<str>, EventKind)>,
}

impl Candidate {
    fn new(live: &Live, ordinal: Ordinal, at: (Sequence, At<'_>)) -> Self {
        let event = match at.1 {
            At::Hole(_) => None,
            At::Event(entry) => Some((
                Arc::clone(live.entity(entry)),
                Arc::clone(live.scope(entry)),
                entry.kind,
            )),
        };
        Self {
            located: located(ordinal, at),
            event,
        }
    }
}

/// What was found of a part.
struct Page<T> {
    events: Vec<T>,
    /// How many events were looked at.
    looked: usize,
    /// Where to go on, if there is more.
    next: Option<Sequence>,
}

impl Page<Candidate> {
    fn chosen_by(self, selector: &dyn Selector) -> Page<Located> {
        let chosen = self.events.into_iter().filter(|candidate| {
            let event = candidate.event.as_ref();
            event.is_none_or(|(entity, scope, kind)| selector.matches(entity, scope, *kind))
        });
        Page {
            events: chosen.map(|candidate| candidate.located).collect(),
            looked: self.looked,
            next: self.next,
        }
    }
}

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
            let Some((ordinal, part)) = history::part_of(&parts, position) else {
                self.position = None;
                return Ok(());
            };
            if let Some(next) = self.passed_over(&parts, ordinal) {
                self.position = next;
                continue;
            }
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
            let part = Arc::clone(part);
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
                    let page = self.of_index(&index, ordinal, span, page_len);
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
                None => self.of_memory(&part, ordinal, span, page_len),
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
        part: &Part,
        ordinal: Ordinal,
        span: Span,
        page_len: usize,
    ) -> Option<Sequence> {
        self.note(ordinal, Chunk::Memory);
        let selection = self.request.selection.clone();
        let reverse = self.request.reverse;
        let page = match &selection {
            Selection::All => part.with_live(|live| {
                in_span(live, span, reverse, page_len, |at| located(ordinal, at))
            }),
            Selection::Stream(entity) => part.with_live(|live| {
                listed(live, live.stream(entity), ordinal, span, reverse, page_len)
            }),
            Selection::Correlated(correlation) => part.with_live(|live| {
                let all = live.correlated(*correlation);
                listed(live, all, ordinal, span, reverse, page_len)
            }),
            Selection::Matching(selector) => part
                .with_live(|live| {
                    in_span(live, span, reverse, page_len, |at| {
                        Candidate::new(live, ordinal, at)
                    })
                })
                .map(|page| page.chosen_by(&**selector)),
        };
        // An index took their place meanwhile: the part is looked at again.
        let Some(page) = page else {
            return Some(if reverse { span.last } else { span.first });
        };
        self.plan.touched += page.looked as u64;
        self.page.extend(page.events);
        page.next
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
    let start = history::without(parts, at + 1, &index, |directory| {
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

/// The events of a list that lie in a span.
fn listed(
    live: &Live,
    all: &[u64],
    ordinal: Ordinal,
    span: Span,
    reverse: bool,
    page_len: usize,
) -> Page<Located> {
    let from = all.partition_point(|sequence| *sequence < span.first.get());
    let to = all.partition_point(|sequence| *sequence <= span.last.get());
    let range = all.get(from..to).unwrap_or_default();
    let place = |sequence: &u64| {
        let at = live.at(Sequence(*sequence))?;
        Some(located(ordinal, (Sequence(*sequence), at)))
    };
    let pages = range.iter();
    let (events, next): (Vec<_>, _) = if reverse {
        let page = pages.rev().take(page_len).filter_map(place).collect();
        (page, range.len().checked_sub(page_len + 1))
    } else {
        let page = pages.take(page_len).filter_map(place).collect();
        (page, Some(page_len))
    };
    let next = next.and_then(|next| range.get(next)).copied();
    Page {
        next: next.map(Sequence),
        looked: events.len(),
        events,
    }
}

/// Everything in a span, up to a page of it; events that are gone are passed over.
fn in_span<T>(
    live: &Live,
    span: Span,
    reverse: bool,
    page_len: usize,
    take: impl Fn((Sequence, At<'_>)) -> T,
) -> Page<T> {
    let mut position = Some(if reverse {
        span.last.min(live.last())
    } else {
        span.first
    });
    let mut events = Vec::with_capacity(page_len);
    let mut next = None;
    while let Some(sequence) = position.filter(|at| (span.first..=span.last).contains(at)) {
        if events.len() == page_len {
            next = Some(sequence);
            break;
        }
        let Some(at) = live.at(sequence) else { break };
        let (first, last) = match &at {
            At::Event(_) => (sequence, sequence),
            At::Hole(hole) => (hole.first, hole.last),
        };
        if !matches!(&at, At::Hole(hole) if matches!(hole.why, Why::Gone(_))) {
            events.push(take((sequence, at)));
        }
        position = if reverse {
            before(first)
        } else {
            Some(last.next()).filter(|next| *next > last)
        };
    }
    Page {
        next,
        looked: events.len(),
        events,
    }
}

fn located(segment: Ordinal, (sequence, at): (Sequence, At<'_>)) -> Located {
    match at {
        At::Hole(hole) => Located::Lost(hole),
        At::Event(entry) => Located::Event(LocatedEvent {
            sequence,
            place: Place {
                segment,
                offset: entry.place.offset,
            },
            stream_sequence: entry.stream_sequence.get(),
            predecessor: entry.predecessor,
        }),
    }
}
