//! The port through which an index asks what is wanted.

use crate::coordinate::Coordinate;
use crate::filter::KindFilter;
use crate::kind::EventKind;
use crate::region::Region;

/// Anything that selects events by entity, scope and kind.
///
/// [`Selector::matches`] decides. The other methods tell what every selected event has in common,
/// so that an index may look at fewer events; an index that ignores them stays correct.
pub trait Selector {
    /// Whether an event of this entity, scope and kind is selected.
    fn matches(&self, entity: &str, scope: &str, kind: EventKind) -> bool;

    /// The name that every selected entity is, or continues with `:`.
    fn entity_prefix(&self) -> Option<&str>;

    /// The one entity that is selected.
    fn exact_entity(&self) -> Option<&str>;

    /// The one scope that is selected.
    fn exact_scope(&self) -> Option<&str>;

    /// The kinds that are selected.
    fn kind_filter(&self) -> KindFilter;
}

impl Selector for Region {
    fn matches(&self, entity: &str, scope: &str, kind: EventKind) -> bool {
        self.matches_event(entity, scope, kind)
    }

    fn entity_prefix(&self) -> Option<&str> {
        Region::entity_prefix(self)
    }

    fn exact_entity(&self) -> Option<&str> {
        None
    }

    fn exact_scope(&self) -> Option<&str> {
        Region::exact_scope(self)
    }

    fn kind_filter(&self) -> KindFilter {
        self.fact().unwrap_or_default()
    }
}

impl Selector for KindFilter {
    fn matches(&self, _entity: &str, _scope: &str, kind: EventKind) -> bool {
        self.matches_kind(kind)
    }

    fn entity_prefix(&self) -> Option<&str> {
        None
    }

    fn exact_entity(&self) -> Option<&str> {
        None
    }

    fn exact_scope(&self) -> Option<&str> {
        None
    }

    fn kind_filter(&self) -> KindFilter {
        *self
    }
}

impl Selector for Coordinate {
    fn matches(&self, entity: &str, scope: &str, _kind: EventKind) -> bool {
        self.entity() == entity && self.scope() == scope
    }

    fn entity_prefix(&self) -> Option<&str> {
        Some(self.entity())
    }

    fn exact_entity(&self) -> Option<&str> {
        Some(self.entity())
    }

    fn exact_scope(&self) -> Option<&str> {
        Some(self.scope())
    }

    fn kind_filter(&self) -> KindFilter {
        KindFilter::Any
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What `selector` says about a fixed set of events must agree with what it decides.
    fn check(selector: &dyn Selector, expected: &[bool]) {
        let kind = EventKind::custom(1, 1);
        let events = [
            ("user", "shop", kind),
            ("user:1", "shop", kind),
            ("user:1", "bank", kind),
            ("user:1", "shop", EventKind::custom(2, 1)),
            ("users", "shop", kind),
        ];
        for ((entity, scope, kind), expected) in events.into_iter().zip(expected) {
            let decided = selector.matches(entity, scope, kind);
            assert_eq!(decided, *expected, "{entity} {scope} {kind}");
            let hinted = selector
                .entity_prefix()
                .is_none_or(|prefix| Region::entity(prefix).matches_event(entity, scope, kind))
                && selector.exact_entity().is_none_or(|exact| exact == entity)
                && selector.exact_scope().is_none_or(|exact| exact == scope)
                && selector.kind_filter().matches_kind(kind);
            assert!(hinted || !decided, "{entity} {scope} {kind}");
        }
    }

    #[test]
    fn hints_never_exclude_what_is_selected() {
        check(&Region::all(), &[true; 5]);
        check(
            &Region::entity("user")
                .with_scope("shop")
                .with_fact_category(1),
            &[true, true, false, false, false],
        );
        check(
            &KindFilter::Category(2),
            &[false, false, false, true, false],
        );
        check(
            &Coordinate::new("user:1", "shop").unwrap(),
            &[false, true, false, true, false],
        );
    }

    #[test]
    fn a_coordinate_is_one_entity_and_a_region_a_prefix() {
        let coordinate = Coordinate::new("user:1", "shop").unwrap();
        assert_eq!(Selector::exact_entity(&coordinate), Some("user:1"));
        let region = Region::entity("user:1");
        assert_eq!(Selector::exact_entity(&region), None);
        assert_eq!(Selector::entity_prefix(&region), Some("user:1"));
        assert_eq!(Selector::kind_filter(&region), KindFilter::Any);
    }
}
