//! The seam to the machine: only `batpak-platform` touches files, time, threads, randomness and
//! `unsafe` code; crates above it use its ports.
//!
//! clippy's `disallowed_methods`, with `xtask/seam/clippy.toml`, sees through method calls and
//! renamed imports; this scan sees types, imports and dependencies.

use serde_json::Value;

use crate::code::Code;
use crate::finding::Finding;
use crate::floors::{Seam, list, text};
use crate::paths::paths;

/// Paths that reach around the ports, with everything below them.
const BANNED: [&str; 12] = [
    "std::fs",
    "std::net",
    "std::process",
    "std::thread",
    "std::os::unix::fs",
    "std::time::Instant",
    "std::time::SystemTime",
    "std::hash::RandomState",
    "std::collections::hash_map::RandomState",
    "rand",
    "Instant",
    "SystemTime",
];

/// Paths that bring banned ones in under another name.
const BANNED_EXACTLY: [&str; 6] = [
    "std",
    "std::*",
    "std::self",
    "std::time",
    "std::time::*",
    "std::time::self",
];

/// Crates that reach around the ports.
const BANNED_CRATES: [&str; 9] = [
    "rand",
    "getrandom",
    "fastrand",
    "rustix",
    "libc",
    "nix",
    "memmap2",
    "tempfile",
    "rayon",
];

/// Checks one file of a crate's library code.
pub(crate) fn check(path: &str, code: &Code, seam: Seam) -> Vec<Finding> {
    let mut findings = check_unsafe(path, code, seam);
    if seam == Seam::Ports {
        for (number, name) in paths(code).into_iter().filter(|(_, name)| banned(name)) {
            let message = format!("{name} reaches around the ports of batpak-platform");
            findings.push(Finding::new(path, number, message));
        }
    }
    findings
}

/// Checks one file, of whatever kind, for unsafe code; tests are not free of it.
pub(crate) fn check_unsafe(path: &str, code: &Code, seam: Seam) -> Vec<Finding> {
    code.lines()
        .filter(|(_, line)| seam != Seam::Machine && line.words().any(|word| word == "unsafe"))
        .map(|(number, _)| Finding::new(path, number, "unsafe outside batpak-platform"))
        .collect()
}

/// Checks that the root file of a crate forbids unsafe code.
pub(crate) fn check_root(path: &str, code: &Code, seam: Seam) -> Vec<Finding> {
    let forbids = code
        .lines()
        .any(|(_, line)| line.code.trim() == "#![forbid(unsafe_code)]");
    if forbids || seam == Seam::Machine {
        return Vec::new();
    }
    vec![Finding::new(
        path,
        1,
        "the crate lacks #![forbid(unsafe_code)]",
    )]
}

/// Checks the dependencies of a crate, from `cargo metadata`, that are not for tests.
pub(crate) fn check_dependencies(
    package: &Value,
    seam: Seam,
    manifest_line: impl Fn(&Value, &str) -> (String, usize),
) -> Vec<Finding> {
    list(&package["dependencies"])
        .iter()
        .filter(|dependency| seam == Seam::Ports && dependency["kind"] != "dev")
        .map(|dependency| text(&dependency["name"]))
        .filter(|name| BANNED_CRATES.contains(name))
        .map(|name| {
            let (path, line) = manifest_line(package, name);
            let message = format!("{name} reaches around the ports of batpak-platform");
            Finding::new(&path, line, message)
        })
        .collect()
}

fn banned(name: &str) -> bool {
    let below = |rule: &str| {
        name.strip_prefix(rule)
            .is_some_and(|rest| rest.is_empty() && rule.contains("::") || rest.starts_with("::"))
    };
    BANNED_EXACTLY.contains(&name)
        || BANNED.into_iter().any(below)
        || BANNED_CRATES.into_iter().any(below)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{check, check_dependencies, check_root};
    use crate::code::Code;
    use crate::finding::assert_findings;
    use crate::floors::Seam;

    #[test]
    fn planted_ways_around_the_ports_are_found() {
        let around = [
            "use std::fs;",
            "use std::{io, fs::File};",
            "use std as other;",
            "use std::time::{Duration, Instant};",
            "use std::time::*;",
            "use std::time;",
            "fn f(at: std::time::SystemTime) {}",
            "let now = Instant::now();",
            "std::thread::spawn(f);",
            "std::collections::hash_map::RandomState::new();",
            "rand::random::<u8>();",
            "rustix::fs::fsync(a);",
            "unsafe { libc::fork() }; // two",
        ];
        for text in around {
            let found = check("a.rs", &Code::parse(&format!("\n{text}")), Seam::Ports);
            assert!(!found.is_empty(), "{text}");
            assert!(found[0].to_string().starts_with("a.rs:2: "), "{text}");
        }
        let fine = [
            "use std::time::Duration;",
            "use std::sync::Mutex;",
            "// std::fs",
            "let a = \"std::fs\";",
            "let rand = random;",
            "use std::{io, path::Path};",
            "#[cfg(test)]\nuse std::fs;",
        ];
        for text in fine {
            assert_findings(&check("a.rs", &Code::parse(text), Seam::Ports), &[]);
        }
    }

    #[test]
    fn planted_unsafe_is_found_everywhere_but_in_the_platform() {
        let code = Code::parse("fn f() {\n    unsafe { g() }\n}\n#[cfg(test)]\nunsafe fn h() {}");
        for seam in [Seam::Ports, Seam::Outside] {
            let expected = ["a.rs:2: unsafe outside", "a.rs:5: unsafe outside"];
            assert_findings(&check("a.rs", &code, seam), &expected);
        }
        assert_findings(&check("a.rs", &code, Seam::Machine), &[]);
    }

    #[test]
    fn the_command_may_use_files_and_time() {
        let code = Code::parse("use std::fs;\nuse std::time::Instant;");
        assert_findings(&check("a.rs", &code, Seam::Outside), &[]);
    }

    #[test]
    fn a_planted_root_that_allows_unsafe_is_found() {
        let bare = Code::parse("//! A.\n// #![forbid(unsafe_code)]");
        let found = check_root("lib.rs", &bare, Seam::Outside);
        assert_findings(&found, &["lib.rs:1: the crate lacks"]);
        assert_findings(&check_root("lib.rs", &bare, Seam::Machine), &[]);
        let good = Code::parse("//! A.\n#![forbid(unsafe_code)]");
        assert_findings(&check_root("lib.rs", &good, Seam::Ports), &[]);
    }

    #[test]
    fn a_planted_dependency_around_the_ports_is_found() {
        let package = json!({"dependencies": [
            {"name": "libc", "kind": null}, {"name": "tempfile", "kind": "dev"},
        ]});
        let line = |_: &_, _: &str| ("Cargo.toml".to_owned(), 7);
        let found = check_dependencies(&package, Seam::Ports, line);
        assert_findings(&found, &["Cargo.toml:7: libc"]);
        assert_findings(&check_dependencies(&package, Seam::Outside, line), &[]);
    }
}
