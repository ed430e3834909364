//! `cargo xtask verify`: every check, in order, all of them even when one fails.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use crate::catalog;
use crate::crash;
use crate::dependencies;
use crate::finding::Finding;
use crate::floors::{self, Place, Seam, list, text};
use crate::headers;
use crate::justifies;
use crate::report::{OPTIONAL, Outcome, Report, judge, skip};
use crate::seam;
use crate::tree::{Tree, cargo};
use crate::words;

/// How much to check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Extent {
    /// Everything.
    Full,
    /// Unit tests only; no documentation, no check of the dependencies' licenses.
    Fast,
}

/// Runs the checks; fails when one of them does.
pub(crate) fn run(extent: Extent) -> ExitCode {
    let root = root();
    let mut report = Report::default();
    let clippy = "clippy --workspace --all-targets --keep-going -- -Dwarnings";
    let tests = match extent {
        Extent::Full => "test --workspace --no-fail-fast",
        Extent::Fast => "test --workspace --no-fail-fast --lib --bins",
    };
    let models = "test -p batpak-columns --release --test models";
    let deny = "deny check bans licenses sources";
    let step = |report: &mut Report, name, program, arguments| {
        report.step(name, || external(&root, name, program, arguments));
    };
    step(&mut report, "fmt", "cargo-fmt", "fmt --all --check");
    step(&mut report, "clippy", "cargo-clippy", clippy);
    // The tests have the features of their crates, and this is what everybody else gets.
    let plain = "clippy -p batpak-event -p batpak -- -Dwarnings";
    step(&mut report, "no features", "cargo-clippy", plain);
    own_checks(&root, &mut report);
    step(
        &mut report,
        "benches",
        "cargo",
        "check --workspace --benches",
    );
    step(&mut report, "tests", "cargo", tests);
    if extent == Extent::Full {
        step(&mut report, "models", "cargo", models);
        let git = "test -p batpak-graph --release --test graph a_history_answers_as_git";
        step(&mut report, "git", "cargo", git);
        let sabotaged = "clippy -p batpak-journal --all-targets --features sabotage -- -Dwarnings";
        step(&mut report, "sabotage", "cargo-clippy", sabotaged);
        report.step("crash", || crash::check(&root));
        step(
            &mut report,
            "docs",
            "cargo",
            "doc --workspace --no-deps --features batpak/signatures",
        );
        step(&mut report, "deny", "cargo-deny", deny);
    }
    if report.close() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// The root of the workspace: above this crate, when cargo runs it.
pub(crate) fn root() -> PathBuf {
    let manifest = env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
    let above = manifest.and_then(|path| path.parent().map(Path::to_owned));
    above.unwrap_or_else(|| PathBuf::from("."))
}

/// The checks of this crate.
fn own_checks(root: &Path, report: &mut Report) {
    let tree = match Tree::load(root) {
        Ok(tree) => tree,
        Err(error) => return refuse(report, &error.to_string()),
    };
    let floors = tree.read(floors::PATH).unwrap_or_default();
    let places = match floors::parse(&floors) {
        Ok(places) => places,
        Err(finding) => return refuse(report, &finding.to_string()),
    };
    let line = |package: &_, key: &str| tree.manifest_line(package, key);
    report.step("floors", || {
        judge(&floors::check(&tree.metadata, &places, line))
    });
    report.step("justifies", || judge(&justified(&tree)));
    report.step("invariants", || {
        let catalog = tree.read(catalog::PATH).unwrap_or_default();
        judge(&catalog::check(&catalog, |path| tree.read(path)))
    });
    report.step("seam", || judge(&seam_findings(&tree, &places)));
    report.step("seam-methods", || seam_methods(root, &places));
    report.step("headers", || judge(&header_findings(&tree)));
    report.step("dependencies", || weight(root, &tree));
    report.step("words", || unfinished(root));
}

/// Reports that the workspace cannot be read.
fn refuse(report: &mut Report, message: &str) {
    report.step("workspace", || {
        println!("{}", message.trim_end());
        Outcome::Failed
    });
}

fn justified(tree: &Tree) -> Vec<Finding> {
    let mut justifications = Vec::new();
    let mut findings: Vec<Finding> = tree
        .library()
        .flat_map(|file| justifies::collect(&file.path, &file.code, &mut justifications))
        .collect();
    let catalog = tree.read(catalog::PATH).unwrap_or_default();
    findings.extend(justifies::check(&justifications, &catalog::ids(&catalog)));
    findings
}

fn seam_findings(tree: &Tree, places: &[Place]) -> Vec<Finding> {
    let line = |package: &_, key: &str| tree.manifest_line(package, key);
    let seam_of = |name: &str| {
        let place = places.iter().find(|place| place.name == name);
        place.map_or(Seam::Ports, |place| place.seam)
    };
    let mut findings = Vec::new();
    for file in &tree.files {
        let seam = seam_of(&file.package);
        if file.test_only {
            findings.extend(seam::check_unsafe(&file.path, &file.code, seam));
        } else {
            findings.extend(seam::check(&file.path, &file.code, seam));
        }
        if file.is_root {
            findings.extend(seam::check_root(&file.path, &file.code, seam));
        }
    }
    for package in list(&tree.metadata["packages"]) {
        let seam = seam_of(text(&package["name"]));
        findings.extend(seam::check_dependencies(package, seam, line));
    }
    findings
}

/// clippy with the ban of calls around the ports, over the library code below the command.
///
/// The ban has a configuration of its own, because clippy applies one to tests as well, and tests
/// may use files and threads.
fn seam_methods(root: &Path, places: &[Place]) -> Outcome {
    let crates: String = places
        .iter()
        .filter(|place| place.seam == Seam::Ports)
        .map(|place| format!("--package {} ", place.name))
        .collect();
    let arguments = format!(
        "clippy --no-deps --keep-going --lib {crates} -- -Awarnings -Dclippy::disallowed-methods"
    );
    external(root, "seam-methods", "cargo-clippy", &arguments)
}

fn header_findings(tree: &Tree) -> Vec<Finding> {
    let files = || tree.files.iter().filter(|file| file.in_src);
    for note in files().filter_map(|file| headers::note(&file.path, &file.text)) {
        println!("{note}");
    }
    files()
        .flat_map(|file| headers::check(&file.path, &file.text))
        .collect()
}

fn weight(root: &Path, tree: &Tree) -> Outcome {
    let line = |package: &_, key: &str| tree.manifest_line(package, key);
    let mut findings = dependencies::check_build_scripts(&tree.metadata, line);
    let output = cargo(root)
        .args([
            "tree",
            "-p",
            "batpak",
            "-e",
            "normal,build",
            "--prefix",
            "none",
        ])
        .stderr(Stdio::inherit())
        .output();
    let listed = output.ok().filter(|output| output.status.success());
    if let Some(output) = &listed {
        let crates = String::from_utf8_lossy(&output.stdout);
        println!(
            "batpak depends on {} crates of others",
            dependencies::count(&crates)
        );
        findings.extend(dependencies::check_count(
            &crates,
            "crates/batpak/Cargo.toml",
        ));
    }
    match judge(&findings) {
        Outcome::Passed if listed.is_none() => Outcome::Failed,
        outcome => outcome,
    }
}

fn unfinished(root: &Path) -> Outcome {
    let mut git = Command::new("git");
    git.current_dir(root)
        .args([
            "ls-files",
            "-z",
            "--cached",
            "--others",
            "--exclude-standard",
            "--",
        ])
        .args(words::PLACES);
    let Ok(output) = git.output() else {
        return skipped(root, "words", "git");
    };
    if !output.status.success() {
        println!("{}", String::from_utf8_lossy(&output.stderr).trim_end());
        return Outcome::Failed;
    }
    let names = String::from_utf8_lossy(&output.stdout).into_owned();
    let findings: Vec<Finding> = names
        .split_terminator('\0')
        .filter_map(|path| Some((path, fs::read_to_string(root.join(path)).ok()?)))
        .flat_map(|(path, text)| words::check(path, &text))
        .collect();
    judge(&findings)
}

/// Runs cargo, or the part of it that `program` provides, with its output in place.
fn external(root: &Path, check: &str, program: &str, arguments: &str) -> Outcome {
    let arguments: Vec<&str> = arguments.split_whitespace().collect();
    let part = arguments.iter().take(1).filter(|_| program != "cargo");
    let mut probe = cargo(root);
    probe.args(part).arg("--version");
    probe.stdout(Stdio::null()).stderr(Stdio::null());
    if !probe.status().is_ok_and(|status| status.success()) {
        return skipped(root, check, program);
    }
    let mut command = cargo(root);
    command.args(arguments);
    if check == "models" {
        // Built with other flags, so in a directory of its own: nothing else is built anew for it.
        command.env("CARGO_TARGET_DIR", root.join("target/models"));
    }
    match check {
        "docs" => command.env("RUSTDOCFLAGS", "-Dwarnings"),
        "models" => command.env("RUSTFLAGS", "--cfg loom"),
        "git" => command.env("BATPAK_GRAPH_COMMITS", "100000"),
        "seam-methods" => command.env("CLIPPY_CONF_DIR", root.join("xtask/seam")),
        _ => &mut command,
    };
    match command.status() {
        Ok(status) if status.success() => Outcome::Passed,
        _ => Outcome::Failed,
    }
}

fn skipped(root: &Path, check: &str, program: &str) -> Outcome {
    let in_ci = env::var("BATPAK_CI").is_ok_and(|value| value == "1");
    let optional = fs::read_to_string(root.join(OPTIONAL)).unwrap_or_default();
    let (outcome, message) = skip(check, program, in_ci, &optional);
    println!("{message}");
    outcome
}
