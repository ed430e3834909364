//! What the tour shows while it runs and at its end.

use std::path::Path;
use std::time::Duration;

use batpak::store::VerifyReport;

use crate::command::import::Imported;
use crate::command::verify::{rate, seconds};
use crate::context::Context;
use crate::failure::Result;
use crate::output::{Output, bytes, count, counted};
use crate::text::{fit, fit_padded, printable};

use super::replay::Replayed;
use super::{Report, canonical};

/// Columns of the middle part of a line, so that the line takes 78.
const TEXT: usize = 39;

/// Standard output of the tour: lines as they come for people, one object at the end for programs.
pub(super) struct Screen<'a> {
    context: &'a Context,
    output: Output,
}

impl<'a> Screen<'a> {
    pub(super) fn new(context: &'a Context) -> Screen<'a> {
        Screen {
            context,
            output: Output::new(context),
        }
    }

    /// Says what is read and where the store is.
    pub(super) fn title(&mut self, repository: &Path, dir: &Path) -> Result<()> {
        if self.context.global.json {
            return Ok(());
        }
        let repository = canonical(repository);
        let title = self.output.bold("A git history in an event store");
        self.output.line(&title)?;
        self.output.line("")?;
        self.fact("From", &repository.display().to_string())?;
        self.fact("Store", &format!("{} (kept)", dir.display()))?;
        self.output.line("")?;
        self.output.flush()
    }

    pub(super) fn imported(&mut self, imported: &Imported, time: Duration) -> Result<()> {
        let text = format!("{}, an event each", counted(imported.new, "commit"));
        self.step("Import", &text, time, Some(imported.new))
    }

    pub(super) fn verified(&mut self, report: &VerifyReport, time: Duration) -> Result<()> {
        let result = if report.findings.is_empty() {
            "every byte checked, whole"
        } else {
            "NOT WHOLE"
        };
        self.step("Verify", result, time, Some(report.events))
    }

    pub(super) fn replayed(&mut self, replayed: &Replayed) -> Result<()> {
        let text = format!("one stream, {}", counted(replayed.events, "event"));
        self.step("Replay", &text, replayed.time, Some(replayed.events))
    }

    pub(super) fn reopened(&mut self, events: u64, time: Duration) -> Result<()> {
        let text = format!("for writing, {}", counted(events, "event"));
        self.step("Reopen", &text, time, None)
    }

    /// Shows sizes and what to try next, or the report as one object.
    pub(super) fn finish(mut self, report: &Report) -> Result<()> {
        if self.context.global.json {
            self.output.json(report)?;
            return self.output.finish();
        }
        self.output.line("")?;
        let stats = &report.stats;
        let mut size = format!(
            "{} in {}",
            bytes(stats.bytes),
            counted(stats.segments, "segment")
        );
        if let Some(each) = stats.bytes_per_event {
            size.push_str(&format!(", {} B per event", count(each)));
        }
        self.fact("On disk", &size)?;
        if let Some(replayed) = &report.replayed {
            self.fact("Stream", &replayed.entity)?;
            if let (Some(first), Some(last)) = (&replayed.first_time, &replayed.last_time) {
                self.fact("", &format!("from {first} to {last}"))?;
            }
        }
        if let Some(replaced @ 1..) = report.imported.replaced {
            let commits = counted(replaced, "commit");
            self.fact(
                "Note",
                &format!("bytes that are not UTF-8 replaced in {commits}"),
            )?;
        }
        self.next_commands(report)?;
        self.output.finish()
    }

    fn next_commands(&mut self, report: &Report) -> Result<()> {
        let program = program();
        let title = self.output.bold("Try next");
        self.output.line("")?;
        self.output.line(&title)?;
        let dir = quoted(&report.dir.display().to_string());
        self.output.line(&format!("  export BATPAK_STORE={dir}"))?;
        let mut commands = vec!["log --reverse --limit 10".to_owned()];
        if let Some(replayed) = &report.replayed {
            commands.push("get 1".to_owned());
            commands.push(format!("log --entity {}", quoted(&replayed.entity)));
        }
        commands.push("export ndjson".to_owned());
        commands.push("stats".to_owned());
        commands.push("verify".to_owned());
        for command in commands {
            self.output.line(&format!("  {program} {command}"))?;
        }
        Ok(())
    }

    fn step(&mut self, name: &str, text: &str, time: Duration, events: Option<u64>) -> Result<()> {
        if self.context.global.json {
            return Ok(());
        }
        let speed = events
            .filter(|events| *events > 0)
            .map_or_else(String::new, |events| {
                format!("{} events/s", count(rate(events, time)))
            });
        let name = self.output.name(&format!("{name:<9}"));
        let text = fit_padded(text, TEXT);
        let line = format!("  {name}{text}{:>10}{speed:>18}", seconds(time));
        self.output.line(line.trim_end())?;
        // Each line is seen when its step is done.
        self.output.flush()
    }

    fn fact(&mut self, name: &str, text: &str) -> Result<()> {
        let name = self.output.dim(&format!("{name:<9}"));
        // A path is never cut: it is there to be copied.
        let text = if text.starts_with('/') {
            printable(text)
        } else {
            fit(text, self.context.width.saturating_sub(11))
        };
        self.output.line(&format!("  {name}{text}"))
    }
}

/// How this program was called, so that the printed commands work as they are.
fn program() -> String {
    std::env::args_os()
        .next()
        .and_then(|name| name.into_string().ok())
        .filter(|name| name.contains('/'))
        .map_or_else(|| "batpak".to_owned(), |name| quoted(&name))
}

/// `text` as one word of a shell.
fn quoted(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+:,@%".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn words_are_quoted_only_where_a_shell_needs_it() {
        for (word, expected) in [
            ("/tmp/x-1", "/tmp/x-1"),
            ("author:a@b.c", "author:a@b.c"),
            ("", "''"),
            ("a b", "'a b'"),
            ("it's", r"'it'\''s'"),
            ("$(x)", "'$(x)'"),
        ] {
            assert_eq!(quoted(word), expected);
        }
    }
}
