//! Running git: no shell, no pager, nothing of the environment that changes what it reads.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::failure::{Exit, Failure, Result};

/// Why a path cannot be read as a repository.
#[derive(Debug)]
pub(crate) enum Unusable {
    /// Git could not be run.
    NoGit(Failure),
    /// Git refused the path, with these words.
    Refused(String),
}

/// A repository that git knows.
#[derive(Clone, Debug)]
pub(crate) struct Repository {
    path: PathBuf,
    name: String,
}

impl Repository {
    /// The repository that `path` is in.
    pub(crate) fn at(path: &Path) -> std::result::Result<Repository, Unusable> {
        let output = git(path)
            .args(["rev-parse", "--path-format=absolute", "--git-common-dir"])
            .output()
            .map_err(|error| Unusable::NoGit(not_started(&error)))?;
        if !output.status.success() {
            return Err(Unusable::Refused(words(&output.stderr)));
        }
        let dir = String::from_utf8_lossy(&output.stdout);
        Ok(Repository {
            path: path.to_owned(),
            name: name_of(Path::new(dir.trim_end_matches('\n'))),
        })
    }

    /// Where it is, as the user gave it.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The name of its directory.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Commits of all refs.
    pub(crate) fn count(&self) -> Result<u64> {
        let output = self
            .git()
            .args(["rev-list", "--all", "--count"])
            .output()
            .map_err(|error| not_started(&error))?;
        if !output.status.success() {
            return Err(self.failed(&output.stderr));
        }
        let text = String::from_utf8_lossy(&output.stdout);
        text.trim().parse().map_err(|_| {
            Failure::new(
                Exit::Error,
                "git",
                format!("git counted {:?} commits", text.trim()),
            )
        })
    }

    /// A git command for this repository.
    pub(super) fn git(&self) -> Command {
        git(&self.path)
    }

    /// The failure that shows what git wrote to its standard error.
    pub(super) fn failed(&self, stderr: &[u8]) -> Failure {
        Failure::new(Exit::Error, "git", format!("git failed: {}", words(stderr)))
            .with_path(&self.path)
    }
}

impl Unusable {
    /// The failure, naming `path`.
    pub(crate) fn into_failure(self, path: &Path) -> Failure {
        match self {
            Unusable::NoGit(failure) => failure,
            Unusable::Refused(words) => {
                Failure::new(Exit::Error, "git", format!("git failed: {words}")).with_path(path)
            }
        }
    }
}

/// The directory that the repository is kept in: the one around `.git`, else a bare one itself.
fn name_of(git_dir: &Path) -> String {
    let dir = if git_dir.file_name() == Some(OsStr::new(".git")) {
        git_dir.parent().unwrap_or(git_dir)
    } else {
        git_dir
    };
    dir.file_name().map_or_else(
        || "unknown".to_owned(),
        |name| name.to_string_lossy().into_owned(),
    )
}

fn git(path: &Path) -> Command {
    let mut command = Command::new("git");
    for (name, _) in std::env::vars_os() {
        if name.as_encoded_bytes().starts_with(b"GIT_") {
            command.env_remove(name);
        }
    }
    command
        .env("LC_ALL", "C")
        .env("GIT_TERMINAL_PROMPT", "0")
        .env("GIT_OPTIONAL_LOCKS", "0")
        .env("GIT_NO_LAZY_FETCH", "1")
        .stdin(Stdio::null())
        .arg("--no-replace-objects")
        .args(["-c", "i18n.logOutputEncoding=UTF-8"])
        .arg("-C")
        .arg(path);
    command
}

/// The failure of a git that could not be started.
pub(super) fn not_started(error: &std::io::Error) -> Failure {
    Failure::new(Exit::Error, "git", format!("cannot run git: {error}"))
        .with_hint("git must be installed and in PATH")
}

/// What git wrote to its standard error.
fn words(stderr: &[u8]) -> String {
    String::from_utf8_lossy(stderr).trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::name_of;
    use std::path::Path;

    #[test]
    fn a_repository_is_named_after_its_directory() {
        for (dir, name) in [
            ("/home/ann/project/.git", "project"),
            ("/srv/git/project.git", "project.git"),
            ("/.git", "unknown"),
            ("/home/ann/super/.git/modules/sub", "sub"),
        ] {
            assert_eq!(name_of(Path::new(dir)), name, "{dir}");
        }
    }
}
