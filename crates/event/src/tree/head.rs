//! The head of a tree, and its text form.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

use crate::Digest;

const DIGITS: usize = 64;

/// How many leaves a tree has, and its root: what commits to all events up to a sequence.
///
/// Text form: the size in decimal, `:`, and the root in 64 lowercase hexadecimal digits. It is read back with
/// digits of either case; a size has no sign and no zeros in front.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct TreeHead {
    /// Number of events in it.
    pub size: u64,
    /// Its root.
    pub root: Digest,
}

/// Why a text is not a tree head.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum TreeHeadParseError {
    /// Nothing separates size and root.
    #[error("tree head has no `:` between size and root")]
    Separator,
    /// What stands before the colon is not the size of a tree.
    #[error("tree head does not start with a size, a decimal number without zeros in front")]
    Size,
    /// The root has more or fewer than 64 digits.
    #[error("root of the tree head has {found} hexadecimal digits instead of 64")]
    Length {
        /// How many characters stand there.
        found: usize,
    },
    /// The root contains something that is no hexadecimal digit.
    #[error(
        "root of the tree head contains {found:?} at byte {position}, which is not a hexadecimal digit"
    )]
    Digits {
        /// The first such character.
        found: char,
        /// Its byte position in the root, from 0.
        position: usize,
    },
}

impl fmt::Display for TreeHead {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:", self.size)?;
        self.root
            .iter()
            .try_for_each(|byte| write!(formatter, "{byte:02x}"))
    }
}

impl fmt::Debug for TreeHead {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "TreeHead({self})")
    }
}

impl FromStr for TreeHead {
    type Err = TreeHeadParseError;

    fn from_str(text: &str) -> Result<Self, TreeHeadParseError> {
        let (size, root) = text.split_once(':').ok_or(TreeHeadParseError::Separator)?;
        Ok(Self {
            size: parse_size(size)?,
            root: parse_root(root)?,
        })
    }
}

/// Reads a number in the one form that it is written in.
fn parse_size(text: &str) -> Result<u64, TreeHeadParseError> {
    let plain = text == "0" || text.starts_with(|first| matches!(first, '1'..='9'));
    let size = text.parse().ok().filter(|_| plain);
    size.ok_or(TreeHeadParseError::Size)
}

fn parse_root(text: &str) -> Result<Digest, TreeHeadParseError> {
    let mut root = [0; 32];
    let mut found = 0;
    for (position, character) in text.char_indices() {
        let digit = character
            .to_digit(16)
            .and_then(|digit| u8::try_from(digit).ok())
            .ok_or(TreeHeadParseError::Digits {
                found: character,
                position,
            })?;
        if let Some(byte) = root.get_mut(found / 2) {
            *byte = *byte << 4 | digit;
        }
        found += 1;
    }
    if found == DIGITS {
        Ok(root)
    } else {
        Err(TreeHeadParseError::Length { found })
    }
}
