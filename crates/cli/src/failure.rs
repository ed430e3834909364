//! How a command ends other than well: exit codes and what is printed about it.

mod from_store;

use std::fmt;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::text::printable_lines;

/// Result of everything in the command.
pub(crate) type Result<T> = std::result::Result<T, Failure>;

/// The exit codes that scripts may rely on.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Exit {
    /// An error of no other kind.
    Error,
    /// The command line, or the environment that stands for it, is wrong.
    Usage,
    /// The store is damaged.
    NotWhole,
    /// An expectation about the store does not hold.
    Conflict,
    /// Another process holds the store.
    Locked,
    /// The user interrupted the command.
    Interrupted,
}

impl Exit {
    /// The number that the process ends with.
    pub(crate) fn code(self) -> u8 {
        match self {
            Exit::Error => 1,
            Exit::Usage => 2,
            Exit::NotWhole => 3,
            Exit::Conflict => 4,
            Exit::Locked => 5,
            Exit::Interrupted => 130,
        }
    }
}

/// Why a command stopped.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Whoever read the output went away: not an error, nothing is said.
    ClosedPipe,
    /// The user interrupted something that has nothing to report.
    Interrupted,
    /// Something to report.
    Report(Box<Report>),
}

/// What is printed about a failure.
#[derive(Debug)]
pub(crate) struct Report {
    exit: Exit,
    code: String,
    class: &'static str,
    commit_state: &'static str,
    message: String,
    path: Option<PathBuf>,
    line: Option<u64>,
    hint: Option<String>,
}

impl Failure {
    /// A failure of the command itself, before anything is committed.
    pub(crate) fn new(exit: Exit, code: &str, message: impl Into<String>) -> Failure {
        Failure::Report(Box::new(Report {
            exit,
            code: code.to_owned(),
            class: "domain",
            commit_state: "not_committed",
            message: message.into(),
            path: None,
            line: None,
            hint: None,
        }))
    }

    /// Wrong usage, exit code 2.
    pub(crate) fn usage(code: &str, message: impl Into<String>) -> Failure {
        Failure::new(Exit::Usage, code, message)
    }

    /// A failed call of the operating system on `path`.
    pub(crate) fn io(what: &str, path: &Path, error: &io::Error) -> Failure {
        Failure::new(Exit::Error, "io", format!("{what}: {error}"))
            .with_class("retryable_operational")
            .with_path(path)
    }

    /// Adds what to do next.
    pub(crate) fn with_hint(self, hint: impl Into<String>) -> Failure {
        self.change(|report| report.hint = Some(hint.into()))
    }

    /// Adds the file or directory that it is about.
    pub(crate) fn with_path(self, path: &Path) -> Failure {
        self.change(|report| report.path = Some(path.to_owned()))
    }

    /// Names the input line, which also leads the message.
    pub(crate) fn at_line(self, line: u64) -> Failure {
        self.change(|report| {
            report.message = format!("line {line}: {}", report.message);
            report.line = Some(line);
        })
    }

    /// Puts `prefix: ` before the message.
    pub(crate) fn within(self, prefix: &str) -> Failure {
        self.change(|report| report.message = format!("{prefix}: {}", report.message))
    }

    /// Adds `; suffix` to the message.
    pub(crate) fn and(self, suffix: &str) -> Failure {
        self.change(|report| {
            report.message.push_str("; ");
            report.message.push_str(suffix);
        })
    }

    /// Says how to handle it.
    pub(crate) fn with_class(self, class: &'static str) -> Failure {
        self.change(|report| report.class = class)
    }

    /// Says that the events are in the store, although something failed after that.
    pub(crate) fn once_committed(self) -> Failure {
        self.change(|report| report.commit_state = "committed")
    }

    fn change(mut self, change: impl FnOnce(&mut Report)) -> Failure {
        if let Failure::Report(report) = &mut self {
            change(report);
        }
        self
    }

    /// The exit code of the process; a closed pipe is no failure.
    pub(crate) fn exit_code(&self) -> u8 {
        match self {
            Failure::ClosedPipe => 0,
            Failure::Interrupted => Exit::Interrupted.code(),
            Failure::Report(report) => report.exit.code(),
        }
    }

    /// Prints the failure on standard error, as text or as one JSON object.
    pub(crate) fn print(&self, json: bool) {
        let Failure::Report(report) = self else {
            return;
        };
        let text = if json {
            report.to_json()
        } else {
            // What an input or a file holds cannot steer the terminal.
            printable_lines(&report.to_string())
        };
        // Nobody is left to tell when standard error is closed as well.
        let _ = writeln!(io::stderr().lock(), "{text}");
    }
}

/// A failure to write standard output.
impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Failure {
        if error.kind() == io::ErrorKind::BrokenPipe {
            Failure::ClosedPipe
        } else {
            Failure::new(
                Exit::Error,
                "output",
                format!("cannot write the output: {error}"),
            )
            .with_class("retryable_operational")
        }
    }
}

/// A failure to encode JSON, which wraps the failed write of the output.
impl From<serde_json::Error> for Failure {
    fn from(error: serde_json::Error) -> Failure {
        Failure::from(io::Error::from(error))
    }
}

impl Report {
    fn to_json(&self) -> String {
        #[derive(Serialize)]
        struct Object<'a> {
            error: Fields<'a>,
        }
        #[derive(Serialize)]
        struct Fields<'a> {
            code: &'a str,
            class: &'a str,
            commit_state: &'a str,
            message: &'a str,
            #[serde(skip_serializing_if = "Option::is_none")]
            path: Option<String>,
            #[serde(skip_serializing_if = "Option::is_none")]
            line: Option<u64>,
            #[serde(skip_serializing_if = "Option::is_none")]
            hint: Option<&'a str>,
        }
        let object = Object {
            error: Fields {
                code: &self.code,
                class: self.class,
                commit_state: self.commit_state,
                message: &self.message,
                path: self.path.as_deref().map(|path| path.display().to_string()),
                line: self.line,
                hint: self.hint.as_deref(),
            },
        };
        serde_json::to_string(&object).unwrap_or_else(|_| self.to_string())
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "error[{}]: {}", self.code, self.message)?;
        if let Some(path) = &self.path {
            let path = path.display().to_string();
            if !self.message.contains(&path) {
                write!(f, ": {path}")?;
            }
        }
        if let Some(hint) = &self.hint {
            write!(f, "\nhint: {hint}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{Exit, Failure};
    use std::path::Path;

    fn text(failure: &Failure) -> (String, String) {
        match failure {
            Failure::ClosedPipe | Failure::Interrupted => (String::new(), String::new()),
            Failure::Report(report) => (report.to_string(), report.to_json()),
        }
    }

    #[test]
    fn a_failure_says_what_where_and_what_to_do() {
        let failure = Failure::new(Exit::Error, "code", "it failed")
            .with_path(Path::new("/a/b"))
            .with_hint("try again")
            .at_line(3)
            .and("2 events committed");
        let (people, json) = text(&failure);
        assert_eq!(
            people,
            "error[code]: line 3: it failed; 2 events committed: /a/b\nhint: try again"
        );
        assert_eq!(
            json,
            "{\"error\":{\"code\":\"code\",\"class\":\"domain\",\
             \"commit_state\":\"not_committed\",\
             \"message\":\"line 3: it failed; 2 events committed\",\
             \"path\":\"/a/b\",\"line\":3,\"hint\":\"try again\"}}"
        );
    }

    #[test]
    fn a_path_in_the_message_is_not_repeated() {
        let failure = Failure::usage("code", "no /a/b here").with_path(Path::new("/a/b"));
        assert_eq!(text(&failure).0, "error[code]: no /a/b here");
        assert_eq!(failure.exit_code(), 2);
        assert_eq!(Failure::ClosedPipe.exit_code(), 0);
    }
}
