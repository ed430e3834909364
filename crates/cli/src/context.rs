//! What every command is given: the global options and how to print.

use std::io::{self, IsTerminal as _, Write as _};

use crate::args::Global;
use crate::text::printable_lines;

/// Options and surroundings of one run.
#[derive(Clone, Debug)]
pub(crate) struct Context {
    /// The options of every command.
    pub(crate) global: Global,
    /// Whether standard output is a terminal.
    pub(crate) terminal: bool,
    /// Whether standard output may carry colors.
    pub(crate) color: bool,
    /// Columns that a line for people may take.
    pub(crate) width: usize,
}

/// Columns assumed when standard output is not a terminal.
const DEFAULT_WIDTH: usize = 80;

impl Context {
    /// Looks at the environment once.
    pub(crate) fn new(global: Global) -> Context {
        let terminal = io::stdout().is_terminal();
        let no_color = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let dumb = std::env::var_os("TERM").is_some_and(|value| value == "dumb");
        let width = if terminal {
            console::Term::stdout()
                .size_checked()
                .map_or(DEFAULT_WIDTH, |(_, columns)| usize::from(columns))
        } else {
            DEFAULT_WIDTH
        };
        Context {
            global,
            terminal,
            color: terminal && !no_color && !dumb,
            width: width.max(40),
        }
    }

    /// Prints a hint for people on standard error, unless asked to be quiet.
    pub(crate) fn hint(&self, hint: &str) {
        self.note("hint", hint);
    }

    /// Prints a warning on standard error, unless asked to be quiet.
    pub(crate) fn warn(&self, warning: &str) {
        self.note("warning", warning);
    }

    fn note(&self, label: &str, text: &str) {
        if !self.global.quiet {
            let text = printable_lines(text);
            let _ = writeln!(io::stderr().lock(), "{label}: {text}");
        }
    }
}
