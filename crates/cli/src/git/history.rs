//! All commits of a repository, parents before children, as a stream.

use std::io::{self, BufRead as _, BufReader, Read as _};
use std::process::{Child, ChildStderr, ChildStdout, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, SyncSender};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crate::failure::{Exit, Failure, Result};
use crate::interrupt;

use super::process::not_started;
use super::{Commit, Repository};

/// Bytes of git's messages that are kept.
const MOST_MESSAGES: u64 = 64 * 1024;
/// Commits that are read ahead.
const READ_AHEAD: usize = 64;
/// How long an interrupt may wait while git is silent, which it is while it orders a long history.
const PATIENCE: Duration = Duration::from_millis(100);

/// The commits that git is printing; holds a few of them at a time.
pub(crate) struct History {
    repository: Repository,
    child: Child,
    records: Receiver<io::Result<Vec<u8>>>,
    messages: Option<JoinHandle<Vec<u8>>>,
}

impl History {
    /// Starts reading. The raw form of a commit names its true parents, which a shallow copy of
    /// a repository does not have.
    pub(crate) fn read(repository: &Repository) -> Result<History> {
        let mut child = repository
            .git()
            .args(["rev-list", "--all", "--topo-order", "--reverse", "--header"])
            .arg("--no-expand-tabs")
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| not_started(&error))?;
        let (Some(stdout), Some(stderr)) = (child.stdout.take(), child.stderr.take()) else {
            return Err(broken("git has no output"));
        };
        let (sender, records) = mpsc::sync_channel(READ_AHEAD);
        thread::spawn(move || send_records(stdout, &sender));
        Ok(History {
            repository: repository.clone(),
            child,
            records,
            messages: Some(thread::spawn(move || keep_start(stderr))),
        })
    }

    /// The next commit, or `None` after the last one and after an interrupt; a failure when git
    /// fails.
    pub(crate) fn next_commit(&mut self) -> Result<Option<Commit>> {
        loop {
            match self.records.recv_timeout(PATIENCE) {
                Ok(record) => {
                    let record = record.map_err(|error| {
                        broken(&format!("cannot read what git prints: {error}"))
                    })?;
                    return self.commit(record).map(Some);
                }
                Err(RecvTimeoutError::Timeout) if interrupt::requested() => return Ok(None),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => {
                    self.finish()?;
                    return Ok(None);
                }
            }
        }
    }

    fn commit(&mut self, mut record: Vec<u8>) -> Result<Commit> {
        if record.pop_if(|last| *last == 0).is_none() {
            // Git ended in the middle of a commit: its own words say why.
            self.finish()?;
            return Err(broken("git printed half a commit"));
        }
        Commit::parse(&record).ok_or_else(|| {
            record.truncate(60);
            let start = String::from_utf8_lossy(&record).into_owned();
            broken(&format!("not a commit: {start:?}"))
        })
    }

    fn finish(&mut self) -> Result<()> {
        let status = self
            .child
            .wait()
            .map_err(|error| broken(&format!("git: {error}")))?;
        let messages = self
            .messages
            .take()
            .and_then(|messages| messages.join().ok())
            .unwrap_or_default();
        if status.success() {
            Ok(())
        } else {
            Err(self.repository.failed(&messages))
        }
    }
}

impl Drop for History {
    /// Ends a git that is still printing.
    fn drop(&mut self) {
        // Fails only when git has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn broken(what: &str) -> Failure {
    Failure::new(Exit::Error, "git", what)
}

/// Sends record after record, each with the NUL that ends it, until git or the receiver ends.
fn send_records(stdout: ChildStdout, records: &SyncSender<io::Result<Vec<u8>>>) {
    let mut reader = BufReader::with_capacity(64 * 1024, stdout);
    loop {
        let mut record = Vec::new();
        let sent = match reader.read_until(0, &mut record) {
            Ok(0) => break,
            Ok(_) => records.send(Ok(record)),
            Err(error) => {
                // Nobody to tell means that the import has ended already.
                let _ = records.send(Err(error));
                break;
            }
        };
        if sent.is_err() {
            break;
        }
    }
}

/// Reads everything, so that git never waits, and keeps the start of it.
fn keep_start(mut stderr: ChildStderr) -> Vec<u8> {
    let mut start = Vec::new();
    // What was read before a failure is still worth showing.
    let _ = stderr.by_ref().take(MOST_MESSAGES).read_to_end(&mut start);
    let _ = io::copy(&mut stderr, &mut io::sink());
    start
}
