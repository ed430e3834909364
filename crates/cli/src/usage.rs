//! Errors of the command line, printed the way all other errors are.

use clap::error::{ContextKind, ContextValue, ErrorKind};

use crate::failure::{Exit, Failure};

/// What to do with a command line that is not a command.
pub(crate) enum NotRun {
    /// Help or version was asked for: print it on standard output, exit code 0.
    Information(String),
    /// Something is wrong with it.
    Failure(Failure),
}

/// Sorts `error` into information that was asked for and failures.
pub(crate) fn classify(error: &clap::Error, color: bool) -> NotRun {
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            let text = error.render();
            let text = if color {
                text.ansi().to_string()
            } else {
                text.to_string()
            };
            NotRun::Information(format!("{}\n", text.trim_end()))
        }
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => NotRun::Failure(
            Failure::usage("usage", "no command given")
                .with_hint("`batpak --help` lists the commands"),
        ),
        _ => NotRun::Failure(
            Failure::new(Exit::Usage, "usage", message(error)).with_hint(hint(error)),
        ),
    }
}

/// The first paragraph of what clap says, in one line.
fn message(error: &clap::Error) -> String {
    let text = error.render().to_string();
    let paragraph = text.split("\n\n").next().unwrap_or_default();
    let line = paragraph.split_whitespace().collect::<Vec<_>>().join(" ");
    line.strip_prefix("error: ").unwrap_or(&line).to_owned()
}

/// What may have been meant, else how the command is used.
fn hint(error: &clap::Error) -> String {
    let suggested = [ContextKind::SuggestedSubcommand, ContextKind::SuggestedArg]
        .into_iter()
        .find_map(|kind| error.get(kind));
    match suggested {
        Some(ContextValue::String(name)) => return format!("did you mean `{name}`?"),
        Some(ContextValue::Strings(names)) if !names.is_empty() => {
            return format!("did you mean `{}`?", names.join("` or `"));
        }
        _ => {}
    }
    if error.kind() == ErrorKind::InvalidSubcommand {
        return "`batpak --help` lists the commands".to_owned();
    }
    match error.get(ContextKind::Usage) {
        Some(ContextValue::StyledStr(usage)) => {
            let text = usage.to_string();
            let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
            line.strip_prefix("Usage: ")
                .map_or_else(|| line.clone(), |usage| format!("usage: {usage}"))
        }
        _ => "`batpak --help` lists commands and options".to_owned(),
    }
}
