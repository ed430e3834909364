//! The invariant catalog, `docs/invariants.md`: every row names a test that witnesses it.

use crate::code::Code;
use crate::finding::Finding;

/// Where the catalog is.
pub(crate) const PATH: &str = "docs/invariants.md";

/// The invariant ids of the catalog, in its order.
pub(crate) fn ids(catalog: &str) -> Vec<&str> {
    rows(catalog).map(|(_, cells)| cells[0]).collect()
}

/// Checks every row; `read` gives the text of a file of the workspace.
pub(crate) fn check(catalog: &str, read: impl Fn(&str) -> Option<String>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut seen = Vec::new();
    if rows(catalog).next().is_none() {
        findings.push(Finding::new(PATH, 1, "there is no row of an invariant"));
    }
    for (number, cells) in rows(catalog) {
        let mut find = |message: String| findings.push(Finding::new(PATH, number, message));
        let [id, rule, witnesses] = cells[..] else {
            find("a row has three cells: id, rule, witness test".to_owned());
            continue;
        };
        if seen.contains(&id) {
            find(format!("{id} is there twice"));
        }
        seen.push(id);
        if rule.is_empty() {
            find(format!("{id} has no rule"));
        }
        if witnesses.is_empty() {
            find(format!("{id} names no witness test"));
        }
        for witness in witnesses.split(',').map(|w| w.trim().trim_matches('`')) {
            if !witness.is_empty() && !exists(witness, &read) {
                find(format!("{id}: there is no test {witness}"));
            }
        }
    }
    findings
}

/// The rows whose first cell is an id, with their line numbers.
fn rows(catalog: &str) -> impl Iterator<Item = (usize, Vec<&str>)> {
    (1..).zip(catalog.lines()).filter_map(|(number, line)| {
        let line = line.trim().strip_prefix('|')?;
        let line = line.strip_suffix('|').unwrap_or(line);
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        cells[0].starts_with("INV-").then_some((number, cells))
    })
}

/// Whether `path.rs::test_name` is a test that runs.
fn exists(witness: &str, read: &impl Fn(&str) -> Option<String>) -> bool {
    let Some((path, test)) = witness.split_once("::") else {
        return false;
    };
    let Some(text) = read(path) else {
        return false;
    };
    let code = Code::parse(&text);
    let mut attributes = String::new();
    for (_, line) in code.lines() {
        let mut words = line.words().skip_while(|word| *word != "fn").skip(1);
        if words.next() == Some(test) {
            return attributes.contains("#[test]") && !attributes.contains("#[ignore");
        }
        let text = line.code.trim();
        if text.starts_with("#[") {
            attributes.push_str(text);
        } else if !text.is_empty() {
            attributes.clear();
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::{check, ids};
    use crate::finding::assert_findings;

    const SOURCE: &str = "
        #[test]
        fn holds() {}
        fn helper() {}
        #[test]
        #[ignore]
        fn asleep() {}
        // #[test] fn gone() {}
    ";

    #[test]
    fn a_planted_empty_catalog_is_found() {
        let found = check("# Invariants\n", |_| None);
        assert_findings(&found, &["docs/invariants.md:1: there is no row"]);
    }

    #[test]
    fn planted_rows_without_a_running_test_are_found() {
        let cases: [(&str, &[&str]); 9] = [
            ("| INV-A | rule | `a.rs::holds` |", &[]),
            (
                "| INV-A | rule | a.rs::holds, a.rs::gone |",
                &["docs/invariants.md:3: INV-A: "],
            ),
            (
                "| INV-A | rule | a.rs::helper |",
                &["docs/invariants.md:3: INV-A: there is no"],
            ),
            (
                "| INV-A | rule | a.rs::asleep |",
                &["docs/invariants.md:3: INV-A: there is no"],
            ),
            (
                "| INV-A | rule | b.rs::holds |",
                &["docs/invariants.md:3: INV-A: there is no"],
            ),
            (
                "| INV-A | rule | |",
                &["docs/invariants.md:3: INV-A names no witness"],
            ),
            (
                "| INV-A |  | a.rs::holds |",
                &["docs/invariants.md:3: INV-A has no rule"],
            ),
            (
                "| INV-A | rule |",
                &["docs/invariants.md:3: a row has three cells"],
            ),
            (
                "| INV-A | a | a.rs::holds |\n| INV-A | b | a.rs::holds |",
                &["docs/invariants.md:4: INV-A is there twice"],
            ),
        ];
        for (row, expected) in cases {
            let catalog = format!("| id | rule | witness test |\n|---|---|---|\n{row}\n");
            let read = |path: &str| (path == "a.rs").then(|| SOURCE.to_owned());
            assert_findings(&check(&catalog, read), expected);
            assert_eq!(ids(&catalog)[0], "INV-A");
        }
    }
}
