//! Progress on standard error: a bar on a terminal, a line every five seconds elsewhere.

use std::io::{self, IsTerminal as _, Write as _};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use crate::context::Context;
use crate::output;

/// Time between two lines where there is no terminal.
const LINE_INTERVAL: Duration = Duration::from_secs(5);

/// Progress of one piece of work; removed from the terminal when dropped.
pub(crate) struct Progress {
    shown: Shown,
}

enum Shown {
    Nothing,
    Bar(ProgressBar),
    Lines(Lines),
}

/// A line now and then.
struct Lines {
    label: String,
    unit: Unit,
    started: Instant,
    last: Instant,
}

/// What is counted.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Unit {
    /// Bytes, shown in powers of 1024.
    Bytes,
    /// Things with this name in the plural.
    Things(&'static str),
}

impl Unit {
    fn amount(self, amount: u64) -> String {
        match self {
            Unit::Bytes => output::bytes(amount),
            Unit::Things(name) => format!("{} {name}", output::count(amount)),
        }
    }
}

impl Progress {
    /// Starts showing progress of `label`, counted in `unit`, out of `total` where it is known.
    pub(crate) fn new(context: &Context, label: &str, unit: Unit, total: Option<u64>) -> Progress {
        let shown = if context.global.quiet {
            Shown::Nothing
        } else if io::stderr().is_terminal() {
            Shown::Bar(bar(label, unit, total))
        } else {
            let now = Instant::now();
            Shown::Lines(Lines {
                label: label.to_owned(),
                unit,
                started: now,
                last: now,
            })
        };
        Progress { shown }
    }

    /// Whether somebody watches a bar, so that finding out a total first is worth its cost.
    pub(crate) fn wants_total(context: &Context) -> bool {
        !context.global.quiet && io::stderr().is_terminal()
    }

    /// Says that `done` units are done.
    pub(crate) fn set(&mut self, done: u64) {
        self.set_of(done, None);
    }

    /// Says that `done` of `total` units are done.
    pub(crate) fn set_of(&mut self, done: u64, total: Option<u64>) {
        match &mut self.shown {
            Shown::Nothing => {}
            Shown::Bar(bar) => {
                if let Some(total) = total {
                    bar.set_length(total);
                }
                bar.set_position(done);
            }
            Shown::Lines(lines) => {
                if lines.last.elapsed() >= LINE_INTERVAL {
                    lines.last = Instant::now();
                    lines.print(done, total);
                }
            }
        }
    }
}

impl Lines {
    fn print(&self, done: u64, total: Option<u64>) {
        let seconds = self.started.elapsed().as_secs();
        let done = self.unit.amount(done);
        let of = total.map_or_else(String::new, |total| {
            format!(" of {}", self.unit.amount(total))
        });
        // Progress is worth no failure.
        let _ = writeln!(
            io::stderr().lock(),
            "{}: {done}{of} after {seconds} s",
            self.label
        );
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Shown::Bar(bar) = &self.shown {
            bar.finish_and_clear();
        }
    }
}

fn bar(label: &str, unit: Unit, total: Option<u64>) -> ProgressBar {
    let bar = total.map_or_else(ProgressBar::new_spinner, ProgressBar::new);
    let template = match (unit, total) {
        (Unit::Bytes, _) => {
            format!("{label} {{bar:24}} {{bytes}} of {{total_bytes}}, {{bytes_per_sec}}")
        }
        (Unit::Things(name), Some(_)) => {
            format!("{label} {{bar:24}} {{human_pos}} of {{human_len}} {name}, {{eta}} left")
        }
        (Unit::Things(name), None) => {
            format!("{label} {{spinner}} {{human_pos}} {name}, {{elapsed}}")
        }
    };
    if let Ok(style) = ProgressStyle::with_template(&template) {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(120));
    bar
}
