//! `// justifies: INV-ID; reason` stands before every construct that sets a rule aside.
//!
//! The constructs: `#[expect(..)]`, `#[allow(..)]`, an `unsafe` block or implementation, a relaxed
//! atomic ordering, `.expect(..)`. The comment belongs to the comment block directly before the
//! statement, so that a `SAFETY:` comment may share the block.

use std::collections::HashMap;

use crate::code::{Code, Line};
use crate::finding::Finding;

/// Shorter reasons only repeat the rule.
const REASON_WORDS: usize = 5;

const MARK: &str = "// justifies:";

/// One `justifies:` comment.
#[derive(Debug)]
pub(crate) struct Justification {
    path: String,
    line: usize,
    id: String,
    reason: String,
}

/// Collects the justifications of one file; reports constructs without one, and comments that
/// stand before no construct.
pub(crate) fn collect(path: &str, code: &Code, into: &mut Vec<Justification>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut used = Vec::new();
    for (number, line) in code.library() {
        if let Some(construct) = construct(line) {
            match comment_before(code, number) {
                Some(at) => used.push(at),
                None => findings.push(Finding::new(
                    path,
                    number,
                    format!("{construct} without `{MARK} INV-ID; reason` on the line before"),
                )),
            }
        }
    }
    for (number, line) in code.library() {
        let Some(text) = line.comment.strip_prefix(MARK) else {
            continue;
        };
        if !used.contains(&number) {
            findings.push(Finding::new(
                path,
                number,
                "justifies: comment stands alone, with nothing after it that needs it",
            ));
        }
        let (id, reason) = text.split_once(';').unwrap_or((text, ""));
        into.push(Justification {
            path: path.to_owned(),
            line: number,
            id: id.trim().to_owned(),
            reason: whole_reason(code, number, reason),
        });
    }
    findings
}

/// Judges justifications against each other and against the ids of the invariant catalog.
pub(crate) fn check(justifications: &[Justification], ids: &[&str]) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut reasons: HashMap<&str, &Justification> = HashMap::new();
    for one in justifications {
        let mut find = |message: String| {
            findings.push(Finding::new(&one.path, one.line, message));
        };
        if !ids.contains(&one.id.as_str()) {
            find(format!("{:?} is not in docs/invariants.md", one.id));
        }
        if one.reason.split(' ').count() < REASON_WORDS {
            find(format!("the reason has under {REASON_WORDS} words"));
        } else if let Some(other) = reasons.insert(&one.reason, one) {
            find(format!(
                "the reason repeats that of {}:{}",
                other.path, other.line
            ));
        }
    }
    findings
}

/// What on this line needs a justification.
fn construct(line: &Line) -> Option<&'static str> {
    let dense: String = line.code.split_whitespace().collect();
    let in_attribute = dense.starts_with("#[") || dense.starts_with("#![");
    let lowers = |level: &str| {
        in_attribute
            && [format!("[{level}("), format!(",{level}(")]
                .iter()
                .any(|a| dense.contains(a))
    };
    let has = |word: &str| line.words().any(|found| found == word);
    if lowers("expect") {
        Some("#[expect]")
    } else if lowers("allow") {
        Some("#[allow]")
    } else if dense.contains("unsafe{") || dense.ends_with("unsafe") {
        Some("unsafe block")
    } else if dense.contains("unsafeimpl") {
        Some("unsafe impl")
    } else if has("Relaxed") && !has("use") {
        Some("relaxed ordering")
    } else if dense.contains(".expect(") {
        Some(".expect()")
    } else {
        None
    }
}

/// The line of the `justifies:` comment directly before the statement that `number` belongs to.
fn comment_before(code: &Code, number: usize) -> Option<usize> {
    let mut in_comments = false;
    for at in (1..number).rev() {
        let line = code.line(at)?;
        let text = line.code.trim();
        let comment_only = text.is_empty() && !line.comment.is_empty();
        if comment_only && line.comment.starts_with(MARK) {
            return Some(at);
        }
        in_comments |= comment_only;
        let statement_ended = text.is_empty() || text.ends_with([';', '{', '}', ',']);
        if !comment_only && (in_comments || statement_ended) {
            return None;
        }
    }
    None
}

/// The reason with the comment lines that continue it, in lower case with single spaces.
fn whole_reason(code: &Code, number: usize, first: &str) -> String {
    let more = code
        .lines()
        .skip(number)
        .map(|(_, line)| line)
        .take_while(|line| line.code.trim().is_empty() && line.comment.starts_with("//"))
        .map(|line| line.comment.trim_start_matches('/'))
        .take_while(|text| !text.contains("SAFETY:") && !text.contains("justifies:"));
    let words: Vec<String> = std::iter::once(first)
        .chain(more)
        .flat_map(str::split_whitespace)
        .map(str::to_lowercase)
        .collect();
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::{check, collect};
    use crate::code::Code;
    use crate::finding::assert_findings;

    const GOOD: &str = "// justifies: INV-A; the length was checked just above\n";

    fn findings(text: &str, expected: &[&str]) {
        let mut all = Vec::new();
        let mut found = collect("a.rs", &Code::parse(text), &mut all);
        found.extend(check(&all, &["INV-A"]));
        assert_findings(&found, expected);
    }

    #[test]
    fn planted_constructs_without_a_comment_are_found() {
        let missing = [
            "#[expect(clippy::panic)]",
            "#![expect(dead_code)]",
            "#[cfg_attr(unix, expect(dead_code))]",
            "#![allow(missing_docs)]",
            "unsafe { f() }",
            "unsafe impl Send for A {}",
            "a.load(Ordering::Relaxed)",
            "a.expect(\"b\")",
        ];
        for construct in missing {
            findings(&format!("\n{construct}"), &["a.rs:2: "]);
            findings(&format!("{GOOD}{construct}"), &[]);
            findings(&format!("{GOOD}\n{construct}"), &["a.rs:3: ", "a.rs:1: "]);
            findings(&format!("#[cfg(test)]\nmod t {{\n{construct}\n}}"), &[]);
            findings(&format!("// {construct}\nf(\"{construct}\")"), &[]);
        }
    }

    #[test]
    fn one_comment_covers_the_statement_it_stands_before() {
        findings(&format!("{GOOD}// SAFETY: b\nunsafe {{ f() }}"), &[]);
        findings(
            &format!("{GOOD}#[expect(a)]\nlet a = b\n    .expect(\"c\");"),
            &[],
        );
        findings(
            &format!("{GOOD}a.expect(\"b\");\nc.expect(\"d\");"),
            &["a.rs:3: "],
        );
        findings("use a::Relaxed;\nunsafe fn f() {}", &[]);
    }

    #[test]
    fn planted_comments_that_say_too_little_are_found() {
        let construct = "#[expect(a)]\n";
        findings(GOOD, &["a.rs:1: justifies: comment stands alone"]);
        findings(
            &format!("// justifies: INV-B; the length was checked above\n{construct}"),
            &["a.rs:1: \"INV-B\" is not in"],
        );
        findings(
            &format!("// justifies: INV-A; four words are few\n{construct}"),
            &["a.rs:1: the reason has under 5 words"],
        );
        findings(
            &format!("// justifies: INV-A; four words are few\n// before these\n{construct}"),
            &[],
        );
        findings(
            &format!(
                "{GOOD}{construct}{}{construct}",
                GOOD.replace("the", "The ")
            ),
            &["a.rs:3: the reason repeats that of a.rs:1"],
        );
    }
}
