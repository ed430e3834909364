//! `batpak import`: events from elsewhere.

use clap::Subcommand;

use crate::command::import_git::{self, GitArgs};
use crate::context::Context;
use crate::failure::Result;

/// Where events come from.
#[derive(Debug, Subcommand)]
pub(crate) enum Source {
    /// One event per commit of all refs of a git repository
    Git(GitArgs),
}

/// Runs the import.
pub(crate) fn run(context: &Context, source: &Source) -> Result<()> {
    match source {
        Source::Git(args) => import_git::run(context, args),
    }
}
