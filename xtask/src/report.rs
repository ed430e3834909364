//! What the checks came to: one row each, and the line that counts them.

use std::time::{Duration, Instant};

use crate::finding::Finding;

/// What a check came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Nothing is wrong.
    Passed,
    /// Something is wrong, and was printed.
    Failed,
    /// A program that the check needs is missing, and that is allowed here.
    Skipped,
}

/// The rows of the closing table.
#[derive(Debug, Default)]
pub(crate) struct Report {
    rows: Vec<(&'static str, Duration, Outcome)>,
}

impl Report {
    /// Runs one check, and prints its name and how long it took.
    pub(crate) fn step(&mut self, name: &'static str, check: impl FnOnce() -> Outcome) {
        println!("== {name}");
        let start = Instant::now();
        let outcome = check();
        let taken = start.elapsed();
        println!("== {name}: {outcome:?} in {:.1} s", taken.as_secs_f64());
        self.rows.push((name, taken, outcome));
    }

    /// Prints the table and the counts; true when no check failed.
    pub(crate) fn close(&self) -> bool {
        println!();
        for (name, taken, outcome) in &self.rows {
            println!("{name:<14} {:>7.1} s  {outcome:?}", taken.as_secs_f64());
        }
        println!("{}", self.counts());
        self.count(Outcome::Failed) == 0
    }

    fn counts(&self) -> String {
        format!(
            "{} checks passed, {} failed, {} skipped",
            self.count(Outcome::Passed),
            self.count(Outcome::Failed),
            self.count(Outcome::Skipped)
        )
    }

    fn count(&self, wanted: Outcome) -> usize {
        let rows = self.rows.iter();
        rows.filter(|(_, _, outcome)| *outcome == wanted).count()
    }
}

/// Prints findings; none is a pass.
pub(crate) fn judge(findings: &[Finding]) -> Outcome {
    for finding in findings {
        println!("{finding}");
    }
    if findings.is_empty() {
        Outcome::Passed
    } else {
        Outcome::Failed
    }
}

/// Where checks are listed that may be skipped in continuous integration.
pub(crate) const OPTIONAL: &str = ".ci/optional";

/// What a check comes to whose program is missing, and what to print.
///
/// `optional` is the text of the list, with a line `check: reason` for each; it counts in
/// continuous integration only, where any other skip fails.
pub(crate) fn skip(check: &str, program: &str, in_ci: bool, optional: &str) -> (Outcome, String) {
    let line = format!("SKIPPED {check}: {program} missing");
    let listed = optional.lines().any(|line| {
        line.split_once(':')
            .is_some_and(|(name, reason)| name.trim() == check && !reason.trim().is_empty())
    });
    if in_ci && !listed {
        let message = format!("{check} is skipped without a line `{check}: reason`");
        let finding = Finding::new(OPTIONAL, 1, message);
        return (Outcome::Failed, format!("{line}\n{finding}"));
    }
    (Outcome::Skipped, line)
}

#[cfg(test)]
mod tests {
    use super::{Outcome, Report, judge, skip};
    use crate::finding::Finding;

    #[test]
    fn a_planted_skip_fails_in_ci_unless_it_is_listed_with_a_reason() {
        let cases = [
            (false, "", Outcome::Skipped),
            (true, "", Outcome::Failed),
            (true, "deny:", Outcome::Failed),
            (true, "# deny: no", Outcome::Failed),
            (true, "docs: slow", Outcome::Failed),
            (true, "docs: slow\ndeny: no network there", Outcome::Skipped),
        ];
        for (in_ci, optional, expected) in cases {
            let (outcome, printed) = skip("deny", "cargo-deny", in_ci, optional);
            assert_eq!(outcome, expected, "{optional:?}");
            let mut lines = printed.lines();
            assert_eq!(lines.next(), Some("SKIPPED deny: cargo-deny missing"));
            let finding = lines
                .next()
                .is_some_and(|l| l.starts_with(".ci/optional:1: deny"));
            assert_eq!(finding, expected == Outcome::Failed);
        }
    }

    #[test]
    fn one_finding_fails_the_report() {
        let mut report = Report::default();
        report.step("a", || judge(&[]));
        report.step("b", || Outcome::Skipped);
        assert!(report.close());
        report.step("c", || judge(&[Finding::new("a.rs", 1, "planted")]));
        assert!(!report.close());
        assert_eq!(report.counts(), "1 checks passed, 1 failed, 1 skipped");
    }
}
