//! The numbers that order events, one type per meaning.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Text, serde and access that every number shares.
macro_rules! number {
    ($(#[$meta:meta])* $name:ident($inner:ty)) => {
        $(#[$meta])*
        #[derive(
            Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
        )]
        #[serde(transparent)]
        pub struct $name(pub $inner);

        impl $name {
            /// The plain number.
            #[must_use]
            pub const fn get(self) -> $inner {
                self.0
            }

            /// The number after this one; the largest number is its own successor.
            #[must_use]
            pub const fn next(self) -> $name {
                $name(self.0.saturating_add(1))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, formatter)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(&self.0, formatter)
            }
        }
    };
}

number! {
    /// The place of an event among all events of a store, from 1.
    ///
    /// 0 means no event, for example the predecessor of the first event of a stream.
    Sequence(u64)
}

number! {
    /// The place of an event in the stream of its entity, from 1; 0 means no event.
    StreamSequence(u64)
}

number! {
    /// The depth of an event in the causal graph: more than that of each of its causes.
    Generation(u32)
}

impl Sequence {
    /// No event.
    pub const NONE: Sequence = Sequence(0);

    /// Whether this is the number that means no event.
    #[must_use]
    pub const fn is_none(self) -> bool {
        self.0 == 0
    }
}

impl StreamSequence {
    /// No event.
    pub const NONE: StreamSequence = StreamSequence(0);

    /// Whether this is the number that means no event.
    #[must_use]
    pub const fn is_none(self) -> bool {
        self.0 == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_number_has_no_larger_successor() {
        assert_eq!(Sequence::NONE.next(), Sequence(1));
        assert_eq!(Sequence(u64::MAX).next(), Sequence(u64::MAX));
        assert_eq!(StreamSequence(u64::MAX).next(), StreamSequence(u64::MAX));
        assert_eq!(Generation(u32::MAX).next(), Generation(u32::MAX));
    }

    #[test]
    fn text_and_serde_are_the_plain_number() {
        let sequence = Sequence(42);
        assert_eq!(
            format!("{sequence} {sequence:?} {sequence:>4}"),
            "42 42   42"
        );
        assert_eq!(serde_json::to_string(&sequence).unwrap(), "42");
        assert_eq!(serde_json::from_str::<Sequence>("42").unwrap(), sequence);
        assert!(serde_json::from_str::<Generation>("4294967296").is_err());
        assert!(Sequence::NONE.is_none() && !sequence.is_none());
        assert!(StreamSequence::NONE.is_none() && !StreamSequence(1).is_none());
    }
}
