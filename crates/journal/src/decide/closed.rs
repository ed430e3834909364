//! A segment that the identity names as closed.

use super::Header;

/// What is found of its bytes up to where the identity says that it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Body {
    /// The file ends before.
    Short,
    /// A frame does not verify, does not follow, or is not the last one that it should be.
    Broken,
    /// Every frame verifies and follows, up to the recorded end and event.
    Whole,
}

/// What is done with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Closed {
    /// Its events are there.
    Take,
    /// Refuse to write. Reading serves the events around the damage.
    ServeAround,
    /// Refuse to write. For reading all of its events are lost.
    Lose,
    /// Refuse both: a newer version knows what it means.
    RefuseVersion,
}

/// One row of the table. A fact matches when it is listed.
struct Row {
    header: &'static [Header],
    body: &'static [Body],
    decision: Closed,
}

const ANY_BODY: &[Body] = &[Body::Short, Body::Broken, Body::Whole];

const ROWS: &[Row] = &[
    Row {
        header: &[Header::Named],
        body: &[Body::Whole],
        decision: Closed::Take,
    },
    Row {
        header: &[Header::Named],
        body: &[Body::Short, Body::Broken],
        decision: Closed::ServeAround,
    },
    Row {
        header: &[Header::Missing, Header::Damaged, Header::Other],
        body: ANY_BODY,
        decision: Closed::Lose,
    },
    Row {
        header: &[Header::Future],
        body: ANY_BODY,
        decision: Closed::RefuseVersion,
    },
];

/// The decision of the row that matches.
pub(crate) fn closed(header: Header, body: Body) -> Closed {
    let row = ROWS
        .iter()
        .find(|row| row.header.contains(&header) && row.body.contains(&body));
    // A test walks all combinations and finds a row for each.
    row.map_or(Closed::Lose, |row| row.decision)
}

#[cfg(test)]
mod tests {
    use super::super::tests::{HEADERS, cell, quoted};
    use super::*;

    #[test]
    fn every_combination_matches_exactly_one_row() {
        for header in HEADERS {
            for body in ANY_BODY {
                let matching = ROWS
                    .iter()
                    .filter(|row| row.header.contains(&header) && row.body.contains(body));
                assert_eq!(matching.count(), 1, "{header:?} {body:?}");
                let whole = header == Header::Named && *body == Body::Whole;
                assert_eq!(closed(header, *body) == Closed::Take, whole);
            }
        }
    }

    #[test]
    fn the_document_quotes_every_row() {
        for row in ROWS {
            let decision = format!("{:?}", row.decision);
            quoted(&[cell(row.header, 5), cell(row.body, 3), decision]);
        }
    }
}
