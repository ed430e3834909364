//! Every module starts with a `//!` line that says what it is, and stays small.

use crate::finding::Finding;

/// A longer file is a violation.
const MOST_LINES: usize = 500;

/// A longer file is worth a note.
const MANY_LINES: usize = 400;

/// Checks the first line and the length of a file.
pub(crate) fn check(path: &str, text: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    let header = text
        .lines()
        .next()
        .and_then(|line| line.strip_prefix("//!"));
    if header.is_none_or(|words| words.trim().is_empty()) {
        findings.push(Finding::new(
            path,
            1,
            "the first line is not a `//!` header",
        ));
    }
    let lines = text.lines().count();
    if lines > MOST_LINES {
        let message = format!("{lines} lines; at most {MOST_LINES}");
        findings.push(Finding::new(path, MOST_LINES + 1, message));
    }
    findings
}

/// A note for a file that nears the limit; it fails nothing.
pub(crate) fn note(path: &str, text: &str) -> Option<String> {
    let lines = text.lines().count();
    (MANY_LINES < lines && lines <= MOST_LINES)
        .then(|| format!("note: {path} has {lines} lines; {MOST_LINES} is the limit"))
}

#[cfg(test)]
mod tests {
    use super::{check, note};
    use crate::finding::assert_findings;

    #[test]
    fn planted_files_without_a_header_are_found() {
        for text in ["", "\n//! Late.", "//!\n//! Empty.", "// Plain.", "use a;"] {
            assert_findings(&check("a.rs", text), &["a.rs:1: the first line"]);
        }
        assert_findings(&check("a.rs", "//! What it is.\n"), &[]);
    }

    #[test]
    fn planted_long_files_are_found() {
        let file = |lines: usize| format!("//! A.{}", "\n".repeat(lines));
        assert_findings(&check("a.rs", &file(501)), &["a.rs:501: 501 lines"]);
        assert_findings(&check("a.rs", &file(500)), &[]);
        assert!(note("a.rs", &file(401)).is_some());
        assert!(note("a.rs", &file(400)).is_none());
    }
}
