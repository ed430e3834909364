//! The identity, and what else is in the directory when there is none.

/// What the two slots of the identity say together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Slots {
    /// No file, or one in which nothing was ever written.
    Absent,
    /// One holds; the other is older, or was never written.
    Whole,
    /// One holds, the other is damaged.
    OneDamaged,
    /// None can be read.
    Unreadable,
    /// A newer version wrote one.
    Future,
}

/// How an open starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Start {
    /// With the identity that holds.
    Use,
    /// The same, as after a crash: the damaged slot may have held something newer.
    UseOlder,
    /// Refuse to write. Reading puts the identity together from the segment headers.
    FromHeaders,
    /// A writable open creates a store; for reading there is none.
    Create,
    /// Refuse both: the files are not a store's.
    NotAStore,
    /// Refuse both: a newer version knows what it means.
    RefuseVersion,
}

/// One row of the table. A fact matches when it is listed.
struct Row {
    slots: &'static [Slots],
    /// Whether there is a segment, and whether there is a file of no class of the store's.
    segments: &'static [bool],
    others: &'static [bool],
    start: Start,
}

const ANY: &[bool] = &[true, false];
const NONE: &[Slots] = &[Slots::Absent, Slots::Unreadable];

const ROWS: &[Row] = &[
    Row {
        slots: &[Slots::Whole],
        segments: ANY,
        others: ANY,
        start: Start::Use,
    },
    Row {
        slots: &[Slots::OneDamaged],
        segments: ANY,
        others: ANY,
        start: Start::UseOlder,
    },
    Row {
        slots: &[Slots::Future],
        segments: ANY,
        others: ANY,
        start: Start::RefuseVersion,
    },
    Row {
        slots: NONE,
        segments: &[true],
        others: ANY,
        start: Start::FromHeaders,
    },
    Row {
        slots: NONE,
        segments: &[false],
        others: &[false],
        start: Start::Create,
    },
    Row {
        slots: NONE,
        segments: &[false],
        others: &[true],
        start: Start::NotAStore,
    },
];

/// The decision of the row that matches.
pub(crate) fn start(slots: Slots, segments: bool, others: bool) -> Start {
    let row = ROWS.iter().find(|row| {
        row.slots.contains(&slots)
            && row.segments.contains(&segments)
            && row.others.contains(&others)
    });
    // A test walks all combinations and finds a row for each.
    row.map_or(Start::NotAStore, |row| row.start)
}

#[cfg(test)]
mod tests {
    use super::super::tests::{cell, quoted, yes_or_no};
    use super::*;

    #[test]
    fn every_combination_matches_exactly_one_row() {
        for slots in [
            Slots::Absent,
            Slots::Whole,
            Slots::OneDamaged,
            Slots::Unreadable,
            Slots::Future,
        ] {
            for segments in [true, false] {
                for others in [true, false] {
                    let matching = ROWS.iter().filter(|row| {
                        row.slots.contains(&slots)
                            && row.segments.contains(&segments)
                            && row.others.contains(&others)
                    });
                    assert_eq!(matching.count(), 1, "{slots:?} {segments} {others}");
                    // A lineage is never minted where a segment or somebody's file is.
                    let created = start(slots, segments, others) == Start::Create;
                    assert!(!created || !(segments || others));
                }
            }
        }
    }

    #[test]
    fn the_document_quotes_every_row() {
        for row in ROWS {
            quoted(&[
                cell(row.slots, 5),
                yes_or_no(row.segments),
                yes_or_no(row.others),
                format!("{:?}", row.start),
            ]);
        }
    }
}
