//! Which events a read or a subscription asks for.

use std::fmt::Write as _;
use std::sync::Arc;

use crate::filter::KindFilter;
use crate::kind::EventKind;

/// Which events a read or a subscription asks for; every condition that is set must hold.
///
/// The entity prefix ends at a name boundary: `user` selects `user` and everything that begins
/// with `user:`, and not `users`. A prefix is given without the `:` that ends it.
///
/// ```
/// use batpak_coordinate::{EventKind, Region};
///
/// let users = Region::entity("user").with_scope("shop");
/// assert!(users.matches_event("user:1", "shop", EventKind::DATA));
/// assert!(!users.matches_event("users", "shop", EventKind::DATA));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Region {
    entity_prefix: Option<Arc<str>>,
    scope: Option<Arc<str>>,
    fact: Option<KindFilter>,
    clock_range: Option<(u32, u32)>,
}

impl Region {
    /// Every event.
    #[must_use]
    pub fn all() -> Region {
        Region::default()
    }

    /// The events of the entity `prefix` and of those below it.
    #[must_use]
    pub fn entity(prefix: impl AsRef<str>) -> Region {
        Region {
            entity_prefix: Some(Arc::from(prefix.as_ref())),
            ..Region::default()
        }
    }

    /// The events of exactly this scope.
    #[must_use]
    pub fn scope(scope: impl AsRef<str>) -> Region {
        Region::all().with_scope(scope)
    }

    /// Asks for exactly this scope.
    #[must_use]
    pub fn with_scope(mut self, scope: impl AsRef<str>) -> Region {
        self.scope = Some(Arc::from(scope.as_ref()));
        self
    }

    /// Asks for the kinds that `fact` selects.
    #[must_use]
    pub fn with_fact(mut self, fact: KindFilter) -> Region {
        self.fact = Some(fact);
        self
    }

    /// Asks for every kind of a category.
    #[must_use]
    pub fn with_fact_category(self, category: u8) -> Region {
        self.with_fact(KindFilter::Category(category))
    }

    /// Asks for the stream sequences from the first to the last of `range`, both included.
    #[must_use]
    pub fn with_clock_range(mut self, range: (u32, u32)) -> Region {
        self.clock_range = Some(range);
        self
    }

    /// The entity prefix asked for.
    #[must_use]
    pub fn entity_prefix(&self) -> Option<&str> {
        self.entity_prefix.as_deref()
    }

    /// The scope asked for.
    #[must_use]
    pub fn exact_scope(&self) -> Option<&str> {
        self.scope.as_deref()
    }

    /// The condition on the kind.
    #[must_use]
    pub fn fact(&self) -> Option<KindFilter> {
        self.fact
    }

    /// The stream sequences asked for, both ends included.
    #[must_use]
    pub fn clock_range(&self) -> Option<(u32, u32)> {
        self.clock_range
    }

    /// Whether an event of this entity, scope and kind is asked for. Does not look at the range
    /// of stream sequences: that is [`Region::matches_clock`].
    #[must_use]
    pub fn matches_event(&self, entity: &str, scope: &str, kind: EventKind) -> bool {
        self.entity_prefix()
            .is_none_or(|prefix| within_prefix(entity, prefix))
            && self.exact_scope().is_none_or(|exact| exact == scope)
            && self.fact.is_none_or(|fact| fact.matches_kind(kind))
    }

    /// Whether the stream sequence `clock` is asked for.
    #[must_use]
    pub fn matches_clock(&self, clock: u32) -> bool {
        self.clock_range
            .is_none_or(|(first, last)| first <= clock && clock <= last)
    }

    /// Text that is equal for two regions exactly when they ask for the same.
    ///
    /// Saved with a cursor, so that a checkpoint is not resumed with another region. `*` stands
    /// for a condition that is not set; a text that is itself made of `*` gets one more, and a
    /// `|` or `=` inside a text is doubled.
    #[must_use]
    pub fn identity(&self) -> String {
        let mut identity = String::from("entity=");
        push_text(&mut identity, self.entity_prefix());
        identity.push_str("|scope=");
        push_text(&mut identity, self.exact_scope());
        // Writing to a String cannot fail.
        let _ = match self.fact {
            Some(KindFilter::Exact(kind)) => write!(
                identity,
                "|fact=exact:{:x}:{:x}",
                kind.category(),
                kind.type_id()
            ),
            Some(KindFilter::Category(category)) => {
                write!(identity, "|fact=category:{category:x}")
            }
            Some(KindFilter::Any) => write!(identity, "|fact=any"),
            None => write!(identity, "|fact=none"),
        };
        let _ = match self.clock_range {
            Some((first, last)) => write!(identity, "|clock={first}-{last}"),
            None => write!(identity, "|clock=*"),
        };
        identity
    }
}

/// Whether `entity` is `prefix`, or continues it with `:`.
fn within_prefix(entity: &str, prefix: &str) -> bool {
    entity
        .strip_prefix(prefix)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with(':'))
}

fn push_text(identity: &mut String, text: Option<&str>) {
    let Some(text) = text else {
        identity.push('*');
        return;
    };
    for character in text.chars() {
        identity.push(character);
        if matches!(character, '|' | '=') {
            identity.push(character);
        }
    }
    if !text.is_empty() && text.chars().all(|character| character == '*') {
        identity.push('*');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KIND: EventKind = EventKind::custom(0x1, 0x00A);

    #[test]
    fn a_prefix_ends_at_a_name_boundary() {
        for (prefix, entity, expected) in [
            ("user", "user", true),
            ("user", "user:1", true),
            ("user", "user:1:cart", true),
            ("user", "users", false),
            ("user", "use", false),
            ("user", "User", false),
            ("user", "a:user", false),
            ("user:1", "user:1", true),
            ("user:1", "user:1:cart", true),
            ("user:1", "user:10", false),
            ("user:", "user:1", false),
            ("", "user", false),
            ("é", "é:1", true),
        ] {
            let region = Region::entity(prefix);
            assert_eq!(
                region.matches_event(entity, "shop", KIND),
                expected,
                "{prefix:?} {entity:?}"
            );
        }
    }

    #[test]
    fn every_condition_must_hold() {
        let region = Region::entity("user")
            .with_scope("shop")
            .with_fact_category(1);
        for (entity, scope, kind, expected) in [
            ("user:1", "shop", KIND, true),
            ("order:1", "shop", KIND, false),
            ("user:1", "shop:a", KIND, false),
            ("user:1", "shop", EventKind::custom(2, 1), false),
        ] {
            assert_eq!(region.matches_event(entity, scope, kind), expected);
        }
        assert!(Region::all().matches_event("any", "where", EventKind::TOMBSTONE));
        assert!(!Region::scope("shop").matches_event("user", "other", KIND));
    }

    #[test]
    fn the_clock_range_includes_both_ends() {
        let region = Region::all().with_clock_range((3, 5));
        let selected: Vec<u32> = (0..9)
            .filter(|&clock| region.matches_clock(clock))
            .collect();
        assert_eq!(selected, [3, 4, 5]);
        assert!(Region::all().matches_clock(u32::MAX));
        let nothing = Region::all().with_clock_range((5, 3));
        assert!((0..9).all(|clock| !nothing.matches_clock(clock)));
        assert!(nothing.matches_event("user", "shop", KIND));
    }

    #[test]
    fn identities_differ_when_regions_do() {
        let cases = [
            (Region::all(), "entity=*|scope=*|fact=none|clock=*"),
            (
                Region::all().with_fact(KindFilter::Any),
                "entity=*|scope=*|fact=any|clock=*",
            ),
            (Region::entity("*"), "entity=**|scope=*|fact=none|clock=*"),
            (Region::entity(""), "entity=|scope=*|fact=none|clock=*"),
            (
                Region::entity("a|scope=b"),
                "entity=a||scope==b|scope=*|fact=none|clock=*",
            ),
            (
                Region::entity("a").with_scope("b"),
                "entity=a|scope=b|fact=none|clock=*",
            ),
            (
                Region::scope("s")
                    .with_fact(KindFilter::Exact(KIND))
                    .with_clock_range((1, 9)),
                "entity=*|scope=s|fact=exact:1:a|clock=1-9",
            ),
            (
                Region::scope("s").with_fact_category(0xD),
                "entity=*|scope=s|fact=category:d|clock=*",
            ),
        ];
        for (index, (region, identity)) in cases.iter().enumerate() {
            assert_eq!(&region.identity(), identity);
            for (other, _) in &cases[..index] {
                assert_ne!(region.identity(), other.identity());
            }
        }
    }
}
