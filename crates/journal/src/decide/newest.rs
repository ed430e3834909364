//! The newest segment: from what is found of it to what is done with it.

use crate::sabotage::{Bug, planted};

/// How the newest segment's length stands to what is known of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// As the record of a clean close says, and both identity slots agree.
    Closed,
    /// Shorter than was durable.
    Short,
    /// Nobody closed it, or bytes were added to it since.
    Open,
}

/// What follows the last whole unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rest {
    /// Nothing, or zeros to the end.
    Clean,
    /// Anything else.
    Torn,
}

/// What the segment holds in whole units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Content {
    /// None.
    Nothing,
    /// Some.
    Units,
    /// Some, the last of them a seal.
    Sealed,
}

/// What is found of the newest segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Facts {
    pub(crate) standing: Standing,
    /// Whether more was durable than is whole: a frame, the header, or the record attests it.
    pub(crate) missing: bool,
    pub(crate) rest: Rest,
    pub(crate) content: Content,
}

/// What is done with the newest segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Decision {
    /// Refuse to write: the file was cut. Reading serves what is whole.
    RefuseCut,
    /// Refuse to write: durable bytes are damaged. Reading serves around them.
    RefuseDamage,
    /// Go on where the close left off.
    Resume,
    /// Make what is whole durable and go on behind it.
    Continue,
    /// Make what is whole durable and go on in the next segment, whose header ends this one.
    EndHere,
    /// Nothing of it is needed: a new file takes its place under its id.
    Replace,
}

/// One row of the table. A fact matches when it is listed.
struct Row {
    standing: &'static [Standing],
    missing: &'static [bool],
    rest: &'static [Rest],
    content: &'static [Content],
    decision: Decision,
}

const ANY: &[bool] = &[true, false];
const NO: &[bool] = &[false];
const ANY_REST: &[Rest] = &[Rest::Clean, Rest::Torn];
const CLEAN: &[Rest] = &[Rest::Clean];
const TORN: &[Rest] = &[Rest::Torn];
const ANY_CONTENT: &[Content] = &[Content::Nothing, Content::Units, Content::Sealed];
const UNSEALED: &[Content] = &[Content::Nothing, Content::Units];
const SOME: &[Content] = &[Content::Units, Content::Sealed];

const ROWS: &[Row] = &[
    Row {
        standing: &[Standing::Short],
        missing: ANY,
        rest: ANY_REST,
        content: ANY_CONTENT,
        decision: Decision::RefuseCut,
    },
    Row {
        standing: &[Standing::Closed, Standing::Open],
        missing: &[true],
        rest: ANY_REST,
        content: ANY_CONTENT,
        decision: Decision::RefuseDamage,
    },
    Row {
        standing: &[Standing::Closed],
        missing: NO,
        rest: TORN,
        content: ANY_CONTENT,
        decision: Decision::RefuseDamage,
    },
    Row {
        standing: &[Standing::Closed],
        missing: NO,
        rest: CLEAN,
        content: UNSEALED,
        decision: Decision::Resume,
    },
    Row {
        standing: &[Standing::Closed, Standing::Open],
        missing: NO,
        rest: CLEAN,
        content: &[Content::Sealed],
        decision: Decision::EndHere,
    },
    Row {
        standing: &[Standing::Open],
        missing: NO,
        rest: CLEAN,
        content: UNSEALED,
        decision: Decision::Continue,
    },
    Row {
        standing: &[Standing::Open],
        missing: NO,
        rest: TORN,
        content: SOME,
        decision: Decision::EndHere,
    },
    Row {
        standing: &[Standing::Open],
        missing: NO,
        rest: TORN,
        content: &[Content::Nothing],
        decision: Decision::Replace,
    },
];

impl Row {
    fn matches(&self, facts: &Facts) -> bool {
        self.standing.contains(&facts.standing)
            && self.missing.contains(&facts.missing)
            && self.rest.contains(&facts.rest)
            && self.content.contains(&facts.content)
    }
}

/// The decision of the row that matches.
pub(crate) fn newest(facts: &Facts) -> Decision {
    let row = ROWS.iter().find(|row| row.matches(facts));
    // A test walks all combinations and finds a row for each.
    let decision = row.map_or(Decision::RefuseDamage, |row| row.decision);
    let torn = facts.rest == Rest::Torn && decision != Decision::RefuseDamage;
    if torn && planted(Bug::GoOnBehindTornEnd) {
        Decision::Continue
    } else {
        decision
    }
}

/// How a length stands to the record of a clean close, or, without one, to the capacity that was
/// synced before the first frame. A damaged identity slot may have held the record.
pub(crate) fn standing(
    len: u64,
    recorded: Option<u64>,
    capacity: u64,
    slot_damaged: bool,
) -> Standing {
    match recorded {
        Some(recorded) if len < recorded => Standing::Short,
        Some(recorded) if len == recorded && !slot_damaged => Standing::Closed,
        None if len < capacity && !slot_damaged => Standing::Short,
        _ => Standing::Open,
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{cell, quoted, yes_or_no};
    use super::*;

    fn all_facts() -> Vec<Facts> {
        let mut all = Vec::new();
        for standing in [Standing::Closed, Standing::Short, Standing::Open] {
            for missing in [true, false] {
                for rest in [Rest::Clean, Rest::Torn] {
                    for content in [Content::Nothing, Content::Units, Content::Sealed] {
                        all.push(Facts {
                            standing,
                            missing,
                            rest,
                            content,
                        });
                    }
                }
            }
        }
        all
    }

    #[test]
    fn every_combination_matches_exactly_one_row() {
        for facts in all_facts() {
            let matching = ROWS.iter().filter(|row| row.matches(&facts)).count();
            assert_eq!(matching, 1, "{facts:?}");
        }
    }

    #[test]
    fn whatever_was_durable_and_is_missing_is_refused() {
        for facts in all_facts() {
            let refused = matches!(newest(&facts), Decision::RefuseCut | Decision::RefuseDamage);
            if facts.missing || facts.standing == Standing::Short {
                assert!(refused, "{facts:?}");
            }
            // What a crash can leave is never refused.
            if facts.standing == Standing::Open && !facts.missing {
                assert!(!refused, "{facts:?}");
            }
        }
    }

    #[test]
    fn the_document_quotes_every_row() {
        for row in ROWS {
            quoted(&[
                cell(row.standing, 3),
                yes_or_no(row.missing),
                cell(row.rest, 2),
                cell(row.content, 3),
                format!("{:?}", row.decision),
            ]);
        }
    }

    #[test]
    fn lengths_stand_to_what_is_known() {
        let cases = [
            (100, Some(100), 1000, false, Standing::Closed),
            (99, Some(100), 1000, false, Standing::Short),
            (101, Some(100), 1000, false, Standing::Open),
            (100, Some(100), 1000, true, Standing::Open),
            (1000, None, 1000, false, Standing::Open),
            (1001, None, 1000, false, Standing::Open),
            (999, None, 1000, false, Standing::Short),
            (999, None, 1000, true, Standing::Open),
        ];
        for (len, recorded, capacity, slot_damaged, expected) in cases {
            let found = standing(len, recorded, capacity, slot_damaged);
            assert_eq!(
                found, expected,
                "{len} {recorded:?} {capacity} {slot_damaged}"
            );
        }
    }
}
