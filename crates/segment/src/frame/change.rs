//! Changes of which events are shown.

use batpak_coordinate::Sequence;

use super::ControlFrame;
use super::control::{HIDE, UNHIDE};

/// What a `hide` or `unhide` frame says. A later change holds where it overlaps an earlier one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VisibilityChange {
    /// Whether events are hidden; otherwise they are shown again.
    pub hides: bool,
    /// First sequence, not above the last one.
    pub first: Sequence,
    /// Last sequence.
    pub last: Sequence,
}

impl VisibilityChange {
    /// The change that a control frame makes, if it makes one.
    #[must_use]
    pub fn of(frame: &ControlFrame) -> Option<VisibilityChange> {
        let (hides, first, last) = match *frame {
            ControlFrame::Hide { first, last } => (true, first, last),
            ControlFrame::Unhide { first, last } => (false, first, last),
            _ => return None,
        };
        Some(VisibilityChange { hides, first, last })
    }

    /// The control frame that makes it.
    #[must_use]
    pub fn frame(self) -> ControlFrame {
        let VisibilityChange { hides, first, last } = self;
        if hides {
            ControlFrame::Hide { first, last }
        } else {
            ControlFrame::Unhide { first, last }
        }
    }

    /// The control type of that frame.
    pub(crate) fn control_type(self) -> u16 {
        if self.hides { HIDE } else { UNHIDE }
    }

    /// The change with these facts, if there can be such a frame.
    pub(crate) fn of_facts(control_type: u64, first: u64, last: u64) -> Option<VisibilityChange> {
        let hides = match u16::try_from(control_type) {
            Ok(HIDE) => true,
            Ok(UNHIDE) => false,
            _ => return None,
        };
        let (first, last) = (Sequence(first), Sequence(last));
        (!first.is_none() && first <= last).then_some(VisibilityChange { hides, first, last })
    }
}
