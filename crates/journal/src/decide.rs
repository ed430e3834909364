//! The recovery tables: from what is found in a directory to what is done with it.
//!
//! Every combination of the facts of a table matches exactly one of its rows; `docs/recovery.md`
//! quotes the rows. A table knows no file: it is given facts and returns a decision.

mod above;
mod closed;
mod identity;
mod newest;

pub(crate) use above::{Above, above};
pub(crate) use closed::{Body, Closed, closed};
pub(crate) use identity::{Slots, Start, start};
pub(crate) use newest::{Content, Decision, Facts, Rest, Standing, newest, standing};

/// What the header of a segment says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Header {
    /// There is no such file, or none that is a regular one.
    Missing,
    /// Too short, or it does not verify.
    Damaged,
    /// It belongs to another history, or it is not the segment of this name and place.
    Other,
    /// A newer version wrote it.
    Future,
    /// It is the one that is named.
    Named,
}

#[cfg(test)]
mod tests {
    use std::fmt::Debug;

    use super::Header;

    pub(super) const HEADERS: [Header; 5] = [
        Header::Missing,
        Header::Damaged,
        Header::Other,
        Header::Future,
        Header::Named,
    ];

    /// A cell of the document: the values that match, or `any`.
    pub(super) fn cell<T: Debug>(values: &[T], all: usize) -> String {
        if values.len() == all {
            return "any".to_owned();
        }
        let names: Vec<String> = values.iter().map(|value| format!("{value:?}")).collect();
        names.join(",")
    }

    pub(super) fn yes_or_no(values: &[bool]) -> String {
        match values {
            [true] => "yes".to_owned(),
            [false] => "no".to_owned(),
            _ => "any".to_owned(),
        }
    }

    /// Asserts that the document has a row that begins with these cells.
    pub(super) fn quoted(cells: &[String]) {
        let text = include_str!("../../../docs/recovery.md");
        let row = format!("|{}|", cells.join("|"));
        let found = text
            .lines()
            .filter(|line| line.starts_with('|'))
            .any(|line| line.replace([' ', '`'], "").starts_with(&row));
        assert!(found, "docs/recovery.md lacks {row}");
    }
}
