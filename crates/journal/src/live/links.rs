//! What leads from one event of a segment to others: shared correlations, and causes to effects.

use std::collections::HashMap;

use batpak_event::{CorrelationId, EventId};
use foldhash::fast::RandomState;

/// The links of the events of one segment.
#[derive(Debug, Default)]
pub(super) struct Links {
    /// Of the events that have any, ascending.
    events: Vec<Linked>,
    correlated: HashMap<CorrelationId, Vec<u64>, RandomState>,
    effects: HashMap<EventId, Vec<u64>, RandomState>,
}

/// An event with what it is linked to, so that it can be taken out again.
#[derive(Debug)]
struct Linked {
    sequence: u64,
    correlation: Option<CorrelationId>,
    causes: Vec<EventId>,
}

impl Links {
    /// Adds the links of the next event.
    pub(super) fn push(
        &mut self,
        sequence: u64,
        correlation: Option<CorrelationId>,
        causes: &[EventId],
    ) {
        if correlation.is_none() && causes.is_empty() {
            return;
        }
        let mut causes = causes.to_vec();
        causes.sort_unstable();
        causes.dedup();
        for cause in &causes {
            self.effects.entry(*cause).or_default().push(sequence);
        }
        if let Some(correlation) = correlation {
            self.correlated
                .entry(correlation)
                .or_default()
                .push(sequence);
        }
        self.events.push(Linked {
            sequence,
            correlation,
            causes,
        });
    }

    /// Forgets the links of the newest event that has any, if that is this one.
    pub(super) fn pop(&mut self, sequence: u64) {
        let newest = self.events.pop_if(|linked| linked.sequence == sequence);
        let Some(linked) = newest else { return };
        for cause in &linked.causes {
            if let Some(effects) = self.effects.get_mut(cause) {
                effects.pop();
            }
        }
        let correlation = linked.correlation;
        if let Some(events) = correlation.and_then(|id| self.correlated.get_mut(&id)) {
            events.pop();
        }
    }

    /// Events with this correlation, ascending.
    pub(super) fn correlated(&self, correlation: CorrelationId) -> &[u64] {
        self.correlated.get(&correlation).map_or(&[], Vec::as_slice)
    }

    /// Events that this one caused, ascending.
    pub(super) fn effects(&self, cause: EventId) -> &[u64] {
        self.effects.get(&cause).map_or(&[], Vec::as_slice)
    }
}
