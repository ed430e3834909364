//! `batpak import`: events from elsewhere.

use clap::Subcommand;
use serde::Serialize;

use crate::command::import_git::{self, GitArgs};
use crate::command::import_ndjson::{self, NdjsonArgs};
use crate::context::Context;
use crate::failure::{Failure, Result};
use crate::output::{Output, count, counted};

/// Where events come from.
#[derive(Debug, Subcommand)]
pub(crate) enum Source {
    /// One event per commit of all refs of a git repository
    Git(GitArgs),
    /// One event per line of JSON, as `export ndjson` prints them
    Ndjson(NdjsonArgs),
}

/// Runs the import.
pub(crate) fn run(context: &Context, source: &Source) -> Result<()> {
    match source {
        Source::Git(args) => import_git::run(context, args),
        Source::Ndjson(args) => import_ndjson::run(context, args),
    }
}

/// What an import did.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub(crate) struct Imported {
    /// Events that are new.
    pub(crate) new: u64,
    /// Events that were in the store already.
    pub(crate) present: u64,
    /// What was left out.
    pub(crate) skipped: u64,
    /// New events in which bytes that are not UTF-8 are replaced, where that can happen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) replaced: Option<u64>,
}

impl Imported {
    /// The report for people.
    pub(crate) fn describe(&self) -> String {
        let mut text = format!(
            "{} new / {} present / {} skipped",
            count(self.new),
            count(self.present),
            count(self.skipped)
        );
        if let Some(replaced @ 1..) = self.replaced {
            text.push_str(&format!(
                ", bytes that are not UTF-8 replaced in {}",
                counted(replaced, "commit")
            ));
        }
        text
    }

    /// Prints the report as the result of the command.
    pub(crate) fn print(&self, context: &Context) -> Result<()> {
        let mut output = Output::new(context);
        let printed = if context.global.json {
            output.json(self)
        } else {
            output.line(&self.describe())
        };
        printed
            .and_then(|()| output.finish())
            .map_err(Failure::once_committed)
    }
}
