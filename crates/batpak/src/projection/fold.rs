//! The events of a stream, folded into one state.

use batpak_coordinate::EventKind;

use super::error::ProjectionError;
use super::event_sourced::EventSourced;
use super::input::ProjectionEvent;
use super::replay_buffer::ReplayBuffer;
use crate::error::StoreError;
use crate::read::EventRef;

/// A state in the making.
pub(super) struct Fold<T: EventSourced> {
    progress: Progress<T>,
    kinds: &'static [EventKind],
    buffer: ReplayBuffer<T::Input>,
}

enum Progress<T: EventSourced> {
    /// Nothing was folded yet.
    Empty,
    /// A state that takes one event at a time.
    State(T),
    /// The events so far, for a type that wants all at once.
    Collected(Vec<ProjectionEvent<T>>),
}

impl<T: EventSourced> Fold<T> {
    /// Begins before the first event.
    pub(super) fn new() -> Fold<T> {
        Fold::at(Progress::Empty)
    }

    /// Goes on from a state.
    pub(super) fn from_state(state: T) -> Fold<T> {
        Fold::at(Progress::State(state))
    }

    fn at(progress: Progress<T>) -> Fold<T> {
        Fold {
            progress,
            kinds: T::relevant_event_kinds(),
            buffer: ReplayBuffer::new(),
        }
    }

    /// Whether an event of this kind is folded.
    #[inline]
    pub(super) fn wants(&self, kind: EventKind) -> bool {
        self.kinds.is_empty() || self.kinds.contains(&kind)
    }

    /// Folds one more event, unless it is of a kind that is not folded.
    #[inline]
    pub(super) fn take(&mut self, event: &EventRef<'_>) -> Result<(), StoreError> {
        if !self.wants(event.kind()) {
            return Ok(());
        }
        if let Progress::Empty = self.progress {
            self.progress = match T::initial_state() {
                Some(state) => Progress::State(state),
                None => Progress::Collected(Vec::new()),
            };
        }
        let taken = match &mut self.progress {
            Progress::State(state) => state.replay_event(event, &mut self.buffer),
            Progress::Collected(events) => {
                let mut alone = ReplayBuffer::<T::Input>::new();
                let loaded = alone.load(event).map(|_| ());
                events.extend(alone.into_event());
                loaded
            }
            Progress::Empty => Ok(()),
        };
        taken.map_err(|source| ProjectionError::of::<T>(event, source))
    }

    /// The state; `None` when there was nothing to fold, or it comes to none.
    pub(super) fn finish(self) -> Option<T> {
        match self.progress {
            Progress::Empty => None,
            Progress::State(state) => Some(state),
            Progress::Collected(events) => T::from_events(&events),
        }
    }
}
