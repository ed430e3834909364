//! A condition on the kind of an event.

use crate::kind::EventKind;

/// A condition on the kind of an event.
///
/// ```
/// use batpak_coordinate::{EventKind, KindFilter};
///
/// assert!(KindFilter::Category(0x1).matches_kind(EventKind::DATA));
/// assert!(!KindFilter::Exact(EventKind::TOMBSTONE).matches_kind(EventKind::DATA));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum KindFilter {
    /// Exactly this kind.
    Exact(EventKind),
    /// Every kind of this category. A category above 15 holds no kind.
    Category(u8),
    /// Every kind.
    #[default]
    Any,
}

impl KindFilter {
    /// Whether `kind` meets the condition.
    #[must_use]
    pub const fn matches_kind(self, kind: EventKind) -> bool {
        match self {
            KindFilter::Exact(exact) => exact.as_raw_u16() == kind.as_raw_u16(),
            KindFilter::Category(category) => category == kind.category(),
            KindFilter::Any => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_condition_selects_its_kinds() {
        let (one, other) = (EventKind::custom(1, 7), EventKind::custom(1, 8));
        for (filter, kind, expected) in [
            (KindFilter::Exact(one), one, true),
            (KindFilter::Exact(one), other, false),
            (KindFilter::Category(1), other, true),
            (KindFilter::Category(2), other, false),
            (KindFilter::Category(0x11), other, false),
            (KindFilter::Category(0xD), EventKind::EFFECT_ACK, true),
            (KindFilter::Any, EventKind::SYSTEM_INIT, true),
        ] {
            assert_eq!(filter.matches_kind(kind), expected, "{filter:?} {kind}");
        }
    }
}
