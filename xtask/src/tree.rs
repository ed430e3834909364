//! The workspace as the checks see it: its metadata and its Rust files.

use std::collections::HashSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::code::Code;
use crate::floors::{list, text};

/// A read workspace.
#[derive(Debug)]
pub(crate) struct Tree {
    root: PathBuf,
    /// `cargo metadata --no-deps`.
    pub(crate) metadata: Value,
    /// The Rust files of every crate, sorted by path.
    pub(crate) files: Vec<SourceFile>,
}

/// A Rust file of a crate.
#[derive(Debug)]
pub(crate) struct SourceFile {
    /// Relative to the root of the workspace.
    pub(crate) path: String,
    /// The name of its crate.
    pub(crate) package: String,
    /// Whether it is below `src`.
    pub(crate) in_src: bool,
    /// Whether it is compiled for tests, benches or examples only.
    pub(crate) test_only: bool,
    /// Whether it is the root of a library or of a program.
    pub(crate) is_root: bool,
    /// Its text.
    pub(crate) text: String,
    /// Its text, split.
    pub(crate) code: Code,
}

impl Tree {
    /// Reads the workspace at `root`.
    ///
    /// # Errors
    ///
    /// When cargo refuses the manifests, or a file cannot be read.
    pub(crate) fn load(root: &Path) -> io::Result<Self> {
        let output = cargo(root)
            .args(["metadata", "--format-version", "1", "--no-deps"])
            .output()?;
        if !output.status.success() {
            let message = String::from_utf8_lossy(&output.stderr).into_owned();
            return Err(io::Error::other(message));
        }
        let mut tree = Self {
            root: root.to_owned(),
            metadata: serde_json::from_slice(&output.stdout)?,
            files: Vec::new(),
        };
        for package in list(&tree.metadata["packages"]) {
            let manifest = Path::new(text(&package["manifest_path"]));
            let mut paths = Vec::new();
            walk(manifest.parent().unwrap_or(root), &mut paths)?;
            for path in paths {
                let file = tree.source_file(package, &path)?;
                tree.files.push(file);
            }
        }
        tree.files.sort_by(|a, b| a.path.cmp(&b.path));
        mark_test_files(&mut tree.files);
        Ok(tree)
    }

    /// The files that are compiled outside tests, at least in part.
    pub(crate) fn library(&self) -> impl Iterator<Item = &SourceFile> {
        self.files.iter().filter(|file| !file.test_only)
    }

    /// The text of a file, by its path relative to the root.
    pub(crate) fn read(&self, path: &str) -> Option<String> {
        fs::read_to_string(self.root.join(path)).ok()
    }

    /// The path of a crate's manifest, and the line in it that sets `key` (1 when none does).
    pub(crate) fn manifest_line(&self, package: &Value, key: &str) -> (String, usize) {
        let path = self.relative(Path::new(text(&package["manifest_path"])));
        let manifest = self.read(&path).unwrap_or_default();
        let sets = |line: &str| {
            line.strip_prefix(key)
                .is_some_and(|rest| rest.starts_with(['.', ' ', '=']))
        };
        let line = manifest.lines().position(sets).map_or(1, |at| at + 1);
        (path, line)
    }

    fn source_file(&self, package: &Value, path: &Path) -> io::Result<SourceFile> {
        let manifest = Path::new(text(&package["manifest_path"]));
        let source = manifest.with_file_name("src");
        let is_root = list(&package["targets"]).iter().any(|target| {
            let kinds = list(&target["kind"]);
            Path::new(text(&target["src_path"])) == path
                && ["lib", "bin", "proc-macro"]
                    .iter()
                    .any(|kind| kinds.iter().any(|found| found == kind))
        });
        let text_of_file = fs::read_to_string(path)?;
        Ok(SourceFile {
            path: self.relative(path),
            package: text(&package["name"]).to_owned(),
            in_src: path.starts_with(&source),
            test_only: !path.starts_with(&source),
            is_root,
            code: Code::parse(&text_of_file),
            text: text_of_file,
        })
    }

    fn relative(&self, path: &Path) -> String {
        let path = path.strip_prefix(&self.root).unwrap_or(path);
        path.to_string_lossy().into_owned()
    }
}

/// The cargo that runs this program, in the workspace at `root`.
pub(crate) fn cargo(root: &Path) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root);
    command
}

fn walk(directory: &Path, into: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        let path = entry.path();
        if entry.file_type()?.is_dir() {
            if entry.file_name() != "target" {
                walk(&path, into)?;
            }
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            into.push(path);
        }
    }
    Ok(())
}

/// Marks the files of `mod` items that are compiled for tests only.
fn mark_test_files(files: &mut [SourceFile]) {
    let modules: HashSet<PathBuf> = files.iter().flat_map(test_modules).collect();
    for file in files {
        let path = Path::new(&file.path).with_extension("");
        file.test_only |= path.ancestors().any(|above| modules.contains(above));
    }
}

/// The paths, without extension, of the modules that `file` declares for tests only, be it with a
/// `#[path]` attribute.
fn test_modules(file: &SourceFile) -> Vec<PathBuf> {
    let path = Path::new(&file.path).with_extension("");
    let beside = path.parent().unwrap_or(&path);
    let below = match path.file_name().and_then(|name| name.to_str()) {
        Some("lib" | "main" | "mod") => beside,
        _ => &path,
    };
    let mut modules = Vec::new();
    let mut place = None;
    for ((_, line), text) in file.code.lines().zip(file.text.lines()) {
        let named = text.trim().strip_prefix("#[path = \"");
        if let Some(name) = named.and_then(|name| name.strip_suffix(".rs\"]")) {
            place = Some(beside.join(name));
        } else if line.code.trim_end().ends_with(';') {
            let mut words = line.words().skip_while(|word| *word != "mod").skip(1);
            let module = words.next().map(|name| below.join(name));
            modules.extend(place.take().or(module).filter(|_| line.test));
        }
    }
    modules
}

#[cfg(test)]
mod tests {
    use super::{SourceFile, mark_test_files};
    use crate::code::Code;

    #[test]
    fn files_of_test_modules_are_test_only() {
        let file = |path: &str, text: &str| SourceFile {
            path: path.to_owned(),
            package: "a".to_owned(),
            in_src: true,
            test_only: false,
            is_root: false,
            text: text.to_owned(),
            code: Code::parse(text),
        };
        let mut files = [
            file("src/lib.rs", "#[cfg(test)]\nmod tests;\nmod inner;"),
            file("src/tests.rs", ""),
            file("src/inner.rs", "#[cfg(test)]\nmod cases;"),
            file("src/inner/cases.rs", ""),
            file("src/inner/cases/deep.rs", ""),
            file("src/cases.rs", ""),
            file(
                "src/a/b.rs",
                "#[cfg(test)]\n#[path = \"b_tests.rs\"]\nmod tests;",
            ),
            file("src/a/b_tests.rs", ""),
            file("src/a/b/tests.rs", ""),
        ];
        mark_test_files(&mut files);
        let found = files.iter().filter(|file| file.test_only);
        let found: Vec<&str> = found.map(|file| file.path.as_str()).collect();
        let expected = [
            "src/tests.rs",
            "src/inner/cases.rs",
            "src/inner/cases/deep.rs",
        ];
        assert_eq!(found[..3], expected);
        assert_eq!(found[3..], ["src/a/b_tests.rs"]);
    }
}
