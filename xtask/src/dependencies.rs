//! The weight of `batpak`: how many crates it pulls in, and that none of ours runs at build time.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::finding::Finding;
use crate::floors::{list, text};

/// `batpak` with default features depends on at most so many crates of others: those that somebody
/// who audits it has to look at besides ours.
pub(crate) const MOST_DEPENDENCIES: usize = 40;

/// Counts the crates of others in the output of `cargo tree --prefix none`, whose first line is the
/// crate itself. Those of the workspace have a path.
pub(crate) fn count(tree: &str) -> usize {
    let crates: BTreeSet<&str> = tree
        .lines()
        .skip(1)
        .map(|line| line.trim_end_matches(" (*)").trim())
        .filter(|line| !line.is_empty() && !line.contains(" (/"))
        .collect();
    crates.len()
}

/// Checks the count against the limit.
pub(crate) fn check_count(tree: &str, manifest: &str) -> Vec<Finding> {
    let count = count(tree);
    if count <= MOST_DEPENDENCIES {
        return Vec::new();
    }
    let message =
        format!("batpak depends on {count} crates of others; at most {MOST_DEPENDENCIES}");
    vec![Finding::new(manifest, 1, message)]
}

/// Checks that no crate of the workspace, from `cargo metadata`, has a build script.
pub(crate) fn check_build_scripts(
    metadata: &Value,
    manifest_line: impl Fn(&Value, &str) -> (String, usize),
) -> Vec<Finding> {
    let is_script = |target: &Value| list(&target["kind"]).iter().any(|k| k == "custom-build");
    list(&metadata["packages"])
        .iter()
        .filter(|package| list(&package["targets"]).iter().any(is_script))
        .map(|package| {
            let (path, line) = manifest_line(package, "build");
            let message = format!("{} has a build script", text(&package["name"]));
            Finding::new(&path, line, message)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{MOST_DEPENDENCIES, check_build_scripts, check_count, count};
    use crate::finding::assert_findings;

    #[test]
    fn every_version_of_a_crate_counts_once() {
        assert_eq!(
            count("top v1\na v1\nb v1\na v1 (*)\na v2\nours v1 (/path/ours)\n\n"),
            3
        );
    }

    #[test]
    fn a_planted_crate_too_many_is_found() {
        let tree = |count: usize| {
            let crates: Vec<String> = (0..=count).map(|n| format!("c{n} v1")).collect();
            crates.join("\n")
        };
        assert_findings(&check_count(&tree(MOST_DEPENDENCIES), "Cargo.toml"), &[]);
        let found = check_count(&tree(MOST_DEPENDENCIES + 1), "Cargo.toml");
        assert_findings(&found, &["Cargo.toml:1: batpak depends on 41 crates"]);
    }

    #[test]
    fn a_planted_build_script_is_found() {
        let package =
            |kind: &str| json!({"packages": [{"name": "a", "targets": [{"kind": [kind]}]}]});
        let line = |_: &_, _: &str| ("Cargo.toml".to_owned(), 2);
        assert_findings(&check_build_scripts(&package("lib"), line), &[]);
        let found = check_build_scripts(&package("custom-build"), line);
        assert_findings(&found, &["Cargo.toml:2: a has a build script"]);
    }
}
