//! No marks of unfinished work in the text of the tree: it is finished, or it is an issue.

use crate::code::is_word;
use crate::finding::Finding;

/// The marks, in parts, so that this file does not hold them.
const MARKS: [[&str; 2]; 4] = [["TO", "DO"], ["FIX", "ME"], ["XX", "X"], ["HA", "CK"]];

/// Where the text is that must not hold marks.
pub(crate) const PLACES: [&str; 6] = [
    "crates",
    "docs",
    "xtask",
    "README.md",
    "ARCHITECTURE.md",
    "CHANGELOG.md",
];

/// Checks the text of one file.
pub(crate) fn check(path: &str, text: &str) -> Vec<Finding> {
    let marks = MARKS.map(|parts| parts.concat());
    (1..)
        .zip(text.lines())
        .flat_map(|(number, line)| line.split(|c| !is_word(c)).map(move |word| (number, word)))
        .filter(|(_, word)| marks.iter().any(|mark| mark == word))
        .map(|(number, word)| Finding::new(path, number, format!("{word} in the text")))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{MARKS, check};
    use crate::finding::assert_findings;

    #[test]
    fn planted_marks_are_found_as_whole_words() {
        for mark in MARKS.map(|parts| parts.concat()) {
            let text = format!("fine\n// {mark}: later");
            assert_findings(&check("a.md", &text), &[&format!("a.md:2: {mark}")]);
            assert_findings(&check("a.md", &format!("{mark}S and a{mark}")), &[]);
        }
    }
}
