//! What leads from one event of a segment to others: shared correlations, and causes to effects.

use std::iter::Peekable;

use batpak_columns::{Dictionary, Lists, Rows};
use batpak_event::{CorrelationId, EventId};

use super::List;

/// The links of the events of one segment, which are named by their numbers.
#[derive(Debug, Default)]
pub(super) struct Links {
    correlations: Dictionary<CorrelationId>,
    correlated: Lists,
    causes: Dictionary<EventId>,
    effects: Lists,
    /// How many effects there were before each event.
    before: Rows<1>,
}

impl Links {
    /// Adds the links of the next event.
    pub(super) fn push(&self, number: u32, correlation: Option<CorrelationId>, causes: &[EventId]) {
        self.before.push([u64::from(self.effects.items())]);
        for cause in causes {
            let cause = self.causes.number(cause, |cause| *cause);
            // A cause that is named twice has one effect.
            if self.effects.last(cause) != Some(number) {
                self.effects.push(cause, number);
            }
        }
        if let Some(correlation) = correlation {
            let correlation = self.correlations.number(&correlation, |id| *id);
            self.correlated.push(correlation, number);
        }
    }

    /// Events with this correlation.
    pub(super) fn correlated(&self, correlation: CorrelationId) -> Option<List<'_>> {
        let number = self.correlations.find(&correlation)?;
        let lists = &self.correlated;
        Some(List { lists, number })
    }

    /// Events that this one caused.
    pub(super) fn effects(&self, cause: EventId) -> Option<List<'_>> {
        let number = self.causes.find(&cause)?;
        let lists = &self.effects;
        Some(List { lists, number })
    }

    /// The events of this store that caused one, as its frame names them, each once.
    pub(super) fn causes(&self, number: u32) -> impl Iterator<Item = EventId> {
        let [before] = self.before.get(number).unwrap_or([u64::MAX]);
        let from = u32::try_from(before).unwrap_or(u32::MAX);
        let causes = self.effects.iter_from(from);
        let causes = causes.take_while(move |(_, of)| *of == number);
        causes.filter_map(|(list, _)| self.causes.key(list).copied())
    }

    /// What each event is linked to, for events that are asked about in their order.
    pub(super) fn in_order(&self) -> InOrder<'_, impl Iterator<Item = (u32, u32)>> {
        InOrder {
            links: self,
            correlated: self.correlated.iter().peekable(),
            effects: self.effects.iter().peekable(),
        }
    }
}

/// What events are linked to, one event after the other.
pub(super) struct InOrder<'a, I: Iterator<Item = (u32, u32)>> {
    links: &'a Links,
    correlated: Peekable<I>,
    effects: Peekable<I>,
}

impl<I: Iterator<Item = (u32, u32)>> InOrder<'_, I> {
    /// The correlation and the causes of an event that is not before the one asked about last.
    pub(super) fn of(&mut self, number: u32) -> (Option<CorrelationId>, Vec<EventId>) {
        let mut correlation = None;
        while let Some((list, of)) = self.correlated.next_if(|(_, of)| *of <= number) {
            let found = self.links.correlations.key(list).copied();
            correlation = found.filter(|_| of == number).or(correlation);
        }
        let mut causes = Vec::new();
        while let Some((list, of)) = self.effects.next_if(|(_, of)| *of <= number) {
            let found = self.links.causes.key(list).filter(|_| of == number);
            causes.extend(found);
        }
        (correlation, causes)
    }
}
