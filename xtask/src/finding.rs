//! One violation, with the place where it is.

use std::fmt;

/// A violation that a check found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Finding {
    /// The file, relative to the root of the workspace.
    path: String,
    /// The line, from 1.
    line: usize,
    /// What is wrong, and what would be right.
    message: String,
}

impl Finding {
    /// A finding at `line` (from 1) of `path`.
    pub(crate) fn new(path: &str, line: usize, message: impl Into<String>) -> Self {
        Self {
            path: path.to_owned(),
            line,
            message: message.into(),
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.path, self.line, self.message)
    }
}

/// Asserts that the findings, as printed, start with `expected`, in order and in number.
#[cfg(test)]
pub(crate) fn assert_findings(findings: &[Finding], expected: &[&str]) {
    let printed: Vec<String> = findings.iter().map(ToString::to_string).collect();
    assert_eq!(printed.len(), expected.len(), "found {printed:#?}");
    for (found, start) in printed.iter().zip(expected) {
        assert!(
            found.starts_with(start),
            "{found:?} does not start with {start:?}"
        );
    }
}
