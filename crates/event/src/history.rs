//! Which history an event belongs to: lineage, branch and epoch.

use std::fmt;

use serde::{Deserialize, Serialize};

macro_rules! random_name {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        ///
        /// Text form: 32 lowercase hexadecimal digits. Serde form: 16 big-endian bytes.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(#[serde(with = "crate::bytes16")] pub u128);

        impl $name {
            /// The number.
            #[must_use]
            pub const fn get(self) -> u128 {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(formatter, "{:032x}", self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(formatter, concat!(stringify!($name), "({:032x})"), self.0)
            }
        }
    };
}

random_name! {
    /// Names one history; copies of a store share it, because they share their past.
    Lineage
}

random_name! {
    /// Names one continuation of a lineage: minted anew when a store is created, forked or restored.
    BranchId
}

/// Counts the times a store was opened for writing, from 1.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Epoch(pub u64);

impl Epoch {
    /// The number.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0
    }

    /// The epoch of the next writable open; the last epoch stays what it is.
    #[must_use]
    pub const fn next(self) -> Epoch {
        Epoch(self.0.saturating_add(1))
    }
}

impl fmt::Display for Epoch {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

impl fmt::Debug for Epoch {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_print_as_32_digits_and_epochs_as_numbers() {
        assert_eq!(Lineage(0xab).to_string(), format!("{:0>32}", "ab"));
        assert_eq!(BranchId(u128::MAX).to_string(), "f".repeat(32));
        assert_eq!(Epoch(7).to_string(), "7");
    }

    #[test]
    fn the_last_epoch_has_no_successor() {
        assert_eq!(Epoch(1).next(), Epoch(2));
        assert_eq!(Epoch(u64::MAX).next(), Epoch(u64::MAX));
    }
}
