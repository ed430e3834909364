//! What lies between submitting and acknowledging: how much, and under which labels.

use std::collections::HashMap;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use batpak::EventId;

use crate::input::Label;

/// State shared by the thread that submits and the one that acknowledges.
pub(super) struct Window {
    limit: u32,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    pending: u32,
    committed: u64,
    stopped: bool,
    labels: HashMap<Label, Labelled>,
}

/// The event that a label means.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Labelled {
    /// That of a line which is submitted and not acknowledged.
    Line(u64),
    /// This one.
    Event(EventId),
}

impl Window {
    /// A window in which at most `limit` events are pending.
    pub(super) fn new(limit: u32) -> Window {
        Window {
            limit,
            state: Mutex::default(),
            changed: Condvar::new(),
        }
    }

    /// Waits until one more event may be pending and counts it; from now on `labels` mean it.
    /// False when acknowledging has stopped.
    pub(super) fn admit(&self, line: u64, labels: &[Label]) -> bool {
        let mut state = self.wait_while(|state| state.pending >= self.limit);
        if state.stopped {
            return false;
        }
        state.pending += 1;
        for label in labels {
            state.labels.insert(label.clone(), Labelled::Line(line));
        }
        true
    }

    /// Counts the event of `line` as committed.
    pub(super) fn acknowledge(&self, line: u64, labels: &[Label], id: EventId) {
        let mut state = self.lock();
        state.pending = state.pending.saturating_sub(1);
        state.committed += 1;
        for label in labels {
            // A later line may have taken the label over.
            if let Some(labelled) = state.labels.get_mut(label)
                && *labelled == Labelled::Line(line)
            {
                *labelled = Labelled::Event(id);
            }
        }
        self.changed.notify_all();
    }

    /// The event that an earlier line with this label became; waits until it is committed.
    pub(super) fn labelled(&self, label: &Label) -> Option<EventId> {
        let state =
            self.wait_while(|state| matches!(state.labels.get(label), Some(Labelled::Line(_))));
        match state.labels.get(label) {
            Some(Labelled::Event(id)) => Some(*id),
            Some(Labelled::Line(_)) | None => None,
        }
    }

    /// Waits until nothing is pending.
    pub(super) fn drain(&self) {
        drop(self.wait_while(|state| state.pending > 0));
    }

    /// Ends every wait: there will be no further acknowledgement.
    pub(super) fn stop(&self) {
        self.lock().stopped = true;
        self.changed.notify_all();
    }

    /// Whether acknowledging has stopped.
    pub(super) fn is_stopped(&self) -> bool {
        self.lock().stopped
    }

    /// Events that are committed.
    pub(super) fn committed(&self) -> u64 {
        self.lock().committed
    }

    /// The state as soon as `blocked` is false or acknowledging has stopped.
    fn wait_while(&self, blocked: impl Fn(&State) -> bool) -> MutexGuard<'_, State> {
        self.changed
            .wait_while(self.lock(), |state| !state.stopped && blocked(state))
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::{EventId, Label, Window};

    #[test]
    fn the_latest_line_with_a_label_has_it() {
        let window = Window::new(2);
        let label = [Label::Sequence(1)];
        assert_eq!(window.labelled(&label[0]), None);
        assert!(window.admit(1, &label));
        assert!(window.admit(2, &label));
        window.acknowledge(1, &label, EventId::new(10));
        window.acknowledge(2, &label, EventId::new(20));
        assert_eq!(window.labelled(&label[0]), Some(EventId::new(20)));
        assert_eq!(window.committed(), 2);
    }

    #[test]
    fn a_full_window_admits_after_an_acknowledgement_or_a_stop() {
        let window = Window::new(1);
        assert!(window.admit(1, &[]));
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| window.admit(2, &[]));
            window.acknowledge(1, &[], EventId::new(1));
            assert!(waiting.join().expect("no panic"));
            let waiting = scope.spawn(|| window.admit(3, &[]));
            window.stop();
            assert!(!waiting.join().expect("no panic"));
        });
        window.drain();
        assert!(window.is_stopped());
    }
}
