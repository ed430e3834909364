//! The catalogue in `docs/errors.md` says what the code says.

use std::collections::BTreeMap;

use super::example::every_cause;

const CATALOGUE: &str = include_str!("../../../../docs/errors.md");

/// The rows of the catalogue by code, each as its other cells.
fn rows() -> BTreeMap<&'static str, Vec<&'static str>> {
    let mut rows = BTreeMap::new();
    let (_, table) = CATALOGUE.split_once("| Code |").unwrap();
    for line in table.lines().filter(|line| line.starts_with("| `")) {
        let mut cells = line.trim_matches('|').split(" | ").map(str::trim);
        let code = cells.next().unwrap().trim_matches('`');
        let before = rows.insert(code, cells.collect());
        assert!(before.is_none(), "{code} is listed twice");
    }
    rows
}

#[test]
fn every_code_is_listed_once_as_it_is() {
    let mut rows = rows();
    for error in every_cause() {
        let code = error.code();
        let Some(cells) = rows.remove(code) else {
            unreachable!("{code} is not listed")
        };
        let [variant, class, commit, meaning, what_to_do] = cells[..] else {
            unreachable!("{code} has {} cells", cells.len() + 1)
        };
        let debug = format!("{error:?}");
        let name = debug.split(|c: char| !c.is_alphanumeric()).next().unwrap();
        assert_eq!(variant.trim_matches('`'), name, "{code}");
        if matches!(name, "BatchFailed" | "BatchSyncFailed") {
            assert_eq!(class, "as inside", "{code}");
        } else {
            assert_eq!(class, format!("{:?}", error.class()), "{code}");
        }
        if matches!(name, "Io" | "BatchFailed") {
            assert_eq!(commit, "as inside", "{code}");
        } else {
            assert_eq!(commit, format!("{:?}", error.commit_state()), "{code}");
        }
        assert!(!meaning.is_empty(), "{code} has no meaning");
        if !matches!(name, "Io" | "BatchFailed" | "CheckpointWriteFailed") {
            assert_eq!(Some(what_to_do), error.hint(), "{code}");
        }
    }
    assert!(rows.is_empty(), "unknown codes: {rows:?}");
}
