//! Repositories made with `git fast-import`.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

/// A bare repository in a directory of its own.
pub(crate) struct Repository {
    _dir: TempDir,
    path: PathBuf,
}

impl Repository {
    /// Makes `project` from a stream of `git fast-import`.
    pub(crate) fn new(stream: &[u8]) -> Repository {
        Repository::of_format("sha1", stream)
    }

    /// As [`Repository::new`], with hashes of this format.
    pub(crate) fn of_format(format: &str, stream: &[u8]) -> Repository {
        let dir = tempfile::tempdir().expect("directory");
        let path = dir.path().join("project");
        let repository = Repository { _dir: dir, path };
        let made = git(None)
            .args(["init", "--quiet", "--object-format", format])
            .arg(&repository.path)
            .status()
            .expect("git runs");
        assert!(made.success());
        if !stream.is_empty() {
            repository.import(stream);
        }
        repository
    }

    /// Adds the commits of a stream.
    pub(crate) fn import(&self, stream: &[u8]) {
        let mut child = git(Some(&self.path))
            .args(["fast-import", "--quiet", "--force"])
            .stdin(Stdio::piped())
            .spawn()
            .expect("git runs");
        let mut input = child.stdin.take().expect("input");
        input.write_all(stream).expect("written");
        drop(input);
        assert!(child.wait().expect("git ends").success());
    }

    /// Writes a commit with these bytes as the branch `branch`, and returns its hash.
    pub(crate) fn write_commit(&self, branch: &str, bytes: &[u8]) -> String {
        let mut child = git(Some(&self.path))
            .args([
                "hash-object",
                "-t",
                "commit",
                "-w",
                "--stdin",
                "--literally",
            ])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("git runs");
        let mut input = child.stdin.take().expect("input");
        input.write_all(bytes).expect("written");
        drop(input);
        let output = child.wait_with_output().expect("git ends");
        let hash = String::from_utf8(output.stdout).expect("text");
        let hash = hash.trim().to_owned();
        self.git(&["update-ref", &format!("refs/heads/{branch}"), &hash]);
        hash
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn name(&self) -> &str {
        self.path.to_str().expect("text")
    }

    /// What a git command prints.
    pub(crate) fn git(&self, args: &[&str]) -> String {
        let output = git(Some(&self.path)).args(args).output().expect("git runs");
        assert!(output.status.success(), "{args:?}");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }
}

fn git(path: Option<&Path>) -> Command {
    let mut command = Command::new("git");
    if let Some(path) = path {
        command.arg("-C").arg(path);
    }
    for name in ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"] {
        command.env_remove(name);
    }
    command
}

/// One commit of a stream: branch, mark, `Name <email>`, message, parents by mark.
pub(crate) fn commit(
    branch: &str,
    mark: u64,
    author: &[u8],
    message: &str,
    parents: &[u64],
) -> Vec<u8> {
    let mut stream = Vec::new();
    if parents.is_empty() {
        stream.extend(format!("reset refs/heads/{branch}\n").bytes());
    }
    stream.extend(format!("commit refs/heads/{branch}\nmark :{mark}\nauthor ").bytes());
    stream.extend_from_slice(author);
    stream.extend(
        format!(
            " {} +0200\ncommitter C <c@example.org> ",
            1_700_000_000 + mark
        )
        .bytes(),
    );
    stream.extend(format!("{} -0330\n", 1_700_000_000 + mark).bytes());
    stream.extend(format!("data {}\n{message}\n", message.len()).bytes());
    for (index, parent) in parents.iter().enumerate() {
        let verb = if index == 0 { "from" } else { "merge" };
        stream.extend(format!("{verb} :{parent}\n").bytes());
    }
    stream.push(b'\n');
    stream
}

/// A line of `count` commits by a few authors, with a merge now and then.
pub(crate) fn long_history(count: u64) -> Vec<u8> {
    let mut stream = Vec::new();
    for mark in 1..=count {
        let author = format!("Author {0} <author{0}@example.org>", (mark * mark) % 7);
        let message = format!("Change number {mark}\n\nAnd why.");
        let parents: &[u64] = match mark {
            1 => &[],
            _ if mark % 10 == 0 => &[mark - 1, mark - 5],
            _ => &[mark - 1],
        };
        stream.extend(commit("main", mark, author.as_bytes(), &message, parents));
    }
    stream
}
