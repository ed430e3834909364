//! A segment above the highest that the identity names: nothing acknowledged is in it.

use super::Header;

/// What is done with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Above {
    /// It is the newest segment: a crash came between its name and the identity.
    Adopt,
    /// A writable open moves it out of the way, reading passes it over; both report it.
    SetAside,
    /// A writable open refuses, because it is somebody else's; reading passes it over.
    RefuseOther,
    /// Refuse both: a newer version knows what it means.
    RefuseVersion,
}

/// One row of the table. A fact matches when it is listed.
struct Row {
    header: &'static [Header],
    /// Whether it has the next id and continues the log exactly.
    continues: &'static [bool],
    decision: Above,
}

const ANY: &[bool] = &[true, false];

const ROWS: &[Row] = &[
    Row {
        header: &[Header::Named],
        continues: &[true],
        decision: Above::Adopt,
    },
    Row {
        header: &[Header::Named],
        continues: &[false],
        decision: Above::SetAside,
    },
    Row {
        header: &[Header::Missing, Header::Damaged],
        continues: ANY,
        decision: Above::SetAside,
    },
    Row {
        header: &[Header::Other],
        continues: ANY,
        decision: Above::RefuseOther,
    },
    Row {
        header: &[Header::Future],
        continues: ANY,
        decision: Above::RefuseVersion,
    },
];

/// The decision of the row that matches.
pub(crate) fn above(header: Header, continues: bool) -> Above {
    let row = ROWS
        .iter()
        .find(|row| row.header.contains(&header) && row.continues.contains(&continues));
    // A test walks all combinations and finds a row for each.
    row.map_or(Above::RefuseOther, |row| row.decision)
}

#[cfg(test)]
mod tests {
    use super::super::tests::{HEADERS, cell, quoted, yes_or_no};
    use super::*;

    #[test]
    fn every_combination_matches_exactly_one_row() {
        for header in HEADERS {
            for continues in ANY {
                let matching = ROWS.iter().filter(|row| {
                    row.header.contains(&header) && row.continues.contains(continues)
                });
                assert_eq!(matching.count(), 1, "{header:?} {continues}");
                let adopted = header == Header::Named && *continues;
                assert_eq!(above(header, *continues) == Above::Adopt, adopted);
            }
        }
    }

    #[test]
    fn the_document_quotes_every_row() {
        for row in ROWS {
            let decision = format!("{:?}", row.decision);
            quoted(&[cell(row.header, 5), yes_or_no(row.continues), decision]);
        }
    }
}
