//! The causal graph of the log: what led to each event, and what each event led to.

use std::sync::Arc;

use batpak_coordinate::{Generation, Sequence};
use batpak_segment::index::{IndexCause, Ordinal};

use crate::error::ReadError;
use crate::history::{self, Parts};
use crate::live::Entry;
use crate::part::{Part, Sealed};
use crate::scan::{ScanRequest, Selection};
use crate::view::View;

/// The graph of the events that were visible when it was made. It answers from indexes and columns, and
/// reads a frame only to tell the id of a cause from a key. Hidden events have their places in it.
#[derive(Clone, Debug)]
pub struct CausalView {
    view: View,
    newest: Sequence,
}

/// An event, where what answers for its segment has it.
enum Known<'a> {
    Indexed(&'a Part, &'a Sealed, Ordinal),
    Live(&'a Part, Entry),
}

impl CausalView {
    pub(crate) fn new(view: View) -> Self {
        let newest = view.visible();
        Self { view, newest }
    }

    /// The newest event of the graph; none in an empty log.
    #[must_use]
    pub fn newest(&self) -> Sequence {
        self.newest
    }

    /// Whether there is an event at a sequence.
    ///
    /// # Errors
    /// When an index cannot be read and not be made again.
    pub fn contains(&self, sequence: Sequence) -> Result<bool, ReadError> {
        if sequence.is_none() || sequence > self.newest {
            return Ok(false);
        }
        Ok(self.view.event(sequence)?.is_some())
    }

    /// The generation of an event.
    ///
    /// # Errors
    /// `NotFound` where there is no event; when an index cannot be read and not be made again.
    pub fn generation(&self, sequence: Sequence) -> Result<Generation, ReadError> {
        self.ask(sequence, |_, known| match known {
            Known::Live(_, entry) => Ok(entry.generation),
            Known::Indexed(part, index, event) => {
                index.generation(event).map_err(|fault| part.fault(fault))
            }
        })
    }

    /// The event before one in its stream; none for the first, and where that is not in the log.
    ///
    /// # Errors
    /// As for [`generation`](Self::generation).
    pub fn predecessor(&self, sequence: Sequence) -> Result<Option<Sequence>, ReadError> {
        let predecessor = self.ask(sequence, |_, known| match known {
            Known::Live(_, entry) => Ok(entry.predecessor),
            Known::Indexed(part, index, event) => {
                index.predecessor(event).map_err(|fault| part.fault(fault))
            }
        })?;
        let is_there = self.contains(predecessor)?;
        Ok(is_there.then_some(predecessor))
    }

    /// Adds the events that one names as its causes, ascending, each once and as far as they are in the
    /// log.
    ///
    /// # Errors
    /// As for [`generation`](Self::generation).
    pub fn causes(&self, sequence: Sequence, found: &mut Vec<Sequence>) -> Result<(), ReadError> {
        let mut causes = self.ask(sequence, |parts, known| {
            let mut causes = Vec::new();
            match known {
                Known::Live(part, _) => {
                    let live = part.columns().into_iter();
                    for id in live.flat_map(|live| live.causes(sequence)) {
                        causes.extend(history::find(parts, id)?.map(|row| row.sequence));
                    }
                }
                Known::Indexed(part, index, event) => {
                    let fault = |fault| part.fault(fault);
                    for cause in index.causes(event).map_err(fault)? {
                        if let IndexCause::Local(cause) = cause.map_err(fault)? {
                            causes.push(cause);
                        }
                    }
                }
            }
            Ok(causes)
        })?;
        causes.sort_unstable();
        causes.dedup();
        found.extend(causes);
        Ok(())
    }

    /// Adds the events that name one as a cause, ascending. Costs a look-up in each segment from that of
    /// the event on.
    ///
    /// # Errors
    /// As for [`generation`](Self::generation).
    pub fn effects(&self, sequence: Sequence, found: &mut Vec<Sequence>) -> Result<(), ReadError> {
        let newest = self.newest;
        let effects = self.ask(sequence, |parts, _| {
            history::effects(parts, sequence, newest)
        })?;
        found.extend(effects);
        Ok(())
    }

    /// The event after one in its stream; none for the last.
    ///
    /// # Errors
    /// As for [`generation`](Self::generation).
    pub fn successor(&self, sequence: Sequence) -> Result<Option<Sequence>, ReadError> {
        let entity: Arc<str> = self.ask(sequence, |_, known| match known {
            Known::Live(part, entry) => {
                let name = part.columns().and_then(|live| live.entity(&entry));
                name.cloned().ok_or(ReadError::NotFound)
            }
            Known::Indexed(part, index, event) => {
                let name = index.entity_of(event).and_then(|at| index.entity_name(at));
                name.map(Arc::from).map_err(|fault| part.fault(fault))
            }
        })?;
        let scan = self.view.scan(ScanRequest {
            selection: Selection::Stream(entity),
            after: sequence,
            reverse: false,
        });
        let next = scan.with_hidden().next_sequence()?;
        Ok(next.filter(|next| *next <= self.newest))
    }

    /// Asks what answers for an event of the graph.
    fn ask<T>(
        &self,
        sequence: Sequence,
        ask: impl Fn(&Parts, Known<'_>) -> Result<T, ReadError>,
    ) -> Result<T, ReadError> {
        if sequence.is_none() || sequence > self.newest {
            return Err(ReadError::NotFound);
        }
        self.view
            .asking(|parts| ask(parts, known(parts, sequence)?))
    }
}

fn known(parts: &Parts, sequence: Sequence) -> Result<Known<'_>, ReadError> {
    let (_, part) = history::part_of(parts, sequence).ok_or(ReadError::NotFound)?;
    let known = match part.index() {
        Some(index) => {
            let event = index.ordinal(sequence).map_err(|fault| part.fault(fault))?;
            event.map(|event| Known::Indexed(part, index, event))
        }
        None => {
            let entry = part.columns().and_then(|live| live.entry(sequence));
            entry.map(|entry| Known::Live(part, entry))
        }
    };
    known.ok_or(ReadError::NotFound)
}
